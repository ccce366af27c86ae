//! Where the files of a tree come from: the disk, or anything that looks like one (unsaved buffers over it, an archive).

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// What a tree can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Regular {
        executable: bool,
    },
    Symlink,
    Directory,
    /// A socket, a device or a pipe: no NAR holds one, but a filter may leave it out.
    Other,
}

/// Decides whether a child of a directory is part of the tree. Asked with the child's path (below the path that was
/// given) for every child, in name order, and never for the root. An error ends the dump.
pub type PathFilter<'a> = dyn FnMut(&Path, FileKind) -> Result<bool, Box<dyn Error + Send + Sync>> + 'a;

/// A file system to serialise from. Nothing follows symbolic links.
pub trait FileSource {
    /// Kind of the file at `path`.
    fn kind(&self, path: &Path) -> io::Result<FileKind>;

    /// Names of the entries of a directory, in any order, without `.` and `..`.
    fn entries(&self, path: &Path) -> io::Result<Vec<Vec<u8>>>;

    /// Target of a symbolic link.
    fn read_link(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Length and bytes of a regular file. A file that turns out shorter or longer fails the dump.
    fn open<'a>(&'a self, path: &Path) -> io::Result<(u64, Box<dyn Read + 'a>)>;
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskSource;

impl FileSource for DiskSource {
    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        let metadata = fs::symlink_metadata(path)?;
        let kind = metadata.file_type();
        if kind.is_file() {
            Ok(FileKind::Regular { executable: metadata.mode() & 0o100 != 0 })
        } else if kind.is_dir() {
            Ok(FileKind::Directory)
        } else if kind.is_symlink() {
            Ok(FileKind::Symlink)
        } else {
            Ok(FileKind::Other)
        }
    }

    fn entries(&self, path: &Path) -> io::Result<Vec<Vec<u8>>> {
        fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().into_vec())).collect()
    }

    fn read_link(&self, path: &Path) -> io::Result<Vec<u8>> {
        Ok(fs::read_link(path)?.as_os_str().as_bytes().to_vec())
    }

    fn open<'a>(&'a self, path: &Path) -> io::Result<(u64, Box<dyn Read + 'a>)> {
        let file = File::options().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC).open(path)?;
        Ok((file.metadata()?.len(), Box::new(file)))
    }
}
