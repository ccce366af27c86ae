//! Trees that are on this machine: folders, working trees of Git, and what the store has already. For hosts of the
//! evaluator, which hand `fetchTree` on to here.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use nival_eval::builtins::flake::reference::{Attr, FlakeRef};
use nival_eval::builtins::flake::url::{Url, percent_decode};
use nival_eval::host::{AddPath, FetchArg, FetchRequest, Fetched, Host};
use nival_eval::{FileType, HostResult};
use nival_source::System;
use nival_store::nar::{self, DiskSource, FileKind, FileSource};
use nival_store::store_path::{StoreReferences, make_fixed_output_path};
use nival_store::{ContentAddress, ContentAddressMethod, Hash, HashAlgo, StoreDir};

use crate::error::FlakeError;
use crate::git_index::Tracked;

/// Name of every fetched tree in the store.
const NAME: &str = "source";

/// Where a host's files are.
#[derive(Clone, Copy)]
pub struct Doors<'a> {
    /// The host itself, which gives trees a store path.
    pub host: &'a dyn Host,
    /// Files as evaluation sees them, unsaved buffers included.
    pub files: &'a dyn FileSource,
    pub system: &'a dyn System,
}

impl<'a> Doors<'a> {
    /// The disk as it is.
    pub fn disk(host: &'a dyn Host, system: &'a dyn System) -> Doors<'a> {
        Doors { host, files: &DiskSource, system }
    }
}

/// `builtins.fetchTree` for trees on this machine: `path`, `git` with a `file:` URL and no revision, and everything that is
/// locked by a NAR hash and valid in the store. Anything else is [`FlakeError::NeedsFetching`]. The result has what
/// `fetchTree` gives besides `outPath`.
pub fn fetch_tree(doors: Doors<'_>, request: &FetchRequest) -> Result<Fetched, FlakeError> {
    let reference = reference_of(request)?;
    let text = |name: &str| match reference.attrs.get(name) {
        Some(Attr::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let shown = shown(&reference);
    let locked =
        text("narHash").map(|hash| Hash::parse_any(hash, Some(HashAlgo::Sha256))).transpose().map_err(nival_store::StoreError::from)?;
    if let Some(hash) = locked {
        let path = store_path(doors.host.store_dir(), hash)?;
        if doors.host.ensure_store_path(&path).is_ok() {
            return Ok(Fetched { store_path: path, attrs: attributes(&reference, hash, None) });
        }
    }
    let folder = match (text("type"), text("url")) {
        (Some("path"), _) => text("path").filter(|path| path.starts_with('/')).map(|path| (PathBuf::from(path), None)),
        (Some("git"), Some(url)) if text("rev").is_none() && text("ref").is_none() => match git_folder(url) {
            Some(root) => Some((root.clone(), Some(Tracked::read(&root, doors.system)?))),
            None => None,
        },
        _ => None,
    };
    let Some((folder, tracked)) = folder else {
        return Err(FlakeError::NeedsFetching { reference: shown });
    };
    let local = LocalTree { doors, folder, tracked };
    let (hash, modified) = local.measure()?;
    if let Some(expected) = locked.filter(|expected| *expected != hash) {
        return Err(FlakeError::NarHash { reference: shown, expected: expected.sri(), got: hash.sri() });
    }
    Ok(Fetched { store_path: local.add()?, attrs: attributes(&reference, hash, Some(modified)) })
}

/// The reference that the arguments of `fetchTree` make: a set of attributes, or a URL alone.
fn reference_of(request: &FetchRequest) -> Result<FlakeRef, FlakeError> {
    if let [(name, FetchArg::String(url))] = request.args.as_slice()
        && name == "url"
    {
        return Ok(FlakeRef::parse(&String::from_utf8_lossy(url))?);
    }
    let attr = |arg: &FetchArg| match arg {
        FetchArg::String(text) => Some(Attr::Text(String::from_utf8_lossy(text).into_owned())),
        FetchArg::Int(int) => Some(Attr::Int(*int)),
        FetchArg::Bool(bool) => Some(Attr::Bool(*bool)),
        FetchArg::Null => None,
    };
    Ok(FlakeRef { attrs: request.args.iter().filter_map(|(name, arg)| Some((name.clone(), attr(arg)?))).collect() })
}

/// A reference for messages: without what only a machine reads.
fn shown(reference: &FlakeRef) -> String {
    let mut reference = reference.clone();
    for name in ["narHash", "lastModified", "revCount"] {
        reference.attrs.remove(name);
    }
    reference.to_url().unwrap_or_else(|_| "a tree of an unknown kind".to_owned())
}

fn git_folder(url: &str) -> Option<PathBuf> {
    let url = Url::parse(url)?;
    let local = url.scheme == "file" && url.authority.as_deref().unwrap_or_default().is_empty() && url.path.starts_with('/');
    local.then(|| PathBuf::from(percent_decode(&url.path)))
}

fn store_path(store_dir: &str, hash: Hash) -> Result<String, FlakeError> {
    let dir = StoreDir::new(store_dir).unwrap_or_default();
    let address = ContentAddress { method: ContentAddressMethod::Nar, hash };
    let path = make_fixed_output_path(&dir, NAME, &address, &StoreReferences::default()).map_err(nival_store::StoreError::from)?;
    Ok(dir.print(&path))
}

/// What a tree tells of itself.
fn attributes(reference: &FlakeRef, hash: Hash, modified: Option<i64>) -> Vec<(String, FetchArg)> {
    let mut out = vec![("narHash".to_owned(), FetchArg::String(hash.sri().into()))];
    let mut text = |name: &str, value: &str| out.push((name.to_owned(), FetchArg::String(value.into())));
    if let Some(Attr::Text(rev)) = reference.attrs.get("rev") {
        text("rev", rev);
        text("shortRev", rev.get(..7).unwrap_or(rev));
    }
    let int = |name: &str| match reference.attrs.get(name) {
        Some(Attr::Int(int)) => Some(*int),
        _ => None,
    };
    if let Some(modified) = int("lastModified").or(modified) {
        text("lastModifiedDate", &date(modified));
        out.push(("lastModified".to_owned(), FetchArg::Int(modified)));
    }
    if let Some(count) = int("revCount") {
        out.push(("revCount".to_owned(), FetchArg::Int(count)));
    }
    if reference.attrs.get("type") == Some(&Attr::Text("git".to_owned())) {
        let submodules = reference.attrs.get("submodules") == Some(&Attr::Bool(true));
        out.push(("submodules".to_owned(), FetchArg::Bool(submodules)));
    }
    out
}

/// `20261122041500`, in UTC.
fn date(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days of the proleptic Gregorian calendar, counted from March of the year 0.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// A folder, and what of it counts.
struct LocalTree<'a> {
    doors: Doors<'a>,
    folder: PathBuf,
    tracked: Option<Tracked>,
}

impl LocalTree<'_> {
    fn keeps(&self, path: &Path) -> bool {
        match (&self.tracked, path.strip_prefix(&self.folder)) {
            (Some(tracked), Ok(relative)) => tracked.contains(relative.as_os_str().as_bytes()),
            _ => true,
        }
    }

    /// NAR hash, and the newest modification time, in seconds since 1970.
    fn measure(&self) -> Result<(Hash, i64), FlakeError> {
        let newest = std::cell::Cell::new(0);
        let note = |path: &Path| {
            let modified = self.doors.system.symlink_metadata(path).ok().and_then(|meta| meta.modified);
            let seconds = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |time| time.as_secs() as i64);
            newest.set(newest.get().max(seconds));
        };
        note(&self.folder);
        let mut filter = |path: &Path, _: FileKind| {
            let keep = self.keeps(path);
            if keep {
                note(path);
            }
            Ok(keep)
        };
        let (hash, _) = nar::hash_path(self.doors.files, &self.folder, Some(&mut filter), HashAlgo::Sha256)?;
        Ok((hash, newest.get()))
    }

    /// Has the host give the tree its store path.
    fn add(&self) -> Result<String, FlakeError> {
        let mut filter = |path: &[u8], _: FileType| -> HostResult<bool> { Ok(self.keeps(Path::new(std::ffi::OsStr::from_bytes(path)))) };
        let request = AddPath {
            path: self.folder.as_os_str().as_bytes(),
            name: NAME,
            recursive: true,
            expected_sha256: None,
            filter: if self.tracked.is_some() { Some(&mut filter) } else { None },
        };
        Ok(self.doors.host.add_path(request)?)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates() {
        assert_eq!(super::date(0), "19700101000000");
        assert_eq!(super::date(1_709_210_096), "20240229123456");
        assert_eq!(super::date(1_795_320_441), "20261122040721");
    }
}
