//! What can go wrong with an archive.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::MAX_DEPTH;

/// The texts are Nix's own where it has one.
#[derive(Debug, Error)]
pub enum NarError {
    #[error("bad archive: input doesn't look like a Nix archive")]
    Magic,
    #[error("bad archive: expected tag '{expected}', got '{found}'")]
    Tag { expected: &'static str, found: String },
    #[error("bad archive: unknown file type '{0}'")]
    Type(String),
    #[error("bad archive: NAR contains invalid file name '{0}'")]
    Name(String),
    #[error("bad archive: NAR directory is not sorted")]
    Unsorted,
    #[error("bad archive: NAR contains invalid symlink target")]
    Target,
    #[error("bad archive: executable marker has non-empty value")]
    Executable,
    #[error("bad archive: non-zero padding")]
    Padding,
    #[error("bad archive: string is too long")]
    TooLong,
    #[error("bad archive: NAR directory nesting exceeds maximum depth of {MAX_DEPTH}")]
    Depth,
    #[error("path '{}' exceeds maximum NAR directory depth of {MAX_DEPTH}", .0.display())]
    SourceDepth(PathBuf),
    #[error("file '{}' changed while it was read", .0.display())]
    Changed(PathBuf),
    /// The archive ended early, or reading or writing it failed.
    #[error("cannot read or write archive: {0}")]
    Stream(#[from] io::Error),
    #[error("{action} '{path}': {error}", path = path.display())]
    File { action: &'static str, path: PathBuf, error: io::Error },
    /// An error of the caller's filter, handed back as it came.
    #[error("{0}")]
    Filter(Box<dyn Error + Send + Sync>),
}

impl NarError {
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> NarError {
        move |error| NarError::File { action, path: path.to_owned(), error }
    }
}
