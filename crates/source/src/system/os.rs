//! [`OsSystem`]: the real machine.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::{DirEntry, FileKind, Metadata, System, SystemError};

/// The machine that the program runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsSystem;

impl System for OsSystem {
    fn read_file(&self, path: &Path) -> Result<Vec<u8>, SystemError> {
        let error = |e| SystemError::new("read", path, e);
        let Some((mut file, len)) = open(path)? else { return Ok(Vec::new()) };
        // One more byte than there should be, so that the end is seen without another look.
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len as usize + 1).map_err(|_| error(io::ErrorKind::OutOfMemory.into()))?;
        file.read_to_end(&mut bytes).map_err(error)?;
        Ok(bytes)
    }

    fn read_shared(&self, path: &Path, most: u64) -> Result<Option<Arc<[u8]>>, SystemError> {
        let error = |e| SystemError::new("read", path, e);
        let Some((mut file, len)) = open(path)? else { return Ok(Some(Arc::default())) };
        if len > most {
            return Ok(None);
        }
        if len > LARGE {
            return self.read_file(path).map(|bytes| Some(Arc::from(bytes)));
        }
        let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, len as usize).collect();
        let mut read = 0;
        // It may have become another one since it was opened, or be one of those whose length nobody knows: more is asked for.
        let mut behind = [0; 32];
        while let Some(rest) = Arc::get_mut(&mut bytes).and_then(|bytes| bytes.get_mut(read..)).filter(|rest| !rest.is_empty()) {
            match file.read_vectored(&mut [io::IoSliceMut::new(rest), io::IoSliceMut::new(&mut behind)]) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(error(e)),
            }
        }
        if read > 0 && read == bytes.len() {
            return Ok(Some(bytes));
        }
        let mut more = behind.get(..read.saturating_sub(bytes.len())).unwrap_or_default().to_vec();
        read -= more.len();
        file.take(most.saturating_sub((read + more.len()) as u64).saturating_add(1)).read_to_end(&mut more).map_err(error)?;
        if read as u64 + more.len() as u64 > most {
            return Ok(None);
        }
        let whole = more.is_empty() && read == bytes.len();
        Ok(Some(if whole { bytes } else { [bytes.get(..read).unwrap_or_default(), &more].concat().into() }))
    }

    fn open(&self, path: &Path) -> Result<(u64, Box<dyn io::Read + Send>), SystemError> {
        Ok(match open(path)? {
            Some((file, len)) => (len, Box::new(file)),
            None => (0, Box::new(io::empty())),
        })
    }

    fn read_dir(&self, path: &Path) -> Result<Vec<DirEntry>, SystemError> {
        let error = |e| SystemError::new("list", path, e);
        let mut entries = Vec::new();
        for entry in fs::read_dir(path).map_err(error)? {
            let entry = entry.map_err(error)?;
            entries.push(DirEntry { kind: kind(entry.file_type().map_err(error)?), name: entry.file_name() });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn metadata(&self, path: &Path) -> Result<Metadata, SystemError> {
        fs::metadata(path).map(metadata).map_err(|e| SystemError::new("get the status of", path, e))
    }

    fn symlink_metadata(&self, path: &Path) -> Result<Metadata, SystemError> {
        fs::symlink_metadata(path).map(metadata).map_err(|e| SystemError::new("get the status of", path, e))
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, SystemError> {
        fs::read_link(path).map_err(|e| SystemError::new("read the symbolic link", path, e))
    }

    fn canonicalize(&self, path: &Path) -> Result<PathBuf, SystemError> {
        fs::canonicalize(path).map_err(|e| SystemError::new("resolve", path, e))
    }

    fn env_var(&self, name: &OsStr) -> Option<OsString> {
        std::env::var_os(name)
    }

    fn home_dir(&self) -> Option<PathBuf> {
        std::env::home_dir().filter(|home| home.is_absolute())
    }

    fn current_dir(&self) -> Result<PathBuf, SystemError> {
        std::env::current_dir().map_err(|e| SystemError::new("find the working folder", Path::new("."), e))
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// From this many bytes on a file is read without memory being cleared for it before.
const LARGE: u64 = 256 << 20;

/// Opens a file for reading and says how long it is; `None` for one that counts as empty.
fn open(path: &Path) -> Result<Option<(fs::File, u64)>, SystemError> {
    let error = |e| SystemError::new("read", path, e);
    // A pipe would wait for a writer that may never come, and a device such as /dev/zero has no end.
    let opened = fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path);
    let irregular = || error(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    let file = opened.map_err(|e| match fs::metadata(path).map(|found| found.file_type()) {
        Ok(kind) if kind.is_socket() => irregular(),
        _ => error(e),
    })?;
    let found = file.metadata().map_err(error)?;
    match found.file_type() {
        kind if kind.is_file() || kind.is_dir() => Ok(Some((file, found.len()))),
        // As many bytes as its status says, as Nix reads: none. /dev/null serves as an empty file.
        kind if kind.is_char_device() || kind.is_block_device() => Ok(None),
        _ => Err(irregular()),
    }
}

fn kind(file_type: fs::FileType) -> FileKind {
    if file_type.is_file() {
        FileKind::Regular
    } else if file_type.is_dir() {
        FileKind::Directory
    } else if file_type.is_symlink() {
        FileKind::Symlink
    } else {
        FileKind::Other
    }
}

fn metadata(found: fs::Metadata) -> Metadata {
    Metadata {
        kind: kind(found.file_type()),
        len: found.len(),
        executable: found.permissions().mode() & 0o100 != 0,
        modified: found.modified().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::write(root.join("b.nix"), "1").unwrap();
        fs::create_dir(root.join("a")).unwrap();
        std::os::unix::fs::symlink("b.nix", root.join("c.nix")).unwrap();
        let system = OsSystem;
        let kinds: Vec<_> = system.read_dir(&root).unwrap().into_iter().map(|e| (e.name.into_string().unwrap(), e.kind)).collect();
        assert_eq!(kinds, [("a".into(), FileKind::Directory), ("b.nix".into(), FileKind::Regular), ("c.nix".into(), FileKind::Symlink)]);
        assert_eq!(system.canonicalize(&root.join("a/../c.nix")).unwrap(), root.join("b.nix"));
        assert_eq!(system.read_file(&root.join("c.nix")).unwrap(), b"1");
        assert_eq!(system.read_shared(&root.join("c.nix"), 1).unwrap().as_deref(), Some(&b"1"[..]));
        assert_eq!(system.read_shared(&root.join("c.nix"), 0).unwrap(), None);
        assert!(system.read_shared(&root.join("a"), 1 << 20).is_err());
        assert_eq!(system.symlink_metadata(&root.join("c.nix")).unwrap().kind, FileKind::Symlink);
        assert!(system.read_file(&root.join("none")).unwrap_err().is_not_found());
    }

    #[test]
    fn what_has_no_end_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(OsSystem.read_file(&socket).unwrap_err().to_string().ends_with("it is not a regular file"));
        assert_eq!(OsSystem.read_file(Path::new("/dev/zero")).unwrap(), b"");
        assert_eq!(OsSystem.read_shared(Path::new("/dev/null"), 0).unwrap().as_deref(), Some(&b""[..]));
        // Its status says that it is empty.
        assert!(OsSystem.read_shared(Path::new("/proc/self/status"), 1 << 20).unwrap().unwrap().starts_with(b"Name:"));
    }
}
