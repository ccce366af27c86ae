//! A digest of the names, kinds, sizes and times in a tree: cheap next to reading it, and another one once anything was changed.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nival_store::{HashAlgo, Hasher};

/// The stamp of `tree`, links not followed.
pub fn of(tree: &Path) -> io::Result<String> {
    let mut hasher = Hasher::new(HashAlgo::Sha256);
    let mut todo: Vec<PathBuf> = vec![tree.to_owned()];
    while let Some(path) = todo.pop() {
        let meta = fs::symlink_metadata(&path)?;
        let name = path.strip_prefix(tree).unwrap_or(&path).as_os_str().as_bytes();
        hasher.update(name);
        let size = if meta.is_dir() { 0 } else { meta.size() };
        // A folder's time changes when the tree is moved, and its entries are looked at anyway.
        let time = if meta.is_dir() { (0, 0) } else { (meta.mtime(), meta.mtime_nsec()) };
        hasher.update(format!("\0{:o} {size} {} {}\0", meta.mode(), time.0, time.1).as_bytes());
        if meta.is_dir() {
            let mut entries = fs::read_dir(&path)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
            entries.sort();
            todo.append(&mut entries);
        }
    }
    Ok(hasher.finish().nix32())
}
