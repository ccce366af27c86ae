//! What an evaluation read: the record that says which changes make its results stale.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nival_source::{FileKind, System};
use rustc_hash::{FxHashMap, FxHashSet};

/// Length and time of change of a file when it was read; `None` where it was not there.
pub type Stamp = Option<(u64, Option<SystemTime>)>;

/// Everything outside the evaluator that some evaluation looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSet {
    /// Files whose contents were read.
    pub files: FxHashSet<PathBuf>,
    /// Files whose code the evaluator follows from text to text, with the paths they were imported by.
    pub code: FxHashMap<PathBuf, BTreeSet<Vec<u8>>>,
    /// Paths that were asked about (does it exist, what is it, where does the link lead), found or not.
    pub probed: FxHashSet<PathBuf>,
    /// Folders that were listed.
    pub listed: FxHashSet<PathBuf>,
    /// Folders or files that were copied or hashed as a whole.
    pub trees: FxHashSet<PathBuf>,
    /// Names of environment variables.
    pub environment: FxHashSet<String>,
    /// Whether the clock was read.
    pub clock: bool,
    /// Of the files on disk, to notice changes that nobody announces.
    pub stamps: FxHashMap<PathBuf, Stamp>,
    /// Where the folders of `files` really are.
    folders: FxHashMap<PathBuf, PathBuf>,
}

impl ReadSet {
    /// Records that a file's contents are about to be read, under its own path and where links lead.
    pub fn note_file(&mut self, path: &Path, system: &dyn System) {
        if !self.files.insert(path.to_owned()) {
            return;
        }
        let found = system.symlink_metadata(path).ok();
        let (stamp, canonical) = match (found, path.parent(), path.file_name()) {
            // Then only its folder can be reached through links, which is asked once for all files in it.
            (Some(found), Some(folder), Some(name)) if found.kind != FileKind::Symlink => {
                (Some((found.len, found.modified)), self.folder(folder, system).map(|folder| folder.join(name)))
            }
            _ => (system.metadata(path).ok().map(|m| (m.len, m.modified)), system.canonicalize(path).ok()),
        };
        self.stamps.insert(path.to_owned(), stamp);
        if let Some(canonical) = canonical.filter(|canonical| canonical != path) {
            self.files.insert(canonical);
        }
    }

    /// Where a folder really is. Asks once for each folder on the way.
    fn folder(&mut self, path: &Path, system: &dyn System) -> Option<PathBuf> {
        // Those that are not known yet, innermost first.
        let mut unknown = Vec::new();
        let mut real = None;
        for folder in path.ancestors() {
            if let Some(known) = self.folders.get(folder) {
                real = Some(known.clone());
                break;
            }
            unknown.push(folder);
        }
        while let Some(folder) = unknown.pop() {
            let plain = system.symlink_metadata(folder).is_ok_and(|found| found.kind == FileKind::Directory);
            let canonical = match (real, folder.file_name()) {
                (Some(parent), Some(name)) if plain => parent.join(name),
                _ => system.canonicalize(folder).ok()?,
            };
            self.folders.insert(folder.to_owned(), canonical.clone());
            real = Some(canonical);
        }
        real
    }

    /// Records that a file's code is about to be read and followed.
    pub fn note_code(&mut self, path: &Path, system: &dyn System) {
        let name = path.as_os_str().as_bytes();
        if !self.code.entry(path.to_owned()).or_default().insert(name.to_vec()) {
            return;
        }
        self.stamp(path, system);
        if let Ok(canonical) = system.canonicalize(path)
            && canonical != path
        {
            self.code.entry(canonical).or_default().insert(name.to_vec());
        }
    }

    /// Records how a file is on the disk.
    pub fn stamp(&mut self, path: &Path, system: &dyn System) {
        self.stamps.insert(path.to_owned(), system.metadata(path).ok().map(|m| (m.len, m.modified)));
    }

    /// Whether results that rest on this record may be wrong after `path` was changed, created or deleted.
    ///
    /// `existence_changed` says that the path came to be or went away (or that nobody knows), which listings of its folder
    /// and questions about paths below it notice as well.
    pub fn affected_by(&self, path: &Path, existence_changed: bool) -> bool {
        if self.files.contains(path) || path.ancestors().any(|folder| self.trees.contains(folder)) {
            return true;
        }
        existence_changed
            && (self.probed.contains(path)
                || self.listed.contains(path)
                || path.parent().is_some_and(|folder| self.listed.contains(folder))
                || [&self.files, &self.probed, &self.listed, &self.trees].iter().any(|set| set.iter().any(|read| read.starts_with(path))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_read_matters() {
        let mut reads = ReadSet::default();
        reads.files.insert("/w/a.nix".into());
        reads.probed.insert("/w/missing/default.nix".into());
        reads.listed.insert("/w/pkgs".into());
        reads.trees.insert("/w/src".into());
        let hit = |path: &str, existence| reads.affected_by(Path::new(path), existence);
        assert!(hit("/w/a.nix", false) && hit("/w/src/deep/x.c", false));
        assert!(!hit("/w/b.nix", false) && !hit("/w/b.nix", true));
        assert!(hit("/w/missing/default.nix", true) && hit("/w/missing", true) && !hit("/w/missing", false));
        assert!(hit("/w/pkgs/new.nix", true) && !hit("/w/pkgs/old.nix", false) && !hit("/w/pkgs/x/deep.nix", true));
    }
}
