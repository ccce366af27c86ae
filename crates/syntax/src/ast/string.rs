//! What strings and paths mean: escapes, indentation, line ends.

use super::{AstNode, IndentedStr, Interpolation, Path, SearchPath, Str};
use crate::SyntaxKind;
use crate::tree::{Element, TreeNode, TreeToken};

/// A part of a string or a path.
#[derive(Debug, Clone, PartialEq)]
pub enum StrPart<N> {
    /// Text, never empty, never next to another text.
    Text(Vec<u8>),
    Interpolation(Interpolation<N>),
}

/// What the text of a path is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PathBase {
    /// `/a`
    Absolute,
    /// `./a`, `a/b`: the folder of the file.
    Relative,
    /// `~/a`: the user's home.
    Home,
}

fn push_text<N>(parts: &mut Vec<StrPart<N>>, text: &[u8]) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(StrPart::Text(last)) => last.extend_from_slice(text),
        _ => parts.push(StrPart::Text(text.to_vec())),
    }
}

/// What `\` and the bytes behind it stand for.
fn unescape(escaped: &[u8]) -> Vec<u8> {
    match escaped {
        [b'n', rest @ ..] => [b"\n", rest].concat(),
        [b'r', rest @ ..] => [b"\r", rest].concat(),
        [b't', rest @ ..] => [b"\t", rest].concat(),
        other => other.to_vec(),
    }
}

/// Nix reads CR and CR LF in `"…"` as LF.
fn push_normalised<N>(parts: &mut Vec<StrPart<N>>, text: &[u8]) {
    let mut from = 0;
    for at in memchr::memchr_iter(b'\r', text) {
        push_text(parts, &text[from..at]);
        if text.get(at + 1) != Some(&b'\n') {
            push_text(parts, b"\n");
        }
        from = at + 1;
    }
    push_text(parts, &text[from..]);
}

impl<N: TreeNode> Str<N> {
    /// The parts with escapes resolved; none for `""`.
    pub fn parts(&self) -> Vec<StrPart<N>> {
        let mut parts = Vec::new();
        for element in self.syntax().elements() {
            match element {
                Element::Token(token) if token.kind() == SyntaxKind::STRING_TEXT => push_normalised(&mut parts, token.text()),
                Element::Token(token) if token.kind() == SyntaxKind::STRING_ESCAPE => {
                    push_text(&mut parts, &unescape(token.text().get(1..).unwrap_or_default()));
                }
                Element::Token(_) => {}
                Element::Node(node) => parts.extend(Interpolation::cast(node).map(StrPart::Interpolation)),
            }
        }
        parts
    }

    /// The value, if there are no interpolations.
    pub fn plain(&self) -> Option<Vec<u8>> {
        plain(self.parts())
    }
}

fn plain<N>(mut parts: Vec<StrPart<N>>) -> Option<Vec<u8>> {
    match (parts.pop(), parts.is_empty()) {
        (None, _) => Some(Vec::new()),
        (Some(StrPart::Text(text)), true) => Some(text),
        _ => None,
    }
}

/// A piece of an indented string, as Nix's scanner cuts it.
enum Piece<N> {
    Text(Vec<u8>),
    /// What an escape stands for: ends the indentation of its line, and is itself no indentation.
    Escaped(Vec<u8>),
    Interpolation(Interpolation<N>),
}

impl<N: TreeNode> IndentedStr<N> {
    /// The parts with escapes resolved and the common indentation taken off.
    pub fn parts(&self) -> Vec<StrPart<N>> {
        let mut parts = Vec::new();
        for piece in self.stripped() {
            match piece {
                Piece::Text(text) | Piece::Escaped(text) => push_text(&mut parts, &text),
                Piece::Interpolation(node) => parts.push(StrPart::Interpolation(node)),
            }
        }
        parts
    }

    /// The value, if there are no interpolations.
    pub fn plain(&self) -> Option<Vec<u8>> {
        plain(self.parts())
    }

    /// The parts as Nix's parser keeps them: like [`IndentedStr::parts`], but what an escape stands for is a text of its own.
    pub fn pieces_as_parsed(&self) -> Vec<StrPart<N>> {
        self.stripped()
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Escaped(text) => StrPart::Text(text),
                Piece::Interpolation(node) => StrPart::Interpolation(node),
            })
            .collect()
    }

    fn pieces(&self) -> Vec<Piece<N>> {
        let mut pieces = Vec::new();
        let mut first = true;
        for element in self.syntax().elements() {
            match element {
                Element::Token(token) => match token.kind() {
                    SyntaxKind::STRING_TEXT => {
                        let text = if first { without_first_line(token.text()) } else { token.text() };
                        if !text.is_empty() {
                            pieces.push(Piece::Text(text.to_vec()));
                        }
                        first = false;
                    }
                    SyntaxKind::STRING_ESCAPE => {
                        pieces.push(Piece::Escaped(unescape_indented(token.text())));
                        first = false;
                    }
                    _ => {}
                },
                Element::Node(node) => {
                    pieces.extend(Interpolation::cast(node).map(Piece::Interpolation));
                    first = false;
                }
            }
        }
        pieces
    }

    fn stripped(&self) -> Vec<Piece<N>> {
        let mut pieces = self.pieces();
        let indent = common_indent(&pieces);
        let mut at_line_start = true;
        let mut dropped = 0;
        let count = pieces.len();
        for (i, piece) in pieces.iter_mut().enumerate() {
            match piece {
                Piece::Interpolation(_) => {
                    at_line_start = false;
                    dropped = 0;
                }
                Piece::Text(text) | Piece::Escaped(text) => {
                    strip(text, indent, &mut at_line_start, &mut dropped);
                    if i + 1 == count {
                        strip_last_line(text);
                    }
                }
            }
        }
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) | Piece::Escaped(text) if text.is_empty()));
        pieces
    }
}

/// Drops a first line of nothing but spaces.
fn without_first_line(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|&&c| c == b' ').count();
    match text.get(spaces) {
        Some(b'\n') => &text[spaces + 1..],
        _ => text,
    }
}

fn unescape_indented(token: &[u8]) -> Vec<u8> {
    match token {
        b"''$" | b"$" => b"$".to_vec(),
        b"'''" => b"''".to_vec(),
        [b'\'', b'\'', b'\\', rest @ ..] => unescape(rest),
        other => other.to_vec(),
    }
}

/// The indentation that all lines share. Lines of spaces only do not count; tabs are no indentation.
fn common_indent<N>(pieces: &[Piece<N>]) -> usize {
    // Where Nix starts from, too.
    let mut common = 1_000_000;
    let mut at_line_start = true;
    let mut current = 0;
    for piece in pieces {
        let Piece::Text(text) = piece else {
            if at_line_start {
                at_line_start = false;
                common = common.min(current);
            }
            continue;
        };
        for &byte in text {
            match byte {
                b'\n' => {
                    at_line_start = true;
                    current = 0;
                }
                b' ' if at_line_start => current += 1,
                _ if at_line_start => {
                    at_line_start = false;
                    common = common.min(current);
                }
                _ => {}
            }
        }
    }
    common
}

/// Drops up to `indent` spaces at each start of a line. The state goes on from one piece to the next.
fn strip(text: &mut Vec<u8>, indent: usize, at_line_start: &mut bool, dropped: &mut usize) {
    text.retain(|&byte| {
        match byte {
            b' ' if *at_line_start => {
                *dropped += 1;
                return *dropped > indent;
            }
            b'\n' => {
                // Only where it ends a line of spaces does a line end reset the count; behind text that was done before.
                if *at_line_start {
                    *dropped = 0;
                }
                *at_line_start = true;
            }
            _ if *at_line_start => {
                *at_line_start = false;
                *dropped = 0;
            }
            _ => {}
        }
        true
    });
}

/// Drops the spaces before the closing quotes, where they stand alone in their line.
fn strip_last_line(text: &mut Vec<u8>) {
    if let Some(end) = memchr::memrchr(b'\n', text)
        && text[end + 1..].iter().all(|&c| c == b' ')
    {
        text.truncate(end + 1);
    }
}

impl<N: TreeNode> Path<N> {
    /// The parts as written; the first is a text.
    pub fn parts(&self) -> Vec<StrPart<N>> {
        let mut parts = Vec::new();
        for element in self.syntax().elements() {
            match element {
                Element::Token(token) if token.kind() == SyntaxKind::PATH_TEXT => push_text(&mut parts, token.text()),
                Element::Token(_) => {}
                Element::Node(node) => parts.extend(Interpolation::cast(node).map(StrPart::Interpolation)),
            }
        }
        parts
    }

    /// What it is relative to.
    pub fn base(&self) -> PathBase {
        match self.syntax().tokens().next().and_then(|token| token.text().first().copied()) {
            Some(b'/') => PathBase::Absolute,
            Some(b'~') => PathBase::Home,
            _ => PathBase::Relative,
        }
    }
}

impl<N: TreeNode> SearchPath<N> {
    /// What stands between `<` and `>`.
    pub fn path(&self) -> Vec<u8> {
        let token = self.search_path_token();
        let text = token.as_ref().map(|token| token.text()).unwrap_or_default();
        text.strip_prefix(b"<").and_then(|text| text.strip_suffix(b">")).unwrap_or(text).to_vec()
    }
}
