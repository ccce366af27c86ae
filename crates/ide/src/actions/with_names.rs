//! `with e; …` becomes `let inherit (e) …; in …`, or its names are written `e.name`, where it is certain which names come from it.

use nival_syntax::ast::{AstNode, Expr, Inherit, With};
use nival_syntax::flat::Node;
use nival_syntax::{Name, TextRange};

use super::context::Context;
use super::inline::variable;
use super::layout::{STEP, indent_at, starts_line};
use super::names::Meaning;
use super::{Action, ActionKind, Found};

pub(super) const TO_INHERIT: Action = Action { id: "with-to-inherit", kind: ActionKind::Rewrite, run: to_inherit };
pub(super) const TO_SELECT: Action = Action { id: "with-to-select", kind: ActionKind::Rewrite, run: to_select };

/// The `with` whose keyword or set the selection is at.
fn with_at<'a>(context: &Context<'a>) -> Option<With<Node<'a>>> {
    let with: With<Node<'a>> = context.node()?;
    let head = TextRange::new(with.range().start(), with.semicolon_token()?.range().end());
    (head.contains_range(context.range) && !context.has_error(with.range())).then_some(with)
}

/// The uses of names in the body that come from this `with` for certain; an error says why that is not so.
fn names<'a>(context: &Context<'a>, with: &With<Node<'a>>) -> Result<Vec<(Name, Node<'a>, bool)>, &'static str> {
    let body = with.body().ok_or("it has no body")?;
    let uses = context.free_names(*body.syntax()).ok_or("it is not certain what the names in it mean")?;
    let mut found = Vec::new();
    for used in uses {
        match context.meaning_at(*body.syntax(), used.name) {
            Meaning::With(withs) if withs.len() == 1 && !used.in_with => found.push((used.name, used.node, used.inherited)),
            Meaning::With(_) => return Err("a name may also come from another `with`"),
            _ => {}
        }
    }
    Ok(found)
}

fn to_inherit(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let with = with_at(context)?;
    let (namespace, body) = (with.namespace()?, with.body()?);
    let title = "Write `let inherit (…) …; in` in place of `with`";
    let names = match names(context, &with) {
        Ok(names) => names,
        Err(reason) => return found.refuse(title, reason),
    };
    let mut distinct: Vec<String> = names.iter().map(|(name, ..)| variable(*name)).collect::<Option<_>>()?;
    distinct.sort();
    distinct.dedup();
    if distinct.is_empty() {
        return None;
    }
    if context.has_comment(TextRange::new(namespace.range().end(), body.range().start())) {
        return found.refuse(title, "a comment would be lost");
    }
    found.add(title, |edits| {
        let text = &context.view.text;
        let inherit = format!("inherit ({}) {};", context.text_of(namespace), distinct.join(" "));
        let start = with.range().start();
        let head = TextRange::new(start, body.range().start());
        let own_line = starts_line(text, body.range().start());
        let indent = " ".repeat(indent_at(text, start).len());
        let step = " ".repeat(STEP);
        edits.replace(
            head,
            match own_line {
                true => format!("let\n{indent}{step}{inherit}\n{indent}in\n{}", indent_at(text, body.range().start())),
                false => format!("let {inherit} in "),
            },
        );
    });
    Some(())
}

fn to_select(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let with = with_at(context)?;
    let (namespace, body) = (with.namespace()?, with.body()?);
    // Something short that can be said again.
    let mut base = namespace;
    loop {
        base = match base {
            Expr::Select(select) if select.or_token().is_none() => select.base()?,
            Expr::NameRef(_) => break,
            _ => return None,
        };
    }
    let prefix = context.text_of(namespace);
    let title = format!("Write `{prefix}.…` in place of `with`");
    let names = match names(context, &with) {
        Ok(names) => names,
        Err(reason) => return found.refuse(title, reason),
    };
    if names.is_empty() {
        return None;
    }
    let uses = context.free_names(*namespace.syntax())?;
    if !names.iter().all(|(_, node, _)| context.means_the_same(&uses, *namespace.syntax(), *node)) {
        return found.refuse(title, "the set's name means something else at one of the uses");
    }
    if context.has_comment(TextRange::new(with.range().start(), body.range().start())) {
        return found.refuse(title, "a comment would be lost");
    }
    // Each `inherit` that takes some of the names, with those.
    let mut inherits: Vec<(Inherit<Node<'_>>, Vec<Node<'_>>)> = Vec::new();
    for (_, node, _) in names.iter().filter(|(_, _, inherited)| *inherited) {
        let inherit = context.parent(*node).and_then(Inherit::cast)?;
        match inherits.iter_mut().find(|(other, _)| *other == inherit) {
            Some((_, taken)) => taken.push(*node),
            None => inherits.push((inherit, vec![*node])),
        }
    }
    if inherits.iter().any(|(inherit, _)| context.has_comment(inherit.range())) {
        return found.refuse(title, "a comment would be lost");
    }
    found.add(title, |edits| {
        for (name, node, inherited) in &names {
            if !inherited {
                edits.replace(node.range(), context.fitted(*node, format!("{prefix}.{name}"), super::place::Level::Chain));
            }
        }
        for (inherit, taken) in &inherits {
            let text = |nodes: &[Node<'_>]| nodes.iter().map(|node| context.text(node.range())).collect::<Vec<_>>().join(" ");
            let rest: Vec<Node<'_>> = inherit.attrs().map(|attr| *attr.syntax()).filter(|attr| !taken.contains(attr)).collect();
            let rest = if rest.is_empty() { String::new() } else { format!("inherit {}; ", text(&rest)) };
            edits.replace(inherit.range(), format!("{rest}inherit ({prefix}) {};", text(taken)));
        }
        edits.delete(TextRange::new(with.range().start(), body.range().start()));
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn names_are_inherited() {
        check("with-to-inherit", "p: with$0 p; [ b a (c: c a) map ]", expect!["p: let inherit (p) a b; in [ b a (c: c a) map ]"]);
        check(
            "with-to-inherit",
            "{ lib }:\nwith lib.x$0;\n\n{\n  a = id;\n}\n",
            expect![[r#"
            { lib }:
            let
              inherit (lib.x) id;
            in
            {
              a = id;
            }
        "#]],
        );
        check("with-to-inherit", "p: wi$0th p; { inherit a; }", expect!["p: let inherit (p) a; in { inherit a; }"]);
    }

    #[test]
    fn names_are_selected() {
        check("with-to-select", "p: with$0 p.q; [ a (f a.b) ]", expect!["p: [ p.q.a (p.q.f p.q.a.b) ]"]);
        check("with-to-select", "p: x: with$0 p; { inherit a x; b = a; }", expect!["p: x: { inherit x; inherit (p) a; b = p.a; }"]);
        check("with-to-select", "p: { a = with$0 p; \"${b}\"; }", expect![[r#"p: { a = "${p.b}"; }"#]]);
        check_none("with-to-select", "p: with$0 p; a (p: b)");
        check_none("with-to-select", "p: with$0 f p; a");
    }

    #[test]
    fn only_what_is_certain() {
        for name in ["with-to-inherit", "with-to-select"] {
            check_none(name, "p: q: with p; with$0 q; a");
            check_none(name, "p: q: with$0 p; with q; a");
            check_none(name, "p: with$0 p; 1");
            check_none(name, "p: with p; a$0");
            check_none(name, "p: with$0 p; /* c */ a +");
        }
    }
}
