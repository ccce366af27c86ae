//! [`Evaluator`]: what all threads of an evaluation share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nival_syntax::Name;

use crate::builtin::{BuiltinTable, LinkedBuiltin};
use crate::ctx::{Budget, Ctx};
use crate::error::{EvalError, Pos, Result};
use crate::heap::{Heap, Table};
use crate::host::Host;
use crate::linked::Linked;
use crate::value::{ContextTable, ShapeTable, Value};

/// Settings that change what expressions mean or may do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Nested calls before "stack overflow; max-call-depth exceeded".
    pub max_call_depth: u32,
    pub budget: Budget,
}

impl Default for Options {
    fn default() -> Self {
        Options { max_call_depth: 10_000, budget: Budget::default() }
    }
}

/// Owns every value it makes: heap, linked modules, import cache. One [`Ctx`] per thread does the work.
pub struct Evaluator {
    pub(crate) heap: Heap,
    pub(crate) shapes: ShapeTable,
    pub(crate) contexts: ContextTable,
    pub(crate) modules: Table<Box<Linked>>,
    pub(crate) failures: Table<Box<EvalError>>,
    pub(crate) builtins: Vec<LinkedBuiltin>,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) options: Options,
}

/// Where a [`Pos`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLocation {
    /// `None` for text that no file holds.
    pub file: Option<PathBuf>,
    /// Name for texts without a file: `«string»`, `«stdin»`.
    pub label: String,
    /// Bytes of the text.
    pub text: Arc<[u8]>,
    /// Byte offsets in the text.
    pub range: std::ops::Range<usize>,
    /// Both counted from 1.
    pub line: u32,
    pub column: u32,
}

impl Evaluator {
    /// An evaluator without values yet.
    pub fn new(host: Arc<dyn Host>, options: Options, builtins: BuiltinTable) -> Arc<Evaluator> {
        let functions = builtins.functions.iter().map(|&builtin| LinkedBuiltin { builtin, name: Name::new(builtin.name) }).collect();
        Arc::new(Evaluator {
            heap: Heap::default(),
            shapes: ShapeTable::default(),
            contexts: ContextTable::default(),
            modules: Table::default(),
            failures: Table::default(),
            builtins: functions,
            host,
            options,
        })
    }

    /// Runs `work` with a context of its own on a stack deep enough for `max_call_depth`. Setting `cancel` ends it
    /// within milliseconds with [`crate::ErrorKind::Cancelled`].
    pub fn enter<R>(&self, cancel: Arc<AtomicBool>, work: impl FnOnce(&mut Ctx<'_>) -> R) -> R {
        let _ = (cancel, work);
        todo!("follows with the interpreter")
    }

    pub fn host(&self) -> &dyn Host {
        &*self.host
    }

    /// Path, range and line of a position; `None` for [`Pos::NONE`].
    pub fn locate(&self, pos: Pos) -> Option<SourceLocation> {
        let _ = pos;
        todo!("follows with the interpreter")
    }

    /// Bytes mapped for values.
    pub fn heap_bytes(&self) -> usize {
        self.heap.reserved_bytes()
    }

    #[allow(dead_code)]
    pub(crate) fn failure(&self, number: u32) -> Box<EvalError> {
        self.failures.get(number).cloned().unwrap_or_else(|| EvalError::other("unknown failure"))
    }
}

/// Convenience for callers that hold no text yet.
impl Ctx<'_> {
    /// Evaluates `text` as if it were a file of folder `base`; `scope` gives extra variables.
    pub fn eval_text(&mut self, text: &[u8], base: &[u8], scope: &[(Name, Value)]) -> Result<Value> {
        let _ = (text, base, scope);
        todo!("follows with the interpreter")
    }

    /// The value of a file, as `import path` gives it (folders: their `default.nix`), evaluated once per evaluator.
    pub fn import(&mut self, path: &[u8]) -> Result<Value> {
        let _ = path;
        todo!("follows with the interpreter")
    }

    /// `scopedImport`: evaluated each time, with the attributes of `scope` as variables.
    pub fn scoped_import(&mut self, scope: Value, path: &[u8]) -> Result<Value> {
        let _ = (scope, path);
        todo!("follows with the interpreter")
    }

    /// `__findFile` on the host's search path, or on the list of `{ prefix, path }` sets in `entries`.
    pub fn find_file(&mut self, entries: Option<Value>, name: &[u8]) -> Result<Value> {
        let _ = (entries, name);
        todo!("follows with the interpreter")
    }
}
