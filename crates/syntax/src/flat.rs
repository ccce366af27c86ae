//! [`FlatTree`]: the whole tree as arrays, for lowering. No allocation per node, no reference counts.
//!
//! Nodes stand in preorder: the descendants of the node `i` are the nodes `i + 1 .. subtree_end(i)`, so that a tree of
//! any depth can be walked with a loop. Every node covers a run of tokens, never an empty one except for the root.

use std::sync::Arc;

pub use crate::navigate::Finder;
pub use crate::reparse::{reparse, reparse_part};

use rowan::{TextRange, TextSize};

use crate::lexer::TokenData;
use crate::origin::Origin;
use crate::parents::Parents;
use crate::tree::{Element, TreeNode, TreeToken};
use crate::{SyntaxError, SyntaxKind};

/// Parses any bytes. The tree prints back the same bytes.
pub fn parse(text: &[u8]) -> FlatTree {
    parse_shared(text.into())
}

/// As [`parse`], of a text that others hold, too.
pub fn parse_shared(text: Arc<[u8]>) -> FlatTree {
    crate::parser::parse(text)
}

/// Parses a text that is only to be run: whitespace and comments are left out of the tree, whose nodes are the same.
///
/// `number` gets each name, as often as it stands in the text, in the order in which Nix's parser makes names; the numbers it
/// gives are in the tree ([`Node::number`]) if that says so ([`FlatTree::is_numbered`]).
///
/// `None` where the text has errors: which ones, only the whole tree can tell.
pub fn parse_code<'t>(text: &'t Arc<[u8]>, buffers: &mut Buffers, number: impl FnMut(&'t [u8]) -> u32) -> Option<FlatTree> {
    crate::parser::parse_code(text, buffers, number)
}

/// Memory that one parse after the other uses: to get it anew from the system for each text takes longer than to parse.
#[derive(Debug, Default)]
pub struct Buffers {
    pub(crate) tokens: Vec<TokenData>,
    pub(crate) nodes: Vec<NodeData>,
}

impl Buffers {
    /// Takes back the memory of a tree.
    pub fn recycle(&mut self, tree: FlatTree) {
        self.tokens = tree.tokens;
        self.nodes = tree.nodes;
    }
}

/// A parsed text. See the module documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlatTree {
    pub(crate) text: Arc<[u8]>,
    pub(crate) nodes: Vec<NodeData>,
    pub(crate) tokens: Vec<TokenData>,
    pub(crate) errors: Vec<SyntaxError>,
    pub(crate) numbered: bool,
    pub(crate) parents: Parents,
    pub(crate) origin: Origin,
}

/// A node: kind, tokens and the number of its descendants in one 16-byte record, because readers want all of them at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeData {
    pub first_token: u32,
    /// One past the last token.
    pub end_token: u32,
    /// How many nodes it and those below it are.
    pub size: u32,
    pub kind: SyntaxKind,
    pub number: Number,
}

/// The number of a name plus one, in the two bytes that are left in a node's record; 0 for none and for what does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(u16);

impl Number {
    pub const NONE: Number = Number(0);

    #[inline]
    pub fn new(number: u32) -> Number {
        if number < u32::from(u16::MAX) { Number(number as u16 + 1) } else { Number::NONE }
    }

    #[inline]
    fn get(self) -> Option<u32> {
        u32::from(self.0).checked_sub(1)
    }
}

const _: () = assert!(size_of::<NodeData>() == 16);

impl FlatTree {
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// Whether all names have been given to the `number` of [`parse_code`]. Where names are written in an unusual way (`"a\tb"`
    /// as an attribute, `${"a"}`) only those up to there have.
    pub fn is_numbered(&self) -> bool {
        self.numbered
    }

    /// How many nodes there are; at least 1.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Always false: there is a root.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn token_count(&self) -> usize {
        self.tokens.len()
    }

    /// The node of the whole text, a `SOURCE_FILE`.
    pub fn root(&self) -> Node<'_> {
        Node { tree: self, index: 0 }
    }

    /// The node with this number in preorder.
    pub fn node(&self, index: u32) -> Option<Node<'_>> {
        ((index as usize) < self.nodes.len()).then_some(Node { tree: self, index })
    }

    /// The token with this number in the order of the text.
    pub fn token(&self, index: u32) -> Option<Token<'_>> {
        ((index as usize) < self.tokens.len()).then_some(Token { tree: self, index })
    }

    #[inline]
    fn span(&self, index: u32) -> (u32, u32) {
        self.tokens.get(index as usize).map_or((0, 0), |token| (token.start, token.end))
    }
}

/// A node of a [`FlatTree`]: a reference and a number.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t FlatTree,
    index: u32,
}

impl<'t> Node<'t> {
    /// Its number in preorder: dense, 0 for the root.
    #[inline]
    pub fn index(self) -> u32 {
        self.index
    }

    #[inline]
    pub fn tree(self) -> &'t FlatTree {
        self.tree
    }

    /// The node around it; none for the root.
    pub fn parent(self) -> Option<Node<'t>> {
        let parent = self.tree.parent_of(self.index)?;
        Some(Node { tree: self.tree, index: parent })
    }

    #[inline]
    fn data(self) -> NodeData {
        self.tree.nodes[self.index as usize]
    }

    #[inline]
    pub fn kind(self) -> SyntaxKind {
        self.data().kind
    }

    /// One past the number of its last descendant.
    #[inline]
    pub fn subtree_end(self) -> u32 {
        self.index + self.data().size
    }

    /// The number that was given to a name, see [`parse_code`]; there may be none for any name.
    #[inline]
    pub fn number(self) -> Option<u32> {
        self.data().number.get()
    }

    /// The numbers of the tokens below it.
    #[inline]
    pub fn token_range(self) -> std::ops::Range<u32> {
        let data = self.data();
        data.first_token..data.end_token
    }

    #[inline]
    pub fn range(self) -> TextRange {
        let data = self.data();
        let (start, end) = (self.tree.span(data.first_token).0, self.tree.span(data.end_token.wrapping_sub(1)).1);
        TextRange::new(TextSize::new(start), TextSize::new(end.max(start)))
    }

    /// The bytes that it covers.
    #[inline]
    pub fn text(self) -> &'t [u8] {
        let range = self.range();
        self.tree.text.get(usize::from(range.start())..usize::from(range.end())).unwrap_or_default()
    }

    #[inline]
    pub fn children(self) -> Children<'t> {
        Children { tree: self.tree, next: self.index + 1, end: self.subtree_end() }
    }

    #[inline]
    pub fn elements(self) -> Elements<'t> {
        let data = self.data();
        Elements {
            tree: self.tree,
            next_node: self.index + 1,
            end_node: self.index + data.size,
            next_token: data.first_token,
            end_token: data.end_token,
        }
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && std::ptr::eq(self.tree, other.tree)
    }
}

impl Eq for Node<'_> {}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}@{:?}", self.kind(), self.range())
    }
}

/// See [`Node::children`].
#[derive(Clone)]
pub struct Children<'t> {
    tree: &'t FlatTree,
    next: u32,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    #[inline]
    fn next(&mut self) -> Option<Node<'t>> {
        if self.next >= self.end {
            return None;
        }
        let node = Node { tree: self.tree, index: self.next };
        self.next = node.subtree_end();
        Some(node)
    }
}

/// See [`Node::elements`].
#[derive(Clone)]
pub struct Elements<'t> {
    tree: &'t FlatTree,
    next_node: u32,
    end_node: u32,
    next_token: u32,
    end_token: u32,
}

impl<'t> Iterator for Elements<'t> {
    type Item = Element<Node<'t>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next_node < self.end_node {
            let node = Node { tree: self.tree, index: self.next_node };
            let data = node.data();
            if data.first_token <= self.next_token {
                self.next_node += data.size;
                self.next_token = data.end_token;
                return Some(Element::Node(node));
            }
        }
        if self.next_token >= self.end_token {
            return None;
        }
        let token = Token { tree: self.tree, index: self.next_token };
        self.next_token += 1;
        Some(Element::Token(token))
    }
}

/// A token of a [`FlatTree`].
#[derive(Clone, Copy)]
pub struct Token<'t> {
    tree: &'t FlatTree,
    index: u32,
}

impl<'t> Token<'t> {
    #[inline]
    pub fn tree(self) -> &'t FlatTree {
        self.tree
    }

    /// Its number in the order of the text.
    pub fn index(self) -> u32 {
        self.index
    }

    #[inline]
    pub fn kind(self) -> SyntaxKind {
        self.tree.tokens[self.index as usize].kind
    }

    #[inline]
    pub fn range(self) -> TextRange {
        let (start, end) = self.tree.span(self.index);
        TextRange::new(TextSize::new(start), TextSize::new(end))
    }

    #[inline]
    pub fn text(self) -> &'t [u8] {
        let (start, end) = self.tree.span(self.index);
        self.tree.text.get(start as usize..end as usize).unwrap_or_default()
    }
}

impl PartialEq for Token<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && std::ptr::eq(self.tree, other.tree)
    }
}

impl Eq for Token<'_> {}

impl std::fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}@{:?} {:?}", self.kind(), self.range(), String::from_utf8_lossy(self.text()))
    }
}

impl<'t> TreeNode for Node<'t> {
    type Token = Token<'t>;
    type Children = Children<'t>;
    type Elements = Elements<'t>;

    #[inline]
    fn kind(&self) -> SyntaxKind {
        Node::kind(*self)
    }

    #[inline]
    fn range(&self) -> TextRange {
        Node::range(*self)
    }

    #[inline]
    fn children(&self) -> Children<'t> {
        Node::children(*self)
    }

    #[inline]
    fn elements(&self) -> Elements<'t> {
        Node::elements(*self)
    }
}

impl TreeToken for Token<'_> {
    #[inline]
    fn kind(&self) -> SyntaxKind {
        Token::kind(*self)
    }

    #[inline]
    fn range(&self) -> TextRange {
        Token::range(*self)
    }

    #[inline]
    fn text(&self) -> &[u8] {
        Token::text(*self)
    }
}
