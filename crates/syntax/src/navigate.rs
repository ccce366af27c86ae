//! From a place in the text to what stands there in a [`FlatTree`]: editors ask for one place in a large tree, and need no
//! other tree for it.

use std::ops::Range;

use rowan::{TextRange, TextSize};

use crate::flat::{FlatTree, Node, Token};

impl FlatTree {
    /// The tokens that hold a place or end or start there, left to right: two between two tokens, one within one, none in an empty text.
    pub fn tokens_at(&self, offset: TextSize) -> impl Iterator<Item = Token<'_>> {
        let offset = u32::from(offset);
        let first = self.tokens.partition_point(|token| token.end < offset) as u32;
        (first..).map_while(move |index| self.token(index).filter(|token| u32::from(token.range().start()) <= offset))
    }

    /// The innermost node that has all of these tokens; the root for tokens that are not there.
    pub fn node_around(&self, tokens: Range<u32>) -> Node<'_> {
        // Nodes stand in the order in which they begin: the last that begins before is in all that are around.
        let last = (self.nodes.partition_point(|node| node.first_token <= tokens.start) as u32).saturating_sub(1);
        self.node_from(last, &tokens)
    }

    /// The same, from the last node that does not begin behind them.
    fn node_from(&self, mut index: u32, tokens: &Range<u32>) -> Node<'_> {
        let holds =
            |index: u32| self.nodes.get(index as usize).is_none_or(|node| node.end_token > tokens.start && node.end_token >= tokens.end);
        while !holds(index)
            && let Some(parent) = self.parent_of(index)
        {
            index = parent;
        }
        self.node(index).unwrap_or_else(|| self.root())
    }

    /// The nodes around a run of tokens, innermost first; the root alone for tokens that are not there.
    pub fn nodes_around(&self, tokens: Range<u32>) -> Vec<Node<'_>> {
        let innermost = self.node_around(tokens);
        std::iter::once(innermost).chain(innermost.ancestors()).collect()
    }

    /// The nodes around a stretch of the text, innermost first.
    pub fn nodes_covering(&self, range: TextRange) -> Vec<Node<'_>> {
        let (start, end) = (u32::from(range.start()), u32::from(range.end()));
        let last = self.tokens.partition_point(|token| token.start < end) as u32;
        let first = if range.is_empty() {
            self.tokens.partition_point(|token| token.end < start) as u32
        } else {
            self.tokens.partition_point(|token| token.end <= start) as u32
        };
        self.nodes_around(first..last.max(first + 1))
    }
}

/// Finds the tokens and nodes of one place after the other, in the order of the text, in a time that grows with their distance.
#[derive(Debug, Clone)]
pub struct Finder<'t> {
    tree: &'t FlatTree,
    token: usize,
    node: usize,
}

impl<'t> Finder<'t> {
    pub fn new(tree: &'t FlatTree) -> Self {
        Finder { tree, token: 0, node: 0 }
    }

    /// The token that the byte at `offset` is of. Offsets must not go down from one call to the next.
    pub fn token(&mut self, offset: u32) -> Option<Token<'t>> {
        self.token = leap(&self.tree.tokens, self.token, |token| token.end <= offset);
        self.tree.token(self.token as u32).filter(|token| u32::from(token.range().start()) <= offset)
    }

    /// The innermost node that the token found last is in.
    pub fn node(&mut self) -> Node<'t> {
        let token = self.token as u32;
        self.node = leap(&self.tree.nodes, self.node, |node| node.first_token <= token);
        self.tree.node_from(self.node.saturating_sub(1) as u32, &(token..token + 1))
    }
}

/// The first place from `from` on where `before` does not hold; it holds up to there and nowhere behind.
fn leap<T>(items: &[T], from: usize, before: impl Fn(&T) -> bool) -> usize {
    let (mut low, mut step) = (from, 1);
    while items.get(low + step - 1).is_some_and(&before) {
        low += step;
        step *= 2;
    }
    let high = (low + step).min(items.len());
    low + items.get(low..high).map_or(0, |run| run.partition_point(before))
}

impl<'t> Node<'t> {
    /// The nodes around it, innermost first, without itself.
    pub fn ancestors(self) -> impl Iterator<Item = Node<'t>> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    /// The token before its first one.
    pub fn token_before(self) -> Option<Token<'t>> {
        self.tree().token(self.token_range().start.checked_sub(1)?)
    }
}

impl<'t> Token<'t> {
    /// The token before it.
    pub fn before(self) -> Option<Token<'t>> {
        self.tree().token(self.index().checked_sub(1)?)
    }

    /// The innermost node that it is in.
    pub fn parent(self) -> Node<'t> {
        self.tree().node_around(self.index()..self.index() + 1)
    }

    /// The nodes around it, innermost first.
    pub fn ancestors(self) -> Vec<Node<'t>> {
        self.tree().nodes_around(self.index()..self.index() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Finder;
    use crate::flat;
    use crate::{SyntaxNode, TextRange, TextSize, parse};

    const TEXTS: [&str; 6] = [
        "",
        " ",
        "{ a = f (b.c + 1); # x\n d.${e} = ''\n a ${g}''; }",
        "let x = ; in { inherit (a b) c \"d\"; } .",
        "x@{ a ? 1, ... }: y",
        "[ ( ] é",
    ];

    /// The same places in the other tree.
    fn slow(root: &SyntaxNode, offset: TextSize) -> Vec<TextRange> {
        if root.text_range().is_empty() { Vec::new() } else { root.token_at_offset(offset).map(|token| token.text_range()).collect() }
    }

    #[test]
    fn places_are_those_of_the_other_tree() {
        for text in TEXTS {
            let (tree, parse) = (flat::parse(text.as_bytes()), parse(text));
            let root = parse.syntax();
            for start in 0..=text.len() as u32 {
                let offset = TextSize::new(start);
                let found: Vec<TextRange> = tree.tokens_at(offset).map(|token| token.range()).collect();
                assert_eq!(found, slow(&root, offset), "{text:?} {start}");
                if let Some(token) = Finder::new(&tree).token(start) {
                    let mut finder = Finder::new(&tree);
                    finder.token(start / 2);
                    assert_eq!(finder.token(start), tree.tokens_at(offset).last(), "{text:?} {start}");
                    assert_eq!(Some(finder.node()), token.ancestors().first().copied(), "{text:?} {start}");
                }
                for (token, other) in tree.tokens_at(offset).zip(root.token_at_offset(offset)) {
                    let ranges: Vec<_> = token.ancestors().iter().map(|node| (node.kind(), node.range())).collect();
                    let expected: Vec<_> = other.parent_ancestors().map(|node| (node.kind(), node.text_range())).collect();
                    assert_eq!(ranges[..ranges.len() - 1], expected[..expected.len() - 1], "{text:?} {start}");
                    assert_eq!(token.before().map(|token| token.range()), other.prev_token().map(|token| token.text_range()));
                }
                for end in start + 1..=text.len() as u32 {
                    let range = TextRange::new(offset, TextSize::new(end));
                    let covering = root.covering_element(range);
                    let node = covering.as_node().cloned().or_else(|| covering.as_token()?.parent()).map(|node| node.kind());
                    assert_eq!(tree.nodes_covering(range).first().map(|node| node.kind()), node, "{text:?} {range:?}");
                }
            }
        }
    }
}
