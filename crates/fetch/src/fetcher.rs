//! [`Fetcher`]: from an input to a tree on this machine.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nival_store::nar::{self, FileKind, FileSource};
use nival_store::{Hash, HashAlgo};

use crate::archive::Limits;
use crate::cache::Cache;
use crate::error::{FetchError, Result};
use crate::http::Http;
use crate::input::Input;
use crate::observer::{Observer, check};
use crate::settings::Settings;
use crate::{forge, git, hg, local, tarball};

/// Fetches. One for a process or an evaluation; everything it needs from one call to the next is in its cache.
pub struct Fetcher {
    pub settings: Settings,
    pub(crate) cache: Cache,
    pub(crate) http: Http,
}

/// What a fetch takes besides the input.
pub(crate) struct Job<'a> {
    pub fetcher: &'a Fetcher,
    /// Local files as the caller sees them, which may be other than what is on the disk.
    pub files: &'a dyn FileSource,
    /// Whether `files` has something else for a path than the disk.
    pub unsaved: &'a dyn Fn(&Path) -> bool,
    pub observer: &'a dyn Observer,
}

/// The files of a folder that count: paths relative to it, the folders above them included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept(pub BTreeSet<Vec<u8>>);

impl Kept {
    pub fn contains(&self, relative: &[u8]) -> bool {
        self.0.contains(relative)
    }

    /// Adds a file and the folders above it.
    pub(crate) fn insert(&mut self, name: &[u8]) {
        for (at, _) in name.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            self.0.extend(name.get(..at).map(<[u8]>::to_vec));
        }
        self.0.insert(name.to_vec());
    }
}

/// Where something fetched is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A tree of the cache, that nobody changes.
    Cached(PathBuf),
    /// A folder (or file) of the user's own. `kept` is what of it counts; `None` is everything.
    Local { path: PathBuf, kept: Option<Kept> },
}

impl Place {
    pub fn path(&self) -> &Path {
        match self {
            Place::Cached(path) | Place::Local { path, .. } => path,
        }
    }
}

/// A tree that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The input with what was found out: `rev`, `lastModified`, `revCount`, `dirtyRev`, `narHash` and so on.
    pub input: Input,
    pub nar_hash: Hash,
    pub place: Place,
}

/// A file that was downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    pub sha256: Hash,
    pub path: PathBuf,
}

impl Fetcher {
    pub fn new(settings: Settings) -> Fetcher {
        Fetcher { cache: Cache::new(settings.cache_dir.clone()), settings, http: Http::default() }
    }

    /// Fetches `input`. Local trees are read from `files`; `unsaved` says for which paths those are not what the disk has.
    ///
    /// # Errors
    /// The input makes no sense, cannot be had, is not what its `narHash` or `rev` says, or the observer has cancelled.
    pub fn fetch(
        &self,
        input: &Input,
        files: &dyn FileSource,
        unsaved: &dyn Fn(&Path) -> bool,
        observer: &dyn Observer,
    ) -> Result<Fetched> {
        input.check()?;
        check(observer)?;
        let job = Job { fetcher: self, files, unsaved, observer };
        let mut fetched = match input.scheme() {
            "path" => local::fetch(&job, input),
            "file" => tarball::fetch_file(&job, input),
            "tarball" => tarball::fetch(&job, input),
            "git" => git::fetch(&job, input),
            "github" | "gitlab" | "sourcehut" => forge::fetch(&job, input),
            "hg" => hg::fetch(&job, input),
            other => Err(FetchError::UnknownScheme(other.to_owned())),
        }?;
        if let (Some(expected), Some(got)) = (input.rev(), fetched.input.rev())
            && !expected.eq_ignore_ascii_case(got)
        {
            return Err(FetchError::Rev { expected: expected.to_owned(), got: got.to_owned() });
        }
        for name in ["lastModified", "revCount"] {
            if let (Some(expected), Some(got)) = (input.int(name), fetched.input.int(name))
                && expected != got
            {
                return Err(FetchError::Number { name, expected, got });
            }
        }
        fetched.input.set_text("narHash", fetched.nar_hash.sri());
        Ok(fetched)
    }

    /// The branch that a Git input is of where it names none, for lock files.
    ///
    /// # Errors
    /// There is no such repository, or it does not answer.
    pub fn default_ref(&self, input: &Input, observer: &dyn Observer) -> Result<Option<String>> {
        let job = Job { fetcher: self, files: &nar::DiskSource, unsaved: &|_| false, observer };
        match (input.scheme(), input.text("url")) {
            ("git", Some(url)) => git::head(&job, url),
            _ => Ok(None),
        }
    }

    /// The bytes of a small file of this machine.
    ///
    /// # Errors
    /// It cannot be read, is no file, or has more than `limit` bytes.
    pub fn read_small(&self, path: &Path, limit: u64) -> Result<Vec<u8>> {
        let failed = |error| FetchError::Io { action: "read", path: path.to_owned(), error };
        let meta = std::fs::metadata(path).map_err(failed)?;
        if !meta.is_file() || meta.len() > limit {
            return Err(failed(std::io::Error::other("it is not a file, or too long")));
        }
        std::fs::read(path).map_err(failed)
    }

    /// Downloads one file: `builtins.fetchurl`.
    ///
    /// # Errors
    /// It cannot be had, or the observer has cancelled.
    pub fn download(&self, url: &str, observer: &dyn Observer) -> Result<Download> {
        check(observer)?;
        let job = Job { fetcher: self, files: &nar::DiskSource, unsaved: &|_| false, observer };
        tarball::download(&job, url, &[]).map(|file| Download { sha256: file.sha256, path: file.path })
    }
}

impl Job<'_> {
    pub fn settings(&self) -> &Settings {
        &self.fetcher.settings
    }

    pub fn cache(&self) -> &Cache {
        &self.fetcher.cache
    }

    pub fn limits(&self) -> Limits {
        Limits { bytes: self.settings().max_unpacked_bytes, files: self.settings().max_unpacked_files }
    }

    /// NAR hash of a local tree, of which `kept` counts.
    pub fn hash(&self, path: &Path, kept: Option<&Kept>, mut note: impl FnMut(&Path)) -> Result<Hash> {
        use std::os::unix::ffi::OsStrExt;
        note(path);
        let mut filter = |child: &Path, _: FileKind| -> std::result::Result<bool, Box<dyn std::error::Error + Send + Sync>> {
            check(self.observer)?;
            let relative = child.strip_prefix(path).unwrap_or(child);
            let keep = kept.is_none_or(|kept| kept.contains(relative.as_os_str().as_bytes()));
            if keep {
                note(child);
            }
            Ok(keep)
        };
        let hashed = nar::hash_path(self.files, path, Some(&mut filter), HashAlgo::Sha256);
        check(self.observer)?;
        Ok(hashed?.0)
    }
}
