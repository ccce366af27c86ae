//! The files that a Git repository tracks: `.git/index`, versions 2 to 4. Hostile input like any other file.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{FetchError, Result};

/// Nothing that somebody works in has an index as large.
const MAX_INDEX: u64 = 1 << 30;

/// A tracked file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: Vec<u8>,
    pub mode: u32,
    pub id: [u8; 20],
    /// Seconds and nanoseconds, cut to 32 bits as Git does.
    pub mtime: (u32, u32),
    pub size: u32,
    /// Of a conflict; 0 is none.
    pub stage: u8,
    /// `git add --intent-to-add`.
    pub intent_to_add: bool,
}

impl Entry {
    pub fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }

    pub fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    pub entries: Vec<Entry>,
    /// When it was written.
    pub written: Option<(u32, u32)>,
}

impl Index {
    /// Reads the index of the repository at `root`.
    pub fn read(root: &Path) -> Result<Index> {
        let failed = |reason: String| FetchError::GitIndex { repository: root.to_owned(), reason };
        let path = git_dir(root).map_err(failed)?.join("index");
        let meta = match fs::metadata(&path) {
            Ok(meta) => meta,
            // Nothing was ever added.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Index::default()),
            Err(error) => return Err(failed(error.to_string())),
        };
        if !meta.is_file() || meta.len() > MAX_INDEX {
            return Err(failed("it is not a file, or too large".to_owned()));
        }
        let bytes = fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let entries = parse(&bytes).map_err(|reason| failed(reason.to_owned()))?;
        Ok(Index { entries, written: Some((meta.mtime() as u32, meta.mtime_nsec() as u32)) })
    }
}

fn parse(index: &[u8]) -> std::result::Result<Vec<Entry>, &'static str> {
    const CUT: &str = "it ends in the middle";
    let word = |at: usize| -> std::result::Result<u32, &'static str> {
        let bytes = index.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).ok_or(CUT)?;
        Ok(u32::from_be_bytes(bytes))
    };
    if index.get(..4) != Some(b"DIRC") {
        return Err("it has another format");
    }
    let (version, count) = (word(4)?, word(8)?);
    if !(2..=4).contains(&version) {
        return Err("it has another version");
    }
    let mut entries = Vec::new();
    let (mut at, mut name) = (12usize, Vec::new());
    for _ in 0..count {
        let start = at;
        let (mode, size, flags) = (word(start + 24)?, word(start + 36)?, word(start + 58)? & 0xffff);
        let mtime = (word(start + 8)?, word(start + 12)?);
        let id: [u8; 20] = index.get(start + 40..start + 60).and_then(|id| id.try_into().ok()).ok_or(CUT)?;
        // Times, numbers, mode, owner, size, object id, flags.
        at = start + 62;
        let mut further = 0;
        if version >= 3 && flags & 0x4000 != 0 {
            further = word(at)? >> 16;
            at += 2;
        }
        if version == 4 {
            let (drop, next) = offset(index, at).ok_or(CUT)?;
            name.truncate(name.len().checked_sub(drop).ok_or("a name is shorter than its prefix")?);
            at = next;
        } else {
            name.clear();
        }
        let rest = index.get(at..).ok_or(CUT)?;
        let len = rest.iter().position(|byte| *byte == 0).ok_or(CUT)?;
        name.extend_from_slice(rest.get(..len).ok_or(CUT)?);
        at += len + 1;
        if version < 4 {
            // Entries are padded to a multiple of eight.
            at = start + (at - start).div_ceil(8) * 8;
        }
        let skipped = further & 0x4000 != 0;
        if !skipped && is_contained(&name) {
            let stage = (flags >> 12 & 3) as u8;
            entries.push(Entry { name: name.clone(), mode, id, mtime, size, stage, intent_to_add: further & 0x2000 != 0 });
        }
    }
    // Extensions whose name begins with a small letter must be understood: a shared or a sparse index.
    while let Some(signature) = index.get(at..at + 4).filter(|_| at + 28 <= index.len()) {
        if signature.first().is_some_and(u8::is_ascii_lowercase) {
            return Err("it is split or sparse, which cannot be read yet ('git update-index --no-split-index' makes it whole)");
        }
        at = at.saturating_add(8).saturating_add(word(at + 4)? as usize);
    }
    Ok(entries)
}

/// The variable-length number of version 4: how much of the last name goes.
fn offset(index: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut byte = *index.get(at)?;
    let mut value = usize::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        at += 1;
        byte = *index.get(at)?;
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
    }
    Some((value, at + 1))
}

/// No name leads out of the repository.
fn is_contained(name: &[u8]) -> bool {
    !name.is_empty() && name.split(|byte| *byte == b'/').all(|part| !part.is_empty() && part != b"." && part != b"..")
}

/// `.git`, or what a `.git` file of a worktree points to.
fn git_dir(root: &Path) -> std::result::Result<PathBuf, String> {
    let git = root.join(".git");
    let meta = fs::metadata(&git).map_err(|error| error.to_string())?;
    if meta.is_dir() {
        return Ok(git);
    }
    if !meta.is_file() || meta.len() > 1 << 16 {
        return Err("'.git' is neither a folder nor a reference to one".to_owned());
    }
    let text = fs::read(&git).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let target = text.strip_prefix("gitdir:").ok_or("'.git' is neither a folder nor a reference to one")?;
    Ok(root.join(target.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn index(version: u32, names: &[(&str, usize)]) -> Vec<u8> {
        let mut out = b"DIRC".to_vec();
        out.extend(version.to_be_bytes());
        out.extend((names.len() as u32).to_be_bytes());
        for (name, drop) in names {
            let start = out.len();
            let mut entry = [0u8; 62];
            entry[26] = 0x81;
            entry[27] = 0xa4;
            out.extend(entry);
            if version == 4 {
                out.push(*drop as u8);
            }
            out.extend(name.bytes());
            out.push(0);
            while version < 4 && !(out.len() - start).is_multiple_of(8) {
                out.push(0);
            }
        }
        out
    }

    fn check(index: &[u8], expected: Expect) {
        let text = match parse(index) {
            Ok(entries) => entries.iter().map(|entry| format!("{:o} {}\n", entry.mode, String::from_utf8_lossy(&entry.name))).collect(),
            Err(reason) => format!("error: {reason}\n"),
        };
        expected.assert_eq(&text);
    }

    proptest::proptest! {
        #[test]
        fn any_index_is_answered(version in 2u32..5, count in 0u32..9, bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let index = [b"DIRC".as_slice(), &version.to_be_bytes(), &count.to_be_bytes(), &bytes].concat();
            if let Ok(entries) = parse(&index) {
                proptest::prop_assert!(entries.iter().all(|entry| is_contained(&entry.name)));
            }
        }
    }

    #[test]
    fn names() {
        check(
            &index(2, &[("a/b/c.nix", 0), ("flake.nix", 0), ("../out", 0)]),
            expect![[r#"
                100644 a/b/c.nix
                100644 flake.nix
            "#]],
        );
        check(
            &index(4, &[("a/b.nix", 0), ("c.nix", 5)]),
            expect![[r#"
                100644 a/b.nix
                100644 a/c.nix
            "#]],
        );
        check(&index(4, &[("x", 9)]), expect![["error: a name is shorter than its prefix\n"]]);
        check(b"garbage", expect![["error: it has another format\n"]]);
        let whole = index(2, &[("flake.nix", 0)]);
        for cut in 4..whole.len() - 8 {
            assert!(parse(&whole[..cut]).is_err(), "{cut}");
        }
        let split = [&whole[..], b"link\0\0\0\x14", &[0; 20], &[0; 20]].concat();
        assert!(parse(&split).is_err_and(|reason| reason.contains("split")));
    }
}
