//! The tree of a commit, written out into the cache.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

use nival_store::Hash;

use super::program::{Repository, TreeEntry};
use super::{MAX_DEPTH, Options, submodules};
use crate::archive::TreeWriter;
use crate::error::{FetchError, Result};
use crate::fetcher::Job;

const FOLDER: u32 = 0o040_000;
const LINK: u32 = 0o120_000;
const SUBMODULE: u32 = 0o160_000;
/// A link's target, and what else is read into memory.
const MAX_TARGET: u64 = 4096;

/// NAR hash of a commit's tree and where it is. `shown` is the repository's URL or path, against which submodules are found.
pub fn tree(job: &Job<'_>, repository: &Repository, shown: &str, rev: &str, options: Options) -> Result<(Hash, PathBuf)> {
    let flags = format!("{}{}", if options.submodules { ";s" } else { "" }, if options.export_ignore { ";e" } else { "" });
    // The tree depends on the commit alone; with submodules on where those were found, too.
    let key = format!("{rev}{flags}{}", if options.submodules { format!(";{shown}") } else { String::new() });
    let known = job.cache().record("git-tree", &key).and_then(|record| record.hash("narHash"));
    if let Some(found) = known.and_then(|hash| Some((hash, job.cache().tree(&hash)?))) {
        return Ok(found);
    }
    job.observer.begins(&format!("reading revision {rev} of '{shown}'"));
    let holder = job.cache().temporary_dir()?;
    let mut writer = TreeWriter::new(&holder.path().join("tree"), job.limits())?;
    write(job, &mut writer, b"", repository, shown, rev, options, 0)?;
    let root = writer.into_root();
    let (hash, path) = job.cache().add_tree(holder, &root)?;
    job.cache().put("git-tree", &key, &[("narHash", hash.sri().into())]);
    Ok((hash, path))
}

/// Writes a commit's tree below `prefix`.
#[allow(clippy::too_many_arguments)]
pub fn write(
    job: &Job<'_>,
    writer: &mut TreeWriter,
    prefix: &[u8],
    repository: &Repository,
    shown: &str,
    rev: &str,
    options: Options,
    depth: usize,
) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(FetchError::SubmoduleDepth(MAX_DEPTH));
    }
    let mut entries = repository.entries(rev, job.observer)?;
    if options.export_ignore {
        let names: Vec<&[u8]> = entries.iter().map(|entry| entry.name.as_slice()).collect();
        let ignored = repository.export_ignored(Some(rev), &names, job.observer)?;
        entries = without(entries, &ignored);
    }
    let inside = |name: &[u8]| if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() };
    let mut blobs: Vec<&TreeEntry> = Vec::new();
    let mut modules: Vec<&TreeEntry> = Vec::new();
    for entry in &entries {
        match entry.kind() {
            FOLDER => writer.folder(&inside(&entry.name))?,
            // Without its contents a submodule is an empty folder.
            SUBMODULE => {
                writer.folder(&inside(&entry.name))?;
                modules.push(entry);
            }
            _ => blobs.push(entry),
        }
    }
    let ids: Vec<&str> = blobs.iter().map(|entry| entry.id.as_str()).collect();
    repository.read_all(&ids, job.observer, |number, contents| {
        let Some(entry) = blobs.get(number) else { return Ok(()) };
        let name = inside(&entry.name);
        if entry.kind() == LINK {
            let mut target = Vec::new();
            let read = contents.take(MAX_TARGET).read_to_end(&mut target);
            read.map_err(|error| FetchError::Program { program: "git cat-file".to_owned(), message: error.to_string() })?;
            return writer.link(&name, &target);
        }
        writer.file(&name, entry.mode & 0o100 != 0, contents, job.observer)
    })?;
    if options.submodules && !modules.is_empty() {
        let declared = submodules::of_commit(repository, rev, job.observer)?;
        for entry in modules {
            let url = submodules::url(&declared, &entry.name, repository, shown, job.observer)?;
            let (inner, inner_shown) = submodules::obtain(job, &url, &entry.id, options)?;
            write(job, writer, &inside(&entry.name), &inner, &inner_shown, &entry.id, options, depth + 1)?;
        }
    }
    Ok(())
}

/// Without what is ignored, and without what is in a folder that is.
fn without(entries: Vec<TreeEntry>, ignored: &[bool]) -> Vec<TreeEntry> {
    let gone: BTreeSet<Vec<u8>> =
        entries.iter().zip(ignored).filter(|(_, ignored)| **ignored).map(|(entry, _)| entry.name.clone()).collect();
    let mut entries = entries;
    entries.retain(|entry| !is_below(&gone, &entry.name));
    entries
}

/// Whether a name or a folder above it is in the set.
pub fn is_below(set: &BTreeSet<Vec<u8>>, name: &[u8]) -> bool {
    set.contains(name) || name.iter().enumerate().any(|(at, byte)| *byte == b'/' && name.get(..at).is_some_and(|above| set.contains(above)))
}
