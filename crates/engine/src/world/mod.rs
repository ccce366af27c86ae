//! What an evaluation sees, and how long its results are good.
//!
//! # Generations
//! All values of a workspace live in a [`Generation`]: one evaluator (heap, import cache, inline caches) with one
//! [`host::EngineHost`] that writes down what every evaluation read. An edit asks the generation what it means
//! ([`host::Verdict`]):
//! - nobody has read the file: the generation goes on, seeing the new text;
//! - its code is *followed* (files of the workspace that were imported): the edit is noted and a new epoch begins; the next
//!   session makes it in the evaluator, which puts back what rests on the changed bindings and keeps all else ([`edits`],
//!   `nival_eval::track`);
//! - results rest on it in another way (its text was read, it was copied, it came or went, the trees around it were listed):
//!   the generation is superseded. It takes no new sessions, running evaluations in it are cancelled, and it is dropped when
//!   the last value held by someone goes away. The next session starts a new one, which evaluates again what it needs. Parsed
//!   and lowered code is kept by content across generations.
//!
//! The evaluator may refuse a new text: it has errors, or too much rests on what it changes. Then a new generation answers, and
//! the old one is parked for a few edits, for somebody may be in the midst of a word, or about to undo.
//!
//! So no answer can rest on a text that has changed, whatever laziness did in between.
//!
//! Changes that nobody announces are found by comparing the time stamps of what was read whenever a session begins.

mod edits;
mod fetching;
pub mod host;
mod memory;
pub mod overlay;
pub mod pending;
pub mod policy;
pub mod reads;
mod slot;
pub mod store_access;
mod texts;
mod trees;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use nival_eval::{Assistance, CodeCache, Collect, ErrorKind, Evaluator, Options, Probe};
use rustc_hash::{FxHashMap, FxHashSet};

pub use self::edits::{Edits, Pin};
use self::host::{EngineHost, TraceSink};
use self::overlay::Overlay;
pub use self::slot::Slot;
use self::store_access::StoreAccess;
use crate::cancel::CancelToken;
use crate::config::EngineConfig;

/// See the module documentation.
pub struct Generation {
    pub evaluator: Owned,
    pub host: Arc<EngineHost>,
    pub store: Arc<StoreAccess>,
    pub config: Arc<EngineConfig>,
    /// Cancelled when something that was read has changed.
    pub superseded: CancelToken,
    number: u64,
    slot: Mutex<Weak<Slot>>,
    edits: Edits,
    /// More than one while somebody needs the values as they are.
    pins: Pin,
    /// Thunks that edits have put back.
    reset: AtomicUsize,
    /// By file; with the text each is of.
    probes: Mutex<FxHashMap<PathBuf, FileProbe>>,
}

/// What was done for the answers so far: numbers that tests and the curious compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Which evaluator of the process it is.
    pub generation: u64,
    /// Thunks that it evaluated.
    pub evaluated: u64,
    /// Results that edits have put back.
    pub put_back: u64,
}

struct FileProbe {
    text: Arc<str>,
    probe: Arc<OnceLock<Probe>>,
}

/// The evaluator of a generation.
pub struct Owned {
    /// Until this is dropped.
    evaluator: Option<Arc<Evaluator>>,
    /// The process ends with it, which does not give its memory back piece by piece then. (Stores that were written to are closed.)
    last: bool,
}

impl Deref for Owned {
    type Target = Evaluator;

    fn deref(&self) -> &Evaluator {
        match &self.evaluator {
            Some(evaluator) => evaluator,
            None => unreachable!("only `drop` takes it"),
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let Some(evaluator) = self.evaluator.take() else { return };
        evaluator.end();
        if self.last {
            evaluator.leave();
        }
    }
}

impl Generation {
    pub fn new(
        config: Arc<EngineConfig>,
        view: Overlay,
        store: Arc<StoreAccess>,
        traces: Arc<TraceSink>,
        code: Arc<CodeCache>,
        edited: Arc<FxHashSet<PathBuf>>,
    ) -> Arc<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let bytes = memory::limit(&*view.system).unwrap_or(u64::MAX).min(config.budget.bytes);
        let host = Arc::new(EngineHost::new(Arc::clone(&config), view, Arc::clone(&store), traces, edited));
        let language = &config.evaluation;
        let mut options = Options {
            code,
            tracking: !config.once,
            trace_verbose: language.trace_verbose,
            abort_on_warn: language.abort_on_warn,
            lints: language.lints,
            single_threaded: config.once && config.eval_threads() == 1,
            assistance: match config.once {
                true if config.leaves_a_processor() => Assistance::All,
                true if config.eval_threads() > 1 => Assistance::Collecting,
                _ => Assistance::None,
            },
            ..Options::default()
        };
        if options.single_threaded {
            nival_eval::share_memory_between_threads();
        }
        options.max_call_depth = language.max_call_depth.unwrap_or(options.max_call_depth);
        options.watch = config.watching.as_ref().map(|watching| Arc::clone(&watching.watch));
        options.budget.bytes = usize::try_from(bytes).ok();
        // What outlives an evaluation keeps its values until it ends. For tests: `check` looks at each collection twice, a number
        // collects at about every so manieth step, 0 never.
        let asked = host.view().system.env_var("NIVAL_COLLECT".as_ref()).filter(|_| config.once);
        options.collect = match asked.as_ref().and_then(|asked| asked.to_str()) {
            Some("check") => Collect::Checked,
            Some(steps) => match steps.parse() {
                Ok(0) => Collect::Never,
                Ok(steps) => Collect::Stress(steps),
                Err(_) => Collect::Automatic,
            },
            None if config.once => Collect::Automatic,
            None => Collect::Never,
        };
        let mut builtins = nival_eval::builtins::table();
        nival_flake::install(&mut builtins, config.locking.lenient);
        let evaluator = Evaluator::new(Arc::clone(&host) as Arc<dyn nival_eval::Host>, options, builtins);
        Arc::new(Generation {
            evaluator: Owned { evaluator: Some(evaluator), last: config.once && config.store.read_only },
            host,
            store,
            config,
            superseded: CancelToken::new(),
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            slot: Mutex::default(),
            edits: Edits::default(),
            pins: Pin::default(),
            reset: AtomicUsize::new(0),
            probes: Mutex::default(),
        })
    }

    fn lies_in(&self, slot: Weak<Slot>) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = slot;
    }

    /// Whether an evaluation that ended with such an error, `before` being the bytes that there were when it began, left too
    /// much behind. One that was given up or had too little time may be asked for again, and then finds what it did.
    pub fn is_crowded(&self, error: ErrorKind, before: usize, timed_out: bool) -> bool {
        let (bytes, limit) = (self.evaluator.heap_bytes() as u64, self.config.budget.bytes);
        match error {
            ErrorKind::Budget => true,
            ErrorKind::Cancelled => bytes > limit / 2 || timed_out && bytes.saturating_sub(before as u64) > limit / 4,
            _ => false,
        }
    }

    /// Ends its evaluations and takes no more: its memory is full of what nobody wants, and is freed as soon as nobody holds a
    /// value of it. The next session starts with an empty one.
    pub fn give_up(&self) {
        self.superseded.cancel();
        let slot = std::mem::take(&mut *self.slot.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(slot) = slot.upgrade() {
            slot.clear(self);
        }
    }

    pub fn epoch(&self) -> u64 {
        self.edits.epoch()
    }

    pub fn pin(&self) -> Pin {
        Arc::clone(&self.pins)
    }

    /// See [`Work`].
    pub fn work(&self) -> Work {
        Work {
            generation: self.number,
            evaluated: self.evaluator.track_statistics().runs,
            put_back: self.reset.load(Ordering::Relaxed) as u64,
        }
    }

    /// The probe of a file, to be made by who finds it empty.
    pub fn probe(&self, path: &Path, text: &str) -> Arc<OnceLock<Probe>> {
        let mut probes = self.probes.lock().unwrap_or_else(PoisonError::into_inner);
        match probes.get(path) {
            Some(known) if *known.text == *text => Arc::clone(&known.probe),
            known => {
                if known.is_some() {
                    // What was evaluated for the former text is garbage from now on.
                    self.edits.begin_garbage(self.evaluator.heap_bytes(), text.len());
                }
                let probe = Arc::new(OnceLock::new());
                probes.insert(path.to_owned(), FileProbe { text: text.into(), probe: Arc::clone(&probe) });
                probe
            }
        }
    }
}
