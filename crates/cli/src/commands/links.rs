//! `result` links: symbolic links to store paths, which keep them from the garbage collector.

use std::path::{Path, PathBuf};

use nival_engine::EvalSession;
use nival_source::clean_path;

use crate::context::current_folder;
use crate::error::Failure;

/// Makes `link` a link to a store path and a root of the garbage collector. Its absolute path.
pub fn root(session: &EvalSession, link: &Path, store_path: &str) -> Result<PathBuf, Failure> {
    let link = clean_path(&current_folder()?.join(link));
    refuse_to_replace(&link)?;
    session.add_root(&link, store_path)?;
    Ok(link)
}

fn refuse_to_replace(link: &Path) -> Result<(), Failure> {
    match link.symlink_metadata() {
        Ok(metadata) if !metadata.is_symlink() => {
            Err(Failure::message(format!("cannot create symlink '{}'; already exists", link.display())))
        }
        _ => Ok(()),
    }
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
        assert_eq!(clean_path(Path::new("/a/./b/../c")), Path::new("/a/c"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("result");
        refuse_to_replace(&file).unwrap();
        std::fs::write(&file, "mine").unwrap();
        assert!(refuse_to_replace(&file).is_err());
    }
}
