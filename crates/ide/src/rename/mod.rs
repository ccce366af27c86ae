//! Renaming: what a new name would mean is worked out on the new texts, and refused where it is not what the old one meant.
//!
//! [`everywhere`](self::everywhere) goes through the files, [`occurrences`](self::occurrences) finds the places, [`edits`](self::edits) writes the new name there in the way the place needs
//! (`inherit x;` becomes `x = new;`), and [`verify`](self::verify) analyses the new text and compares what every name in it means. Most names that only their text can see are
//! renamed without an analysis ([`local`](self::local)).

mod edits;
mod everywhere;
mod local;
mod occurrences;
mod verify;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nival_engine::{Cancelled, FilePosition, Snapshot};
use nival_hir::scopes::{BindingId, BindingKind, Target};
use nival_index::Reach;
use nival_syntax::literal::identifier;
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};

use crate::cursor::{FileView, Subject};
use crate::diagnostics::TextEdit;
use crate::highlight::targets_at;
use crate::references::{self, Attribute, UseKind};
use crate::source_change::SourceChange;
use crate::tree::touching_token;

/// An attribute is renamed everywhere or not at all, so the index is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

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
    #[error("it is not certain where `{0}` is defined")]
    Unknown(String),
    #[error("`{name}` is defined in {path}, which is not in the workspace")]
    Elsewhere { name: String, path: String },
    #[error("not all files of the workspace could be searched for `{0}`")]
    Incomplete(String),
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
    #[error("whether the `{name}` in line {line} of {path} is this one is not certain")]
    Uncertain { name: String, path: String, line: u32 },
    #[error("{0}")]
    Unclear(String),
}

impl From<Cancelled> for RenameError {
    fn from(_: Cancelled) -> Self {
        RenameError::Cancelled
    }
}

/// What is to be renamed.
enum Renamed {
    /// A name that the text binds, which is seen nowhere else.
    Binding(BindingId),
    Attribute(Attribute),
}

/// Whether the name under the cursor can be renamed at all.
///
/// # Errors
/// Why not, or cancelled.
pub fn prepare_rename(snapshot: &Snapshot, position: &FilePosition) -> Result<Renameable, RenameError> {
    if let Some(tree) = snapshot.flat_tree(&position.path)?
        && let Some(local) = local::Local::at(&tree, position.offset)
    {
        return Ok(Renameable { range: local.range, name: local.name().to_string() });
    }
    let view = FileView::at(snapshot, position)?.ok_or(RenameError::Nothing)?;
    let (_, name, range) = subject(snapshot, &view, position, Duration::ZERO)?;
    Ok(Renameable { range, name: name.to_string() })
}

/// The changes that give the thing under the cursor another name.
///
/// # Errors
/// Why it must not have that name, or cancelled.
pub fn rename(snapshot: &Snapshot, position: &FilePosition, new: &str) -> Result<SourceChange, RenameError> {
    match rename_local(snapshot, position, new)? {
        Some(change) => Ok(change),
        None => rename_by_analysis(snapshot, position, new),
    }
}

/// Where the tree alone tells that the rename changes the meaning of nothing.
fn rename_local(snapshot: &Snapshot, position: &FilePosition, new: &str) -> Result<Option<SourceChange>, RenameError> {
    let (Some(tree), Some(text)) = (snapshot.flat_tree(&position.path)?, snapshot.text(&position.path)) else { return Ok(None) };
    snapshot.check()?;
    let changes = local::Local::at(&tree, position.offset).and_then(|local| local.changes(&text, new));
    let Some(changes) = changes else { return Ok(None) };
    let mut change = SourceChange::new();
    add(&mut change, &position.path, changes)?;
    Ok(Some(change))
}

fn add(change: &mut SourceChange, path: &Arc<Path>, changes: Vec<edits::Change>) -> Result<(), RenameError> {
    for edit in changes {
        let edit = TextEdit { range: edit.range, insert: edit.insert };
        change.edit(path, edit).map_err(|overlap| RenameError::Unclear(overlap.to_string()))?;
    }
    Ok(())
}

fn rename_by_analysis(snapshot: &Snapshot, position: &FilePosition, new: &str) -> Result<SourceChange, RenameError> {
    let view = FileView::at(snapshot, position)?.ok_or(RenameError::Nothing)?;
    let (subject, old, _) = subject(snapshot, &view, position, PATIENCE)?;
    if new.is_empty() {
        return Err(RenameError::Empty);
    }
    // A client may offer the name with the quotes that it saw.
    let new = new.strip_prefix('"').and_then(|new| new.strip_suffix('"')).unwrap_or(new);
    let mut change = SourceChange::new();
    if new.as_bytes() == old.as_bytes() {
        return Ok(change);
    }
    match subject {
        Renamed::Binding(binding) => {
            let found = occurrences::of_binding(&view, binding)?;
            add(&mut change, &position.path, written(&view, &found, old, new, true)?)?;
        }
        Renamed::Attribute(attribute) => {
            let project = snapshot.project(PATIENCE)?;
            let found = references::uses(snapshot, &project, &attribute)?;
            let defined = found.files.iter().flat_map(|file| &file.uses).any(|found| found.kind == UseKind::Definition);
            if !found.complete || !defined {
                return Err(RenameError::Incomplete(old.to_string()));
            }
            for (path, changes) in everywhere::changes(snapshot, &project.view, &attribute, found.files, new)? {
                add(&mut change, &path, changes)?;
            }
        }
    }
    snapshot.check()?;
    Ok(change)
}

/// The changes of one file, if the new text means what the old one means.
fn written(
    view: &FileView,
    found: &[occurrences::Occurrence],
    old: Name,
    new: &str,
    variable: bool,
) -> Result<Vec<edits::Change>, RenameError> {
    if variable && identifier(new.as_bytes()) != new {
        return Err(RenameError::NotAName(new.to_owned()));
    }
    let changes = edits::changes(view.into(), found, old, new)?;
    verify::verify(view, &changes, new)?;
    Ok(changes)
}

/// What the name under the cursor means or makes, and where it stands.
fn subject(
    snapshot: &Snapshot,
    view: &FileView,
    position: &FilePosition,
    patience: Duration,
) -> Result<(Renamed, Name, TextRange), RenameError> {
    let token = touching_token(&view.tree, position.offset).ok_or(RenameError::Nothing)?;
    if !matches!(token.kind(), SyntaxKind::IDENT | SyntaxKind::OR_KW | SyntaxKind::STRING_TEXT | SyntaxKind::QUOTE) {
        return Err(RenameError::Nothing);
    }
    let range = token.range();
    let scopes = &view.lowered.scopes;
    let project = || snapshot.project(patience);
    match targets_at(scopes, position.offset).first().copied() {
        Some((Target::Binding(id), name)) => {
            let binding = scopes.binding(id).ok_or(RenameError::Nothing)?;
            let seen_outside = match binding.kind {
                BindingKind::Extra => return Err(RenameError::BuiltIn(name.to_string())),
                BindingKind::Rec => !binding.inherited,
                // Filled by name, by a file that is known.
                BindingKind::Formal => {
                    let called = |how: Reach| how == Reach::CallPackage;
                    scopes.scope(binding.scope).is_some_and(|scope| scope.lambda == Some(0))
                        && project()?.view.callers(&position.path).iter().filter_map(|c| c.edge()).any(|edge| called(edge.how))
                }
                _ => false,
            };
            if seen_outside && let Some(found) = references::attribute_at(snapshot, &project()?.view, view, position)? {
                return Ok((Renamed::Attribute(in_workspace(snapshot, found, patience)?), name, range));
            }
            Ok((Renamed::Binding(id), name, range))
        }
        Some((Target::Global(_), name)) => Err(RenameError::BuiltIn(name.to_string())),
        Some((Target::Undefined, _)) => Err(RenameError::Nothing),
        Some((Target::With(_), name)) => {
            let found = references::attribute_at(snapshot, &project()?.view, view, position)?;
            let found = found.ok_or_else(|| RenameError::Unknown(name.to_string()))?;
            Ok((Renamed::Attribute(in_workspace(snapshot, found, patience)?), name, range))
        }
        None => {
            let (name, range) = match view.subject(position.offset) {
                Some(Subject::AttrDefinition { name, range, .. } | Subject::Selection { name, range, .. }) => (name, range),
                _ => return Err(RenameError::Nothing),
            };
            let found = references::attribute_at(snapshot, &project()?.view, view, position)?;
            let found = found.ok_or_else(|| RenameError::Unknown(name.to_string()))?;
            Ok((Renamed::Attribute(in_workspace(snapshot, found, patience)?), name, range))
        }
    }
}

/// Refuses what is defined in files that are not the user's.
fn in_workspace(snapshot: &Snapshot, attribute: Attribute, patience: Duration) -> Result<Attribute, RenameError> {
    let project = snapshot.project(patience)?;
    let roots: Vec<_> =
        project.view.roots().iter().map(|root| snapshot.system().canonicalize(root).unwrap_or_else(|_| root.clone())).collect();
    let outside = attribute
        .places
        .iter()
        .map(|place| &place.0)
        .filter(|path| !snapshot.is_open(path) && !roots.iter().any(|root| path.starts_with(root)));
    match outside.min() {
        Some(path) => Err(RenameError::Elsewhere { name: attribute.name.to_string(), path: path.display().to_string() }),
        None => Ok(attribute),
    }
}

/// The line of a place, from 1.
fn line_of(text: &str, at: TextSize) -> u32 {
    text.as_bytes().iter().take(at.into()).filter(|&&byte| byte == b'\n').count() as u32 + 1
}

#[cfg(test)]
mod tests;
