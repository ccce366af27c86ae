//! Files and folders that evaluation gives a store path: hashed now, copied when somebody needs them in the store.

use std::error::Error;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_eval::host::AddPath;
use nival_eval::{Bounds, FileType, HostError, HostResult};
use nival_store::nar::{self, FileKind, FileSource};
use nival_store::store_path::StoreReferences;
use nival_store::{ContentAddress, ContentAddressMethod, Hash, HashAlgo, StoreDir, store_path};
use rustc_hash::FxHashSet;

use super::overlay::Overlay;
use super::pending::{MadeFile, Pending, PendingTable, Tree};
use super::texts::Text;

/// Gives the tree at `source` (where `request.path` really is) its store path. `references` are what it goes on referring to.
pub fn add(
    dir: &StoreDir,
    pending: &PendingTable,
    files: &Overlay,
    source: PathBuf,
    request: AddPath<'_>,
    references: Vec<String>,
) -> HostResult<String> {
    let asked = String::from_utf8_lossy(request.path).into_owned();
    let mut kept = request.filter.is_some().then(FxHashSet::default);
    let hash = if request.recursive {
        hash_tree(files, &source, request.path, request.filter, kept.as_mut(), request.bounds)?
    } else {
        let hashed = nar::hash_file(&Bounded { files, bounds: request.bounds }, &source, HashAlgo::Sha256);
        request.bounds.check(0)?;
        hashed.map_err(|e| HostError::Io(format!("cannot read '{asked}': {e}")))?.0
    };
    let path = fixed_path(dir, &asked, request.name, request.recursive, hash, request.expected_sha256, &references)?;
    let (name, recursive) = (request.name.to_owned(), request.recursive);
    pending.insert(&*path, Pending::Tree(Arc::new(Tree { source, name, recursive, kept: kept.map(Arc::new), references })));
    Ok(path)
}

/// The same for a file that exists only in memory: one that evaluation itself made.
pub fn add_contents(
    dir: &StoreDir,
    pending: &PendingTable,
    request: &AddPath<'_>,
    contents: Text,
    references: Vec<String>,
) -> HostResult<String> {
    let bytes = contents.bytes().map_err(|e| unreadable(request.path, &e))?;
    let hash = if request.recursive { nar::hash_bytes(&bytes, false, HashAlgo::Sha256).0 } else { HashAlgo::Sha256.hash(&bytes) };
    let asked = String::from_utf8_lossy(request.path);
    let path = fixed_path(dir, &asked, request.name, request.recursive, hash, request.expected_sha256, &references)?;
    let file = MadeFile { name: request.name.to_owned(), method: method(request.recursive), contents, references };
    pending.insert(&*path, Pending::File(Arc::new(file)));
    Ok(path)
}

/// A text that evaluation made cannot be read where it is kept.
pub fn unreadable(asked: &[u8], error: &io::Error) -> HostError {
    HostError::Io(format!("cannot read '{}' in its temporary file: {error}", String::from_utf8_lossy(asked)))
}

/// How trees are hashed.
pub fn method(recursive: bool) -> ContentAddressMethod {
    if recursive { ContentAddressMethod::Nar } else { ContentAddressMethod::Flat }
}

/// The path that the contents have. Where a hash is expected, it must be that of a tree without references.
fn fixed_path(
    dir: &StoreDir,
    asked: &str,
    name: &str,
    recursive: bool,
    hash: Hash,
    expected: Option<&[u8]>,
    references: &[String],
) -> HostResult<String> {
    let make = |hash: Hash, references: &StoreReferences| {
        let path = store_path::make_fixed_output_path(dir, name, &ContentAddress { method: method(recursive), hash }, references);
        path.map(|path| dir.print(&path)).map_err(|e| HostError::Io(e.to_string()))
    };
    let others = references.iter().map(|path| dir.parse(path)).collect::<Result<_, _>>().map_err(|e| HostError::Io(e.to_string()))?;
    let path = make(hash, &StoreReferences { others, self_reference: false })?;
    if let Some(expected) = expected {
        let expected = Hash::parse_allow_empty(&String::from_utf8_lossy(expected), Some(HashAlgo::Sha256));
        let expected = expected.map_err(|e| HostError::Io(e.to_string()))?;
        if make(expected, &StoreReferences::default())? != path {
            return Err(HostError::Io(format!("store path mismatch in (possibly filtered) path added from '{asked}'")));
        }
    }
    Ok(path)
}

fn hash_tree(
    files: &Overlay,
    source: &Path,
    asked: &[u8],
    filter: Option<&mut nival_eval::host::PathFilter<'_>>,
    mut kept: Option<&mut FxHashSet<PathBuf>>,
    bounds: &Bounds,
) -> HostResult<Hash> {
    let files = &Bounded { files, bounds };
    let Some(filter) = filter else {
        let hashed = nar::hash_path(files, source, None, HashAlgo::Sha256);
        bounds.check(0)?;
        return hashed.map(|(hash, _)| hash).map_err(|e| HostError::Io(e.to_string()));
    };
    // An error of the filter is an evaluation error and must come back as it was, not as text.
    let mut failure = None;
    let mut keep = |path: &Path, kind: FileKind| -> Result<bool, Box<dyn Error + Send + Sync>> {
        let file_type = match kind {
            FileKind::Regular { .. } => FileType::Regular,
            FileKind::Directory => FileType::Directory,
            FileKind::Symlink => FileType::Symlink,
            FileKind::Other => FileType::Unknown,
        };
        let mut shown = asked.to_vec();
        if let Ok(rest) = path.strip_prefix(source) {
            shown.push(b'/');
            shown.extend_from_slice(rest.as_os_str().as_bytes());
        }
        match filter(&shown, file_type) {
            Ok(keep) => {
                if keep && let Some(kept) = kept.as_deref_mut() {
                    kept.insert(path.to_owned());
                }
                Ok(keep)
            }
            Err(error) => {
                failure = Some(error);
                Err("the filter failed".into())
            }
        }
    };
    let hashed = nar::hash_path(files, source, Some(&mut keep), HashAlgo::Sha256);
    bounds.check(0)?;
    match (failure, hashed) {
        (Some(error), _) => Err(error),
        (None, Ok((hash, _))) => Ok(hash),
        (None, Err(error)) => Err(HostError::Io(error.to_string())),
    }
}

/// Files whose reading ends once the evaluation that asks for them does.
struct Bounded<'a> {
    files: &'a Overlay,
    bounds: &'a Bounds,
}

impl Bounded<'_> {
    fn check(&self) -> io::Result<()> {
        self.bounds.check(0).map_err(|error| io::Error::other(error.to_string()))
    }
}

impl FileSource for Bounded<'_> {
    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        self.check()?;
        self.files.kind(path)
    }

    fn entries(&self, path: &Path) -> io::Result<Vec<Vec<u8>>> {
        FileSource::entries(self.files, path)
    }

    fn read_link(&self, path: &Path) -> io::Result<Vec<u8>> {
        FileSource::read_link(self.files, path)
    }

    fn open<'a>(&'a self, path: &Path) -> io::Result<(u64, Box<dyn Read + 'a>)> {
        let (len, file) = self.files.open(path)?;
        Ok((len, Box::new(BoundedFile { file, files: self })))
    }
}

struct BoundedFile<'a> {
    file: Box<dyn Read + 'a>,
    files: &'a Bounded<'a>,
}

impl Read for BoundedFile<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.files.check()?;
        self.file.read(bytes)
    }
}
