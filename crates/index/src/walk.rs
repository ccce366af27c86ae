//! Which files belong to the workspace.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use nival_source::{FileKind, System};

use crate::ignored::Ignored;
pub use crate::ignored::is_ignored;

/// No workspace has more files of code than this; a home folder that was opened by mistake may.
pub const MAX_FILES: usize = 100_000;
/// Folders that are looked into at most.
const MAX_FOLDERS: usize = 500_000;
const MAX_DEPTH: usize = 64;

/// Folders in which no one writes Nix code.
const SKIPPED: [&str; 9] = [".git", ".hg", ".svn", ".jj", ".direnv", "node_modules", "__pycache__", ".cache", ".venv"];

/// The `.nix` files below the roots, sorted, each once. Symbolic links are not followed: `result` and links in circles lead
/// nowhere that is not reached otherwise or is not the workspace's. What `.gitignore` leaves out is left out. Paths begin with the
/// roots as they are given. `None` once `stop` says so.
pub fn files(system: &dyn System, roots: &[PathBuf], stop: &dyn Fn() -> bool) -> Option<Vec<PathBuf>> {
    files_below(system, roots, roots, stop)
}

/// The same of some folders below the roots.
pub fn files_below(system: &dyn System, roots: &[PathBuf], of: &[PathBuf], stop: &dyn Fn() -> bool) -> Option<Vec<PathBuf>> {
    let mut found = Vec::new();
    let start = |folder: &PathBuf| (folder.clone(), 0, Ignored::above(system, roots, folder));
    let mut starts: Vec<&PathBuf> = of.iter().collect();
    starts.sort();
    starts.dedup();
    let mut folders: Vec<(PathBuf, usize, Ignored)> = starts.into_iter().map(start).collect();
    let mut seen = 0;
    while let Some((folder, depth, above)) = folders.pop() {
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
        let rules = if entries.iter().any(|entry| entry.name == ".gitignore") { above.enter(system, &folder) } else { above };
        for entry in entries {
            let path = folder.join(&entry.name);
            match entry.kind {
                FileKind::Regular if is_code(&entry.name) && !rules.is_out(&path, false) => found.push(path),
                FileKind::Directory if depth < MAX_DEPTH && !is_skipped(&entry.name) && !rules.is_out(&path, true) => {
                    folders.push((path, depth + 1, rules.clone()));
                }
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
        // As git has it: rules of a folder hold below it, and inner ones win.
        for path in [
            "/g/.git/HEAD",
            "/g/s/gen/a.nix",
            "/g/s/gen/keep.nix",
            "/g/s/out/b.nix",
            "/g/s/c.local.nix",
            "/g/s/in/c.local.nix",
            "/g/s/d.nix",
        ] {
            system.write(path, "1");
        }
        system.write("/g/.gitignore", "# made\n*.local.nix\nout/\n");
        system.write("/g/s/gen/.gitignore", "*\n!keep.nix\n");
        system.write("/g/s/in/.gitignore", "!*.local.nix\n");
        assert_eq!(found(&["/g"]), "/g/s/d.nix /g/s/gen/keep.nix /g/s/in/c.local.nix");
        assert_eq!(found(&["/g/s"]), "/g/s/d.nix /g/s/gen/keep.nix /g/s/in/c.local.nix");
        // What is opened by itself is meant.
        assert_eq!(found(&["/g/s/out"]), "/g/s/out/b.nix");
        let out = |path: &str| is_ignored(&system, &["/g/s".into()], Path::new(path));
        assert!(out("/g/s/out/b.nix") && out("/g/s/c.local.nix") && out("/g/s/gen/a.nix"));
        assert!(!out("/g/s/gen/keep.nix") && !out("/g/s/in/c.local.nix") && !out("/g/s/d.nix") && !out("/elsewhere/x.local.nix"));
        assert!(belongs(&["/a".into()], Path::new("/a/b/n.nix")) && !belongs(&["/a".into()], Path::new("/a/.git/n.nix")));
    }
}
