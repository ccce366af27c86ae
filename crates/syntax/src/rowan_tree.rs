//! The lossless tree for editors: rowan nodes as a [`TreeNode`].

use rowan::{NodeOrToken, TextRange};

use crate::SyntaxKind;
use crate::tree::{Element, TreeNode, TreeToken};

/// Ties rowan's untyped tree to [`SyntaxKind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NixLanguage {}

impl rowan::Language for NixLanguage {
    type Kind = SyntaxKind;

    fn kind_from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
        SyntaxKind::from_u8(u8::try_from(raw.0).unwrap_or(u8::MAX))
    }

    fn kind_to_raw(kind: SyntaxKind) -> rowan::SyntaxKind {
        kind.into()
    }
}

impl From<SyntaxKind> for rowan::SyntaxKind {
    fn from(kind: SyntaxKind) -> Self {
        rowan::SyntaxKind(kind as u16)
    }
}

pub type SyntaxNode = rowan::SyntaxNode<NixLanguage>;
pub type SyntaxToken = rowan::SyntaxToken<NixLanguage>;
pub type SyntaxElement = rowan::SyntaxElement<NixLanguage>;

impl TreeNode for SyntaxNode {
    type Token = SyntaxToken;
    type Children = rowan::SyntaxNodeChildren<NixLanguage>;
    type Elements = RowanElements;

    fn kind(&self) -> SyntaxKind {
        SyntaxNode::kind(self)
    }

    fn range(&self) -> TextRange {
        self.text_range()
    }

    fn children(&self) -> Self::Children {
        SyntaxNode::children(self)
    }

    fn elements(&self) -> RowanElements {
        RowanElements(self.children_with_tokens())
    }
}

/// Child nodes and tokens of a [`SyntaxNode`] as [`Element`]s.
#[derive(Debug, Clone)]
pub struct RowanElements(rowan::SyntaxElementChildren<NixLanguage>);

impl Iterator for RowanElements {
    type Item = Element<SyntaxNode>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.0.next()? {
            NodeOrToken::Node(node) => Element::Node(node),
            NodeOrToken::Token(token) => Element::Token(token),
        })
    }
}

impl TreeToken for SyntaxToken {
    fn kind(&self) -> SyntaxKind {
        SyntaxToken::kind(self)
    }

    fn range(&self) -> TextRange {
        self.text_range()
    }

    fn text(&self) -> &[u8] {
        SyntaxToken::text(self).as_bytes()
    }
}
