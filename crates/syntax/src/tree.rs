//! [`TreeNode`]: what the typed tree needs from a tree, so that lowering (over [`crate::flat`]) and editor features (over
//! rowan) share one typed tree.

use std::fmt::Debug;

use rowan::TextRange;

use crate::SyntaxKind;

/// A node of a syntax tree.
pub trait TreeNode: Clone + Debug + PartialEq {
    type Token: TreeToken;
    type Children: Iterator<Item = Self>;
    type Elements: Iterator<Item = Element<Self>>;

    fn kind(&self) -> SyntaxKind;
    fn range(&self) -> TextRange;
    /// Child nodes, in the order of the text.
    fn children(&self) -> Self::Children;
    /// Child nodes and the tokens between them, trivia included.
    fn elements(&self) -> Self::Elements;

    /// The tokens that are direct children, trivia included.
    fn tokens(&self) -> Tokens<Self> {
        Tokens(self.elements())
    }

    /// The first direct child token of this kind.
    fn token(&self, kind: SyntaxKind) -> Option<Self::Token> {
        self.tokens().find(|token| token.kind() == kind)
    }
}

/// See [`TreeNode::tokens`].
#[derive(Debug, Clone)]
pub struct Tokens<N: TreeNode>(N::Elements);

impl<N: TreeNode> Iterator for Tokens<N> {
    type Item = N::Token;

    #[inline]
    fn next(&mut self) -> Option<N::Token> {
        self.0.by_ref().find_map(Element::into_token)
    }
}

/// A token of a syntax tree.
pub trait TreeToken: Clone + Debug + PartialEq {
    fn kind(&self) -> SyntaxKind;
    fn range(&self) -> TextRange;
    fn text(&self) -> &[u8];
}

/// A child of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Element<N: TreeNode> {
    Node(N),
    Token(N::Token),
}

impl<N: TreeNode> Element<N> {
    pub fn kind(&self) -> SyntaxKind {
        match self {
            Element::Node(node) => node.kind(),
            Element::Token(token) => token.kind(),
        }
    }

    pub fn range(&self) -> TextRange {
        match self {
            Element::Node(node) => node.range(),
            Element::Token(token) => token.range(),
        }
    }

    pub fn into_node(self) -> Option<N> {
        match self {
            Element::Node(node) => Some(node),
            Element::Token(_) => None,
        }
    }

    pub fn into_token(self) -> Option<N::Token> {
        match self {
            Element::Node(_) => None,
            Element::Token(token) => Some(token),
        }
    }
}
