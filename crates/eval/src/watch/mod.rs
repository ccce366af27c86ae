//! Watching an evaluation: counters, calls by function, time by file, stacks for a flame graph.
//!
//! Who does not watch pays for a handful of counters (one instruction each). Everything else hangs on the slow way of
//! [`Ctx::looks`], which an evaluation that is watched takes at every step.

mod found;
mod stack;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub use found::{CallSite, Counters, FileCost, Found, FunctionCalls, Watched};
pub(crate) use stack::Step;

use crate::ctx::Ctx;

/// What to look at, and what was seen so far by all threads of the evaluators it is given to.
#[derive(Debug, Default)]
pub struct Watch {
    /// Sample stacks, for [`Watched::stacks`].
    stacks: bool,
    ticks: AtomicU64,
    found: Mutex<Found>,
}

impl Watch {
    /// `stacks`: also remember what was being called whenever a tick came.
    pub fn new(stacks: bool) -> Self {
        Watch { stacks, ..Watch::default() }
    }

    /// Time goes on: whoever watches calls this at a steady pace, `ticks` saying how many of its periods went by. They count
    /// for what is being evaluated now.
    pub fn tick(&self, ticks: u64) {
        self.ticks.fetch_add(ticks, Ordering::Relaxed);
    }
}

/// One thread's part of a [`Watch`].
#[derive(Debug)]
pub(crate) struct Local {
    shared: Arc<Watch>,
    /// Ticks that have been given to somebody.
    ticks: u64,
    stack: Vec<Step>,
    /// How long it took to read the text that is about to be loaded.
    reading: Duration,
    found: Found,
}

impl Local {
    pub(crate) fn new(shared: &Arc<Watch>) -> Box<Local> {
        let ticks = shared.ticks.load(Ordering::Relaxed);
        Box::new(Local { shared: Arc::clone(shared), ticks, stack: Vec::new(), reading: Duration::ZERO, found: Found::default() })
    }

    /// Gives the ticks since the last look to what runs now.
    fn sample(&mut self) {
        let now = self.shared.ticks.load(Ordering::Relaxed);
        if now == self.ticks {
            return;
        }
        let ticks = now - std::mem::replace(&mut self.ticks, now);
        if let Some(module) = self.stack.iter().rev().find_map(|step| step.module()) {
            self.found.file(module).ticks += ticks;
        }
        if self.shared.stacks {
            *self.found.stacks.entry(stack::folded(&self.stack)).or_default() += ticks;
        }
    }

    fn enter(&mut self, step: Step) {
        self.sample();
        self.found.count(step);
        self.stack.push(step);
    }

    fn leave(&mut self) {
        self.sample();
        self.stack.pop();
    }
}

impl Ctx<'_> {
    /// To be called where a step begins that [`Ctx::leave_watched`] ends.
    #[cold]
    pub(crate) fn enter_watched(&mut self, step: Step) {
        if let Some(watch) = &mut self.watch {
            watch.enter(step);
        }
    }

    #[cold]
    pub(crate) fn leave_watched(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.leave();
        }
    }

    /// The time now, if somebody wants to know how long something takes.
    pub(crate) fn watch_start(&self) -> Option<Instant> {
        self.watch.as_ref().map(|_| Instant::now())
    }

    /// The text of the module that will be loaded next was read.
    pub(crate) fn watch_read(&mut self, started: Option<Instant>) {
        if let (Some(watch), Some(started)) = (&mut self.watch, started) {
            watch.reading = started.elapsed();
        }
    }

    /// A text was loaded as module number `module`.
    pub(crate) fn watch_loaded(&mut self, module: u32, started: Option<Instant>) {
        if let (Some(watch), Some(started)) = (&mut self.watch, started) {
            let reading = std::mem::take(&mut watch.reading);
            let file = watch.found.file(module);
            file.reading += reading;
            file.parsing += started.elapsed();
        }
    }
}

impl Drop for Ctx<'_> {
    fn drop(&mut self) {
        let Some(mut watch) = self.watch.take() else { return };
        watch.found.counters = self.counters;
        if let Some(allocations) = self.region.counted() {
            watch.found.allocations = *allocations;
        }
        watch.shared.found.lock().unwrap_or_else(|e| e.into_inner()).merge(watch.found);
    }
}
