//! What is wrong or doubtful in one text. Each kind of check is a file; a check that cannot be certain says nothing.

mod doubtful;
mod errors;
mod suggest;
mod unused;

use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{SyntaxKind, TextRange, TextSize};

use nival_hir::{Diagnostic, Lowered};

/// Every diagnostic of a text, by the order of their ranges. `lowered` must come from `tree`.
pub fn diagnose(tree: &FlatTree, lowered: &Lowered) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    errors::check(tree, lowered, &mut found);
    doubtful::check(tree, &mut found);
    // What the parser had to skip may have been a use.
    if tree.errors().is_empty() {
        unused::check(tree, lowered, &mut found);
    }
    found.sort_by_key(|diagnostic| (diagnostic.range.start(), diagnostic.range.end(), diagnostic.severity));
    found
}

/// All nodes, in preorder.
fn nodes(tree: &FlatTree) -> impl Iterator<Item = Node<'_>> {
    (0..tree.len() as u32).filter_map(|index| tree.node(index))
}

/// The range of the first direct token of this kind.
fn token_range(node: Node<'_>, kind: SyntaxKind) -> Option<TextRange> {
    nival_syntax::TreeNode::token(&node, kind).map(|token| token.range())
}

/// `range` and the blanks before it, with the line end where nothing else stands in the line.
fn with_blanks_before(text: &[u8], range: TextRange) -> TextRange {
    let before = text.get(..usize::from(range.start())).unwrap_or_default();
    let blanks = before.iter().rev().take_while(|c| matches!(c, b' ' | b'\t' | b'\n' | b'\r')).count();
    TextRange::new(range.start() - TextSize::new(blanks as u32), range.end())
}

/// `range` and the blanks behind it.
fn with_blanks_after(text: &[u8], range: TextRange) -> TextRange {
    let after = text.get(usize::from(range.end())..).unwrap_or_default();
    let blanks = after.iter().take_while(|c| matches!(c, b' ' | b'\t' | b'\n' | b'\r')).count();
    TextRange::new(range.start(), range.end() + TextSize::new(blanks as u32))
}
