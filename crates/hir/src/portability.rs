//! Literals that Nix can be told to warn of or to refuse: URLs, and paths that hold only on one machine.

use nival_syntax::ast::{self, AstNode, PathBase};
use nival_syntax::flat::FlatTree;
use nival_syntax::{SyntaxKind, TextRange};

/// Why a literal may be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiteralLint {
    Url,
    /// `a/b`, which `./a/b` says clearer.
    ShortPath,
    AbsolutePath,
    HomePath,
}

impl LiteralLint {
    /// The name of Nix's setting for it.
    pub fn setting(self) -> &'static str {
        match self {
            LiteralLint::Url => "lint-url-literals",
            LiteralLint::ShortPath => "lint-short-path-literals",
            LiteralLint::AbsolutePath | LiteralLint::HomePath => "lint-absolute-path-literals",
        }
    }

    /// Nix's words for `literal`, refused or not.
    pub fn message(self, literal: &str, refused: bool) -> String {
        let setting = self.setting();
        match self {
            LiteralLint::Url => {
                let are = if refused { "disallowed" } else { "discouraged" };
                format!("URL literals are {are}. Consider using a string literal \"{literal}\" instead ({setting})")
            }
            LiteralLint::ShortPath => {
                format!("relative path literal '{literal}' should be prefixed with '.' for clarity: './{literal}' ({setting})")
            }
            LiteralLint::AbsolutePath | LiteralLint::HomePath => {
                let which = if self == LiteralLint::HomePath { "home" } else { "absolute" };
                format!(
                    "{which} path literals are not portable. \
                     Consider replacing path literal '{literal}' by a string, relative path, or parameter ({setting})"
                )
            }
        }
    }
}

/// The literals of a text that may be refused, in its order. The range is that of the literal's first part.
pub fn doubtful_literals(tree: &FlatTree) -> Vec<(TextRange, LiteralLint)> {
    let nodes = (0..tree.len() as u32).filter_map(|index| tree.node(index));
    let found = nodes.filter_map(|node| {
        let first = tree.token(node.token_range().start)?;
        let lint = match node.kind() {
            SyntaxKind::LITERAL if first.kind() == SyntaxKind::URI => LiteralLint::Url,
            SyntaxKind::PATH => match ast::Path::cast(node)?.base() {
                PathBase::Absolute => LiteralLint::AbsolutePath,
                PathBase::Home => LiteralLint::HomePath,
                PathBase::Relative if first.text().starts_with(b".") => return None,
                PathBase::Relative => LiteralLint::ShortPath,
            },
            _ => return None,
        };
        Some((first.range(), lint))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn literals_of_all_kinds() {
        let text = "[ http://a.b ./c c/d .c/d ../e /f/${g} ~/h \"http://i\" <j> ]";
        let found = doubtful_literals(&nival_syntax::flat::parse(text.as_bytes()));
        let lines: Vec<String> =
            found.iter().map(|(range, lint)| lint.message(&text[usize::from(range.start())..usize::from(range.end())], false)).collect();
        expect![[r#"
            URL literals are discouraged. Consider using a string literal "http://a.b" instead (lint-url-literals)
            relative path literal 'c/d' should be prefixed with '.' for clarity: './c/d' (lint-short-path-literals)
            absolute path literals are not portable. Consider replacing path literal '/f/' by a string, relative path, or parameter (lint-absolute-path-literals)
            home path literals are not portable. Consider replacing path literal '~/h' by a string, relative path, or parameter (lint-absolute-path-literals)"#]]
        .assert_eq(&lines.join("\n"));
    }
}
