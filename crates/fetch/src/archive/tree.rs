//! [`TreeWriter`]: files by their names into one folder, in any order.
//!
//! The folder is new and nobody else's, and what is in it is known: a file is only made in folders that were made here, so that
//! a symbolic link in an archive is never followed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::error::{FetchError, Result};
use crate::observer::{Observer, check};

/// As deep as a NAR may be.
const MAX_DEPTH: usize = nival_store::nar::MAX_DEPTH;
const CHUNK: usize = 1 << 16;
/// How often the room on the disk is looked at, in bytes written, and what must be left of it.
const LOOK: u64 = 64 << 20;
const ROOM: u64 = 512 << 20;

/// Bounds of what may be unpacked.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub bytes: u64,
    pub files: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder,
    File,
    Link,
}

/// See the module documentation.
pub struct TreeWriter {
    root: PathBuf,
    /// By relative path, without the root.
    nodes: BTreeMap<Vec<u8>, Node>,
    limits: Limits,
    bytes: u64,
    looked_at: u64,
    buffer: Vec<u8>,
}

impl TreeWriter {
    /// `root` must not exist.
    pub fn new(root: &Path, limits: Limits) -> Result<TreeWriter> {
        fs::create_dir(root).map_err(FetchError::io("create the folder", root))?;
        Ok(TreeWriter { root: root.to_owned(), nodes: BTreeMap::new(), limits, bytes: 0, looked_at: 0, buffer: vec![0; CHUNK] })
    }

    /// The tree: the only folder in it, if there is nothing beside.
    pub fn finish(self) -> PathBuf {
        let mut top = self.nodes.iter().filter(|(name, _)| !name.contains(&b'/'));
        match (top.next(), top.next()) {
            (Some((name, Node::Folder)), None) => self.root.join(OsStr::from_bytes(name)),
            _ => self.root,
        }
    }

    /// Everything, also where it is a single folder.
    pub fn into_root(self) -> PathBuf {
        self.root
    }

    pub fn folder(&mut self, name: &[u8]) -> Result<()> {
        let name = normal(name)?;
        if !name.is_empty() {
            self.parents(&name)?;
            self.make_folder(&name)?;
        }
        Ok(())
    }

    pub fn link(&mut self, name: &[u8], target: &[u8]) -> Result<()> {
        let path = self.place(name, Node::Link)?;
        symlink(OsStr::from_bytes(target), &path).map_err(FetchError::io("create the link", &path))
    }

    /// Copies a file from `contents`, which is read to its end.
    pub fn file(&mut self, name: &[u8], executable: bool, contents: &mut dyn Read, observer: &dyn Observer) -> Result<()> {
        let path = self.place(name, Node::File)?;
        let mode = if executable { 0o555 } else { 0o444 };
        let mut options = File::options();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&path).map_err(FetchError::io("create", &path))?;
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FetchError::NoRoom(path.display().to_string()),
            _ => FetchError::Io { action: "unpack", path: path.clone(), error },
        };
        loop {
            check(observer)?;
            let read = match contents.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(failed(error)),
            };
            self.bytes += read as u64;
            if self.bytes > self.limits.bytes {
                return Err(FetchError::TooLarge(self.limits.bytes));
            }
            if self.bytes - self.looked_at >= LOOK {
                self.looked_at = self.bytes;
                self.check_room()?;
            }
            file.write_all(self.buffer.get(..read).unwrap_or_default()).map_err(failed)?;
        }
        file.set_permissions(Permissions::from_mode(mode)).map_err(failed)
    }

    /// A second name for a file that was unpacked before: a copy of it.
    pub fn hard_link(&mut self, name: &[u8], target: &[u8]) -> Result<()> {
        let missing = || FetchError::HardLink(String::from_utf8_lossy(target).trim_start_matches('/').to_owned());
        let source = normal(target)?;
        let kind = self.nodes.get(&source).copied().ok_or_else(missing)?;
        let from = self.path(&source);
        match kind {
            Node::Folder => Err(missing()),
            Node::Link => {
                let target = fs::read_link(&from).map_err(FetchError::io("read the link", &from))?;
                self.link(name, target.as_os_str().as_bytes())
            }
            Node::File if normal(name)? == source => Ok(()),
            Node::File => {
                let path = self.place(name, Node::File)?;
                fs::hard_link(&from, &path).map_err(FetchError::io("link", &path))
            }
        }
    }

    fn path(&self, name: &[u8]) -> PathBuf {
        self.root.join(OsStr::from_bytes(name))
    }

    /// Makes room for a file or link; what had the name before goes.
    fn place(&mut self, name: &[u8], node: Node) -> Result<PathBuf> {
        let name = normal(name)?;
        let shown = || String::from_utf8_lossy(&name).into_owned();
        if name.is_empty() || name.contains(&0) {
            return Err(FetchError::NotADirectory(shown()));
        }
        self.parents(&name)?;
        let path = self.path(&name);
        match self.nodes.get(&name) {
            None => {}
            Some(Node::Folder) => return Err(FetchError::NotADirectory(shown())),
            Some(_) => fs::remove_file(&path).map_err(FetchError::io("replace", &path))?,
        }
        self.insert(name, node)?;
        Ok(path)
    }

    fn parents(&mut self, name: &[u8]) -> Result<()> {
        let ends: Vec<usize> = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at).collect();
        if ends.len() + 1 >= MAX_DEPTH {
            return Err(FetchError::TooDeep(String::from_utf8_lossy(name.get(..80).unwrap_or(name)).into_owned()));
        }
        for end in ends {
            self.make_folder(name.get(..end).unwrap_or_default())?;
        }
        Ok(())
    }

    fn make_folder(&mut self, name: &[u8]) -> Result<()> {
        match self.nodes.get(name) {
            Some(Node::Folder) => Ok(()),
            Some(_) => Err(FetchError::NotADirectory(String::from_utf8_lossy(name).into_owned())),
            None => {
                let path = self.path(name);
                fs::create_dir(&path).map_err(FetchError::io("create the folder", &path))?;
                self.insert(name.to_vec(), Node::Folder)
            }
        }
    }

    fn insert(&mut self, name: Vec<u8>, node: Node) -> Result<()> {
        self.nodes.insert(name, node);
        if self.nodes.len() as u64 > self.limits.files {
            return Err(FetchError::TooManyFiles(self.limits.files));
        }
        Ok(())
    }

    /// Whoever bombs shall not fill the disk.
    fn check_room(&self) -> Result<()> {
        match nix::sys::statvfs::statvfs(&self.root) {
            Ok(disk) if disk.blocks_available().saturating_mul(disk.fragment_size()) < ROOM => {
                Err(FetchError::NoRoom(self.root.display().to_string()))
            }
            _ => Ok(()),
        }
    }
}

/// Below the root whatever it says: without empty parts and `.`; `..` leads up, but no further than the root.
fn normal(name: &[u8]) -> Result<Vec<u8>> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in name.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Ok(parts.join(&b'/'))
}
