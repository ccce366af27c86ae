//! A selected expression becomes a `let` binding: of the nearest `let`, or of a new one around the nearest body.

use nival_syntax::ast::{AstNode, Attr, Binding, Expr, Lambda, LetIn};
use nival_syntax::flat::Node;
use nival_syntax::literal::identifier;
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};
use rustc_hash::FxHashSet;

use super::context::Context;
use super::layout::{STEP, indent_at, moved, starts_line};
use super::names::{Meaning, Use};
use super::place::{Level, level_of};
use super::{Action, ActionKind, Edits, Found};

pub(super) const ACTION: Action = Action { id: "extract-let", kind: ActionKind::Extract, run };

const TITLE: &str = "Extract to `let`";

/// Where the binding goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Home<'a> {
    /// Into this `let`.
    Let(LetIn<Node<'a>>),
    /// Into a new `let` around this expression.
    Around(Node<'a>),
}

impl<'a> Home<'a> {
    pub fn node(self) -> Node<'a> {
        match self {
            Home::Let(node) => *node.syntax(),
            Home::Around(node) => node,
        }
    }
}

fn run(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let expr = extractable(context)?;
    let node = *expr.syntax();
    let Some(uses) = context.free_names(node) else { return found.refuse(TITLE, "it is not certain what the names in it mean") };
    let home = home(context, node, &uses)?;
    let name = context.fresh_name(&name_for(context, &expr), home.node().range());
    // As long as the selection is a piece of a larger one, others may be like it.
    let others = equal_nodes(context, node, &uses, home);
    found.add(format!("{TITLE}: `{name}`"), |edits| extract(context, &[node], home, &name, edits));
    if !others.is_empty() {
        let all: Vec<Node<'_>> = std::iter::once(node).chain(others).collect();
        found.add(format!("{TITLE}: `{name}`, in {} places", all.len()), |edits| extract(context, &all, home, &name, edits));
    }
    Some(())
}

/// Longer selections are not looked into.
const MAX_LENGTH: usize = 50_000;

/// So many nodes are compared with the selection at most.
const MAX_NODES: u32 = 50_000;

/// The selected expression, if it is one that a name may stand for.
pub(super) fn extractable<'a>(context: &Context<'a>) -> Option<Expr<Node<'a>>> {
    let expr = context.selected()?;
    if matches!(expr, Expr::NameRef(_) | Expr::CurPos(_) | Expr::Error(_)) || context.has_error(expr.range()) {
        return None;
    }
    if usize::from(expr.range().len()) > MAX_LENGTH || context.is_part(*expr.syntax()) {
        return None;
    }
    // A string may be the name of an attribute.
    let is_name = context.parent(*expr.syntax()).is_some_and(|parent| matches!(parent.kind(), SyntaxKind::ATTRPATH | SyntaxKind::INHERIT));
    (!is_name).then_some(expr)
}

/// The innermost place around a node where a binding can stand, at which its free names mean the same.
pub(super) fn home<'a>(context: &Context<'a>, node: Node<'a>, uses: &[Use<'a>]) -> Option<Home<'a>> {
    let ancestors = context.ancestors(node);
    let names: FxHashSet<Name> = uses.iter().map(|use_| use_.name).collect();
    let means: Vec<Meaning<'a>> = names.into_iter().map(|name| context.meaning(name, Some(node), &ancestors)).collect();
    let mut child = node;
    // Where a new `let` could go: an expression that is whole where it stands.
    let mut body = None;
    for around in ancestors {
        let needed = means.iter().any(|means| match means {
            Meaning::Bound(by) => *by == around,
            Meaning::With(withs) => withs.contains(&around),
            _ => false,
        });
        match around.kind() {
            SyntaxKind::LET_IN => {
                // From the value of `inherit (…)` and from a binding, the names of the `let` are seen as from its body.
                return LetIn::cast(around).filter(|it| it.in_token().is_some()).map(Home::Let);
            }
            SyntaxKind::LAMBDA if Lambda::cast(around)?.body().is_some_and(|it| *it.syntax() == child) => return Some(Home::Around(child)),
            SyntaxKind::SOURCE_FILE => return Some(Home::Around(child)),
            // In a default, the names of the other formals are seen.
            SyntaxKind::LAMBDA if needed => return body.map(Home::Around),
            SyntaxKind::WITH if needed && around.children().next() != Some(child) => return Some(Home::Around(child)),
            SyntaxKind::ATTR_SET | SyntaxKind::LEGACY_LET if needed => return body.map(Home::Around),
            SyntaxKind::BINDING | SyntaxKind::FORMAL => body = Some(child),
            _ => {}
        }
        child = around;
    }
    None
}

/// A name that says something about an expression.
pub(super) fn name_for(context: &Context<'_>, expr: &Expr<Node<'_>>) -> String {
    let usable = |name: &str| {
        let short = name.trim_start_matches('_');
        (!short.is_empty() && !identifier(name.as_bytes()).starts_with('"') && name.len() <= 40).then(|| name.to_owned())
    };
    let of_attr = |attr: Option<Attr<Node<'_>>>| attr.and_then(|attr| attr.static_name()).and_then(|name| usable(&name.to_str()));
    // The whole value of an attribute has its name.
    if let Some(binding) = context.parent(*expr.syntax()).and_then(Binding::cast)
        && let Some(name) = of_attr(binding.attrpath().and_then(|path| path.attrs().last()))
    {
        return name;
    }
    let own = match expr {
        Expr::Select(select) => of_attr(select.attrpath().and_then(|path| path.attrs().last())),
        Expr::Paren(paren) => paren.expr().map(|inner| name_for(context, &inner)),
        Expr::Apply(_) => {
            let mut function = *expr.syntax();
            while function.kind() == SyntaxKind::APPLY {
                let Some(next) = function.children().next() else { break };
                function = next;
            }
            match &Expr::cast(function).unwrap_or(*expr) {
                Expr::NameRef(name) if name.name().is_some_and(|name| name.as_bytes() != b"import") => {
                    usable(&format!("{}Result", context.text(name.range())))
                }
                function @ Expr::Select(_) => Some(format!("{}Result", name_for(context, function))),
                _ => None,
            }
        }
        Expr::Str(_) | Expr::IndentedStr(_) => Some("text".to_owned()),
        Expr::List(_) => Some("list".to_owned()),
        Expr::AttrSet(_) => Some("attrs".to_owned()),
        Expr::Lambda(_) => Some("function".to_owned()),
        Expr::Path(_) => Some("path".to_owned()),
        _ => None,
    };
    own.unwrap_or_else(|| "value".to_owned())
}

/// Other expressions in the home that are written the same and mean the same.
fn equal_nodes<'a>(context: &Context<'a>, node: Node<'a>, uses: &[Use<'a>], home: Home<'a>) -> Vec<Node<'a>> {
    let tokens = |node: Node<'a>| {
        let all = node.token_range().filter_map(move |index| node.tree().token(index));
        all.filter(|token| !token.kind().is_trivia()).map(|token| token.text())
    };
    // So small a thing is the same by chance.
    if tokens(node).take(3).count() < 3 && node.kind() != SyntaxKind::STR {
        return Vec::new();
    }
    let home = home.node();
    if home.subtree_end() - home.index() > MAX_NODES {
        return Vec::new();
    }
    let inside = (home.index()..home.subtree_end()).filter_map(|index| context.tree.node(index));
    let like = |other: &Node<'a>| *other != node && other.kind() == node.kind() && tokens(*other).eq(tokens(node));
    let same: Vec<Node<'a>> = inside.filter(like).take(100).collect();
    let fits = |other: &Node<'a>| {
        other.range().intersect(node.range()).is_none_or(TextRange::is_empty)
            && !context.is_part(*other)
            && context.means_the_same(uses, node, *other)
    };
    same.into_iter().filter(fits).collect()
}

fn extract(context: &Context<'_>, nodes: &[Node<'_>], home: Home<'_>, name: &str, edits: &mut Edits) {
    let Some(&node) = nodes.first() else { return };
    let value = |indent: usize| {
        let old = indent_at(&context.view.text, node.range().start()).len();
        moved(context, node.range(), indent as isize - old as isize)
    };
    for &node in nodes {
        edits.replace(node.range(), context.fitted(node, name, Level::Atom));
    }
    insert_binding(context, home, edits, |indent| format!("{name} = {};", value(indent)));
}

/// Puts a binding where it belongs. `binding` is given its indentation.
pub(super) fn insert_binding(context: &Context<'_>, home: Home<'_>, edits: &mut Edits, binding: impl Fn(usize) -> String) {
    let text = &context.view.text;
    match home {
        Home::Let(outer) => {
            let Some(keyword) = outer.in_token() else { return };
            let keyword = keyword.range().start();
            let last = outer.entries().last();
            // Behind the last binding, or in a line of its own before the `in`.
            if starts_line(text, keyword) {
                let indent = match &last {
                    Some(entry) if starts_line(text, entry.range().start()) => indent_at(text, entry.range().start()).len(),
                    _ => indent_at(text, keyword).len() + STEP,
                };
                let at = keyword - TextSize::of(indent_at(text, keyword));
                edits.insert(at, format!("{}{}\n", " ".repeat(indent), binding(indent)));
            } else {
                edits.insert(keyword, format!("{} ", binding(indent_at(text, keyword).len())));
            }
        }
        Home::Around(node) => {
            let start = node.range().start();
            let own = indent_at(text, start).len();
            let (pad, inner) = (" ".repeat(own), " ".repeat(own + STEP));
            if starts_line(text, start) {
                edits.insert(start, format!("let\n{inner}{}\n{pad}in\n{pad}", binding(own + STEP)));
            } else if context.text(node.range()).contains('\n') || !fits_in_line(context, node, &binding(own)) {
                // The body begins in the midst of a line and goes on below: it stays as it is.
                edits.insert(start, format!("let\n{inner}{}\n{pad}in\n{pad}", binding(own + STEP)));
            } else {
                edits.insert(start, format!("let {} in ", binding(own)));
            }
            // `[ (let … in x) ]` has its parentheses; where a body needs some, it had them.
            debug_assert!(level_of_place(context, node));
        }
    }
}

/// How long a line may become.
const WIDTH: usize = 100;

fn fits_in_line(context: &Context<'_>, node: Node<'_>, binding: &str) -> bool {
    let text = &context.view.text;
    let before = text.get(..usize::from(node.range().start())).unwrap_or_default();
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    !binding.contains('\n') && column + binding.len() + usize::from(node.range().len()) + 8 <= WIDTH
}

/// A home is a place for any expression.
fn level_of_place(context: &Context<'_>, node: Node<'_>) -> bool {
    let asked = context.parent(node).map_or(Level::Open, |parent| super::place::asked_by(parent, node));
    asked == Level::Open && Expr::cast(node).is_some_and(|expr| level_of(&expr) >= asked)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none, check_nth};

    #[test]
    fn into_the_nearest_let() {
        check("extract-let", "let a = 1; in a + $0(a * 2)$0", expect!["let a = 1; value = (a * 2); in a + value"]);
        check(
            "extract-let",
            "let\n  a = 1;\n  # the end\nin\n{\n  b = $0f a {\n    c = 2;\n  }$0;\n}\n",
            expect![[r#"
                let
                  a = 1;
                  # the end
                  b = f a {
                    c = 2;
                  };
                in
                {
                  b = b;
                }
            "#]],
        );
    }

    #[test]
    fn around_the_body_of_a_function() {
        check(
            "extract-let",
            "{ x }: [ $0(x + 1)$0 ]",
            expect![[r#"
            { x }:
            let
              value = (x + 1);
            in
            [ value ]"#]],
        );
        check(
            "extract-let",
            "{ stdenv }:\n\nstdenv.mkDerivation {\n  version = $0\"1.0\"$0;\n  name = \"a\";\n}\n",
            expect![[r#"
                { stdenv }:

                let
                  version = "1.0";
                in
                stdenv.mkDerivation {
                  version = version;
                  name = "a";
                }
            "#]],
        );
        check(
            "extract-let",
            "map (x: x + $0a.b$0) [ ]",
            expect![[r#"
            map (
              x:
              let
                b = a.b;
              in
              x + b
            ) [ ]"#]],
        );
    }

    #[test]
    fn where_the_names_are_known() {
        check("extract-let", "rec { a = 1; b = [ $0(a + 1)$0 ]; }", expect!["rec { a = 1; b = let value = (a + 1); in [ value ]; }"]);
        check(
            "extract-let",
            "with x; [ $0(f y)$0 ]",
            expect![[r#"
            with x;
            let
              fResult = (f y);
            in
            [ fResult ]"#]],
        );
        check(
            "extract-let",
            "x: with x; [ $0(1 + 1)$0 ]",
            expect![[r#"
            x:
            let
              value = (1 + 1);
            in
            with x;
            [ value ]"#]],
        );
        check(
            "extract-let",
            "{ a ? $0[ 1 ]$0 }: a",
            expect![[r#"
            let
              list = [ 1 ];
            in
            { a ? list }: a"#]],
        );
        check("extract-let", "{ a ? $0[ b ]$0, b }: a", expect!["{ a ? let list = [ b ]; in list, b }: a"]);
    }

    #[test]
    fn names_are_new() {
        check("extract-let", "text: [ text \"${$0\"a\"$0}\" ]", expect![[r#"text: let text2 = "a"; in [ text "${text2}" ]"#]]);
    }

    #[test]
    fn what_is_beside_it_stays_apart() {
        check("extract-let", "x: [$0(1+x)$0x]", expect!["x: let value = (1 + x); in [value x]"]);
        check(
            "extract-let",
            "x: $0(x.y)$0.z",
            expect![[r#"
            x:
            let
              y = (x.y);
            in
            y.z"#]],
        );
        check("extract-let", "x: $0(x)$0-1", expect!["x: let value = (x); in value -1"]);
    }

    #[test]
    fn all_that_are_equal() {
        check_nth(
            "extract-let",
            1,
            "x: [ $0(f x)$0 (f  x) (x: (f x)) { y = (f x); } ]",
            expect!["x: let fResult = (f x); in [ fResult fResult (x: (f x)) { y = fResult; } ]"],
        );
    }

    #[test]
    fn multiline_values_move_along() {
        check(
            "extract-let",
            "{ pkgs }:\n{\n  a = {\n    script = $0''\n      echo ${pkgs.a}\n        b\n    ''$0;\n  };\n}\n",
            expect![[r#"
                { pkgs }:
                let
                  script = ''
                    echo ${pkgs.a}
                      b
                  '';
                in
                {
                  a = {
                    script = script;
                  };
                }
            "#]],
        );
    }

    #[test]
    fn not_everything() {
        check_none("extract-let", "let a = 1; in $0a$0");
        check_none("extract-let", "{ a = $0__curPos$0; }");
        check_none("extract-let", "{ $0a = 1;$0 }");
        check_none("extract-let", "{ a = $0(b +)$0; }");
        // Parts of one set.
        check_none("extract-let", "{ a = $0{ b = 1; }$0; a.c = 2; }");
        check_none("extract-let", "{ a.d = { b = $0{ c = 1; }$0; }; a.d.b.e = 2; }");
    }
}
