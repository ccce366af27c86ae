//! [`Engine`], the one writer, and [`Snapshot`], what everyone else holds.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nival_hir::Lowered;
use nival_index::FileSummary;
use nival_source::{Contents, Db, MemorySystem, OsSystem, Problem, SourceFile, System};
use nival_syntax::FlatTree;
use rustc_hash::FxHashSet;

use crate::cancel::{Cancellable, Cancelled};
use crate::change::Change;
use crate::config::EngineConfig;
use crate::db::RootDb;
use crate::project::{IndexWatch, Indexer, Project};
use crate::said::Said;
use crate::session::EvalSession;
use crate::surroundings::{self, Facts};
use crate::world::host::{TraceKind, TraceSink};
use crate::world::overlay::{Buffers, Overlay};
use crate::world::store_access::StoreAccess;
use crate::world::{Generation, Slot};

/// Counts the writes of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// Owns everything of a workspace. `Send`; one thread applies changes.
pub struct Engine {
    shared: Arc<Shared>,
    /// The thread that indexes, once it is wanted; it ends with the engine.
    indexing: Option<crate::project::Background>,
}

/// What engine and snapshots share.
struct Shared {
    /// The revision that readers compare theirs with. Bumped before a write begins.
    revision: AtomicU64,
    /// Held only while a handle is cloned or a write is made.
    state: Mutex<State>,
    /// The workspace index. It is about the disk, and has a lock of its own.
    indexer: Arc<Indexer>,
    said: Said,
}

struct State {
    db: RootDb,
    world: World,
}

/// What evaluations of one revision start from.
#[derive(Clone)]
struct World {
    config: Arc<EngineConfig>,
    buffers: Arc<Buffers>,
    store: Arc<StoreAccess>,
    traces: Arc<TraceSink>,
    /// Lowered code by content: the same for all generations.
    code: Arc<nival_eval::CodeCache>,
    /// Made by the first session that needs it.
    generation: Arc<Slot>,
    /// The generation's epoch that belongs to this revision.
    epoch: u64,
    /// A generation that could not take over the present texts, but perhaps can the next: somebody is in the midst of a word.
    parked: Option<Arc<Generation>>,
    /// Files that have changed: they are likely to change again.
    edited: Arc<FxHashSet<PathBuf>>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// An engine over the machine's own files. Opens no file and no store yet.
    pub fn new(config: EngineConfig) -> Self {
        Self::with_system(config, Arc::new(OsSystem))
    }

    /// An engine over no files but the buffers it is given, for tests and scratch texts.
    pub fn in_memory(config: EngineConfig) -> Self {
        Self::with_system(config, Arc::new(MemorySystem::new()))
    }

    pub fn with_system(config: EngineConfig, system: Arc<dyn System>) -> Self {
        let store = Arc::new(StoreAccess::new(config.store.clone(), &*system));
        let db = RootDb::new(system, store.folders());
        surroundings::begin(&db, &config, &Facts::default());
        let code = if config.once { nival_eval::CodeCache::keeping_nothing() } else { nival_eval::CodeCache::default() };
        let code = code.with_kept(crate::code_cache::open(&config, db.system()));
        let world = World {
            config: Arc::new(config),
            buffers: Arc::default(),
            store,
            traces: Arc::new(|_, _: &str| {}),
            code: Arc::new(code),
            generation: Arc::default(),
            epoch: 0,
            parked: None,
            edited: Arc::default(),
        };
        let indexer = Arc::new(Indexer::new(db.system_handle(), world.config.roots.clone(), Arc::clone(&world.store)));
        let shared = Shared { revision: AtomicU64::new(0), state: Mutex::new(State { db, world }), indexer, said: Said::default() };
        Engine { shared: Arc::new(shared), indexing: None }
    }

    /// Where `builtins.trace` and warnings go from now on; called from evaluation threads.
    pub fn set_trace_sink(&mut self, sink: impl Fn(TraceKind, &str) + Send + Sync + 'static) {
        let mut state = self.shared.state();
        state.world.traces = Arc::new(sink);
        state.world.restart();
    }

    /// Makes a change visible: cancels running queries of older snapshots, drops evaluated values that the change concerns.
    pub fn apply(&mut self, change: Change) -> Revision {
        let revision = self.shared.revision.fetch_add(1, Ordering::AcqRel) + 1;
        let mut state = self.shared.state();
        let State { db, world } = &mut *state;
        // (path, whether it may have appeared or vanished)
        let mut changed: Vec<(PathBuf, bool)> = Vec::new();
        let mut sources = nival_source::Change::new();
        let mut buffers: Vec<(PathBuf, SourceFile, Contents)> = Vec::new();
        for (path, text) in change.buffers {
            let file = db.files().get(db, &path);
            buffers.push((path.clone(), file, file.contents(db).clone()));
            match text {
                Some(text) => sources.set_buffer(path, text),
                None => sources.close_buffer(path),
            };
        }
        self.shared.indexer.touched(&change.disk);
        for path in change.disk {
            changed.push((path.clone(), true));
            sources.touch(path);
        }
        if !sources.is_empty() {
            sources.apply(db);
            world.buffers = Arc::new(db.files().buffers(db).into_iter().collect());
        }
        // Opening a file, or saving and closing it, changes nothing that anybody could have read.
        for (path, file, before) in buffers {
            let after = file.contents(db);
            if *after != before {
                let missing = |contents: &Contents| contents.problem() == Some(&Problem::Missing);
                changed.push((path, missing(&before) != missing(after)));
            }
        }
        let mut keep = !change.forget;
        if let Some(config) = change.config.filter(|config| *config != *world.config) {
            if config.store != world.config.store {
                world.store = Arc::new(StoreAccess::new(config.store.clone(), db.system()));
                self.shared.indexer.set_store(Arc::clone(&world.store));
            }
            if config.roots != world.config.roots {
                self.shared.indexer.set_roots(config.roots.clone());
            }
            world.config = Arc::new(config);
            keep = false;
        }
        surroundings::update(db, &world.config, &self.shared.indexer.facts());
        world.renew(keep, &changed);
        Revision(revision)
    }

    /// Takes over what the index says of the workspace since, as the next change would. Whether there was something.
    pub fn catch_up(&mut self) -> bool {
        let is_due = {
            let state = self.shared.state();
            surroundings::is_due(&state.db, &state.world.config, &self.shared.indexer.facts())
        };
        if is_due {
            self.apply(Change::new());
        }
        is_due
    }

    /// Indexes the workspace in the background from now on, and keeps the index up to date. Without it the first question to
    /// [`Snapshot::project`] does the work.
    pub fn start_indexing(&mut self, watch: impl IndexWatch + 'static) {
        self.indexing = crate::project::Background::start(Arc::clone(&self.shared.indexer), watch);
    }

    pub fn snapshot(&self) -> Snapshot {
        let state = self.shared.state();
        let revision = Revision(self.shared.revision.load(Ordering::Acquire));
        Snapshot { shared: Arc::clone(&self.shared), world: state.world.clone(), system: state.db.system_handle(), revision }
    }

    pub fn config(&self) -> Arc<EngineConfig> {
        Arc::clone(&self.shared.state().world.config)
    }
}

impl World {
    /// Goes on with the generation if it may, else makes room for a new one.
    fn renew(&mut self, keep: bool, changed: &[(PathBuf, bool)]) {
        if !changed.is_empty() {
            let edited = Arc::make_mut(&mut self.edited);
            // Only files of code are ever looked for in it; a tree that was unpacked is not kept.
            edited.extend(
                changed.iter().map(|change| &change.0).filter(|path| path.extension().is_some_and(|e| e == "nix")).take(64).cloned(),
            );
        }
        if !keep {
            return self.restart();
        }
        if self.parked.as_ref().is_some_and(|parked| !parked.absorb(changed, Arc::clone(&self.buffers))) {
            self.parked = None;
        }
        match self.generation.get() {
            Some(generation) if generation.absorb(changed, Arc::clone(&self.buffers)) => self.epoch = generation.epoch(),
            Some(_) => self.vacate(None),
            // A slot that is still empty would be filled with the buffers of whichever snapshot comes first.
            None => self.generation = Arc::default(),
        }
    }

    /// Forgets all values.
    fn restart(&mut self) {
        self.parked = None;
        self.vacate(None);
    }

    /// Makes room for another generation, or for a new one.
    fn vacate(&mut self, next: Option<Arc<Generation>>) {
        if let Some(generation) = self.generation.get() {
            generation.superseded.cancel();
        }
        self.epoch = next.as_ref().map_or(0, |next| next.epoch());
        self.generation = Slot::new(next);
    }

    fn generation(&self, system: &Arc<dyn System>) -> Arc<Generation> {
        let make = || {
            let view = Overlay { system: Arc::clone(system), buffers: Arc::clone(&self.buffers) };
            Generation::new(
                Arc::clone(&self.config),
                view,
                Arc::clone(&self.store),
                Arc::clone(&self.traces),
                Arc::clone(&self.code),
                Arc::clone(&self.edited),
            )
        };
        self.generation.get_or_init(make)
    }
}

/// A file as [`Snapshot::glance`] sees it.
#[derive(Debug, Clone)]
pub struct Glance {
    pub text: Arc<str>,
    pub tree: Arc<FlatTree>,
    pub lowered: Lowered,
}

/// The workspace as it was at one revision. Clone and Send; holding one never delays the writer.
#[derive(Clone)]
pub struct Snapshot {
    shared: Arc<Shared>,
    world: World,
    system: Arc<dyn System>,
    revision: Revision,
}

impl Snapshot {
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Whether the workspace has not changed since.
    pub fn is_current(&self) -> bool {
        self.shared.revision.load(Ordering::Acquire) == self.revision.0
    }

    /// # Errors
    /// [`Cancelled`] once a newer revision exists.
    pub fn check(&self) -> Cancellable<()> {
        if self.is_current() { Ok(()) } else { Err(Cancelled) }
    }

    pub fn config(&self) -> &EngineConfig {
        &self.world.config
    }

    /// Runs queries. The database handle lives only as long as `read` does, and `read` is ended by a write.
    ///
    /// # Errors
    /// [`Cancelled`] once a newer revision exists.
    pub fn with_db<T>(&self, read: impl FnOnce(&RootDb) -> T) -> Cancellable<T> {
        let db = {
            let state = self.shared.state();
            self.check()?;
            state.db.clone()
        };
        salsa::Cancelled::catch(AssertUnwindSafe(|| read(&db))).map_err(|_| Cancelled)
    }

    fn with_file<T>(&self, path: &Path, read: impl FnOnce(&RootDb, SourceFile) -> T) -> Cancellable<Option<T>> {
        self.with_db(|db| {
            let file = db.files().get(db, path);
            let there = !matches!(file.contents(db).problem(), Some(Problem::Missing | Problem::Unreadable(_)));
            there.then(|| read(db, file))
        })
    }

    /// The text of a file as the user sees it: the unsaved buffer, else the disk. `None` where there is no such file.
    pub fn text(&self, path: &Path) -> Option<Arc<str>> {
        self.contents(path).map(|contents| Arc::clone(contents.text()))
    }

    /// As [`Snapshot::text`], for a snapshot that may be old already: reads past the database then.
    fn contents(&self, path: &Path) -> Option<Contents> {
        if let Some(open) = self.world.buffers.get(path) {
            return Some(open.clone());
        }
        match self.with_file(path, |db, file| file.contents(db).clone()) {
            Ok(found) => found,
            Err(Cancelled) => {
                let contents = Contents::load(&*self.system, path);
                (contents.problem().is_none() || contents.problem() == Some(&Problem::NotUtf8)).then_some(contents)
            }
        }
    }

    /// The lossless tree of a file.
    ///
    /// # Errors
    /// [`Cancelled`] once a newer revision exists.
    pub fn flat_tree(&self, path: &Path) -> Cancellable<Option<Arc<FlatTree>>> {
        self.with_file(path, |db, file| nival_hir::flat_tree(db, file).clone())
    }

    /// The tree of a text that is much like that of a file.
    ///
    /// # Errors
    /// [`Cancelled`] once a newer revision exists.
    pub fn tree_of(&self, path: &Path, text: Arc<str>) -> Cancellable<Option<Arc<FlatTree>>> {
        self.with_file(path, |db, file| nival_hir::queries::tree_of(db, file, text.into()))
    }

    /// The tree of a file, and what [`Snapshot::lowered`] gives, of one text.
    ///
    /// # Errors
    /// [`Cancelled`] once a newer revision exists.
    pub fn analysis(&self, path: &Path) -> Cancellable<Option<(Arc<FlatTree>, Lowered)>> {
        self.with_file(path, |db, file| (nival_hir::flat_tree(db, file).clone(), nival_hir::lowered(db, file).clone()))
    }

    /// Module, positions and scopes of a file.
    ///
    /// # Errors
    /// [`Cancelled`] once a newer revision exists.
    pub fn lowered(&self, path: &Path) -> Cancellable<Option<Lowered>> {
        self.with_file(path, |db, file| nival_hir::lowered(db, file).clone())
    }

    /// What is wrong with a file, by its text alone, in the order of the text.
    ///
    /// # Errors
    /// [`Cancelled`] once a newer revision exists.
    pub fn diagnostics(&self, path: &Path) -> Cancellable<Option<Arc<[nival_hir::Diagnostic]>>> {
        self.with_file(path, |db, file| nival_lint::diagnostics(db, file).clone())
    }

    /// Lines of a file's text.
    ///
    /// # Errors
    /// [`Cancelled`] once a newer revision exists.
    pub fn line_index(&self, path: &Path) -> Cancellable<Option<Arc<nival_syntax::LineIndex>>> {
        self.with_file(path, |db, file| nival_hir::line_index(db, file).clone())
    }

    /// What is known of the whole workspace: the index of the disk, with the open files as they are now. Waits for an index that is
    /// being made, at most as long as `patience`; see [`Project::complete`].
    ///
    /// # Errors
    /// [`Cancelled`] once a newer revision exists.
    pub fn project(&self, patience: std::time::Duration) -> Cancellable<Project> {
        let (index, complete) = self.shared.indexer.index(patience, &|| !self.is_current())?;
        let open = self.with_db(|db| {
            let files = db.files().all().into_iter().filter(|file| db.files().is_open(file.id(db)));
            let summaries = files.map(|file| {
                let shown = db.files().shown_path(file.id(db)).unwrap_or_else(|| Arc::clone(file.path(db)));
                (shown, Arc::clone(nival_index::file_summary(db, file)))
            });
            summaries.collect::<Vec<_>>()
        })?;
        Ok(Project { view: nival_index::View::new(index, open), complete })
    }

    /// Text, tree and names of a file that is looked at once: what an editor has open, by the database; any other from the disk,
    /// without the database learning of it.
    ///
    /// # Errors
    /// [`Cancelled`] once a newer revision exists.
    pub fn glance(&self, path: &Path) -> Cancellable<Option<Glance>> {
        if self.is_open(path) {
            let Some((tree, lowered)) = self.analysis(path)? else { return Ok(None) };
            let Some(text) = self.text(path) else { return Ok(None) };
            self.check()?;
            return Ok(Some(Glance { text, tree, lowered }));
        }
        let Some(text) = self.glance_text(path) else { return Ok(None) };
        let tree = Arc::new(nival_syntax::flat::parse(text.as_bytes()));
        let lowered = nival_hir::lower(&tree, &nival_hir::LowerOptions::default());
        self.check()?;
        Ok(Some(Glance { text, tree, lowered }))
    }

    /// Runs queries on the same files in a database of their own, which is gone afterwards with all that was read for them: for
    /// questions to many files that nobody has open, or to `texts` that the files might have. Nothing ends `read` but itself; it
    /// looks at [`Snapshot::check`].
    pub fn apart<T>(&self, texts: &[(PathBuf, Arc<str>)], read: impl FnOnce(&RootDb) -> T) -> T {
        let mut db = RootDb::new(Arc::clone(&self.system), self.world.store.folders());
        surroundings::begin(&db, &self.world.config, &self.shared.indexer.facts());
        let mut open = nival_source::Change::new();
        for (path, contents) in self.world.buffers.iter() {
            open.set_buffer(path.to_path_buf(), Arc::clone(contents.text()));
        }
        for (path, text) in texts {
            open.set_buffer(path, Arc::clone(text));
        }
        open.apply(&mut db);
        read(&db)
    }

    /// The text of a file, as [`Snapshot::glance`] reads it.
    pub fn glance_text(&self, path: &Path) -> Option<Arc<str>> {
        if self.is_open(path) {
            return self.text(path);
        }
        let contents = Contents::load(&*self.system, path);
        (contents.problem().is_none() || contents.problem() == Some(&Problem::NotUtf8)).then(|| Arc::clone(contents.text()))
    }

    /// Whether the text of a file of the workspace has a word in it; `None` where it cannot be read. What is on the disk is read once.
    pub fn text_says(&self, path: &Arc<Path>, summary: &Arc<FileSummary>, word: &str) -> Option<bool> {
        let look = || self.glance_text(path).map(|text| text.contains(word));
        if self.is_open(path) { look() } else { self.shared.said.says(path, summary, word, look) }
    }

    /// Whether an editor has the file open.
    pub fn is_open(&self, path: &Path) -> bool {
        self.world.buffers.contains_key(path) || self.system.canonicalize(path).is_ok_and(|path| self.world.buffers.contains_key(&*path))
    }

    pub fn system(&self) -> &dyn System {
        &*self.system
    }

    /// Whether a path is a file or an open buffer.
    pub fn is_file(&self, path: &Path) -> bool {
        self.world.buffers.contains_key(path) || self.system.metadata(path).is_ok_and(|m| m.kind == nival_source::FileKind::Regular)
    }

    /// A place to evaluate in, with this revision's files. Evaluations of it are cancelled by an edit that concerns them.
    pub fn session(&self) -> EvalSession {
        let (generation, epoch) = self.open();
        EvalSession::new(generation, epoch, None)
    }

    /// A session for something the user asked for, a build or a REPL: it outlives edits, on the files it has read.
    pub fn command_session(&self) -> EvalSession {
        let (generation, epoch) = self.open();
        let pin = generation.pin();
        // An edit that came before the pin is as good as one before the session; it must not be missed.
        if generation.epoch() == epoch {
            return EvalSession::new(generation, epoch, Some(pin));
        }
        let own = World { generation: Arc::default(), epoch: 0, ..self.world.clone() }.generation(&self.system);
        let pin = own.pin();
        EvalSession::new(own, 0, Some(pin))
    }

    /// The generation of this revision, ready for evaluations of the epoch: the one that was there, if it can take over what
    /// has changed since, also where the disk has changed behind our back; else a new one.
    fn open(&self) -> (Arc<Generation>, u64) {
        let stale = self.world.generation.get().map(|generation| generation.host.stale()).unwrap_or_default();
        let stale: Vec<(PathBuf, bool)> = stale.into_iter().map(|path| (path, true)).collect();
        let mut world = self.present(|world| {
            if world.generation.is_over() {
                world.vacate(None);
            }
            if !stale.is_empty() {
                world.renew(true, &stale);
            }
        });
        if let Some(parked) = world.parked.take() {
            let epoch = parked.epoch();
            let returns = parked.host.stale().is_empty() && parked.ready(epoch);
            let stays = returns || parked.may_return();
            world = self.present(|world| {
                if world.parked.as_ref().is_some_and(|now| Arc::ptr_eq(now, &parked)) {
                    if returns && parked.epoch() == epoch {
                        world.parked = None;
                        world.vacate(Some(parked.clone()));
                    } else if !stays {
                        world.parked = None;
                    }
                }
            });
        }
        let generation = world.generation(&self.system);
        if generation.ready(world.epoch) {
            return (generation, world.epoch);
        }
        let slot = world.generation;
        let world = self.present(|world| {
            if Arc::ptr_eq(&world.generation, &slot) {
                if generation.may_return() {
                    world.parked = Some(generation.clone());
                    (world.generation, world.epoch) = (Arc::default(), 0);
                } else {
                    world.vacate(None);
                }
            }
        });
        let generation = world.generation(&self.system);
        let epoch = world.epoch;
        if generation.ready(epoch) {
            return (generation, epoch);
        }
        // Somebody edits faster than this: an evaluator of one's own, which the next edit ends.
        (World { generation: Arc::default(), epoch: 0, ..world }.generation(&self.system), 0)
    }

    /// The world of this revision after a change of it. Of an old revision nobody else sees the change, and it has no generation.
    fn present(&self, change: impl FnOnce(&mut World)) -> World {
        let mut state = self.shared.state();
        if self.is_current() {
            change(&mut state.world);
            return state.world.clone();
        }
        drop(state);
        let mut world = World { parked: None, ..self.world.clone() };
        let own = world.generation.get().is_none_or(|generation| generation.epoch() != world.epoch || generation.superseded.is_cancelled());
        if own {
            (world.generation, world.epoch) = (Arc::default(), 0);
        }
        change(&mut world);
        world
    }
}
