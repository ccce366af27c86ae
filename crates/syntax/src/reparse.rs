//! [`reparse`]: the tree after an edit, from the tree before.
//!
//! The smallest enclosing `{}`, `[]`, `()`, string or `let … in` is parsed alone and put into the old tree. That gives what
//! parsing the whole text gives, because
//! - the edit lies between the ends of the block, so that the tokens outside are the same, if those inside leave the
//!   scanner where it was: quotes and braces balanced;
//! - nothing is wrong outside of the block, and nothing in it after the edit. Only recovery from an error
//!   looks at what stands around.
//!
//! Where this does not hold, the whole text is parsed.

use rowan::{GreenNode, NodeOrToken, TextRange, TextSize};

use crate::flat::{self, FlatTree};
use crate::parse::{Parse, parse};
use crate::{SyntaxKind, SyntaxNode, TextEdit};

/// Deeper blocks are not parsed alone, so that the limits of the parser need not be looked at.
const MAX_BLOCK_DEPTH: usize = 250;

/// Parses a text again after an edit. Equal to a full parse of the new text, tree and errors.
///
/// `None` where the edit does not lie in the old text, or cuts a character.
pub fn reparse(old: &Parse, edit: &TextEdit) -> Option<Parse> {
    let root = old.syntax();
    if edit.range.end() > root.text_range().end() {
        return None;
    }
    if let Some(green) = reparse_block(old, &root, edit) {
        return Some(Parse::new(green, Vec::new()));
    }
    Some(parse(&edit.apply(&root.text().to_string())?))
}

fn reparse_block(old: &Parse, root: &SyntaxNode, edit: &TextEdit) -> Option<GreenNode> {
    let covering = match root.covering_element(edit.range) {
        NodeOrToken::Node(node) => node,
        NodeOrToken::Token(token) => token.parent()?,
    };
    let depth = covering.ancestors().take(MAX_BLOCK_DEPTH).count();
    if depth == MAX_BLOCK_DEPTH {
        return None;
    }
    covering.ancestors().filter(|node| encloses(node, edit.range)).find_map(|block| {
        let range = block.text_range();
        // Where a `let` begins, recovery from the error that is in it may have decided.
        let firm = block.kind() != SyntaxKind::LET_IN;
        if !old.errors().iter().all(|error| firm && range.start() < error.range.start() && error.range.start() < range.end()) {
            return None;
        }
        let inner = TextEdit::replace(edit.range - range.start(), edit.insert.as_str());
        let tree = flat::parse(inner.apply(&block.text().to_string())?.as_bytes());
        if !stands_alone(&tree, &block, edit) {
            return None;
        }
        let green = Parse::from_flat(&tree).green().children().next()?.into_node()?.to_owned();
        Some(block.replace_with(green))
    })
}

/// Whether `node` is a block, and the range lies between its ends.
fn encloses(node: &SyntaxNode, range: TextRange) -> bool {
    let (Some(first), Some(last)) = (node.first_token(), node.last_token()) else { return false };
    let (start, end) = match node.kind() {
        SyntaxKind::LIST | SyntaxKind::PAREN | SyntaxKind::INDENTED_STR => (first, last),
        // Whether an attribute is static, which the parser looks at in `let` and `inherit`, depends on its text.
        SyntaxKind::STR if node.parent().is_some_and(|p| matches!(p.kind(), SyntaxKind::ATTRPATH | SyntaxKind::INHERIT)) => return false,
        SyntaxKind::STR => (first, last),
        SyntaxKind::ATTR_SET | SyntaxKind::LEGACY_LET => match token_of(node, SyntaxKind::L_BRACE) {
            Some(brace) => (brace, last),
            None => return false,
        },
        SyntaxKind::LET_IN => match token_of(node, SyntaxKind::IN_KW) {
            // What touches a keyword can change it.
            Some(keyword) if range.start() > first.text_range().end() && range.end() < keyword.text_range().start() => (first, keyword),
            _ => return false,
        },
        _ => return false,
    };
    let closed = match node.kind() {
        SyntaxKind::LIST => end.kind() == SyntaxKind::R_BRACKET,
        SyntaxKind::PAREN => end.kind() == SyntaxKind::R_PAREN,
        SyntaxKind::STR => end.kind() == SyntaxKind::QUOTE && start != end,
        SyntaxKind::INDENTED_STR => end.kind() == SyntaxKind::INDENTED_CLOSE,
        SyntaxKind::LET_IN => true,
        _ => end.kind() == SyntaxKind::R_BRACE,
    };
    let inside = start.text_range().end() <= range.start() && range.end() <= end.text_range().start();
    let dynamic = node.ancestors().any(|n| n.kind() == SyntaxKind::DYNAMIC_ATTR);
    closed && inside && !dynamic
}

fn token_of(node: &SyntaxNode, kind: SyntaxKind) -> Option<crate::SyntaxToken> {
    node.children_with_tokens().filter_map(NodeOrToken::into_token).find(|token| token.kind() == kind)
}

/// Whether the text of a block, parsed alone, is one node of the same kind that any surroundings would see in the same way.
fn stands_alone(tree: &FlatTree, old: &SyntaxNode, edit: &TextEdit) -> bool {
    let mut children = tree.root().children();
    let Some(block) = children.next() else { return false };
    if !tree.errors().is_empty() || block.kind() != old.kind() || block.range() != tree.root().range() || children.next().is_some() {
        return false;
    }
    // What was `{ a = 1; }` and is now `{ }` is a pattern if `:` follows.
    if block.kind() == SyntaxKind::ATTR_SET && block.children().next().is_none() {
        return false;
    }
    if block.kind() == SyntaxKind::LET_IN {
        // The body must be where it was: the `in` is the old one.
        let Some(old_in) = token_of(old, SyntaxKind::IN_KW) else { return false };
        let moved = old_in.text_range().start() - old.text_range().start() - edit.range.len() + TextSize::of(edit.insert.as_str());
        let new_in = block.elements().filter_map(crate::Element::into_token).find(|t| t.kind() == SyntaxKind::IN_KW);
        if new_in.is_none_or(|token| token.range().start() != moved) {
            return false;
        }
    }
    balanced(tree) && depth(tree) < MAX_BLOCK_DEPTH
}

/// Whether the scanner is after these tokens in the mode in which it was before.
fn balanced(tree: &FlatTree) -> bool {
    let mut depth = 0i64;
    let count = tree.token_count() as u32;
    for token in (0..count).filter_map(|index| tree.token(index)) {
        match token.kind() {
            SyntaxKind::L_BRACE | SyntaxKind::DOLLAR_BRACE => depth += 1,
            SyntaxKind::R_BRACE => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

fn depth(tree: &FlatTree) -> usize {
    let mut open: Vec<u32> = Vec::new();
    let mut deepest = 0;
    for node in (0..tree.len() as u32).filter_map(|index| tree.node(index)) {
        while open.last().is_some_and(|&end| end <= node.index()) {
            open.pop();
        }
        open.push(node.subtree_end());
        deepest = deepest.max(open.len());
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Edits `text` at `|` (which is taken out), and says of which kind the block was that was parsed alone.
    fn block_of(text: &str, insert: &str) -> Option<GreenNode> {
        let at = text.find('|').expect("a cursor");
        let old = parse(&text.replacen('|', "", 1));
        let edit = TextEdit::insert(TextSize::new(at as u32), insert);
        let green = reparse_block(&old, &old.syntax(), &edit);
        assert_eq!(reparse(&old, &edit), Some(parse(&text.replacen('|', insert, 1))), "{text}");
        green
    }

    #[test]
    fn small_blocks_are_parsed_alone() {
        for (text, insert) in [
            ("{ a = [ 1 | ]; b = 2; }", "3"),
            ("{ a = (1 | ); b = 2; }", "+ 2"),
            ("{ a = 1; | } // b", "c = 2;"),
            ("f { a = \"x|\"; }", "y"),
            ("f { a = ''\n  x|\n''; }", "${y}"),
            ("let a = 1; | in a", "b = 2;"),
            ("x: rec { a = |; }", "1"),
            ("{ \"a|\" = 1; }", "${b}"),
        ] {
            assert!(block_of(text, insert).is_some(), "{text}");
        }
    }

    #[test]
    fn what_reaches_outside_is_parsed_whole() {
        for (text, insert) in [
            ("{ a = [ 1 | ]; }", "] b"),
            ("{ a = \"x|\"; }", "\""),
            ("{ a = \"x|\"; }", "${"),
            ("[ { a = 1; | } ]", "}"),
            ("let| a = 1; in a", "b"),
            ("let a = 1; |in a", "b"),
            ("let a = 1; | in a", "in b; let c = 1;"),
            ("{ a = [ 1 | ]; b c; }", "2"),
            ("1|", "2"),
        ] {
            assert!(block_of(text, insert).is_none(), "{text}");
        }
    }

    #[test]
    fn edits_outside_of_the_text_are_refused() {
        let old = parse("é");
        assert_eq!(reparse(&old, &TextEdit::insert(TextSize::new(1), "a")), None);
        assert_eq!(reparse(&old, &TextEdit::insert(TextSize::new(3), "a")), None);
        assert_eq!(reparse(&old, &TextEdit::insert(TextSize::new(2), "a")), Some(parse("éa")));
    }
}
