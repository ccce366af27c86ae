//! The workspace index as the engine keeps it: made in the background or at the first question, and kept up to date.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nival_index::build::Watch;
use nival_index::{Index, View, walk};
use nival_source::{FileKind, System};

use crate::cancel::{Cancellable, Cancelled};
use crate::surroundings::{self, Facts};
use crate::world::store_access::StoreAccess;

/// What is known of the workspace, see [`crate::Snapshot::project`].
#[derive(Debug, Clone)]
pub struct Project {
    pub view: View,
    /// Whether all files of the workspace are in it. Otherwise only the open ones are certainly.
    pub complete: bool,
}

/// Hears how indexing goes on, from threads of the index.
pub trait IndexWatch: Send + Sync {
    /// Asked between files: whether the user has had enough. What is indexed later, after a change, is.
    fn stop(&self) -> bool;
    /// A tree of `total` files is read; `done` of them are.
    fn progress(&self, done: usize, total: usize);
    /// The index is complete, or was given up (`files` is `None` then).
    fn finished(&self, files: Option<usize>);
    /// What the workspace says of itself is not what it was: [`crate::Engine::catch_up`] takes it over.
    fn changed(&self) {}
}

/// Makes the index. Shared by the engine, its snapshots and the thread in the background.
pub(crate) struct Indexer {
    system: Arc<dyn System>,
    state: Mutex<State>,
    changed: Condvar,
    /// Held by whoever does the work.
    work: Mutex<()>,
}

struct State {
    roots: Vec<PathBuf>,
    /// Counts changes of the roots, and what else makes all of the index out of date.
    epoch: u64,
    /// The epoch that `index` is of.
    built: Option<u64>,
    index: Arc<Index>,
    /// What the index says of the surroundings of analysis.
    facts: Arc<Facts>,
    /// Where trees are that are fetched.
    store: Arc<StoreAccess>,
    /// Paths where something has happened since: [`MAX_PENDING`] at most.
    pending: Vec<PathBuf>,
    /// Whether a thread in the background does the work.
    background: bool,
    /// The user did not want to wait; nothing is done until the roots change.
    given_up: bool,
    stopped: bool,
    /// What was due is being done.
    busy: bool,
}

impl State {
    fn is_due(&self) -> bool {
        !self.given_up && (self.built != Some(self.epoch) || !self.pending.is_empty())
    }

    /// Makes the list of paths shorter.
    fn shorten_pending(&mut self) {
        self.pending.sort_unstable();
        self.pending.dedup();
        // Half of it is left for what comes, so that it is not sorted again and again.
        if self.pending.len() > MAX_PENDING / 2 {
            self.pending = Vec::new();
            self.epoch += 1;
        }
    }

    /// Whether the index is what the disk is, as far as anybody has told.
    fn is_settled(&self) -> bool {
        !self.busy && !self.is_due()
    }
}

enum Job {
    All(Vec<PathBuf>, u64),
    Some(Vec<PathBuf>, Arc<Index>),
}

/// Where something happened at more paths before anybody asked, all is read again: that needs no list, and takes no longer.
const MAX_PENDING: usize = 4096;

/// How often one who waits looks whether it is still worth it.
const LOOK: Duration = Duration::from_millis(20);

impl Indexer {
    pub fn new(system: Arc<dyn System>, roots: Vec<PathBuf>, store: Arc<StoreAccess>) -> Self {
        let state = State {
            roots,
            epoch: 0,
            built: None,
            index: Arc::default(),
            facts: Arc::default(),
            store,
            pending: Vec::new(),
            background: false,
            given_up: false,
            stopped: false,
            busy: false,
        };
        Indexer { system, state: Mutex::new(state), changed: Condvar::new(), work: Mutex::new(()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_roots(&self, roots: Vec<PathBuf>) {
        let mut state = self.state();
        if state.roots != roots {
            state.roots = roots;
            state.epoch += 1;
            state.given_up = false;
            self.changed.notify_all();
        }
    }

    pub fn set_store(&self, store: Arc<StoreAccess>) {
        self.state().store = store;
    }

    /// What the index says of the surroundings of analysis, as it is.
    pub fn facts(&self) -> Arc<Facts> {
        Arc::clone(&self.state().facts)
    }

    /// Something happened at these paths.
    pub fn touched(&self, paths: &[PathBuf]) {
        let mut state = self.state();
        // Of what was not indexed yet nothing is out of date; but a build that is under way may have passed already.
        let roots = std::mem::take(&mut state.roots);
        for path in paths.iter().filter(|path| walk::belongs(&roots, path)) {
            // Other rules for what belongs to the workspace concern all of their folder.
            let rules = path.file_name().is_some_and(|name| name == ".gitignore");
            state.pending.extend(if rules { path.parent().map(Path::to_path_buf) } else { Some(path.clone()) });
        }
        state.roots = roots;
        if state.pending.len() > MAX_PENDING {
            state.shorten_pending();
        }
        self.changed.notify_all();
    }

    /// The index, and whether it is up to date.
    pub fn index(&self, patience: Duration, stop: &(dyn Fn() -> bool + Sync)) -> Cancellable<(Arc<Index>, bool)> {
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        while !state.is_settled() {
            if stop() {
                return Err(Cancelled);
            }
            if !state.background {
                drop(state);
                self.catch_up(&Asked(stop));
                state = self.state();
                continue;
            }
            if Instant::now() >= deadline {
                break;
            }
            state = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        let complete = state.is_settled() && !state.given_up;
        Ok((Arc::clone(&state.index), complete))
    }

    /// Does what is due.
    fn catch_up(&self, watch: &dyn Watch) {
        let _work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        while !watch.stop() {
            let job = {
                let mut state = self.state();
                match () {
                    () if !state.is_due() => return,
                    () => state.busy = true,
                }
                match () {
                    () if state.built != Some(state.epoch) => {
                        // The build sees what happened before it.
                        state.pending.clear();
                        Job::All(state.roots.clone(), state.epoch)
                    }
                    () => Job::Some(std::mem::take(&mut state.pending), Arc::clone(&state.index)),
                }
            };
            // Not left busy by a panic, whose files are then out of date until they change again.
            let busy = Busy(self);
            match job {
                Job::All(roots, epoch) => {
                    if let Some(index) = nival_index::build(&*self.system, &roots, watch) {
                        self.set(Arc::new(index), Some(epoch));
                    }
                }
                Job::Some(paths, mut index) => {
                    self.update(&mut index, paths);
                    self.set(index, None);
                }
            }
            drop(busy);
            self.changed.notify_all();
        }
    }

    /// The index is this one from now on; of an epoch, if that is another one.
    fn set(&self, index: Arc<Index>, epoch: Option<u64>) {
        let store = Arc::clone(&self.state().store);
        let facts = surroundings::facts(&index, &*self.system, &store);
        let mut state = self.state();
        state.index = index;
        if *state.facts != facts {
            state.facts = Arc::new(facts);
        }
        state.built = epoch.or(state.built);
    }

    /// Reads again what is at these paths, or is not any more.
    fn update(&self, index: &mut Arc<Index>, mut paths: Vec<PathBuf>) {
        paths.sort();
        paths.dedup();
        for path in paths {
            let known: Vec<_> = index.files_below(&path).map(|file| file.0.to_path_buf()).collect();
            let found = match self.system.symlink_metadata(&path).map(|found| found.kind) {
                Ok(_) if walk::is_ignored(&*self.system, index.roots(), &path) => Vec::new(),
                Ok(FileKind::Directory) => {
                    let of = std::slice::from_ref(&path);
                    walk::files_below(&*self.system, index.roots(), of, &|| false).unwrap_or_default()
                }
                Ok(FileKind::Regular) if path.file_name().is_some_and(walk::is_code) => vec![path],
                _ => Vec::new(),
            };
            let index = Arc::make_mut(index);
            for gone in known.iter().filter(|path| found.binary_search(path).is_err()) {
                index.set(gone, None);
            }
            for path in found {
                index.set(&path, nival_index::build::read(&*self.system, &path));
            }
        }
    }
}

struct Busy<'a>(&'a Indexer);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.state().busy = false;
    }
}

/// Stops with the one who asked.
struct Asked<'a>(&'a (dyn Fn() -> bool + Sync));

impl Watch for Asked<'_> {
    fn stop(&self) -> bool {
        (self.0)()
    }
    fn progress(&self, _: usize, _: usize) {}
}

/// The thread that does the work unasked.
pub(crate) struct Background {
    indexer: Arc<Indexer>,
    thread: Option<JoinHandle<()>>,
}

/// Stops with the engine, too, and when the folders are others by now.
struct Watched<'a> {
    indexer: &'a Indexer,
    watch: &'a dyn IndexWatch,
    epoch: u64,
    /// A tree is read, and not some files.
    all: bool,
}

impl Watch for Watched<'_> {
    fn stop(&self) -> bool {
        let state = self.indexer.state();
        let over = state.stopped || state.epoch != self.epoch;
        drop(state);
        over || self.all && self.watch.stop()
    }
    fn progress(&self, done: usize, total: usize) {
        self.watch.progress(done, total);
    }
}

impl Background {
    /// `None` if the machine gives no thread; who asks does the work then.
    pub fn start(indexer: Arc<Indexer>, watch: impl IndexWatch + 'static) -> Option<Background> {
        indexer.state().background = true;
        let own = Arc::clone(&indexer);
        let work = move || own.run(&watch);
        match std::thread::Builder::new().name("nival-index".into()).stack_size(64 << 20).spawn(work) {
            Ok(thread) => Some(Background { indexer, thread: Some(thread) }),
            Err(_) => {
                indexer.state().background = false;
                None
            }
        }
    }
}

impl Indexer {
    fn run(&self, watch: &dyn IndexWatch) {
        loop {
            let mut state = self.state();
            while !state.stopped && !state.is_due() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.stopped {
                return;
            }
            let (epoch, all) = (state.epoch, state.built != Some(state.epoch));
            let before = Arc::clone(&state.facts);
            drop(state);
            self.catch_up(&Watched { indexer: self, watch, epoch, all });
            let mut state = self.state();
            if !Arc::ptr_eq(&before, &state.facts) {
                drop(state);
                watch.changed();
                state = self.state();
            }
            let done = state.built == Some(epoch);
            if all && state.epoch == epoch && !state.stopped {
                state.given_up = !done;
                let files = done.then(|| state.index.len());
                drop(state);
                self.changed.notify_all();
                watch.finished(files);
            }
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let mut state = self.indexer.state();
        (state.stopped, state.background) = (true, false);
        drop(state);
        self.indexer.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // What it says when it panics was said on the way; the work ends between two files.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use nival_source::MemorySystem;

    use super::*;
    use crate::{Change, Engine, EngineConfig};

    struct Told(Sender<Option<usize>>);

    impl IndexWatch for Told {
        fn stop(&self) -> bool {
            false
        }
        fn progress(&self, _: usize, _: usize) {}
        fn finished(&self, files: Option<usize>) {
            let _ = self.0.send(files);
        }
    }

    fn engine(system: &Arc<MemorySystem>) -> Engine {
        let config = EngineConfig { roots: vec!["/w".into()], ..EngineConfig::editor("x86_64-linux".into()) };
        Engine::with_system(config, system.clone())
    }

    fn callers(engine: &Engine, path: &str) -> Vec<String> {
        let project = engine.snapshot().project(Duration::from_secs(20)).unwrap();
        assert!(project.complete);
        project.view.callers(Path::new(path)).iter().map(|caller| caller.path.display().to_string()).collect()
    }

    fn goes_with_the_files(mut engine: Engine, system: &MemorySystem) {
        assert_eq!(callers(&engine, "/w/b.nix"), ["/w/a.nix"]);
        system.write("/w/c/c.nix", "import ../b.nix");
        let mut change = Change::new();
        change.disk_changed("/w/c/c.nix");
        engine.apply(change);
        assert_eq!(callers(&engine, "/w/b.nix"), ["/w/a.nix", "/w/c/c.nix"]);
        // A buffer wins over the disk, and an edit of it needs no event of the disk.
        let mut change = Change::new();
        change.set_buffer("/w/a.nix", "1").set_buffer("/w/new.nix", "import ./b.nix");
        engine.apply(change);
        assert_eq!(callers(&engine, "/w/b.nix"), ["/w/c/c.nix", "/w/new.nix"]);
        system.remove("/w/c");
        let mut change = Change::new();
        change.disk_changed("/w/c").close_buffer("/w/a.nix").close_buffer("/w/new.nix");
        engine.apply(change);
        assert_eq!(callers(&engine, "/w/b.nix"), ["/w/a.nix"]);
        // What is ignored does not belong to it, and rules may change.
        system.write("/w/d/d.nix", "import ../b.nix");
        system.write("/w/.gitignore", "/d/");
        let mut change = Change::new();
        change.disk_changed("/w/d/d.nix");
        engine.apply(change);
        assert_eq!(callers(&engine, "/w/b.nix"), ["/w/a.nix"]);
        system.write("/w/.gitignore", "");
        let mut change = Change::new();
        change.disk_changed("/w/.gitignore");
        engine.apply(change);
        assert_eq!(callers(&engine, "/w/b.nix"), ["/w/a.nix", "/w/d/d.nix"]);
        // Other folders are another workspace.
        system.write("/v/x.nix", "import /w/b.nix");
        let mut change = Change::new();
        change.set_config(EngineConfig { roots: vec!["/v".into()], ..(*engine.config()).clone() });
        engine.apply(change);
        assert_eq!(callers(&engine, "/w/b.nix"), ["/v/x.nix"]);
    }

    #[test]
    fn what_nobody_asks_about_is_not_kept_for_ever() {
        let system = Arc::new(MemorySystem::new());
        let config = EngineConfig::editor("x86_64-linux".into());
        let indexer = Indexer::new(system.clone(), vec!["/w".into()], Arc::new(StoreAccess::new(config.store, &*system)));
        let files = |indexer: &Indexer| indexer.index(Duration::ZERO, &|| false).unwrap().0.len();
        system.write("/w/a.nix", "1");
        assert_eq!(files(&indexer), 1);
        // One place again and again is one place.
        let epoch = indexer.state().epoch;
        (0..2 * MAX_PENDING).for_each(|n| indexer.touched(&[format!("/w/{}.nix", n % 3).into()]));
        assert!(indexer.state().pending.len() <= MAX_PENDING);
        assert_eq!(indexer.state().epoch, epoch);
        for n in 0..2 * MAX_PENDING {
            let path = format!("/w/{n}.nix");
            if n % 1000 == 0 {
                system.write(&path, "1");
            }
            indexer.touched(&[path.into()]);
            assert!(indexer.state().pending.len() <= MAX_PENDING);
        }
        assert_eq!(files(&indexer), 10);
        assert!(indexer.state().pending.is_empty());
    }

    #[test]
    fn the_first_question_indexes() {
        let system = Arc::new(MemorySystem::new());
        system.write("/w/a.nix", "import ./b.nix");
        goes_with_the_files(engine(&system), &system);
    }

    #[test]
    fn a_thread_indexes_unasked() {
        let system = Arc::new(MemorySystem::new());
        system.write("/w/a.nix", "import ./b.nix");
        let mut engine = engine(&system);
        let (sender, told) = channel();
        engine.start_indexing(Told(sender));
        assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(Some(1)));
        goes_with_the_files(engine, &system);
    }

    #[test]
    fn a_file_that_is_only_indexed_is_no_input_of_the_database() {
        use nival_source::Db;
        let system = Arc::new(MemorySystem::new());
        system.write("/w/a.nix", "import ./b.nix");
        let engine = engine(&system);
        let snapshot = engine.snapshot();
        snapshot.project(Duration::ZERO).unwrap();
        assert_eq!(&*snapshot.glance(Path::new("/w/a.nix")).unwrap().unwrap().text, "import ./b.nix");
        assert_eq!(snapshot.with_db(|db| db.files().all().len()), Ok(0));
    }
}
