//! `assert`s: joined, parted, and with a message.

use nival_syntax::TextRange;
use nival_syntax::ast::{Assert, AstNode, BinaryOpKind, Expr};
use nival_syntax::flat::Node;

use super::context::Context;
use super::modules::{function_name, prefix};
use super::place::{Level, level_of, tighter, wrapped};
use super::{Action, ActionKind, Found};

pub(super) const JOIN: Action = Action { id: "join-asserts", kind: ActionKind::Rewrite, run: join };
pub(super) const SPLIT: Action = Action { id: "split-assert", kind: ActionKind::Rewrite, run: split };
pub(super) const MESSAGE: Action = Action { id: "assert-with-message", kind: ActionKind::Rewrite, run: message };
pub(super) const THROW: Action = Action { id: "assert-to-throw", kind: ActionKind::Rewrite, run: throw };

/// The `assert` whose head the cursor is in.
fn assert_at<'a>(context: &Context<'a>) -> Option<Assert<Node<'a>>> {
    let node: Assert<Node<'a>> = context.node()?;
    let head = TextRange::new(node.range().start(), node.semicolon_token()?.range().end());
    let own = head.contains_range(context.range) || context.range == node.range();
    (own && !context.has_error(node.range())).then_some(node)
}

fn join(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let outer = assert_at(context)?;
    let Expr::Assert(inner) = outer.body()? else { return None };
    let (first, second, body) = (outer.condition()?, inner.condition()?, inner.body()?);
    let title = "Join the two `assert`s";
    let between = TextRange::new(first.range().end(), second.range().start());
    if context.has_comment(between) {
        return found.refuse(title, "a comment would be lost");
    }
    inner.semicolon_token()?;
    body.range();
    found.add(title, |edits| {
        edits.replace(first.range(), wrapped(context.text_of(first), level_of(&first), Level::And));
        edits.replace(between, " && ");
        edits.replace(second.range(), wrapped(context.text_of(second), level_of(&second), tighter(Level::And)));
    });
    Some(())
}

fn split(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = assert_at(context)?;
    let Expr::BinaryOp(condition) = node.condition()? else { return None };
    if condition.op_kind() != Some(BinaryOpKind::And) {
        return None;
    }
    let (left, right) = (condition.lhs()?, condition.rhs()?);
    let title = "Split the `assert` at `&&`";
    let between = TextRange::new(left.range().end(), right.range().start());
    if context.has_comment(between) {
        return found.refuse(title, "a comment would be lost");
    }
    let start = node.range().start();
    let lines = super::layout::starts_line(&context.view.text, start);
    let separator =
        if lines { format!(";\n{}assert ", super::layout::indent_at(&context.view.text, start)) } else { "; assert ".to_owned() };
    found.add(title, |edits| edits.replace(between, separator));
    Some(())
}

fn message(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = assert_at(context)?;
    let condition = node.condition()?;
    if let Expr::Apply(apply) = condition
        && function_name(context, &apply) == Some("assertMsg")
    {
        return None;
    }
    let prefix = prefix(context, *condition.syntax(), "assertMsg")?;
    let text = context.text_of(condition);
    // What the condition says is a message that is true.
    let shown = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = !context.has_comment(condition.range()) && shown.len() <= 60;
    let mut message = b"\"".to_vec();
    nival_syntax::literal::escape(&mut message, if plain { shown.as_bytes() } else { b"the condition is not met" }, None);
    message.push(b'"');
    let message = String::from_utf8(message).ok()?;
    found.add("Add a message to the `assert`", |edits| {
        let argument = wrapped(text, level_of(&condition), Level::Select);
        edits.replace(condition.range(), format!("{prefix}assertMsg {argument} {message}"));
    });
    Some(())
}

/// `assert assertMsg c m; e` is `throwIfNot c m e`.
fn throw(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = assert_at(context)?;
    let (Expr::Apply(call), body) = (node.condition()?, node.body()?) else { return None };
    let inner = match call.function()? {
        Expr::Apply(inner) if !matches!(inner.function()?, Expr::Apply(_)) => inner,
        _ => return None,
    };
    if function_name(context, &call) != Some("assertMsg") {
        return None;
    }
    let prefix = prefix(context, *call.syntax(), "throwIfNot")?;
    let (condition, message) = (inner.argument()?, call.argument()?);
    let title = "Write `throwIfNot` in place of `assert`";
    let gaps = [TextRange::new(node.range().start(), condition.range().start()), TextRange::new(call.range().end(), body.range().start())];
    if gaps.iter().any(|gap| context.has_comment(*gap)) {
        return found.refuse(title, "a comment would be lost");
    }
    found.add(title, |edits| {
        let place = *node.syntax();
        let asked = context.parent(place).map_or(Level::Open, |parent| super::place::asked_by(parent, place));
        let (open, close) = if asked > Level::Apply { ("(", ")") } else { ("", "") };
        let [head, gap] = gaps;
        edits.replace(head, format!("{open}{prefix}throwIfNot "));
        let blanks: String = context.text(gap).chars().filter(|c| c.is_whitespace()).collect();
        edits.replace(gap, if blanks.is_empty() { " ".to_owned() } else { blanks });
        let _ = message;
        if level_of(&body) < Level::Select {
            edits.insert(body.range().start(), "(");
            let line_comment = context.text_of(body).rsplit('\n').next().is_some_and(|line| line.contains('#'));
            edits.insert(body.range().end(), if line_comment { format!("\n){close}") } else { format!("){close}") });
        } else if !close.is_empty() {
            edits.insert(body.range().end(), close);
        }
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn asserts_are_joined_and_split() {
        check("join-asserts", "asse$0rt a; assert b -> c; d", expect!["assert a && (b -> c); d"]);
        check(
            "join-asserts",
            "asse$0rt a || b;\nassert b == c;\nd",
            expect![[r#"
            assert (a || b) && b == c;
            d"#]],
        );
        check(
            "split-assert",
            "asse$0rt a && (b || c); d",
            expect![[r#"
            assert a;
            assert (b || c); d"#]],
        );
        check(
            "split-assert",
            "x:\nasse$0rt a && b && c;\nd",
            expect![[r#"
            x:
            assert a && b;
            assert c;
            d"#]],
        );
        check_none("join-asserts", "asse$0rt a; d");
        check_none("join-asserts", "asse$0rt a; # b\nassert b; d");
        check_none("split-assert", "asse$0rt a || b; d");
        check_none("split-assert", "assert a && b; d$0");
    }

    #[test]
    fn asserts_say_why() {
        check(
            "assert-with-message",
            "{ lib }: asse$0rt a == \"b\"; c",
            expect![[r#"{ lib }: assert lib.assertMsg (a == "b") "a == \"b\""; c"#]],
        );
        check(
            "assert-to-throw",
            "{ lib }: asse$0rt lib.assertMsg (a b) \"c\"; d e",
            expect![[r#"{ lib }: lib.throwIfNot (a b) "c" (d e)"#]],
        );
        check(
            "assert-to-throw",
            "{ lib }: [ (asse$0rt lib.assertMsg a \"c\";\n[ d ]) ]",
            expect![[r#"
            { lib }: [ (lib.throwIfNot a "c"
            [ d ]) ]"#]],
        );
        check_none("assert-with-message", "{ lib }: asse$0rt lib.assertMsg a \"b\"; c");
        check_none("assert-with-message", "asse$0rt a; c");
        check_none("assert-to-throw", "{ lib }: asse$0rt a; c");
    }
}
