//! [`Difference`]: where two trees of much the same text differ, for readers that keep what they made of a former tree.

use std::ops::Range;

use crate::SyntaxKind;
use crate::flat::{FlatTree, Node, NodeData};
use crate::lexer::TokenData;
use crate::origin::Spliced;
use crate::reparse::Edit;

/// What is different about a tree, compared with a former one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference<'o, 'n> {
    /// The texts are the same, and so are the trees.
    None,
    /// The trees are the same but for what is in a binding, which starts at the same place.
    Within { old: Node<'o>, new: Node<'n> },
    /// The trees are the same but for what stands between two entries of a set or a `let`, which are entries, too.
    Between { old: Neighbours<'o>, new: Neighbours<'n> },
    /// The nodes are the same; whitespace and comments, which are these tokens, have others in their place.
    Trivia { old: Range<u32>, new: Range<u32> },
    /// Anything may differ.
    Unknown,
}

/// Two entries of a set or a `let`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbours<'t> {
    pub set: Node<'t>,
    pub first: Node<'t>,
    pub last: Node<'t>,
}

impl<'t> Neighbours<'t> {
    /// The last entry before an edit and the first behind it.
    fn around(set: Node<'t>, edit: Edit) -> Option<Self> {
        let (mut first, mut last) = (None, None);
        for entry in set.children().filter(is_entry) {
            let range = entry.range();
            if usize::from(range.end()) <= edit.start {
                first = Some(entry);
            } else if usize::from(range.start()) > edit.end {
                last = Some(entry);
                break;
            }
        }
        Some(Neighbours { set, first: first?, last: last? })
    }

    /// Whether the second stands behind the first, and not deeper: within something that the text between them begins.
    fn are_siblings(&self) -> bool {
        let tree = self.set.tree();
        let behind = std::iter::successors(tree.node(self.first.subtree_end()), |node| tree.node(node.subtree_end()));
        behind.map(|node| node.index()).find(|index| *index >= self.last.index()) == Some(self.last.index())
    }

    /// The tokens between them.
    pub fn tokens(&self) -> Range<u32> {
        self.first.token_range().end..self.last.token_range().start
    }

    /// The entries between them.
    pub fn between(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let (first, last) = (self.first.index(), self.last.index());
        self.set.children().filter(is_entry).filter(move |entry| first < entry.index() && entry.index() < last)
    }

    /// All other entries.
    pub fn others(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let (first, last) = (self.first.index(), self.last.index());
        self.set.children().filter(is_entry).filter(move |entry| entry.index() <= first || last <= entry.index())
    }

    fn run(&self) -> Run<'t> {
        Run { tree: self.set.tree(), nodes: self.first.subtree_end()..self.last.index(), tokens: self.tokens() }
    }
}

fn is_entry(node: &Node<'_>) -> bool {
    matches!(node.kind(), SyntaxKind::BINDING | SyntaxKind::INHERIT)
}

/// Nodes that have the same parent, and the tokens they are in.
struct Run<'t> {
    tree: &'t FlatTree,
    nodes: Range<u32>,
    tokens: Range<u32>,
}

impl<'t> Run<'t> {
    fn of(node: Node<'t>) -> Run<'t> {
        Run { tree: node.tree(), nodes: node.index()..node.subtree_end(), tokens: node.token_range() }
    }
}

/// What has to be compared of an old tree: outside of these runs the new one is the same.
struct Window {
    nodes: Range<u32>,
    tokens: Range<u32>,
}

impl Window {
    /// All, or what the new tree was made with where it was made of the old one.
    fn of(old: &FlatTree, new: &FlatTree) -> Window {
        match new.origin.made_of(&old.origin) {
            Some(Spliced { nodes, tokens, .. }) => Window { nodes: nodes.clone(), tokens: tokens.clone() },
            None => Window::all(old),
        }
    }

    fn all(old: &FlatTree) -> Window {
        Window { nodes: 0..old.nodes.len() as u32, tokens: 0..old.tokens.len() as u32 }
    }

    /// For runs of which nothing is known but in this window. Where it lies beside them all has to be compared.
    fn around(&self, old: &FlatTree, nodes: &Range<u32>, tokens: &Range<u32>) -> Window {
        let holds = |outer: &Range<u32>, inner: &Range<u32>| outer.start <= inner.start && inner.end <= outer.end;
        let inside =
            holds(&self.nodes, nodes) && holds(&self.tokens, tokens) && self.nodes.start < nodes.start && nodes.start < self.nodes.end;
        let outside = holds(nodes, &self.nodes) && holds(tokens, &self.tokens);
        if inside || outside { Window { nodes: self.nodes.clone(), tokens: self.tokens.clone() } } else { Window::all(old) }
    }
}

/// The part of a table before a place and behind the start of a window.
fn before<'a, T>(all: &'a [T], window: &Range<u32>, end: u32) -> Option<&'a [T]> {
    all.get(window.start.min(end) as usize..end as usize)
}

/// The part of a table behind a place, as far as a window reaches, which ends `by` further.
fn behind<'a, T>(all: &'a [T], window: &Range<u32>, by: u32, start: u32) -> Option<&'a [T]> {
    all.get(start as usize..window.end.wrapping_add(by).max(start) as usize)
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
        let window = Window::of(old, new);
        if let Some((old, new)) = trivia(old, new, edit, first..last.max(first), &window) {
            return Difference::Trivia { old, new };
        }
        let around = old.nodes_around(first..last.max(first + 1));
        let bindings = around.iter().copied().filter(|node| node.kind() == SyntaxKind::BINDING);
        for before in bindings.take(MAX_TRIES) {
            let Some(after) = new.node(before.index()).filter(|node| node.kind() == SyntaxKind::BINDING) else { continue };
            if accept(before, after) && is_same_around(&Run::of(before), &Run::of(after), &window) {
                return Difference::Within { old: before, new: after };
            }
        }
        let set = around.into_iter().find(|node| matches!(node.kind(), SyntaxKind::ATTR_SET | SyntaxKind::LET_IN));
        let Some(old) = set.and_then(|set| Neighbours::around(set, edit)) else { return Difference::Unknown };
        let by = (new.len() as u32).wrapping_sub(old.set.tree().len() as u32);
        let node = |index: u32, of: Node<'_>| new.node(index).filter(|node| node.kind() == of.kind());
        let (set, first, last) =
            (node(old.set.index(), old.set), node(old.first.index(), old.first), node(old.last.index().wrapping_add(by), old.last));
        if let (Some(set), Some(first), Some(last)) = (set, first, last) {
            let new = Neighbours { set, first, last };
            if new.are_siblings() && is_same_around(&old.run(), &new.run(), &window) {
                return Difference::Between { old, new };
            }
        }
        Difference::Unknown
    }
}

/// The tokens that differ, if all of them are trivia and nothing else does. `touched` are those that the edit touches.
fn trivia(old: &FlatTree, new: &FlatTree, edit: Edit, touched: Range<u32>, window: &Window) -> Option<(Range<u32>, Range<u32>)> {
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
    // Between two tokens of it, the window is around what differs.
    let inside = window.tokens.start < gone.start && gone.end < window.tokens.end && gone.start == come.start;
    let window = if inside { window } else { &Window::all(old) };
    let nodes_by = (new.nodes.len() as u32).wrapping_sub(old.nodes.len() as u32);
    let (tokens_before, tokens_behind) =
        (before(&old.tokens, &window.tokens, gone.start)?, behind(&old.tokens, &window.tokens, 0, gone.end)?);
    let (new_before, new_behind) = (before(&new.tokens, &window.tokens, come.start)?, behind(&new.tokens, &window.tokens, by, come.end)?);
    let nodes = window.nodes.start.max(1)..window.nodes.end;
    let (old_nodes, new_nodes) = (behind(&old.nodes, &nodes, 0, nodes.start)?, behind(&new.nodes, &nodes, nodes_by, nodes.start)?);
    // No node begins or ends with trivia, save for that of the whole text.
    let place = |token: u32| if token > gone.start { token.wrapping_add(by) } else { token };
    let shifted = |node: &NodeData| NodeData {
        first_token: if node.first_token >= gone.end { node.first_token.wrapping_add(by) } else { node.first_token },
        end_token: place(node.end_token),
        ..*node
    };
    let same = nodes_by == 0
        && gone.start == come.start
        && tokens_behind.len() == new_behind.len()
        && tokens_before == new_before
        && tokens_behind.iter().zip(new_behind).all(|(old, new)| moved(old, bytes) == *new)
        && old_nodes.iter().zip(new_nodes).all(|(old, new)| shifted(old) == *new);
    same.then_some((gone, come))
}

/// A token behind an edit that added this many bytes.
fn moved(token: &TokenData, bytes: u32) -> TokenData {
    TokenData { start: token.start.wrapping_add(bytes), end: token.end.wrapping_add(bytes), ..*token }
}

/// Whether two trees are the same outside of two runs of nodes that begin with the same number.
fn is_same_around(was: &Run<'_>, is: &Run<'_>, window: &Window) -> bool {
    let (old, new) = (was.tree, is.tree);
    let (gone, come) = (was.tokens.clone(), is.tokens.clone());
    let (start, end, new_end) = (was.nodes.start, was.nodes.end, is.nodes.end);
    let window = window.around(old, &was.nodes, &gone);
    // As many of them, before and behind.
    let by = |old: usize, new: usize| (new as u32).wrapping_sub(old as u32);
    let (all_nodes, all_tokens) = (by(old.nodes.len(), new.nodes.len()), by(old.tokens.len(), new.tokens.len()));
    if gone.start != come.start || new_end.wrapping_sub(end) != all_nodes || come.end.wrapping_sub(gone.end) != all_tokens {
        return false;
    }
    // All of it wraps around: the sums are right.
    let bytes = (new.text.len() as u32).wrapping_sub(old.text.len() as u32);
    let tokens_by = come.end.wrapping_sub(gone.end);
    let nodes_by = new_end.wrapping_sub(end);
    let shifted = |node: &NodeData, first: u32| NodeData {
        first_token: node.first_token.wrapping_add(first),
        end_token: node.end_token.wrapping_add(tokens_by),
        ..*node
    };
    let grown = |(place, node): (u32, &NodeData)| match place + node.size > start {
        true => NodeData { size: node.size.wrapping_add(nodes_by), ..shifted(node, 0) },
        false => *node,
    };
    let first = window.nodes.start.min(start);
    let parts = || {
        let nodes = (before(&old.nodes, &window.nodes, start)?, before(&new.nodes, &window.nodes, start)?);
        let nodes_behind = (behind(&old.nodes, &window.nodes, 0, end)?, behind(&new.nodes, &window.nodes, nodes_by, new_end)?);
        let tokens = (before(&old.tokens, &window.tokens, gone.start)?, before(&new.tokens, &window.tokens, come.start)?);
        let tokens_behind = (behind(&old.tokens, &window.tokens, 0, gone.end)?, behind(&new.tokens, &window.tokens, tokens_by, come.end)?);
        let same_lengths = nodes_behind.0.len() == nodes_behind.1.len() && tokens_behind.0.len() == tokens_behind.1.len();
        same_lengths.then_some((nodes, nodes_behind, tokens, tokens_behind))
    };
    let Some((nodes, nodes_behind, tokens, tokens_behind)) = parts() else { return false };
    tokens.0 == tokens.1
        && tokens_behind.0.iter().zip(tokens_behind.1).all(|(old, new)| moved(old, bytes) == *new)
        && (first..).zip(nodes.0).zip(nodes.1).all(|(old, new)| grown(old) == *new)
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
            Difference::Between { old, new } => {
                let tokens = |tree, run: &Neighbours<'_>| text_of(tree, run.tokens());
                format!("{:?} -> {:?}", tokens(old.set.tree(), &old), tokens(new.set.tree(), &new))
            }
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
    fn entries_come_and_go() {
        check("{ a = 1;| b = 2; c = 3; }", " d = 4;", expect![[r#"" b = 2; " -> " d = 4; b = 2; ""#]]);
        check(
            "x: { a = 1; | # c\n c = 3; }",
            "inherit d; \"e\".f = { };",
            expect![[r##""  # c\n " -> " inherit d; \"e\".f = { }; # c\n ""##]],
        );
        check("let a = 1; | c = 3; in c", "b = a;", expect![[r#""  " -> " b = a; ""#]]);
        check("{ a = { b = 1; | }; c = 3; d = 4; }", "e = 2;", expect!["a = { b = 1;  }; -> a = { b = 1; e = 2; };"]);
        // All that follows is within another set now.
        check("x: { a = 1; b = with y; |z; c = d; }", "{ ", expect!["unknown"]);
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
