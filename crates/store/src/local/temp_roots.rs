//! Temporary roots: `<state>/temproots/<pid>` lists the paths that a running process uses, so that no garbage collector,
//! Nix's included, takes them away.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Weak};
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use rustc_hash::{FxHashMap, FxHashSet};

use super::lock::{lock, open_lock_file, try_lock};
use crate::error::{StoreError, StoreResult};
use crate::store_path::{StoreDir, StorePath};

/// Nix has one file per process and folder, so stores opened twice in this process share it.
static OPEN: LazyLock<Mutex<FxHashMap<PathBuf, Weak<TempRoots>>>> = LazyLock::new(Mutex::default);

#[derive(Debug)]
pub(crate) struct TempRoots {
    state_dir: PathBuf,
    file_path: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    file: Option<Flock<File>>,
    /// `gc.lock`, open but not locked.
    gc_lock: Option<File>,
    collector: Option<UnixStream>,
    known: FxHashSet<StorePath>,
}

impl TempRoots {
    pub(crate) fn open(state_dir: &Path) -> Arc<TempRoots> {
        let file_path = state_dir.join("temproots").join(std::process::id().to_string());
        let mut open = OPEN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(roots) = open.get(&file_path).and_then(Weak::upgrade) {
            return roots;
        }
        let roots = Arc::new(TempRoots { state_dir: state_dir.to_owned(), file_path: file_path.clone(), inner: Mutex::default() });
        open.retain(|_, roots| roots.strong_count() > 0);
        open.insert(file_path, Arc::downgrade(&roots));
        roots
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Whether `path` is a root already, so that it cannot disappear.
    pub(crate) fn contains(&self, path: &StorePath) -> bool {
        self.inner().known.contains(path)
    }

    pub(crate) fn add(&self, dir: &StoreDir, path: &StorePath) -> StoreResult<()> {
        let mut inner = self.inner();
        if inner.known.contains(path) {
            return Ok(());
        }
        let line = dir.print(path);
        // With the shared lock no collector runs, and one that starts later reads the file. Otherwise the collector must
        // hear of the path now.
        let path_of_lock = self.state_dir.join("gc.lock");
        let held = loop {
            let file = match inner.gc_lock.take() {
                Some(file) => file,
                None => open_lock_file(&path_of_lock)?,
            };
            match try_lock(file, FlockArg::LockSharedNonblock).map_err(StoreError::io("acquiring lock", &path_of_lock))? {
                Ok(held) => break Some(held),
                Err(file) => inner.gc_lock = Some(file),
            }
            if self.tell_collector(&mut inner, &line)? {
                break None;
            }
            std::thread::sleep(Duration::from_millis(100));
        };
        if inner.file.is_none() {
            inner.file = Some(self.create_file()?);
        }
        if let Some(file) = &mut inner.file {
            let record = [line.as_bytes(), b"\0"].concat();
            file.write_all(&record).map_err(StoreError::io("cannot write", &self.file_path))?;
        }
        inner.known.insert(path.clone());
        if let Some(held) = held {
            inner.gc_lock = held.unlock().ok();
        }
        Ok(())
    }

    fn create_file(&self) -> StoreResult<Flock<File>> {
        loop {
            match fs::remove_file(&self.file_path) {
                // No other process has this number, so a file that is there is a dead one's.
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::io("cannot remove", &self.file_path)(error)),
            }
            let file = open_lock_file(&self.file_path)?;
            let file = lock(file, FlockArg::LockExclusive).map_err(StoreError::io("acquiring lock", &self.file_path))?;
            let metadata = file.metadata().map_err(StoreError::io("cannot get the status of", &self.file_path))?;
            // A collector that found it unlocked has unlinked and marked it.
            if metadata.size() == 0 {
                return Ok(file);
            }
        }
    }

    /// Sends the root to the running collector and waits for its answer; `false` when it has gone meanwhile.
    fn tell_collector(&self, inner: &mut Inner, line: &str) -> StoreResult<bool> {
        let path = self.state_dir.join("gc-socket/socket");
        let gone = [
            ErrorKind::ConnectionRefused,
            ErrorKind::NotFound,
            ErrorKind::BrokenPipe,
            ErrorKind::ConnectionReset,
            ErrorKind::UnexpectedEof,
        ];
        let mut talk = || {
            let mut stream = match inner.collector.take() {
                Some(stream) => stream,
                None => UnixStream::connect(&path)?,
            };
            stream.write_all(format!("{line}\n").as_bytes())?;
            let mut answer = [0];
            stream.read_exact(&mut answer)?;
            inner.collector = Some(stream);
            Ok(answer == *b"1")
        };
        match talk() {
            Ok(accepted) => Ok(accepted),
            Err(error) if gone.contains(&std::io::Error::kind(&error)) => Ok(false),
            Err(error) => Err(StoreError::io("cannot talk to the garbage collector at", &path)(error)),
        }
    }
}

impl Drop for TempRoots {
    fn drop(&mut self) {
        // Under the registry's lock, so that a store opened at this moment does not lose its new file.
        let open = OPEN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if self.inner().file.is_some() && open.get(&self.file_path).is_none_or(|roots| roots.strong_count() == 0) {
            let _ = fs::remove_file(&self.file_path);
        }
    }
}
