//! The scheme `git`: working trees of this machine with what is tracked in them, and commits of any repository.
//!
//! Repositories are read by the `git` program: plumbing commands that run nothing a repository's configuration names. Commits are
//! checked by their hash, by `git` itself.

mod commit;
mod index;
mod program;
mod remote;
mod submodules;
mod url;
mod worktree;

use std::path::PathBuf;

use program::Repository;
pub use url::normal as normal_url;
pub use url::relative_to;

use crate::error::{FetchError, Result};
use crate::fetcher::{Fetched, Job, Place};
use crate::input::{Attr, Input};

/// Submodules of submodules.
const MAX_DEPTH: usize = 16;

/// Where a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Location {
    /// A folder with a working tree.
    Local(PathBuf),
    /// To be fetched from, by the name that `git` knows: also a bare repository of this machine.
    Remote(String),
}

/// What of a commit is wanted.
#[derive(Debug, Clone, Copy)]
struct Options {
    submodules: bool,
    export_ignore: bool,
    shallow: bool,
    all_refs: bool,
}

pub fn fetch(job: &Job<'_>, input: &Input) -> Result<Fetched> {
    let options = Options {
        submodules: input.flag("submodules"),
        export_ignore: input.flag("exportIgnore"),
        shallow: input.flag("shallow"),
        all_refs: input.flag("allRefs"),
    };
    if options.submodules && options.export_ignore {
        return Err(FetchError::ExportIgnoreSubmodules);
    }
    let location = url::locate(input.required("url")?)?;
    match location {
        Location::Local(path) if input.text("ref").is_none() && input.rev().is_none() => worktree::fetch(job, input, path, options),
        location => fetch_commit(job, input, &location, options),
    }
}

/// The folder that a URL names, if it is one with a working tree.
pub fn work_tree(url: &str) -> Option<PathBuf> {
    match url::locate(url) {
        Ok(Location::Local(path)) => Some(path),
        _ => None,
    }
}

/// What is checked out in a repository: `refs/heads/…`.
pub fn head(job: &Job<'_>, url: &str) -> Result<Option<String>> {
    match url::locate(url)? {
        Location::Local(path) => Repository::local(&path)?.head_ref(job.observer),
        Location::Remote(url) => remote::default_ref(job, &url).map(Some),
    }
}

fn fetch_commit(job: &Job<'_>, input: &Input, location: &Location, options: Options) -> Result<Fetched> {
    let (repository, rev) = match location {
        Location::Local(path) => {
            let repository = Repository::local(path)?;
            let rev = match (input.rev(), input.text("ref")) {
                (Some(rev), _) => rev.to_owned(),
                (None, name) => repository.resolve(name.unwrap_or("HEAD"), job.observer)?,
            };
            (repository, rev)
        }
        Location::Remote(url) => remote::obtain(job, url, input.text("ref"), input.rev(), options)?,
    };
    let shown = match location {
        Location::Local(path) => path.display().to_string(),
        Location::Remote(url) => url.clone(),
    };
    if !options.shallow && repository.is_shallow(job.observer)? {
        return Err(FetchError::Shallow(shown));
    }
    let info = repository.commit(&rev, job.observer)?;
    let mut input = input.clone();
    input.set_text("rev", &rev);
    input.set("lastModified", Attr::Int(info.time));
    if !options.shallow {
        input.set("revCount", Attr::Int(rev_count(job, &repository, &rev)?));
    }
    let (nar_hash, path) = commit::tree(job, &repository, &shown, &rev, options)?;
    Ok(Fetched { input, nar_hash, place: Place::Cached(path) })
}

/// How many commits lead to one, as far as the repository has them.
fn rev_count(job: &Job<'_>, repository: &Repository, rev: &str) -> Result<u64> {
    if repository.is_shallow(job.observer)? {
        // It is another number elsewhere.
        return repository.count(rev, job.observer);
    }
    if let Some(count) = job.cache().record("git-count", rev).and_then(|record| record.int("revCount")) {
        return Ok(count);
    }
    let count = repository.count(rev, job.observer)?;
    job.cache().put("git-count", rev, &[("revCount", count.into())]);
    Ok(count)
}
