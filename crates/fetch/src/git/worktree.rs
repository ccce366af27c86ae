//! Working trees: the files that are tracked, with what they contain now.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nival_store::nar::FileKind;
use sha1::{Digest, Sha1};

use super::index::{Entry, Index};
use super::program::Repository;
use super::{MAX_DEPTH, Options, commit, rev_count};
use crate::error::{FetchError, Result};
use crate::fetcher::{Fetched, Job, Kept, Place};
use crate::input::{Attr, Input};
use crate::observer::check;

const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// What there is in a working tree.
#[derive(Default)]
struct Status {
    kept: Kept,
    dirty: bool,
}

pub fn fetch(job: &Job<'_>, input: &Input, path: PathBuf, options: Options) -> Result<Fetched> {
    let repository = Repository::local(&path)?;
    let head = repository.try_resolve("HEAD", job.observer)?;
    let mut status = Status::default();
    collect(job, &repository, head.as_deref(), b"", options, &mut status, 0)?;
    let mut input = input.clone();
    let time = match &head {
        Some(head) => repository.commit(head, job.observer)?.time,
        None => 0,
    };
    if status.dirty {
        if !job.settings().allow_dirty {
            return Err(FetchError::Dirty(path));
        }
        if job.settings().warn_dirty {
            job.observer.warn(&format!("Git tree '{}' is dirty", path.display()));
        }
        if let Some(head) = &head {
            input.set_text("dirtyRev", format!("{head}-dirty"));
            input.set_text("dirtyShortRev", format!("{}-dirty", head.get(..7).unwrap_or(head)));
        }
    } else {
        input.set_text("rev", head.as_deref().unwrap_or(NO_COMMIT));
        if !options.shallow {
            let count = match &head {
                Some(head) => rev_count(job, &repository, head)?,
                None => 0,
            };
            input.set("revCount", Attr::Int(count));
        }
    }
    input.set("lastModified", Attr::Int(time));
    let nar_hash = job.hash(&path, Some(&status.kept), |_| {})?;
    Ok(Fetched { input, nar_hash, place: Place::Local { path, kept: Some(status.kept) } })
}

/// Adds the files of one repository, and with `submodules` those of the repositories in it.
fn collect(
    job: &Job<'_>,
    repository: &Repository,
    head: Option<&str>,
    prefix: &[u8],
    options: Options,
    status: &mut Status,
    depth: usize,
) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(FetchError::SubmoduleDepth(MAX_DEPTH));
    }
    let index = Index::read(&repository.path)?;
    let mut file_mode = None;
    let mut ignored = BTreeSet::new();
    if options.export_ignore {
        let names: BTreeSet<&[u8]> = index.entries.iter().flat_map(|entry| with_folders(&entry.name)).collect();
        let names: Vec<&[u8]> = names.into_iter().collect();
        let flags = repository.export_ignored(None, &names, job.observer)?;
        ignored = names.iter().zip(flags).filter(|(_, ignored)| *ignored).map(|(name, _)| name.to_vec()).collect();
    }
    for entry in &index.entries {
        check(job.observer)?;
        if entry.is_submodule() {
            if options.submodules {
                submodule(job, repository, entry, prefix, options, status, depth)?;
            }
            continue;
        }
        let path = repository.path.join(std::ffi::OsStr::from_bytes(&entry.name));
        // What is not there is not part of the tree, and neither is what something else took the place of.
        let found = match job.files.kind(&path) {
            Ok(FileKind::Directory | FileKind::Other) | Err(_) => {
                status.dirty = true;
                continue;
            }
            Ok(found) => found,
        };
        if !commit::is_below(&ignored, &entry.name) {
            status.kept.insert(&[prefix, &entry.name].concat());
        }
        if !status.dirty
            && (entry.intent_to_add || entry.stage != 0 || changed(job, repository, &index, entry, &path, found, &mut file_mode)?)
        {
            status.dirty = true;
        }
    }
    if !status.dirty {
        status.dirty = match head {
            Some(head) => {
                let args = ["diff-index", "--cached", "--quiet", "--ignore-submodules=all", head, "--"];
                !repository.run(&args, Vec::new(), job.observer)?.status.success()
            }
            None => index.entries.iter().any(|entry| !entry.is_submodule()),
        };
    }
    Ok(())
}

fn submodule(
    job: &Job<'_>,
    repository: &Repository,
    entry: &Entry,
    prefix: &[u8],
    options: Options,
    status: &mut Status,
    depth: usize,
) -> Result<()> {
    let inner = Repository::local(&repository.path.join(std::ffi::OsStr::from_bytes(&entry.name)))?;
    let head = inner.try_resolve("HEAD", job.observer)?;
    let name = [prefix, &entry.name].concat();
    status.kept.insert(&name);
    collect(job, &inner, head.as_deref(), &[&name, &b"/"[..]].concat(), options, status, depth + 1)
}

fn with_folders(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let folders = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').filter_map(|(at, _)| name.get(..at));
    folders.chain([name])
}

/// Whether a file is another than the index says. Its time and size decide if they can, else its contents.
fn changed(
    job: &Job<'_>,
    repository: &Repository,
    index: &Index,
    entry: &Entry,
    path: &Path,
    found: FileKind,
    file_mode: &mut Option<bool>,
) -> Result<bool> {
    let (is_link, executable) = match found {
        FileKind::Symlink => (true, false),
        FileKind::Regular { executable } => (false, executable),
        FileKind::Directory | FileKind::Other => return Ok(true),
    };
    if is_link != entry.is_link() {
        return Ok(true);
    }
    if !is_link && executable != (entry.mode & 0o100 != 0) {
        let counts = match *file_mode {
            Some(counts) => counts,
            None => repository.setting("core.fileMode", job.observer)?.is_none_or(|value| value != "false"),
        };
        *file_mode = Some(counts);
        if counts {
            return Ok(true);
        }
    }
    if !(job.unsaved)(path)
        && let Ok(meta) = std::fs::symlink_metadata(path)
    {
        let time = (meta.mtime() as u32, meta.mtime_nsec() as u32);
        // A file that was written in the moment the index was may have changed again without a trace.
        let racy = index.written.is_none_or(|written| time >= written);
        if !racy && time == entry.mtime && meta.size() as u32 == entry.size {
            return Ok(false);
        }
    }
    Ok(object_id(job, path, is_link)? != entry.id)
}

/// The hash that `git` gives the contents.
fn object_id(job: &Job<'_>, path: &Path, is_link: bool) -> Result<[u8; 20]> {
    let failed = |error| FetchError::Io { action: "read", path: path.to_owned(), error };
    let mut hasher = Sha1::new();
    if is_link {
        let target = job.files.read_link(path).map_err(failed)?;
        hasher.update(format!("blob {}\0", target.len()));
        hasher.update(&target);
        return Ok(hasher.finalize().into());
    }
    let (size, mut contents) = job.files.open(path).map_err(failed)?;
    hasher.update(format!("blob {size}\0"));
    let mut buffer = vec![0; 1 << 16];
    loop {
        check(job.observer)?;
        match contents.read(&mut buffer).map_err(failed)? {
            0 => return Ok(hasher.finalize().into()),
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}
