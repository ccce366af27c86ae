//! What a long search has found out already, so that no part of it is done twice.
//!
//! Where a search goes from a place of the subject depends on the state and on the counters that can still be asked there;
//! what groups captured plays no part. So a place that was searched to its end before has the same outcome again. Without
//! this, `(a*)*b` takes time exponential in the subject; with it, time is polynomial.

use rustc_hash::FxHashMap;

use super::{Ere, State, StateId};

/// Counters that a key has room for, two bits each.
pub(super) const MAX_COUNTERS: usize = 64;
/// Places that are remembered, at most: 48 bytes each.
const MAX_PLACES: usize = 1 << 22;

/// State, position in the subject, and the live counters.
type Place = (StateId, usize, u128);

pub(super) struct Memo {
    /// For each state two bits for every counter that can be asked from there on.
    asked: Vec<u128>,
    /// Whether the search from a place led to a match.
    outcomes: FxHashMap<Place, bool>,
}

impl Memo {
    /// `None` for an expression with more counters than a key can hold.
    pub(super) fn new(ere: &Ere) -> Option<Memo> {
        if ere.counters as usize > MAX_COUNTERS {
            return None;
        }
        let mut asked = vec![0u128; ere.states.len()];
        // States are made from the last to the first, so that most lead to lower ones: few passes find everything.
        let mut changed = true;
        while changed {
            changed = false;
            for (id, state) in ere.states.iter().enumerate() {
                let of = |next: StateId| asked[next as usize];
                let all = match *state {
                    State::Byte(_, next)
                    | State::Any(next)
                    | State::Class(_, next)
                    | State::Run(_, next)
                    | State::GroupStart(_, next)
                    | State::GroupEnd(_, next)
                    | State::LineStart(next)
                    | State::LineEnd(next) => of(next),
                    State::Either { first, second } => of(first) | of(second),
                    State::Repeat { counter, again, next } => of(again) | of(next) | 3 << (2 * counter),
                    State::Accept => 0,
                };
                changed |= all != asked[id];
                asked[id] = all;
            }
        }
        Some(Memo { asked, outcomes: FxHashMap::default() })
    }

    /// The place, given two bits for each counter.
    fn place(&self, state: StateId, at: usize, counters: u128) -> Place {
        (state, at, counters & self.asked[state as usize])
    }

    pub(super) fn outcome(&self, state: StateId, at: usize, counters: u128) -> Option<bool> {
        self.outcomes.get(&self.place(state, at, counters)).copied()
    }

    pub(super) fn remember(&mut self, state: StateId, at: usize, counters: u128, found: bool) {
        if !self.is_full() {
            self.outcomes.insert(self.place(state, at, counters), found);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.outcomes.len() >= MAX_PLACES
    }

    pub(super) fn bytes(&self) -> usize {
        self.outcomes.capacity() * size_of::<(Place, bool)>() + self.asked.capacity() * size_of::<u128>()
    }
}
