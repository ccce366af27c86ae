//! What a change inserts, as the formatter would write it there.
//!
//! Where the text around an edit is in the formatter's layout, it is afterwards. Elsewhere the layout is the user's, and nothing of it is
//! touched: a piece that is inserted keeps its lines, and only what stands within one line is formatted.

use std::path::Path;
use std::sync::Arc;

use nival_engine::Snapshot;
use nival_fmt::{Fragment, Options, format, format_fragment, indentation, line_edits, starts_line};
use nival_syntax::ast::{AstNode, Expr};
use nival_syntax::flat::{self, FlatTree, Node};
use nival_syntax::{SyntaxKind, TextRange, TextSize};
use rustc_hash::FxHashSet;

use crate::diagnostics::TextEdit;
use crate::source_change::{Draft, FileOperation, SourceChange, apply};
use crate::tree::slice;

/// A longer text is not formatted for the sake of an edit.
const MAX_LENGTH: usize = 200_000;

/// More edits are left as they are.
const MAX_EDITS: usize = 2_000;

/// A change with what it inserts formatted.
pub(crate) fn tidy(snapshot: &Snapshot, change: &SourceChange) -> SourceChange {
    let mut tidied = SourceChange::new();
    for (path, edits) in change.edits() {
        let of_file = || -> Option<Vec<TextEdit>> {
            let text = snapshot.text(path)?;
            let tree = snapshot.flat_tree(path).ok()??;
            tidy_edits(text, &tree, edits)
        };
        let edits = of_file().unwrap_or_else(|| edits.to_vec());
        for edit in edits {
            // They are sorted and disjoint as they come.
            if tidied.edit(path, edit).is_err() {
                return change.clone();
            }
        }
    }
    for operation in change.operations() {
        tidied.operation(match operation {
            FileOperation::Create { path, text } => FileOperation::Create { path: path.clone(), text: new_file(path, text) },
            other => other.clone(),
        });
    }
    tidied
}

fn new_file(path: &Path, text: &str) -> String {
    let nix = path.extension().is_some_and(|extension| extension == "nix");
    let formatted = nix.then(|| format(text, &Options::default()).ok()).flatten();
    formatted.unwrap_or_else(|| text.to_owned())
}

/// A stretch of the text that is formatted by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Region {
    All,
    Item(TextRange, Fragment),
}

impl Region {
    /// Where the formatter would write an edit anew: the innermost item of a set or list that has a line of its own.
    fn of(text: &str, tree: &FlatTree, edit: TextRange) -> Region {
        let nodes = tree.nodes_covering(edit);
        for (node, parent) in nodes.iter().zip(nodes.iter().skip(1)) {
            let range = node.range();
            let inside = range.start() < edit.start() && edit.end() < range.end();
            if !inside || !starts_line(text, range.start()) {
                continue;
            }
            match node.kind() {
                SyntaxKind::BINDING | SyntaxKind::INHERIT => return Region::Item(range, Fragment::Entries),
                SyntaxKind::ERROR => {}
                _ if parent.kind() == SyntaxKind::LIST => return Region::Item(range, Fragment::Expr),
                _ => {}
            }
        }
        Region::All
    }

    fn is_within(self, other: Region) -> bool {
        match (self, other) {
            (_, Region::All) => true,
            (Region::Item(own, _), Region::Item(other, _)) => other.contains_range(own),
            (Region::All, Region::Item(..)) => false,
        }
    }

    /// What the formatter makes of it, at its place in a text.
    fn format(self, text: &str) -> Option<String> {
        let options = Options::default();
        match self {
            Region::All if text.len() > MAX_LENGTH => None,
            Region::All => format(text, &options).ok(),
            Region::Item(range, fragment) => {
                let own = slice(text, range);
                let indent = indentation(text, range.start());
                if own.len() > MAX_LENGTH { None } else { format_fragment(own, fragment, indent, &options).ok() }
            }
        }
    }

    /// Whether it is as the formatter writes it; the end of a file does not matter.
    fn is_formatted(self, text: &str) -> bool {
        let own = match self {
            Region::All => text.trim_end(),
            Region::Item(range, _) => slice(text, range),
        };
        self.format(text).is_some_and(|formatted| formatted.trim_end() == own)
    }

    /// The same region after edits, none of which crosses its ends.
    fn after(self, edits: &[TextEdit]) -> Region {
        let Region::Item(range, fragment) = self else { return Region::All };
        let grown = |before: &dyn Fn(&TextEdit) -> bool| -> i64 {
            let before = edits.iter().filter(|edit| before(edit));
            before.map(|edit| edit.insert.len() as i64 - i64::from(u32::from(edit.range.len()))).sum()
        };
        let moved = |at: TextSize, by: i64| TextSize::new((i64::from(u32::from(at)) + by).max(0) as u32);
        // What is inserted at its start stands before it, what is inserted at its end behind it.
        let start = moved(range.start(), grown(&|edit| edit.range.end() <= range.start()));
        let end = moved(range.end(), grown(&|edit| edit.range.start() < range.end()));
        Region::Item(TextRange::new(start, end.max(start)), fragment)
    }
}

fn tidy_edits(old: Arc<str>, tree: &FlatTree, edits: &[TextEdit]) -> Option<Vec<TextEdit>> {
    if edits.len() > MAX_EDITS {
        return None;
    }
    let new = apply(&old, edits)?;
    let of_edits: Vec<Region> = edits.iter().map(|edit| Region::of(&old, tree, edit.range)).collect();
    let mut formatted: Vec<Region> = Vec::new();
    let mut asked = FxHashSet::default();
    for &region in &of_edits {
        if asked.insert(region) && !formatted.iter().any(|other| region.is_within(*other)) && region.is_formatted(&old) {
            formatted.retain(|other| !other.is_within(region));
            formatted.push(region);
        }
    }
    let mut changes: Vec<TextEdit> = Vec::new();
    for region in &formatted {
        let region = region.after(edits);
        let Some(text) = region.format(&new) else { continue };
        changes.extend(match region {
            Region::All => line_edits(&new, TextRange::up_to(TextSize::of(&*new)), &kept_end(&new, text)),
            Region::Item(range, _) => line_edits(&new, range, &text),
        });
    }
    // The pieces in the midst of another layout.
    let loose: Vec<TextRange> = inserted(edits)
        .into_iter()
        .zip(&of_edits)
        .filter(|(_, region)| !formatted.iter().any(|other| region.is_within(*other)))
        .map(|(range, _)| range)
        .collect();
    if formatted.is_empty() && loose.is_empty() {
        return None;
    }
    let untidied = flat::reparse(tree, new.as_bytes());
    for range in loose {
        // Down to where the insertion is not alone: the way there is that to any place in the tree.
        let around = untidied.nodes_covering(range).into_iter().find(|node| !range.contains_range(node.range()));
        pieces(&new, around.unwrap_or_else(|| untidied.root()), range, &mut changes);
    }
    changes.sort_by_key(|edit| edit.range.start());
    if changes.is_empty() {
        return None;
    }
    let mut draft = Draft::new(old);
    draft.apply(edits)?;
    draft.apply(&changes)?;
    // Each was checked by itself; this is about what they stand beside.
    let tidied = flat::reparse(&untidied, draft.text().as_bytes());
    if !untidied.errors().is_empty() || nival_fmt::verify::difference(&untidied, &tidied).is_some() {
        return None;
    }
    Some(draft.edits())
}

/// A whole text ends as it did.
fn kept_end(before: &str, formatted: String) -> String {
    if before.ends_with('\n') { formatted } else { formatted.trim_end().to_owned() }
}

/// The ranges that edits insert, in the text after them.
fn inserted(edits: &[TextEdit]) -> Vec<TextRange> {
    let mut grown = 0i64;
    let range = |edit: &TextEdit| {
        let start = TextSize::new((i64::from(u32::from(edit.range.start())) + grown).max(0) as u32);
        grown += edit.insert.len() as i64 - i64::from(u32::from(edit.range.len()));
        TextRange::at(start, TextSize::of(&*edit.insert))
    };
    edits.iter().map(range).collect()
}

/// The largest nodes in a range that are within a line, formatted.
fn pieces(text: &str, node: Node<'_>, range: TextRange, changes: &mut Vec<TextEdit>) {
    for child in children_from(node, range.start()) {
        let own = child.range();
        if own.start() >= range.end() {
            break;
        }
        if own.end() <= range.start() {
            continue;
        }
        let fragment = match child.kind() {
            SyntaxKind::BINDING | SyntaxKind::INHERIT => Some(Fragment::Entries),
            // The name of an attribute is a string, too.
            _ if matches!(node.kind(), SyntaxKind::ATTRPATH | SyntaxKind::INHERIT) => None,
            _ => Expr::cast(child).map(|_| Fragment::Expr),
        };
        match fragment {
            Some(fragment) if range.contains_range(own) => {
                let written = slice(text, own);
                if written.contains('\n') {
                    continue;
                }
                if let Ok(formatted) = format_fragment(written, fragment, indentation(text, own.start()), &Options::default())
                    && formatted != written
                    && !formatted.contains('\n')
                {
                    changes.push(TextEdit { range: own, insert: formatted });
                }
            }
            _ => pieces(text, child, range, changes),
        }
    }
}

/// The children of a node from one on that ends behind a place, or from the first.
fn children_from(node: Node<'_>, at: TextSize) -> impl Iterator<Item = Node<'_>> {
    let tree = node.tree();
    let holds = |token: &nival_syntax::flat::Token<'_>| node.token_range().contains(&token.index());
    let token = tree.tokens_at(at).last().filter(holds);
    // Between two children there is little but blanks.
    let next = |from: u32| (from..node.token_range().end).find_map(|token| child_at(node, token));
    let first = token.and_then(|token| next(token.index())).or_else(|| node.children().next());
    let following = move |child: &Node<'_>| tree.node(child.subtree_end()).filter(|next| next.index() < node.subtree_end());
    std::iter::successors(first, following)
}

/// The child of a node that a token is in.
fn child_at(node: Node<'_>, token: u32) -> Option<Node<'_>> {
    let innermost = node.tree().node_around(token..token + 1);
    std::iter::once(innermost).chain(innermost.ancestors()).find(|inner| inner.parent() == Some(node))
}
