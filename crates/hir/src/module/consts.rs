//! [`Consts`]: the constants of a module, their bytes one after the other.

use super::PathKind;

/// A constant. Floats are kept as bits, so that modules compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Const<'a> {
    Int(i64),
    Float(u64),
    /// A string without context; escapes resolved, indentation stripped. Bytes, not always UTF-8.
    Str(&'a [u8]),
    Path(PathKind, &'a [u8]),
}

/// The constants of a module in little memory: most of a big file's are never used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consts {
    entries: Vec<Entry>,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    /// Where its bytes end, which begin where those of the one before end: the low and the high part.
    end: u32,
    end_high: u16,
    kind: Kind,
}

const _: () = assert!(size_of::<Entry>() == 8);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Float,
    Str,
    Path(PathKind),
}

const KINDS: [Kind; 6] =
    [Kind::Int, Kind::Float, Kind::Str, Kind::Path(PathKind::Absolute), Kind::Path(PathKind::Relative), Kind::Path(PathKind::Home)];

impl Entry {
    fn end(self) -> usize {
        (u64::from(self.end_high) << 32 | u64::from(self.end)) as usize
    }
}

impl Consts {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// `None` for a number that there is none of.
    pub fn get(&self, index: usize) -> Option<Const<'_>> {
        let &entry = self.entries.get(index)?;
        let start = index.checked_sub(1).map_or(Some(0), |before| Some(self.entries.get(before)?.end()))?;
        let bytes = self.bytes.get(start..entry.end())?;
        Some(match entry.kind {
            Kind::Int => Const::Int(i64::from_le_bytes(bytes.try_into().ok()?)),
            Kind::Float => Const::Float(u64::from_le_bytes(bytes.try_into().ok()?)),
            Kind::Str => Const::Str(bytes),
            Kind::Path(kind) => Const::Path(kind, bytes),
        })
    }

    /// See [`super::Module::each_allocation`].
    pub(super) fn each_allocation(&self, mut visit: impl FnMut(usize, usize)) {
        let entries = self.entries.as_ptr_range();
        visit(entries.start as usize, entries.end as usize);
        let bytes = self.bytes.as_ptr_range();
        visit(bytes.start as usize, bytes.end as usize);
    }

    pub(crate) fn push(&mut self, value: Const<'_>) {
        let kind = match value {
            Const::Int(int) => {
                self.bytes.extend_from_slice(&int.to_le_bytes());
                Kind::Int
            }
            Const::Float(bits) => {
                self.bytes.extend_from_slice(&bits.to_le_bytes());
                Kind::Float
            }
            Const::Str(bytes) => {
                self.bytes.extend_from_slice(bytes);
                Kind::Str
            }
            Const::Path(kind, bytes) => {
                self.bytes.extend_from_slice(bytes);
                Kind::Path(kind)
            }
        };
        let end = self.bytes.len() as u64;
        self.entries.push(Entry { end: end as u32, end_high: (end >> 32) as u16, kind });
    }

    /// Adds some of another text.
    pub(crate) fn extend_from(&mut self, other: &Consts, range: std::ops::Range<usize>) {
        let end_of = |count: usize| count.checked_sub(1).and_then(|last| other.entries.get(last)).map_or(0, |entry| entry.end());
        let (start, end) = (end_of(range.start), end_of(range.end));
        let by = (self.bytes.len() as u64).wrapping_sub(start as u64);
        self.bytes.extend_from_slice(other.bytes.get(start..end).unwrap_or_default());
        self.entries.extend(other.entries.get(range).unwrap_or_default().iter().map(|entry| {
            let end = (entry.end() as u64).wrapping_add(by);
            Entry { end: end as u32, end_high: (end >> 32) as u16, kind: entry.kind }
        }));
    }

    /// For `crate::serial`: how many there are, then of each its kind and length in one number, then all bytes.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut num = |mut value: u64| {
            while value >= 0x80 {
                out.push(value as u8 | 0x80);
                value >>= 7;
            }
            out.push(value as u8);
        };
        num(self.entries.len() as u64);
        let mut start = 0;
        for entry in &self.entries {
            let kind = KINDS.iter().position(|kind| *kind == entry.kind).unwrap_or_default();
            num(((entry.end() - start) as u64) << 3 | kind as u64);
            start = entry.end();
        }
        out.extend_from_slice(&self.bytes);
    }

    /// What [`Consts::write`] wrote at the beginning of `input`, which is left with the rest. `None` if there is no such thing.
    pub(crate) fn read(input: &mut &[u8]) -> Option<Consts> {
        let mut num = || {
            let (mut value, mut shift) = (0, 0);
            loop {
                let (&byte, rest) = input.split_first()?;
                *input = rest;
                value |= u64::from(byte & 0x7f) << shift;
                if byte < 0x80 {
                    return Some(value);
                }
                shift += 7;
                if shift >= 56 {
                    return None;
                }
            }
        };
        let count = usize::try_from(num()?).ok()?;
        // Most of what is told is no more than there is; what is more ends soon.
        let mut entries = Vec::with_capacity(count.min(1 << 16));
        let mut end = 0u64;
        for _ in 0..count {
            let number = num()?;
            let kind = *KINDS.get((number & 7) as usize)?;
            let len = number >> 3;
            if matches!(kind, Kind::Int | Kind::Float) && len != 8 {
                return None;
            }
            end = end.checked_add(len).filter(|end| *end < 1 << 48)?;
            entries.push(Entry { end: end as u32, end_high: (end >> 32) as u16, kind });
        }
        let (bytes, rest) = input.split_at_checked(usize::try_from(end).ok()?)?;
        *input = rest;
        entries.shrink_to_fit();
        Some(Consts { entries, bytes: bytes.to_vec() })
    }

    pub(crate) fn reserve(&mut self, consts: usize) {
        self.entries.reserve(consts);
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes.clear();
    }

    /// What was collected. Where that is little it is copied, so that the buffers are kept for the next text.
    pub(crate) fn settled(&mut self) -> Consts {
        let settled = if self.bytes.len() < 32 << 10 {
            self.clone()
        } else {
            let mut all = std::mem::take(self);
            all.entries.shrink_to_fit();
            all.bytes.shrink_to_fit();
            all
        };
        self.clear();
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_come_back() {
        let big = vec![7; 100 << 10];
        let all = [
            Const::Int(-3),
            Const::Str(b""),
            Const::Str(&big),
            Const::Float(0.5f64.to_bits()),
            Const::Path(PathKind::Home, b"x"),
            Const::Int(i64::MAX),
            Const::Path(PathKind::Relative, b"./y"),
        ];
        let mut consts = Consts::default();
        for some in [&all[..2], &all[..]] {
            some.iter().for_each(|&value| consts.push(value));
            let settled = consts.settled();
            assert!((0..settled.len()).map(|i| settled.get(i)).eq(some.iter().copied().map(Some)));
            assert_eq!(settled.get(some.len()), None);
            assert!(consts.is_empty());
        }
    }
}
