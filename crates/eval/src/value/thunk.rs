//! [`Thunk`]: a computation that becomes a value in place. Object: state word, payload word, further words
//! for some kinds.
//!
//! The state word is the final value once there is one (its tag is never 0), else
//! `expression << 32 | module << 8 | kind << 3`. The payload (a frame, or a pending
//! application) never changes.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Frame, TAG_THUNK, Value};
use crate::forcing::{self, State, ThunkKind, Word};
use crate::heap::{Kind, Region};

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Thunk(u64);

impl State {
    /// Of a [`ThunkKind::Derived`].
    pub(crate) fn record(self) -> &'static Record {
        debug_assert_eq!(self.kind(), ThunkKind::Derived);
        // SAFETY: only `Record::alloc` makes such states, from the address of a record that it wrote before; records never move
        // or change, and live as long as the heap.
        unsafe { &*((self.0 >> 8) as *const Record) }
    }
}

/// The result of a thunk that may have to be evaluated again.
#[repr(C)]
pub(crate) struct Record {
    /// The value, or a state of kind [`ThunkKind::Failed`].
    pub result: u64,
    /// The state before it was evaluated. What that refers to is still in the thunk.
    pub recipe: State,
    /// What it rests on: a set of the evaluator's tracker.
    pub set: u64,
}

impl Record {
    /// The state of a thunk with this result.
    pub(crate) fn alloc(region: &mut Region, record: Record) -> State {
        let object = region.alloc(Kind::Thunk, size_of::<Record>() / 8);
        debug_assert_eq!(object as u64 >> 56, 0);
        // SAFETY: that many words were just allocated.
        unsafe { object.cast::<Record>().write(record) };
        State((object as u64) << 8 | (ThunkKind::Derived as u64) << 3)
    }
}

impl Thunk {
    /// The result, where there is one and it is a value; nothing is evaluated.
    pub(crate) fn known(self) -> Option<Value> {
        match self.load() {
            Ok(value) => Some(value),
            Err(state) if state.kind() == ThunkKind::Derived => Some(Value(state.record().result)).filter(|value| !value.is_thunk()),
            Err(_) => None,
        }
    }

    /// Puts the thunk back into the state `recipe`, in which it was before it was evaluated. Nobody else may be evaluating.
    pub(crate) fn reset(self, recipe: State) {
        self.word().store(recipe.0, Ordering::Release);
    }

    /// Makes a derived result final, if it still is `from`.
    pub(crate) fn settle(self, from: State, word: u64) {
        let _ = self.word().compare_exchange(from.0, word, Ordering::AcqRel, Ordering::Relaxed);
    }

    #[inline(always)]
    pub(crate) fn from_word(word: u64) -> Thunk {
        Thunk(word)
    }

    #[inline(always)]
    fn alloc(region: &mut Region, state: State, payload: u64) -> Value {
        let object = region.alloc(Kind::Thunk, 2);
        // SAFETY: two words were just allocated.
        unsafe {
            *object = state.0;
            *object.add(1) = payload;
        }
        Value(object as u64 | TAG_THUNK)
    }

    #[inline(always)]
    pub(crate) fn suspend(region: &mut Region, module: u32, expr: u32, frame: Frame) -> Value {
        Thunk::alloc(region, State::suspended(module, expr), frame.0)
    }

    /// One whose evaluation has failed; `number` is that of the failure.
    pub(crate) fn failed(region: &mut Region, number: u32) -> Value {
        Thunk::alloc(region, State::new(ThunkKind::Failed, number), 0)
    }

    /// The application of `function` to `args`, to be done when it is needed.
    pub(crate) fn apply(region: &mut Region, function: Value, args: &[Value]) -> Value {
        let object = region.alloc(Kind::Application, 2 + args.len());
        // SAFETY: that many words were just allocated.
        unsafe {
            *object = State::new(ThunkKind::Apply, args.len() as u32).0;
            *object.add(1) = function.0;
            std::ptr::copy_nonoverlapping(args.as_ptr(), object.add(2).cast::<Value>(), args.len());
        }
        Value(object as u64 | TAG_THUNK)
    }

    /// Tells it from other thunks.
    pub(crate) fn address(self) -> u64 {
        self.0
    }

    #[inline(always)]
    fn word(self) -> &'static AtomicU64 {
        // SAFETY: by construction the address of a thunk.
        unsafe { &*(self.0 as *const AtomicU64) }
    }

    /// The final value, or the state.
    #[inline(always)]
    pub(crate) fn load(self) -> Result<Value, State> {
        forcing::read(self).map(Value)
    }

    /// The final value, if there is one; not of an unset slot, either.
    #[inline(always)]
    pub(crate) fn known_at_once(self) -> Option<Value> {
        if self.0 == 0 { None } else { self.load().ok() }
    }

    /// Claims the thunk. False where another thread changed it meanwhile.
    #[inline(always)]
    pub(crate) fn claim(self, from: State, pending: State) -> bool {
        forcing::claim(self, from, pending)
    }

    /// As [`Thunk::claim`] where no other thread can be running.
    #[inline(always)]
    pub(crate) fn claim_alone(self, to: State) {
        self.word().store(to.0, Ordering::Relaxed);
    }

    /// Stores the result; returns whether somebody waits for it.
    #[inline(always)]
    pub(crate) fn finish(self, word: u64) -> bool {
        forcing::publish(self, word)
    }

    #[inline(always)]
    pub(crate) fn finish_alone(self, word: u64) {
        self.word().store(word, Ordering::Release);
    }

    #[inline(always)]
    fn payload(self) -> u64 {
        // SAFETY: by construction the address of a thunk; the payload never changes.
        unsafe { *(self.0 as *const u64).add(1) }
    }

    #[inline(always)]
    pub(crate) fn frame(self) -> Frame {
        Frame(self.payload())
    }

    /// Function and arguments of a thunk whose state is or was `state`, of kind [`ThunkKind::Apply`].
    pub(crate) fn application(self, state: State) -> (Value, &'static [Value]) {
        debug_assert_eq!(state.kind(), ThunkKind::Apply);
        let object = self.0 as *const u64;
        // SAFETY: this is what `Thunk::apply` wrote behind the state, which tells the number of arguments.
        unsafe { (Value(*object.add(1)), std::slice::from_raw_parts(object.add(2).cast::<Value>(), state.number() as usize)) }
    }
}

impl Word for Thunk {
    #[inline(always)]
    fn load(self, order: Ordering) -> u64 {
        self.word().load(order)
    }

    #[inline(always)]
    fn compare_exchange(self, from: u64, to: u64, success: Ordering, failure: Ordering) -> Result<u64, u64> {
        self.word().compare_exchange(from, to, success, failure)
    }

    #[inline(always)]
    fn swap(self, to: u64, order: Ordering) -> u64 {
        self.word().swap(to, order)
    }
}

impl std::fmt::Debug for Thunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Thunk({:#x})", self.0)
    }
}
