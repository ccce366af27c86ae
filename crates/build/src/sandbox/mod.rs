//! What a builder sees of this machine: a root of its own, prepared as a directory tree by the engine and turned into
//! mounts by the child.

pub mod diagnose;
mod pty;
pub mod seccomp;
pub mod shell;
pub mod spawn;
mod tree;

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub use pty::Terminal;
pub use tree::{Input, Layout, SandboxTree};

/// The build directory as builders see it.
pub const BUILD_DIR: &str = "/build";
/// A home that does not exist.
pub const HOME_DIR: &str = "/homeless-shelter";

/// Text for a system call. A NUL can only come from a hostile derivation.
pub fn c_string(text: impl AsRef<OsStr>) -> io::Result<CString> {
    let bytes = text.as_ref().as_bytes();
    CString::new(bytes).map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("'{}' contains a NUL byte", String::from_utf8_lossy(bytes).replace('\0', "\\0")),
        )
    })
}

/// A pipe that is closed on exec: read end, write end.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [0; 2];
    // SAFETY: the kernel writes two descriptors into the array.
    if unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: both were just made and belong to nobody else.
    Ok(unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) })
}

/// `root` + `/a/b` as one path below `root`.
fn below(root: &Path, absolute: &Path) -> PathBuf {
    root.join(absolute.strip_prefix("/").unwrap_or(absolute))
}
