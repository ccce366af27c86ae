//! Diagnostics: what the text says, and what evaluating its attributes says.

use std::path::Path;

use nival_engine::{Cancellable, Control, FileRange, Snapshot};
use nival_syntax::TextRange;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Hint,
    Info,
    Warning,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Shown faded.
    Unnecessary,
    /// Shown struck through.
    Deprecated,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    pub place: FileRange,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    pub range: TextRange,
    pub insert: String,
}

/// A repair of the text the diagnostic is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    pub title: String,
    /// Sorted, not overlapping, all in the same file.
    pub edits: Vec<TextEdit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub range: TextRange,
    pub severity: Severity,
    /// Stable name of the rule, such as `undefined-name`.
    pub code: String,
    pub message: String,
    pub notes: Vec<String>,
    pub related: Vec<Related>,
    pub tags: Vec<Tag>,
    pub fixes: Vec<Fix>,
}

/// Errors of syntax and of names: everything the text alone says. Sorted by place.
///
/// # Errors
/// Cancelled.
pub fn diagnostics(snapshot: &Snapshot, _path: &Path) -> Cancellable<Vec<Diagnostic>> {
    snapshot.check()?;
    Ok(Vec::new())
}

/// Errors met by evaluating the file and its outermost attributes. Run it in the background.
///
/// # Errors
/// Cancelled. Reaching the budget is no error: what was found so far is returned.
pub fn evaluation_diagnostics(snapshot: &Snapshot, _path: &Path, _control: &Control) -> Cancellable<Vec<Diagnostic>> {
    snapshot.check()?;
    Ok(Vec::new())
}
