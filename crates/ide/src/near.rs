//! Names in scope at a place, from the tree alone: what completion needs after each keystroke, without an analysis of the whole text.
//!
//! Resolution follows lexical scope ([`nival_hir::lexical`]). Where that does not tell enough, the answer is that it does not, and whoever asks
//! turns to the analysis.

use nival_hir::globals;
use nival_hir::lexical::{self, Around, bound_by};
use nival_hir::scopes::BindingKind;
use nival_syntax::ast::{AstNode, Attr};
use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{Name, SyntaxKind, TreeNode};

/// How many expressions are looked through on the way to a parameter.
const MAX_STEPS: usize = 24;

/// The set of each `with` whose body the innermost of these nodes is in, innermost first; `None` where it is missing.
pub(crate) fn namespaces<'t>(around: &[Node<'t>]) -> Vec<Option<Node<'t>>> {
    let withs = lexical::scopes(None, around.iter().copied()).filter_map(|scope| match scope {
        Around::With(with) => Some(with.children().next()),
        Around::Binder(_) => None,
    });
    withs.collect()
}

/// What the name at a token is selected from, if it is: `base` of `base.a.name`, `e` of `inherit (e) name`.
pub(crate) fn selected_from(token: Token<'_>) -> Option<Node<'_>> {
    let around = token.ancestors();
    let path = around.iter().position(|node| matches!(node.kind(), SyntaxKind::ATTRPATH | SyntaxKind::INHERIT))?;
    let first = around.get(path)?.children().next()?;
    if around.get(path)?.kind() == SyntaxKind::INHERIT {
        let name = *around.get(path.checked_sub(1)?)?;
        return first.children().next().filter(|_| first.kind() == SyntaxKind::INHERIT_FROM && name != first);
    }
    let select = around.get(path + 1).filter(|node| matches!(node.kind(), SyntaxKind::SELECT | SyntaxKind::HAS_ATTR))?;
    select.children().next().filter(|base| base.kind() != SyntaxKind::ATTRPATH)
}

/// The names of an attribute path before the one at a token: `a` of `base.a.name`. A computed one is empty, which is the name of nothing.
pub(crate) fn names_before(token: Token<'_>) -> Vec<Name> {
    let around = token.ancestors();
    let Some(path) = around.iter().position(|node| node.kind() == SyntaxKind::ATTRPATH) else { return Vec::new() };
    let Some(own) = path.checked_sub(1).and_then(|own| around.get(own)) else { return Vec::new() };
    let before = around[path].children().take_while(|part| part != own);
    before.map(|part| Attr::cast(part).and_then(|attr| attr.static_name()).unwrap_or_else(|| Name::new(b""))).collect()
}

/// Whether evaluating an expression where it stands certainly ends at a parameter without a value. As
/// [`crate::cursor::FileView::unknown_here`], which may know more.
pub(crate) fn ends_at_parameter(tree: &FlatTree, expr: Node<'_>) -> bool {
    let mut at = Some(expr);
    for _ in 0..MAX_STEPS {
        let Some(node) = at else { return false };
        at = match node.kind() {
            SyntaxKind::SELECT if node.token(SyntaxKind::OR_KW).is_some() => return false,
            SyntaxKind::SELECT | SyntaxKind::APPLY | SyntaxKind::PAREN | SyntaxKind::IF_THEN_ELSE | SyntaxKind::ASSERT => {
                node.children().next().filter(|child| child.kind() != SyntaxKind::ATTRPATH)
            }
            SyntaxKind::NAME_REF => match meaning(&tree.nodes_around(node.token_range()), node.text()) {
                Meaning::Parameter => return true,
                Meaning::Value(value) => value,
                Meaning::Other => return false,
            },
            _ => return false,
        };
    }
    false
}

/// The name of the parameter that an expression certainly is a use of, and nothing more.
pub(crate) fn parameter<'t>(tree: &'t FlatTree, expr: Node<'t>) -> Option<&'t [u8]> {
    let is_one =
        expr.kind() == SyntaxKind::NAME_REF && matches!(meaning(&tree.nodes_around(expr.token_range()), expr.text()), Meaning::Parameter);
    is_one.then(|| expr.text())
}

/// What a use of a name is, as far as the tree tells.
enum Meaning<'t> {
    /// Of a function that is not called where it stands; it has no default.
    Parameter,
    /// As this expression: its value, or the `with` that is asked for it first.
    Value(Option<Node<'t>>),
    Other,
}

fn meaning<'t>(around: &[Node<'t>], name: &[u8]) -> Meaning<'t> {
    for scope in lexical::scopes(None, around.iter().copied()) {
        let Around::Binder(node) = scope else { continue };
        let Some(bound) = bound_by(node).into_iter().rev().find(|bound| bound.name.as_bytes() == name) else { continue };
        let open = match bound.kind {
            BindingKind::Param => true,
            BindingKind::Formal => !bound.has_default,
            BindingKind::PatternBind => node.children().next().is_some_and(|param| param.token(SyntaxKind::ELLIPSIS).is_some()),
            _ => return Meaning::Value(bound.value),
        };
        let outside: Vec<Node<'_>> = std::iter::once(node).chain(node.ancestors()).collect();
        return if open && !is_called(&outside) { Meaning::Parameter } else { Meaning::Other };
    }
    if globals::global(name).is_some() {
        return Meaning::Other;
    }
    namespaces(around).into_iter().next().map_or(Meaning::Other, Meaning::Value)
}

/// Whether the function, which is the first of these nodes and is followed by those around it, may be called where it is written.
fn is_called(around: &[Node<'_>]) -> bool {
    for pair in around.windows(2) {
        match pair[1].kind() {
            SyntaxKind::PAREN | SyntaxKind::LAMBDA => {}
            SyntaxKind::APPLY => return pair[1].children().next() == Some(pair[0]),
            SyntaxKind::BINARY_OP => return true,
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use nival_hir::scopes::Target;
    use nival_syntax::TextSize;
    use rustc_hash::FxHashMap;

    use super::*;
    use crate::cursor::FileView;

    /// The names in scope at every name that is used are those of the analysis, and what is said of parameters it says, too.
    /// `expected` are the names of which it is said that they have no value, and the others.
    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let view = FileView::of_text(text.into());
        let scopes = &view.lowered.scopes;
        let (mut others, mut unknown) = (Vec::new(), Vec::new());
        for node in (0..view.tree.len() as u32).filter_map(|index| view.tree.node(index)) {
            if node.kind() != SyntaxKind::NAME_REF {
                continue;
            }
            let start = node.range().start();
            let mut found: FxHashMap<Name, BindingKind> = FxHashMap::default();
            for around in view.tree.nodes_around(node.token_range()) {
                for bound in bound_by(around) {
                    found.entry(bound.name).or_insert(bound.kind);
                }
            }
            let visible = scopes.names_at(start + TextSize::from(u32::from(node.range().len() > 1.into()))).into_iter();
            let visible = visible.filter_map(|name| match name.target {
                Target::Binding(id) => Some((name.name, scopes.binding(id)?.kind)),
                _ => None,
            });
            assert_eq!(found, visible.collect(), "{text}: {node:?}");
            let name = String::from_utf8_lossy(node.text());
            if !ends_at_parameter(&view.tree, node) {
                others.push(name);
                continue;
            }
            let known = scopes.references().iter().find(|reference| reference.range == node.range());
            assert!(known.is_some_and(|used| view.unknown_here(used.expr).is_some()), "{text}: {node:?}");
            unknown.push(name);
        }
        expected.assert_eq(&format!("{} | {}", unknown.join(" "), others.join(" ")));
    }

    #[test]
    fn names_are_those_of_the_analysis() {
        check(
            "{ lib, pkgs ? lib.p, ... }@args: with pkgs; { aa = call ./a.nix { }; bb = lib.id args; cc = with lib; id aa; }",
            expect!["lib lib args lib id aa | pkgs call"],
        );
        check(
            "aa: bb: rec { cc = aa bb; dd = cc dd; inherit (cc) ee; \"ff\" = [ ee ff ]; ${\"gg\"} = gg; }",
            expect!["aa bb cc dd cc | ee ff gg"],
        );
        check("(xx: yy: [ xx yy ]) 1 2", expect![" | xx yy"]);
        check(
            "let ff = xx: let { yy = xx; body = with yy; zz; }; inherit (ff 1) gg; hh.ii = gg; in [ ff gg hh ]",
            expect!["xx yy zz | ff gg ff gg hh"],
        );
        check(
            "{ aa ? bb, bb }: let cc = if bb then aa else bb; in assert cc; cc.dd (cc or 1) (bb |> aa)",
            expect!["bb bb bb cc cc cc bb | aa or aa"],
        );
    }

    #[test]
    fn what_a_name_is_selected_from() {
        let from = |text: &str| {
            let tree = nival_syntax::flat::parse(text.replace('@', "").as_bytes());
            let token = tree.tokens_at(TextSize::from(text.find('@').unwrap() as u32)).last().unwrap();
            selected_from(token).map(|node| String::from_utf8_lossy(node.text()).into_owned())
        };
        assert_eq!(from("{ a = b.c.@d; }").as_deref(), Some("b"));
        assert_eq!(from("{ a = (f x).@d or 1; }").as_deref(), Some("(f x)"));
        assert_eq!(from("{ inherit (e f) a @b; }").as_deref(), Some("e f"));
        assert_eq!(from("a ? @b").as_deref(), Some("a"));
        for none in ["{ inherit (@e) b; }", "{ a.@b = 1; }", "@b.c", "{ inherit @a; }"] {
            assert_eq!(from(none), None, "{none}");
        }
    }
}
