//! What a killed engine leaves: directories of builds that nobody runs any more.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use nival_store::{LocalStore, StorePath};
use nix::fcntl::{Flock, FlockArg};

use crate::fsutil::delete_tree;

const LOCK_FILE: &str = "lock";

/// The directory of one build, next to its outputs' final place. Its lock tells other processes that it is in use; it is
/// removed when this is dropped.
#[derive(Debug)]
pub struct BuildPlace {
    pub top: PathBuf,
    _lock: Flock<File>,
}

impl BuildPlace {
    /// The caller holds the locks on the derivation's outputs, so whatever is there already belongs to nobody.
    pub fn new(store: &LocalStore, drv: &StorePath) -> io::Result<BuildPlace> {
        let mut name = store.real_path(drv).into_os_string();
        name.push(".chroot");
        let top = PathBuf::from(name);
        delete_tree(&top)?;
        fs::DirBuilder::new().create(&top)?;
        fs::set_permissions(&top, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        // Locked before it has its name, so that nobody sees it unlocked.
        let (new, path) = (top.join("lock.new"), top.join(LOCK_FILE));
        let lock = Flock::lock(File::create(&new)?, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| io::Error::from(errno))?;
        fs::rename(new, path)?;
        Ok(BuildPlace { top, _lock: lock })
    }
}

impl Drop for BuildPlace {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next build of the same derivation, or by `remove`.
        let _ = delete_tree(&self.top);
    }
}

/// Removes the directories of builds whose engine is gone. Failing to is not worth an error: they only take space.
pub fn remove(store: &LocalStore) {
    let Ok(entries) = fs::read_dir(&store.config().real_store_dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "chroot") && is_abandoned(&path) {
            let _ = delete_tree(&path);
        }
    }
}

fn is_abandoned(top: &Path) -> bool {
    match File::open(top.join(LOCK_FILE)) {
        Ok(file) => Flock::lock(file, FlockArg::LockExclusiveNonblock).is_ok(),
        // Another program's, or not finished.
        Err(_) => false,
    }
}
