//! [`Kind`]: what an object is.

/// What an object is; `layout.rs` says what its words are. 1 in a block's map is no object but the beginning of a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A suspended expression, or its value.
    Thunk = FIRST,
    /// A suspended application, or its value.
    Application,
    /// The variables of a call, file or `let`.
    Frame,
    Set,
    /// A set that is another one with a few names more.
    Layered,
    List,
    String,
    Path,
    Closure,
    /// A function with some of its arguments.
    Partial,
    /// Integers and floats that do not fit a word, objects of the host.
    Number,
    /// String contexts.
    Context,
    /// A list that is the end of another.
    View,
}

const FIRST: u8 = 2;

impl Kind {
    pub const ALL: [Kind; 13] = [
        Kind::Thunk,
        Kind::Application,
        Kind::Frame,
        Kind::Set,
        Kind::Layered,
        Kind::List,
        Kind::String,
        Kind::Path,
        Kind::Closure,
        Kind::Partial,
        Kind::Number,
        Kind::Context,
        Kind::View,
    ];

    fn index(self) -> usize {
        (self as u8 - FIRST) as usize
    }

    /// A word for tables and JSON.
    pub fn name(self) -> &'static str {
        [
            "thunks",
            "applications",
            "frames",
            "sets",
            "layered sets",
            "lists",
            "strings",
            "paths",
            "closures",
            "partial applications",
            "numbers",
            "contexts",
            "list views",
        ][self.index()]
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
        self.0[kind.index()]
    }

    pub(crate) fn add(&mut self, kind: Kind, bytes: usize) {
        let tally = &mut self.0[kind.index()];
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
