//! `a = a;` ↔ `inherit a;`, `a = s.a;` ↔ `inherit (s) a;`, and `inherit`s from one set as one.

use nival_syntax::ast::{AstNode, Attr, Binding, Expr, Inherit};
use nival_syntax::flat::Node;
use nival_syntax::{SyntaxKind, TextRange, TreeNode};

use super::context::Context;
use super::inline::{take_out_of_inherit, variable, with_blanks_before};
use super::names::is_rec;
use super::place::{Level, level_of, wrapped};
use super::sort::with_comments;
use super::{Action, ActionKind, Found};

pub(super) const TO_INHERIT: Action = Action { id: "to-inherit", kind: ActionKind::Rewrite, run: to_inherit };
pub(super) const ALL_TO_INHERIT: Action = Action { id: "all-to-inherit", kind: ActionKind::Rewrite, run: all_to_inherit };
pub(super) const TO_BINDING: Action = Action { id: "inherit-to-binding", kind: ActionKind::Rewrite, run: to_binding };
pub(super) const MERGE: Action = Action { id: "merge-inherits", kind: ActionKind::Rewrite, run: merge };

/// Whether the entries of a node see its names.
fn sees_itself(set: Node<'_>) -> bool {
    set.kind() != SyntaxKind::ATTR_SET || is_rec(set)
}

/// The `inherit` that says the same as a binding.
fn inherit_for(context: &Context<'_>, set: Node<'_>, binding: &Binding<Node<'_>>) -> Option<String> {
    // Most values are something else, of which nothing more has to be known.
    let value = binding.value().filter(|value| matches!(value, Expr::NameRef(_) | Expr::Select(_)))?;
    let path = binding.attrpath()?;
    let name = path.single_name()?;
    binding.semicolon_token()?;
    let attr = context.text_of(path);
    if context.has_error(binding.range()) || context.has_comment(binding.range()) || matches!(path.attrs().next()?, Attr::DynamicAttr(_)) {
        return None;
    }
    match value {
        Expr::NameRef(used) if used.name() == Some(name) => {
            // In a recursive set, the name on the right is the attribute itself.
            (!sees_itself(set)).then(|| format!("inherit {attr};"))
        }
        Expr::Select(select) if select.or_token().is_none() => {
            let selected = select.attrpath()?;
            let attrs: Vec<Attr<Node<'_>>> = selected.attrs().collect();
            let (last, before) = attrs.split_last()?;
            if last.static_name() != Some(name) || matches!(last, Attr::DynamicAttr(_)) {
                return None;
            }
            let end = before.last().map_or(select.base()?.range().end(), |attr| attr.range().end());
            let base = context.text(TextRange::new(select.range().start(), end));
            // `(e)` of `(e).a` are the parentheses that there must be.
            let base = match (select.base()?, before.is_empty()) {
                (Expr::Paren(paren), true) => context.text_of(paren.expr()?),
                _ => base,
            };
            Some(format!("inherit ({base}) {attr};"))
        }
        _ => None,
    }
}

fn to_inherit(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let binding: Binding<Node<'_>> = context.node()?;
    let inherit = inherit_for(context, context.parent(*binding.syntax())?, &binding)?;
    found.add(format!("Write `{inherit}`"), |edits| edits.replace(binding.range(), inherit));
    Some(())
}

fn all_to_inherit(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let set = context.around.iter().find(|node| matches!(node.kind(), SyntaxKind::ATTR_SET | SyntaxKind::LET_IN))?;
    // From a binding that can be one, or from the braces.
    let own: Option<Binding<Node<'_>>> = context.node();
    if own.as_ref().is_some_and(|own| own.syntax().index() > set.index() && inherit_for(context, *set, own).is_none()) {
        return None;
    }
    let bindings: Vec<_> = set.children().filter_map(Binding::cast).collect();
    let inherits: Vec<_> = bindings.iter().filter_map(|binding| Some((binding.range(), inherit_for(context, *set, binding)?))).collect();
    if inherits.len() < 2 {
        return None;
    }
    found.add(format!("Write {} bindings of this set as `inherit`", inherits.len()), |edits| {
        for (range, text) in inherits {
            edits.replace(range, text);
        }
    });
    Some(())
}

fn to_binding(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let inherit: Inherit<Node<'_>> = context.node()?;
    let set = context.parent(*inherit.syntax())?;
    if context.has_error(inherit.range()) || inherit.semicolon_token().is_none() || inherit.attrs().next().is_none() {
        return None;
    }
    let base = match inherit.inherit_from() {
        Some(from) => {
            let expr = from.expr()?;
            Some(wrapped(context.text_of(expr), level_of(&expr), Level::Chain))
        }
        // `a = a;` would refer to itself.
        None if sees_itself(set) => return None,
        None => None,
    };
    let binding = |attr: &Attr<Node<'_>>| {
        let name = context.text(attr.range());
        match &base {
            Some(base) => Some(format!("{name} = {base}.{name};")),
            None => Some(format!("{name} = {};", variable(attr.static_name()?)?)),
        }
    };
    let attrs: Vec<_> = inherit.attrs().collect();
    if attrs.iter().any(|attr| matches!(attr, Attr::DynamicAttr(_))) {
        return None;
    }
    let here = attrs.iter().find(|attr| attr.range().contains_inclusive(context.offset()));
    if let Some(attr) = here
        && let Some(binding) = binding(attr)
        && !(attrs.len() == 1 && context.has_comment(inherit.range()))
    {
        found.add(format!("Write `{binding}`"), |edits| take_out_of_inherit(context, &inherit, *attr.syntax(), Some(binding), edits));
    }
    let all: Vec<String> = attrs.iter().map(binding).collect::<Option<_>>()?;
    if all.len() > 1 && !context.has_comment(inherit.range()) {
        found.add("Write all names of this `inherit` as bindings", |edits| {
            let text = &context.view.text;
            let start = inherit.range().start();
            let separator = match super::layout::starts_line(text, start) {
                true => format!("\n{}", super::layout::indent_at(text, start)),
                false => " ".to_owned(),
            };
            edits.replace(inherit.range(), all.join(&separator));
        });
    }
    Some(())
}

fn merge(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let own: Inherit<Node<'_>> = context.node()?;
    let set = context.parent(*own.syntax())?;
    let from = source_tokens;
    let wanted = from(&own);
    if own.inherit_from().is_some() && wanted.is_none() {
        return None;
    }
    let same = |inherit: &Inherit<Node<'_>>| from(inherit) == wanted && inherit.inherit_from().is_some() == own.inherit_from().is_some();
    let inherits: Vec<Inherit<Node<'_>>> = set.children().filter_map(Inherit::cast).filter(same).collect();
    let (first, others) = inherits.split_first()?;
    let lost = |inherit: &Inherit<Node<'_>>| context.has_error(inherit.range()) || inherit.semicolon_token().is_none();
    if others.is_empty() || inherits.iter().any(lost) {
        return None;
    }
    let title = format!("Merge the {} `inherit`s from the same set", inherits.len());
    // Nor would what is said above or behind one have its place.
    let commented = |inherit: &Inherit<Node<'_>>| context.has_comment(with_comments(context, inherit.range(), inherit.range().end()));
    if others.iter().any(commented) {
        return found.refuse(title, "a comment would be lost");
    }
    found.add(title, |edits| {
        let Some(end) = first.attrs().last().map(|attr| attr.range().end()) else {
            // An empty one: the others stay, and it goes.
            return edits.delete(with_blanks_before(context, first.range()));
        };
        let names: Vec<&str> = others.iter().flat_map(|inherit| inherit.attrs()).map(|attr| context.text(attr.range())).collect();
        let text = &context.view.text;
        let own_lines = first.attrs().last().is_some_and(|attr| super::layout::starts_line(text, attr.range().start()));
        let separator = if own_lines { format!("\n{}", super::layout::indent_at(text, end)) } else { " ".to_owned() };
        edits.insert(end, names.iter().map(|name| format!("{separator}{name}")).collect::<String>());
        for other in others {
            edits.delete(with_blanks_before(context, other.range()));
        }
    });
    Some(())
}

/// What an `inherit` takes names from.
fn source_tokens<'a>(inherit: &Inherit<Node<'a>>) -> Option<Vec<&'a [u8]>> {
    inherit.inherit_from()?.expr().map(|expr| tokens(*expr.syntax()))
}

/// The tokens of a node without blanks and comments.
fn tokens<'a>(node: Node<'a>) -> Vec<&'a [u8]> {
    let all = node.token_range().filter_map(|index| node.tree().token(index));
    all.filter(|token| !token.kind().is_trivia()).map(|token| token.text()).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none, check_nth};

    #[test]
    fn bindings_to_inherit() {
        check("to-inherit", "{ a$0 = a; }", expect!["{ inherit a; }"]);
        check("to-inherit", "{ a = s$0.a; }", expect!["{ inherit (s) a; }"]);
        check("to-inherit", "let a = s.b.\"a\"$0; in a", expect!["let inherit (s.b) a; in a"]);
        check("to-inherit", "{ a = (f x).a$0; }", expect!["{ inherit (f x) a; }"]);
        check_none("to-inherit", "rec { a$0 = a; }");
        check_none("to-inherit", "let a$0 = a; in a");
        check_none("to-inherit", "{ a$0 = s.a or 1; }");
        check_none("to-inherit", "{ a.b$0 = s.b; }");
        check_none("to-inherit", "{ a$0 = /* c */ a; }");
        check_none("to-inherit", "{ a$0 = s.b; }");
    }

    #[test]
    fn all_bindings_of_a_set() {
        check("all-to-inherit", "{ a$0 = a; b = s.b; c = 1; }", expect!["{ inherit a; inherit (s) b; c = 1; }"]);
        check_none("all-to-inherit", "{ a = a; b = b; c$0 = 1; }");
        check_none("all-to-inherit", "{ a$0 = a; c = 1; }");
    }

    #[test]
    fn inherit_to_bindings() {
        check(
            "inherit-to-binding",
            "{ inherit a$0 b; }",
            expect![[r#"
            {
              inherit b;
              a = a;
            }"#]],
        );
        check("inherit-to-binding", "{ inherit (s.t) a$0; }", expect!["{ a = s.t.a; }"]);
        check("inherit-to-binding", "let inherit (f x) a$0; in a", expect!["let a = (f x).a; in a"]);
        check_nth("inherit-to-binding", 1, "{\n  inherit a$0 b;\n}", expect!["{\n  a = a;\n  b = b;\n}"]);
        check(
            "inherit-to-binding",
            "{\n  inherit\n    a$0\n    # b\n    b\n    ;\n}",
            expect![[r#"
            {
              inherit
                # b
                b
                ;
              a = a;
            }"#]],
        );
        check_none("inherit-to-binding", "rec { inherit a$0; }");
        check_none("inherit-to-binding", "let inherit a$0; in a");
    }

    #[test]
    fn inherits_become_one() {
        check(
            "merge-inherits",
            "{\n  inherit (a.b) c$0;\n  d = 1;\n  inherit ( a . b ) e f;\n  inherit g;\n}",
            expect![[r#"
            {
              inherit (a.b) c e f;
              d = 1;
              inherit g;
            }"#]],
        );
        check("merge-inherits", "{ inherit a$0; inherit b; }", expect!["{ inherit a b; }"]);
        check_none("merge-inherits", "{ inherit a$0; inherit (b) c; }");
        check_none("merge-inherits", "{ inherit a$0; inherit /* c */ b; }");
        check_none("merge-inherits", "{\n  inherit a$0;\n  # of b\n  inherit b;\n}");
    }
}
