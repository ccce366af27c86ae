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
        let mut index = (self.nodes.partition_point(|node| node.first_token <= tokens.start) as u32).saturating_sub(1);
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
