//! [`EngineHost`]: the evaluator's door to the world of one workspace.

mod followed;
mod store_names;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use nival_eval::host::{AddPath, FetchRequest, Fetched, Host, SearchPathEntry};
use nival_eval::{Aside, Bounds, FileType, HostError, HostResult};
use nival_source::{FileKind, SystemError};
use nival_store::{ContentAddressMethod, HashAlgo, StoreDir, StorePath, StorePathSet, store_path};
use rustc_hash::{FxHashMap, FxHashSet};

use super::fetching::{self, Fetching};
use super::overlay::{Overlay, to_path};
use super::pending::{MadeFile, Pending, PendingTable, Redirect};
use super::policy::Policy;
use super::reads::ReadSet;
use super::store_access::StoreAccess;
use super::texts::Text;
use super::trees;
use crate::build::{BuildOutcome, BuildProgress, BuildRequest, NoProgress};
use crate::cancel::CancelToken;
use crate::config::EngineConfig;
use crate::report::{Report, ReportKind};

pub use followed::{FileText, Verdict};

/// Where `builtins.trace` and warnings go.
pub type TraceSink = dyn Fn(TraceKind, &str) + Send + Sync;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceKind {
    /// Of `builtins.trace`.
    Trace,
    /// Of `builtins.warn`.
    Warning,
    /// Of the evaluator's own: a deprecated thing, a literal that a lint names.
    Notice,
}

/// See the module documentation. One for each generation of values (see [`super`]).
pub struct EngineHost {
    config: Arc<EngineConfig>,
    policy: RwLock<Policy>,
    store: Arc<StoreAccess>,
    store_dir: StoreDir,
    traces: Arc<TraceSink>,
    /// What was read, and the buffers it was read through: one lock, so that an edit either finds the read recorded or
    /// is seen by it.
    view: RwLock<Overlay>,
    reads: Mutex<ReadSet>,
    /// Folders that were found to be such, by the path of the machine: symbolic links are looked for along the whole of
    /// each path, again and again.
    folders: RwLock<FxHashSet<PathBuf>>,
    pub(crate) pending: PendingTable,
    /// Files that were changed before this host was made.
    edited: Arc<FxHashSet<PathBuf>>,
    /// Folders, and whether they are in a tree of nixpkgs.
    library_folders: Mutex<FxHashMap<PathBuf, bool>>,
    pub(super) fetching: Fetching,
    now: OnceLock<i64>,
}

/// Texts of so many bytes are worth a thread.
const LONG_TEXT: usize = 1 << 20;

/// Where the bytes of a path are.
enum Place {
    Disk { path: PathBuf, record: bool },
    Contents(Text),
    Nothing,
}

impl EngineHost {
    pub fn new(
        config: Arc<EngineConfig>,
        view: Overlay,
        store: Arc<StoreAccess>,
        traces: Arc<TraceSink>,
        edited: Arc<FxHashSet<PathBuf>>,
    ) -> Self {
        let policy = Policy::new(&config, &*view.system);
        EngineHost {
            fetching: Fetching::new(&config, &policy, &*view.system),
            policy: RwLock::new(policy),
            store_dir: store.store_dir(),
            config,
            store,
            traces,
            view: RwLock::new(view),
            reads: Mutex::default(),
            folders: RwLock::default(),
            pending: PendingTable::default(),
            edited,
            library_folders: Mutex::default(),
            now: OnceLock::new(),
        }
    }

    /// The files as they are seen now.
    pub fn view(&self) -> Overlay {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn reads(&self) -> MutexGuard<'_, ReadSet> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something on record, where anybody will ask what results rest on.
    fn note(&self, note: impl FnOnce(&mut ReadSet)) {
        if !self.config.once {
            note(&mut self.reads());
        }
    }

    pub fn current_dir(&self) -> Option<PathBuf> {
        self.view().system.current_dir().ok()
    }

    fn policy(&self) -> RwLockReadGuard<'_, Policy> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets evaluation read a folder that the user has named.
    pub fn permit(&self, folder: &Path) {
        let system = self.view().system;
        let mut policy = self.policy.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(readable) = &mut policy.readable {
            let folder = system.canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
            if !readable.contains(&folder) {
                readable.push(folder);
            }
        }
    }

    /// The user's own file behind a path of the store, if evaluation read it there.
    pub fn own_file(&self, path: &Path) -> Option<PathBuf> {
        match self.pending.redirect(path, self.store_dir.as_str()) {
            Some(Redirect::Source(file)) => Some(file),
            _ => None,
        }
    }

    /// Records that results rest on a file that somebody else reads.
    pub(super) fn note_read(&self, path: &Path) {
        self.note(|reads| reads.note_file(path, &*self.view().system));
    }

    /// Records that results rest on a whole tree.
    pub(super) fn note_tree(&self, path: &Path) {
        self.note(|reads| {
            reads.trees.insert(path.to_owned());
        });
    }

    /// What was read so far; nothing where values are used once.
    pub fn read_set(&self) -> ReadSet {
        self.reads().clone()
    }

    /// Finds the bytes of a path, checks that it may be read, says whether the read has to be recorded.
    fn place(&self, bytes: &[u8], view: &Overlay) -> HostResult<Place> {
        let path = to_path(bytes);
        if path.starts_with(self.store_dir.as_str()) {
            return Ok(match self.pending.redirect(&path, self.store_dir.as_str()) {
                Some(Redirect::Source(path)) => Place::Disk { path, record: true },
                Some(Redirect::Contents(contents)) => Place::Contents(contents),
                Some(Redirect::Hidden) => Place::Nothing,
                // Store paths never change.
                None => {
                    self.check_store_path(&path, view)?;
                    Place::Disk { path: self.store.to_real(&path), record: false }
                }
            });
        }
        if let Some(path) = self.above_store(&path) {
            return Ok(Place::Disk { path, record: false });
        }
        match self.policy().refusal(&path, &*view.system) {
            Some(refusal) => Err(HostError::Forbidden(refusal)),
            None => Ok(Place::Disk { path, record: true }),
        }
    }

    /// Where a folder above the store directory, such as `/nix`, is on this machine. Symbolic links are looked for along
    /// the whole of a path, so these must be found even where the store is elsewhere and whatever the policy.
    fn above_store(&self, path: &Path) -> Option<PathBuf> {
        let below = Path::new(self.store_dir.as_str()).strip_prefix(path).ok()?;
        if path == Path::new("/") {
            return None;
        }
        let real = self.store.to_real(Path::new(self.store_dir.as_str()));
        real.ancestors().nth(below.components().count()).map(Path::to_owned)
    }

    /// Runs a read under the lock that edits take, with its record made first.
    fn reading<T>(
        &self,
        bytes: &[u8],
        note: impl FnOnce(&mut ReadSet, &Overlay, &Path),
        read: impl FnOnce(&Overlay, Place) -> HostResult<T>,
    ) -> HostResult<T> {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        let place = self.place(bytes, &view)?;
        if let Place::Disk { path, record: true } = &place {
            self.note(|reads| note(reads, &view, path));
        }
        // By the path that was asked for, wherever the store has it.
        read(&view, place).map_err(|error| match error {
            HostError::NotFound(_) => not_found(bytes),
            error => error,
        })
    }

    /// Writes derivations that were evaluated here to the store and builds them.
    pub fn build(
        &self,
        requests: &[BuildRequest],
        progress: &dyn BuildProgress,
        cancel: &CancelToken,
    ) -> Result<Vec<BuildOutcome>, Report> {
        let drvs: Vec<String> = requests.iter().map(|request| request.drv_path.clone()).collect();
        let view = self.view();
        self.store.write_pending(&self.pending, &view, &drvs)?;
        let builder = crate::build::builder(self.store.open()?, &self.config, &*view.system);
        crate::build::realise(&builder, requests, progress, cancel)
    }

    /// Writes derivations that were evaluated here to the store; which of their closure would be built, inputs first.
    pub fn plan(&self, requests: &[BuildRequest]) -> Result<Vec<String>, Report> {
        let drvs: Vec<String> = requests.iter().map(|request| request.drv_path.clone()).collect();
        let view = self.view();
        self.store.write_pending(&self.pending, &view, &drvs)?;
        crate::build::plan(&crate::build::builder(self.store.open()?, &self.config, &*view.system), requests)
    }

    /// Whether evaluation may know the clock and the user's home folder.
    fn allow_machine(&self) -> bool {
        let policy = self.policy();
        !policy.pure && !policy.untrusted
    }

    fn allow_environment(&self) -> bool {
        let policy = self.policy();
        !policy.pure && !policy.untrusted && !policy.restricted
    }

    fn parse(&self, store_path: &str) -> HostResult<StorePath> {
        self.store_dir.parse(store_path).map_err(|e| HostError::Io(e.to_string()))
    }

    /// The store, also where evaluation writes nothing by itself.
    pub(super) fn writable_store(&self) -> HostResult<Arc<nival_store::LocalStore>> {
        self.store.open_writable().map_err(|report| HostError::Io(report.message))
    }

    fn parse_all(&self, paths: &[String]) -> HostResult<StorePathSet> {
        paths.iter().map(|path| self.parse(path)).collect()
    }
}

pub(super) fn io_error(error: &SystemError) -> HostError {
    if error.is_not_found() { HostError::NotFound(error.path.display().to_string()) } else { HostError::Io(error.to_string()) }
}

fn not_found(path: &[u8]) -> HostError {
    HostError::NotFound(String::from_utf8_lossy(path).into_owned())
}

fn file_type(kind: FileKind) -> FileType {
    match kind {
        FileKind::Regular => FileType::Regular,
        FileKind::Directory => FileType::Directory,
        FileKind::Symlink => FileType::Symlink,
        FileKind::Other => FileType::Unknown,
    }
}

impl Host for EngineHost {
    fn read_file(&self, path: &[u8], bounds: &Bounds) -> HostResult<Arc<[u8]>> {
        self.reading(
            path,
            |reads, view, path| reads.note_file(path, &*view.system),
            |view, place| match place {
                Place::Disk { path, .. } => view.read_bounded(&path, bounds),
                Place::Contents(contents) => contents.bytes().map_err(|e| trees::unreadable(path, &e)),
                Place::Nothing => Err(not_found(path)),
            },
        )
    }

    fn read_pieces(&self, path: &[u8], bounds: &Bounds, work: &mut dyn FnMut(&[u8], u64) -> HostResult<()>) -> HostResult<()> {
        // The read is on record: who edits the file need not wait until it is through.
        let note = |reads: &mut ReadSet, view: &Overlay, path: &Path| reads.note_file(path, &*view.system);
        let (view, place) = self.reading(path, note, |view, place| Ok((view.clone(), place)))?;
        match place {
            Place::Disk { path, .. } => view.read_pieces(&path, bounds, work),
            Place::Contents(contents) => work(&contents.bytes().map_err(|e| trees::unreadable(path, &e))?, 0),
            Place::Nothing => Err(not_found(path)),
        }
    }

    fn read_tracked(&self, path: &[u8], bounds: &Bounds) -> HostResult<Option<Arc<[u8]>>> {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        let Place::Disk { path: file, record: true } = self.place(path, &view)? else { return Ok(None) };
        {
            let mut reads = self.reads();
            // What is read below another name knows itself by that name.
            if file.as_os_str().as_bytes() != path || !self.follows(&file, &view, &reads) {
                return Ok(None);
            }
            reads.note_code(&file, &*view.system);
        }
        view.read_bounded(&file, bounds).map(Some)
    }

    fn file_type(&self, path: &[u8]) -> HostResult<Option<FileType>> {
        // Also where nothing was ever written to it.
        if path == self.store_dir.as_str().as_bytes() {
            return Ok(Some(FileType::Directory));
        }
        self.reading(
            path,
            |reads, _, path| {
                reads.probed.insert(path.to_owned());
            },
            |view, place| match place {
                Place::Disk { path, .. } => {
                    if self.folders.read().unwrap_or_else(PoisonError::into_inner).contains(&path) {
                        return Ok(Some(FileType::Directory));
                    }
                    let kind = view.file_kind(&path).map_err(|e| io_error(&e))?;
                    if kind == Some(FileKind::Directory) {
                        self.folders.write().unwrap_or_else(PoisonError::into_inner).insert(path);
                    }
                    Ok(kind.map(file_type))
                }
                Place::Contents(_) => Ok(Some(FileType::Regular)),
                Place::Nothing => Ok(None),
            },
        )
    }

    fn read_link(&self, path: &[u8]) -> HostResult<Vec<u8>> {
        self.reading(
            path,
            |reads, _, path| {
                reads.probed.insert(path.to_owned());
            },
            |view, place| match place {
                Place::Disk { path, .. } => view.read_link(&path).map_err(|e| io_error(&e)),
                Place::Contents(_) | Place::Nothing => Err(not_found(path)),
            },
        )
    }

    fn read_dir(&self, asked: &[u8]) -> HostResult<Vec<(Vec<u8>, FileType)>> {
        self.check_no_store_dir(asked)?;
        self.reading(
            asked,
            |reads, _, path| {
                reads.listed.insert(path.to_owned());
            },
            |view, place| match place {
                Place::Disk { path, .. } => {
                    let mut entries = view.read_dir(&path).map_err(|e| match e.source.kind() {
                        std::io::ErrorKind::NotADirectory => {
                            HostError::Io(format!("cannot read directory \"{}\": Not a directory", String::from_utf8_lossy(asked)))
                        }
                        _ => io_error(&e),
                    })?;
                    let policy = self.policy();
                    if policy.readable.is_some() && !to_path(asked).starts_with(self.store_dir.as_str()) {
                        let folder = view.system.canonicalize(&path).unwrap_or_else(|_| path.clone());
                        entries.retain(|entry| policy.shows(&folder, &entry.name));
                    }
                    // What a filter left out of a tree is not there.
                    if let Some((folder, kept)) = self.pending.kept(&to_path(asked), self.store_dir.as_str()) {
                        entries.retain(|entry| kept.contains(&folder.join(&entry.name)));
                    }
                    Ok(entries.into_iter().map(|entry| (entry.name.into_vec(), file_type(entry.kind))).collect())
                }
                Place::Contents(_) | Place::Nothing => Err(not_found(asked)),
            },
        )
    }

    fn env_var(&self, name: &[u8]) -> HostResult<Option<Vec<u8>>> {
        if !self.allow_environment() {
            return Ok(None);
        }
        self.note(|reads| {
            reads.environment.insert(String::from_utf8_lossy(name).into_owned());
        });
        Ok(self.view().system.env_var(OsStr::from_bytes(name)).map(OsStringExt::into_vec))
    }

    fn home_dir(&self) -> HostResult<Vec<u8>> {
        if !self.allow_machine() {
            return Err(HostError::Forbidden("the path can not be resolved in pure mode".to_owned()));
        }
        let home = self.view().system.home_dir().ok_or_else(|| HostError::Io("cannot determine the home folder".to_owned()))?;
        Ok(home.into_os_string().into_vec())
    }

    fn current_time(&self) -> Option<i64> {
        if !self.allow_machine() {
            return None;
        }
        self.note(|reads| reads.clock = true);
        let now = || self.view().system.now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
        Some(*self.now.get_or_init(now))
    }

    fn is_pure(&self) -> bool {
        self.policy().pure
    }

    fn current_system(&self) -> Option<String> {
        // The machine's kind is no secret: files without trust may ask for it, or nothing would evaluate in an editor.
        (!self.policy().pure).then(|| self.config.system.clone())
    }

    fn experimental_feature(&self, name: &str) -> bool {
        let option = |name: &str| self.config.options.get(name).map(String::as_str);
        nival_eval::host::is_feature_on(name, option("experimental-features"), option("extra-experimental-features"))
    }

    fn store_dir(&self) -> &str {
        self.store_dir.as_str()
    }

    fn search_path(&self) -> Vec<SearchPathEntry> {
        if self.policy().pure {
            return Vec::new();
        }
        let entry = |e: &crate::config::SearchPathEntry| SearchPathEntry {
            prefix: e.prefix.clone().into_bytes(),
            path: e.path.clone().into_bytes(),
        };
        self.config.search_path.iter().map(entry).collect()
    }

    fn resolve_search_path(&self, entry: &SearchPathEntry) -> HostResult<Option<Vec<u8>>> {
        if fetching::is_remote(&entry.path) {
            return self.fetch_entry(entry);
        }
        let mut path = to_path(&entry.path);
        if path.is_relative() {
            path = self.view().system.current_dir().map_err(|e| io_error(&e))?.join(path);
        }
        let path = path.into_os_string().into_vec();
        Ok(self.file_type(&path)?.is_some().then_some(path))
    }

    fn add_path(&self, request: AddPath<'_>) -> HostResult<String> {
        self.check_no_store_dir(request.path)?;
        let source = {
            let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
            match self.place(request.path, &view)? {
                Place::Disk { path, record } => {
                    if record {
                        self.note_tree(&path);
                    }
                    path
                }
                Place::Contents(contents) => {
                    drop(view);
                    let references = self.kept_references(&request);
                    let path = trees::add_contents(&self.store_dir, &self.pending, &request, contents, references)?;
                    return self.check_if_derivation(path);
                }
                Place::Nothing => return Err(not_found(request.path)),
            }
        };
        let references = self.kept_references(&request);
        let path = trees::add(&self.store_dir, &self.pending, &self.view(), source, request, references)?;
        self.check_if_derivation(path)
    }

    fn add_text(&self, name: &str, contents: &[u8], references: &[String]) -> HostResult<String> {
        let set = self.parse_all(references)?;
        let hash = || HashAlgo::Sha256.hash(contents);
        let (contents, hash) = match contents.len() >= LONG_TEXT && self.config.once && self.config.leaves_a_processor() {
            true => self.pending.text_while(contents, hash),
            false => (self.pending.text(contents), hash()),
        };
        let path = store_path::make_text_path(&self.store_dir, name, &hash, &set).map_err(|e| HostError::Io(e.to_string()))?;
        let path = self.store_dir.print(&path);
        let references = references.to_vec();
        let file = MadeFile { name: name.to_owned(), method: ContentAddressMethod::Text, contents, references };
        self.pending.insert(&*path, Pending::File(Arc::new(file)));
        self.check_if_derivation(path)
    }

    fn write_derivation(&self, store_path: &Arc<str>, aterm: &[u8], references: Option<&[String]>) -> HostResult<()> {
        // To a command that may write nothing, what is not in the store does not exist, as in Nix; and it ends with this evaluation.
        if self.config.once && self.read_only() {
            return Ok(());
        }
        let aterm = self.pending.text(aterm);
        self.pending.insert(Arc::clone(store_path), Pending::Derivation { aterm, references: references.map(Into::into) });
        Ok(())
    }

    fn put_aside(&self, bytes: &[u8]) -> Option<Box<dyn Aside>> {
        match self.pending.text(bytes) {
            Text::Memory(_) => None,
            text @ Text::File { .. } => Some(Box::new(text)),
        }
    }

    fn write_now(&self, store_path: &str) -> HostResult<()> {
        if self.read_only() {
            return Ok(());
        }
        let written = self.store.write_pending(&self.pending, &self.view(), &[store_path.to_owned()]);
        written.map_err(|report| HostError::Io(report.message))
    }

    fn read_derivation(&self, store_path: &str) -> HostResult<Arc<[u8]>> {
        self.read_file(store_path.as_bytes(), &Bounds::default())
    }

    fn references(&self, store_path: &str) -> HostResult<Vec<String>> {
        if let Some(pending) = self.pending.get(store_path) {
            let references = pending.references(&self.store_dir, store_path);
            return references.map(Cow::into_owned).map_err(|e| trees::unreadable(store_path.as_bytes(), &e));
        }
        let path = self.parse(store_path)?;
        let failed = |message: String| HostError::Io(message);
        let store = self.store.open().map_err(|report| failed(report.message))?;
        let references = store.references(&path).map_err(|error| failed(error.to_string()))?;
        Ok(references.iter().map(|path| self.store_dir.print(path)).collect())
    }

    fn realise(&self, drv: &str, outputs: &[String]) -> HostResult<Vec<(String, String)>> {
        let policy = self.policy().clone();
        if !policy.import_from_derivation {
            let reason = if policy.untrusted {
                "because this workspace is not trusted"
            } else {
                "because the option 'allow-import-from-derivation' is disabled"
            };
            return Err(HostError::Forbidden(format!("cannot build '{drv}^{}' during evaluation {reason}", outputs.join(","))));
        }
        if self.config.store.read_only
            && let Some(name) = self.not_written(drv)
        {
            return Err(HostError::Io(format!("path '{name}' is not valid")));
        }
        if let Some((producer, output)) = drv.rsplit_once('^') {
            let made = self.realise(producer, &[output.to_owned()])?;
            let (_, path) =
                made.first().ok_or_else(|| HostError::Io(format!("derivation '{producer}' does not have output '{output}'")))?;
            return self.realise(path, outputs);
        }
        let request = BuildRequest { drv_path: drv.to_owned(), outputs: outputs.to_vec() };
        // The evaluation that asks runs on this thread and waits.
        let cancel = crate::session::current_cancel();
        let built = self.build(std::slice::from_ref(&request), &NoProgress, &cancel).map_err(|report| match report.kind {
            _ if report.is_cancelled() => HostError::Cancelled,
            ReportKind::Build => HostError::Build { message: report.message, hints: report.hints, code: report.exit_code },
            _ => HostError::Io(report.message),
        })?;
        Ok(built.into_iter().flat_map(|outcome| outcome.outputs).map(|output| (output.name, output.path)).collect())
    }

    fn built_output(&self, drv: &str, output: &str) -> HostResult<Option<String>> {
        let failed = |error: nival_store::StoreError| HostError::Io(error.to_string());
        let path = self.parse(drv)?;
        let Ok(store) = self.store.open() else { return Ok(None) };
        if !store.is_valid(&path).map_err(failed)? {
            return Ok(None);
        }
        let outputs = store.derivation_outputs(&path).map_err(failed)?;
        Ok(outputs.get(output).cloned().flatten().map(|path| self.store_dir.print(&path)))
    }

    fn read_only(&self) -> bool {
        self.config.store.read_only
    }

    fn ensure_store_path(&self, store_path: &str) -> HostResult<()> {
        if self.pending.get(store_path).is_some() {
            return Ok(());
        }
        let real = self.store.to_real(Path::new(store_path));
        match self.view().file_kind(&real) {
            Ok(Some(_)) => Ok(()),
            _ => Err(HostError::NotFound(store_path.to_owned())),
        }
    }

    fn fetch(&self, request: FetchRequest) -> HostResult<Fetched> {
        self.fetch_now(&request, false)
    }

    fn trace(&self, message: &str) {
        (self.traces)(TraceKind::Trace, message);
    }

    fn warn(&self, message: &str) {
        (self.traces)(TraceKind::Warning, message);
    }

    fn notice(&self, message: &str) {
        (self.traces)(TraceKind::Notice, message);
    }
}
