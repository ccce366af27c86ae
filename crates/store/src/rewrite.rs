//! Rewriting of hash parts in a stream, and hashes "modulo" an object's own hash part: how content-addressed objects can
//! refer to themselves.

use std::io::{self, BufReader, Write};
use std::path::Path;

use crate::error::{StoreError, StoreResult};
use crate::hash::{Hash, HashAlgo, Hasher};
use crate::nar::{self, DiskSource, NarError, RestoreOptions};

/// Replaces byte strings of one length by others of the same length, and remembers where the first kind stood.
#[derive(Debug)]
pub struct Rewriter<W> {
    rewrites: Vec<(Vec<u8>, Vec<u8>)>,
    /// Length of the longest string that is looked for.
    longest: usize,
    out: W,
    pending: Vec<u8>,
    /// Bytes handed on so far.
    position: u64,
    matches: Vec<u64>,
}

/// A pair of different lengths, or an empty pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rewrite must replace a string by another of the same length")]
pub struct UnequalRewrite;

impl<W: Write> Rewriter<W> {
    pub fn new(rewrites: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>, out: W) -> Result<Rewriter<W>, UnequalRewrite> {
        let mut rewrites: Vec<_> = rewrites.into_iter().filter(|(from, to)| from != to).collect();
        rewrites.sort();
        if rewrites.iter().any(|(from, to)| from.len() != to.len() || from.is_empty()) {
            return Err(UnequalRewrite);
        }
        let longest = rewrites.iter().map(|(from, _)| from.len()).max().unwrap_or(0);
        Ok(Rewriter { rewrites, longest, out, pending: Vec::new(), position: 0, matches: Vec::new() })
    }

    /// Rewrites in `pending` every match that ends before its end, in place.
    fn rewrite_pending(&mut self) {
        let mut found = Vec::new();
        for (from, to) in &self.rewrites {
            let mut start = 0;
            while let Some(at) = self.pending.get(start..).and_then(|rest| memchr::memmem::find(rest, from)) {
                let at = start + at;
                if let Some(place) = self.pending.get_mut(at..at + to.len()) {
                    place.copy_from_slice(to);
                }
                found.push(self.position + at as u64);
                start = at + from.len();
            }
        }
        found.sort_unstable();
        self.matches.extend(found);
    }

    /// Hands on the rest; returns the writer, the number of bytes, and the offsets of all matches in order.
    pub fn finish(mut self) -> io::Result<(W, u64, Vec<u64>)> {
        self.out.write_all(&self.pending)?;
        Ok((self.out, self.position + self.pending.len() as u64, self.matches))
    }
}

impl<W: Write> Write for Rewriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        self.rewrite_pending();
        // A match may begin in the last bytes and end in what comes next.
        let keep = self.longest.saturating_sub(1).min(self.pending.len());
        let done = self.pending.len() - keep;
        self.out.write_all(self.pending.get(..done).unwrap_or_default())?;
        self.pending.drain(..done);
        self.position += done as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Copies the tree at `from` to `to`, which must not exist, rewriting its archive on the way: contents, targets of links
/// and names. Streams; `rewrites` are hash parts of store paths.
pub fn rewrite_tree(
    from: &Path,
    to: &Path,
    rewrites: impl IntoIterator<Item = (String, String)>,
    options: RestoreOptions,
) -> StoreResult<()> {
    let rewrites = rewrites.into_iter().map(|(from, to)| (from.into_bytes(), to.into_bytes()));
    let invalid = |error| StoreError::io("cannot rewrite", from)(io::Error::new(io::ErrorKind::InvalidInput, error));
    let (reader, writer) = io::pipe().map_err(StoreError::io("cannot make a pipe for", from))?;
    let mut rewriter = Rewriter::new(rewrites, writer).map_err(invalid)?;
    std::thread::scope(|scope| {
        let dumping = scope.spawn(move || -> Result<(), NarError> {
            nar::dump(&DiskSource, from, None, &mut rewriter)?;
            rewriter.finish()?;
            Ok(())
        });
        let restored = nar::restore(&mut BufReader::new(reader), to, options);
        // The reader is gone by now, so the other side ends whatever happened here.
        match dumping.join() {
            // A broken pipe over there is the consequence of an error here.
            Ok(dumped) => Ok(restored.and(dumped)?),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// A hash over a stream in which every occurrence of `modulus` counts as zeros.
///
/// Nix hashes the offsets of the occurrences at the end, so that it matters where zeros came from; but several releases,
/// 2.34 among them, leave that out by mistake. New addresses are made as 2.34 makes them, and both kinds are accepted.
#[derive(Debug)]
pub struct ModuloHasher(Rewriter<Hasher>);

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hasher").field("bytes", &self.bytes_seen()).finish_non_exhaustive()
    }
}

impl ModuloHasher {
    /// `modulus` is the hash part of the object's own path; an empty one makes this an ordinary hash.
    pub fn new(algo: HashAlgo, modulus: &str) -> ModuloHasher {
        let pair = (!modulus.is_empty()).then(|| (modulus.as_bytes().to_vec(), vec![0; modulus.len()]));
        let pairs: Vec<_> = pair.into_iter().collect();
        let longest = modulus.len();
        let rewriter = Rewriter { rewrites: pairs, longest, out: Hasher::new(algo), pending: Vec::new(), position: 0, matches: Vec::new() };
        ModuloHasher(rewriter)
    }

    /// The hash, and the number of bytes of the stream.
    pub fn finish(self) -> (Hash, u64) {
        let (hash, _, bytes) = self.finish_both();
        (hash, bytes)
    }

    /// The hash as Nix 2.34 makes it, the hash with the offsets (`|<offset>` each), and the number of bytes.
    pub fn finish_both(self) -> (Hash, Hash, u64) {
        let Rewriter { mut out, pending, position, matches, .. } = self.0;
        out.update(&pending);
        let mut with_offsets = out.clone();
        for at in &matches {
            with_offsets.update(format!("|{at}").as_bytes());
        }
        (out.finish(), with_offsets.finish(), position + pending.len() as u64)
    }
}

impl Write for ModuloHasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rewritten_wherever_the_pieces_are_cut(text in "[ab]{0,60}", cuts in prop::collection::vec(1usize..9, 0..20)) {
            let rewrites = || [(b"aab".to_vec(), b"xyz".to_vec())];
            let expected = text.replace("aab", "xyz");
            let mut rewriter = Rewriter::new(rewrites(), Vec::new()).unwrap();
            let mut rest = text.as_bytes();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                rewriter.write_all(piece).unwrap();
                rest = after;
            }
            rewriter.write_all(rest).unwrap();
            let (out, len, matches) = rewriter.finish().unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), expected.clone());
            prop_assert_eq!(len, text.len() as u64);
            prop_assert_eq!(matches, text.match_indices("aab").map(|(at, _)| at as u64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn trees_are_rewritten() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        std::fs::create_dir(&from).unwrap();
        std::fs::write(from.join("f"), format!("{}aaaa", "x".repeat(70_000))).unwrap();
        std::os::unix::fs::symlink("/s/aaaa-x", from.join("l")).unwrap();
        let rewrite = || rewrite_tree(&from, &to, [("aaaa".to_owned(), "bbbb".to_owned())], RestoreOptions::default());
        rewrite().unwrap();
        assert!(std::fs::read_to_string(to.join("f")).unwrap().ends_with("xbbbb"));
        assert_eq!(std::fs::read_link(to.join("l")).unwrap(), Path::new("/s/bbbb-x"));
        assert!(rewrite().is_err(), "the target exists");
        assert!(rewrite_tree(&from.join("none"), &dir.path().join("other"), [], RestoreOptions::default()).is_err());
    }

    #[test]
    fn self_references_count_as_zeros() {
        let mut hasher = ModuloHasher::new(HashAlgo::Sha256, "self");
        hasher.write_all(b"a se").unwrap();
        hasher.write_all(b"lf b self").unwrap();
        let zeroed = b"a \0\0\0\0 b \0\0\0\0".as_slice();
        let hash = |text: &[u8]| HashAlgo::Sha256.hash(text);
        assert_eq!(hasher.finish_both(), (hash(zeroed), hash(&[zeroed, b"|2|9"].concat()), 13));
        assert!(Rewriter::new([(b"a".to_vec(), b"bc".to_vec())], Vec::new()).is_err());
    }
}
