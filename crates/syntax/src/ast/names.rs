//! Names of variables and attributes.

use super::{AstNode, Attr, Attrpath, Expr, Formal, LiteralValue, Name, NameParam, NameRef};
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
            Attr::DynamicAttr(dynamic) => {
                let mut expr = dynamic.expr()?;
                while let Expr::Paren(paren) = expr {
                    expr = paren.expr()?;
                }
                match expr {
                    Expr::Str(string) => string.plain().map(crate::Name::new),
                    Expr::IndentedStr(string) => string.single().map(crate::Name::new),
                    Expr::Literal(literal) => match literal.value()? {
                        LiteralValue::Uri(uri) => Some(crate::Name::new(uri)),
                        _ => None,
                    },
                    _ => None,
                }
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
