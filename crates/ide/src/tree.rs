//! Small questions to the syntax tree that several features ask.

use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{SyntaxKind, TextRange, TextSize};

/// The token at a cursor: between two tokens the one that says more (a name before a bracket, anything before blanks).
pub(crate) fn touching_token(tree: &FlatTree, offset: TextSize) -> Option<Token<'_>> {
    tree.tokens_at(offset).max_by_key(|token| match token.kind() {
        SyntaxKind::IDENT => 4,
        SyntaxKind::PATH_TEXT | SyntaxKind::SEARCH_PATH | SyntaxKind::URI => 3,
        kind if kind.is_keyword() || kind == SyntaxKind::STRING_TEXT => 2,
        kind if kind.is_trivia() => 0,
        _ => 1,
    })
}

/// Whether the token is followed by something else on its line or preceded by code: a comment behind code.
pub(crate) fn ends_line(token: Token<'_>) -> bool {
    match token.before() {
        None => false,
        Some(before) => before.kind() != SyntaxKind::WHITESPACE || !before.text().contains(&b'\n') && before.before().is_some(),
    }
}

/// The binding that a range is in, the range itself where there is none.
pub(crate) fn binding_around(tree: &FlatTree, range: TextRange) -> TextRange {
    let around = tree.nodes_covering(range);
    around.iter().find(|node| node.kind() == SyntaxKind::BINDING).map_or(range, |binding| binding.range())
}

/// The text of a node.
pub(crate) fn text_of(node: Node<'_>) -> String {
    String::from_utf8_lossy(node.text()).into_owned()
}

/// The text of a range, cut at a character.
pub(crate) fn slice(text: &str, range: TextRange) -> &str {
    text.get(usize::from(range.start())..usize::from(range.end())).unwrap_or_default()
}

/// The first line of a text, cut to `max` characters.
pub(crate) fn first_line(text: &str, max: usize) -> String {
    let line = text.lines().next().unwrap_or_default().trim_end();
    match line.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}
