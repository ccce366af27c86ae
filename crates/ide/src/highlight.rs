//! All places of the name under the cursor, within its file.

use nival_engine::{Cancellable, FilePosition, FileRange, Snapshot};
use nival_syntax::TextRange;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highlight {
    pub range: TextRange,
    /// Whether it is the definition.
    pub definition: bool,
}

/// The definition and all uses of the name under the cursor, in the order of the text.
///
/// # Errors
/// Cancelled.
pub fn highlights(snapshot: &Snapshot, _position: &FilePosition) -> Cancellable<Vec<Highlight>> {
    snapshot.check()?;
    Ok(Vec::new())
}

/// The same as places, with or without the definition.
///
/// # Errors
/// Cancelled.
pub fn references(snapshot: &Snapshot, position: &FilePosition, include_definition: bool) -> Cancellable<Vec<FileRange>> {
    let found = highlights(snapshot, position)?;
    let wanted = found.into_iter().filter(|h| include_definition || !h.definition);
    Ok(wanted.map(|h| FileRange { path: position.path.clone(), range: h.range }).collect())
}
