//! [`System`]: what analysis and the engine may ask the machine.

mod memory;
mod os;

use std::ffi::{OsStr, OsString};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

pub use memory::MemorySystem;
pub use os::OsSystem;

/// The only door to files, environment and clock. Paths given to it are absolute.
pub trait System: Send + Sync + std::fmt::Debug {
    /// The whole of a file, symbolic links followed.
    fn read_file(&self, path: &Path) -> Result<Vec<u8>, SystemError>;

    /// As [`System::read_file`], for bytes that several own: read to where they stay.
    /// `None` where the file is longer than `most` bytes.
    fn read_shared(&self, path: &Path, most: u64) -> Result<Option<Arc<[u8]>>, SystemError> {
        let bytes = self.read_file(path)?;
        Ok((bytes.len() as u64 <= most).then(|| Arc::from(bytes)))
    }

    /// A file to be read piece by piece, and how long it is; symbolic links followed.
    fn open(&self, path: &Path) -> Result<(u64, Box<dyn Read + Send>), SystemError> {
        let bytes = self.read_file(path)?;
        Ok((bytes.len() as u64, Box::new(Cursor::new(bytes))))
    }

    /// The entries of a folder, sorted by name, without `.` and `..`.
    fn read_dir(&self, path: &Path) -> Result<Vec<DirEntry>, SystemError>;
    /// Symbolic links followed.
    fn metadata(&self, path: &Path) -> Result<Metadata, SystemError>;
    /// Of a symbolic link itself.
    fn symlink_metadata(&self, path: &Path) -> Result<Metadata, SystemError>;
    fn read_link(&self, path: &Path) -> Result<PathBuf, SystemError>;
    /// The path without symbolic links, `.` and `..`. The file must exist.
    fn canonicalize(&self, path: &Path) -> Result<PathBuf, SystemError>;
    fn env_var(&self, name: &OsStr) -> Option<OsString>;
    /// The user's home folder.
    fn home_dir(&self) -> Option<PathBuf>;
    fn current_dir(&self) -> Result<PathBuf, SystemError>;
    fn now(&self) -> SystemTime;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    Regular,
    Directory,
    Symlink,
    /// A socket, a device, a pipe.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    pub name: OsString,
    /// Of the entry itself, if it is a symbolic link.
    pub kind: FileKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata {
    pub kind: FileKind,
    /// In bytes.
    pub len: u64,
    pub executable: bool,
    pub modified: Option<SystemTime>,
}

/// A question to the machine that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} '{}': {source}", path.display())]
pub struct SystemError {
    /// As in "cannot …".
    pub action: &'static str,
    pub path: PathBuf,
    pub source: std::io::Error,
}

impl SystemError {
    pub fn new(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        SystemError { action, path: path.to_owned(), source }
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self.source.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
    }
}
