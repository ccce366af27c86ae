//! [`Difference`]: where two trees of much the same text differ, for readers that keep what they made of a former tree.

use std::ops::Range;

use crate::SyntaxKind;
use crate::flat::{FlatTree, Node, NodeData};
use crate::lexer::TokenData;
use crate::reparse::Edit;

/// What is different about a tree, compared with a former one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference<'o, 'n> {
    /// The texts are the same, and so are the trees.
    None,
    /// The trees are the same but for what is in a binding, which starts at the same place.
    Within { old: Node<'o>, new: Node<'n> },
    /// The nodes are the same; whitespace and comments, which are these tokens, have others in their place.
    Trivia { old: Range<u32>, new: Range<u32> },
    /// Anything may differ.
    Unknown,
}

/// So many bindings around an edit are tried.
const MAX_TRIES: usize = 3;

impl<'o, 'n> Difference<'o, 'n> {
    /// Compares two trees, errors aside. What differs is told as the innermost binding that holds all of it and that `accept` does not
    /// refuse: that one looks at the binding in the old and in the new tree, and should be quick.
    pub fn between(old: &'o FlatTree, new: &'n FlatTree, accept: impl Fn(Node<'o>, Node<'n>) -> bool) -> Self {
        if std::ptr::addr_eq(old, new) {
            return Difference::None;
        }
        let Some(edit) = Edit::between(&old.text, &new.text) else { return Difference::Unknown };
        if edit.is_empty() {
            return Difference::None;
        }
        let first = old.tokens.partition_point(|token| (token.end as usize) < edit.start) as u32;
        let last = old.tokens.partition_point(|token| (token.start as usize) <= edit.end) as u32;
        if let Some((old, new)) = trivia(old, new, edit, first..last.max(first)) {
            return Difference::Trivia { old, new };
        }
        let around = old.nodes_around(first..last.max(first + 1));
        let bindings = around.into_iter().filter(|node| node.kind() == SyntaxKind::BINDING);
        for before in bindings.take(MAX_TRIES) {
            let Some(after) = new.node(before.index()).filter(|node| node.kind() == SyntaxKind::BINDING) else { continue };
            if accept(before, after) && is_same_around(before, after) {
                return Difference::Within { old: before, new: after };
            }
        }
        Difference::Unknown
    }
}

/// The tokens that differ, if all of them are trivia and nothing else does. `touched` are those that the edit touches.
fn trivia(old: &FlatTree, new: &FlatTree, edit: Edit, touched: Range<u32>) -> Option<(Range<u32>, Range<u32>)> {
    let bytes = (new.text.len() as u32).wrapping_sub(old.text.len() as u32);
    let by = (new.tokens.len() as u32).wrapping_sub(old.tokens.len() as u32);
    let (mut gone, mut come) = (touched.clone(), touched.start..touched.end.wrapping_add(by));
    // Those that only touch the edit may be what they were.
    let is_before = |token: &TokenData| token.end as usize <= edit.start;
    let is_behind = |token: &TokenData| token.start as usize >= edit.end;
    while !gone.is_empty() && !come.is_empty() {
        let (before, after) = (old.tokens.get(gone.start as usize)?, new.tokens.get(come.start as usize)?);
        if !is_before(before) || before != after {
            break;
        }
        (gone.start, come.start) = (gone.start + 1, come.start + 1);
    }
    while !gone.is_empty() && !come.is_empty() {
        let (before, after) = (old.tokens.get(gone.end as usize - 1)?, new.tokens.get(come.end as usize - 1)?);
        if !is_behind(before) || moved(before, bytes) != *after {
            break;
        }
        (gone.end, come.end) = (gone.end - 1, come.end - 1);
    }
    let part = |tree: &'_ FlatTree, range: &Range<u32>| {
        let tokens = tree.tokens.get(range.start as usize..range.end as usize)?;
        tokens.iter().all(|token| token.kind.is_trivia()).then_some(())
    };
    part(old, &gone)?;
    part(new, &come)?;
    let (before, behind) = (old.tokens.get(..gone.start as usize)?, old.tokens.get(gone.end as usize..)?);
    let (new_before, new_behind) = (new.tokens.get(..come.start as usize)?, new.tokens.get(come.end as usize..)?);
    // No node begins or ends with trivia, save for that of the whole text.
    let place = |token: u32| if token > gone.start { token.wrapping_add(by) } else { token };
    let shifted = |node: &NodeData| NodeData {
        first_token: if node.first_token >= gone.end { node.first_token.wrapping_add(by) } else { node.first_token },
        end_token: place(node.end_token),
        ..*node
    };
    let same = old.nodes.len() == new.nodes.len()
        && behind.len() == new_behind.len()
        && before == new_before
        && behind.iter().zip(new_behind).all(|(old, new)| moved(old, bytes) == *new)
        && old.nodes.iter().zip(&new.nodes).skip(1).all(|(old, new)| shifted(old) == *new);
    same.then_some((gone, come))
}

/// A token behind an edit that added this many bytes.
fn moved(token: &TokenData, bytes: u32) -> TokenData {
    TokenData { start: token.start.wrapping_add(bytes), end: token.end.wrapping_add(bytes), ..*token }
}

/// Whether two trees are the same outside of two nodes that have the same number.
fn is_same_around(before: Node<'_>, after: Node<'_>) -> bool {
    let (old, new) = (before.tree(), after.tree());
    let (gone, come) = (before.token_range(), after.token_range());
    let (end, new_end) = (before.subtree_end(), after.subtree_end());
    // All of it wraps around: the sums are right.
    let bytes = (new.text.len() as u32).wrapping_sub(old.text.len() as u32);
    let tokens_by = come.end.wrapping_sub(gone.end);
    let nodes_by = new_end.wrapping_sub(end);
    let shifted = |node: &NodeData, first: u32| NodeData {
        first_token: node.first_token.wrapping_add(first),
        end_token: node.end_token.wrapping_add(tokens_by),
        ..*node
    };
    let grown = |(place, node): (u32, &NodeData)| match place + node.size > before.index() {
        true => NodeData { size: node.size.wrapping_add(nodes_by), ..shifted(node, 0) },
        false => *node,
    };
    let parts = || {
        let index = before.index() as usize;
        let nodes = (old.nodes.get(..index)?, new.nodes.get(..index)?);
        let nodes_behind = (old.nodes.get(end as usize..)?, new.nodes.get(new_end as usize..)?);
        let tokens = (old.tokens.get(..gone.start as usize)?, new.tokens.get(..come.start as usize)?);
        let tokens_behind = (old.tokens.get(gone.end as usize..)?, new.tokens.get(come.end as usize..)?);
        let same_lengths = nodes_behind.0.len() == nodes_behind.1.len() && tokens_behind.0.len() == tokens_behind.1.len();
        same_lengths.then_some((nodes, nodes_behind, tokens, tokens_behind))
    };
    let Some((nodes, nodes_behind, tokens, tokens_behind)) = parts() else { return false };
    tokens.0 == tokens.1
        && tokens_behind.0.iter().zip(tokens_behind.1).all(|(old, new)| moved(old, bytes) == *new)
        && (0..).zip(nodes.0).zip(nodes.1).all(|(old, new)| grown(old) == *new)
        && nodes_behind.0.iter().zip(nodes_behind.1).all(|(old, new)| shifted(old, tokens_by) == *new)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::flat;

    /// Edits `text` at `|`, which is taken out; what differs then.
    #[track_caller]
    fn check(text: &str, insert: &str, expected: Expect) {
        let (old, new) = (flat::parse(text.replacen('|', "", 1).as_bytes()), flat::parse(text.replacen('|', insert, 1).as_bytes()));
        let show = |node: Node<'_>| String::from_utf8_lossy(node.text()).into_owned();
        let text_of = |tree: &FlatTree, tokens: Range<u32>| {
            let texts = tokens.filter_map(|token| Some(String::from_utf8_lossy(tree.token(token)?.text()).into_owned()));
            texts.collect::<String>()
        };
        let told = |difference| match difference {
            Difference::None => "none".to_owned(),
            Difference::Within { old, new } => format!("{} -> {}", show(old), show(new)),
            Difference::Trivia { old: gone, new: come } => format!("{:?} -> {:?}", text_of(&old, gone), text_of(&new, come)),
            Difference::Unknown => "unknown".to_owned(),
        };
        expected.assert_eq(&told(Difference::between(&old, &new, |_, _| true)));
        assert_eq!(Difference::between(&new, &new, |_, _| false), Difference::None);
        assert_eq!(Difference::between(&old, &old.clone(), |_, _| false), Difference::None);
    }

    #[test]
    fn what_differs_is_in_a_binding() {
        check("{ a = f |; b = 2; }", "[ 1 ]", expect!["a = f ; -> a = f [ 1 ];"]);
        check("x: { a = { c = 1|; d = 2; }; b = 2; }", "2", expect!["c = 1; -> c = 12;"]);
        check("x: { a = { c = 1; |d = 2; }; b = 2; }", "e = 1; ", expect!["a = { c = 1; d = 2; }; -> a = { c = 1; e = 1; d = 2; };"]);
        check("{ a = 1;| b = 2; }", " c = 2;", expect!["unknown"]);
        check("{ a = 1;\n  b = 2|;\n }", "; c = 3", expect!["unknown"]);
        check("{ a = (1|; b = 2; }", " + 2", expect!["a = (1; -> a = (1 + 2;"]);
        check("{ a = \"|\"; b = 2; }", "\"", expect!["unknown"]);
        check("{ a = 1; b|= 2; }", "x", expect!["b= 2; -> bx= 2;"]);
        check("1|", "2", expect!["unknown"]);
    }

    #[test]
    fn only_trivia_differs() {
        check("{ a = 1;| b = 2; }", " # c\n", expect![[r##""" -> "# c\n ""##]]);
        check("{ a = 1; # |c\n b = 2; }", "d", expect![[r##""# c" -> "# dc""##]]);
        check("{ a = 1;|b = 2; }", "\n\n", expect![[r#""" -> "\n\n""#]]);
        check("{ a = 1; /* x */| b = 2; }", "/* y */", expect![[r#""" -> "/* y */""#]]);
        check("|1", " # c\n", expect![[r#""" -> " # c\n""#]]);
        check("1|", "\n", expect![[r#""" -> "\n""#]]);
        check("|", " ", expect![[r#""" -> " ""#]]);
        check("{ a = 1; |b = 2; }", "# ", expect!["unknown"]);
        check("{ a = b|c; }", " ", expect!["a = bc; -> a = b c;"]);
        // As long as before.
        let tree = |text: &str| flat::parse(text.as_bytes());
        let comments = (tree("{ /*x a */ b = 1; }"), tree("{ /** a */ b = 1; }"));
        assert_eq!(Difference::between(&comments.0, &comments.1, |_, _| true), Difference::Trivia { old: 2..3, new: 2..3 });
        let names = (tree("[ a b ]"), tree("[ a c ]"));
        assert_eq!(Difference::between(&names.0, &names.1, |_, _| true), Difference::Unknown);
    }
}
