//! Folding, and growing a selection along the tree.

use std::path::Path;

use nival_engine::{Cancellable, Snapshot};
use nival_syntax::{TextRange, TextSize};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldKind {
    Region,
    Comment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldingRange {
    pub range: TextRange,
    pub kind: FoldKind,
}

/// Everything of more than one line that can be folded, in the order of the text.
///
/// # Errors
/// Cancelled.
pub fn folding_ranges(snapshot: &Snapshot, _path: &Path) -> Cancellable<Vec<FoldingRange>> {
    snapshot.check()?;
    Ok(Vec::new())
}

/// The ranges around a cursor, innermost first, each strictly larger than the one before.
///
/// # Errors
/// Cancelled.
pub fn selection_ranges(snapshot: &Snapshot, _path: &Path, _offset: TextSize) -> Cancellable<Vec<TextRange>> {
    snapshot.check()?;
    Ok(Vec::new())
}
