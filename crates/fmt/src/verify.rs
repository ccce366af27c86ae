//! Whether two texts say the same: the same program and the same comments. Cheap enough to be asked after each formatting.

use nival_syntax::ast::{AstNode, IndentedStr, Str, StrPart};
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{SyntaxKind, TextSize};

/// Where a formatted text stops saying what the text said that it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The formatted text does not parse.
    Syntax,
    /// The program is another one from this position of the input on.
    Program(TextSize),
    /// A comment is lost, doubled or changed.
    Comments,
}

/// Compares two texts, of which the first one has no errors.
pub fn difference(input: &FlatTree, output: &FlatTree) -> Option<Difference> {
    if !output.errors().is_empty() {
        return Some(Difference::Syntax);
    }
    if let Some(at) = other_program(input, output) {
        return Some(Difference::Program(at));
    }
    (comments(input) != comments(output)).then_some(Difference::Comments)
}

/// Strings may be written in another way.
fn normal(node: Node<'_>) -> SyntaxKind {
    match node.kind() {
        SyntaxKind::INDENTED_STR => SyntaxKind::STR,
        SyntaxKind::LITERAL if is_uri(node) => SyntaxKind::STR,
        kind => kind,
    }
}

fn is_uri(node: Node<'_>) -> bool {
    node.tree().token(node.token_range().start).is_some_and(|token| token.kind() == SyntaxKind::URI)
}

/// The position of the first input from which on the programs differ. Errors of the texts do not matter.
pub(crate) fn other_program(input: &FlatTree, output: &FlatTree) -> Option<TextSize> {
    for index in 0..input.len().max(output.len()) as u32 {
        let (Some(a), Some(b)) = (input.node(index), output.node(index)) else { return Some(TextSize::new(0)) };
        let same_shape = normal(a) == normal(b) && a.subtree_end() == b.subtree_end();
        if !same_shape || normal(a) == SyntaxKind::STR && !same_string(a, b) {
            return Some(a.range().start());
        }
    }
    let (mut a, mut b) = (Tokens { tree: input, next: 0 }, Tokens { tree: output, next: 0 });
    loop {
        match (a.next(), b.next()) {
            (None, None) => return None,
            (Some(x), Some(y)) if x.kind() == y.kind() && x.text() == y.text() => {}
            (Some(x), _) => return Some(x.range().start()),
            (None, Some(_)) => return Some(TextSize::of('\n')),
        }
    }
}

fn same_string(a: Node<'_>, b: Node<'_>) -> bool {
    a.kind() == b.kind() && a.text() == b.text() || value(a) == value(b)
}

/// The texts of a string, with `None` for each interpolation. What is in those is compared with the rest of the tree.
fn value(node: Node<'_>) -> Vec<Option<Vec<u8>>> {
    let parts = match node.kind() {
        SyntaxKind::STR => Str::cast(node).map(|string| string.parts()),
        SyntaxKind::INDENTED_STR => IndentedStr::cast(node).map(|string| string.parts()),
        _ => return vec![Some(node.text().to_vec())],
    };
    let text = |part| match part {
        StrPart::Text(text) => Some(text),
        StrPart::Interpolation(_) => None,
    };
    parts.unwrap_or_default().into_iter().map(text).collect()
}

/// The tokens that are no white space, comments, commas or parts of strings.
struct Tokens<'t> {
    tree: &'t FlatTree,
    next: u32,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = nival_syntax::flat::Token<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        use SyntaxKind::*;
        loop {
            let token = self.tree.token(self.next)?;
            self.next += 1;
            if !matches!(
                token.kind(),
                WHITESPACE | COMMENT | BLOCK_COMMENT | COMMA | STRING_TEXT | STRING_ESCAPE | QUOTE | INDENTED_OPEN | INDENTED_CLOSE | URI
            ) {
                return Some(token);
            }
        }
    }
}

/// How often each byte stands in comments, but for what marks them and for white space. Comments may change their order and their form.
fn comments(tree: &FlatTree) -> [u32; 256] {
    let mut counts = [0u32; 256];
    for index in 0..tree.token_count() as u32 {
        let Some(token) = tree.token(index).filter(|token| token.kind().is_comment()) else { continue };
        let text = String::from_utf8_lossy(token.text());
        for c in text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '#' | '*' | '/')) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                counts[byte as usize] = counts[byte as usize].wrapping_add(1);
            }
        }
    }
    counts
}
