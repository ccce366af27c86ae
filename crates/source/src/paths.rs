//! Paths as texts.

use std::path::{Component, Path, PathBuf};

/// Without `.`, and `..` taken together with what is before it, as Nix reads paths: without a look at symbolic links.
pub fn clean_path(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(clean.pop()),
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean
}
