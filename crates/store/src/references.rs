//! Finding references: a store object refers to another when the 32 digits of its hash part occur in the object's bytes.

use std::io::{self, Write};

use rustc_hash::FxHashMap;

use crate::nixbase32;
use crate::store_path::{HASH_PART_LEN, StorePath, StorePathSet};

/// Scans a stream, usually a NAR, for the hash parts of candidates. Each candidate is looked for until it is found once.
#[derive(Debug)]
pub struct RefScanner {
    wanted: FxHashMap<[u8; HASH_PART_LEN], StorePath>,
    found: StorePathSet,
    /// The last bytes of what came before, at most 31, all of them digits: only they can begin a match.
    tail: Vec<u8>,
}

impl RefScanner {
    pub fn new(candidates: impl IntoIterator<Item = StorePath>) -> RefScanner {
        let key = |path: &StorePath| {
            let mut key = [0; HASH_PART_LEN];
            key.copy_from_slice(path.hash_part().as_bytes());
            key
        };
        let wanted = candidates.into_iter().map(|path| (key(&path), path)).collect();
        RefScanner { wanted, found: StorePathSet::new(), tail: Vec::new() }
    }

    pub fn scan(&mut self, bytes: &[u8]) {
        if self.wanted.is_empty() {
            return;
        }
        if !self.tail.is_empty() {
            let overlap = bytes.get(..bytes.len().min(HASH_PART_LEN - 1)).unwrap_or_default();
            let joined = [self.tail.as_slice(), overlap].concat();
            self.search(&joined);
        }
        self.search(bytes);
        // What the next piece may continue: the run of digits at the end, which reaches into the old tail when this piece
        // is short and all digits.
        let run = bytes.iter().rev().take(HASH_PART_LEN - 1).take_while(|&&c| nixbase32::is_digit(c)).count();
        if run < bytes.len() || run == HASH_PART_LEN - 1 {
            self.tail.clear();
        }
        self.tail.extend_from_slice(&bytes[bytes.len() - run..]);
        let excess = self.tail.len().saturating_sub(HASH_PART_LEN - 1);
        self.tail.drain(..excess);
    }

    fn search(&mut self, bytes: &[u8]) {
        let mut at = 0;
        // Looking at a window's last byte first skips 32 bytes at a time through anything that is not base 32.
        while let Some(window) = bytes.get(at..).and_then(<[u8]>::first_chunk::<HASH_PART_LEN>) {
            match window.iter().rposition(|&c| !nixbase32::is_digit(c)) {
                Some(last) => at += last + 1,
                None => {
                    if let Some(path) = self.wanted.remove(window) {
                        self.found.insert(path);
                        if self.wanted.is_empty() {
                            return;
                        }
                    }
                    at += 1;
                }
            }
        }
    }

    /// What was found so far.
    pub fn found(&self) -> &StorePathSet {
        &self.found
    }

    pub fn finish(self) -> StorePathSet {
        self.found
    }
}

/// Everything written is scanned and goes nowhere else.
impl Write for RefScanner {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.scan(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(i: u8) -> StorePath {
        StorePath::from_digest(&[i; 20], "x").unwrap()
    }

    proptest! {
        #[test]
        fn found_wherever_the_pieces_are_cut(
            parts in prop::collection::vec(prop_oneof![
                (0u8..4).prop_map(|i| path(i).hash_part().as_bytes().to_vec()),
                prop::collection::vec(any::<u8>(), 0..8),
                "[0-9a-z]{0,40}".prop_map(String::into_bytes),
            ], 0..8),
            cuts in prop::collection::vec(1usize..40, 0..30),
        ) {
            let bytes = parts.concat();
            let expected: StorePathSet = (0..4).map(path)
                .filter(|path| bytes.windows(32).any(|window| window == path.hash_part().as_bytes())).collect();
            let mut scanner = RefScanner::new((0..4).map(path));
            let mut rest = bytes.as_slice();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                scanner.scan(piece);
                rest = after;
            }
            scanner.scan(rest);
            prop_assert_eq!(scanner.finish(), expected);
        }
    }
}
