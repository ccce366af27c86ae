//! Names of variables and attributes.

use super::{AstNode, Attr, Attrpath, Expr, Formal, LiteralValue, Name, NameParam, NameRef, StrPart};
use crate::tree::{TreeNode, TreeToken};

impl<N: TreeNode> Name<N> {
    pub fn token(&self) -> Option<N::Token> {
        self.syntax().tokens().next()
    }

    pub fn name(&self) -> Option<crate::Name> {
        self.token().map(|token| crate::Name::new(token.text()))
    }
}

impl<N: TreeNode> NameRef<N> {
    pub fn token(&self) -> Option<N::Token> {
        self.syntax().tokens().next()
    }

    pub fn name(&self) -> Option<crate::Name> {
        self.token().map(|token| crate::Name::new(token.text()))
    }
}

impl<N: TreeNode> NameParam<N> {
    /// The parameter's name.
    pub fn ident(&self) -> Option<crate::Name> {
        self.name()?.name()
    }
}

impl<N: TreeNode> Formal<N> {
    /// The formal's name.
    pub fn ident(&self) -> Option<crate::Name> {
        self.name()?.name()
    }
}

impl<N: TreeNode> Attr<N> {
    /// The name, where Nix's parser knows it: `a`, `"a"`, `${"a"}`, `${("a")}`. All others are dynamic, even `"${"a"}"`.
    pub fn static_name(&self) -> Option<crate::Name> {
        match self {
            Attr::Name(name) => name.name(),
            Attr::Str(string) => string.plain().map(crate::Name::new),
            Attr::DynamicAttr(dynamic) => dynamic.expr()?.constant_string().map(crate::Name::new),
        }
    }
}

impl<N: TreeNode> Expr<N> {
    /// The text, where Nix's parser makes one string of an expression: `"a"`, `("a")`, `''a''`, `''${"a"}''` and a URI, but
    /// not `"${"a"}"`.
    pub fn constant_string(self) -> Option<Vec<u8>> {
        let mut expr = self;
        loop {
            expr = match expr {
                Expr::Paren(paren) => paren.expr()?,
                Expr::Str(string) => return string.plain(),
                Expr::IndentedStr(string) => {
                    let mut pieces = string.pieces_as_parsed();
                    match (pieces.pop(), pieces.is_empty()) {
                        (None, _) => return Some(Vec::new()),
                        (Some(StrPart::Text(text)), true) => return Some(text),
                        (Some(StrPart::Interpolation(part)), true) => part.expr()?,
                        _ => return None,
                    }
                }
                Expr::Literal(literal) => match literal.value()? {
                    LiteralValue::Uri(uri) => return Some(uri.into()),
                    _ => return None,
                },
                _ => return None,
            }
        }
    }
}

impl<N: TreeNode> Attrpath<N> {
    /// The name, if the path is one static attribute.
    pub fn single_name(&self) -> Option<crate::Name> {
        let mut attrs = self.attrs();
        match (attrs.next()?, attrs.next()) {
            (attr, None) => attr.static_name(),
            _ => None,
        }
    }
}
