//! From events to the disk. Every file is made relative to the open directory above it, exclusively and without following
//! links, so that nothing lands outside the target whatever happens to the tree meanwhile.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{Mode, UtimensatFlags, fchmod, futimens, mkdirat, utimensat};
use nix::sys::time::TimeSpec;
use nix::unistd::symlinkat;

use super::{NarError, NarSink};

/// Modification time of everything in a store, in seconds since the epoch.
pub(crate) const STORE_MTIME: TimeSpec = TimeSpec::new(1, 0);
pub(crate) const OMIT_TIME: TimeSpec = TimeSpec::UTIME_OMIT;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RestoreOptions {
    /// Modes 0444 and 0555 and time 1, as in a store; otherwise those of new files.
    pub canonical: bool,
    /// Flush every file to the disk.
    pub fsync: bool,
}

/// Writes events to the disk below one new path.
pub struct Restorer {
    options: RestoreOptions,
    /// Where this is, for messages.
    path: PathBuf,
    /// The directories above, open; the first one is the parent of the target.
    stack: Vec<OwnedFd>,
    /// Name of the node that comes next.
    name: Vec<u8>,
    file: Option<File>,
    executable: bool,
}

impl Restorer {
    /// `path` must not exist; its parent must.
    pub fn new(path: &Path, options: RestoreOptions) -> Result<Restorer, NarError> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().map(|name| name.as_bytes().to_vec());
        let name = name.ok_or_else(|| NarError::file("cannot create", path)(io::ErrorKind::InvalidInput.into()))?;
        let directory = File::open(parent).map_err(NarError::file("cannot open directory", parent))?;
        Ok(Restorer { options, path: path.to_owned(), stack: vec![directory.into()], name, file: None, executable: false })
    }

    fn parent(&self) -> Result<&OwnedFd, NarError> {
        self.stack.last().ok_or_else(|| NarError::Stream(io::ErrorKind::InvalidInput.into()))
    }

    fn failed<E: Into<io::Error>>(&self, action: &'static str) -> impl FnOnce(E) -> NarError {
        let path = self.path.clone();
        move |error| NarError::File { action, path, error: error.into() }
    }
}

impl NarSink for Restorer {
    fn file(&mut self, executable: bool, _size: u64) -> Result<(), NarError> {
        let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_WRONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mode = Mode::from_bits_truncate(if executable { 0o777 } else { 0o666 });
        let fd = openat(self.parent()?, self.name.as_slice(), flags, mode).map_err(self.failed("cannot create file"))?;
        self.file = Some(File::from(fd));
        self.executable = executable;
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), NarError> {
        match &mut self.file {
            Some(file) => file.write_all(bytes).map_err(NarError::file("cannot write", &self.path)),
            None => Err(NarError::Stream(io::ErrorKind::InvalidInput.into())),
        }
    }

    fn file_end(&mut self) -> Result<(), NarError> {
        let Some(file) = self.file.take() else { return Ok(()) };
        if self.options.canonical {
            let mode = Mode::from_bits_truncate(if self.executable { 0o555 } else { 0o444 });
            fchmod(&file, mode).map_err(self.failed("cannot set permissions of"))?;
            futimens(&file, &OMIT_TIME, &STORE_MTIME).map_err(self.failed("cannot set the time of"))?;
        }
        if self.options.fsync {
            file.sync_all().map_err(self.failed("cannot flush"))?;
        }
        Ok(())
    }

    fn symlink(&mut self, target: &[u8]) -> Result<(), NarError> {
        let parent = self.parent()?;
        symlinkat(target, parent, self.name.as_slice()).map_err(self.failed("cannot create link"))?;
        if self.options.canonical {
            utimensat(parent, self.name.as_slice(), &OMIT_TIME, &STORE_MTIME, UtimensatFlags::NoFollowSymlink)
                .map_err(self.failed("cannot set the time of"))?;
        }
        Ok(())
    }

    fn directory(&mut self) -> Result<(), NarError> {
        mkdirat(self.parent()?, self.name.as_slice(), Mode::from_bits_truncate(0o777)).map_err(self.failed("cannot create directory"))?;
        let flags = OFlag::O_DIRECTORY | OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let fd = openat(self.parent()?, self.name.as_slice(), flags, Mode::empty()).map_err(self.failed("cannot open directory"))?;
        self.stack.push(fd);
        Ok(())
    }

    fn entry(&mut self, name: &[u8]) -> Result<(), NarError> {
        self.path.push(OsStr::from_bytes(name));
        self.name.clear();
        self.name.extend_from_slice(name);
        Ok(())
    }

    fn entry_end(&mut self) -> Result<(), NarError> {
        self.path.pop();
        Ok(())
    }

    fn directory_end(&mut self) -> Result<(), NarError> {
        let Some(fd) = self.stack.pop() else { return Ok(()) };
        if self.options.canonical {
            fchmod(&fd, Mode::from_bits_truncate(0o555)).map_err(self.failed("cannot set permissions of"))?;
            futimens(&fd, &OMIT_TIME, &STORE_MTIME).map_err(self.failed("cannot set the time of"))?;
        }
        if self.options.fsync {
            File::from(fd).sync_all().map_err(self.failed("cannot flush"))?;
        }
        Ok(())
    }
}
