//! When memory is collected, and what is kept: the roots of an evaluator.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::ahead::{Still, Team};
use crate::ctx::Ctx;
use crate::evaluator::Evaluator;
use crate::heap::{Checks, Marker, Root, Scope, scan_registers_and_stack};
use crate::pace::{Pace, is_full_due};
use crate::value::Value;

/// When an evaluator frees the values that nothing refers to any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collect {
    /// All memory is freed with the evaluator.
    Never,
    /// When it pays: values that are kept outside of [`Evaluator::enter`] must be kept as [`Root`]s.
    Automatic,
    /// At every so manieth step, and more rarely where there is much to look at; everything is looked at twice, and what is freed is overwritten: for tests.
    Stress(u32),
    /// As `Automatic`, with the checks of `Stress`.
    Checked,
}

/// How many threads are inside an evaluator. While one collects no other gets in or out.
#[derive(Debug, Default)]
pub(crate) struct Inside(Mutex<u32>);

/// Held by a thread that is inside.
pub(crate) struct Entered<'a>(&'a Inside);

impl Inside {
    fn count(&self) -> MutexGuard<'_, u32> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(crate) fn enter(&self) -> Entered<'_> {
        *self.count() += 1;
        Entered(self)
    }

    /// Does `work` if so many threads are inside; whether they are.
    pub(crate) fn if_only(&self, threads: u32, work: impl FnOnce()) -> bool {
        let count = self.count();
        let only = *count == threads;
        if only {
            work();
        }
        only
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        *self.0.count() -= 1;
    }
}

/// Under stress so many bytes are looked at twice at each collection.
const SMALL: usize = 64 << 10;

/// What modules refer to: too many words to look through them all at each collection.
#[derive(Debug, Default)]
pub(crate) struct Constants {
    values: Vec<Value>,
    /// So many of them are old.
    old: usize,
}

impl Constants {
    pub(crate) fn add(&mut self, value: Value) {
        self.values.push(value);
    }

    fn mark(&mut self, all: bool, marker: &mut Marker<'_>) {
        let from = if all { 0 } else { self.old };
        self.values[from..].iter().for_each(|&value| marker.root(value));
        self.old = self.values.len();
    }
}

/// Collections that run in this process.
static RUNNING: AtomicU32 = AtomicU32::new(0);

/// Whether an evaluator of this process is collecting: it does nothing else meanwhile, and cannot be cancelled.
pub fn is_collecting() -> bool {
    RUNNING.load(Ordering::Relaxed) > 0
}

struct Running;

impl Running {
    fn begin() -> Self {
        RUNNING.fetch_add(1, Ordering::Relaxed);
        Running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where one of several threads is busy, it is tried again after so many bytes.
const AGAIN: usize = 32 << 20;

impl Ctx<'_> {
    /// To be called between two steps.
    pub(crate) fn collect_if_due(&mut self) {
        if self.follows {
            return self.let_collect();
        }
        let due = match self.evaluator.options.collect {
            Collect::Never => false,
            Collect::Automatic | Collect::Checked => {
                let heap = &self.evaluator.heap;
                heap.allocated() > self.pace(self.evaluator.collections.load(Ordering::Relaxed)).bytes(heap.live()) || self.is_over_budget()
            }
            Collect::Stress(_) => true,
        };
        // What results rest on is kept in places that are no roots.
        if !due || self.tracking.is_some() || !self.stack.is_current() {
            return self.team.map_or((), Team::open_if_closed);
        }
        let evaluator = self.evaluator;
        match self.team {
            Some(team) => {
                let again = if let Collect::Stress(_) = evaluator.options.collect { 0 } else { AGAIN };
                team.while_still(evaluator, again, |still| self.collect(still));
            }
            None => drop(evaluator.inside.if_only(1, || self.collect(&[]))),
        }
    }

    /// Whether the budget is exceeded, and enough was allocated since the last collection to try one more.
    fn is_over_budget(&self) -> bool {
        let heap = &self.evaluator.heap;
        self.evaluator.options.budget.bytes.is_some_and(|limit| heap.reserved_bytes() > limit && heap.allocated() > limit / 16)
    }

    fn pace(&self, number: u32) -> Pace {
        let big = self.evaluator.reading.as_ref().is_some_and(|reading| reading.is_long());
        Pace { number, team: self.team.is_some(), big }
    }

    /// `still` are the other threads inside.
    #[cold]
    #[inline(never)]
    fn collect(&mut self, still: &[Still]) {
        let _running = Running::begin();
        let number = self.evaluator.collections.fetch_add(1, Ordering::Relaxed);
        let checks = match self.evaluator.options.collect {
            // The more there is to look at the less often.
            Collect::Stress(_) if !number.is_multiple_of(1 + (self.evaluator.heap.live() / SMALL) as u32) => Checks::Poison,
            Collect::Stress(_) | Collect::Checked => Checks::Verify,
            Collect::Never | Collect::Automatic => Checks::None,
        };
        self.region.flush();
        // They are made anew when they are asked for.
        self.forget_name_strings();
        self.seen_deep.clear();
        if self.alone {
            self.put_code_aside(number);
        }
        let over_budget = self.is_over_budget();
        let stress = matches!(self.evaluator.options.collect, Collect::Stress(_));
        let keeps_all = self.pace(number).keeps_all() && !over_budget && !stress;
        self.mark(if keeps_all { Scope::Nothing } else { Scope::Young }, checks, still);
        let heap = &self.evaluator.heap;
        let full = if stress { number.is_multiple_of(4) } else { over_budget || is_full_due(heap.live(), heap.live_full()) };
        if full {
            self.mark(Scope::All, checks, still);
        }
    }

    fn mark(&mut self, scope: Scope, checks: Checks, still: &[Still]) {
        let evaluator = self.evaluator;
        // SAFETY: the other threads inside stand still and have flushed their regions, as this one just has. Besides what they show they
        // hold nothing but what is in the team's queue.
        let mut marker = unsafe { Marker::new(&evaluator.heap, scope, checks) };
        evaluator.mark_roots(scope == Scope::All || checks == Checks::Verify, &mut marker);
        if let Some(team) = self.team {
            team.mark(&mut marker);
        }
        still.iter().flat_map(|thread| &thread.words).for_each(|&word| marker.word(word));
        scan_registers_and_stack(&self.stack, &mut marker);
        marker.finish();
    }

    /// Keeps what a module refers to.
    pub(crate) fn keep_constant(&mut self, value: Value) {
        if self.evaluator.options.collect != Collect::Never && value.is_object() {
            self.evaluator.constants.lock().unwrap_or_else(|e| e.into_inner()).add(value);
        }
    }

    /// Keeps a value beyond this `enter`.
    pub fn root(&mut self, value: Value) -> Root {
        self.evaluator.roots.add(value)
    }
}

impl Evaluator {
    fn mark_roots(&self, all: bool, marker: &mut Marker<'_>) {
        for values in [&self.imports, &self.copied] {
            values.lock().unwrap_or_else(|e| e.into_inner()).values().for_each(|&value| marker.root(value));
        }
        [self.empty_list(), self.empty_attrs(), self.builtins()].into_iter().for_each(|value| marker.root(value));
        self.globals().iter().for_each(|&value| marker.root(value));
        self.constants.lock().unwrap_or_else(|e| e.into_inner()).mark(all, marker);
        self.roots.mark(marker);
    }
}
