//! Small expressions in another form: conditions, defaults of selections, lists and strings that are put together.

use nival_syntax::ast::{AstNode, BinaryOp, BinaryOpKind, Expr, IfThenElse, LegacyLet, Select, StrPart, UnaryOpKind};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange, literal};

use super::context::Context;
use super::names::Meaning;
use super::place::{Level, level_of, wrapped};
use super::{Action, ActionKind, Found};

pub(super) const IF_TO_OPERATOR: Action = Action { id: "if-to-operator", kind: ActionKind::Rewrite, run: if_to_operator };
pub(super) const INVERT_IF: Action = Action { id: "invert-if", kind: ActionKind::Rewrite, run: invert_if };
pub(super) const ADD_DEFAULT: Action = Action { id: "add-or-default", kind: ActionKind::Rewrite, run: add_default };
pub(super) const REMOVE_DEFAULT: Action = Action { id: "remove-or-default", kind: ActionKind::Rewrite, run: remove_default };
pub(super) const JOIN_LISTS: Action = Action { id: "join-lists", kind: ActionKind::Rewrite, run: join_lists };
pub(super) const JOIN_STRINGS: Action = Action { id: "join-strings", kind: ActionKind::Rewrite, run: join_strings };
pub(super) const LEGACY_LET: Action = Action { id: "legacy-let", kind: ActionKind::Rewrite, run: legacy_let };

/// The constant that an expression is.
fn constant(context: &Context<'_>, expr: &Expr<Node<'_>>) -> Option<bool> {
    let Expr::NameRef(name) = expr else { return None };
    let global = |text: &str| context.meaning_at(*expr.syntax(), Name::new(text)) == Meaning::Global;
    match context.text(name.range()) {
        text @ "true" => global(text).then_some(true),
        text @ "false" => global(text).then_some(false),
        _ => None,
    }
}

/// Whether an expression has a boolean value, if it has one.
fn is_boolean(context: &Context<'_>, expr: &Expr<Node<'_>>) -> bool {
    match expr {
        Expr::Paren(paren) => paren.expr().is_some_and(|inner| is_boolean(context, &inner)),
        Expr::HasAttr(_) => true,
        Expr::UnaryOp(op) => op.op_kind() == Some(UnaryOpKind::Not),
        Expr::BinaryOp(op) => matches!(
            op.op_kind(),
            Some(
                BinaryOpKind::Equal
                    | BinaryOpKind::NotEqual
                    | BinaryOpKind::And
                    | BinaryOpKind::Or
                    | BinaryOpKind::Implies
                    | BinaryOpKind::Less
                    | BinaryOpKind::LessEqual
                    | BinaryOpKind::Greater
                    | BinaryOpKind::GreaterEqual
            )
        ),
        _ => constant(context, expr).is_some(),
    }
}

/// The `if` whose keyword or condition the selection is at.
fn if_at<'a>(context: &Context<'a>) -> Option<IfThenElse<Node<'a>>> {
    let node: IfThenElse<Node<'a>> = context.node()?;
    let head = TextRange::new(node.range().start(), node.then_token()?.range().end());
    let whole = context.range == node.range();
    ((head.contains_range(context.range) || whole) && !context.has_error(node.range())).then_some(node)
}

fn if_to_operator(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = if_at(context)?;
    let (condition, yes, no) = (node.condition()?, node.then_branch()?, node.else_branch()?);
    let operand = |expr: &Expr<Node<'_>>, asked| wrapped(context.text_of(*expr), level_of(expr), asked);
    let (text, level) = match (constant(context, &yes), constant(context, &no)) {
        (Some(true), Some(false)) if is_boolean(context, &condition) => (context.text_of(condition).to_owned(), level_of(&condition)),
        (Some(true), Some(false)) => return None,
        (Some(false), Some(true)) => (format!("!{}", operand(&condition, Level::HasAttr)), Level::Not),
        (_, Some(false)) if is_boolean(context, &yes) => {
            (format!("{} && {}", operand(&condition, Level::Equal), operand(&yes, Level::Equal)), Level::And)
        }
        (Some(true), _) if is_boolean(context, &no) => {
            (format!("{} || {}", operand(&condition, Level::And), operand(&no, Level::And)), Level::Or)
        }
        _ => return None,
    };
    if context.has_comment(node.range()) || context.text_of(node).contains('\n') && text.contains('\n') {
        return None;
    }
    found.add(format!("Write `{text}`"), |edits| edits.replace(node.range(), context.fitted(*node.syntax(), text, level)));
    Some(())
}

fn invert_if(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = if_at(context)?;
    let (condition, yes, no) = (node.condition()?, node.then_branch()?, node.else_branch()?);
    let inverted = match &condition {
        Expr::UnaryOp(op) if op.op_kind() == Some(UnaryOpKind::Not) => match op.operand()? {
            // Only what is a condition by itself.
            Expr::Paren(paren) => context.text_of(paren.expr()?).to_owned(),
            operand => context.text_of(operand).to_owned(),
        },
        Expr::BinaryOp(op) if matches!(op.op_kind(), Some(BinaryOpKind::Equal | BinaryOpKind::NotEqual)) => {
            let token = op.op_token()?.range();
            let other = if op.op_kind() == Some(BinaryOpKind::Equal) { "!=" } else { "==" };
            let (start, end) = (op.range().start(), op.range().end());
            format!("{}{other}{}", context.text(TextRange::new(start, token.start())), context.text(TextRange::new(token.end(), end)))
        }
        other => format!("!{}", wrapped(context.text_of(*other), level_of(other), Level::HasAttr)),
    };
    // An `else if` would hang on the wrong branch no less, but nobody wants to read it.
    if matches!(no, Expr::IfThenElse(_)) {
        return None;
    }
    found.add("Invert the condition and swap the branches", |edits| {
        let last_line_open = context.text_of(yes).rsplit('\n').next().is_some_and(|line| line.contains('#'));
        edits.replace(condition.range(), context.apart(condition.range(), inverted));
        edits.replace(yes.range(), context.apart(yes.range(), context.text_of(no).to_owned()));
        let text = context.text_of(yes).to_owned();
        edits.replace(no.range(), context.apart(no.range(), if last_line_open { format!("{text}\n") } else { text }));
    });
    Some(())
}

/// The selection whose path the cursor is in.
fn select_at<'a>(context: &Context<'a>) -> Option<Select<Node<'a>>> {
    let node = context.around.iter().take(3).find_map(|&node| Select::cast(node))?;
    let path = node.attrpath()?.range();
    (path.contains_range(context.range) && !context.has_error(node.range())).then_some(node)
}

fn add_default(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = select_at(context).filter(|node| node.or_token().is_none())?;
    // With a default, another part behind it needs parentheses.
    if context.parent(*node.syntax()).is_some_and(|parent| parent.kind() == SyntaxKind::SELECT) {
        return None;
    }
    found.add("Add a default: `or null`", |edits| {
        edits.replace(node.range(), context.apart(node.range(), format!("{} or null", context.text_of(node))))
    });
    Some(())
}

fn remove_default(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = context.around.iter().take(3).find_map(|&node| Select::cast(node)).filter(|node| !context.has_error(node.range()))?;
    let (path, default) = (node.attrpath()?, node.default()?);
    let tail = TextRange::new(path.range().end(), default.range().end());
    if context.has_comment(tail) || default.range().contains_range(context.range) {
        return None;
    }
    found.add(format!("Remove the default `{}`", crate::tree::first_line(context.text_of(default), 30)), |edits| {
        edits.replace(tail, context.apart(tail, String::new()));
    });
    Some(())
}

/// The operation whose operator the cursor is at, or that is selected.
fn operation_at<'a>(context: &Context<'a>, kind: BinaryOpKind) -> Option<BinaryOp<Node<'a>>> {
    let node: BinaryOp<Node<'a>> = context.node()?;
    let at = node.op_token()?.range().contains_range(context.range) || node.range() == context.range;
    (at && node.op_kind() == Some(kind) && !context.has_error(node.range())).then_some(node)
}

fn join_lists(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = operation_at(context, BinaryOpKind::Concat)?;
    let (Expr::List(left), right) = (node.lhs()?, node.rhs()?) else { return None };
    let right = match right {
        Expr::List(right) => right,
        // `a ++ b ++ c` is `a ++ (b ++ c)`.
        Expr::BinaryOp(rest) if rest.op_kind() == Some(BinaryOpKind::Concat) => match rest.lhs()? {
            Expr::List(first) => first,
            _ => return None,
        },
        _ => return None,
    };
    let (close, open) = (left.r_bracket_token()?.range(), right.l_bracket_token()?.range());
    let text = &context.view.text;
    // The blanks on the left go with the bracket, those on the right stay.
    let before = context.text(TextRange::new(left.range().start(), close.start()));
    let kept = before.trim_end().len() as u32;
    let start = left.range().start() + nival_syntax::TextSize::new(kept);
    if context.has_comment(TextRange::new(start, open.end())) || ends_in_comment(context, start) {
        return None;
    }
    found.add("Join the lists", |edits| {
        let spaced = text.get(usize::from(open.end())..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_whitespace()));
        edits.replace(TextRange::new(start, open.end()), if spaced { "" } else { " " });
    });
    Some(())
}

fn ends_in_comment(context: &Context<'_>, at: nival_syntax::TextSize) -> bool {
    context.tree.tokens_at(at).any(|token| token.kind() == SyntaxKind::COMMENT)
}

fn join_strings(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node = operation_at(context, BinaryOpKind::Add)?;
    if context.has_comment(node.range()) {
        return None;
    }
    // All operands of the sum: it is a string if the first one is.
    let mut top = *node.syntax();
    while let Some(parent) = context.parent(top).and_then(BinaryOp::cast)
        && parent.op_kind() == Some(BinaryOpKind::Add)
        && parent.lhs().is_some_and(|lhs| *lhs.syntax() == top)
    {
        top = *parent.syntax();
    }
    let mut operands = Vec::new();
    let mut rest = Expr::cast(top)?;
    while let Expr::BinaryOp(op) = rest
        && op.op_kind() == Some(BinaryOpKind::Add)
    {
        operands.insert(0, op.rhs()?);
        rest = op.lhs()?;
    }
    operands.insert(0, rest);
    if !matches!(operands.first()?, Expr::Str(_)) || context.has_comment(top.range()) || context.has_error(top.range()) {
        return None;
    }
    let mut out = String::from("\"");
    for operand in &operands {
        match operand {
            Expr::Str(string) => {
                let inner = context.text(TextRange::new(
                    string.range().start() + nival_syntax::TextSize::new(1),
                    string.range().end() - nival_syntax::TextSize::new(1),
                ));
                // `$` before what begins with a brace would become an interpolation, or keep one from being one.
                if out.ends_with('$') {
                    return None;
                }
                out.push_str(inner);
            }
            Expr::IndentedStr(string) => {
                let parts = string.parts();
                let [StrPart::Text(text)] = parts.as_slice() else { return None };
                if out.ends_with('$') {
                    return None;
                }
                let mut escaped = Vec::new();
                literal::escape(&mut escaped, text, None);
                out.push_str(std::str::from_utf8(&escaped).ok()?);
            }
            _ if out.ends_with('$') => return None,
            Expr::Paren(paren) => out.push_str(&format!("${{{}}}", context.text_of(paren.expr()?))),
            // A path is copied to the store where it is a part of a string, in either form.
            other => out.push_str(&format!("${{{}}}", context.text_of(*other))),
        }
    }
    out.push('"');
    let range = top.range();
    found.add("Write as one string", |edits| edits.replace(range, out));
    Some(())
}

fn legacy_let(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let node: LegacyLet<Node<'_>> = context.node()?;
    let (open, close) = (node.l_brace_token()?.range(), node.r_brace_token()?.range());
    let head = TextRange::new(node.range().start(), open.end());
    if !head.contains_range(context.range) || context.has_error(node.range()) {
        return None;
    }
    let bodies = super::names::bound_names(*node.syntax()).into_iter().filter(|name| name.as_bytes() == b"body").count();
    if bodies != 1 {
        return None;
    }
    found.add("Write `let … in`", |edits| {
        // The name and the brace have blanks between them, or a comment.
        edits.delete(open);
        let wrap =
            context.parent(*node.syntax()).map_or(Level::Open, |parent| super::place::asked_by(parent, *node.syntax())) > Level::Open;
        if wrap {
            edits.insert(node.range().start(), "(");
        }
        edits.replace(close, if wrap { "in body)" } else { "in body" });
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn conditions() {
        check("if-to-operator", "if$0 a then b == 1 else false", expect!["a && b == 1"]);
        check("if-to-operator", "[ (if$0 a || c then b ? x else false) ]", expect!["[ ((a || c) && b ? x) ]"]);
        check("if-to-operator", "if$0 a then true else !b", expect!["a || !b"]);
        check("if-to-operator", "if$0 a == 1 then true else false", expect!["a == 1"]);
        check("if-to-operator", "if$0 a then false else true", expect!["!a"]);
        for text in
            ["if$0 a then b else false", "if$0 a then true else false", "true: if$0 a then b ? c else d", "if a then b$0 ? c else false"]
        {
            check_none("if-to-operator", text);
        }
        check("invert-if", "if$0 !a then b else c", expect!["if a then c else b"]);
        check("invert-if", "if$0 a == 1 then b else c", expect!["if a != 1 then c else b"]);
        check("invert-if", "if$0 f a then (b) else [c]", expect!["if !f a then [ c ] else (b)"]);
    }

    #[test]
    fn defaults() {
        check("add-or-default", "f a.b$0 c", expect!["f a.b or null c"]);
        check("remove-or-default", "a.b$0 or (c d)", expect!["a.b"]);
        check_none("add-or-default", "a.b$0 or c");
        check_none("add-or-default", "a$0.b");
    }

    #[test]
    fn lists_and_strings_are_joined() {
        check(
            "join-lists",
            "[ a ] +$0+ [ b ]",
            expect![[r#"
            [
              a
              b
            ]"#]],
        );
        check("join-lists", "[\n  a # a\n  c\n] +$0+ [\n  b\n] ++ d", expect!["[\n  a # a\n  c\n  b\n] ++ d"]);
        check("join-lists", "[] $0++ [a]", expect!["[ a]"]);
        check_none("join-lists", "[ a # a\n] ++$0 [ b ]");
        check("join-strings", r#""a${b}" +$0 c.d + (e f) + "\${g}""#, expect![[r#""a${b}${c.d}${e f}\${g}""#]]);
        check_none("join-strings", r#"a +$0 "b""#);
        check_none("join-strings", r#""a$" +$0 "{b}""#);
    }

    #[test]
    fn the_old_let() {
        check("legacy-let", "let$0 { body = a; a = 1; }", expect!["let  body = a; a = 1; in body"]);
        check("legacy-let", "[ (f le$0t {\n  body = 1;\n}) ]", expect!["[ (f (let \n  body = 1;\nin body)) ]"]);
        check_none("legacy-let", "let$0 { a = 1; }");
    }
}
