//! The whole index, from the disk.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use nival_hir::LowerOptions;
use nival_source::{Contents, System};

use crate::index::Index;
use crate::summary::{FileSummary, summarise};
use crate::walk;

/// Threads that read and analyse. Two leave the machine to its user.
const THREADS: usize = 2;
/// Files that a thread takes at once.
const RUN: usize = 32;
/// Trees are bounded in depth; debug builds need the room.
const STACK: usize = 64 << 20;
/// A larger file is data; its summary would be as large.
const MAX_BYTES: u64 = 64 << 20;

/// What a build tells while it runs, from any of its threads.
pub trait Watch: Sync {
    /// Asked between files; `true` ends the build.
    fn stop(&self) -> bool;
    /// `done` of `total` files.
    fn progress(&self, done: usize, total: usize);
}

/// Reads all files below the roots and summarises them. `None` if it was stopped.
pub fn build(system: &dyn System, roots: &[PathBuf], watch: &dyn Watch) -> Option<Index> {
    let files = walk::files(system, roots, &|| watch.stop())?;
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let summaries: Mutex<Vec<(usize, FileSummary)>> = Mutex::new(Vec::with_capacity(files.len()));
    let work = || {
        let mut own = Vec::new();
        loop {
            let start = next.fetch_add(RUN, Ordering::Relaxed);
            let run = files.get(start..(start + RUN).min(files.len())).unwrap_or_default();
            if run.is_empty() {
                break;
            }
            for (number, path) in (start..).zip(run) {
                if watch.stop() {
                    return;
                }
                own.extend(read(system, path).map(|summary| (number, summary)));
            }
            watch.progress(done.fetch_add(run.len(), Ordering::Relaxed) + run.len(), files.len());
        }
        summaries.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
    };
    std::thread::scope(|scope| {
        for _ in 1..THREADS.min(files.len().div_ceil(RUN)) {
            // Without the thread this one does the work alone.
            let _ = std::thread::Builder::new().name("nival-index".into()).stack_size(STACK).spawn_scoped(scope, work);
        }
        work();
    });
    if watch.stop() {
        return None;
    }
    let mut summaries = summaries.into_inner().unwrap_or_else(PoisonError::into_inner);
    summaries.sort_unstable_by_key(|summary| summary.0);
    let home = system.home_dir();
    let mut index = Index::new(roots.to_vec(), home);
    for (number, summary) in summaries {
        if let Some(path) = files.get(number) {
            index.set(path, Some(summary));
        }
    }
    Some(index)
}

/// The summary of a file as it is on the disk; `None` where there is none to read.
pub fn read(system: &dyn System, path: &Path) -> Option<FileSummary> {
    let length = system.metadata(path).ok()?.len;
    if length > MAX_BYTES {
        return Some(FileSummary::default());
    }
    let contents = Contents::from_bytes(system.read_file(path).ok()?);
    let tree = nival_syntax::flat::parse(contents.text().as_bytes());
    Some(summarise(&nival_hir::lower(&tree, &LowerOptions::default())))
}
