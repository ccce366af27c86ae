//! [`Kind`]: what an object is, for those who count.

/// What a piece of memory was asked for. Nothing is stored of it: only an evaluation that is watched counts kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    Thunk,
    /// The variables of a call, file or `let`.
    Frame,
    Set,
    List,
    String,
    Path,
    /// A function, or one with some of its arguments.
    Closure,
    /// Integers and floats that do not fit a word, objects of the host.
    Number,
    /// String contexts.
    Context,
}

impl Kind {
    pub const ALL: [Kind; 9] =
        [Kind::Thunk, Kind::Frame, Kind::Set, Kind::List, Kind::String, Kind::Path, Kind::Closure, Kind::Number, Kind::Context];

    /// A word for tables and JSON.
    pub fn name(self) -> &'static str {
        ["thunks", "frames", "sets", "lists", "strings", "paths", "closures", "numbers", "contexts"][self as usize]
    }
}

/// How many objects of a kind were made, and their bytes with headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub number: u64,
    pub bytes: u64,
}

/// A [`Tally`] for each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allocations([Tally; Kind::ALL.len()]);

impl Allocations {
    pub fn of(&self, kind: Kind) -> Tally {
        self.0[kind as usize]
    }

    pub(crate) fn add(&mut self, kind: Kind, bytes: usize) {
        let tally = &mut self.0[kind as usize];
        tally.number += 1;
        tally.bytes += bytes as u64;
    }

    pub(crate) fn merge(&mut self, other: &Allocations) {
        for (own, others) in self.0.iter_mut().zip(&other.0) {
            own.number += others.number;
            own.bytes += others.bytes;
        }
    }
}
