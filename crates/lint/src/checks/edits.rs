//! Edits that leave comments and layout as they are.

use nival_hir::diagnostic::Edit;
use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{TextRange, TextSize};

/// Whether any expression can be a child of this node, without parentheses.
pub(crate) fn is_loose(parent: Node<'_>) -> bool {
    matches!(
        parent.kind(),
        SOURCE_FILE
            | BINDING
            | PAREN
            | INTERPOLATION
            | DYNAMIC_ATTR
            | INHERIT_FROM
            | LAMBDA
            | LET_IN
            | WITH
            | ASSERT
            | IF_THEN_ELSE
            | FORMAL
    )
}

/// Whether an expression binds at least as tightly as an argument of a call: it can stand anywhere.
pub(crate) fn is_simple(node: Node<'_>) -> bool {
    match node.kind() {
        NAME_REF | LITERAL | STR | INDENTED_STR | PATH | SEARCH_PATH_EXPR | LIST | ATTR_SET | PAREN | CUR_POS => true,
        SELECT => node.children().count() == 2,
        _ => false,
    }
}

pub(crate) fn replace(range: TextRange, text: impl Into<String>) -> Edit {
    Edit { range, text: text.into() }
}

pub(crate) fn insert(at: TextSize, text: impl Into<String>) -> Edit {
    replace(TextRange::empty(at), text)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Where the line begins whose only text before `at` is blank; `None` where something stands before it.
fn line_start(text: &[u8], at: usize) -> Option<usize> {
    let before = text.get(..at)?;
    let blanks = before.iter().rev().take_while(|&&c| is_blank(c)).count();
    let start = at - blanks;
    (start == 0 || before.get(start - 1) == Some(&b'\n')).then_some(start)
}

/// Where the next line begins, if nothing but blanks stands between `at` and it.
fn line_end(text: &[u8], at: usize) -> Option<usize> {
    let after = text.get(at..)?;
    let blanks = after.iter().take_while(|&&c| is_blank(c) || c == b'\r').count();
    match after.get(blanks) {
        Some(b'\n') => Some(at + blanks + 1),
        None => Some(at + blanks),
        _ => None,
    }
}

fn range(start: usize, end: usize) -> TextRange {
    TextRange::new(TextSize::new(start as u32), TextSize::new(end as u32))
}

/// Removes whole tokens: with their lines where nothing else is in them, else with the blanks on one side.
pub(crate) fn remove(tree: &FlatTree, removed: TextRange) -> Edit {
    let text = tree.text();
    let (start, end) = (usize::from(removed.start()), usize::from(removed.end()));
    let edit = |start, end| Edit { range: range(start, end), text: String::new() };
    let blanks_behind = text.get(end..).unwrap_or_default().iter().take_while(|&&c| is_blank(c)).count();
    let blanks_before = text.get(..start).unwrap_or_default().iter().rev().take_while(|&&c| is_blank(c)).count();
    match (line_start(text, start), line_end(text, end)) {
        (Some(first), Some(last)) => edit(first, last),
        (None, Some(_)) => edit(start - blanks_before, end),
        // The line goes on behind it.
        (_, None) if !would_join(text, start, end + blanks_behind) => edit(start, end + blanks_behind),
        _ if blanks_behind > 0 => edit(start, end),
        _ => Edit { range: removed, text: " ".into() },
    }
}

/// Removes a name of a list of names, with the space before it, unless a comment ends there.
pub(crate) fn remove_item(tree: &FlatTree, item: Node<'_>) -> Edit {
    let previous = item.token_before().filter(|token| token.kind() == WHITESPACE);
    let comment = previous.and_then(|token| token.before()).is_some_and(|token| token.kind().is_comment());
    match previous {
        Some(space) if !comment && !would_join(tree.text(), space.range().start().into(), item.range().end().into()) => {
            Edit { range: space.range().cover(item.range()), text: String::new() }
        }
        _ => remove(tree, item.range()),
    }
}

/// Whether what stands before `start` and behind `end` could become one token.
pub(crate) fn would_join(text: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| text.get(at));
    let after = text.get(end);
    let apart = |byte: u8| is_space(byte) || matches!(byte, b'(' | b')' | b'[' | b']' | b'{' | b'}' | b';' | b',');
    match (before, after) {
        (Some(&before), Some(&after)) => {
            // `${` would begin at a `$`, and `;` cannot end a path or a name.
            !(apart(before) || apart(after)) || (before == b'$' && after == b'{')
        }
        _ => false,
    }
}

/// Text for the place between two others, with spaces where it would become one token with them.
pub(crate) fn spaced(tree: &FlatTree, replaced: TextRange, text: &str) -> Edit {
    let bytes = tree.text();
    let mut whole = bytes.get(..usize::from(replaced.start())).unwrap_or_default().last().map_or(Vec::new(), |&c| vec![c]);
    let mut new = String::new();
    let at = whole.len();
    whole.extend_from_slice(text.as_bytes());
    if at > 0 && would_join(&whole, at, at) {
        new.push(' ');
    }
    new.push_str(text);
    let end = whole.len();
    whole.extend(bytes.get(usize::from(replaced.end())));
    if whole.len() > end && would_join(&whole, end, end) {
        new.push(' ');
    }
    replace(replaced, new)
}
