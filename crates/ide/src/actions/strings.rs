//! `"…"` ↔ `''…''`.

use nival_syntax::ast::{AstNode, BinaryOp, BinaryOpKind, Expr, IndentedStr, Interpolation, Str, StrPart};
use nival_syntax::flat::{self, Node};
use nival_syntax::{Name, SyntaxKind, literal};

use super::context::Context;
use super::layout::{STEP, indent_at};
use super::names::Meaning;
use super::place::{Level, level_of, tighter, wrapped};
use super::{Action, ActionKind, Found};

pub(super) const TO_INDENTED: Action = Action { id: "to-indented-string", kind: ActionKind::Rewrite, run: to_indented };
pub(super) const TO_QUOTED: Action = Action { id: "to-quoted-string", kind: ActionKind::Rewrite, run: to_quoted };
pub(super) const SPLIT: Action = Action { id: "split-string", kind: ActionKind::Rewrite, run: split };
pub(super) const SIMPLIFY: Action = Action { id: "simplify-interpolation", kind: ActionKind::Rewrite, run: simplify };

/// A part of a string: its value, or the interpolation as it is written.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Code(String),
}

fn parts(all: Vec<StrPart<Node<'_>>>) -> Option<Vec<Part>> {
    let part = |part: StrPart<Node<'_>>| match part {
        StrPart::Text(text) => String::from_utf8(text).ok().map(Part::Text),
        StrPart::Interpolation(code) => std::str::from_utf8(code.syntax().text()).ok().map(|text| Part::Code(text.to_owned())),
    };
    all.into_iter().map(part).collect()
}

/// Whether a literal has these parts.
fn is_written(text: &str, wanted: &[Part]) -> bool {
    let tree = flat::parse(text.as_bytes());
    let Some(node) = tree.root().children().next().filter(|node| node.text() == text.as_bytes()) else { return false };
    let found = match node.kind() {
        SyntaxKind::STR => Str::cast(node).map(|string| string.parts()),
        _ => IndentedStr::cast(node).map(|string| string.parts()),
    };
    tree.errors().is_empty() && found.and_then(parts).as_deref() == Some(wanted)
}

fn to_indented(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let string = Str::cast(*innermost(context)?)?;
    // The name of an attribute is no expression.
    let parent = context.parent(*string.syntax())?;
    if matches!(parent.kind(), SyntaxKind::ATTRPATH | SyntaxKind::INHERIT) || context.has_error(string.range()) {
        return None;
    }
    let parts = parts(string.parts())?;
    let indent = indent_at(&context.view.text, string.range().start()).len();
    let text = indented(&parts, indent);
    is_written(&text, &parts)
        .then(|| found.add_verbatim("Write as `''…''`", |edits| edits.replace(string.range(), context.apart(string.range(), text))))
}

fn to_quoted(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let string = IndentedStr::cast(*innermost(context)?)?;
    if context.has_error(string.range()) {
        return None;
    }
    let parts = parts(string.parts())?;
    let text = quoted(&parts);
    is_written(&text, &parts).then(|| found.add_verbatim("Write as `\"…\"`", |edits| edits.replace(string.range(), text)))
}

/// `"a${b}c"` as `"a" + b + "c"`, which is a string because the first operand is one.
fn split(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let string = Str::cast(*innermost(context)?)?;
    let node = *string.syntax();
    let parent = context.parent(node)?;
    if matches!(parent.kind(), SyntaxKind::ATTRPATH | SyntaxKind::INHERIT) || context.has_error(string.range()) {
        return None;
    }
    let pieces = string.parts();
    if pieces.len() < 2 || !matches!(pieces.first()?, StrPart::Text(_)) {
        return None;
    }
    let mut operands: Vec<String> = Vec::new();
    for piece in &pieces {
        operands.push(match piece {
            StrPart::Text(text) => {
                let mut out = b"\"".to_vec();
                literal::escape(&mut out, text, None);
                out.push(b'"');
                String::from_utf8(out).ok()?
            }
            StrPart::Interpolation(code) => {
                let expr = code.expr()?;
                if context.has_comment(code.range()) {
                    return None;
                }
                wrapped(context.text_of(expr), level_of(&expr), tighter(Level::Add))
            }
        });
    }
    found.add("Write as a sum of strings", |edits| {
        edits.replace(string.range(), context.fitted(node, operands.join(" + "), Level::Add));
    });
    Some(())
}

/// Whether an expression is a string, if it has a value.
fn is_string(context: &Context<'_>, expr: &Expr<Node<'_>>) -> bool {
    match expr {
        Expr::Str(_) | Expr::IndentedStr(_) => true,
        Expr::Paren(paren) => paren.expr().is_some_and(|inner| is_string(context, &inner)),
        Expr::Apply(apply) => apply.function().is_some_and(|function| match function {
            Expr::NameRef(name) => {
                name.syntax().text() == b"toString" && context.meaning_at(*name.syntax(), Name::new("toString")) == Meaning::Global
            }
            Expr::Select(_) => context.text_of(function) == "builtins.toString",
            _ => false,
        }),
        Expr::BinaryOp(op) if op.op_kind() == Some(BinaryOpKind::Add) => op.lhs().is_some_and(|lhs| is_string(context, &lhs)),
        Expr::IfThenElse(node) => {
            let branches = [node.then_branch(), node.else_branch()];
            branches.into_iter().all(|branch| branch.is_some_and(|branch| is_string(context, &branch)))
        }
        _ => false,
    }
}

/// `"${x}"` as `x` where that is a string, or where one is made of it in any case; `"a${"b"}"` as `"ab"`.
fn simplify(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let code = context.around.iter().find(|node| node.kind() == SyntaxKind::INTERPOLATION || node.kind() == SyntaxKind::STR)?;
    // From the interpolation, from the string that it is all of, or from the string that is all of it.
    let is_alone =
        |string: Node<'_>| Str::cast(string).is_some_and(|string| matches!(string.parts().as_slice(), [StrPart::Interpolation(_)]));
    let code = match code.kind() {
        SyntaxKind::STR if is_alone(*code) => code.children().next()?,
        SyntaxKind::STR => context.parent(*code).filter(|parent| parent.kind() == SyntaxKind::INTERPOLATION)?,
        _ => *code,
    };
    let (code, outer) = (Interpolation::cast(code)?, context.parent(code)?);
    let expr = code.expr()?;
    if context.has_error(outer.range()) || context.has_comment(code.range()) {
        return None;
    }
    let holder = context.parent(outer)?;
    if is_alone(outer) && !matches!(holder.kind(), SyntaxKind::ATTRPATH | SyntaxKind::INHERIT) {
        // What a string is made of anyway: an interpolation, or what is added to a string.
        let made = holder.kind() == SyntaxKind::INTERPOLATION && context.parent(holder).is_some_and(|it| it.kind() != SyntaxKind::PATH);
        let sum = BinaryOp::cast(holder).filter(|op| op.op_kind() == Some(BinaryOpKind::Add));
        let added = sum.is_some_and(|sum| {
            sum.rhs().is_some_and(|rhs| *rhs.syntax() == outer) && sum.lhs().is_some_and(|lhs| is_string(context, &lhs))
        });
        if made || added || is_string(context, &expr) {
            let text = context.text_of(expr);
            found.add(format!("Write `{}` by itself", crate::tree::first_line(text, 40)), |edits| {
                edits.replace(outer.range(), context.fitted(outer, text, level_of(&expr)));
            });
        }
        return Some(());
    }
    // A string in a string.
    let (Expr::Str(inner), Some(whole)) = (expr, Str::cast(outer)) else { return None };
    let mut wanted: Vec<Part> = Vec::new();
    let mut add = |part: Part| match (part, wanted.last_mut()) {
        (Part::Text(text), Some(Part::Text(before))) => before.push_str(&text),
        (part, _) => wanted.push(part),
    };
    for piece in whole.parts() {
        match piece {
            StrPart::Interpolation(other) if other.range() == code.range() => parts(inner.parts())?.into_iter().for_each(&mut add),
            piece => parts(vec![piece])?.into_iter().for_each(&mut add),
        }
    }
    if matches!(holder.kind(), SyntaxKind::ATTRPATH | SyntaxKind::INHERIT) {
        return None;
    }
    let text = quoted(&wanted);
    is_written(&text, &wanted).then(|| found.add("Write as one string", |edits| edits.replace(outer.range(), text)))
}

/// The string that the cursor is in, and not in an interpolation of it.
fn innermost<'c, 'a>(context: &'c Context<'a>) -> Option<&'c Node<'a>> {
    context.around.first().filter(|node| matches!(node.kind(), SyntaxKind::STR | SyntaxKind::INDENTED_STR))
}

fn quoted(parts: &[Part]) -> String {
    let mut out = b"\"".to_vec();
    for (i, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => {
                let before_code = matches!(parts.get(i + 1), Some(Part::Code(_)));
                match text.strip_suffix('$').filter(|_| before_code) {
                    Some(rest) => {
                        literal::escape(&mut out, rest.as_bytes(), None);
                        out.extend_from_slice(b"\\$");
                    }
                    None => literal::escape(&mut out, text.as_bytes(), None),
                }
            }
            Part::Code(code) => out.extend_from_slice(code.as_bytes()),
        }
    }
    out.push(b'"');
    String::from_utf8_lossy(&out).into_owned()
}

/// The parts as an indented string, in lines of its own if there are several.
fn indented(parts: &[Part], indent: usize) -> String {
    let lines = parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains('\n')));
    let pad = if lines { " ".repeat(indent + STEP) } else { String::new() };
    let mut out = if lines { format!("''\n{pad}") } else { "''".to_owned() };
    // Whether all lines so far begin with a blank, which would be taken for indentation.
    let mut protected = false;
    let mut line_start = true;
    for (i, part) in parts.iter().enumerate() {
        let Part::Text(text) = part else {
            if let Part::Code(code) = part {
                out.push_str(code);
                protected |= line_start;
                line_start = false;
            }
            continue;
        };
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            let next = rest.peek().copied();
            let last = next.is_none();
            let before_code = last && matches!(parts.get(i + 1), Some(Part::Code(_)));
            match c {
                '\n' => {
                    out.truncate(if line_start { out.trim_end_matches(' ').len() } else { out.len() });
                    out.push('\n');
                    out.push_str(&pad);
                    line_start = true;
                    continue;
                }
                ' ' if line_start && !protected => out.push_str("''\\ "),
                '\t' => out.push_str("''\\t"),
                '\r' => out.push_str("''\\r"),
                '$' if next == Some('{') || before_code => out.push_str("''$"),
                '\'' if last || matches!(next, Some('\'' | '$')) || out.ends_with('\'') => out.push_str("''\\'"),
                c => out.push(c),
            }
            protected |= line_start;
            line_start = false;
        }
    }
    if line_start && lines {
        // The text ends with a line end: the quotes stand in a line of their own.
        out.truncate(out.trim_end_matches(' ').len());
        out.push_str(&" ".repeat(indent));
    }
    out.push_str("''");
    out
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::actions::tests::{check, check_none};

    #[test]
    fn to_indented_strings() {
        check("to-indented-string", r#"{ a = "b$0 ${c} \"d\" \\ \${e}"; }"#, expect![[r#"{ a = ''b ${c} "d" \ ''${e}''; }"#]]);
        check(
            "to-indented-string",
            "{\n  a = \"$0x\\n  y\\n\\n\";\n}",
            expect![[r#"
            {
              a = ''
                x
                  y

              '';
            }"#]],
        );
        check(
            "to-indented-string",
            r#"{ a = "  x$0\n y"; }"#,
            expect![[r#"
                { a = ''
                  ''\  x
                   y''; }"#]],
        );
        check("to-indented-string", r#""it's ''quoted''$0 $${a}""#, expect![[r#"''it's ''\'''\'quoted''\'''\' $''${a}''"#]]);
        check_none("to-indented-string", "{ \"a$0\" = 1; }");
        check_none("to-indented-string", "\"a\\n  $0\"");
        check_none("to-indented-string", "\"${a$0}\"");
    }

    #[test]
    fn to_quoted_strings() {
        check("to-quoted-string", "''\n  a$0 \"b\" ''${c} ${d}\n    \\n\n''", expect![[r#""a \"b\" \${c} ${d}\n  \\n\n""#]]);
        check("to-quoted-string", "''a$0 ''$''${b} ''\\n''", expect![[r#""a $\${b} \n""#]]);
    }

    #[test]
    fn sums_and_strings() {
        check("split-string", r#""a$0${b}\n${c d}""#, expect![[r#""a" + b + "\n" + c d"#]]);
        check("split-string", r#"[ "a$0${b.c}" ]"#, expect![[r#"[ ("a" + b.c) ]"#]]);
        for text in [r#""${a}b$0""#, r#""a$0""#, r#"{ "a$0${b}" = 1; }"#, r#""a$0${b /* c */}""#] {
            check_none("split-string", text);
        }
    }

    #[test]
    fn interpolations_that_say_little() {
        check("simplify-interpolation", r#"f "$0${toString a}""#, expect!["f (toString a)"]);
        check("simplify-interpolation", r#"a: "b${"$0${a}"}""#, expect![[r#"a: "b${a}""#]]);
        check("simplify-interpolation", r#"a: "b" + "$0${a.c}""#, expect![[r#"a: "b" + a.c"#]]);
        check("simplify-interpolation", r#""a${$0"b\n${c}"}d""#, expect![[r#""ab\n${c}d""#]]);
        for text in [r#""${a$0}""#, r#"a + "$0${b}""#, r#"{ "$0${a}" = 1; }"#, r#""b${a$0}""#, r#"./a/${"$0${b}"}"#] {
            check_none("simplify-interpolation", text);
        }
    }

    /// Any parts are written so that they are read again, or are not offered.
    #[test]
    fn whatever_there_is_in_a_string() {
        let pieces = ["a", " ", "  ", "\n", "'", "''", "$", "{", "${", "\\", "\t", "\r", "\"", "é", "$$", "''$", "''\\"];
        let mut state = 7u64;
        let mut written = 0;
        for _ in 0..20_000 {
            let mut wanted: Vec<Part> = Vec::new();
            for _ in 0..6 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let piece = pieces.get((state >> 33) as usize % (pieces.len() + 1));
                match (piece, wanted.last_mut()) {
                    (None, _) => wanted.push(Part::Code("${x}".to_owned())),
                    (Some(piece), Some(Part::Text(text))) => text.push_str(piece),
                    (Some(piece), _) => wanted.push(Part::Text((*piece).to_owned())),
                }
            }
            let text = quoted(&wanted);
            assert!(is_written(&text, &wanted), "{wanted:?} {text}");
            written += usize::from(is_written(&indented(&wanted, 2), &wanted));
        }
        // Lines of nothing but blanks at the end cannot be written.
        assert!(written > 15_000, "{written}");
    }
}
