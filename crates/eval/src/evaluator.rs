//! [`Evaluator`]: what all threads of an evaluation share.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use nival_hir::globals::GLOBALS;
use nival_syntax::Name;
use rustc_hash::FxHashMap;

use crate::ahead::Team;
use crate::builtin::{BuiltinTable, INTERNAL_ONLY, LinkedBuiltin};
use crate::code::CodeCache;
use crate::collect::{Collect, Constants, Inside};
use crate::ctx::{Budget, Ctx};
use crate::error::{EvalError, Result};
use crate::forcing::Waits;
use crate::heap::{Heap, Region, Roots, Stack, Table};
use crate::host::Host;
use crate::linked::{Linked, Origin, Unit, empties};
use crate::lints::LiteralLints;
use crate::locate::INTERNAL;
use crate::reading::Reading;
use crate::track::Tracker;
use crate::value::{Attrs, AttrsBuilder, BuiltinId, ContextTable, ShapeTable, State, Thunk, ThunkKind, Value};
use crate::watch::Watch;

/// Settings that change what expressions mean or may do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Nested calls before "stack overflow; max-call-depth exceeded".
    pub max_call_depth: u32,
    pub budget: Budget,
    /// Whether `builtins.traceVerbose` prints.
    pub trace_verbose: bool,
    /// Whether `builtins.warn` ends the evaluation.
    pub abort_on_warn: bool,
    /// What becomes of URLs and of paths that hold on one machine only.
    pub lints: LiteralLints,
    /// Only one thread at a time is ever inside: saves the atomic operations of forcing. [`Evaluator::enter`] then waits
    /// for its turn.
    pub single_threaded: bool,
    /// Note what each result rests on, so that [`Evaluator::edit`] can replace parts of files. Not with `single_threaded`.
    pub tracking: bool,
    /// Lowered files, to be shared by the evaluators of a process.
    pub code: Arc<CodeCache>,
    pub collect: Collect,
    pub assistance: Assistance,
    /// Who looks on; read it with [`Evaluator::watched`].
    pub watch: Option<Arc<Watch>>,
}

/// What threads that do not evaluate do for those that do.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Assistance {
    /// There are none.
    #[default]
    None,
    /// Where all processors evaluate: they help to collect, for evaluation stands still then.
    Collecting,
    /// They also clear memory before it is needed, and read files.
    All,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_call_depth: 10_000,
            budget: Budget::default(),
            trace_verbose: false,
            abort_on_warn: false,
            lints: LiteralLints::default(),
            single_threaded: false,
            tracking: false,
            code: Arc::default(),
            collect: Collect::Never,
            assistance: Assistance::None,
            watch: None,
        }
    }
}

/// Bytes of stack for [`Evaluator::enter`]; mapped, and used only as deep as the evaluation goes.
/// Ten thousand calls take some 10 to 50 MiB in an optimised program.
pub(crate) const STACK: usize = if cfg!(debug_assertions) { 1 << 30 } else { 192 << 20 };

/// Names that the evaluator itself looks for.
#[derive(Debug)]
pub(crate) struct Names {
    pub functor: Name,
    pub to_string: Name,
    pub out_path: Name,
    pub drv_path: Name,
    pub type_: Name,
    pub overrides: Name,
    pub file: Name,
    pub line: Name,
    pub column: Name,
    pub prefix: Name,
    pub path: Name,
}

/// Owns every value it makes: heap, linked modules, import cache. One [`Ctx`] per thread does the work.
pub struct Evaluator {
    pub(crate) heap: Heap,
    /// Which files are imported, where the next evaluation may read them earlier.
    pub(crate) reading: Option<Arc<Reading>>,
    /// Bytes outside of the heap that builtins hold, over all threads.
    pub(crate) held: AtomicUsize,
    pub(crate) shapes: ShapeTable,
    pub(crate) contexts: ContextTable,
    /// Looked up each time a thunk is run; where nothing is yet, no memory is used.
    pub(crate) modules: Table<Box<Linked>, 16>,
    pub(crate) failures: Table<Box<EvalError>>,
    pub(crate) waits: Waits<Thunk>,
    pub(crate) builtins: Vec<LinkedBuiltin>,
    /// Builtins that no text can name: the line and the column of a position.
    pub(crate) line_and_column: [Value; 2],
    pub(crate) names: Names,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) options: Options,
    pub(crate) roots: Roots,
    /// Values of literals, which modules refer to, where values are collected.
    pub(crate) constants: Mutex<Constants>,
    /// Expressions that were loaded since code was last put aside.
    pub(crate) loaded: AtomicUsize,
    pub(crate) collections: AtomicU32,
    /// Values of files, by the path that was asked for and by the resolved one.
    pub(crate) imports: Mutex<FxHashMap<Vec<u8>, Value>>,
    /// Of the host, once it was asked for.
    pub(crate) store_dir: OnceLock<nival_store::StoreDir>,
    /// Store paths of copied paths.
    pub(crate) copied: Mutex<FxHashMap<Vec<u8>, Value>>,
    /// What results rest on, where [`Options::tracking`] says so.
    pub(crate) tracker: Option<Tracker>,
    empty_list: Value,
    empty_attrs: Value,
    /// Parallel to [`GLOBALS`].
    globals: OnceLock<Box<[Value]>>,
    builtins_value: OnceLock<Value>,
    threads: AtomicU32,
    turn: Mutex<()>,
    pub(crate) inside: Inside,
}

impl Evaluator {
    /// An evaluator without values yet. Takes well under a millisecond.
    pub fn new(host: Arc<dyn Host>, options: Options, builtins: BuiltinTable) -> Arc<Evaluator> {
        let functions = builtins.functions.iter().map(|&builtin| LinkedBuiltin::new(builtin)).collect();
        let function = |name| builtins.functions.iter().position(|builtin| builtin.name == name);
        let line_and_column = ["lineOfPosition", "columnOfPosition"].map(|name| match function(name) {
            Some(index) => Value::builtin(BuiltinId(index as u16)),
            None => Value::NULL,
        });
        let (heap, shapes) = (Heap::default(), ShapeTable::default());
        heap.assist(options.assistance);
        let (empty_list, empty_attrs) = empties(&mut Region::new(&heap), shapes.make(&[], &[]));
        // Who looks on is told of each file when it is read.
        let reads = options.assistance == Assistance::All && options.watch.is_none();
        let reading = options.code.kept().filter(|_| reads).map(|kept| Reading::new(Arc::clone(kept)));
        let evaluator = Arc::new(Evaluator {
            heap,
            reading,
            held: AtomicUsize::new(0),
            shapes,
            contexts: ContextTable::default(),
            modules: Table::default(),
            failures: Table::default(),
            waits: Waits::default(),
            builtins: functions,
            line_and_column,
            names: Names::new(),
            host,
            tracker: options.tracking.then(Tracker::default),
            options,
            roots: Roots::default(),
            constants: Mutex::default(),
            loaded: AtomicUsize::new(0),
            collections: AtomicU32::new(0),
            imports: Mutex::default(),
            store_dir: OnceLock::new(),
            copied: Mutex::default(),
            empty_list,
            empty_attrs,
            globals: OnceLock::new(),
            builtins_value: OnceLock::new(),
            threads: AtomicU32::new(0),
            turn: Mutex::new(()),
            inside: Inside::default(),
        });
        evaluator.enter(Arc::default(), |ctx| {
            ctx.make_builtins(&builtins);
            // That was no evaluation of anybody's.
            ctx.watch = None;
        });
        evaluator
    }

    /// Runs `work` with a context of its own on a stack deep enough for `max_call_depth`. Setting `cancel` ends it
    /// within milliseconds with [`crate::ErrorKind::Cancelled`].
    ///
    /// Must not be called from inside another `enter` of the same thread on the same evaluator.
    pub fn enter<R>(&self, cancel: Arc<AtomicBool>, work: impl FnOnce(&mut Ctx<'_>) -> R) -> R {
        let _turn: Option<MutexGuard<'_, ()>> = self.options.single_threaded.then(|| self.turn.lock().unwrap_or_else(|e| e.into_inner()));
        self.enter_with(None, cancel, work)
    }

    pub(crate) fn enter_with<'a, R>(&'a self, team: Option<&'a Team>, cancel: Arc<AtomicBool>, work: impl FnOnce(&mut Ctx<'_>) -> R) -> R {
        let _inside = self.inside.enter();
        let thread = self.threads.fetch_add(1, Ordering::Relaxed) + 1;
        // Here, where the collector looks: on their way to the other stack arguments lie where it does not.
        let mut work = Some(work);
        let work = &mut work;
        let callers = Stack::callers();
        let result = stacker::grow(STACK, || {
            let stack = Stack::entered(callers, STACK);
            let mut ctx = Ctx::new(self, thread, self.options.single_threaded, STACK, stack, cancel);
            ctx.team = team;
            work.take().map(|work| work(&mut ctx))
        });
        match result {
            Some(result) => result,
            None => unreachable!("the closure runs once"),
        }
    }

    /// Nothing will be evaluated any more: keeps what the next one can make use of.
    pub fn end(&self) {
        if let Some(reading) = &self.reading {
            reading.end();
        }
        self.options.code.flush();
    }

    /// For a process that is about to end: where nobody else has the evaluator, the system gets the memory of its values back, by two
    /// threads where one may help, for which the end would take twice as long. Nothing else is freed.
    pub fn leave(self: Arc<Self>) {
        match Arc::try_unwrap(self) {
            Ok(mut evaluator) => {
                evaluator.heap.give_back();
                std::mem::forget(evaluator);
            }
            Err(shared) => std::mem::forget(shared),
        }
    }

    pub fn host(&self) -> &dyn Host {
        &*self.host
    }

    /// Bytes mapped for values.
    pub fn heap_bytes(&self) -> usize {
        self.heap.reserved_bytes()
    }

    /// Of values, and of what builtins hold to make them.
    pub(crate) fn used_bytes(&self) -> usize {
        self.heap.reserved_bytes().saturating_add(self.held.load(Ordering::Relaxed))
    }

    /// Numbers for `nival stats` and tests.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            heap_bytes: self.heap_bytes(),
            modules: self.modules.len(),
            shapes: self.shapes.count(),
            failures: self.failures.len(),
            collections: self.collections.load(Ordering::Relaxed),
        }
    }

    /// The attribute set `builtins`.
    pub fn builtins(&self) -> Value {
        self.builtins_value.get().copied().unwrap_or(Value::NULL)
    }

    #[inline(always)]
    pub(crate) fn linked(&self, number: u32) -> &Linked {
        match self.modules.get(number) {
            Some(linked) => linked,
            None => unreachable!("thunks name linked modules"),
        }
    }

    #[inline(always)]
    pub(crate) fn empty_list(&self) -> Value {
        self.empty_list
    }

    #[inline(always)]
    pub(crate) fn empty_attrs(&self) -> Value {
        self.empty_attrs
    }

    pub(crate) fn globals(&self) -> &[Value] {
        self.globals.get().map_or(&[], |all| all)
    }

    /// The value of a global name, or `UNSET`.
    #[inline(always)]
    pub(crate) fn global(&self, index: u16) -> Value {
        match self.globals.get() {
            Some(all) => all.get(index as usize).copied().unwrap_or(Value::UNSET),
            None => Value::UNSET,
        }
    }

    #[inline(always)]
    pub(crate) fn arity(&self, builtin: BuiltinId) -> usize {
        self.builtins[builtin.0 as usize].builtin.arity as usize
    }

    /// The table entry of a builtin value.
    pub fn builtin_info(&self, id: BuiltinId) -> Option<&crate::Builtin> {
        self.builtins.get(id.0 as usize).map(|b| &b.builtin)
    }

    #[cold]
    pub(crate) fn failure(&self, number: u32) -> Box<EvalError> {
        self.failures.get(number).cloned().unwrap_or_else(|| EvalError::other("unknown failure"))
    }
}

/// See [`Evaluator::statistics`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    pub heap_bytes: usize,
    pub modules: u32,
    pub shapes: u32,
    pub failures: u32,
    /// How often values were collected.
    pub collections: u32,
}

impl Names {
    fn new() -> Names {
        Names {
            functor: Name::new("__functor"),
            to_string: Name::new("__toString"),
            out_path: Name::new("outPath"),
            drv_path: Name::new("drvPath"),
            type_: Name::new("type"),
            overrides: Name::new("__overrides"),
            file: Name::new("file"),
            line: Name::new("line"),
            column: Name::new("column"),
            prefix: Name::new("prefix"),
            path: Name::new("path"),
        }
    }
}

impl Ctx<'_> {
    /// Fills `builtins` and the globals.
    fn make_builtins(&mut self, table: &BuiltinTable) {
        let mut set = AttrsBuilder::with_capacity(table.functions.len() + table.constants.len() + 4);
        for (i, builtin) in table.functions.iter().enumerate() {
            if builtin.feature.is_some_and(|feature| feature == INTERNAL_ONLY || !self.host().experimental_feature(feature)) {
                continue;
            }
            set.push(Name::new(builtin.name), Value::builtin(BuiltinId(i as u16)));
        }
        for (name, value) in [("true", Value::TRUE), ("false", Value::FALSE), ("null", Value::NULL)] {
            set.push(Name::new(name), value);
        }
        for (name, make) in &table.constants {
            match make(self) {
                Ok(Some(value)) => set.push(Name::new(name), value),
                Ok(None) => {}
                Err(error) => set.push(Name::new(name), self.failed(error)),
            }
        }
        // `builtins.builtins`: a thunk that gets its value when there is one.
        let own = Thunk::apply(&mut self.region, Value::NULL, &[]);
        set.push(Name::new("builtins"), own);
        // The texts see the builtins made so far.
        let first = self.attrs(set);
        self.publish_builtins(first);
        let mut more = AttrsBuilder::new();
        for (name, text) in &table.sources {
            let origin = Origin { file: None, label: format!("{INTERNAL}/{name}-internal.nix"), base: b"/".to_vec() };
            let unit = Unit { origin, text: text.as_bytes().into(), on_disk: false };
            let value = self.load(unit, &[]).unwrap_or_else(|error| self.failed(error));
            more.push(Name::new(name), value);
        }
        let more = self.attrs(more);
        let all = self.update_flat(Attrs::from_word(first.0), Attrs::from_word(more.0));
        Thunk::from_word(own.0).finish(all.0);
        let globals = self.globals_of(all);
        let _ = self.evaluator.globals.set(globals);
        let _ = self.evaluator.builtins_value.set(all);
    }

    fn publish_builtins(&mut self, _set: Value) {}

    fn globals_of(&mut self, set: Value) -> Box<[Value]> {
        let attrs = Attrs::from_word(set.0);
        let find = |name: &str| {
            if name == "builtins" {
                return set;
            }
            attrs.get(Name::new(name.strip_prefix("__").unwrap_or(name))).unwrap_or(Value::UNSET)
        };
        GLOBALS.iter().map(|name| find(name)).collect()
    }

    /// A value that fails with `error` when it is forced.
    pub fn failed(&mut self, error: Box<EvalError>) -> Value {
        let (number, _) = self.evaluator.failures.push_with(|_| error);
        let value = Thunk::apply(&mut self.region, Value::NULL, &[]);
        Thunk::from_word(value.0).finish(State::new(ThunkKind::Failed, number).0);
        value
    }
}

/// Errors of `Result<Value>` are cheap to pass on.
const _: () = assert!(size_of::<Result<Value>>() == 16);
