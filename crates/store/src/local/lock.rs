//! Locks between processes, the same files and the same protocol as Nix's: `flock` on `<path>.lock`, which its last holder
//! unlinks after marking it stale.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::error::{StoreError, StoreResult};

/// Opens a lock file, making it if need be.
pub(crate) fn open_lock_file(path: &Path) -> StoreResult<File> {
    let options = File::options().read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(libc::O_CLOEXEC).open(path);
    options.map_err(StoreError::io("opening lock file", path))
}

/// Waits for a lock.
pub(crate) fn lock(mut file: File, kind: FlockArg) -> io::Result<Flock<File>> {
    loop {
        match Flock::lock(file, kind) {
            Ok(held) => return Ok(held),
            Err((back, Errno::EINTR)) => file = back,
            Err((_, error)) => return Err(error.into()),
        }
    }
}

/// Takes a lock if that is possible at once (`kind` must be one of the non-blocking ones); gives the file back if not.
pub(crate) fn try_lock(mut file: File, kind: FlockArg) -> io::Result<Result<Flock<File>, File>> {
    loop {
        match Flock::lock(file, kind) {
            Ok(held) => return Ok(Ok(held)),
            Err((back, Errno::EINTR)) => file = back,
            Err((back, Errno::EWOULDBLOCK)) => return Ok(Err(back)),
            Err((_, error)) => return Err(error.into()),
        }
    }
}

/// Exclusive locks on store paths, held until dropped.
#[derive(Debug)]
pub struct PathLocks {
    held: Vec<(PathBuf, Flock<File>)>,
    delete: bool,
}

impl PathLocks {
    /// Locks every path (the file is `<path>.lock`), waiting as long as it takes. Sorted order prevents deadlocks.
    pub fn lock(paths: impl IntoIterator<Item = PathBuf>) -> StoreResult<PathLocks> {
        let mut locks = PathLocks { held: Vec::new(), delete: false };
        for path in sorted(paths) {
            let (path, held) = loop {
                let file = open_lock_file(&path)?;
                let held = lock(file, FlockArg::LockExclusive).map_err(StoreError::io("acquiring lock", &path))?;
                if !is_stale(&held, &path)? {
                    break (path, held);
                }
            };
            locks.held.push((path, held));
        }
        Ok(locks)
    }

    /// [`PathLocks::lock`], but `None` when another holds one of them.
    pub fn try_lock(paths: impl IntoIterator<Item = PathBuf>) -> StoreResult<Option<PathLocks>> {
        let mut locks = PathLocks { held: Vec::new(), delete: false };
        for path in sorted(paths) {
            let (path, held) = loop {
                let file = open_lock_file(&path)?;
                match try_lock(file, FlockArg::LockExclusiveNonblock).map_err(StoreError::io("acquiring lock", &path))? {
                    Err(_) => return Ok(None),
                    Ok(held) if is_stale(&held, &path)? => {}
                    Ok(held) => break (path, held),
                }
            };
            locks.held.push((path, held));
        }
        Ok(Some(locks))
    }

    /// Whether the lock files go when the locks are released: once the paths are valid nobody needs them.
    pub fn set_deletion(&mut self, delete: bool) {
        self.delete = delete;
    }
}

impl Drop for PathLocks {
    fn drop(&mut self) {
        if !self.delete {
            return;
        }
        for (path, held) in &mut self.held {
            // Removing the file is tidiness; the mark tells those who wait on it to open a new one.
            let _ = fs::remove_file(path);
            let _ = held.write_all(b"d");
        }
    }
}

fn sorted(paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = paths
        .into_iter()
        .map(|path| {
            let mut path = path.into_os_string();
            path.push(".lock");
            path.into()
        })
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

/// A file with anything in it was unlinked by its last holder.
fn is_stale(held: &Flock<File>, path: &Path) -> StoreResult<bool> {
    Ok(held.metadata().map_err(StoreError::io("cannot get the status of", path))?.size() != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_exclude_and_lock_files_go() {
        let dir = tempfile::tempdir().unwrap();
        let paths = || ["b", "a"].map(|name| dir.path().join(name));
        let mut first = PathLocks::lock(paths()).unwrap();
        assert!(PathLocks::try_lock([dir.path().join("a")]).unwrap().is_none());
        assert!(PathLocks::try_lock([dir.path().join("c")]).unwrap().is_some());
        let waiting = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| PathLocks::lock(paths()).unwrap());
            std::thread::sleep(std::time::Duration::from_millis(20));
            first.set_deletion(true);
            drop(first);
            waiting.join().unwrap()
        });
        assert!(PathLocks::try_lock(paths()).unwrap().is_none(), "the waiter holds the new lock, not the stale one");
        drop(waiting);
        assert!(PathLocks::try_lock(paths()).unwrap().is_some());
    }
}
