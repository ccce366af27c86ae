//! [`Name`]: an interned identifier or attribute name, a `u32` that is equal exactly where the bytes are.
//!
//! The table is process-wide and only grows: its size is bounded by the distinct names ever seen. Reading is
//! lock-free, so that evaluation threads can print and compare names without contention. It begins with [`EARLIEST`].

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};

use crate::earliest::EARLIEST;

/// An interned name. Names are bytes: Nix lets attribute names hold any. `Ord` is the order of interning, not of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(NonZeroU32);

/// Index k has 2^(k+INDEX_BITS) places. A full one is copied into the next, which readers use from then on.
const INDEX_BITS: u32 = 12;
const INDICES: usize = (33 - INDEX_BITS) as usize;

/// Bytes of names lie in blocks of this size.
const BLOCK: usize = 16 << 10;

type Entry = &'static [u8];

struct Table {
    /// Pushed to under the lock only, so that numbers are dense and in the order of the index's entries.
    entries: boxcar::Vec<Entry>,
    /// Open addressing with linear probing, from the upper half of the hash on. A place holds that half and the name's number
    /// plus one, or 0.
    indices: [OnceLock<Box<[AtomicU64]>>; INDICES],
    /// Which index is in use.
    index: AtomicU32,
    writer: Mutex<Writer>,
}

#[derive(Default)]
struct Writer {
    /// What is left of a block.
    block: &'static mut [u8],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let table = Table {
        entries: boxcar::Vec::with_capacity(EARLIEST.len()),
        indices: std::array::from_fn(|_| OnceLock::new()),
        index: AtomicU32::new(0),
        writer: Mutex::new(Writer::default()),
    };
    for name in EARLIEST {
        table.add(name.as_bytes(), hash(name.as_bytes()));
    }
    table
});

/// The first and the last eight bytes of at least as many.
#[inline]
fn words(bytes: &[u8]) -> (u64, u64) {
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    (word(bytes.first_chunk()), word(bytes.last_chunk()))
}

/// The first and the last four bytes of at least as many.
#[inline]
fn halves(bytes: &[u8]) -> (u64, u64) {
    let half = |bytes: Option<&[u8; 4]>| bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes).into());
    (half(bytes.first_chunk()), half(bytes.last_chunk()))
}

/// Whether two names are the same bytes: without a call where they are short, as nearly all are.
#[inline]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && match a.len() {
            8..=16 => words(a) == words(b),
            4..8 => halves(a) == halves(b),
            _ => a == b,
        }
}

/// Different in each process, so that no text can be written whose names collide.
static SEED: LazyLock<u64> = LazyLock::new(|| std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 1u64) | 1);

/// A hash of a name's bytes: quick for the few bytes that names have. Another one in each process.
#[inline]
pub fn hash(bytes: &[u8]) -> u64 {
    let seed = *SEED;
    let mix = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    let len = bytes.len();
    let (a, b) = match len {
        0..4 => {
            let byte = |at: usize| bytes.get(at).map_or(0, |&b| u64::from(b));
            (byte(0) | byte(1) << 8 | byte(2) << 16, 0)
        }
        4..=8 => halves(bytes),
        9..=16 => words(bytes),
        _ => {
            let mut state = 0;
            for word in bytes.chunks_exact(8) {
                state = mix(state ^ words(word).0, seed);
            }
            (state, words(bytes).1)
        }
    };
    mix(a ^ seed, b ^ (len as u64).wrapping_mul(0xd6e8_feb8_6659_fd93))
}

impl Table {
    fn index(&self, number: u32) -> &[AtomicU64] {
        match self.indices.get(number as usize) {
            Some(index) => index.get_or_init(|| (0..1usize << (number + INDEX_BITS)).map(|_| AtomicU64::new(0)).collect()),
            None => &[],
        }
    }

    #[inline]
    fn bytes(&self, name: Name) -> Entry {
        self.entries.get(name.index()).copied().unwrap_or_default()
    }

    /// The name, or the empty place where it belongs.
    #[inline]
    fn find(&self, index: &[AtomicU64], bytes: &[u8], hash: u64) -> Result<Name, usize> {
        let mask = index.len().wrapping_sub(1);
        let mut at = (hash >> 32) as usize & mask;
        loop {
            let found = index.get(at).map_or(0, |place| place.load(Ordering::Acquire));
            let Some(name) = NonZeroU32::new(found as u32).map(Name) else { return Err(at) };
            if found >> 32 == hash >> 32 && same(self.bytes(name), bytes) {
                return Ok(name);
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn add(&self, bytes: &[u8], hash: u64) -> Name {
        let mut writer = self.writer.lock().unwrap_or_else(|e| e.into_inner());
        let mut number = self.index.load(Ordering::Relaxed);
        // Old indices stay, so that the last one is half of the memory of all.
        if self.entries.count() * 4 >= self.index(number).len() * 3 {
            self.grow(number);
            number += 1;
        }
        let index = self.index(number);
        let at = match self.find(index, bytes, hash) {
            Ok(name) => return name,
            Err(at) => at,
        };
        let number = u32::try_from(self.entries.push(writer.keep(bytes))).ok();
        let name = Name(number.and_then(|number| NonZeroU32::MIN.checked_add(number)).expect("fewer than 2^32 distinct names"));
        index[at].store(hash >> 32 << 32 | u64::from(name.0.get()), Ordering::Release);
        name
    }

    /// Copies an index into the next, under the lock. Who reads the old one finds all it holds, and asks again under the
    /// lock for what it does not.
    fn grow(&self, number: u32) {
        let (old, new) = (self.index(number), self.index(number + 1));
        let mask = new.len().wrapping_sub(1);
        for place in old {
            let found = place.load(Ordering::Relaxed);
            if found == 0 {
                continue;
            }
            let mut at = (found >> 32) as usize & mask;
            while new[at].load(Ordering::Relaxed) != 0 {
                at = (at + 1) & mask;
            }
            new[at].store(found, Ordering::Relaxed);
        }
        self.index.store(number + 1, Ordering::Release);
    }
}

impl Writer {
    /// Copies bytes to where they stay.
    fn keep(&mut self, bytes: &[u8]) -> Entry {
        if bytes.len() > BLOCK / 8 {
            return Box::leak(bytes.into());
        }
        if self.block.len() < bytes.len() {
            self.block = Box::leak(vec![0; BLOCK].into());
        }
        let (entry, rest) = std::mem::take(&mut self.block).split_at_mut(bytes.len());
        self.block = rest;
        entry.copy_from_slice(bytes);
        entry
    }
}

impl Name {
    /// The name of `bytes`, made on first sight.
    pub fn new(bytes: impl AsRef<[u8]>) -> Name {
        let bytes = bytes.as_ref();
        Name::hashed(bytes, hash(bytes))
    }

    /// As [`Name::new`], for who knows the [`hash`] of the bytes.
    #[inline]
    pub fn hashed(bytes: &[u8], hash: u64) -> Name {
        let table = &*TABLE;
        match table.find(table.index(table.index.load(Ordering::Acquire)), bytes, hash) {
            Ok(name) => name,
            Err(_) => table.add(bytes, hash),
        }
    }

    #[inline]
    pub fn as_bytes(self) -> &'static [u8] {
        TABLE.bytes(self)
    }

    /// The text, with U+FFFD in place of bytes that are not UTF-8.
    pub fn to_str(self) -> std::borrow::Cow<'static, str> {
        String::from_utf8_lossy(self.as_bytes())
    }

    /// How many names there are in this process, and the bytes of their texts. Takes time in proportion.
    pub fn table_size() -> (u64, u64) {
        TABLE.entries.iter().fold((0, 0), |(len, bytes), (_, entry)| (len + 1, bytes + entry.len() as u64))
    }

    /// For [`Name::from_number`].
    #[inline(always)]
    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// The name with a number that a name of this process had; `None` for 0.
    #[inline(always)]
    pub fn from_number(number: u32) -> Option<Name> {
        NonZeroU32::new(number).map(Name)
    }

    /// A small dense number, fit as an index.
    #[inline]
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_str())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_are_one_name() {
        assert_eq!(Name::new("pname"), Name::new(b"pname"));
        assert_ne!(Name::new("pname"), Name::new("pnames"));
        assert_eq!(Name::new([0xff, 0x00]).as_bytes(), [0xff, 0x00]);
    }

    #[test]
    fn tables_grow_and_threads_agree() {
        let names = |_| -> Vec<Name> { (0..20_000).map(|i| Name::new(format!("n{i}"))).collect() };
        let all: Vec<Vec<Name>> = std::thread::scope(|s| {
            (0..4).map(|t| s.spawn(move || names(t))).collect::<Vec<_>>().into_iter().map(|h| h.join().unwrap()).collect()
        });
        assert!(all.windows(2).all(|w| w[0] == w[1]));
        assert_eq!(all[0][19_999].as_bytes(), b"n19999");
    }
}
