//! Roots that outlive the process: links below `<state>/gcroots` and `<state>/profiles`.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::LocalStore;
use crate::error::{StoreError, StoreResult};
use crate::hash::HashAlgo;
use crate::store_path::StorePath;

impl LocalStore {
    /// Makes `link` (an absolute path outside the store, such as `./result`) a link to `target`, and a root for as long
    /// as it exists and points there. Gives `link`.
    pub fn add_indirect_root(&self, link: &Path, target: &StorePath) -> StoreResult<PathBuf> {
        // First the temporary root, so that nothing is lost between the two steps.
        self.add_temp_root(target)?;
        replace_link(link, Path::new(&self.store_dir().print(target)))?;
        self.register_indirect_root(link)?;
        Ok(link.to_owned())
    }

    /// Registers an existing link: `gcroots/auto/<hash of its path>` points to it.
    pub fn register_indirect_root(&self, link: &Path) -> StoreResult<()> {
        let name = HashAlgo::Sha1.hash(link.as_os_str().as_bytes()).nix32();
        let auto = self.config.gc_roots_dir().join("auto");
        fs::create_dir_all(&auto).map_err(StoreError::io("cannot create directory", &auto))?;
        replace_link(&auto.join(name), link)
    }
}

/// Makes a link in place of what link is there, at once; refuses to replace anything that is no link.
fn replace_link(link: &Path, target: &Path) -> StoreResult<()> {
    match fs::symlink_metadata(link) {
        Ok(metadata) if !metadata.is_symlink() => {
            return Err(StoreError::io("cannot replace by a link", link)(std::io::Error::from(ErrorKind::AlreadyExists)));
        }
        _ => {}
    }
    let mut temporary = link.as_os_str().to_owned();
    temporary.push(format!(".tmp-{}", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let replace = || {
        match symlink(target, &temporary) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(&temporary)?;
                symlink(target, &temporary)?;
            }
            other => other?,
        }
        fs::rename(&temporary, link)
    };
    replace().map_err(StoreError::io("cannot create link", link))
}
