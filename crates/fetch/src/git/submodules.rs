//! Submodules: what `.gitmodules` says, and where the commits are.

use std::collections::BTreeMap;

use super::program::Repository;
use super::{Location, Options, remote, url};
use crate::error::{FetchError, Result};
use crate::fetcher::Job;
use crate::observer::Observer;

/// URLs by path.
pub type Declared = BTreeMap<Vec<u8>, String>;

/// The `.gitmodules` of a commit.
pub fn of_commit(repository: &Repository, rev: &str, observer: &dyn Observer) -> Result<Declared> {
    let blob = format!("{rev}:.gitmodules");
    let said = repository.run(&["config", "--blob", &blob, "-z", "--list"], Vec::new(), observer)?;
    // A commit may have none.
    Ok(if said.status.success() { parse(&said.out) } else { Declared::new() })
}

/// `<name>\n<value>\0`….
fn parse(out: &[u8]) -> Declared {
    let mut paths: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
    let mut urls: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
    for pair in out.split(|byte| *byte == 0) {
        let Some(end) = pair.iter().position(|byte| *byte == b'\n') else { continue };
        let (name, value) = (pair.get(..end).unwrap_or_default(), pair.get(end + 1..).unwrap_or_default());
        let Some(name) = name.strip_prefix(b"submodule.") else { continue };
        if let Some(name) = name.strip_suffix(b".path") {
            paths.insert(name, value);
        } else if let Some(name) = name.strip_suffix(b".url") {
            urls.insert(name, value);
        }
    }
    let url = |name: &[u8]| urls.get(name).map(|url| String::from_utf8_lossy(url).into_owned());
    paths.iter().filter_map(|(name, path)| Some((path.to_vec(), url(name)?))).collect()
}

/// Where the submodule at `name` is, relative to where the repository around it came from.
pub fn url(declared: &Declared, name: &[u8], repository: &Repository, shown: &str, observer: &dyn Observer) -> Result<String> {
    let path = String::from_utf8_lossy(name).into_owned();
    let url = declared.get(name).ok_or_else(|| FetchError::Submodule { path, repository: shown.to_owned() })?;
    let base = repository.setting("remote.origin.url", observer)?.unwrap_or_else(|| shown.to_owned());
    Ok(url::resolve(&base, url))
}

/// A repository that has the commit, and its URL.
pub fn obtain(job: &Job<'_>, url: &str, rev: &str, options: Options) -> Result<(Repository, String)> {
    match url::locate(url)? {
        Location::Local(path) => {
            let repository = Repository::local(&path)?;
            if repository.has(rev, job.observer)? {
                Ok((repository, path.display().to_string()))
            } else {
                Err(FetchError::NoObject(rev.to_owned()))
            }
        }
        Location::Remote(url) => {
            let options = Options { all_refs: true, shallow: false, ..options };
            Ok((remote::obtain(job, &url, None, Some(rev), options)?.0, url))
        }
    }
}
