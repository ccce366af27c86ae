//! The protocol by which threads force one thunk: claim, publish, wait, give up. It knows no values and allocates none; the
//! same text runs under a model checker (`tests/forcing_model.rs`), which brings its own atomics and locks as `sync`.
//!
//! The word of a thunk is its final value (a tag that is not 0 in the lowest bits), or one of the states of [`ThunkKind`]:
//! suspended → pending(owner) → awaited(owner) → value, failure, or suspended again where the owner gave up.
//!
//! One thread of an evaluation is in order: what it does is what one thread alone would do. All others run ahead of it and
//! are quiet (`crate::ahead`): where they would have to wait in a circle, they give up what they were doing, and the thread in
//! order comes to it by itself. Two threads that are both in order (two requests of an editor) and wait for each other have
//! found an infinite recursion.

use std::collections::HashMap;
use std::time::Duration;

use super::sync::{Condvar, Mutex, MutexGuard, Ordering};

/// The lowest bits of a word, 0 in the word of a thunk that has no value yet.
pub(crate) const TAG_MASK: u64 = 7;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum ThunkKind {
    /// Expression of a module, in the frame of the payload.
    Suspended = 0,
    /// A thread (bits 32..) is evaluating it.
    Pending = 1,
    /// As pending, and another thread waits.
    Awaited = 2,
    /// Function and arguments (bits 32.. tell their number): the payload is the function, and the arguments follow.
    Apply = 3,
    /// Bits 32.. index the evaluator's table of failures.
    Failed = 4,
    /// Has a result, which rests on what may change: bits 8.. are the address of its record.
    Derived = 5,
}

/// The state word of a thunk that has no value yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(pub(crate) u64);

impl State {
    #[inline(always)]
    pub(crate) fn suspended(module: u32, expr: u32) -> State {
        State((expr as u64) << 32 | (module as u64) << 8)
    }

    #[inline(always)]
    pub(crate) fn new(kind: ThunkKind, number: u32) -> State {
        State((number as u64) << 32 | (kind as u64) << 3)
    }

    #[inline(always)]
    pub(crate) fn kind(self) -> ThunkKind {
        match self.0 >> 3 & 31 {
            0 => ThunkKind::Suspended,
            1 => ThunkKind::Pending,
            2 => ThunkKind::Awaited,
            3 => ThunkKind::Apply,
            4 => ThunkKind::Failed,
            _ => ThunkKind::Derived,
        }
    }

    /// Expression, owner thread, or failure.
    #[inline(always)]
    pub(crate) fn number(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline(always)]
    pub(crate) fn module(self) -> u32 {
        (self.0 >> 8) as u32 & 0xff_ffff
    }
}

/// The word of a thunk, wherever it lies.
pub(crate) trait Word: Copy {
    fn load(self, order: Ordering) -> u64;
    fn compare_exchange(self, from: u64, to: u64, success: Ordering, failure: Ordering) -> Result<u64, u64>;
    fn swap(self, to: u64, order: Ordering) -> u64;
}

/// The final value, or the state.
#[inline(always)]
pub(crate) fn read(word: impl Word) -> Result<u64, State> {
    let word = word.load(Ordering::Acquire);
    if word & TAG_MASK == 0 { Err(State(word)) } else { Ok(word) }
}

/// Takes the thunk to evaluate it. False where another thread changed it meanwhile.
#[inline(always)]
pub(crate) fn claim(word: impl Word, from: State, pending: State) -> bool {
    word.compare_exchange(from.0, pending.0, Ordering::Acquire, Ordering::Relaxed).is_ok()
}

/// Stores what came of an evaluation: a value, a failure, or the state from before it; says whether somebody waits for it
/// (then call [`Waits::wake`]).
#[inline(always)]
pub(crate) fn publish(word: impl Word, to: u64) -> bool {
    State(word.swap(to, Ordering::AcqRel)).kind() == ThunkKind::Awaited
}

/// The thread that is evaluating the thunk.
fn owner(word: impl Word) -> Option<u32> {
    match read(word) {
        Err(state) if matches!(state.kind(), ThunkKind::Pending | ThunkKind::Awaited) => Some(state.number()),
        _ => None,
    }
}

/// What came of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// The thunk has another state.
    Changed,
    /// Not yet.
    NotYet,
    /// The thread must end its task and restore the thunks it holds: others wait for them in a circle.
    GiveUp,
    /// The thunk depends on itself.
    Recursion,
}

/// Which thread waits for which thunk. Only threads that have to wait look here.
#[derive(Debug)]
pub(crate) struct Waits<W> {
    waiting: Mutex<HashMap<u32, Waiting<W>>>,
    changed: Condvar,
}

#[derive(Debug, Clone, Copy)]
struct Waiting<W> {
    word: W,
    /// May be told to give up.
    quiet: bool,
    told: bool,
}

impl<W> Default for Waits<W> {
    fn default() -> Self {
        Waits { waiting: Mutex::new(HashMap::new()), changed: Condvar::new() }
    }
}

impl<W: Word> Waits<W> {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Waiting<W>>> {
        self.waiting.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Wakes all threads that wait: something changed.
    pub(crate) fn wake(&self) {
        // Who has looked but not gone to sleep yet holds the lock.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Lets thread `me` wait until `word`, which `owner` is evaluating, changes, `more` says that there is something else to
    /// do, or `time` is over.
    pub(crate) fn wait(&self, me: u32, word: W, owner: u32, quiet: bool, time: Duration, more: impl Fn() -> bool) -> Waited {
        let mut waiting = self.lock();
        match read(word) {
            Err(state) if state.number() == owner && state.kind() == ThunkKind::Pending => {
                let awaited = State::new(ThunkKind::Awaited, owner).0;
                if word.compare_exchange(state.0, awaited, Ordering::Acquire, Ordering::Relaxed).is_err() {
                    return Waited::Changed;
                }
            }
            Err(state) if state.number() == owner && state.kind() == ThunkKind::Awaited => {}
            _ => return Waited::Changed,
        }
        match self.circle(&mut waiting, me, word, quiet) {
            Some(outcome) => return outcome,
            None if more() => return Waited::NotYet,
            None => {}
        }
        waiting.insert(me, Waiting { word, quiet, told: false });
        waiting = self.changed.wait_timeout(waiting, time).unwrap_or_else(|e| e.into_inner()).0;
        match waiting.remove(&me) {
            Some(entry) if entry.told => Waited::GiveUp,
            _ if self::owner(word) != Some(owner) => Waited::Changed,
            _ => Waited::NotYet,
        }
    }

    /// Follows owner and awaited thunk by turns: a way back to `me` is a circle that no thread can leave by itself.
    fn circle(&self, waiting: &mut HashMap<u32, Waiting<W>>, me: u32, word: W, quiet: bool) -> Option<Waited> {
        let mut next = word;
        let mut quiet_one = None;
        while let Some(owner) = owner(next) {
            if owner == me {
                if quiet {
                    return Some(Waited::GiveUp);
                }
                let Some(entry) = quiet_one.and_then(|thread| waiting.get_mut(&thread)) else { return Some(Waited::Recursion) };
                entry.told = true;
                self.changed.notify_all();
                return None;
            }
            // One that was told to give up leaves the circle it was in.
            let entry = waiting.get(&owner).filter(|entry| !entry.told)?;
            if entry.quiet {
                quiet_one = quiet_one.or(Some(owner));
            }
            next = entry.word;
        }
        None
    }

    /// Sleeps until something changes, `more` says that there is something to do, or `time` is over.
    pub(crate) fn idle(&self, time: Duration, more: impl Fn() -> bool) {
        let waiting = self.lock();
        if !more() {
            drop(self.changed.wait_timeout(waiting, time));
        }
    }
}
