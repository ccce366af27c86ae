//! [`EvalSession`]: evaluation for faces. Texts, files and attribute paths in; values, text and derivations out.

mod builds;
mod complete;
mod derivations;
mod errors;
mod flakes;
mod in_file;
mod module_system;
mod scope;
mod select;
mod values;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use nival_eval::{Ctx, ErrorKind, EvalError, Pos, Root, Value};
use nival_syntax::Name;

pub use self::complete::Completions;
pub use self::derivations::DerivationInfo;
pub use self::flakes::FlakeLookup;
pub use self::in_file::FileValue;
pub use self::select::{AutoArgs, parse_attr_path, suggestion};
pub use self::values::{AttrItem, PrintOptions, ValueKind};
use crate::cancel::{CancelToken, Control};
use crate::config::Trust;
use crate::report::{Report, ReportKind};
use crate::threads::panic_report;
use crate::world::{Generation, Pin, Work};

/// A value, perhaps not evaluated yet. Cheap to clone; keeps the memory it lives in alive.
#[derive(Clone)]
pub struct EvalValue {
    generation: Arc<Generation>,
    epoch: u64,
    value: Root,
    /// The attributes that were selected to get it and where they are written, for messages.
    path: Arc<[(String, Pos)]>,
}

impl std::fmt::Debug for EvalValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("EvalValue").field(&self.value.get()).finish()
    }
}

/// A place to evaluate in: a scope of names on top of the globals, a base folder, one world of files.
///
/// It sees the world of the [`crate::Snapshot`] it was made from; values of one session may be used in another of the same
/// snapshot. Every call blocks until it has its answer, so call it from a worker thread; `control` bounds it. A clone has a
/// scope of its own.
#[derive(Clone)]
pub struct EvalSession {
    pub(crate) generation: Arc<Generation>,
    /// Between two edits of what was read.
    epoch: u64,
    /// Where there is none, an edit of something that was read ends the session's evaluations.
    pin: Option<Pin>,
    scope: BTreeMap<Name, Root>,
    base: PathBuf,
}

/// What the calls of a session answer.
pub type Answer<T> = Result<T, Report>;

impl EvalSession {
    pub(crate) fn new(generation: Arc<Generation>, epoch: u64, pin: Option<Pin>) -> Self {
        let base = generation.config.roots.first().cloned();
        let base = base.or_else(|| generation.host.current_dir()).unwrap_or_else(|| PathBuf::from("/"));
        EvalSession { generation, epoch, pin, scope: BTreeMap::new(), base }
    }

    /// What its evaluator has done so far, for this and other sessions.
    pub fn work(&self) -> Work {
        self.generation.work()
    }

    pub fn trust(&self) -> Trust {
        self.generation.config.trust
    }

    fn wrap(&self, value: Root) -> EvalValue {
        EvalValue { generation: Arc::clone(&self.generation), epoch: self.epoch, value, path: Arc::default() }
    }

    /// A value that was found at `names` inside `outer`.
    fn wrap_at(&self, value: Root, outer: &EvalValue, names: &[(String, Pos)]) -> EvalValue {
        let path = if names.is_empty() { Arc::clone(&outer.path) } else { outer.path.iter().chain(names).cloned().collect() };
        EvalValue { generation: Arc::clone(&self.generation), epoch: self.epoch, value, path }
    }

    /// The raw value, for use in this session.
    ///
    /// # Errors
    /// It is of another generation: its memory has nothing to do with this session's.
    fn unwrap(&self, value: &EvalValue) -> Answer<Value> {
        if Arc::ptr_eq(&self.generation, &value.generation) && self.epoch == value.epoch {
            Ok(value.value.get())
        } else {
            Err(Report::new(ReportKind::Evaluation, "the value was evaluated before a file changed and cannot be used any more")
                .hint("evaluate it again"))
        }
    }

    /// Runs `work` in the evaluator: on a big stack, within the limits of `control`, with panics caught.
    fn run<T: Send>(&self, control: &Control, work: impl FnOnce(&mut Ctx<'_>) -> nival_eval::Result<T> + Send) -> Answer<T> {
        let generation = &*self.generation;
        let token = control.cancel.child();
        let Some((_running, epoch)) = generation.begin(self.epoch) else { return Err(crate::cancel::Cancelled.into()) };
        if self.pin.is_none() {
            epoch.adopt(&token);
            generation.superseded.adopt(&token);
        }
        let budget = control.budget.min(generation.config.budget);
        let own = budget.time.and_then(|time| Instant::now().checked_add(time));
        let deadline = own.into_iter().chain(control.deadline).min();
        let timer = deadline.map(|deadline| crate::threads::cancel_at(deadline, &token));
        let allowed = usize::try_from(budget.bytes).unwrap_or(usize::MAX);
        let heap_before = generation.evaluator.heap_bytes();
        let before = CURRENT.replace(Some(token.clone()));
        let answer = std::panic::catch_unwind(AssertUnwindSafe(|| {
            generation.evaluator.enter_team(generation.config.eval_threads(), token.flag(), |ctx| {
                ctx.allow_bytes(allowed);
                work(ctx)
            })
        }));
        CURRENT.set(before);
        let timed_out = timer.is_some_and(|timer| timer.has_fired());
        if let Ok(Err(error)) = &answer
            && generation.is_crowded(error.kind, heap_before, timed_out)
        {
            generation.give_up();
        }
        match answer {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) if error.kind == ErrorKind::Cancelled && timed_out && !control.cancel.is_cancelled() => {
                let time = budget.time.unwrap_or_default();
                let mut report = errors::report(generation, &error);
                report.kind = ReportKind::Budget;
                report.message = format!("evaluation took longer than {} s", time.as_secs_f32());
                Err(report)
            }
            Ok(Err(error)) => Err(errors::report(generation, &error)),
            Err(payload) => {
                // Thunks that were being evaluated stay so for ever: nobody may wait for them.
                generation.give_up();
                Err(panic_report(payload.as_ref()))
            }
        }
    }

    /// As [`EvalSession::run`], for work on a value: errors tell which attribute it was.
    fn run_on<T: Send>(
        &self,
        value: &EvalValue,
        control: &Control,
        work: impl FnOnce(&mut Ctx<'_>, Value) -> nival_eval::Result<T> + Send,
    ) -> Answer<T> {
        let raw = self.unwrap(value)?;
        self.run(control, |ctx| work(ctx, raw)).map_err(|mut report| {
            errors::within(&self.generation, &mut report, &value.path);
            report
        })
    }

    /// As [`EvalSession::run`], for work that gives a value.
    fn run_value(&self, control: &Control, work: impl FnOnce(&mut Ctx<'_>) -> nival_eval::Result<Value> + Send) -> Answer<EvalValue> {
        self.run(control, |ctx| work(ctx).map(|value| ctx.root(value))).map(|value| self.wrap(value))
    }
}

thread_local! {
    /// What cancels the evaluation that runs on this thread.
    static CURRENT: RefCell<Option<CancelToken>> = const { RefCell::new(None) };
}

/// The token of the evaluation that runs on this thread, for builds that it asks for.
pub(crate) fn current_cancel() -> CancelToken {
    CURRENT.with_borrow(|current| current.clone().unwrap_or_default())
}

/// An error of this crate's own in the midst of evaluation.
fn other_error(kind: ErrorKind, message: impl Into<String>) -> Box<EvalError> {
    EvalError::new(kind, message)
}
