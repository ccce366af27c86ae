//! A [`Host`] on the disk of this machine, for development: it computes store paths but writes nothing.

#![allow(clippy::disallowed_methods, reason = "the driver is at the edge of the program")]

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::Arc;

use nival_eval::host::{AddPath, FetchRequest, Fetched, SearchPathEntry};
use nival_eval::{Bounds, FileType, Host, HostError, HostResult};
use nival_store::nar::{DiskSource, FileKind, hash_file, hash_path};
use nival_store::store_path::{StoreReferences, make_fixed_output_path, make_text_path};
use nival_store::{ContentAddress, ContentAddressMethod, Hash, HashAlgo, StoreDir, StorePathSet};

pub struct DiskHost {
    pub search_path: Vec<SearchPathEntry>,
    dir: StoreDir,
}

fn os(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

fn failed(path: &[u8], error: io::Error) -> HostError {
    let path = String::from_utf8_lossy(path);
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => HostError::NotFound(path.into_owned()),
        _ => HostError::Io(format!("opening file '{path}': {error}")),
    }
}

fn bad(error: impl std::fmt::Display) -> HostError {
    HostError::Io(error.to_string())
}

impl DiskHost {
    /// `NIX_PATH` and the given `-I` entries.
    pub fn new(include: &[String]) -> DiskHost {
        let nix_path = std::env::var("NIX_PATH").unwrap_or_default();
        let entries = include.iter().map(String::as_str).chain(nix_path.split(':').filter(|e| !e.is_empty()));
        let search_path = entries
            .map(|entry| match entry.split_once('=') {
                Some((prefix, path)) => SearchPathEntry { prefix: prefix.into(), path: path.into() },
                None => SearchPathEntry { prefix: Vec::new(), path: entry.into() },
            })
            .collect();
        let dir = std::env::var("NIX_STORE_DIR").unwrap_or_else(|_| "/nix/store".into());
        DiskHost { search_path, dir: StoreDir::new(&dir).unwrap_or_else(|| panic!("NIX_STORE_DIR is no absolute path")) }
    }
}

impl Host for DiskHost {
    fn read_file(&self, path: &[u8], _bounds: &Bounds) -> HostResult<Arc<[u8]>> {
        std::fs::read(os(path)).map(Into::into).map_err(|e| failed(path, e))
    }

    fn file_type(&self, path: &[u8]) -> HostResult<Option<FileType>> {
        match std::fs::symlink_metadata(os(path)) {
            Ok(metadata) => Ok(Some(kind(metadata.file_type()))),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(failed(path, e)),
        }
    }

    fn read_link(&self, path: &[u8]) -> HostResult<Vec<u8>> {
        Ok(std::fs::read_link(os(path)).map_err(|e| failed(path, e))?.into_os_string().into_vec())
    }

    fn read_dir(&self, path: &[u8]) -> HostResult<Vec<(Vec<u8>, FileType)>> {
        let entries = std::fs::read_dir(os(path)).map_err(|e| failed(path, e))?;
        let entry = |e: std::fs::DirEntry| Ok((e.file_name().into_vec(), kind(e.file_type()?)));
        entries.map(|e| e.and_then(entry).map_err(|e| failed(path, e))).collect()
    }

    fn env_var(&self, name: &[u8]) -> HostResult<Option<Vec<u8>>> {
        Ok(std::env::var_os(OsStr::from_bytes(name)).map(OsStringExt::into_vec))
    }

    fn home_dir(&self) -> HostResult<Vec<u8>> {
        Ok(std::env::var_os("HOME").map(OsStringExt::into_vec).unwrap_or_else(|| b"/".to_vec()))
    }

    fn current_time(&self) -> Option<i64> {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok().map(|d| d.as_secs() as i64)
    }

    fn current_system(&self) -> Option<String> {
        Some(format!("{}-linux", std::env::consts::ARCH))
    }

    fn store_dir(&self) -> &str {
        self.dir.as_str()
    }

    fn search_path(&self) -> Vec<SearchPathEntry> {
        self.search_path.clone()
    }

    fn resolve_search_path(&self, entry: &SearchPathEntry) -> HostResult<Option<Vec<u8>>> {
        let absolute = std::path::absolute(os(&entry.path)).map_err(|e| failed(&entry.path, e))?.into_os_string().into_vec();
        Ok(self.file_type(&absolute)?.map(|_| absolute))
    }

    fn add_path(&self, request: AddPath<'_>) -> HostResult<String> {
        let mut filter = request.filter;
        let mut adapted = |path: &Path, kind: FileKind| {
            let kind = match kind {
                FileKind::Regular { .. } => FileType::Regular,
                FileKind::Symlink => FileType::Symlink,
                FileKind::Other => FileType::Unknown,
                FileKind::Directory => FileType::Directory,
            };
            match &mut filter {
                Some(filter) => filter(path.as_os_str().as_bytes(), kind).map_err(Into::into),
                None => Ok(true),
            }
        };
        let (hash, method) = if request.recursive {
            let hash = hash_path(&DiskSource, os(request.path), Some(&mut adapted), HashAlgo::Sha256).map_err(bad)?.0;
            (hash, ContentAddressMethod::Nar)
        } else {
            let hash = hash_file(&DiskSource, os(request.path), HashAlgo::Sha256).map_err(bad)?.0;
            (hash, ContentAddressMethod::Flat)
        };
        if let Some(expected) = request.expected_sha256 {
            let expected = Hash::parse_any(&String::from_utf8_lossy(expected), Some(HashAlgo::Sha256)).map_err(bad)?;
            if expected != hash {
                return Err(HostError::Io(format!(
                    "store path mismatch in (possibly filtered) path added from '{}'",
                    os(request.path).display()
                )));
            }
        }
        let ca = ContentAddress { method, hash };
        let path = make_fixed_output_path(&self.dir, request.name, &ca, &StoreReferences::default()).map_err(bad)?;
        Ok(self.dir.print(&path))
    }

    fn add_text(&self, name: &str, contents: &[u8], references: &[String]) -> HostResult<String> {
        let references = references.iter().map(|r| self.dir.parse(r)).collect::<Result<StorePathSet, _>>().map_err(bad)?;
        let path = make_text_path(&self.dir, name, &HashAlgo::Sha256.hash(contents), &references).map_err(bad)?;
        Ok(self.dir.print(&path))
    }

    fn write_derivation(&self, _store_path: &Arc<str>, _aterm: &[u8], _references: Option<&[String]>) -> HostResult<()> {
        Ok(())
    }

    fn read_derivation(&self, store_path: &str) -> HostResult<Arc<[u8]>> {
        self.read_file(store_path.as_bytes(), &Bounds::default())
    }

    fn realise(&self, drv: &str, _outputs: &[String]) -> HostResult<Vec<(String, String)>> {
        Err(HostError::Forbidden(format!("cannot build '{drv}' during evaluation because this driver builds nothing")))
    }

    fn ensure_store_path(&self, _store_path: &str) -> HostResult<()> {
        Ok(())
    }

    fn fetch(&self, request: FetchRequest) -> HostResult<Fetched> {
        Err(HostError::Forbidden(format!("'{}' is not available in this driver", request.builtin)))
    }

    fn trace(&self, message: &str) {
        eprintln!("trace: {message}");
    }

    fn warn(&self, message: &str) {
        eprintln!("evaluation warning: {message}");
    }
}

fn kind(kind: std::fs::FileType) -> FileType {
    if kind.is_file() {
        FileType::Regular
    } else if kind.is_dir() {
        FileType::Directory
    } else if kind.is_symlink() {
        FileType::Symlink
    } else {
        FileType::Unknown
    }
}
