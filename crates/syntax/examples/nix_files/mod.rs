//! The Nix files of a tree, for examples that look at all of them.

use std::io;
use std::path::{Path, PathBuf};

/// The paths that are Nix files, and all Nix files below those that are folders, sorted. Links are not followed.
///
/// # Errors
/// A path, or a folder below it, cannot be read.
pub fn nix_files<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> io::Result<Vec<PathBuf>> {
    let mut open: Vec<PathBuf> = paths.into_iter().map(|path| path.as_ref().to_owned()).collect();
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let kind = std::fs::symlink_metadata(&path).map_err(named)?.file_type();
        if kind.is_dir() {
            for entry in std::fs::read_dir(&path).map_err(named)? {
                open.push(entry.map_err(named)?.path());
            }
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "nix") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
