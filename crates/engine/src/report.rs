//! Errors of every kind as one plain shape, for [`crate::render()`] and for faces that show them their own way.

use crate::cancel::Cancelled;
use crate::place::Location;

/// Which part of nival failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportKind {
    /// The text does not parse, or has an error that is found without evaluating it.
    Syntax,
    Evaluation,
    Build,
    Store,
    /// A file or folder could not be read.
    Io,
    /// Refused because the workspace is not trusted.
    Trust,
    /// Past a limit of time, memory or depth.
    Budget,
    Cancelled,
    /// The value of a function's parameter, which only a caller could give.
    Unknown,
    /// A defect of nival: a panic that was caught.
    Internal,
}

/// One step on the way to an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What was being done: `while calling the 'map' builtin`.
    pub message: String,
    pub location: Option<Location>,
    /// Not in a file of the workspace.
    pub library: bool,
}

/// An error with its cause first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub kind: ReportKind,
    /// What Nix prints after `error: `, without colour.
    pub message: String,
    pub primary: Option<Location>,
    /// Innermost first.
    pub frames: Vec<Frame>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// The end of a failed build's log.
    pub log: Vec<String>,
    /// What a command that ends with this error exits with, as Nix has it.
    pub exit_code: u8,
}

impl Report {
    pub fn new(kind: ReportKind, message: impl Into<String>) -> Self {
        Report { kind, message: message.into(), primary: None, frames: Vec::new(), hints: Vec::new(), log: Vec::new(), exit_code: 1 }
    }

    pub fn at(mut self, location: Location) -> Self {
        self.primary = Some(location);
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub fn is_cancelled(&self) -> bool {
        self.kind == ReportKind::Cancelled
    }

    /// The place to show the error at: its own if that is the user's, else the innermost frame of the user's.
    pub fn user_location(&self) -> Option<&Location> {
        self.frames.iter().find(|f| !f.library && f.location.is_some()).and_then(|f| f.location.as_ref()).or(self.primary.as_ref())
    }
}

impl From<Cancelled> for Report {
    fn from(_: Cancelled) -> Self {
        Report::new(ReportKind::Cancelled, "interrupted by the user")
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "error: {}", self.message)
    }
}

impl std::error::Error for Report {}
