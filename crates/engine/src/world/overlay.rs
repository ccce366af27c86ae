//! Files as an evaluation sees them: unsaved buffers over the machine's files, logical store paths at their real place.

use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_eval::{Bounds, HostError, HostResult};
use nival_source::{Contents, DirEntry, FileKind, System, SystemError};
use rustc_hash::FxHashMap;

use super::host::io_error;

/// Longer files are read in pieces.
const LARGE: u64 = 8 << 20;
/// So many bytes at once.
const PIECE: u64 = 256 << 10;

/// Unsaved buffers by canonical path.
pub type Buffers = FxHashMap<Arc<Path>, Contents>;

/// A read-only view. Nothing in it changes but the machine's own files.
#[derive(Clone)]
pub struct Overlay {
    pub system: Arc<dyn System>,
    pub buffers: Arc<Buffers>,
}

impl Overlay {
    pub fn read_file(&self, path: &Path) -> Result<Arc<[u8]>, SystemError> {
        match self.buffer(path) {
            Some(contents) => Ok(contents.bytes().into()),
            None => Ok(self.system.read_shared(path, u64::MAX)?.unwrap_or_default()),
        }
    }

    /// As [`Overlay::read_file`], within bounds: a file that does not fit is not read, and reading ends where it is given up.
    pub fn read_bounded(&self, path: &Path, bounds: &Bounds) -> HostResult<Arc<[u8]>> {
        if let Some(contents) = self.buffer(path) {
            return Ok(contents.bytes().into());
        }
        if let Some(bytes) = self.system.read_shared(path, LARGE).map_err(|e| io_error(&e))? {
            return Ok(bytes);
        }
        let mut bytes: Vec<u8> = Vec::new();
        self.read_pieces(path, bounds, &mut |piece, rest| {
            let room = rest.max(piece.len() as u64);
            // Once more to share it.
            bounds.check((bytes.len() as u64).saturating_add(room).saturating_mul(2))?;
            let reserved = bytes.try_reserve(usize::try_from(room).unwrap_or(usize::MAX));
            reserved.map_err(|_| HostError::Io(format!("cannot read '{}': out of memory", path.display())))?;
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes.into())
    }

    /// Hands a file to `work` piece by piece, each with how much should be left from its beginning on.
    pub fn read_pieces(&self, path: &Path, bounds: &Bounds, work: &mut dyn FnMut(&[u8], u64) -> HostResult<()>) -> HostResult<()> {
        let failed = |e| io_error(&SystemError::new("read", path, e));
        if let Some(contents) = self.buffer(path) {
            return work(contents.bytes(), 0);
        }
        let (len, mut file) = self.system.open(path).map_err(|e| io_error(&e))?;
        let mut piece = vec![0; len.clamp(4096, PIECE) as usize];
        let mut left = len;
        loop {
            bounds.check(0)?;
            match file.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(read) => {
                    work(piece.get(..read).unwrap_or_default(), left)?;
                    left = left.saturating_sub(read as u64);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(failed(e)),
            }
        }
    }

    /// As `lstat`: `None` where nothing is there.
    pub fn file_kind(&self, path: &Path) -> Result<Option<FileKind>, SystemError> {
        match self.system.symlink_metadata(path) {
            Ok(found) => Ok(Some(found.kind)),
            Err(error) if error.is_not_found() => Ok(self.buffers.contains_key(path).then_some(FileKind::Regular)),
            Err(error) => Err(error),
        }
    }

    pub fn read_link(&self, path: &Path) -> Result<Vec<u8>, SystemError> {
        self.system.read_link(path).map(|target| target.into_os_string().into_vec())
    }

    /// Buffers of files that were never saved are listed too.
    pub fn read_dir(&self, path: &Path) -> Result<Vec<DirEntry>, SystemError> {
        let mut entries = match self.system.read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.is_not_found() && self.buffers.keys().any(|b| b.parent() == Some(path)) => Vec::new(),
            Err(error) => return Err(error),
        };
        for buffer in self.buffers.keys().filter(|b| b.parent() == Some(path)) {
            if let Some(name) = buffer.file_name()
                && entries.iter().all(|entry| entry.name != name)
            {
                entries.push(DirEntry { name: name.to_owned(), kind: FileKind::Regular });
            }
        }
        Ok(entries)
    }

    fn buffer(&self, path: &Path) -> Option<&Contents> {
        if self.buffers.is_empty() {
            return None;
        }
        if let Some(contents) = self.buffers.get(path) {
            return Some(contents);
        }
        let canonical = self.system.canonicalize(path).ok()?;
        self.buffers.get(canonical.as_path())
    }
}

impl nival_store::nar::FileSource for Overlay {
    fn kind(&self, path: &Path) -> io::Result<nival_store::nar::FileKind> {
        use nival_store::nar::FileKind as Nar;
        let buffered = self.buffers.contains_key(path);
        match self.system.symlink_metadata(path) {
            Ok(found) => match found.kind {
                FileKind::Regular => Ok(Nar::Regular { executable: found.executable }),
                FileKind::Directory => Ok(Nar::Directory),
                FileKind::Symlink => Ok(Nar::Symlink),
                FileKind::Other => Ok(Nar::Other),
            },
            Err(error) if error.is_not_found() && buffered => Ok(Nar::Regular { executable: false }),
            Err(error) => Err(error.source),
        }
    }

    fn entries(&self, path: &Path) -> io::Result<Vec<Vec<u8>>> {
        let entries = self.read_dir(path).map_err(|e| e.source)?;
        Ok(entries.into_iter().map(|entry| entry.name.into_vec()).collect())
    }

    fn read_link(&self, path: &Path) -> io::Result<Vec<u8>> {
        Overlay::read_link(self, path).map_err(|e| e.source)
    }

    fn open<'a>(&'a self, path: &Path) -> io::Result<(u64, Box<dyn Read + 'a>)> {
        match self.buffer(path) {
            Some(contents) => Ok((contents.bytes().len() as u64, Box::new(contents.bytes()))),
            None => self.system.open(path).map(|(len, file)| (len, file as Box<dyn Read + 'a>)).map_err(|e| e.source),
        }
    }
}

/// A path from the evaluator's bytes.
pub fn to_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}
