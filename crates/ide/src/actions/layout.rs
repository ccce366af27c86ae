//! Indentation of what is moved and inserted. Only line starts of code and of comments move, and those of indented strings where their
//! value stays the same.

use nival_syntax::ast::{AstNode, AttrSet};
use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{SyntaxKind, TextRange, TextSize};

use super::context::Context;
use crate::source_change::{TextEdit, apply};

/// One step of indentation.
pub(super) const STEP: usize = 2;

/// The blanks at the start of the line that a place is in.
pub(super) fn indent_at(text: &str, at: TextSize) -> &str {
    let before = text.get(..usize::from(at)).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(start..).unwrap_or_default();
    let width = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    line.get(..width).unwrap_or_default()
}

/// Whether nothing but blanks stands before a place in its line. Unlike [`nival_fmt::starts_line`], the first line of a file is one.
pub(super) fn starts_line(text: &str, at: TextSize) -> bool {
    let before = text.get(..usize::from(at)).unwrap_or_default();
    before.rsplit('\n').next().is_none_or(|line| line.bytes().all(|byte| matches!(byte, b' ' | b'\t')))
}

/// The edit that adds an entry at the end of a set, in its layout.
pub(super) fn insert_entry(text: &str, set: &AttrSet<Node<'_>>, entry: &str) -> Option<(TextRange, String)> {
    let (open, close) = (set.l_brace_token()?.range().end(), set.r_brace_token()?.range().start());
    let Some(last) = set.entries().last().map(|last| last.range()) else {
        let inside = text.get(usize::from(open)..usize::from(close))?;
        let range = if inside.trim_ascii().is_empty() { TextRange::new(open, close) } else { TextRange::empty(close) };
        return Some((range, format!(" {entry} ")));
    };
    if !starts_line(text, last.start()) {
        return Some((TextRange::empty(last.end()), format!(" {entry}")));
    }
    // Below what is said of the last one in its line.
    let line = text.get(usize::from(last.end())..)?.lines().next().unwrap_or_default();
    let end = if line.trim_start().starts_with('#') { last.end() + TextSize::of(line.trim_end()) } else { last.end() };
    Some((TextRange::empty(end), format!("\n{}{entry}", indent_at(text, last.start()))))
}

/// The text of a range whose lines after the first are moved by some columns.
pub(super) fn moved(context: &Context<'_>, range: TextRange, columns: isize) -> String {
    let text = context.text(range);
    let edits: Vec<TextEdit> = shift(context.tree, range, columns)
        .into_iter()
        .map(|edit| TextEdit { range: edit.range - range.start(), insert: edit.insert })
        .collect();
    apply(text, &edits).unwrap_or_else(|| text.to_owned())
}

/// The edits that move the lines that begin in a range by some columns, as far as they can.
pub(super) fn shift(tree: &FlatTree, range: TextRange, columns: isize) -> Vec<TextEdit> {
    let mut starts = Vec::new();
    let first = tree.tokens_at(range.start()).last().map_or(0, Token::index);
    for token in (first..).map_while(|index| tree.token(index)).take_while(|token| token.range().start() < range.end()) {
        match token.kind() {
            SyntaxKind::WHITESPACE => {
                // Lines of nothing but blanks stay as they are.
                if let Some(newline) = token.text().iter().rposition(|&byte| byte == b'\n') {
                    starts.push(token.range().start() + TextSize::new(newline as u32 + 1));
                }
            }
            SyntaxKind::BLOCK_COMMENT => starts.extend(line_starts(token).filter(|&at| !is_blank(&tree.text()[usize::from(at)..]))),
            _ => {}
        }
    }
    let strings = nodes_in(tree, range).filter(|node| node.kind() == SyntaxKind::INDENTED_STR);
    starts.extend(strings.filter_map(|string| string_lines(string, columns)).flatten());
    starts.sort();
    let shift_line = |at: TextSize| {
        let blanks = tree.text().get(usize::from(at)..).unwrap_or_default().iter().take_while(|&&b| matches!(b, b' ' | b'\t')).count();
        match usize::try_from(columns) {
            Ok(columns) => TextEdit { range: TextRange::empty(at), insert: " ".repeat(columns) },
            Err(_) => {
                let gone = blanks.min(columns.unsigned_abs()) as u32;
                TextEdit { range: TextRange::at(at, gone.into()), insert: String::new() }
            }
        }
    };
    let edits = starts.into_iter().filter(|at| range.contains(*at) && *at > range.start()).map(shift_line);
    edits.filter(|edit| !edit.range.is_empty() || !edit.insert.is_empty()).collect()
}

fn is_blank(rest: &[u8]) -> bool {
    rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')).is_none_or(|&byte| byte == b'\n')
}

fn line_starts(token: Token<'_>) -> impl Iterator<Item = TextSize> {
    let newlines = token.text().iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    newlines.map(move |(at, _)| token.range().start() + TextSize::new(at as u32 + 1))
}

/// The nodes that begin in a range.
pub(super) fn nodes_in(tree: &FlatTree, range: TextRange) -> impl Iterator<Item = Node<'_>> {
    // Nodes are in preorder: their starts are sorted.
    let (mut low, mut high) = (0, tree.len() as u32);
    while low < high {
        let middle = low + (high - low) / 2;
        match tree.node(middle) {
            Some(node) if node.range().start() < range.start() => low = middle + 1,
            _ => high = middle,
        }
    }
    (low..).map_while(|index| tree.node(index)).take_while(move |node| node.range().start() < range.end())
}

/// The line starts of an indented string that may all be moved together: its value is the same then.
fn string_lines(string: Node<'_>, columns: isize) -> Option<Vec<TextSize>> {
    let text = string.tree().text();
    let mut pieces = nival_syntax::TreeNode::elements(&string).skip(1).peekable();
    // What stands behind the opening quotes has no indentation, and neither have all lines then.
    let first = pieces.peek()?.range();
    let rest = text.get(usize::from(first.start())..usize::from(string.range().end()))?;
    if rest.iter().find(|&&byte| byte != b' ').is_some_and(|&byte| byte != b'\n') {
        return None;
    }
    let mut starts = Vec::new();
    for piece in pieces {
        match piece {
            nival_syntax::Element::Token(token) if token.kind() == SyntaxKind::STRING_TEXT => starts.extend(line_starts(token)),
            // An escaped line end: what follows is no indentation.
            nival_syntax::Element::Token(token) if token.text().contains(&b'\n') => return None,
            _ => {}
        }
    }
    // Empty lines stay empty.
    starts.retain(|&at| text.get(usize::from(at)) != Some(&b'\n'));
    let spaces = |at: TextSize| text.get(usize::from(at)..).unwrap_or_default().iter().take_while(|&&byte| byte == b' ').count();
    let counts = |at: TextSize| {
        let after = text.get(usize::from(at) + spaces(at)..).unwrap_or_default();
        !after.starts_with(b"\n") && usize::from(at) + spaces(at) + 2 != usize::from(string.range().end())
    };
    let possible = columns >= 0 || starts.iter().all(|&at| spaces(at) >= columns.unsigned_abs() || !counts(at));
    possible.then_some(starts)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// The text with all lines after the first moved; its value is the same.
    #[track_caller]
    fn check(text: &str, columns: isize, expected: Expect) {
        let tree = nival_syntax::flat::parse(text.as_bytes());
        let moved = apply(text, &shift(&tree, tree.root().range(), columns)).unwrap();
        expected.assert_eq(&moved);
        let strings = |text: &str| {
            let tree = nival_syntax::flat::parse(text.as_bytes());
            let nodes: Vec<_> = (0..tree.len() as u32).filter_map(|index| tree.node(index)).collect();
            let parts = |string: nival_syntax::ast::IndentedStr<Node<'_>>| format!("{:?}", string.plain());
            nodes.into_iter().filter_map(nival_syntax::ast::AstNode::cast).map(parts).collect::<Vec<_>>()
        };
        assert_eq!(strings(text), strings(&moved));
    }

    #[test]
    fn code_and_comments_move() {
        check(
            "{\n  a = 1; # c\n\n  /* x\n     y */\n}",
            2,
            expect![[r#"
            {
                a = 1; # c

                /* x
                   y */
              }"#]],
        );
        check("{\n    a = 1;\n b = 2;\n\t\tc = 3;\n}", -2, expect!["{\n  a = 1;\nb = 2;\nc = 3;\n}"]);
        check("\"a\n  b\"", 2, expect!["\"a\n  b\""]);
    }

    #[test]
    fn indented_strings_move_where_their_value_stays() {
        check("''\n  a\n\n    b\n  ''", 2, expect!["''\n    a\n\n      b\n    ''"]);
        check("''\n  a\n    b\n''", -2, expect!["''\na\n  b\n''"]);
        check("''a\n    b\n''", 2, expect!["''a\n    b\n''"]);
        check("''\n    a\n  b\n''", -4, expect!["''\n    a\n  b\n''"]);
        check("''\n   a\n \n        \n   b\n  ''", -2, expect!["''\n a\n\n      \n b\n''"]);
        check("''\n   a\n \n        \n   b\n  ''", 2, expect!["''\n     a\n   \n          \n     b\n    ''"]);
        check("''\n\ta\n  b\n''", 2, expect!["''\n  \ta\n    b\n  ''"]);
    }
}
