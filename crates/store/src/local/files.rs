//! Files of store objects: canonical permissions and times, removal.

use std::ffi::CString;
use std::fs::{self, Metadata, Permissions};
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::Path;

use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{UtimensatFlags, utimensat};
use nix::unistd::{getegid, geteuid};
use rustc_hash::FxHashSet;

use crate::error::{StoreError, StoreResult};
use crate::nar::{OMIT_TIME, STORE_MTIME};

/// Extended attributes that may stay, as in Nix (`ignored-acls`).
const IGNORED_ATTRIBUTES: [&[u8]; 3] = [b"security.csm", b"security.selinux", b"system.nfs4_acl"];

/// Makes a tree look as in a store: modes 0444 and 0555 (no setuid), modification time 1, owned by this process, no
/// extended attributes. For output of builds, `owners` are the user ids that files may belong to; anything else was
/// linked in from outside and is refused.
pub fn canonicalise(path: &Path, owners: Option<RangeInclusive<u32>>) -> StoreResult<()> {
    Canonicaliser { owners, seen: FxHashSet::default() }.node(path)
}

struct Canonicaliser {
    owners: Option<RangeInclusive<u32>>,
    /// Device and number of the files done, for hard links within the tree.
    seen: FxHashSet<(u64, u64)>,
}

impl Canonicaliser {
    fn node(&mut self, path: &Path) -> StoreResult<()> {
        let metadata = fs::symlink_metadata(path).map_err(StoreError::io("getting status of", path))?;
        let kind = metadata.file_type();
        if !(kind.is_file() || kind.is_dir() || kind.is_symlink()) {
            return Err(StoreError::UnsupportedType(path.to_owned()));
        }
        if !metadata.is_dir() && self.seen.contains(&(metadata.dev(), metadata.ino())) {
            return Ok(());
        }
        if self.owners.as_ref().is_some_and(|owners| !owners.contains(&metadata.uid())) {
            return Err(StoreError::InvalidOwnership(path.to_owned()));
        }
        self.seen.insert((metadata.dev(), metadata.ino()));
        if metadata.is_dir() {
            // Children first: they touch the directory's time, and need it writable.
            let mode = metadata.permissions().mode() & 0o7777;
            if mode & 0o700 != 0o700 {
                set_mode(path, mode | 0o700)?;
            }
            strip_attributes(path)?;
            for entry in fs::read_dir(path).map_err(StoreError::io("cannot read directory", path))? {
                self.node(&entry.map_err(StoreError::io("cannot read directory", path))?.path())?;
            }
        } else {
            strip_attributes(path)?;
        }
        finish(path, &metadata)
    }
}

fn finish(path: &Path, metadata: &Metadata) -> StoreResult<()> {
    let uid = geteuid();
    if metadata.uid() != uid.as_raw() {
        lchown(path, Some(uid.as_raw()), Some(getegid().as_raw())).map_err(StoreError::io("changing owner of", path))?;
    }
    if !metadata.is_symlink() {
        let executable = metadata.is_dir() || metadata.mode() & 0o100 != 0;
        set_mode(path, if executable { 0o555 } else { 0o444 })?;
    }
    utimensat(AT_FDCWD, path, &OMIT_TIME, &STORE_MTIME, UtimensatFlags::NoFollowSymlink)
        .map_err(StoreError::io("changing modification time of", path))
}

fn set_mode(path: &Path, mode: u32) -> StoreResult<()> {
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(StoreError::io("changing mode of", path))
}

fn strip_attributes(path: &Path) -> StoreResult<()> {
    let failed = |error: std::io::Error| match error.raw_os_error() {
        Some(libc::ENOTSUP | libc::ENODATA) => Ok(()),
        _ => Err(StoreError::io("querying extended attributes of", path)(error)),
    };
    let Ok(name) = CString::new(path.as_os_str().as_bytes()) else { return Ok(()) };
    // SAFETY: the name ends in a zero byte, and a null buffer of size zero asks for the size only.
    let size = unsafe { libc::llistxattr(name.as_ptr(), std::ptr::null_mut(), 0) };
    if size < 0 {
        return failed(std::io::Error::last_os_error());
    }
    if size == 0 {
        return Ok(());
    }
    let mut list = vec![0u8; size as usize];
    // SAFETY: the buffer is as long as its length says.
    let size = unsafe { libc::llistxattr(name.as_ptr(), list.as_mut_ptr().cast(), list.len()) };
    if size < 0 {
        return failed(std::io::Error::last_os_error());
    }
    for attribute in list.get(..size as usize).unwrap_or_default().split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
        if IGNORED_ATTRIBUTES.contains(&attribute) {
            continue;
        }
        let Ok(attribute) = CString::new(attribute) else { continue };
        // SAFETY: both names end in a zero byte.
        if unsafe { libc::lremovexattr(name.as_ptr(), attribute.as_ptr()) } < 0 {
            return Err(StoreError::io("removing extended attribute from", path)(std::io::Error::last_os_error()));
        }
    }
    Ok(())
}

/// Removes a file or tree, read-only folders included. What is not there is removed already.
pub fn delete_path(path: &Path) -> StoreResult<()> {
    let failed = || StoreError::io("cannot delete", path);
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed()(error)),
    };
    if !metadata.is_dir() {
        return fs::remove_file(path).map_err(failed());
    }
    if metadata.mode() & 0o700 != 0o700 {
        set_mode(path, metadata.mode() & 0o7777 | 0o700)?;
    }
    for entry in fs::read_dir(path).map_err(failed())? {
        delete_path(&entry.map_err(failed())?.path())?;
    }
    fs::remove_dir(path).map_err(failed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn trees_become_canonical_and_can_be_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("x");
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::write(root.join("sub/tool"), "x").unwrap();
        fs::write(root.join("data"), "x").unwrap();
        fs::hard_link(root.join("data"), root.join("same")).unwrap();
        symlink("nowhere", root.join("link")).unwrap();
        fs::set_permissions(root.join("sub/tool"), Permissions::from_mode(0o6711)).unwrap();
        fs::set_permissions(root.join("sub"), Permissions::from_mode(0o711)).unwrap();
        canonicalise(&root, None).unwrap();
        let of = |path: &str| fs::symlink_metadata(root.join(path)).unwrap();
        assert_eq!(["", "sub", "sub/tool", "data"].map(|path| of(path).mode() & 0o7777), [0o555, 0o555, 0o555, 0o444]);
        assert_eq!(["", "sub", "sub/tool", "data", "link"].map(|path| of(path).mtime()), [1; 5]);
        delete_path(&root).unwrap();
        assert!(!root.exists());
        delete_path(&root).unwrap();
    }

    #[test]
    fn foreign_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("x"), "x").unwrap();
        let mine = geteuid().as_raw();
        assert!(matches!(canonicalise(dir.path(), Some(mine + 1..=mine + 2)), Err(StoreError::InvalidOwnership(_))));
        canonicalise(dir.path(), Some(mine..=mine)).unwrap();
        set_mode(dir.path(), 0o755).unwrap();
    }
}
