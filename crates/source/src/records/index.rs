//! [`Index`]: where records are. It is searched as it was read; nothing is built from it.
//!
//! ```text
//! "nivalrec"  u32 version  u32 number of entries  u64 young pack  u64 old pack or 0  u64 checksum of the rest and of these
//! entries by key: u64 beginning of the key  u64 offset, highest bit: in the old pack  u32 length
//! ```
//! Numbers are little-endian.

use std::fs::File;
use std::io::Read as _;

use super::checksum;

const MAGIC: &[u8; 8] = b"nivalrec";
const VERSION: u32 = 1;
const HEADER: usize = 40;
const ENTRY: usize = 20;
/// A larger index is none of ours.
const MAX: u64 = 64 << 20;
const OLD: u64 = 1 << 63;

/// Where a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The beginning of its key.
    pub key: u64,
    pub offset: u64,
    /// Without its header.
    pub len: u32,
    pub old: bool,
}

impl Entry {
    fn read(bytes: &[u8]) -> Option<Entry> {
        let word = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        let place = word(8)?;
        let len = u32::from_le_bytes(bytes.get(16..20)?.try_into().ok()?);
        Some(Entry { key: word(0)?, offset: place & !OLD, len, old: place & OLD != 0 })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.key.to_le_bytes());
        out.extend_from_slice(&(self.offset | if self.old { OLD } else { 0 }).to_le_bytes());
        out.extend_from_slice(&self.len.to_le_bytes());
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// The young and the old one; 0: there is none.
    pub packs: [u64; 2],
    /// Sorted.
    entries: Vec<u8>,
}

impl Index {
    pub fn read(file: &mut File) -> Option<Index> {
        let size = file.metadata().ok()?.len();
        if size > MAX {
            return None;
        }
        let mut bytes = Vec::with_capacity(size as usize);
        file.take(MAX).read_to_end(&mut bytes).ok()?;
        Index::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Option<Index> {
        let (header, entries) = bytes.split_first_chunk::<HEADER>()?;
        let (start, sum) = header.split_at(32);
        let word = |at: usize| Some(u64::from_le_bytes(start.get(at..at + 8)?.try_into().ok()?));
        let count = u32::from_le_bytes(start.get(12..16)?.try_into().ok()?) as usize;
        let right = start.starts_with(MAGIC)
            && start.get(8..12)? == VERSION.to_le_bytes()
            && entries.len() == count.checked_mul(ENTRY)?
            && sum == (checksum(entries) ^ checksum(start)).to_le_bytes();
        right.then_some(Index { packs: [word(16)?, word(24)?], entries: entries.to_vec() })
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + self.entries.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&((self.entries.len() / ENTRY) as u32).to_le_bytes());
        out.extend_from_slice(&self.packs[0].to_le_bytes());
        out.extend_from_slice(&self.packs[1].to_le_bytes());
        let sum = checksum(&self.entries) ^ checksum(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out.extend_from_slice(&self.entries);
        out
    }

    fn entries(&self) -> impl Iterator<Item = Entry> {
        self.entries.chunks_exact(ENTRY).filter_map(Entry::read)
    }

    fn set(&mut self, entries: impl Iterator<Item = Entry>) {
        let mut out = Vec::with_capacity(self.entries.len());
        entries.for_each(|entry| entry.write(&mut out));
        self.entries = out;
    }

    pub fn find(&self, key: u64) -> Option<Entry> {
        let entry = |at: usize| self.entries.get(at * ENTRY..(at + 1) * ENTRY).and_then(Entry::read);
        let (mut low, mut high) = (0, self.entries.len() / ENTRY);
        while low < high {
            let middle = low + (high - low) / 2;
            let found = entry(middle)?;
            match found.key.cmp(&key) {
                std::cmp::Ordering::Equal => return Some(found),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Adds entries of the young or the old pack; they count before what is there.
    pub fn add(&mut self, new: Vec<Entry>, old: bool) {
        let mut all: Vec<Entry> = new.into_iter().rev().map(|entry| Entry { old, ..entry }).chain(self.entries()).collect();
        // Stable: of equal keys the first stays first.
        all.sort_by_key(|entry| entry.key);
        all.dedup_by_key(|entry| entry.key);
        self.set(all.into_iter());
    }

    /// The young pack becomes the old one, whose records go.
    pub fn age(&mut self, young: u64) {
        let kept: Vec<Entry> = self.entries().filter(|entry| !entry.old).map(|entry| Entry { old: true, ..entry }).collect();
        self.packs = [young, self.packs[0]];
        self.set(kept.into_iter());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Index {
        let mut index = Index { packs: [7, 8], ..Index::default() };
        let entry = |key: u64| Entry { key, offset: key * 3, len: key as u32, old: false };
        index.add((0..50).map(|i| entry(i * 7919 % 50)).collect(), false);
        index.add([60, 70].map(entry).to_vec(), true);
        index
    }

    #[test]
    fn what_is_added_is_found() {
        let mut index = sample();
        assert_eq!(index.find(13), Some(Entry { key: 13, offset: 39, len: 13, old: false }));
        assert_eq!(index.find(70), Some(Entry { key: 70, offset: 210, len: 70, old: true }));
        assert_eq!(index.find(55), None);
        index.add(vec![Entry { key: 13, offset: 1, len: 1, old: false }, Entry { key: 13, offset: 2, len: 2, old: false }], false);
        assert_eq!(index.find(13).map(|entry| entry.offset), Some(2));
        index.age(9);
        assert_eq!(index.packs, [9, 7]);
        assert_eq!(index.find(70), None);
        assert_eq!(index.find(12).map(|entry| entry.old), Some(true));
    }

    #[test]
    fn damage_is_seen() {
        let bytes = sample().bytes();
        assert_eq!(Index::parse(&bytes), Some(sample()));
        for at in 0..bytes.len() {
            assert_eq!(Index::parse(&bytes[..at]), None, "cut at {at}");
            for bit in 0..8 {
                let mut wrong = bytes.clone();
                wrong[at] ^= 1 << bit;
                assert_eq!(Index::parse(&wrong), None, "bit {bit} of {at}");
            }
        }
    }
}
