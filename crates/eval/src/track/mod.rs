//! Which results rest on what may be edited, so that an edit puts back those and no others.
//!
//! # How it works
//! A file that is being edited is lowered so that the value of each of its bindings is a [patch](nival_hir::module::Expr::Patch):
//! a *cell*, whose code can be replaced. While a thunk runs, its [`Ctx`] collects the set of cells that it ran, or that results
//! it read rest on. A result with a set is kept in a [`Record`] beside the thunk, whose state says [`ThunkKind::Derived`]:
//! reading it goes the slow way of forcing and hands the set on to the reader. So whoever has seen a result, or a part of it,
//! has its cells in its own set. Results without a set are stored as ever, at no cost.
//!
//! [`crate::Evaluator::edit`] compares the new module of a file with the old one, points the cells that differ to their new
//! code and puts every thunk that rests on one of them back into the state before it was evaluated: same frame, same thunk,
//! so that everything that refers to it sees the new result.
//!
//! # What keeps it sound
//! - A derived result is stored nowhere but in its thunk: frame slots keep the thunk ([`Ctx::may_be_reset`]); imports are
//!   thunks; all else that a computation makes hangs on its own result.
//! - A computation that met itself rests on a cell that every edit changes.
//! - Positions that became values or messages rest on a cell of their own for each file, which every edit changes.
//! - What the host was asked is not known here: the host gives up the evaluator where an answer changes, except for files it
//!   gave with [`crate::Host::read_tracked`].
//! - Values outside of thunks (in sessions) are not put back; their holders must drop them at an edit.

mod edit;
mod memo;
mod sets;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use nival_hir::module::{Expr, ExprId};
use rustc_hash::FxHashMap;

use self::edit::{Files, Moved};
use self::sets::{CYCLE, EMPTY, Sets};
use crate::ctx::Ctx;
use crate::error::{Pos, Result};
use crate::linked::Linked;
use crate::value::{Frame, Record, State, Thunk, ThunkKind, Value};

pub use self::edit::Edit;

/// What all threads of a tracking evaluator share.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    sets: Mutex<Sets>,
    files: Mutex<Files>,
    memo: memo::Memo,
    /// Grows when cells become coarse.
    epoch: AtomicU32,
    runs: AtomicU64,
}

/// Of a module whose text is being edited.
#[derive(Debug)]
pub(crate) struct TrackedModule {
    /// Of each of [`nival_hir::Module::patches`].
    cells: Box<[u32]>,
    /// `(module + 1) << 32 | patch` of the code that replaces a patch, else 0.
    targets: Box<[AtomicU64]>,
    /// Changes with every text.
    position: u32,
    /// The module of the next text.
    moved: OnceLock<Moved>,
}

impl TrackedModule {
    fn new(cells: Box<[u32]>, position: u32) -> Self {
        let targets = cells.iter().map(|_| AtomicU64::new(0)).collect();
        TrackedModule { cells, targets, position, moved: OnceLock::new() }
    }

    fn target(&self, patch: u32) -> Option<(u32, u32)> {
        let word = self.targets.get(patch as usize)?.load(Ordering::Acquire);
        (word != 0).then(|| ((word >> 32) as u32 - 1, word as u32))
    }
}

/// Numbers for tests and for looking on. Without those of threads that are still evaluating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrackStatistics {
    /// Thunks that were evaluated.
    pub runs: u64,
    /// Different sets of cells.
    pub sets: usize,
    /// Cells that too much rests on.
    pub coarse: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl crate::Evaluator {
    /// Zeroes without [`crate::Options::tracking`].
    pub fn track_statistics(&self) -> TrackStatistics {
        let Some(tracker) = &self.tracker else { return TrackStatistics::default() };
        let (sets, coarse) = lock(&tracker.sets).counts();
        TrackStatistics { runs: tracker.runs.load(Ordering::Relaxed), sets, coarse }
    }
}

/// The part of a [`Ctx`].
pub(crate) struct Tracking<'e> {
    tracker: &'e Tracker,
    /// What the running thunk rests on so far.
    deps: u32,
    unions: FxHashMap<u64, u32>,
    /// The last one looked up.
    last: (u64, u32),
    /// [`Sets::fine`] of sets that were asked for, since the epoch.
    fine: FxHashMap<u32, u32>,
    epoch: u32,
    /// Thunks not yet told to the tracker.
    new: Vec<(u32, Thunk)>,
    runs: u64,
}

/// How many thunks are told at once.
const BATCH: usize = 4096;

impl<'e> Tracking<'e> {
    pub fn new(tracker: &'e Tracker) -> Self {
        let epoch = tracker.epoch.load(Ordering::Acquire);
        let (unions, fine) = (FxHashMap::default(), FxHashMap::default());
        Tracking { tracker, deps: EMPTY, unions, last: (0, 0), fine, epoch, new: Vec::new(), runs: 0 }
    }

    #[inline]
    fn union(&mut self, a: u32, b: u32) -> u32 {
        if a == b || b == EMPTY {
            return a;
        }
        if a == EMPTY {
            return b;
        }
        let key = (a.min(b) as u64) << 32 | a.max(b) as u64;
        if self.last.0 == key {
            return self.last.1;
        }
        let tracker = self.tracker;
        let union = *self.unions.entry(key).or_insert_with(|| lock(&tracker.sets).union(a, b));
        self.last = (key, union);
        union
    }

    #[inline]
    fn depend(&mut self, set: u32) {
        self.deps = self.union(self.deps, set);
    }

    /// Without what is coarse by now.
    #[inline]
    fn fine(&mut self, set: u32) -> u32 {
        let epoch = self.tracker.epoch.load(Ordering::Relaxed);
        if epoch == 0 {
            return set;
        }
        if epoch != self.epoch {
            self.epoch = epoch;
            self.fine.clear();
            self.unions.clear();
            self.last = (0, 0);
        }
        let tracker = self.tracker;
        *self.fine.entry(set).or_insert_with(|| lock(&tracker.sets).fine(set))
    }

    fn tell(&mut self) {
        self.tracker.runs.fetch_add(std::mem::take(&mut self.runs), Ordering::Relaxed);
        if !self.new.is_empty() && lock(&self.tracker.sets).note(&mut self.new) {
            self.tracker.epoch.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Drop for Tracking<'_> {
    fn drop(&mut self) {
        self.tell();
    }
}

impl<'e> Ctx<'e> {
    /// As `run_thunk`, noting what the result rests on. The thunk is claimed.
    #[inline(never)]
    pub(crate) fn run_tracked(&mut self, thunk: Thunk, state: State) -> Result<Value> {
        let outer = match &mut self.tracking {
            Some(tracking) => {
                tracking.runs += 1;
                std::mem::replace(&mut tracking.deps, EMPTY)
            }
            None => EMPTY,
        };
        let mut result = self.eval_thunk_checked(thunk, state);
        let Some(tracking) = &mut self.tracking else { return self.finish_thunk(thunk, state, result) };
        let set = tracking.fine(tracking.deps);
        tracking.deps = tracking.union(outer, set);
        // What was given up ahead of its turn is no result.
        if set == EMPTY || self.gave_up {
            return self.finish_thunk(thunk, state, result);
        }
        let word = match &mut result {
            Ok(value) => value.0,
            Err(error) => {
                let failed = self.failed_state(thunk, state, error);
                if failed == state {
                    self.publish(thunk, state);
                    return result;
                }
                failed.0
            }
        };
        let record = Record::alloc(&mut self.region, Record { result: word, recipe: state, set: set.into() });
        if self.publish(thunk, record)
            && let Err(error) = &mut result
        {
            error.cycle.cut();
        }
        if let Some(tracking) = &mut self.tracking {
            tracking.new.push((set, thunk));
            if tracking.new.len() >= BATCH {
                tracking.tell();
            }
        }
        result
    }

    /// The result of a thunk that may have to be evaluated again, for the thunk that runs.
    #[inline(never)]
    pub(crate) fn read_derived(&mut self, thunk: Thunk, state: State) -> Result<Value> {
        let record = state.record();
        if let Some(tracking) = &mut self.tracking {
            let set = tracking.fine(record.set as u32);
            if set == EMPTY {
                thunk.settle(state, record.result);
            } else {
                tracking.depend(set);
            }
        }
        let value = Value(record.result);
        if value.is_thunk() { Err(self.evaluator.failure(State(record.result).number())) } else { Ok(value) }
    }

    /// Whether the result of a thunk that was just forced must not be kept outside of it.
    #[inline(always)]
    pub(crate) fn may_be_reset(&self, thunk: Value) -> bool {
        self.tracking.is_some() && Thunk::from_word(thunk.0).load().is_err()
    }

    /// What runs failed because it met itself.
    #[cold]
    pub(crate) fn depend_on_cycle(&mut self) {
        if let Some(tracking) = &mut self.tracking {
            tracking.depend(CYCLE);
        }
    }

    /// What runs tells where something was written.
    pub(crate) fn depend_on_position(&mut self, pos: Pos) {
        if let Some(tracking) = &mut self.tracking
            && !pos.is_none()
            && let Some(tracked) = self.evaluator.modules.get(pos.module()).and_then(|linked| linked.tracked.as_ref())
        {
            let set = tracking.fine(tracked.position);
            tracking.depend(set);
        }
    }

    /// What runs shows a value as far as it is known.
    pub(crate) fn depend_on_known(&mut self, value: Value) {
        if self.tracking.is_some()
            && value.is_thunk()
            && let Err(state) = Thunk::from_word(value.0).load()
            && state.kind() == ThunkKind::Derived
            && let Some(tracking) = &mut self.tracking
        {
            let set = tracking.fine(state.record().set as u32);
            tracking.depend(set);
        }
    }

    /// The value as it would be if its file were not edited: constants and functions are no thunks then.
    pub fn peek(&mut self, value: Value) -> Value {
        if self.tracking.is_none() || !value.is_thunk() {
            return value;
        }
        let Err(state) = Thunk::from_word(value.0).load() else { return value };
        if state.kind() != ThunkKind::Suspended {
            return value;
        }
        let (mut m, mut id) = (self.evaluator.linked(state.module()), ExprId(state.number()));
        let Expr::Patch(index) = *m.expr(id) else { return value };
        let (module, patch) = m.tracked.as_ref().and_then(|tracked| tracked.target(index)).unwrap_or((m.id, index));
        m = self.evaluator.linked(module);
        id = m.module().patches[patch as usize].body;
        let plain = match *m.expr(id) {
            Expr::Const(_) | Expr::Lambda(_) | Expr::Global(_) => true,
            Expr::List(items) => items.len == 0,
            Expr::Attrs(index) => has_constants_only(m, index),
            _ => false,
        };
        if plain { self.force(value).unwrap_or(value) } else { value }
    }

    /// The value of a replaceable part.
    #[cold]
    #[inline(never)]
    pub(crate) fn eval_patch(&mut self, m: &'e Linked, frame: Frame, index: u32) -> Result<Value> {
        let (mut m, mut index) = (m, index);
        if let (Some(tracking), Some(tracked)) = (&mut self.tracking, &m.tracked) {
            let cell = tracked.cells.get(index as usize).copied().unwrap_or(EMPTY);
            let set = tracking.fine(cell);
            tracking.depend(set);
            if let Some((module, patch)) = tracked.target(index) {
                (m, index) = (self.evaluator.linked(module), patch);
            }
        }
        let patch = m.module().patches[index as usize];
        let frame = Frame::alloc(&mut self.region, frame, patch.frame_size as usize);
        self.eval(m, frame, patch.body)
    }
}

/// Whether a literal is a constant where its file is not edited: see `Ctx::constant_set`.
fn has_constants_only(m: &Linked, index: u32) -> bool {
    let lit = &m.module().attrsets[index as usize];
    let constant = |id: ExprId| match *m.expr(id) {
        // What was replaced since shows as not known yet.
        Expr::Patch(index) if m.tracked.as_ref().is_none_or(|tracked| tracked.target(index).is_none()) => {
            match *m.expr(m.module().patches[index as usize].body) {
                Expr::List(items) => items.len == 0,
                body => matches!(body, Expr::Const(_)),
            }
        }
        _ => false,
    };
    lit.dynamic.is_empty() && lit.sources.is_empty() && !lit.recursive && lit.attrs.iter().all(|attr| constant(attr.value))
}
