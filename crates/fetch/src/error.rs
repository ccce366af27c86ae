//! Why something cannot be fetched. The texts are Nix's where it has one.

use std::io;
use std::path::{Path, PathBuf};

use nival_store::hash::HashError;
use nival_store::nar::NarError;
use thiserror::Error;

/// See the module documentation.
#[derive(Debug, Error)]
pub enum FetchError {
    #[error("interrupted by the user")]
    Cancelled,
    #[error("cannot fetch unsupported input of type '{0}'")]
    UnknownScheme(String),
    #[error("input attribute '{attr}' not supported by scheme '{scheme}'")]
    UnknownAttribute { attr: String, scheme: String },
    #[error("input attribute '{0}' is missing")]
    Missing(&'static str),
    #[error("input attribute '{attr}' is not {expected}")]
    AttributeType { attr: String, expected: &'static str },
    #[error("invalid Git branch/tag name '{0}'")]
    BadRef(String),
    #[error("input contains both a commit hash ('{rev}') and a branch/tag name ('{name}')")]
    RevAndRef { rev: String, name: String },
    #[error("input contains an invalid instance host '{0}'")]
    BadHost(String),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("'{0}' is not a valid URL")]
    BadUrl(String),
    #[error("path '{}' does not exist", .0.display())]
    NoPath(PathBuf),
    #[error("SCP-like URL '{0}' is not supported; use SSH URL syntax instead (ssh://...)")]
    ScpLike(String),
    #[error("cannot fetch input '{0}' because it uses a relative path")]
    RelativePath(String),
    #[error("'{0}' does not support {1} yet")]
    NotSupported(&'static str, &'static str),
    #[error("'{0}' does not appear to be a binary cache")]
    NoBinaryCache(String),
    #[error("binary cache '{url}' is for Nix stores with prefix '{prefix}', not '{wanted}'")]
    OtherStore { url: String, prefix: String, wanted: String },
    #[error("{0}")]
    NarInfo(String),
    /// Something would have to be downloaded, which the settings forbid.
    #[error("'{url}' cannot be fetched {reason}")]
    Refused { url: String, reason: String },

    #[error("unable to download '{url}': {reason}")]
    Download { url: String, reason: String },
    #[error("unable to download '{url}': HTTP error {status}{body}")]
    Status { url: String, status: u16, body: String },
    #[error("unable to download '{url}': Could not read a file:// file: {error}")]
    File { url: String, error: io::Error },

    #[error("tarball \"{}\" does not exist.", .0.display())]
    NoTarball(PathBuf),
    #[error("tarball \"{}\" is a directory, not a file.", .0.display())]
    TarballDirectory(PathBuf),
    #[error("tarball \"{}\" is a git repository, not a tarball. Please use `git+file` as the scheme.", .0.display())]
    TarballRepository(PathBuf),
    #[error("Failed to open archive '{url}' ({reason})")]
    Archive { url: String, reason: String },
    #[error("file '{path}' in tarball has unsupported file type ({kind})")]
    ArchiveFileType { path: String, kind: &'static str },
    #[error("path '/{0}' does not exist (a hard link in the archive leads there)")]
    HardLink(String),
    #[error("'{0}' in the archive is below something that is not a directory")]
    NotADirectory(String),
    #[error("'{0}' in the archive is nested too deeply")]
    TooDeep(String),
    #[error("the archive has more than {0} files")]
    TooManyFiles(u64),
    #[error("unpacked, the archive has more than {0} bytes")]
    TooLarge(u64),
    #[error("there is not enough room on the disk to unpack '{0}'")]
    NoRoom(String),
    #[error("tarball 'Link' headers that redirect to non-tarball URLs are not supported ('{0}')")]
    Link(String),

    #[error("Git repository \"{}\" does not exist.", .0.display())]
    NoRepository(PathBuf),
    #[error("Git tree '{}' is dirty", .0.display())]
    Dirty(PathBuf),
    #[error("'{0}' is a shallow Git repository, but shallow repositories are only allowed when `shallow = true;` is specified")]
    Shallow(String),
    #[error("resolving Git reference '{0}': revspec '{0}' not found")]
    NoRef(String),
    #[error("getting Git object '{0}': object not found - no match for id")]
    NoObject(String),
    #[error(
        "Cannot find Git revision '{rev}' in ref '{name}' of repository '{url}'! Please make sure that the rev exists on the ref you've specified or add allRefs = true; to fetchGit."
    )]
    NotInRef { rev: String, name: String, url: String },
    #[error("Failed to fetch git repository '{url}'{detail}")]
    GitFetch { url: String, detail: String },
    #[error("cannot read the index of the Git repository '{repository}': {reason}", repository = .repository.display())]
    GitIndex { repository: PathBuf, reason: String },
    #[error("exportIgnore and submodules are not supported together yet")]
    ExportIgnoreSubmodules,
    #[error("cannot find submodule '{path}' in the '.gitmodules' file of '{repository}'")]
    Submodule { path: String, repository: String },
    #[error("Git submodules are nested more than {0} deep")]
    SubmoduleDepth(usize),
    #[error("the answer of '{url}' is not what was expected: {reason}")]
    Forge { url: String, reason: String },
    #[error("Mercurial tree '{}' is unclean", .0.display())]
    DirtyHg(PathBuf),

    /// `hint` says how to get the program.
    #[error("the program '{program}' is needed to fetch this, and it cannot be run: {error}. {hint}")]
    NoProgram { program: &'static str, error: io::Error, hint: &'static str },
    #[error("'{program}' failed: {message}")]
    Program { program: String, message: String },

    #[error("'{name}' attribute mismatch, expected {expected}, got {got}")]
    Number { name: &'static str, expected: u64, got: u64 },
    #[error("'rev' attribute mismatch, expected {expected} but got {got}")]
    Rev { expected: String, got: String },
    #[error("cannot {action} '{path}': {error}", path = .path.display())]
    Io { action: &'static str, path: PathBuf, error: io::Error },
    #[error(transparent)]
    Nar(#[from] NarError),
}

impl FetchError {
    /// For `map_err`: `action` as in "cannot …".
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FetchError {
        let path = path.to_owned();
        move |error| FetchError::Io { action, path, error }
    }
}

pub(crate) type Result<T> = std::result::Result<T, FetchError>;
