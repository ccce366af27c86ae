//! The values of literals.

use super::{AstNode, Literal};
use crate::SyntaxKind;
use crate::tree::{TreeNode, TreeToken};

/// The value of a [`Literal`].
#[derive(Debug, Clone, PartialEq)]
pub enum LiteralValue {
    Int(i64),
    Float(f64),
    /// A URI without quotes: a string.
    Uri(Box<[u8]>),
}

impl<N: TreeNode> Literal<N> {
    pub fn token(&self) -> Option<N::Token> {
        self.syntax().tokens().find(|token| matches!(token.kind(), SyntaxKind::INTEGER | SyntaxKind::FLOAT | SyntaxKind::URI))
    }

    /// `None` where the number is out of range, which is a syntax error.
    pub fn value(&self) -> Option<LiteralValue> {
        let token = self.token()?;
        match token.kind() {
            SyntaxKind::INTEGER => parse_integer(token.text()).map(LiteralValue::Int),
            SyntaxKind::FLOAT => parse_float(token.text()).map(LiteralValue::Float),
            _ => Some(LiteralValue::Uri(token.text().into())),
        }
    }
}

/// The value of decimal digits, unless it is beyond 64 bits.
pub(crate) fn parse_integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The value of a float as Nix writes them (`1.`, `.5`, `1.5e-3`). Nix refuses what C's `strtod` reports as out of range:
/// what is too large, and what is so small that it loses precision.
pub(crate) fn parse_float(text: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let mantissa = text.split(|c| matches!(c, b'e' | b'E')).next().unwrap_or_default();
    let is_zero = mantissa.iter().all(|c| matches!(c, b'0' | b'.'));
    (is_zero || value.is_normal()).then_some(value)
}
