//! A name is replaced by what it is bound to: at one use, or at all of them, and then the binding goes.

use nival_syntax::ast::{AstNode, Attr, Binding, Expr, Inherit, LetIn};
use nival_syntax::flat::Node;
use nival_syntax::literal::identifier;
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};

use super::context::Context;
use super::layout::{indent_at, moved, nodes_in};
use super::names::{Meaning, Use, inherits_from, is_rec};
use super::place::{Level, asked_by, level_of, wrapped};
use super::{Action, ActionKind, Edits, Found};

pub(super) const HERE: Action = Action { id: "inline", kind: ActionKind::Inline, run: here };
pub(super) const EVERYWHERE: Action = Action { id: "inline-all", kind: ActionKind::Inline, run: everywhere };

/// So much text is written in place of names at most.
const MAX_LENGTH: usize = 50_000;

/// A binding of a `let` or of a recursive set whose value can stand in place of its name.
struct Inlined<'a> {
    name: Name,
    /// The `let` or the set.
    scope: Node<'a>,
    /// The binding, or the name in an `inherit (…)`.
    entry: Node<'a>,
    value: Value<'a>,
}

enum Value<'a> {
    Expr(Expr<Node<'a>>),
    /// `inherit (base) name`
    Selected {
        base: Expr<Node<'a>>,
        attr: Node<'a>,
    },
}

impl<'a> Inlined<'a> {
    fn new(scope: Node<'a>, name: Name) -> Option<Self> {
        let mut found = None;
        for entry in scope.children() {
            if let Some(binding) = Binding::cast(entry) {
                let first = binding.attrpath().and_then(|path| path.attrs().next()).and_then(|attr| attr.static_name());
                if first != Some(name) {
                    continue;
                }
                // A set in parts, or a definition twice.
                if found.is_some() || binding.attrpath()?.single_name().is_none() {
                    return None;
                }
                found = Some(Inlined { name, scope, entry, value: Value::Expr(binding.value()?) });
            } else if let Some(inherit) = Inherit::cast(entry) {
                let Some(attr) = inherit.attrs().find(|attr| attr.static_name() == Some(name)) else { continue };
                if found.is_some() {
                    return None;
                }
                let base = inherit.inherit_from()?.expr()?;
                found = Some(Inlined { name, scope, entry: *attr.syntax(), value: Value::Selected { base, attr: *attr.syntax() } });
            }
        }
        found
    }

    fn node(&self) -> Node<'a> {
        match &self.value {
            Value::Expr(expr) => *expr.syntax(),
            Value::Selected { base, .. } => *base.syntax(),
        }
    }

    /// The text of the value at some indentation.
    fn text(&self, context: &Context<'a>, indent: usize) -> (String, Level) {
        let node = self.node();
        let old = indent_at(&context.view.text, node.range().start()).len();
        let text = moved(context, node.range(), indent as isize - old as isize);
        match &self.value {
            Value::Expr(expr) => (text, level_of(expr)),
            Value::Selected { base, attr } => {
                (format!("{}.{}", wrapped(text, level_of(base), Level::Chain), context.text(attr.range())), Level::Chain)
            }
        }
    }
}

/// The binding that the name at the cursor means or makes, and the use at the cursor.
fn subject<'a>(context: &Context<'a>) -> Option<(Inlined<'a>, Option<Node<'a>>)> {
    let node = *context.around.first()?;
    let (scope, name, used) = match node.kind() {
        SyntaxKind::NAME_REF => {
            let name = Name::new(node.text());
            let Meaning::Bound(scope) = context.meaning_at(node, name) else { return None };
            (scope, name, Some(node))
        }
        SyntaxKind::NAME => {
            let attr = Attr::cast(node)?;
            let entry = context.around.iter().find(|node| matches!(node.kind(), SyntaxKind::BINDING | SyntaxKind::INHERIT))?;
            let scope = context.parent(*entry)?;
            let first = entry.kind() == SyntaxKind::INHERIT
                || Binding::cast(*entry)?.attrpath()?.attrs().next().is_some_and(|first| *first.syntax() == node);
            let named = scope.kind() == SyntaxKind::LET_IN || scope.kind() == SyntaxKind::ATTR_SET && is_rec(scope);
            (first && named).then_some((scope, attr.static_name()?, None))?
        }
        _ => return None,
    };
    if !matches!(scope.kind(), SyntaxKind::LET_IN | SyntaxKind::ATTR_SET) || context.has_error(scope.range()) {
        return None;
    }
    Some((Inlined::new(scope, name)?, used))
}

/// The free names of the value, if it can be written elsewhere at all.
fn free<'a>(context: &Context<'a>, inlined: &Inlined<'a>) -> Option<Vec<Use<'a>>> {
    let uses = context.free_names(inlined.node())?;
    let recursive =
        uses.iter().any(|use_| use_.name == inlined.name && context.meaning_at(inlined.node(), use_.name) == Meaning::Bound(inlined.scope));
    (!recursive).then_some(uses)
}

fn here(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let (inlined, Some(used)) = subject(context)? else { return None };
    let title = format!("Replace `{}` by its value", inlined.name);
    let Some(uses) = free(context, &inlined) else { return found.refuse(title, "its value refers to itself, or to what is not certain") };
    // Lowering must see the name as it is seen here.
    context.free_names(used)?;
    if usize::from(inlined.node().range().len()) > MAX_LENGTH {
        return found.refuse(title, "its value is long");
    }
    if !context.means_the_same(&uses, inlined.node(), used) {
        return found.refuse(title, "a name in the value means something else here");
    }
    found.add(title, |edits| replace(context, &inlined, used, edits));
    Some(())
}

fn replace(context: &Context<'_>, inlined: &Inlined<'_>, used: Node<'_>, edits: &mut Edits) {
    let indent = indent_at(&context.view.text, used.range().start()).len();
    let (text, level) = inlined.text(context, indent);
    edits.replace(used.range(), context.fitted(used, text, level));
}

/// A use of the name that is replaced.
enum Place<'a> {
    Name(Node<'a>),
    /// The name in an `inherit` of a set or a `let`.
    Inherited(Inherit<Node<'a>>, Node<'a>),
}

fn everywhere(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let (inlined, _) = subject(context)?;
    // Attributes of a set are seen from outside.
    let outer = LetIn::cast(inlined.scope)?;
    let title = format!("Replace all uses of `{}` by its value, and remove it", inlined.name);
    let Some(uses) = free(context, &inlined) else { return found.refuse(title, "its value refers to itself, or to what is not certain") };
    // All names of the `let` are resolved here as lowering resolves them.
    let around = context.free_names(inlined.scope);
    if around.is_none() {
        return found.refuse(title, "it is not certain what all names in the `let` mean");
    }
    let entry = match &inlined.value {
        Value::Expr(_) => inlined.entry.range(),
        Value::Selected { .. } => context.parent(inlined.entry)?.range(),
    };
    let value = inlined.node().range();
    if context.has_comment(TextRange::new(entry.start(), value.start())) || context.has_comment(TextRange::new(value.end(), entry.end())) {
        return found.refuse(title, "a comment would be lost");
    }
    let places = places(context, &inlined)?;
    if places.is_empty() {
        return None;
    }
    if places.len() > 1 && places.len() * usize::from(value.len()) > MAX_LENGTH {
        return found.refuse(title, "the text would become long");
    }
    let fits = |place: &Place<'_>| match place {
        Place::Name(node) => context.means_the_same(&uses, inlined.node(), *node),
        // What is written is outside of the `inherit`: there, names of a recursive set or a `let` are seen.
        Place::Inherited(inherit, _) => {
            let set = context.parent(*inherit.syntax());
            let plain = set.is_some_and(|set| set.kind() == SyntaxKind::ATTR_SET && !is_rec(set));
            plain && context.means_the_same(&uses, inlined.node(), *inherit.syntax())
        }
    };
    if !places.iter().all(fits) {
        return found.refuse(title, "a name in the value means something else at one of the uses");
    }
    found.add(title, |edits| {
        for place in &places {
            match place {
                Place::Name(node) => replace(context, &inlined, *node, edits),
                Place::Inherited(inherit, attr) => {
                    let indent = indent_at(&context.view.text, inherit.range().start()).len();
                    let (text, _) = inlined.text(context, indent);
                    let name = context.text(attr.range());
                    take_out_of_inherit(context, inherit, *attr, Some(format!("{name} = {text};")), edits);
                }
            }
        }
        remove(context, &inlined, &outer, edits);
    });
    Some(())
}

/// Every use of the name; none if one of them is not known.
fn places<'a>(context: &Context<'a>, inlined: &Inlined<'a>) -> Option<Vec<Place<'a>>> {
    let mut places = Vec::new();
    for node in nodes_in(context.tree, inlined.scope.range()) {
        match node.kind() {
            SyntaxKind::NAME_REF
                if node.text() == inlined.name.as_bytes() && context.meaning_at(node, inlined.name) == Meaning::Bound(inlined.scope) =>
            {
                places.push(Place::Name(node));
            }
            SyntaxKind::INHERIT if !inherits_from(node) => {
                let inherit = Inherit::cast(node)?;
                let Some(attr) = inherit.attrs().find(|attr| attr.static_name() == Some(inlined.name)) else { continue };
                let means = context.meaning(inlined.name, Some(node), &context.ancestors(node));
                if means == Meaning::Bound(inlined.scope) {
                    places.push(Place::Inherited(inherit, *attr.syntax()));
                }
            }
            _ => {}
        }
    }
    Some(places)
}

/// Removes a name of an `inherit`, all of it if it was the last one, and puts a binding in its place.
pub(super) fn take_out_of_inherit(
    context: &Context<'_>,
    inherit: &Inherit<Node<'_>>,
    attr: Node<'_>,
    instead: Option<String>,
    edits: &mut Edits,
) {
    let others = inherit.attrs().filter(|other| *other.syntax() != attr).count();
    if others == 0 {
        match instead {
            Some(binding) => edits.replace(inherit.range(), binding),
            None => edits.delete(with_blanks_before(context, inherit.range())),
        }
        return;
    }
    edits.delete(with_blanks_before(context, attr.range()));
    if let Some(binding) = instead {
        let text = &context.view.text;
        let indent = indent_at(text, inherit.range().start());
        let line = if super::layout::starts_line(text, inherit.range().start()) { format!("\n{indent}") } else { " ".to_owned() };
        edits.insert(inherit.range().end(), format!("{line}{binding}"));
    }
}

/// Removes the binding, and the `let` if it was the only one.
fn remove(context: &Context<'_>, inlined: &Inlined<'_>, outer: &LetIn<Node<'_>>, edits: &mut Edits) {
    let entry = match &inlined.value {
        Value::Expr(_) => inlined.entry.range(),
        Value::Selected { .. } => {
            let Some(inherit) = context.parent(inlined.entry).and_then(Inherit::cast) else { return };
            if inherit.attrs().count() > 1 {
                return take_out_of_inherit(context, &inherit, inlined.entry, None, edits);
            }
            inherit.range()
        }
    };
    let Some(body) = outer.body().filter(|_| outer.entries().count() == 1) else { return edits.delete(with_blanks_before(context, entry)) };
    let (head, tail) = (TextRange::new(outer.range().start(), entry.start()), TextRange::new(entry.end(), body.range().start()));
    if context.has_comment(head) || context.has_comment(tail) {
        return edits.delete(with_blanks_before(context, entry));
    }
    edits.delete(head.cover(tail));
    // The body stands where the `let` stood.
    let asked = context.parent(*outer.syntax()).map_or(Level::Open, |parent| asked_by(parent, *outer.syntax()));
    let level = match &inlined.value {
        Value::Expr(value) if context.text_of(body).as_bytes() == inlined.name.as_bytes() => level_of(value),
        _ => level_of(&body),
    };
    if level < asked {
        edits.insert(body.range().start(), "(");
        edits.insert(body.range().end(), ")");
    }
}

/// A range and the blanks before it, up to the line end that it then takes the place of.
pub(super) fn with_blanks_before(context: &Context<'_>, range: TextRange) -> TextRange {
    let before = context.view.text.get(..usize::from(range.start())).unwrap_or_default();
    let kept = before.trim_end_matches([' ', '\t', '\n', '\r']);
    // Behind a comment, its line end stays.
    let start = match before.get(kept.len()..).and_then(|blanks| blanks.rfind('\n')) {
        Some(newline) if ends_in_line_comment(context, kept) => {
            let first = before.get(kept.len()..).and_then(|blanks| blanks.find('\n')).unwrap_or(newline);
            // The line of the range goes, the line end behind it stays.
            if context
                .view
                .text
                .get(usize::from(range.end())..)
                .is_some_and(|after| after.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']))
            {
                kept.len() + first
            } else {
                kept.len() + newline + 1
            }
        }
        _ => kept.len(),
    };
    TextRange::new(TextSize::new(start as u32), range.end())
}

fn ends_in_line_comment(context: &Context<'_>, kept: &str) -> bool {
    let at = TextSize::of(kept);
    context.tree.tokens_at(at).any(|token| token.kind() == SyntaxKind::COMMENT && token.range().end() == at)
}

/// An identifier as it is written where a variable is meant, if it can be.
pub(super) fn variable(name: Name) -> Option<String> {
    let text = identifier(name.as_bytes());
    (!text.starts_with('"') && text != "or").then_some(text)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn one_use() {
        check("inline", "let a = 1 + 2; in a$0 * 2", expect!["let a = 1 + 2; in (1 + 2) * 2"]);
        check("inline", "let inherit (x.y) a; in [ a$0 ]", expect!["let inherit (x.y) a; in [ x.y.a ]"]);
        check("inline", "rec { a = x: x; b = a$0 1; }", expect!["rec { a = x: x; b = (x: x) 1; }"]);
        check("inline", "let a = b: b; in a$0.c", expect!["let a = b: b; in (b: b).c"]);
        check("inline", "let a = 1; in { b = a$0; }", expect!["let a = 1; in { b = 1; }"]);
        check(
            "inline",
            "let\n  a = {\n    b = 1;\n  };\nin\n{\n  c = {\n    d = a$0;\n  };\n}\n",
            expect![[r#"
                let
                  a = {
                    b = 1;
                  };
                in
                {
                  c = {
                    d = {
                      b = 1;
                    };
                  };
                }
            "#]],
        );
    }

    #[test]
    fn names_are_not_captured() {
        check_none("inline", "let a = b; in b: a$0");
        check_none("inline", "x: let a = x; in let x = 1; in a$0");
        check_none("inline", "with p; let a = b; in with q; a$0");
        check_none("inline", "let a = [ a ]; in a$0");
        check_none("inline", "let a = __curPos; in a$0");
        check_none("inline", "a: a$0");
    }

    #[test]
    fn all_uses() {
        check("inline-all", "let a$0 = 1 + 2; in [ a (b: a) ]", expect!["[ (1 + 2) (b: 1 + 2) ]"]);
        check("inline-all", "let a = 1; b = a$0; in { inherit a b; c = a; }", expect!["let b = 1; in { inherit b; a = 1; c = 1; }"]);
        check(
            "inline-all",
            "let\n  a$0 = f x;\n  # about b\n  b = 2;\nin\n[ a b ]\n",
            expect![[r#"
                let
                  # about b
                  b = 2;
                in
                [ (f x) b ]
            "#]],
        );
        check("inline-all", "x ++ (let a$0 = y; in a -> z)", expect!["x ++ (y -> z)"]);
        check("inline-all", "let inherit (p) a b; in a$0 + b", expect!["let inherit (p) b; in p.a + b"]);
        check("inline-all", "let inherit (p) a; in a$0 + a", expect!["p.a + p.a"]);
        check_none("inline-all", "let a$0 = b; in [ a (b: a) ]");
        check_none("inline-all", "let a$0 /* c */ = b; in [ a ]");
        check_none("inline-all", "rec { a$0 = 1; b = a; }");
        check_none("inline-all", "let a$0 = b; in let inherit a; in a");
    }
}
