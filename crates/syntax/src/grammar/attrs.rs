//! Sets, `let`, bindings, `inherit`, attribute paths.

use super::expr::expr;
use super::{ends_outer, skip_one, skip_to, starts_expr, string};
use crate::SyntaxKind::{self, *};
use crate::error::SyntaxErrorKind;
use crate::parser::Parser;

/// `{ … }`, `rec { … }` and `let { … }`.
pub(super) fn attr_set(p: &mut Parser) {
    let mark = p.open();
    let kind = if p.eat(LET_KW) { LEGACY_LET } else { ATTR_SET };
    p.eat(REC_KW);
    if p.expect(L_BRACE, &[L_BRACE]) {
        p.open.braces += 1;
        entries(p, R_BRACE, if mark.token + 1 == p.prev_end { &[INHERIT_KW] } else { &[INHERIT_KW, R_BRACE] });
        p.open.braces -= 1;
        p.eat(R_BRACE);
    }
    p.finish(mark, kind);
}

/// `let … in`, up to where the body starts.
pub(super) fn let_head(p: &mut Parser) {
    p.bump();
    p.open.lets += 1;
    p.nested(|p| entries(p, IN_KW, &[IN_KW, INHERIT_KW]));
    p.open.lets -= 1;
    p.eat(IN_KW);
}

fn starts_attr(kind: SyntaxKind) -> bool {
    matches!(kind, IDENT | OR_KW | QUOTE | DOLLAR_BRACE)
}

/// Bindings and inherits up to `close`, or to what ends an outer construct.
fn entries(p: &mut Parser, close: SyntaxKind, expected: &'static [SyntaxKind]) {
    let in_let = close == IN_KW;
    p.open.bindings += 1;
    loop {
        match p.cur {
            IDENT | OR_KW | QUOTE | DOLLAR_BRACE => binding(p, in_let),
            INHERIT_KW => inherit(p),
            kind if kind == close => break,
            _ => {
                p.unexpected(expected, None);
                if !matches!(p.cur, SEMICOLON | ASSIGN) && ends_outer(p) {
                    break;
                }
                skip_entry(p, close);
            }
        }
    }
    p.open.bindings -= 1;
}

/// Skips what is no entry, to the next `;` or where an entry may start.
fn skip_entry(p: &mut Parser, close: SyntaxKind) {
    let mark = p.start();
    loop {
        if p.eat(SEMICOLON) || p.at(close) {
            break;
        }
        if !p.at(ASSIGN) && ends_outer(p) {
            break;
        }
        if p.at(INHERIT_KW) || starts_attr(p.cur) && p.nth(1) == ASSIGN {
            break;
        }
        // An expression would swallow the name of the next entry.
        if matches!(p.cur, L_PAREN | L_BRACKET | L_BRACE | QUOTE | INDENTED_OPEN) { skip_one(p) } else { p.bump() }
    }
    p.finish(mark, ERROR);
}

fn binding(p: &mut Parser, in_let: bool) {
    let mark = p.open();
    let start = p.pos;
    let (_, first_end) = attrpath(p);
    if in_let && !is_static(p, start, first_end) {
        p.error_at(start, SyntaxErrorKind::DynamicInLet, None);
    }
    let mut has_value = p.eat(ASSIGN);
    if !has_value {
        p.unexpected(&[DOT, ASSIGN], None);
        // `a 1;` is taken as `a = 1;`, but not the name of the next entry.
        has_value = starts_expr(p.cur) && !(starts_attr(p.cur) && matches!(p.nth(1), ASSIGN | DOT));
        if !has_value {
            p.eat(SEMICOLON);
            return p.finish(mark, BINDING);
        }
    }
    if value(p) && !p.eat(SEMICOLON) {
        p.unexpected(&[SEMICOLON], None);
        if !ends_outer(p) && !starts_attr(p.cur) && !p.at(INHERIT_KW) {
            skip_to(p, SEMICOLON);
            p.eat(SEMICOLON);
        }
    }
    p.finish(mark, BINDING);
}

/// The value of a binding. Where it runs into the next binding, because a `;` is missing, it is parsed again up to there;
/// gives false then, with the error reported.
fn value(p: &mut Parser) -> bool {
    let checkpoint = p.checkpoint();
    let (start, errors) = (p.pos, p.errors.len());
    expr(p, &[SEMICOLON]);
    if !p.at(ASSIGN) {
        return true;
    }
    let Some(next) = attrpath_before(p, start) else { return true };
    if p.pos - start > p.second_tries {
        return true;
    }
    p.second_tries -= p.pos - start;
    p.drop_errors(errors, next);
    let hint = if next == start { "the value is missing" } else { "is a `;` missing before this binding?" };
    p.error(SyntaxErrorKind::Unexpected { found: ASSIGN, expected: &[SEMICOLON] }, Some(hint));
    p.go_back(&checkpoint);
    if next > start {
        p.until(next, |p| expr(p, &[SEMICOLON]));
    }
    false
}

/// The first token of the path of plain names that ends before the current token, if it starts at or behind `start`.
fn attrpath_before(p: &Parser, start: u32) -> Option<u32> {
    let previous = |mut at: u32| loop {
        at = at.checked_sub(1).filter(|&at| at >= start)?;
        if !p.raw(at).is_trivia() {
            return Some(at);
        }
    };
    let mut found = None;
    let mut at = p.pos;
    loop {
        at = match previous(at) {
            Some(name) if matches!(p.raw(name), IDENT | OR_KW) => name,
            _ => return found,
        };
        found = Some(at);
        at = match previous(at) {
            // `x.` at the end of a line waits for a name; the name in the next line is another matter.
            Some(dot) if p.raw(dot) == DOT && !p.line_ends_between(dot, at) => dot,
            _ => return found,
        };
    }
}

fn inherit(p: &mut Parser) {
    let mark = p.open();
    p.bump();
    if p.at(L_PAREN) {
        let from = p.open();
        p.bump();
        p.open.parens += 1;
        expr(p, &[R_PAREN]);
        p.open.parens -= 1;
        if !p.at(R_PAREN) {
            p.unexpected(&[R_PAREN], None);
            skip_to(p, R_PAREN);
        }
        p.eat(R_PAREN);
        p.finish(from, INHERIT_FROM);
    }
    let mut previous_end = p.prev_end;
    loop {
        match p.cur {
            IDENT | OR_KW => {
                previous_end = p.prev_end;
                p.name_leaf(NAME);
                if matches!(p.cur, ASSIGN | DOT) {
                    // The name belongs to a binding: a `;` is missing before it.
                    p.unexpected(&[], Some("is a `;` missing before this binding?"));
                    p.give_back_leaf(previous_end);
                    return p.finish(mark, INHERIT);
                }
            }
            QUOTE | DOLLAR_BRACE => {
                let start = p.pos;
                attr(p);
                if !is_static(p, start, p.prev_end) {
                    p.error_at(start, SyntaxErrorKind::DynamicInInherit, None);
                }
            }
            _ => break,
        }
    }
    let _ = previous_end;
    if !p.eat(SEMICOLON) {
        p.unexpected(&[], None);
        if !ends_outer(p) && !p.at(INHERIT_KW) {
            skip_to(p, SEMICOLON);
            p.eat(SEMICOLON);
        }
    }
    p.finish(mark, INHERIT);
}

/// `a."b".${c}`. Gives where the first attribute starts and one past where it ends.
pub(super) fn attrpath(p: &mut Parser) -> (u32, u32) {
    let mark = p.open();
    attr(p);
    let first_end = p.prev_end;
    while p.eat(DOT) {
        attr(p);
    }
    p.finish(mark, ATTRPATH);
    (mark.token, first_end)
}

fn attr(p: &mut Parser) {
    match p.cur {
        IDENT | OR_KW => p.name_leaf(NAME),
        QUOTE => {
            let node = p.next_node();
            string::string(p);
            p.name_string(node);
        }
        DOLLAR_BRACE => {
            let node = p.next_node();
            string::interpolation(p, DYNAMIC_ATTR);
            p.name_dynamic(node);
        }
        found => {
            p.unexpected(&[IDENT, OR_KW, DOLLAR_BRACE, QUOTE], found.is_keyword().then_some("a keyword as a name needs quotes"));
            if found.is_keyword() && p.adjacent() {
                p.bump_error();
            }
        }
    }
}

/// Whether the attribute in these tokens is a name to Nix's parser: `${"a"}` is, and so is `${("a")}`.
fn is_static(p: &Parser, start: u32, end: u32) -> bool {
    if matches!(p.raw(start), IDENT | OR_KW) {
        return true;
    }
    let (mut strings, mut pieces, mut indented) = (0, 0, false);
    for index in start..end {
        match p.raw(index) {
            DOLLAR_BRACE if index == start => {}
            DOLLAR_BRACE => return false,
            QUOTE => strings += 1,
            URI => strings += 2,
            INDENTED_OPEN => {
                strings += 2;
                indented = true;
            }
            STRING_TEXT | STRING_ESCAPE => pieces += 1,
            INDENTED_CLOSE | L_PAREN | R_PAREN | R_BRACE => {}
            kind if kind.is_trivia() => {}
            _ => return false,
        }
    }
    strings == 2 && !(indented && pieces > 1)
}
