//! `x: f x` ↔ `f`.

use nival_syntax::ast::{Apply, AstNode, Expr, Lambda, Param};
use nival_syntax::flat::Node;
use nival_syntax::{SyntaxKind, TextRange};

use super::context::Context;
use super::names::Meaning;
use super::place::{Level, level_of, wrapped};
use super::{Action, ActionKind, Found};

pub(super) const REDUCE: Action = Action { id: "eta-reduce", kind: ActionKind::Rewrite, run: reduce };
pub(super) const EXPAND: Action = Action { id: "eta-expand", kind: ActionKind::Rewrite, run: expand };

/// Whether an expression is a function's name, which evaluating early costs and breaks nothing.
fn is_plain(context: &Context<'_>, expr: &Expr<Node<'_>>) -> bool {
    let Expr::NameRef(name) = expr else {
        let Expr::Select(select) = expr else { return false };
        // `lib.f`, `builtins.f`
        let base = select.base().filter(|_| select.or_token().is_none());
        return base.is_some_and(|base| matches!(context.text_of(base), "lib" | "builtins"));
    };
    name.name().is_some_and(|name| match context.meaning_at(*expr.syntax(), name) {
        Meaning::Global => true,
        Meaning::Bound(by) => matches!(by.kind(), SyntaxKind::LET_IN | SyntaxKind::LAMBDA),
        _ => false,
    })
}

/// `x: f x` where `f` does not use `x`.
fn reduce(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let lambda: Lambda<Node<'_>> = context.node()?;
    let head = TextRange::new(lambda.range().start(), lambda.colon_token()?.range().end());
    let Some(Param::NameParam(param)) = lambda.param() else { return None };
    let Expr::Apply(call) = lambda.body()? else { return None };
    let (function, Expr::NameRef(argument)) = (call.function()?, call.argument()?) else { return None };
    let name = param.ident()?;
    if !(head.contains_range(context.range) || context.range == lambda.range()) || argument.name() != Some(name) {
        return None;
    }
    // An argument of a call is evaluated when it is needed; elsewhere a function may be there to put that off.
    let is_argument = |node: Node<'_>| {
        let mut node = node;
        while let Some(parent) = context.parent(node).filter(|parent| parent.kind() == SyntaxKind::PAREN) {
            node = parent;
        }
        context.parent(node).is_some_and(|parent| parent.kind() == SyntaxKind::APPLY && parent.children().next() != Some(node))
    };
    if !is_plain(context, &function) || !is_argument(*lambda.syntax()) || context.has_error(lambda.range()) {
        return None;
    }
    if context.free_names(*function.syntax())?.iter().any(|used| used.name == name) || context.has_comment(lambda.range()) {
        return None;
    }
    // The parentheses were for the function.
    let paren = context.parent(*lambda.syntax()).filter(|parent| parent.kind() == SyntaxKind::PAREN);
    let place = paren.unwrap_or(*lambda.syntax());
    let text = context.text_of(function);
    found.add(format!("Write `{text}`"), |edits| edits.replace(place.range(), context.fitted(place, text, level_of(&function))));
    Some(())
}

/// A function that is selected as an argument of a call, or called with too little there.
fn expand(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let expr = context.selected()?;
    let node = *expr.syntax();
    let (inner, place) = match &expr {
        Expr::Paren(paren) => (paren.expr()?, node),
        _ => (expr, node),
    };
    let call = context.parent(place).and_then(Apply::cast).filter(|call| call.argument().is_some_and(|it| *it.syntax() == place))?;
    // Only where the caller is known to call it.
    let caller = match call.function()? {
        Expr::Select(select) => context.text(select.attrpath()?.attrs().last()?.range()),
        Expr::NameRef(name) => context.text(name.range()),
        _ => return None,
    };
    if !CALLERS.contains(&caller) || context.has_error(call.range()) {
        return None;
    }
    let function = match &inner {
        Expr::NameRef(_) | Expr::Select(_) => inner,
        Expr::Apply(_) => inner,
        _ => return None,
    };
    let name = context.fresh_name("x", node.range());
    let text = wrapped(context.text_of(function), level_of(&function), Level::Apply);
    let shown = crate::tree::first_line(&text, 40);
    found.add(format!("Write `{name}: {shown} {name}`"), |edits| {
        // A comment to the end of the line would swallow the argument.
        let line_comment = text.rsplit('\n').next().is_some_and(|line| line.contains('#'));
        let body = if line_comment { format!("{name}: {text}\n{name}") } else { format!("{name}: {text} {name}") };
        edits.replace(place.range(), context.fitted(place, body, Level::Open));
    });
    Some(())
}

/// Functions whose first argument is one.
const CALLERS: [&str; 14] = [
    "map",
    "filter",
    "any",
    "all",
    "concatMap",
    "concatMapStrings",
    "genList",
    "filterAttrs",
    "mapAttrs",
    "mapAttrs'",
    "mapAttrsToList",
    "partition",
    "imap0",
    "groupBy",
];

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn functions_that_only_hand_on() {
        check("eta-reduce", "f: map (x$0: f x) [ ]", expect!["f: map f [ ]"]);
        check("eta-reduce", "{ lib }: map (x$0: lib.id x) [ ]", expect!["{ lib }: map lib.id [ ]"]);
        for text in
            ["f: map (x$0: f x x) [ ]", "x$0: toString x", "map (x$0: x x) [ ]", "map (x$0: f.g x) [ ]", "f: map (x$0: f /* c */ x) [ ]"]
        {
            check_none("eta-reduce", text);
        }
    }

    #[test]
    fn functions_with_their_argument() {
        check("eta-expand", "map $0toString$0 [ ]", expect!["map (x: toString x) [ ]"]);
        check("eta-expand", "x: map $0(f x)$0 [ ]", expect!["x: map (x2: f x x2) [ ]"]);
        check_none("eta-expand", "g $0toString$0 [ ]");
        check_none("eta-expand", "map f $0[ ]$0");
    }
}
