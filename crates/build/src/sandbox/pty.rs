//! The terminal that builders write to. Nix gives them one, so programs that ask write line by line and in order.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Both ends of a builder's output.
#[derive(Debug)]
pub struct Terminal {
    /// The engine reads here; does not block.
    pub reader: OwnedFd,
    /// The builder writes here.
    pub writer: OwnedFd,
}

impl Terminal {
    /// A pseudoterminal in raw mode; a pipe where this machine has none to give.
    pub fn open() -> io::Result<Terminal> {
        let terminal = pseudoterminal().or_else(|_| {
            let (reader, writer) = super::pipe()?;
            io::Result::Ok(Terminal { reader, writer })
        })?;
        set_nonblocking(&terminal.reader)?;
        Ok(terminal)
    }
}

fn pseudoterminal() -> io::Result<Terminal> {
    // SAFETY: plain calls; `name` is a buffer of the length given, and both descriptors are fresh when they are wrapped.
    unsafe {
        let master = libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
        if master == -1 {
            return Err(io::Error::last_os_error());
        }
        let reader = OwnedFd::from_raw_fd(master);
        let mut name = [0; 128];
        if libc::unlockpt(master) == -1 || libc::ptsname_r(master, name.as_mut_ptr(), name.len()) != 0 {
            return Err(io::Error::last_os_error());
        }
        let name = CStr::from_ptr(name.as_ptr());
        let slave = libc::open(name.as_ptr(), libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
        if slave == -1 {
            return Err(io::Error::last_os_error());
        }
        let writer = OwnedFd::from_raw_fd(slave);
        // Without raw mode every newline would get a carriage return.
        let mut mode: libc::termios = std::mem::zeroed();
        if libc::tcgetattr(slave, &mut mode) == -1 {
            return Err(io::Error::last_os_error());
        }
        libc::cfmakeraw(&mut mode);
        if libc::tcsetattr(slave, libc::TCSANOW, &mode) == -1 {
            return Err(io::Error::last_os_error());
        }
        Ok(Terminal { reader, writer })
    }
}

fn set_nonblocking(fd: &OwnedFd) -> io::Result<()> {
    // SAFETY: changes flags of a descriptor that we own.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
