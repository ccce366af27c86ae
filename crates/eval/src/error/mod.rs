//! [`EvalError`]: why an evaluation ended, with the trail that led there.

mod cycle;
mod pos;
mod suggest;
mod trace;

pub use cycle::Cycle;
pub(crate) use pos::Place;
pub use pos::Pos;
pub(crate) use suggest::did_you_mean;
pub use suggest::edit_distance;
pub use trace::{FrameKind, Trace, TraceFrame};

/// What the interpreter and builtins return; two words for a `Value`.
pub type Result<T, E = Box<EvalError>> = std::result::Result<T, E>;

/// The kind of an error decides whether `tryEval` catches it and how faces show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// `throw`; caught by `tryEval`.
    Throw,
    /// `assert`; caught by `tryEval`.
    Assert,
    Abort,
    Type,
    UndefinedVariable,
    MissingAttribute,
    MissingArgument,
    InfiniteRecursion,
    StackOverflow,
    /// A file has syntax errors or undefined variables.
    Parse,
    /// The host could not read or write something.
    Io,
    /// A build that evaluation waited for failed: the exit code that says how.
    Build(u8),
    /// The host's policy forbids it: pure evaluation, no trust, no import-from-derivation.
    Forbidden,
    /// A path or store path that is none.
    InvalidPath,
    /// Bytes or time ran out.
    Budget,
    Cancelled,
    /// The value of something that only a caller could give: see [`crate::Probe`].
    UnknownHere,
    /// Everything else that Nix calls an evaluation error.
    Other,
}

/// An evaluation error. The words of `message` are Nix's own, without `error:` before them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    pub kind: ErrorKind,
    pub message: String,
    /// Where it happened.
    pub pos: Pos,
    /// What was being done.
    pub trace: Trace,
    /// "Did you mean …?"
    pub hints: Vec<String>,
    /// What needs itself, of an infinite recursion.
    pub cycle: Cycle,
}

impl EvalError {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Box<EvalError> {
        Box::new(EvalError {
            kind,
            message: message.into(),
            pos: Pos::NONE,
            trace: Trace::default(),
            hints: Vec::new(),
            cycle: Cycle::default(),
        })
    }

    /// A wrong type or argument.
    pub fn type_error(message: impl Into<String>) -> Box<EvalError> {
        EvalError::new(ErrorKind::Type, message)
    }

    /// Any other evaluation error of Nix's.
    pub fn other(message: impl Into<String>) -> Box<EvalError> {
        EvalError::new(ErrorKind::Other, message)
    }

    /// Whether `tryEval` turns it into `success = false`.
    pub fn is_catchable(&self) -> bool {
        matches!(self.kind, ErrorKind::Throw | ErrorKind::Assert)
    }

    /// Whether trying again could end otherwise, so that a thunk must not remember it.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::Cancelled | ErrorKind::Budget | ErrorKind::StackOverflow | ErrorKind::Io | ErrorKind::Build(_))
    }

    /// Sets the position unless there is one.
    pub fn at(mut self: Box<Self>, pos: Pos) -> Box<Self> {
        if self.pos.is_none() {
            self.pos = pos;
        }
        self
    }

    pub fn hint(mut self: Box<Self>, hint: impl Into<String>) -> Box<Self> {
        self.hints.push(hint.into());
        self
    }

    /// Adds an outer frame, unless it says nothing.
    pub fn context(self: Box<Self>, pos: Pos, message: impl Into<String>) -> Box<Self> {
        self.frame(FrameKind::Step, pos, message)
    }

    /// As [`EvalError::context`], for a frame of another kind.
    pub fn frame(mut self: Box<Self>, kind: FrameKind, pos: Pos, message: impl Into<String>) -> Box<Self> {
        let message = message.into();
        if !message.is_empty() {
            self.trace.push(TraceFrame { pos, message, kind });
        }
        self
    }
}

/// `.context(…)` on results.
pub trait ErrorContext<T> {
    /// Adds an outer frame to the error, if there is one.
    fn context(self, pos: Pos, message: impl FnOnce() -> String) -> Result<T>;
}

impl<T> ErrorContext<T> for Result<T> {
    #[inline]
    fn context(self, pos: Pos, message: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|e| e.context(pos, message()))
    }
}
