//! Evaluation on several threads. One thread is *in order*: it evaluates, prints and fails as if it were alone. Where it is
//! certain to need several values one after the other (the parts of what is printed, the attributes of a derivation, the
//! results of a predicate), it offers them as a [`Batch`]; the other threads of its [`Team`] force them *ahead* of it, from the
//! back. So it finds most of them done, and nothing is evaluated that would not have been.
//!
//! What runs ahead is quiet. Before anything whose order shows (a trace, a warning, a build, a fetch), at an infinite
//! recursion, too deep a stack, or a circle of threads that wait for each other it gives up: the thunks that it holds go back
//! to what they were, and the thread in order evaluates them when it comes to them. Other failures are what they would be on
//! one thread, and thunks remember them. A thread in order that waits for another runs ahead meanwhile.
//!
//! Values are collected by the thread in order, while the others stand still between two steps of evaluation ([`Gate`]). Each of them
//! shows what is on its own stack before; so nobody has to come to the end of a piece of work first, which may be most of the program.
//!
//! Hence the result, the messages with their order, and which error is reported are those of one thread, however many there
//! are and whatever they come to first. Three things are not as on one thread:
//! - Where all attributes of a set are evaluated and several speak or fail, their order is that of their names' bytes, not
//!   the one in which names became known (as in Nix), which on several threads is not always the same.
//! - A message that shows part of a value may show more of it evaluated.
//! - The depth of calls is counted from where a thread began: what overflows on one thread may succeed on several.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::ctx::Ctx;
use crate::error::{ErrorKind, EvalError, Result};
use crate::evaluator::Evaluator;
use crate::heap::{Marker, ScratchSet, ScratchVec, all_stack_words};
use crate::value::{Attrs, List, Thunk, ThunkKind, Value, View};

/// What will be done with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// [`Ctx::force`].
    Force,
    /// [`Ctx::force_deep`].
    Deep,
    /// Printing it as JSON.
    Json,
    /// Coercing it to a string, as the attributes of derivations are.
    Text,
    /// Looking for derivations in it.
    Derivation,
}

/// Values that the thread which offered them takes from the front, and others from the back.
#[derive(Debug)]
struct Batch {
    items: Box<[Value]>,
    work: Ahead,
    /// Below it the owner has been.
    front: AtomicUsize,
    /// From it on others have been.
    back: AtomicUsize,
}

/// Threads that work for one of them.
#[derive(Debug, Default)]
pub(crate) struct Team {
    /// The oldest first: those have the biggest parts.
    queue: Mutex<VecDeque<Arc<Batch>>>,
    /// Length of the queue.
    open: AtomicUsize,
    /// How many threads have nothing to do.
    hungry: AtomicUsize,
    /// The thread in order has ended.
    stop: Arc<AtomicBool>,
    gate: Gate,
    panicked: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// Where threads stand still between two steps, while the thread in order collects values.
#[derive(Debug, Default)]
struct Gate {
    closed: AtomicBool,
    /// How many threads stand still. Changes under the lock of `state`.
    still: AtomicU32,
    state: Mutex<GateState>,
    opened: Condvar,
}

#[derive(Debug, Default)]
struct GateState {
    still: Vec<Still>,
    since: Option<Instant>,
    /// Not to be closed again before so many bytes were handed out.
    not_before: usize,
}

/// A thread that stands still.
#[derive(Debug)]
pub(crate) struct Still {
    thread: u32,
    /// What it may be using.
    pub(crate) words: Vec<u64>,
}

/// After this time the gate opens again without a collection: somebody is busy with a long step, and others could work.
const PATIENCE: Duration = Duration::from_millis(30);

/// How often a thread without work looks whether it was told to end; somebody who has work wakes it.
const IDLE: Duration = Duration::from_millis(50);

/// How deep one may wait for the other on the same stack.
const MAX_HELPING: u32 = 6;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

impl Team {
    pub(crate) fn has_work(&self) -> bool {
        self.open.load(Ordering::Acquire) > 0
    }

    /// Counts the caller among those without work.
    pub(crate) fn hungry(&self) -> Hungry<'_> {
        self.hungry.fetch_add(1, Ordering::Relaxed);
        Hungry(self)
    }

    fn wants_work(&self) -> bool {
        let hungry = self.hungry.load(Ordering::Relaxed);
        hungry > 0 && self.open.load(Ordering::Relaxed) < hungry
    }

    pub(crate) fn has_panicked(&self) -> bool {
        self.panicked.load(Ordering::Relaxed)
    }

    /// Has the others stand still after their step; `work` is done if all of them do, and told what they hold. Where they do not soon,
    /// it is tried again when `again` bytes more were handed out.
    pub(crate) fn while_still(&self, evaluator: &Evaluator, again: usize, work: impl FnOnce(&[Still])) {
        let allocated = evaluator.heap.allocated();
        let mut gate = lock(&self.gate.state);
        if !self.gate.closed.load(Ordering::Relaxed) {
            if allocated < gate.not_before {
                return;
            }
            gate.since = Some(Instant::now());
            self.gate.closed.store(true, Ordering::Relaxed);
            evaluator.waits.wake();
        }
        let done = evaluator.inside.if_only(1 + self.still(), || work(&gate.still));
        if done || gate.since.is_none_or(|since| since.elapsed() > PATIENCE) {
            gate.not_before = if done { 0 } else { allocated + again };
            self.open();
        }
    }

    /// Nobody has to stand still any more.
    fn open(&self) {
        self.gate.closed.store(false, Ordering::Relaxed);
        self.gate.opened.notify_all();
    }

    /// To be called where the thread in order can not collect: others may hold what it needs.
    pub(crate) fn open_if_closed(&self) {
        if self.is_closed() {
            let _state = lock(&self.gate.state);
            self.open();
        }
    }

    /// What may still be taken from the queue.
    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        lock(&self.queue).iter().for_each(|batch| batch.items.iter().for_each(|&value| marker.root(value)));
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.gate.closed.load(Ordering::Relaxed)
    }

    /// How many stand still.
    pub(crate) fn still(&self) -> u32 {
        self.gate.still.load(Ordering::Relaxed)
    }

    fn has_ended(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn put(&self, batch: Arc<Batch>) {
        let mut queue = lock(&self.queue);
        queue.push_back(batch);
        self.open.store(queue.len(), Ordering::Release);
    }

    fn take(&self) -> Option<(Value, Ahead)> {
        let mut queue = lock(&self.queue);
        let mut found = None;
        while let Some(batch) = queue.front() {
            let back = batch.back.load(Ordering::Relaxed);
            if back > batch.front.load(Ordering::Relaxed) {
                batch.back.store(back - 1, Ordering::Relaxed);
                found = batch.items.get(back - 1).map(|&value| (value, batch.work));
                break;
            }
            queue.pop_front();
        }
        self.open.store(queue.len(), Ordering::Release);
        found
    }
}

/// See [`Team::hungry`].
pub(crate) struct Hungry<'t>(&'t Team);

impl Drop for Hungry<'_> {
    fn drop(&mut self) {
        self.0.hungry.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Values that others may evaluate until it is dropped.
pub struct Offer(Option<Arc<Batch>>);

impl Offer {
    /// Nobody is to begin with number `index` any more, or those before it.
    #[inline]
    pub fn reached(&self, index: usize) {
        if let Some(batch) = &self.0 {
            batch.front.store(index + 1, Ordering::Relaxed);
        }
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        self.reached(usize::MAX - 1);
    }
}

/// Ends the team when the thread in order is done, however it ends.
struct Ending<'t>(&'t Team, &'t Evaluator);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
        // Nobody is between looking at it and waiting then.
        drop(lock(&self.0.gate.state));
        self.0.gate.opened.notify_all();
        self.1.waits.wake();
    }
}

impl Evaluator {
    /// As [`Evaluator::enter`], with `threads` threads (this one counts) that evaluate ahead what `work` will need. Its
    /// result is that of one thread: see `ahead.rs`.
    ///
    /// # Panics
    /// Where one of the threads does, once all have ended.
    pub fn enter_team<R>(&self, threads: usize, cancel: Arc<AtomicBool>, work: impl FnOnce(&mut Ctx<'_>) -> R) -> R {
        // What results rest on is noted by one thread at a time.
        if threads <= 1 || self.options.single_threaded || self.tracker.is_some() {
            return self.enter(cancel, work);
        }
        let team = Team::default();
        let result = std::thread::scope(|scope| {
            for number in 1..threads {
                let name = format!("nival-eval-{number}");
                // With fewer threads than asked for it takes longer, that is all.
                let _ = std::thread::Builder::new().name(name).spawn_scoped(scope, || self.work_ahead(&team));
            }
            let _ending = Ending(&team, self);
            self.enter_with(Some(&team), cancel, work)
        });
        match lock(&team.panic).take() {
            Some(payload) => std::panic::resume_unwind(payload),
            None => result,
        }
    }

    /// What the other threads of a team do.
    fn work_ahead(&self, team: &Team) {
        let done = std::panic::catch_unwind(AssertUnwindSafe(|| {
            self.enter_with(Some(team), Arc::clone(&team.stop), |ctx| {
                ctx.follows = true;
                while !team.has_ended() {
                    ctx.let_collect();
                    match team.take() {
                        Some((value, work)) => ctx.run_ahead(value, work),
                        None => {
                            let _hungry = team.hungry();
                            self.waits.idle(IDLE, || team.has_work() || team.is_closed() || team.has_ended());
                        }
                    }
                }
            })
        }));
        if let Err(payload) = done {
            // Its thunks stay pending for ever: whoever waits for one finds out here.
            lock(&team.panic).get_or_insert(payload);
            team.panicked.store(true, Ordering::Relaxed);
            self.waits.wake();
        }
    }
}

impl<'e> Ctx<'e> {
    /// Waits until a collection is over, if there is to be one and what this thread holds is in view.
    pub(crate) fn let_collect(&mut self) {
        if let Some(team) = self.team.filter(|_| self.has_to_stand_still()) {
            self.stand_still(team);
        }
    }

    /// Whether [`Ctx::let_collect`] would wait.
    pub(crate) fn has_to_stand_still(&self) -> bool {
        self.follows && self.team.is_some_and(Team::is_closed) && self.stack.is_current()
    }

    #[cold]
    #[inline(never)]
    fn stand_still(&mut self, team: &Team) {
        self.region.flush();
        self.forget_name_strings();
        self.seen_deep = ScratchSet::default();
        let words = all_stack_words(&self.stack);
        let mut gate = lock(&team.gate.state);
        gate.still.push(Still { thread: self.thread, words });
        team.gate.still.fetch_add(1, Ordering::Relaxed);
        // The one in order may be waiting for a thunk of this thread.
        self.evaluator.waits.wake();
        while team.is_closed() && !team.has_ended() {
            let (state, waited) = team.gate.opened.wait_timeout(gate, PATIENCE).unwrap_or_else(|e| e.into_inner());
            gate = state;
            if waited.timed_out() {
                // The one in order is busy with a long step, or waits for what others of the process hold.
                team.open();
            }
        }
        team.gate.still.fetch_sub(1, Ordering::Relaxed);
        gate.still.retain(|still| still.thread != self.thread);
    }

    /// Whether there are other threads, and some have nothing to do: then [`Ctx::offer`] what will be needed.
    #[inline(always)]
    pub fn wants_offers(&self) -> bool {
        self.team.is_some_and(|team| team.wants_work())
    }

    /// Lets other threads evaluate `values`, all of which the caller is certain to need unless something fails. They begin at
    /// the back; the caller tells how far it is.
    pub fn offer(&mut self, values: impl IntoIterator<Item = Value>, work: Ahead) -> Offer {
        if !self.wants_offers() {
            return Offer(None);
        }
        // The first one is the caller's own.
        self.put(values.into_iter().collect(), 1, work)
    }

    fn put(&self, items: Box<[Value]>, front: usize, work: Ahead) -> Offer {
        let Some(team) = self.team.filter(|_| items.len() > front) else { return Offer(None) };
        let batch = Arc::new(Batch { back: AtomicUsize::new(items.len()), items, work, front: AtomicUsize::new(front) });
        team.put(Arc::clone(&batch));
        self.evaluator.waits.wake();
        Offer(Some(batch))
    }

    /// To be called before anything whose order shows: messages, builds, fetches.
    ///
    /// # Errors
    /// This runs ahead of its turn and has to be given up.
    pub fn in_order(&mut self) -> Result<()> {
        if self.quiet { Err(self.give_up()) } else { Ok(()) }
    }

    /// A line of `builtins.trace`.
    pub fn trace(&mut self, message: &str) -> Result<()> {
        self.in_order()?;
        self.host().trace(message);
        Ok(())
    }

    /// A warning of the evaluator's own.
    pub fn notice(&mut self, message: &str) -> Result<()> {
        self.in_order()?;
        self.host().notice(message);
        Ok(())
    }

    /// A line of `builtins.warn`.
    pub fn warn(&mut self, message: &str) -> Result<()> {
        self.in_order()?;
        self.host().warn(message);
        Ok(())
    }

    /// Ends what this thread does ahead of its turn: no thunk on the way keeps a result or a failure.
    #[cold]
    pub(crate) fn give_up(&mut self) -> Box<EvalError> {
        self.gave_up = true;
        EvalError::new(ErrorKind::Cancelled, "evaluation ahead of its turn was given up")
    }

    /// The team, if this thread may do something else while it waits.
    pub(crate) fn helper(&self) -> Option<&'e Team> {
        self.team.filter(|_| self.helping < MAX_HELPING && !self.gave_up)
    }

    pub(crate) fn help(&mut self) {
        if let Some((value, work)) = self.helper().and_then(Team::take) {
            self.helping += 1;
            self.run_ahead(value, work);
            self.helping -= 1;
        }
    }

    /// Evaluates a value as far as `work` needs it, quietly. What fails fails again when its turn comes.
    fn run_ahead(&mut self, value: Value, work: Ahead) {
        if value.is_thunk() && is_being_evaluated(Thunk::from_word(value.0)) {
            return;
        }
        let before = (self.depth, self.call_pos, self.quiet, self.gave_up);
        (self.quiet, self.gave_up) = (true, false);
        let _ = self.evaluate_ahead(value, work);
        (self.depth, self.call_pos, self.quiet, self.gave_up) = before;
    }

    fn evaluate_ahead(&mut self, value: Value, work: Ahead) -> Result<()> {
        self.enter_call()?;
        let value = self.force(value)?;
        let names = &self.evaluator.names;
        match (value.view(), work) {
            (_, Ahead::Force) => {}
            (_, Ahead::Deep) => {
                let mut seen = std::mem::take(&mut self.seen_deep);
                let result = self.force_deep_inner(value, &mut seen);
                self.seen_deep = seen;
                result?;
            }
            (View::Path(path), Ahead::Json | Ahead::Text) => drop(self.copy_path_to_store(path.bytes())?),
            (View::List(list), _) => {
                for &element in list.elements() {
                    self.evaluate_ahead(element, work)?;
                }
            }
            (View::Attrs(set), Ahead::Derivation) => self.derivation_ahead(set)?,
            (View::Attrs(set), _) => match set.get(names.out_path) {
                // What `__toString` gives is not kept anywhere.
                _ if set.contains(names.to_string) => {}
                Some(path) => self.evaluate_ahead(path, work)?,
                None if work == Ahead::Text => {}
                None => {
                    let values = self.attrs_sorted(set)?;
                    let offer = self.offer(values.iter().map(|attr| attr.value), work);
                    for (i, attr) in values.iter().enumerate() {
                        offer.reached(i);
                        self.evaluate_ahead(attr.value, work)?;
                    }
                }
            },
            _ => {}
        }
        self.depth -= 1;
        Ok(())
    }
}

impl Ctx<'_> {
    fn derivation_ahead(&mut self, set: Attrs) -> Result<()> {
        if self.is_derivation(set)? {
            for name in [self.evaluator.names.drv_path, self.evaluator.names.out_path] {
                if let Some(value) = set.get(name) {
                    self.force(value)?;
                }
            }
        }
        Ok(())
    }
}

/// The results of one function for all elements of a list, in order.
pub(crate) struct Calls {
    function: Value,
    elements: &'static [Value],
    /// The calls from number `first` on, where others may make them.
    ahead: ScratchVec<Value>,
    first: usize,
    offer: Offer,
}

/// From so many calls on it is worth while to offer them.
const MIN_CALLS: usize = 8;

impl Calls {
    /// All results will be needed unless one fails. `function` is forced.
    pub fn new(function: Value, list: List) -> Self {
        Calls { function, elements: list.elements(), ahead: ScratchVec::new(), first: 0, offer: Offer(None) }
    }

    /// Makes call number `index`; they are made one after the other.
    #[inline]
    pub fn call(&mut self, ctx: &mut Ctx<'_>, index: usize) -> Result<Value> {
        if self.ahead.is_empty() {
            if !ctx.wants_offers() || self.elements.len() < index + MIN_CALLS {
                return ctx.call(self.function, &self.elements[index..=index]);
            }
            self.first = index;
            self.ahead = (index..self.elements.len()).map(|i| ctx.lazy_call(self.function, &self.elements[i..=i])).collect();
            self.offer = ctx.offer(self.ahead.iter().copied(), Ahead::Force);
        }
        self.offer.reached(index - self.first);
        ctx.force(self.ahead[index - self.first])
    }
}

fn is_being_evaluated(thunk: Thunk) -> bool {
    matches!(thunk.load(), Err(state) if matches!(state.kind(), ThunkKind::Pending | ThunkKind::Awaited))
}
