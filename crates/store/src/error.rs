//! What can go wrong with a store.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::content_address::ContentAddressError;
use crate::derivation::DerivationTypeError;
use crate::hash::HashError;
use crate::store_path::{BadStorePath, NameError, StorePathError};

pub type StoreResult<T> = Result<T, StoreError>;

#[derive(Debug, Error)]
pub enum StoreError {
    #[error("{action} '{path}': {error}", path = path.display())]
    Io { action: &'static str, path: PathBuf, error: io::Error },
    #[error("path '{0}' is not valid")]
    InvalidPath(String),
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
    /// An error of the caller's path filter, handed back as it came.
    #[error("{0}")]
    Filter(Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// For `map_err`: `action` is what was tried, as in "cannot open".
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> StoreError {
        move |error| StoreError::Io { action, path: path.as_ref().to_owned(), error }
    }
}
