//! Removing and measuring trees that a builder left, which may be deeper than any path, unreadable, or full of links.

use std::ffi::{CString, OsStr};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Directories are held open while their contents are visited; deeper ones are moved up first.
const MAX_DEPTH: u32 = 48;

/// Removes a file or a whole tree. Links are never followed, and directories without permissions get them first.
pub fn delete_tree(path: &Path) -> io::Result<()> {
    let meta = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if !meta.is_dir() {
        return fs::remove_file(path);
    }
    let name = CString::new(path.as_os_str().as_bytes()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let top = open_dir(libc::AT_FDCWD, &name)?;
    let mut moved = 0;
    // Each round empties what is not too deep and brings the rest up.
    loop {
        let before = moved;
        empty(&top, &top, 0, &mut moved)?;
        if moved == before {
            break;
        }
    }
    fs::remove_dir(path)
}

fn empty(dir: &OwnedFd, top: &OwnedFd, depth: u32, moved: &mut u64) -> io::Result<()> {
    for name in entries(dir)? {
        let stat = match stat_at(dir, &name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        if stat.st_mode & libc::S_IFMT != libc::S_IFDIR {
            unlink_at(dir, &name, 0)?;
            continue;
        }
        if depth < MAX_DEPTH {
            let child = open_dir(dir.as_raw_fd(), &name)?;
            empty(&child, top, depth + 1, moved)?;
            match unlink_at(dir, &name, libc::AT_REMOVEDIR) {
                // Something below was moved up in between; the next round finds it empty.
                Err(error) if error.raw_os_error() == Some(libc::ENOTEMPTY) => {}
                other => other?,
            }
        } else {
            // A directory can only be moved by someone who may write into it.
            drop(open_dir(dir.as_raw_fd(), &name)?);
            *moved += 1;
            let target = CString::new(format!(".deep-{moved}")).unwrap_or_default();
            // SAFETY: descriptors and texts are valid for the call.
            check(unsafe { libc::renameat(dir.as_raw_fd(), name.as_ptr(), top.as_raw_fd(), target.as_ptr()) })?;
        }
    }
    Ok(())
}

/// Bytes of disk that the tree takes. Stops counting above `limit`, and at a nesting that no honest builder makes.
pub fn disk_usage(path: &Path, limit: u64) -> u64 {
    let Ok(name) = CString::new(path.as_os_str().as_bytes()) else { return 0 };
    let Ok(top) = open_dir_as_is(libc::AT_FDCWD, &name) else { return 0 };
    let mut total = 0;
    usage(&top, 0, limit, &mut total);
    total
}

fn usage(dir: &OwnedFd, depth: u32, limit: u64, total: &mut u64) {
    if depth > 256 {
        *total = u64::MAX;
        return;
    }
    // The builder is changing the tree meanwhile: what is gone does not count.
    for name in entries(dir).unwrap_or_default() {
        let Ok(stat) = stat_at(dir, &name) else { continue };
        *total = total.saturating_add(stat.st_blocks as u64 * 512 / stat.st_nlink.max(1));
        if *total > limit {
            return;
        }
        if stat.st_mode & libc::S_IFMT == libc::S_IFDIR
            && let Ok(child) = open_dir_as_is(dir.as_raw_fd(), &name)
        {
            usage(&child, depth + 1, limit, total);
        }
    }
}

/// Bytes that may still be written to the file system of `path`.
pub fn free_space(path: &Path) -> Option<u64> {
    let name = CString::new(path.as_os_str().as_bytes()).ok()?;
    // SAFETY: `info` is plain data that the call fills in.
    unsafe {
        let mut info: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(name.as_ptr(), &mut info) == 0).then(|| info.f_bavail.saturating_mul(info.f_bsize))
    }
}

/// Whether two paths are one file system object.
pub fn same_file(a: &Path, b: &Path) -> bool {
    match (fs::metadata(a), fs::metadata(b)) {
        (Ok(a), Ok(b)) => a.dev() == b.dev() && a.ino() == b.ino(),
        _ => false,
    }
}

fn entries(dir: &OwnedFd) -> io::Result<Vec<CString>> {
    let listing = fs::read_dir(format!("/proc/self/fd/{}", dir.as_raw_fd()))?;
    listing.map(|entry| Ok(CString::new(OsStr::as_bytes(&entry?.file_name())).unwrap_or_default())).collect()
}

/// Opens a directory, giving its owner all rights first if that is needed.
fn open_dir(parent: i32, name: &CString) -> io::Result<OwnedFd> {
    if let Ok(dir) = open_dir_as_is(parent, name)
        && usable(&dir)
    {
        return Ok(dir);
    }
    // SAFETY: the text is valid for the call. A link cannot be here: the caller has just seen a directory, and the builder
    // that could replace it is dead.
    check(unsafe { libc::fchmodat(parent, name.as_ptr(), 0o700, 0) })?;
    open_dir_as_is(parent, name)
}

fn open_dir_as_is(parent: i32, name: &CString) -> io::Result<OwnedFd> {
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    // SAFETY: the text is valid for the call, and the descriptor is ours.
    unsafe {
        let fd = libc::openat(parent, name.as_ptr(), flags);
        check(fd)?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Whether entries can be removed from it.
fn usable(dir: &OwnedFd) -> bool {
    // SAFETY: `stat` is plain data that the call fills in.
    unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        libc::fstat(dir.as_raw_fd(), &mut stat) == 0 && stat.st_mode & 0o700 == 0o700
    }
}

fn stat_at(dir: &OwnedFd, name: &CString) -> io::Result<libc::stat> {
    // SAFETY: the text is valid for the call, and `stat` is plain data that the call fills in.
    unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        check(libc::fstatat(dir.as_raw_fd(), name.as_ptr(), &mut stat, libc::AT_SYMLINK_NOFOLLOW))?;
        Ok(stat)
    }
}

fn unlink_at(dir: &OwnedFd, name: &CString, flags: i32) -> io::Result<()> {
    // SAFETY: the text is valid for the call.
    check(unsafe { libc::unlinkat(dir.as_raw_fd(), name.as_ptr(), flags) })
}

fn check(result: i32) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn trees_of_every_kind_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("top");
        let outside = dir.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "x").unwrap();
        fs::create_dir_all(top.join("locked/inner")).unwrap();
        symlink(&outside, top.join("link")).unwrap();
        fs::write(top.join("locked/inner/file"), vec![0; 10_000]).unwrap();
        // Deeper than a path may be long.
        let mut at = open_dir(libc::AT_FDCWD, &CString::new(top.as_os_str().as_bytes()).unwrap()).unwrap();
        let name = CString::new("a".repeat(100)).unwrap();
        for _ in 0..200 {
            check(unsafe { libc::mkdirat(at.as_raw_fd(), name.as_ptr(), 0o700) }).unwrap();
            at = open_dir_as_is(at.as_raw_fd(), &name).unwrap();
        }
        drop(at);
        assert!(disk_usage(&top, u64::MAX) >= 10_000);
        fs::set_permissions(top.join("locked/inner"), fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(top.join("locked"), fs::Permissions::from_mode(0o500)).unwrap();
        delete_tree(&top).unwrap();
        assert!(!top.exists() && outside.join("kept").exists());
        delete_tree(&top).unwrap();
    }
}
