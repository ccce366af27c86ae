//! [`Files`]: the input of every path that was ever asked for.

use std::any::Any;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustc_hash::FxHashMap;
use salsa::Durability;

use crate::{Contents, Db, System};

/// A file: its path and what it holds now.
#[salsa::input(debug)]
pub struct SourceFile {
    /// A small number for the file.
    #[returns(copy)]
    pub id: FileId,
    /// Canonical.
    #[returns(ref)]
    pub path: Arc<Path>,
    /// The buffer's text if the file is open in an editor, else the disk's.
    #[returns(ref)]
    pub contents: Contents,
}

/// Number of a file in a [`Files`]. Never used again for another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// The files of a database by canonical path. Clones share one table, so that snapshots agree on ids.
#[derive(Debug, Clone, Default)]
pub struct Files {
    table: Arc<RwLock<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    by_path: FxHashMap<Arc<Path>, FileId>,
    files: Vec<Entry>,
    store_dirs: Vec<PathBuf>,
}

#[derive(Debug)]
struct Entry {
    file: SourceFile,
    /// The path by which it was first asked for: what a person calls it.
    shown: Arc<Path>,
    buffer: Option<Contents>,
    /// See [`Files::keep`].
    kept: Option<Kept>,
}

/// What a query made of a text, for its next run on a text that is much like it.
pub type Kept = Arc<dyn Any + Send + Sync>;

impl Files {
    /// `store_dirs` are folders whose files never change once they are there, such as `/nix/store`.
    pub fn new(store_dirs: impl IntoIterator<Item = PathBuf>) -> Files {
        Files { table: Arc::new(RwLock::new(Table { store_dirs: store_dirs.into_iter().collect(), ..Table::default() })) }
    }

    /// The input for an absolute path, made and read on first sight; also for a path where there is no file (yet).
    pub fn get(&self, db: &dyn Db, path: &Path) -> SourceFile {
        let canonical = canonical(db.system(), path);
        if let Some(file) = self.known(&canonical) {
            return file;
        }
        let contents = Contents::load(db.system(), &canonical);
        let mut table = self.write();
        if let Some(file) = table.by_path.get(&*canonical).and_then(|id| table.files.get(id.0 as usize)) {
            return file.file;
        }
        let id = FileId(table.files.len() as u32);
        let canonical: Arc<Path> = canonical.into();
        let durability = table.durability(&canonical);
        let file = SourceFile::builder(id, canonical.clone(), contents)
            .id_durability(Durability::HIGH)
            .path_durability(Durability::HIGH)
            .contents_durability(durability)
            .new(db);
        table.by_path.insert(canonical, id);
        table.files.push(Entry { file, shown: path.into(), buffer: None, kept: None });
        file
    }

    /// The file with this id.
    pub fn by_id(&self, id: FileId) -> Option<SourceFile> {
        self.read().files.get(id.0 as usize).map(|entry| entry.file)
    }

    /// The path by which the file was first asked for.
    pub fn shown_path(&self, id: FileId) -> Option<Arc<Path>> {
        self.read().files.get(id.0 as usize).map(|entry| entry.shown.clone())
    }

    /// Whether an editor has the file open.
    pub fn is_open(&self, id: FileId) -> bool {
        self.read().files.get(id.0 as usize).is_some_and(|entry| entry.buffer.is_some())
    }

    /// Every file asked for so far.
    pub fn all(&self) -> Vec<SourceFile> {
        self.read().files.iter().map(|entry| entry.file).collect()
    }

    /// The unsaved buffers by canonical path, for an evaluator that reads through them.
    pub fn buffers(&self, db: &dyn Db) -> Vec<(Arc<Path>, Contents)> {
        let open: Vec<_> = self.read().files.iter().filter_map(|entry| Some((entry.file, entry.buffer.clone()?))).collect();
        open.into_iter().map(|(file, contents)| (file.path(db).clone(), contents)).collect()
    }

    /// The file at a canonical path, if it was asked for before.
    pub(crate) fn known(&self, canonical: &Path) -> Option<SourceFile> {
        let table = self.read();
        table.by_path.get(canonical).and_then(|id| table.files.get(id.0 as usize)).map(|entry| entry.file)
    }

    /// The buffer of a file, which `None` closes.
    pub(crate) fn set_buffer(&self, id: FileId, buffer: Option<Contents>) {
        if let Some(entry) = self.write().files.get_mut(id.0 as usize) {
            if buffer.is_none() {
                entry.kept = None;
            }
            entry.buffer = buffer;
        }
    }

    /// Keeps something that was made of the text of an open file. It may be of any former text, or gone: what is made with its help
    /// must be what would be made without it, only sooner.
    pub fn keep(&self, id: FileId, kept: Kept) {
        if let Some(entry) = self.write().files.get_mut(id.0 as usize).filter(|entry| entry.buffer.is_some()) {
            entry.kept = Some(kept);
        }
    }

    /// What was kept last; see [`Files::keep`].
    pub fn kept(&self, id: FileId) -> Option<Kept> {
        self.read().files.get(id.0 as usize)?.kept.clone()
    }

    /// How often a file is likely to change: never in a store, rarely on the disk, at every key in an editor.
    pub(crate) fn durability(&self, id: FileId, canonical: &Path) -> Durability {
        if self.is_open(id) { Durability::LOW } else { self.read().durability(canonical) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(|e| e.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(|e| e.into_inner())
    }
}

impl Table {
    fn durability(&self, canonical: &Path) -> Durability {
        if self.store_dirs.iter().any(|dir| canonical.starts_with(dir)) { Durability::HIGH } else { Durability::MEDIUM }
    }
}

/// The canonical path of a file that may not exist: what exists of it is resolved, the rest is taken as written.
fn canonical(system: &dyn System, path: &Path) -> PathBuf {
    let mut rest: Vec<OsString> = Vec::new();
    let mut at = crate::clean_path(path);
    loop {
        if let Ok(mut found) = system.canonicalize(&at) {
            found.extend(rest.iter().rev());
            return found;
        }
        match at.file_name() {
            Some(name) => rest.push(name.to_owned()),
            None => return crate::clean_path(path),
        }
        at.pop();
    }
}
