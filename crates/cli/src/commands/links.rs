//! `result` links: symbolic links to store paths.

use std::path::{Path, PathBuf};

use crate::error::Failure;

/// Points `link` at `target`, replacing a link that is there but never a file or folder. The rename makes it atomic.
pub fn place(link: &Path, target: &Path) -> Result<(), Failure> {
    let failed = |what: &str, error: std::io::Error| Failure::message(format!("{what} '{}': {error}", link.display()));
    if link.symlink_metadata().is_ok_and(|m| !m.file_type().is_symlink()) {
        return Err(Failure::message(format!("cannot create symlink '{}'; already exists", link.display())));
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(link.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    let temporary = link.with_file_name(name);
    std::os::unix::fs::symlink(target, &temporary).map_err(|e| failed("creating symlink", e))?;
    std::fs::rename(&temporary, link).map_err(|e| {
        let _ = std::fs::remove_file(&temporary);
        failed("renaming symlink", e)
    })
}

/// `result`, `result-2`, …; other outputs than `out` add their name: `result-dev`.
pub fn name(stem: &Path, index: usize, output: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    if index > 0 {
        name.push(format!("-{}", index + 1));
    }
    if output != "out" {
        name.push(format!("-{output}"));
    }
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_replacement() {
        assert_eq!(name(Path::new("result"), 0, "out"), Path::new("result"));
        assert_eq!(name(Path::new("result"), 1, "dev"), Path::new("result-2-dev"));
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("result");
        place(&link, Path::new("/a")).unwrap();
        place(&link, Path::new("/b")).unwrap();
        assert_eq!(std::fs::read_link(&link).unwrap(), Path::new("/b"));
        std::fs::remove_file(&link).unwrap();
        std::fs::write(&link, "mine").unwrap();
        assert!(place(&link, Path::new("/c")).is_err());
        assert_eq!(std::fs::read(&link).unwrap(), b"mine");
    }
}
