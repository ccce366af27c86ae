//! Moving an output to where it stays.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Renames `from` to `to` on the same file system, contents and permissions untouched.
pub fn move_into_place(from: &Path, to: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(from)?;
    // Moving a directory changes its `..`, for which it must be writable.
    let locked = meta.is_dir() && meta.permissions().mode() & 0o200 == 0;
    if locked {
        fs::set_permissions(from, Permissions::from_mode(meta.permissions().mode() & 0o7777 | 0o200))?;
    }
    fs::rename(from, to)?;
    if locked { fs::set_permissions(to, meta.permissions()) } else { Ok(()) }
}
