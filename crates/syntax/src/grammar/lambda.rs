//! Functions: what stands before the body.

use super::expr::expr;
use super::{ends_outer, skip_one};
use crate::SyntaxKind::{self, *};
use crate::error::SyntaxErrorKind;
use crate::parser::{Parameter, Parser};

/// Whether the `{` here begins a pattern and not a set. What is neither yet, such as `{ a }`, counts as a pattern.
pub(super) fn starts_pattern(p: &Parser) -> bool {
    match p.nth(1) {
        ELLIPSIS | COMMA => true,
        R_BRACE => matches!(p.nth(2), COLON | AT),
        IDENT => matches!(p.nth(2), COMMA | QUESTION | R_BRACE | ELLIPSIS),
        _ => false,
    }
}

/// Reports a pattern where only a set can stand, at the token that Nix would stumble over.
pub(super) fn report_misplaced_pattern(p: &mut Parser, hint: &'static str) {
    let (nth, expected): (u32, &'static [SyntaxKind]) = match p.nth(1) {
        IDENT => (2, &[DOT, ASSIGN]),
        R_BRACE => (2, &[]),
        _ => (1, &[INHERIT_KW]),
    };
    let at = p.nth_index(nth);
    let found = p.raw(at);
    p.error_at(at, SyntaxErrorKind::Unexpected { found, expected }, Some(hint));
}

/// `x:`, `{ a, b }:`, `args@{ a }:`, `{ a }@args:`. Gives the name that is made behind the body.
pub(super) fn head(p: &mut Parser) -> Parameter {
    let mark = p.open();
    let mut parameter = Parameter::default();
    if p.at(IDENT) {
        let wrapped = p.nth(1) == AT;
        let name = if wrapped { p.open() } else { p.start() };
        parameter = p.parameter(p.next_node());
        p.leaf(NAME);
        if p.eat(AT) {
            p.finish(name, AT_BINDING);
            if p.at(L_BRACE) {
                formals(p);
            } else {
                p.unexpected(&[L_BRACE], None);
                if p.at(IDENT) {
                    p.bump_error();
                }
            }
            p.finish(mark, PATTERN_PARAM);
        } else {
            p.end(name);
            p.finish(mark, NAME_PARAM);
        }
    } else {
        formals(p);
        if p.at(AT) {
            let binding = p.open();
            p.bump();
            if p.at(IDENT) {
                parameter = p.parameter(p.next_node());
                p.leaf(NAME);
            } else {
                p.unexpected(&[IDENT], None);
            }
            p.finish(binding, AT_BINDING);
            p.finish(mark, PATTERN_PARAM);
            p.expect(COLON, &[COLON]);
            return parameter;
        }
        p.finish(mark, PATTERN_PARAM);
        p.expect(COLON, &[COLON, AT]);
        return parameter;
    }
    p.expect(COLON, &[COLON]);
    parameter
}

fn formals(p: &mut Parser) {
    p.bump();
    p.open.braces += 1;
    let mut first = true;
    loop {
        match p.cur {
            R_BRACE => {
                p.bump();
                break;
            }
            IDENT => {
                let bare = formal(p);
                match p.cur {
                    COMMA => p.bump(),
                    R_BRACE => {}
                    // Up to here it could have been a set.
                    ELLIPSIS if first && bare => p.unexpected(&[DOT, ASSIGN], None),
                    _ => p.unexpected(&[R_BRACE, COMMA], None),
                }
            }
            ELLIPSIS => {
                p.bump();
                if !p.at(R_BRACE) {
                    p.unexpected(&[R_BRACE], Some("`...` comes last"));
                    p.eat(COMMA);
                }
            }
            COMMA => {
                p.unexpected(if first { &[INHERIT_KW] } else { &[IDENT, ELLIPSIS, R_BRACE] }, None);
                p.bump_error();
            }
            _ => {
                p.unexpected(&[IDENT, ELLIPSIS, R_BRACE], None);
                p.open.braces -= 1;
                let stop = ends_outer(p) || matches!(p.cur, COLON | SEMICOLON);
                p.open.braces += 1;
                if stop {
                    break;
                }
                let junk = p.start();
                skip_one(p);
                p.finish(junk, ERROR);
                p.eat(COMMA);
            }
        }
        first = false;
    }
    p.open.braces -= 1;
}

/// `a` or `a ? e`. Gives whether it had no default.
fn formal(p: &mut Parser) -> bool {
    let mark = p.open();
    let name = p.next_node();
    p.leaf(NAME);
    let bare = !p.eat(QUESTION);
    if !bare {
        p.nested(|p| expr(p, &[R_BRACE, COMMA]));
    }
    p.name(name);
    p.finish(mark, FORMAL);
    bare
}
