//! POSIX extended regular expressions, as `builtins.match` and `builtins.split` understand them.
//!
//! Nix hands its expressions to the C++ standard library, whose `extended` grammar is stricter than POSIX in places (an
//! escaped ordinary character is an error) and whose choice among several matches is neither Perl's nor POSIX's: repetitions
//! take the first way that works, alternatives compare both ways and keep the longer. What a group captured depends on
//! that, so this engine walks in the same order. Unlike that library it keeps its own stack (a long subject cannot
//! overflow it), and remembers where it has been once a match takes long (`memo.rs`).

mod brackets;
mod exec;
mod memo;
mod parse;

pub(crate) use exec::{Captures, Interrupted, Searcher};

/// Why an expression was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EreError {
    #[error("invalid regular expression")]
    Invalid,
    #[error("memory limit exceeded by regular expression")]
    TooLarge,
}

/// Index of a state.
type StateId = u32;

/// One state of the automaton.
#[derive(Debug, Clone)]
enum State {
    Byte(u8, StateId),
    /// Any byte but NUL.
    Any(StateId),
    Class(Box<[u64; 4]>, StateId),
    /// As many bytes of the set as there are; fewer where the rest asks for it.
    Run(Box<[u64; 4]>, StateId),
    /// Both ways are tried, `first` first.
    Either {
        first: StateId,
        second: StateId,
    },
    /// `again` is tried, and only if that fails `next`.
    Repeat {
        counter: u32,
        again: StateId,
        next: StateId,
    },
    GroupStart(u32, StateId),
    GroupEnd(u32, StateId),
    LineStart(StateId),
    LineEnd(StateId),
    Accept,
}

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Ere {
    states: Vec<State>,
    start: StateId,
    groups: u32,
    counters: u32,
    /// Where the whole expression is one string of ordinary characters, without groups.
    literal: Option<Box<[u8]>>,
    /// The bytes a match can begin with; `None` if a match may be empty or begins with an assertion.
    first: Option<Box<[u64; 4]>>,
}

impl Ere {
    /// The string that the expression stands for, where it has no operators at all.
    pub(crate) fn literal(&self) -> Option<&[u8]> {
        self.literal.as_deref()
    }
}

#[inline]
fn set_contains(set: &[u64; 4], byte: u8) -> bool {
    set[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
}

#[inline]
fn set_insert(set: &mut [u64; 4], byte: u8) {
    set[usize::from(byte >> 6)] |= 1 << (byte & 63);
}

#[cfg(test)]
mod tests;
