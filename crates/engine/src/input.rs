//! What a person typed at a prompt: an expression, bindings, or the beginning of something longer.

use nival_syntax::SyntaxErrorKind;
use nival_syntax::SyntaxKind;
use nival_syntax::ast::{AstNode, Attr, AttrSet, Entry, Expr, SourceFile};

/// How a text reads as REPL input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Only blanks and comments.
    Empty,
    Expression,
    /// `a = 1; b.c = 2` — what could stand between the braces of a set. The names it defines, in order.
    Bindings(Vec<String>),
    /// Correct so far but not finished: ask for another line.
    Incomplete,
    /// Neither; the message of the parser, and the byte offset it points to.
    Error {
        message: String,
        offset: u32,
    },
}

/// Reads a text that was typed at a prompt.
pub fn classify(text: &str) -> Input {
    let parse = nival_syntax::parse(text);
    let root = parse.syntax();
    let only_trivia = root.descendants_with_tokens().filter_map(|e| e.into_token()).all(|t| t.kind().is_trivia());
    if only_trivia && !ends_inside_comment(text) {
        return Input::Empty;
    }
    let Some(first) = parse.errors().first() else { return Input::Expression };
    if let Some(names) = bindings(text) {
        return Input::Bindings(names);
    }
    let at_end = |kind: &SyntaxErrorKind| matches!(kind, SyntaxErrorKind::Unexpected { found: SyntaxKind::EOF, .. });
    if at_end(&first.kind) || ends_inside_comment(text) || unfinished_bindings(text) {
        return Input::Incomplete;
    }
    Input::Error { message: first.message(), offset: first.range.start().into() }
}

/// The braces around bindings; the last `;` may be left out, as the REPL allows.
fn bindings(text: &str) -> Option<Vec<String>> {
    let end = if text.trim_end().ends_with(';') { "" } else { ";" };
    let parse = nival_syntax::parse(&format!("{{\n{text}\n{end} }}"));
    if !parse.errors().is_empty() {
        return None;
    }
    let Some(Expr::AttrSet(set)) = SourceFile::cast(parse.syntax()).and_then(|file| file.expr()) else { return None };
    let names = names(&set);
    (!names.is_empty()).then_some(names)
}

fn names(set: &AttrSet<nival_syntax::SyntaxNode>) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |attr: Attr<nival_syntax::SyntaxNode>| {
        let name = attr.syntax().text().to_string();
        let name = name.trim_matches('"').to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    };
    for entry in set.entries() {
        match entry {
            Entry::Binding(binding) => binding.attrpath().and_then(|path| path.attrs().next()).into_iter().for_each(&mut add),
            Entry::Inherit(inherit) => inherit.attrs().for_each(&mut add),
        }
    }
    names
}

/// `x = {` and the like: bindings whose value is not finished.
fn unfinished_bindings(text: &str) -> bool {
    let inner = format!("{{\n{text}");
    let parse = nival_syntax::parse(&inner);
    let at_end = |kind: &SyntaxErrorKind| matches!(kind, SyntaxErrorKind::Unexpected { found: SyntaxKind::EOF, .. });
    text.contains('=') && !parse.errors().is_empty() && parse.errors().iter().all(|e| at_end(&e.kind))
}

/// `/* …` without its end, which the lexer takes for an invalid token up to the end of the text.
fn ends_inside_comment(text: &str) -> bool {
    let root = nival_syntax::parse(text).syntax();
    let last = root.last_token();
    last.is_some_and(|t| t.kind() == SyntaxKind::INVALID && t.text().starts_with("/*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_input() {
        let names = |names: &[&str]| Input::Bindings(names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(classify(" # nothing\n"), Input::Empty);
        assert_eq!(classify("1 + 2"), Input::Expression);
        assert_eq!(classify("x = 1"), names(&["x"]));
        assert_eq!(classify("x = 1; y.z = 2;"), names(&["x", "y"]));
        assert_eq!(classify("inherit (builtins) map"), names(&["map"]));
        assert_eq!(classify("{ a = 1;"), Input::Incomplete);
        assert_eq!(classify("let x = 1;"), Input::Incomplete);
        assert_eq!(classify("x = {"), Input::Incomplete);
        assert_eq!(classify("''\n text"), Input::Incomplete);
        assert_eq!(classify("/* what"), Input::Incomplete);
        assert!(matches!(classify("1 +* 2"), Input::Error { .. }));
        assert!(matches!(classify(")"), Input::Error { .. }));
    }
}
