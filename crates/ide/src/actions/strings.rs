//! `"…"` ↔ `''…''`.

use nival_syntax::ast::{AstNode, IndentedStr, Str, StrPart};
use nival_syntax::flat::{self, Node};
use nival_syntax::{SyntaxKind, literal};

use super::context::Context;
use super::layout::{STEP, indent_at};
use super::{Action, ActionKind, Found};

pub(super) const TO_INDENTED: Action = Action { id: "to-indented-string", kind: ActionKind::Rewrite, run: to_indented };
pub(super) const TO_QUOTED: Action = Action { id: "to-quoted-string", kind: ActionKind::Rewrite, run: to_quoted };

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
        .then(|| found.add("Write as `''…''`", |edits| edits.replace(string.range(), context.apart(string.range(), text))))
}

fn to_quoted(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let string = IndentedStr::cast(*innermost(context)?)?;
    if context.has_error(string.range()) {
        return None;
    }
    let parts = parts(string.parts())?;
    let text = quoted(&parts);
    is_written(&text, &parts).then(|| found.add("Write as `\"…\"`", |edits| edits.replace(string.range(), text)))
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
