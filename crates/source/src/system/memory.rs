//! [`MemorySystem`]: a machine made for a test.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use super::{DirEntry, FileKind, Metadata, System, SystemError};

/// Files, environment and clock in memory. Folders exist where a file lies below them. The clock stands still.
#[derive(Debug, Default)]
pub struct MemorySystem {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    nodes: BTreeMap<PathBuf, Node>,
    env: BTreeMap<OsString, OsString>,
    now: Duration,
}

#[derive(Debug, Clone)]
enum Node {
    File(Vec<u8>),
    Folder,
    Link(PathBuf),
}

/// As many as Linux follows.
const MAX_LINKS: u32 = 40;

impl MemorySystem {
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a file at an absolute path, in place of what was there.
    pub fn write(&self, path: impl AsRef<Path>, contents: impl Into<Vec<u8>>) {
        self.put(path.as_ref(), Node::File(contents.into()));
    }

    pub fn create_dir(&self, path: impl AsRef<Path>) {
        self.put(path.as_ref(), Node::Folder);
    }

    /// Puts a symbolic link at an absolute path.
    pub fn symlink(&self, path: impl AsRef<Path>, target: impl Into<PathBuf>) {
        self.put(path.as_ref(), Node::Link(target.into()));
    }

    /// Removes a file, or a folder with all below it.
    pub fn remove(&self, path: impl AsRef<Path>) {
        self.state().nodes.retain(|at, _| !at.starts_with(path.as_ref()));
    }

    pub fn set_env(&self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.state().env.insert(name.into(), value.into());
    }

    /// Sets the clock, in time since 1970.
    pub fn set_now(&self, now: Duration) {
        self.state().now = now;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn put(&self, path: &Path, node: Node) {
        let mut state = self.state();
        for above in path.ancestors().skip(1) {
            state.nodes.entry(above.to_owned()).or_insert(Node::Folder);
        }
        state.nodes.insert(path.to_owned(), node);
    }

    fn follow(&self, action: &'static str, path: &Path, last: bool) -> Result<(PathBuf, Node), SystemError> {
        self.state().follow(path, last).map_err(|kind| SystemError::new(action, path, kind.into()))
    }
}

impl State {
    /// The canonical path of `path` and what is there; a link at the end is followed if `last` is set.
    fn follow(&self, path: &Path, last: bool) -> Result<(PathBuf, Node), io::ErrorKind> {
        let mut todo: Vec<OsString> = names(path).rev().collect();
        let mut at = PathBuf::from("/");
        let mut links = 0;
        while let Some(name) = todo.pop() {
            if !matches!(self.nodes.get(&at), Some(Node::Folder)) {
                return Err(if self.nodes.contains_key(&at) { io::ErrorKind::NotADirectory } else { io::ErrorKind::NotFound });
            }
            if name == ".." {
                at.pop();
                continue;
            }
            let next = at.join(&name);
            match self.nodes.get(&next) {
                Some(Node::Link(target)) if last || !todo.is_empty() => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(io::ErrorKind::InvalidInput);
                    }
                    if target.is_absolute() {
                        at = PathBuf::from("/");
                    }
                    todo.extend(names(target).rev());
                }
                _ => at = next,
            }
        }
        let node = self.nodes.get(&at).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok((at, node))
    }
}

fn names(path: &Path) -> impl DoubleEndedIterator<Item = OsString> + '_ {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    })
}

impl System for MemorySystem {
    fn read_file(&self, path: &Path) -> Result<Vec<u8>, SystemError> {
        match self.follow("read", path, true)?.1 {
            Node::File(contents) => Ok(contents),
            _ => Err(SystemError::new("read", path, io::ErrorKind::IsADirectory.into())),
        }
    }

    fn read_dir(&self, path: &Path) -> Result<Vec<DirEntry>, SystemError> {
        let (at, Node::Folder) = self.follow("list", path, true)? else {
            return Err(SystemError::new("list", path, io::ErrorKind::NotADirectory.into()));
        };
        let state = self.state();
        let below = state.nodes.iter().filter(|(path, _)| path.parent() == Some(&at));
        Ok(below.filter_map(|(path, node)| Some(DirEntry { name: path.file_name()?.to_owned(), kind: kind(node) })).collect())
    }

    fn metadata(&self, path: &Path) -> Result<Metadata, SystemError> {
        self.follow("get the status of", path, true).map(|(_, node)| metadata(&node))
    }

    fn symlink_metadata(&self, path: &Path) -> Result<Metadata, SystemError> {
        self.follow("get the status of", path, false).map(|(_, node)| metadata(&node))
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, SystemError> {
        match self.follow("read the symbolic link", path, false)?.1 {
            Node::Link(target) => Ok(target),
            _ => Err(SystemError::new("read the symbolic link", path, io::ErrorKind::InvalidInput.into())),
        }
    }

    fn canonicalize(&self, path: &Path) -> Result<PathBuf, SystemError> {
        self.follow("resolve", path, true).map(|(at, _)| at)
    }

    fn env_var(&self, name: &OsStr) -> Option<OsString> {
        self.state().env.get(name).cloned()
    }

    fn home_dir(&self) -> Option<PathBuf> {
        self.env_var(OsStr::new("HOME")).map(PathBuf::from)
    }

    fn current_dir(&self) -> Result<PathBuf, SystemError> {
        Ok(PathBuf::from("/"))
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.state().now
    }
}

fn kind(node: &Node) -> FileKind {
    match node {
        Node::File(_) => FileKind::Regular,
        Node::Folder => FileKind::Directory,
        Node::Link(_) => FileKind::Symlink,
    }
}

fn metadata(node: &Node) -> Metadata {
    let len = if let Node::File(contents) = node { contents.len() as u64 } else { 0 };
    Metadata { kind: kind(node), len, executable: false, modified: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_and_loops_end() {
        let system = MemorySystem::new();
        system.write("/a/b/x.nix", "1");
        system.symlink("/a/l", "b");
        system.symlink("/loop", "/loop");
        assert_eq!(system.canonicalize(Path::new("/a/./l/../l/x.nix")).unwrap(), Path::new("/a/b/x.nix"));
        assert_eq!(system.read_file(Path::new("/a/l/x.nix")).unwrap(), b"1");
        assert_eq!(system.read_dir(Path::new("/a")).unwrap().len(), 2);
        assert!(system.read_file(Path::new("/loop/x")).is_err());
        assert!(system.read_file(Path::new("/a/b/x.nix/y")).unwrap_err().is_not_found());
        system.remove("/a/b");
        assert!(system.read_file(Path::new("/a/l/x.nix")).unwrap_err().is_not_found());
    }
}
