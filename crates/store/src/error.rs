//! What can go wrong with a store.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::content_address::ContentAddressError;
use crate::derivation::{AtermError, DerivationTypeError, ModuloError};
use crate::hash::HashError;
use crate::nar::NarError;
use crate::store_path::{BadStorePath, NameError, StorePathError};

pub type StoreResult<T> = Result<T, StoreError>;

/// Texts are Nix's own where it has one; paths in them are printed with their store directory.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("{action} '{path}': {error}", path = path.display())]
    Io { action: &'static str, path: PathBuf, error: io::Error },
    #[error(
        "cannot use the folder '{dir}' for the store: {error}; make it writable for this user, or choose another store with '--store /path/to/folder'",
        dir = dir.display()
    )]
    Unwritable { dir: PathBuf, error: io::Error },
    #[error("the path \"{}\" is a symlink; this is not allowed for the Nix store and its parent directories", .0.display())]
    SymlinkedStore(PathBuf),
    #[error("the store '{}' was opened read-only", .0.display())]
    ReadOnly(PathBuf),
    #[error("current Nix store schema is version {0}, but I only support {supported}", supported = crate::local::SCHEMA_VERSION)]
    SchemaTooNew(u32),
    #[error("the database in '{}' has the old schema version {version}; open it once with Nix to upgrade it", db.display())]
    SchemaTooOld { db: PathBuf, version: u32 },
    #[error("\"{}\" is corrupt", .0.display())]
    CorruptSchema(PathBuf),
    #[error("database '{db}': {action}: {error}", db = db.display())]
    Database { db: PathBuf, action: &'static str, error: rusqlite::Error },
    #[error("invalid-path entry for '{path}': {problem}")]
    CorruptRow { path: String, problem: String },
    #[error("path '{0}' is not valid")]
    InvalidPath(String),
    #[error("cannot add path '{0}' to the Nix store because it claims to be content-addressed but isn't")]
    NotContentAddressed(String),
    #[error("hash mismatch importing path '{path}';\n  specified: {specified}\n  got:       {got}")]
    HashMismatch { path: String, specified: String, got: String },
    #[error("size mismatch importing path '{path}';\n  specified: {specified}\n  got:       {got}")]
    SizeMismatch { path: String, specified: u64, got: u64 },
    #[error("ca hash mismatch importing path '{path}';\n  specified: {specified}\n  got:       {got}")]
    CaMismatch { path: String, specified: String, got: String },
    #[error("cycle detected in the references of '{path}' from '{parent}'")]
    Cycle { path: String, parent: String },
    #[error("cannot delete path '{path}' because it is in use by {users}")]
    InUse { path: String, users: String },
    #[error("path '{}' is not a regular file", .0.display())]
    NotRegular(PathBuf),
    #[error("file \"{}\" has an unsupported type", .0.display())]
    UnsupportedType(PathBuf),
    #[error("invalid ownership on file \"{}\"", .0.display())]
    InvalidOwnership(PathBuf),
    #[error("error parsing derivation '{path}': {error}")]
    Derivation { path: String, error: AtermError },
    #[error("store path '{0}' is not a valid derivation path")]
    NotDerivation(String),
    #[error("derivation '{drv}' has incorrect output '{found}', should be '{expected}'")]
    WrongOutput { drv: String, found: String, expected: String },
    #[error("derivation '{drv}' has incorrect environment variable '{variable}', should be '{expected}'")]
    WrongOutputVariable { drv: String, variable: String, expected: String },
    #[error("derivation '{drv}' does not have an output named '{output}'")]
    NoSuchOutput { drv: String, output: String },
    #[error("invalid hash part")]
    HashPart,
    #[error(transparent)]
    BadStorePath(#[from] BadStorePath),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    MakePath(#[from] StorePathError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    ContentAddress(#[from] ContentAddressError),
    #[error(transparent)]
    DerivationType(#[from] DerivationTypeError),
    #[error(transparent)]
    Modulo(#[from] ModuloError),
    #[error(transparent)]
    Nar(NarError),
    /// An error of the caller's path filter, handed back as it came.
    #[error("{0}")]
    Filter(Box<dyn Error + Send + Sync>),
}

impl From<NarError> for StoreError {
    fn from(error: NarError) -> StoreError {
        match error {
            NarError::Filter(error) => StoreError::Filter(error),
            other => StoreError::Nar(other),
        }
    }
}

impl StoreError {
    /// For `map_err`: `action` is what was tried, as in "cannot open".
    pub fn io<E: Into<io::Error>>(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(E) -> StoreError {
        move |error| StoreError::Io { action, path: path.as_ref().to_owned(), error: error.into() }
    }
}
