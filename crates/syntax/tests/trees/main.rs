//! What every construct parses to: text in, tree and errors out. One file per family.

mod bindings;
mod functions;
mod literals;
mod operators;
mod paths;
mod recovery;
mod strings;

use std::fmt::Write;

use expect_test::Expect;
use nival_syntax::{SyntaxNode, SyntaxToken, parse};

/// Parses a text and compares the dump of its tree and its errors.
fn check(text: &str, expected: Expect) {
    let parsed = parse(text);
    let mut out = String::new();
    dump(&parsed.syntax(), 0, &mut out);
    for error in parsed.errors() {
        let hint = error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        writeln!(out, "error {:?}: {error}{hint}", error.range).unwrap();
    }
    expected.assert_eq(&out);
    let flat = nival_syntax::flat::parse(text.as_bytes());
    assert_eq!(flat.errors(), parsed.errors());
}

fn is_plain(token: &SyntaxToken) -> bool {
    !token.kind().is_trivia()
}

/// Nodes by kind, indented; a node without child nodes on one line with its tokens.
fn dump(node: &SyntaxNode, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    write!(out, "{indent}{:?}", node.kind()).unwrap();
    if node.children().next().is_none() {
        for token in node.children_with_tokens().filter_map(|it| it.into_token()).filter(is_plain) {
            write!(out, " {:?}", token.text()).unwrap();
        }
        return out.push('\n');
    }
    out.push('\n');
    for element in node.children_with_tokens() {
        match element {
            rowan::NodeOrToken::Node(child) => dump(&child, depth + 1, out),
            rowan::NodeOrToken::Token(token) if is_plain(&token) => writeln!(out, "{indent}  {:?}", token.text()).unwrap(),
            _ => {}
        }
    }
}

/// Checks a list of texts, each with what a function says of it.
fn check_each(texts: &[&str], of: impl Fn(&str) -> String, expected: Expect) {
    let out: String = texts.iter().map(|text| format!("{}\n    {}\n", text.escape_debug(), of(text))).collect();
    expected.assert_eq(&out);
}

/// The first error of a text.
fn first_error(text: &str) -> String {
    match parse(text).errors().first() {
        Some(error) => format!("{:?} {error}{}", error.range, error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default()),
        None => "no error".into(),
    }
}
