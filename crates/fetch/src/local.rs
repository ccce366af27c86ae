//! The scheme `path`: folders and files of this machine, as they are.

use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::error::{FetchError, Result};
use crate::fetcher::{Fetched, Job, Place};
use crate::input::{Attr, Input};

pub fn fetch(job: &Job<'_>, input: &Input) -> Result<Fetched> {
    let text = input.required("path")?;
    let path = absolute(text).ok_or_else(|| FetchError::RelativePath(format!("path:{text}")))?;
    if job.files.kind(&path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Err(FetchError::NoPath(path));
    }
    let mut newest = 0;
    let note = |path: &Path| {
        let modified = std::fs::symlink_metadata(path).and_then(|meta| meta.modified()).ok();
        let seconds = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |time| time.as_secs());
        newest = newest.max(seconds);
    };
    let nar_hash = job.hash(&path, None, note)?;
    let mut input = input.clone();
    if input.int("lastModified").is_none() {
        input.set("lastModified", Attr::Int(newest));
    }
    Ok(Fetched { input, nar_hash, place: Place::Local { path, kept: None } })
}

/// Without `.`, `..` and doubled slashes, by text.
fn absolute(text: &str) -> Option<PathBuf> {
    let path = Path::new(text);
    path.is_absolute().then(|| {
        path.components().fold(PathBuf::from("/"), |mut out, component| {
            match component {
                Component::Normal(name) => out.push(name),
                Component::ParentDir => drop(out.pop()),
                _ => {}
            }
            out
        })
    })
}
