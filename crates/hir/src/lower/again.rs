//! Lowering again after an edit: what the edit left alone is taken from the tables of the text before.
//!
//! Lowering writes its tables in one pass, so that the value of a binding is a run of each. The run of the value that the edit is in is
//! made anew, in the scopes that were open there; what comes behind is copied with other numbers, and all places behind the edit move.
//! So it is with the values of the entries between two others of a set.
//! The result is what [`lower`](super::lower) gives, number by number, or nothing: where a value takes another number of slots of the
//! frame around it, where a name that others share a lookup with comes or goes, where errors have to be sorted.

mod entries;
mod moved;
mod shift;
mod splice;
mod value;

use std::ops::Range;

use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{Difference, SyntaxKind, TextSize, TreeNode};

use self::moved::Moved;
use crate::lexical::is_recursive;
use crate::result::Lowered;

/// What [`super::lower_for_edits`] gives for `tree`, made of what it gave for a former text; `None` where that cannot be, or is not
/// worth it. `check` as there.
pub fn lower_again<'t>(former: &FlatTree, lowered: &Lowered, tree: &'t FlatTree, check: &'t dyn Fn()) -> Option<Lowered> {
    let pieces = lowered.pieces.as_deref()?;
    if !former.errors().is_empty() || !tree.errors().is_empty() {
        return None;
    }
    let is_piece = |old, new| last_name(old).is_some_and(|name| pieces.find(name.range().start()).is_some()) && names_fit(old, new);
    match Difference::between(former, tree, is_piece) {
        Difference::None => Some(lowered.clone()),
        Difference::Trivia { old, new } => {
            let begin = |tree: &FlatTree, token: u32| {
                tree.token(token).map_or(TextSize::new(tree.text().len() as u32), |token| token.range().start())
            };
            let (start, old_end, new_end) = (begin(former, old.start), begin(former, old.end), begin(tree, new.end));
            Moved { start, end: old_end, by: u32::from(new_end).wrapping_sub(old_end.into()) }.lowered(lowered, tree)
        }
        Difference::Within { old, new } => value::lower(lowered, pieces, (old, new), tree, check),
        Difference::Between { old, new } => entries::lower(lowered, pieces, (old, new), tree, check),
        Difference::Unknown => None,
    }
}

/// The last name of a binding's path.
fn last_name(binding: Node<'_>) -> Option<Node<'_>> {
    binding.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH)?.children().last()
}

fn path_text(binding: Node<'_>) -> &[u8] {
    binding.children().next().map_or(&[], |path| path.text())
}

/// Whether what is around two bindings is the same as far as their names go: they are the same, or name an attribute that nothing in
/// the text can refer to.
fn names_fit(old: Node<'_>, new: Node<'_>) -> bool {
    if path_text(old) == path_text(new) {
        return true;
    }
    let plain = |binding: Node<'_>| {
        let path = binding.children().next();
        path.is_some_and(|path| path.children().count() == 1 && path.children().all(|name| name.kind() == SyntaxKind::NAME))
    };
    plain(old) && plain(new) && old.parent().is_some_and(|set| set.kind() == SyntaxKind::ATTR_SET && !is_recursive(set))
}

/// So many numbers more there are behind a piece.
#[inline]
fn behind(at: u32, old: u32, new: u32) -> u32 {
    if at < old { at } else { at.wrapping_add(new.wrapping_sub(old)) }
}

fn part<T>(all: &[T], range: Range<u32>) -> &[T] {
    all.get(range.start as usize..range.end as usize).unwrap_or_default()
}

fn from<T>(all: &[T], start: u32) -> &[T] {
    all.get(start as usize..).unwrap_or_default()
}

fn head_mut<T>(all: &mut [T], end: u32) -> &mut [T] {
    all.get_mut(..end as usize).unwrap_or_default()
}

/// Where the run of owner `at` begins.
fn start_of<T>(starts: &[u32], all: &[T], at: u32) -> u32 {
    starts.get(at as usize).copied().unwrap_or(all.len() as u32)
}

/// A copy of the beginning of a table, with room for the rest of it.
fn beginning<T: Clone>(all: &[T], end: u32) -> Vec<T> {
    let mut table = Vec::with_capacity(all.len() + 64);
    table.extend_from_slice(part(all, 0..end));
    table
}

#[cfg(test)]
mod tests;
