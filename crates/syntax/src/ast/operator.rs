//! Operators by name.

use super::{AstNode, BinaryOp, UnaryOp};
use crate::SyntaxKind;
use crate::tree::{TreeNode, TreeToken};

/// The operator of a [`BinaryOp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOpKind {
    Concat,
    Add,
    Sub,
    Mul,
    Div,
    Update,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    Implies,
    /// `a |> f`
    PipeInto,
    /// `f <| a`
    PipeFrom,
}

/// The operator of a [`UnaryOp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOpKind {
    Negate,
    Not,
}

impl BinaryOpKind {
    pub fn from_token(kind: SyntaxKind) -> Option<BinaryOpKind> {
        Some(match kind {
            SyntaxKind::CONCAT => BinaryOpKind::Concat,
            SyntaxKind::PLUS => BinaryOpKind::Add,
            SyntaxKind::MINUS => BinaryOpKind::Sub,
            SyntaxKind::STAR => BinaryOpKind::Mul,
            SyntaxKind::SLASH => BinaryOpKind::Div,
            SyntaxKind::UPDATE => BinaryOpKind::Update,
            SyntaxKind::EQUAL => BinaryOpKind::Equal,
            SyntaxKind::NOT_EQUAL => BinaryOpKind::NotEqual,
            SyntaxKind::LESS => BinaryOpKind::Less,
            SyntaxKind::LESS_EQUAL => BinaryOpKind::LessEqual,
            SyntaxKind::GREATER => BinaryOpKind::Greater,
            SyntaxKind::GREATER_EQUAL => BinaryOpKind::GreaterEqual,
            SyntaxKind::AND => BinaryOpKind::And,
            SyntaxKind::OR => BinaryOpKind::Or,
            SyntaxKind::IMPLIES => BinaryOpKind::Implies,
            SyntaxKind::PIPE_INTO => BinaryOpKind::PipeInto,
            SyntaxKind::PIPE_FROM => BinaryOpKind::PipeFrom,
            _ => return None,
        })
    }
}

impl<N: TreeNode> BinaryOp<N> {
    pub fn op_token(&self) -> Option<N::Token> {
        self.syntax().tokens().find(|token| BinaryOpKind::from_token(token.kind()).is_some())
    }

    pub fn op_kind(&self) -> Option<BinaryOpKind> {
        self.syntax().tokens().find_map(|token| BinaryOpKind::from_token(token.kind()))
    }
}

impl<N: TreeNode> UnaryOp<N> {
    pub fn op_token(&self) -> Option<N::Token> {
        self.syntax().tokens().next()
    }

    pub fn op_kind(&self) -> Option<UnaryOpKind> {
        match self.op_token()?.kind() {
            SyntaxKind::MINUS => Some(UnaryOpKind::Negate),
            SyntaxKind::NOT => Some(UnaryOpKind::Not),
            _ => None,
        }
    }
}
