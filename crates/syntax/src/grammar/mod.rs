//! The grammar of Nix: a rule per construct, driving [`Parser`].
//!
//! Rules call each other recursively only across brackets and conditions, which [`Parser::nested`] counts; what can be
//! chained for thousands of links (functions, `else if`, operators, applications) is a loop.
//! Where Nix refuses a text, the first error here names the token that Nix names, with the same expectation.

mod attrs;
mod expr;
mod lambda;
mod string;

use crate::SyntaxKind::{self, *};
use crate::parser::Parser;

pub(crate) fn source_file(p: &mut Parser) {
    let mut mark = p.open();
    mark.token = 0;
    expr::expr(p, &[EOF]);
    if !p.at(EOF) {
        p.unexpected(&[EOF], None);
        let rest = p.start();
        while !p.at(EOF) {
            skip_one(p);
        }
        p.finish(rest, ERROR);
    }
    p.take_rest();
    p.prev_end = p.tokens.len() as u32;
    p.finish(mark, SOURCE_FILE);
}

/// Takes an expression or, where none can start, a token.
fn skip_one(p: &mut Parser) {
    let before = p.pos;
    if starts_expr(p.cur) {
        p.nested(|p| expr::expr(p, &[]));
    }
    if p.pos == before {
        p.bump();
    }
}

/// Whether an expression without operators can start with `kind` (`let` only before `{`).
fn starts_simple(kind: SyntaxKind) -> bool {
    matches!(kind, IDENT | INTEGER | FLOAT | URI | PATH_TEXT | SEARCH_PATH | QUOTE | INDENTED_OPEN | L_PAREN | L_BRACKET | L_BRACE | REC_KW)
}

fn starts_expr(kind: SyntaxKind) -> bool {
    starts_simple(kind) || matches!(kind, LET_KW | IF_KW | WITH_KW | ASSERT_KW | MINUS | NOT)
}

/// Whether the current token ends a construct around the one being parsed.
fn ends_outer(p: &Parser) -> bool {
    match p.cur {
        EOF => true,
        R_BRACE => p.open.braces > 0,
        R_BRACKET => p.open.brackets > 0,
        R_PAREN => p.open.parens > 0,
        IN_KW => p.open.lets > 0,
        THEN_KW => p.open.thens > 0,
        ELSE_KW => p.open.elses > 0,
        SEMICOLON | ASSIGN => p.open.bindings > 0,
        _ => false,
    }
}

/// Skips to `close`, which ends the construct being parsed, or to what ends an outer one.
fn skip_to(p: &mut Parser, close: SyntaxKind) {
    if p.at(close) || ends_outer(p) {
        return;
    }
    let mark = p.start();
    while !p.at(close) && !ends_outer(p) {
        skip_one(p);
    }
    p.finish(mark, ERROR);
}
