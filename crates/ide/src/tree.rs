//! Small questions to the syntax tree that several features ask.

use nival_syntax::{SyntaxKind, SyntaxNode, SyntaxToken, TextRange, TextSize};

/// The token at a cursor: between two tokens the one that says more (a name before a bracket, anything before blanks).
pub(crate) fn touching_token(root: &SyntaxNode, offset: TextSize) -> Option<SyntaxToken> {
    if !root.text_range().contains_inclusive(offset) {
        return None;
    }
    let touching = root.token_at_offset(offset);
    touching.max_by_key(|token| match token.kind() {
        SyntaxKind::IDENT => 4,
        SyntaxKind::PATH_TEXT | SyntaxKind::SEARCH_PATH | SyntaxKind::URI => 3,
        kind if kind.is_keyword() || kind == SyntaxKind::STRING_TEXT => 2,
        kind if kind.is_trivia() => 0,
        _ => 1,
    })
}

/// Whether the token is followed by something else on its line or preceded by code: a comment behind code.
pub(crate) fn ends_line(token: &SyntaxToken) -> bool {
    match token.prev_token() {
        None => false,
        Some(before) => before.kind() != SyntaxKind::WHITESPACE || !before.text().contains('\n') && before.prev_token().is_some(),
    }
}

/// The first ancestor of this kind, the node itself included.
pub(crate) fn ancestor(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    node.ancestors().find(|n| n.kind() == kind)
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
