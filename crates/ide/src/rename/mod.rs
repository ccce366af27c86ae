//! Renaming: what a new name would mean is worked out on the new texts, and refused where it is not what the old one meant.
//!
//! [`occurrences`](self::occurrences) finds the places, [`edits`](self::edits) writes the new name there in the way the place needs
//! (`inherit x;` becomes `x = new;`), and [`verify`](self::verify) analyses the new text and compares what every name in it means.

mod edits;
mod occurrences;
mod verify;

use std::path::Path;
use std::sync::Arc;

use nival_engine::{Cancelled, FilePosition, Snapshot};
use nival_hir::scopes::{BindingId, BindingKind, Target};
use nival_syntax::literal::identifier;
use nival_syntax::{SyntaxKind, TextRange, TextSize};

use crate::cursor::FileView;
use crate::diagnostics::TextEdit;
use crate::highlight::targets_at;
use crate::tree::touching_token;

/// The changes of one file. Sorted, not overlapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdits {
    pub path: Arc<Path>,
    pub edits: Vec<TextEdit>,
}

/// What a rename would begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renameable {
    /// The name under the cursor, without quotes.
    pub range: TextRange,
    pub name: String,
}

/// Why a name keeps its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    #[error("cancelled")]
    Cancelled,
    #[error("there is no name here that could be renamed")]
    Nothing,
    #[error("`{0}` is built in")]
    BuiltIn(String),
    #[error("`{0}` comes from a `with`, and it is not certain where it is defined")]
    FromWith(String),
    #[error("`{0}` cannot be the name of a variable")]
    NotAName(String),
    #[error("a name cannot be empty")]
    Empty,
    /// The text of the error that the new text would have.
    #[error("{0}")]
    Exists(String),
    #[error("`{new}` is already defined in line {definition}: the one in line {line} would mean that")]
    Captured { new: String, definition: u32, line: u32 },
    #[error("the `{new}` in line {line} would mean the renamed one")]
    Captures { new: String, line: u32 },
    #[error("`{name}` in line {line} would mean something else")]
    Changes { name: String, line: u32 },
    #[error("{0}")]
    Unclear(String),
}

impl From<Cancelled> for RenameError {
    fn from(_: Cancelled) -> Self {
        RenameError::Cancelled
    }
}

/// Whether the name under the cursor can be renamed at all.
///
/// # Errors
/// Why not, or cancelled.
pub fn prepare_rename(snapshot: &Snapshot, position: &FilePosition) -> Result<Renameable, RenameError> {
    let view = FileView::at(snapshot, position)?.ok_or(RenameError::Nothing)?;
    let (binding, range) = subject(&view, position.offset)?;
    let name = view.lowered.scopes.binding(binding).ok_or(RenameError::Nothing)?.name;
    Ok(Renameable { range, name: name.to_string() })
}

/// The changes that give the thing under the cursor another name.
///
/// # Errors
/// Why it must not have that name, or cancelled.
pub fn rename(snapshot: &Snapshot, position: &FilePosition, new: &str) -> Result<Vec<FileEdits>, RenameError> {
    let view = FileView::at(snapshot, position)?.ok_or(RenameError::Nothing)?;
    let (binding, _) = subject(&view, position.offset)?;
    let old = view.lowered.scopes.binding(binding).ok_or(RenameError::Nothing)?.name;
    if new.is_empty() {
        return Err(RenameError::Empty);
    }
    // A client may offer the name with the quotes that it saw.
    let new = new.strip_prefix('"').and_then(|new| new.strip_suffix('"')).unwrap_or(new);
    if new.as_bytes() == old.as_bytes() {
        return Ok(Vec::new());
    }
    let found = occurrences::of_binding(&view, binding)?;
    if identifier(new.as_bytes()) != new {
        return Err(RenameError::NotAName(new.to_owned()));
    }
    let changes = edits::changes(&view, &found, old, new)?;
    verify::verify(&view, &changes, binding, new)?;
    snapshot.check()?;
    let edits = changes.into_iter().map(|change| TextEdit { range: change.range, insert: change.insert }).collect();
    Ok(vec![FileEdits { path: position.path.clone(), edits }])
}

/// The binding that the name under the cursor means or makes.
fn subject(view: &FileView, offset: TextSize) -> Result<(BindingId, TextRange), RenameError> {
    let token = touching_token(&view.tree, offset).ok_or(RenameError::Nothing)?;
    if !matches!(token.kind(), SyntaxKind::IDENT | SyntaxKind::OR_KW | SyntaxKind::STRING_TEXT | SyntaxKind::QUOTE) {
        return Err(RenameError::Nothing);
    }
    let (target, name) = targets_at(&view.lowered.scopes, offset).first().copied().ok_or(RenameError::Nothing)?;
    match target {
        Target::Binding(id) if view.lowered.scopes.binding(id).is_some_and(|b| b.kind != BindingKind::Extra) => Ok((id, token.range())),
        Target::Binding(_) | Target::Global(_) => Err(RenameError::BuiltIn(name.to_string())),
        Target::With(_) => Err(RenameError::FromWith(name.to_string())),
        Target::Undefined => Err(RenameError::Nothing),
    }
}

/// The line of a place, from 1.
fn line_of(text: &str, at: TextSize) -> u32 {
    text.as_bytes().iter().take(at.into()).filter(|&&byte| byte == b'\n').count() as u32 + 1
}

#[cfg(test)]
mod tests;
