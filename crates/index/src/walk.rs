//! Which files belong to the workspace.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use nival_source::{FileKind, System};

/// No workspace has more files of code than this; a home folder that was opened by mistake may.
pub const MAX_FILES: usize = 100_000;
/// Folders that are looked into at most.
const MAX_FOLDERS: usize = 500_000;
const MAX_DEPTH: usize = 64;

/// Folders in which no one writes Nix code.
const SKIPPED: [&str; 9] = [".git", ".hg", ".svn", ".jj", ".direnv", "node_modules", "__pycache__", ".cache", ".venv"];

/// The `.nix` files below the roots, sorted, each once. Symbolic links are not followed: `result` and links in circles lead
/// nowhere that is not reached otherwise or is not the workspace's. Paths begin with the roots as they are given. `None` once
/// `stop` says so.
pub fn files(system: &dyn System, roots: &[PathBuf], stop: &dyn Fn() -> bool) -> Option<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders: Vec<(PathBuf, usize)> = roots.iter().map(|root| (root.clone(), 0)).collect();
    folders.sort();
    folders.dedup();
    let mut seen = 0;
    while let Some((folder, depth)) = folders.pop() {
        seen += 1;
        if stop() {
            return None;
        }
        if seen > MAX_FOLDERS || found.len() >= MAX_FILES {
            break;
        }
        // A folder that may not be read has no files for us.
        let Ok(entries) = system.read_dir(&folder) else { continue };
        let cache = entries.iter().any(|entry| entry.name == "CACHEDIR.TAG");
        if cache && depth > 0 {
            continue;
        }
        for entry in entries {
            match entry.kind {
                FileKind::Regular if is_code(&entry.name) => found.push(folder.join(&entry.name)),
                FileKind::Directory if depth < MAX_DEPTH && !is_skipped(&entry.name) => folders.push((folder.join(&entry.name), depth + 1)),
                _ => {}
            }
        }
    }
    found.sort();
    found.dedup();
    found.truncate(MAX_FILES);
    Some(found)
}

/// Whether the index is about a path below its roots.
pub fn belongs(roots: &[PathBuf], path: &Path) -> bool {
    roots.iter().any(|root| path.strip_prefix(root).is_ok_and(|rest| !rest.components().any(|part| is_skipped(part.as_os_str()))))
}

/// Whether a file is one by its name.
pub fn is_code(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "nix")
}

fn is_skipped(name: &OsStr) -> bool {
    SKIPPED.iter().any(|skipped| name == *skipped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nival_source::MemorySystem;

    #[test]
    fn what_belongs_to_a_workspace() {
        let system = MemorySystem::new();
        for path in [
            "/a/b/x.nix",
            "/a/y.nix",
            "/a/README",
            "/a/.git/z.nix",
            "/a/node_modules/d/z.nix",
            "/c/w.nix",
            "/a/t/CACHEDIR.TAG",
            "/a/t/q.nix",
        ] {
            system.write(path, "1");
        }
        system.symlink("/a/result", "/c");
        system.symlink("/a/loop", "/a");
        let found = |roots: &[&str]| {
            let roots: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
            let found = files(&system, &roots, &|| false).unwrap();
            found.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(found(&["/a"]), "/a/b/x.nix /a/y.nix");
        assert_eq!(found(&["/a", "/a/b", "/c", "/none"]), "/a/b/x.nix /a/y.nix /c/w.nix");
        assert_eq!(files(&system, &["/a".into()], &|| true), None);
        assert!(belongs(&["/a".into()], Path::new("/a/b/n.nix")) && !belongs(&["/a".into()], Path::new("/a/.git/n.nix")));
    }
}
