//! The new name, written as each place needs it.

use nival_hir::scopes::Reference;
use nival_syntax::ast::{AstNode, Inherit};
use nival_syntax::flat::FlatTree;
use nival_syntax::literal::identifier;
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};

use super::RenameError;
use super::occurrences::{Occurrence, Role};
use crate::cursor::FileView;
use crate::tree::slice;

/// A change of the text, and where the names that it moves come to stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub range: TextRange,
    pub insert: String,
    pub moves: Vec<Move>,
}

/// What stood at `from` stands `offset` bytes into the inserted text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Move {
    pub from: TextSize,
    pub offset: u32,
    pub what: Moved,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    Definition,
    Use,
}

impl Change {
    fn replace(range: TextRange, insert: String) -> Change {
        Change { range, insert, moves: Vec::new() }
    }
}

/// What is to be changed.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub text: &'a str,
    pub tree: &'a FlatTree,
    /// Uses of names, which may be moved with the source of an `inherit`.
    pub references: &'a [Reference],
}

impl<'a> From<&'a FileView> for Source<'a> {
    fn from(view: &'a FileView) -> Self {
        Source { text: &view.text, tree: &view.tree, references: view.lowered.scopes.references() }
    }
}

/// Sorted by place.
pub(super) fn changes(view: Source<'_>, found: &[Occurrence], old: Name, new: &str) -> Result<Vec<Change>, RenameError> {
    let mut changes = Vec::new();
    for occurrence in found {
        match occurrence.role {
            Role::Name => {
                // An attribute that stood in quotes keeps them where they do no harm.
                changes.push(Change::replace(occurrence.range, identifier(new.as_bytes())));
            }
            Role::InheritUse(inherit) => {
                let defined = slice(view.text, occurrence.range).to_owned();
                let assignment = Assignment { name: defined, source: None, value: identifier(new.as_bytes()), from: occurrence.range };
                rewrite(view, inherit, assignment, &mut changes)?;
            }
            Role::InheritFrom(inherit) => {
                let defined = slice(view.text, occurrence.range).to_owned();
                let value = identifier(new.as_bytes());
                let assignment = Assignment { name: defined, source: source_of(view, inherit), value, from: occurrence.range };
                rewrite(view, inherit, assignment, &mut changes)?;
            }
            Role::InheritDefinition(inherit) => {
                let (value, source) = (identifier(old.as_bytes()), source_of(view, inherit));
                let assignment = Assignment { name: identifier(new.as_bytes()), source, value, from: occurrence.range };
                rewrite(view, inherit, assignment, &mut changes)?;
            }
        }
    }
    changes.sort_by_key(|change| (change.range.start(), change.range.end()));
    Ok(changes)
}

/// The expression of `inherit (e)`.
fn source_of(view: Source<'_>, inherit: u32) -> Option<TextRange> {
    let from = view.tree.node(inherit).and_then(Inherit::cast).and_then(|inherit| inherit.inherit_from());
    from.and_then(|from| from.expr()).map(|expr| expr.range())
}

/// What takes the place of a name in an `inherit`: `name = value;` or `name = source.value;`.
struct Assignment {
    name: String,
    /// The expression of `inherit (e)`.
    source: Option<TextRange>,
    value: String,
    /// The name in the `inherit`.
    from: TextRange,
}

impl Assignment {
    /// The text, with the places of the names in it.
    fn write(&self, view: Source<'_>, before: &str) -> (String, Vec<Move>) {
        let mut text = before.to_owned();
        let mut moves = vec![Move { from: self.from.start(), offset: text.len() as u32, what: Moved::Definition }];
        text.push_str(&self.name);
        text.push_str(" = ");
        if let Some(source) = self.source {
            let expr = view.tree.nodes_covering(source).into_iter().find(|node| node.range() == source);
            let atom = expr.is_some_and(|node| matches!(node.kind(), SyntaxKind::NAME_REF | SyntaxKind::SELECT | SyntaxKind::ATTR_SET));
            text.push_str(if atom { "" } else { "(" });
            let start = text.len() as u32;
            let inside = view.references.iter().filter(|reference| source.contains_range(reference.range));
            moves.extend(inside.map(|reference| {
                let offset = start + u32::from(reference.range.start() - source.start());
                Move { from: reference.range.start(), offset, what: Moved::Use }
            }));
            text.push_str(slice(view.text, source));
            text.push_str(if atom { "." } else { ")." });
        } else {
            moves.push(Move { from: self.from.start(), offset: text.len() as u32, what: Moved::Use });
        }
        text.push_str(&self.value);
        text.push(';');
        (text, moves)
    }
}

/// Takes a name out of an `inherit` and binds it by itself behind that; an `inherit` of nothing else gives way to it.
fn rewrite(view: Source<'_>, inherit: u32, assignment: Assignment, changes: &mut Vec<Change>) -> Result<(), RenameError> {
    let node = view.tree.node(inherit).ok_or(RenameError::Nothing)?;
    let names = Inherit::cast(node).map_or(0, |inherit| inherit.attrs().count());
    if names <= 1 {
        let (insert, moves) = assignment.write(view, "");
        changes.push(Change { range: node.range(), insert, moves });
        return Ok(());
    }
    // The name goes with the blanks before it, so that no gap stays.
    let text = view.text;
    let gone = assignment.from;
    let blanks = slice(text, TextRange::up_to(gone.start()));
    let blanks = blanks.len() - blanks.trim_end().len();
    let gone = TextRange::new(gone.start() - TextSize::new(blanks as u32), gone.end());
    changes.push(Change::replace(gone, String::new()));
    let start = slice(text, TextRange::up_to(node.range().start()));
    let indent = start.rsplit('\n').next().unwrap_or_default();
    let before = if indent.trim().is_empty() && start.contains('\n') { format!("\n{indent}") } else { " ".to_owned() };
    let (insert, moves) = assignment.write(view, &before);
    changes.push(Change { range: TextRange::empty(node.range().end()), insert, moves });
    Ok(())
}
