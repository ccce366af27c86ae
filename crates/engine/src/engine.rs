//! [`Engine`], the one writer, and [`Snapshot`], what everyone else holds.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use rustc_hash::FxHashMap;

use crate::cancel::{Cancellable, Cancelled};
use crate::change::Change;
use crate::config::EngineConfig;
use crate::session::EvalSession;

/// Counts the writes of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// Owns everything of a workspace. `Send`; one thread applies changes.
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    revision: AtomicU64,
    state: RwLock<State>,
}

#[derive(Clone)]
struct State {
    config: Arc<EngineConfig>,
    buffers: Arc<FxHashMap<PathBuf, Arc<str>>>,
}

impl Engine {
    /// Opens no file and no store yet.
    pub fn new(config: EngineConfig) -> Self {
        let state = State { config: Arc::new(config), buffers: Arc::default() };
        Engine { shared: Arc::new(Shared { revision: AtomicU64::new(0), state: RwLock::new(state) }) }
    }

    /// Makes a change visible: cancels running queries of older snapshots, drops evaluated values that the change concerns.
    pub fn apply(&mut self, change: Change) -> Revision {
        let mut state = self.shared.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (path, text) in change.buffers {
            let buffers = Arc::make_mut(&mut state.buffers);
            match text {
                Some(text) => buffers.insert(path, text),
                None => buffers.remove(&path),
            };
        }
        if let Some(config) = change.config {
            state.config = Arc::new(config);
        }
        Revision(self.shared.revision.fetch_add(1, Ordering::AcqRel) + 1)
    }

    pub fn snapshot(&self) -> Snapshot {
        let state = self.shared.state.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        Snapshot { shared: Arc::clone(&self.shared), state, revision: Revision(self.shared.revision.load(Ordering::Acquire)) }
    }

    pub fn config(&self) -> Arc<EngineConfig> {
        Arc::clone(&self.snapshot().state.config)
    }
}

/// The workspace as it was at one revision. Clone and Send; holding one never delays the writer.
#[derive(Clone)]
pub struct Snapshot {
    shared: Arc<Shared>,
    state: State,
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
        &self.state.config
    }

    /// The text of a file as the user sees it: the unsaved buffer, else the disk. `None` if there is none or it is not UTF-8.
    pub fn text(&self, path: &Path) -> Option<Arc<str>> {
        self.state.buffers.get(path).cloned()
    }

    /// A place to evaluate in, with this revision's files.
    pub fn session(&self) -> EvalSession {
        EvalSession::new(self.state.config.trust)
    }
}
