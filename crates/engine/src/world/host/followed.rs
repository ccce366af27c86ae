//! What edits mean for what a generation has read, and which files it follows through them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use nival_source::FileKind;

use super::EngineHost;
use crate::world::overlay::{Buffers, Overlay, to_path};
use crate::world::reads::{ReadSet, Stamp};

/// What a change of files means for a generation.
pub enum Verdict {
    /// Nobody has read them.
    Untouched,
    /// Only files that are followed, by the paths they were imported by.
    Edited(Vec<Vec<u8>>),
    /// Results rest on them in ways that nobody knows.
    Stale,
}

/// A file by the path it was imported by, with its text.
pub type FileText = (Vec<u8>, Arc<[u8]>);

/// In a workspace of more files only those that are open or were changed are followed: to follow has its price.
const MAX_FOLLOWED: usize = 256;

impl EngineHost {
    /// What changed paths mean for what was evaluated.
    pub fn judge(&self, changed: &[(PathBuf, bool)], buffers: &Arc<Buffers>) -> Verdict {
        // Also waits for reads that have begun.
        let view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        self.folders.write().unwrap_or_else(PoisonError::into_inner).clear();
        let after = Overlay { system: Arc::clone(&view.system), buffers: Arc::clone(buffers) };
        let reads = self.reads();
        let mut files = Vec::new();
        for (path, existence) in changed {
            let canonical = view.system.canonicalize(path).ok();
            for path in [Some(path), canonical.as_ref()].into_iter().flatten() {
                let tracked = reads.code.get(path);
                // Where it still is a file, it is the same one to all who only asked for it.
                let there = tracked.is_some() && matches!(after.file_kind(path), Ok(Some(FileKind::Regular)));
                if reads.affected_by(path, *existence && !there) || tracked.is_some() && !there {
                    return Verdict::Stale;
                }
                files.extend(tracked.into_iter().flatten().cloned());
            }
        }
        if files.is_empty() { Verdict::Untouched } else { Verdict::Edited(files) }
    }

    pub fn set_buffers(&self, buffers: Arc<Buffers>) {
        self.view.write().unwrap_or_else(PoisonError::into_inner).buffers = buffers;
    }

    /// The texts of tracked files with other buffers; `None` where one cannot be read.
    pub fn edited_texts(&self, files: &BTreeSet<Vec<u8>>, buffers: &Arc<Buffers>) -> Option<Vec<FileText>> {
        let view = Overlay { system: self.view().system, buffers: Arc::clone(buffers) };
        files.iter().map(|file| Some((file.clone(), view.read_file(&to_path(file)).ok()?))).collect()
    }

    /// Goes on with other buffers and with tracked files as they are now.
    pub fn take_over(&self, files: &BTreeSet<Vec<u8>>, buffers: Arc<Buffers>) {
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        view.buffers = buffers;
        let mut reads = self.reads();
        for file in files {
            reads.stamp(&to_path(file), &*view.system);
        }
    }

    /// Files that are not on the disk as they were read. Costs a `stat` for each that was.
    pub fn stale(&self) -> Vec<PathBuf> {
        let system = self.view().system;
        let reads = self.reads();
        let changed = |(path, stamp): (&PathBuf, &Stamp)| {
            let now = system.metadata(path).ok().map(|m| (m.len, m.modified));
            (now != *stamp).then(|| path.clone())
        };
        reads.stamps.iter().filter_map(changed).collect()
    }

    /// Whether the contents of a file are to be followed by edits, and not by new generations: those of the workspace, and
    /// those that somebody has changed.
    pub(super) fn follows(&self, path: &Path, view: &Overlay, reads: &ReadSet) -> bool {
        if self.config.once {
            return false;
        }
        // By name first: to resolve links takes time, and this is asked of every file.
        let name = path.file_name();
        if view.buffers.keys().any(|file| file.file_name() == name) || self.edited.iter().any(|file| file.file_name() == name) {
            let edited = |path: &Path| self.edited.contains(path) || view.buffers.contains_key(path);
            if edited(path) || view.system.canonicalize(path).is_ok_and(|path| edited(&path)) {
                return true;
            }
        }
        let own = self.config.roots.is_empty() || self.config.roots.iter().any(|root| path.starts_with(root));
        own && reads.code.len() < MAX_FOLLOWED && !self.is_library(path, view)
    }

    /// In a tree that the search path names, or in one of nixpkgs.
    fn is_library(&self, path: &Path, view: &Overlay) -> bool {
        let on_search_path = |entry: &crate::config::SearchPathEntry| {
            let tree = Path::new(&entry.path);
            tree.is_absolute() && entry.prefix != "nixos-config" && path.starts_with(tree)
        };
        if self.config.search_path.iter().any(on_search_path) {
            return true;
        }
        let mut known = self.library_folders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut asked = Vec::new();
        let mut found = false;
        for folder in path.ancestors().skip(1) {
            match known.get(folder) {
                Some(&library) => {
                    found = library;
                    break;
                }
                None => asked.push(folder),
            }
        }
        for folder in asked.into_iter().rev() {
            found |= view.system.metadata(&folder.join("lib/trivial.nix")).is_ok();
            known.insert(folder.to_owned(), found);
        }
        found
    }
}
