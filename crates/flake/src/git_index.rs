//! The files that a Git repository tracks: names from `.git/index`, versions 2 to 4. Hostile input like any other file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nival_source::{FileKind, System};

use crate::error::FlakeError;

/// Tracked files and the folders they are in, relative to the repository's root, as bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tracked(BTreeSet<Vec<u8>>);

impl Tracked {
    /// Reads the index of the repository at `root`.
    pub fn read(root: &Path, system: &dyn System) -> Result<Tracked, FlakeError> {
        let failed = |reason: String| FlakeError::GitIndex { repository: root.to_owned(), reason };
        let git = git_dir(root, system).map_err(failed)?;
        let index = match system.read_file(&git.join("index")) {
            Ok(index) => index,
            // Nothing was ever added.
            Err(error) if error.is_not_found() => return Ok(Tracked::default()),
            Err(error) => return Err(error.into()),
        };
        Tracked::parse(&index).map_err(|reason| failed(reason.to_owned()))
    }

    pub fn contains(&self, relative: &[u8]) -> bool {
        self.0.contains(relative)
    }

    fn insert(&mut self, name: &[u8]) {
        for (at, _) in name.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            self.0.extend(name.get(..at).map(<[u8]>::to_vec));
        }
        self.0.insert(name.to_vec());
    }

    fn parse(index: &[u8]) -> Result<Tracked, &'static str> {
        const CUT: &str = "it ends in the middle";
        let word = |at: usize| -> Result<u32, &'static str> {
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
        let mut tracked = Tracked::default();
        let (mut at, mut name) = (12usize, Vec::new());
        for _ in 0..count {
            let entry = at;
            let mode = word(entry + 24)?;
            let flags = word(entry + 58)? >> 16;
            // Times, numbers, mode, owner, size, object id, flags.
            at = entry + 62;
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
                at = entry + (at - entry).div_ceil(8) * 8;
            }
            // Neither stages of a conflict nor submodules; `git add --intent-to-add` does track.
            let submodule = mode & 0o170_000 == 0o160_000;
            let skipped = further & 0x4000 != 0;
            if !submodule && !skipped && is_contained(&name) {
                tracked.insert(&name);
            }
        }
        Ok(tracked)
    }
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
fn git_dir(root: &Path, system: &dyn System) -> Result<PathBuf, String> {
    let git = root.join(".git");
    if system.metadata(&git).map_err(|error| error.to_string())?.kind == FileKind::Directory {
        return Ok(git);
    }
    let text = system.read_file(&git).map_err(|error| error.to_string())?;
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
        let text = match Tracked::parse(index) {
            Ok(tracked) => tracked.0.iter().map(|name| format!("{}\n", String::from_utf8_lossy(name))).collect(),
            Err(reason) => format!("error: {reason}\n"),
        };
        expected.assert_eq(&text);
    }

    proptest::proptest! {
        #[test]
        fn any_index_is_answered(version in 2u32..5, count in 0u32..9, bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let index = [b"DIRC".as_slice(), &version.to_be_bytes(), &count.to_be_bytes(), &bytes].concat();
            if let Ok(tracked) = Tracked::parse(&index) {
                proptest::prop_assert!(tracked.0.iter().all(|name| is_contained(name)));
            }
        }
    }

    #[test]
    fn names_and_folders() {
        check(
            &index(2, &[("a/b/c.nix", 0), ("flake.nix", 0), ("../out", 0)]),
            expect![[r#"
                a
                a/b
                a/b/c.nix
                flake.nix
            "#]],
        );
        check(
            &index(4, &[("a/b.nix", 0), ("c.nix", 5)]),
            expect![[r#"
                a
                a/b.nix
                a/c.nix
            "#]],
        );
        check(&index(4, &[("x", 9)]), expect![["error: a name is shorter than its prefix\n"]]);
        check(b"garbage", expect![["error: it has another format\n"]]);
        let whole = index(2, &[("flake.nix", 0)]);
        for cut in 4..whole.len() - 8 {
            assert!(Tracked::parse(&whole[..cut]).is_err(), "{cut}");
        }
    }
}
