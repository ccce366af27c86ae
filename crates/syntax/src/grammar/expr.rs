//! Expressions.

use super::{attrs, ends_outer, lambda, skip_one, skip_to, starts_expr, starts_simple, string};
use crate::SyntaxKind::{self, *};
use crate::error::SyntaxErrorKind;
use crate::parser::{Mark, Parameter, Parser};

const PARENTHESES: &str = "put this expression in parentheses";

/// Any expression before one of the tokens `after`, as far as Nix would name them. Reports an error if there is none.
pub(super) fn expr(p: &mut Parser, after: &'static [SyntaxKind]) {
    let outer = std::mem::replace(&mut p.after, after);
    expr_in_place(p);
    p.after = outer;
}

fn expr_in_place(p: &mut Parser) {
    // Functions, `let … in`, `with`, `assert` and `if` end where their last part ends: they wait here while it is parsed.
    let bottom = p.waiting.len();
    loop {
        let kind = match p.cur {
            IDENT if matches!(p.nth(1), COLON | AT) => LAMBDA,
            L_BRACE if lambda::starts_pattern(p) => LAMBDA,
            LET_KW if p.nth(1) != L_BRACE => LET_IN,
            IF_KW => IF_THEN_ELSE,
            WITH_KW => WITH,
            ASSERT_KW => ASSERT,
            _ => break,
        };
        let mark = p.open();
        let mut parameter = Parameter::default();
        match kind {
            LAMBDA => parameter = lambda::head(p),
            LET_IN => attrs::let_head(p),
            IF_THEN_ELSE => if_head(p),
            _ => scope_head(p),
        }
        p.waiting.push((mark, kind, parameter));
        p.open_node();
    }
    operators(p);
    while p.waiting.len() > bottom
        && let Some((mark, kind, parameter)) = p.waiting.pop()
    {
        p.open_nodes -= 1;
        p.name_parameter(parameter);
        p.finish(mark, kind);
    }
}

fn if_head(p: &mut Parser) {
    p.bump();
    p.open.thens += 1;
    p.nested(|p| expr(p, &[THEN_KW]));
    p.open.thens -= 1;
    if p.expect(THEN_KW, &[THEN_KW]) {
        p.open.elses += 1;
        p.nested(|p| expr(p, &[ELSE_KW]));
        p.open.elses -= 1;
    }
    p.expect(ELSE_KW, &[ELSE_KW]);
}

/// `with e;` and `assert e;`.
fn scope_head(p: &mut Parser) {
    p.bump();
    p.open.bindings += 1;
    p.nested(|p| expr(p, &[SEMICOLON]));
    p.open.bindings -= 1;
    p.expect(SEMICOLON, &[SEMICOLON]);
}

const PIPES: u8 = 1;
const IMPLICATION: u8 = 2;
const EQUALITY: u8 = 5;
const COMPARISON: u8 = 6;
const NOT_LEVEL: u8 = 8;
const HAS_ATTR_LEVEL: u8 = 12;
const NEGATION: u8 = 13;

/// How tightly an operator binds; 0 for what is none.
fn level(kind: SyntaxKind) -> u8 {
    match kind {
        PIPE_INTO | PIPE_FROM => PIPES,
        IMPLIES => IMPLICATION,
        OR => 3,
        AND => 4,
        EQUAL | NOT_EQUAL => EQUALITY,
        LESS | LESS_EQUAL | GREATER | GREATER_EQUAL => COMPARISON,
        UPDATE => 7,
        PLUS | MINUS => 9,
        STAR | SLASH => 10,
        CONCAT => 11,
        QUESTION => HAS_ATTR_LEVEL,
        _ => 0,
    }
}

fn is_right_associative(kind: SyntaxKind) -> bool {
    matches!(kind, IMPLIES | UPDATE | CONCAT | PIPE_FROM)
}

/// An operator whose right operand is being parsed.
struct Pending {
    /// Where the left operand started, or the operator.
    mark: Mark,
    /// The operation.
    outer: Mark,
    kind: SyntaxKind,
    level: u8,
    operator: SyntaxKind,
}

/// Operators and their operands.
fn operators(p: &mut Parser) {
    let mut pending: Vec<Pending> = Vec::new();
    let mut left;
    loop {
        left = p.start();
        if matches!(p.cur, MINUS | NOT) {
            let level = if p.at(NOT) { NOT_LEVEL } else { NEGATION };
            push(p, &mut pending, Pending { mark: left, outer: left, kind: UNARY_OP, level, operator: p.cur });
            continue;
        }
        operand(p, pending.is_empty());
        loop {
            let operator = p.cur;
            let level = level(operator);
            if level == 0 {
                while let Some(top) = pending.pop() {
                    left = close(p, left, top);
                }
                p.end(left);
                return;
            }
            if p.prev_end <= left.token {
                // No left operand, as in `* 2`. The error is reported.
                p.end(left);
                p.bump_error();
                break;
            }
            while let Some(top) = pending.pop_if(|top| top.level > level || (top.level == level && !is_right_associative(operator))) {
                if top.level == level && !chains(top.operator, operator) {
                    p.unexpected(if level == PIPES { p.after } else { &[] }, Some("these operators cannot be chained; use parentheses"));
                }
                left = close(p, left, top);
            }
            if let Some(top) = pending.last()
                && top.level == level
                && !chains(top.operator, operator)
            {
                p.unexpected(p.after, Some("these operators cannot be chained; use parentheses"));
            }
            if operator == QUESTION {
                p.bump();
                attrs::attrpath(p);
                p.complete(left, HAS_ATTR);
                continue;
            }
            push(p, &mut pending, Pending { mark: left, outer: left, kind: BINARY_OP, level, operator });
            break;
        }
    }
}

/// Whether `first` can be followed by `second`, of the same level, without parentheses.
fn chains(first: SyntaxKind, second: SyntaxKind) -> bool {
    match first {
        PIPE_INTO | PIPE_FROM => first == second,
        _ => !matches!(level(first), EQUALITY | COMPARISON),
    }
}

fn push(p: &mut Parser, pending: &mut Vec<Pending>, entry: Pending) {
    let entry = Pending { outer: p.wrap(entry.mark), ..entry };
    p.bump();
    p.open_node();
    pending.push(entry);
}

/// Completes the operator `top`, whose right operand began at `right`. Gives the start of the result.
fn close(p: &mut Parser, right: Mark, top: Pending) -> Mark {
    p.end(right);
    p.open_nodes -= 1;
    p.complete(top.outer, top.kind);
    top.mark
}

/// An operand: an application. What is an expression but no operand is reported and taken all the same.
fn operand(p: &mut Parser, first: bool) {
    let misplaced = match p.cur {
        IF_KW | WITH_KW | ASSERT_KW => true,
        LET_KW => p.nth(1) != L_BRACE,
        IDENT => !first && p.raw(p.pos + 1) == COLON,
        _ => false,
    };
    if misplaced {
        return misplaced_expr(p);
    }
    let mark = p.start();
    if !select(p) {
        p.unexpected(&[], None);
    }
    while starts_simple(p.cur) || p.at(LET_KW) {
        if p.prev_end <= mark.token {
            break;
        }
        let outer = p.wrap(mark);
        let argument = p.start();
        if is_lambda(p) {
            misplaced_expr(p);
        } else {
            select(p);
        }
        p.end(argument);
        p.complete(outer, APPLY);
    }
    p.end(mark);
}

/// Whether a function or a `let … in` stands here, where none may.
fn is_lambda(p: &Parser) -> bool {
    match p.cur {
        IDENT => p.raw(p.pos + 1) == COLON,
        L_BRACE => lambda::starts_pattern(p),
        LET_KW => p.nth(1) != L_BRACE,
        _ => false,
    }
}

/// An `if`, `let`, function … where Nix wants an operand.
fn misplaced_expr(p: &mut Parser) {
    if p.at(IDENT) {
        let found = SyntaxErrorKind::Unexpected { found: COLON, expected: p.after };
        p.error_at(p.pos + 1, found, Some(PARENTHESES));
    } else if p.at(LET_KW) {
        // Nix waits for the set of a `let { }`.
        let next = p.nth_index(1);
        let found = SyntaxErrorKind::Unexpected { found: p.raw(next), expected: &[L_BRACE] };
        p.error_at(next, found, Some(PARENTHESES));
    } else if !p.at(L_BRACE) {
        p.unexpected(&[], Some(PARENTHESES));
    } else {
        lambda::report_misplaced_pattern(p, PARENTHESES);
    }
    p.nested(expr_in_place);
}

/// A simple expression with selections, as it may stand in a list. Gives false, without an error, where none starts.
pub(super) fn select(p: &mut Parser) -> bool {
    // The default of `a.b or c.d or e` is itself a selection: those that wait for theirs.
    let mut waiting: Vec<Mark> = Vec::new();
    let mut found = true;
    loop {
        let mark = p.start();
        if !simple(p) {
            p.end(mark);
            if waiting.is_empty() {
                found = false;
            } else {
                p.unexpected(&[], None);
            }
            break;
        }
        match p.cur {
            DOT => {
                p.bump();
                attrs::attrpath(p);
                if p.eat(OR_KW) {
                    waiting.push(p.wrap(mark));
                    p.open_node();
                    continue;
                }
                p.complete(mark, SELECT);
            }
            OR_KW => {
                p.name_leaf(NAME_REF);
                p.complete(mark, APPLY);
            }
            _ => {}
        }
        p.end(mark);
        break;
    }
    while let Some(mark) = waiting.pop() {
        p.open_nodes -= 1;
        p.finish(mark, SELECT);
    }
    found
}

fn simple(p: &mut Parser) -> bool {
    match p.cur {
        IDENT => {
            if p.token_text(p.pos) == b"__curPos" {
                p.leaf(CUR_POS);
            } else {
                p.name_leaf(NAME_REF);
            }
        }
        INTEGER => {
            let text = p.token_text(p.pos);
            if crate::ast::parse_integer(text).is_none() {
                p.error(SyntaxErrorKind::InvalidInteger(String::from_utf8_lossy(text).into()), Some("integers have 64 bits"));
            }
            p.leaf(LITERAL);
        }
        FLOAT => {
            let text = p.token_text(p.pos);
            if crate::ast::parse_float(text).is_none() {
                p.error(SyntaxErrorKind::InvalidFloat(String::from_utf8_lossy(text).into()), None);
            }
            p.leaf(LITERAL);
        }
        URI => p.leaf(LITERAL),
        SEARCH_PATH => p.leaf(SEARCH_PATH_EXPR),
        PATH_TEXT => string::path(p),
        QUOTE => string::string(p),
        INDENTED_OPEN => string::indented(p),
        L_PAREN => p.nested(paren),
        L_BRACKET => p.nested(list),
        L_BRACE | REC_KW => p.nested(attrs::attr_set),
        LET_KW if p.nth(1) == L_BRACE => p.nested(attrs::attr_set),
        _ => return false,
    }
    true
}

fn paren(p: &mut Parser) {
    let mark = p.open();
    p.bump();
    p.open.parens += 1;
    let bindings = std::mem::take(&mut p.open.bindings);
    expr(p, &[R_PAREN]);
    if !p.at(R_PAREN) {
        p.unexpected(&[R_PAREN], None);
        p.open.bindings = bindings;
        p.open.parens -= 1;
        skip_to(p, R_PAREN);
        p.open.parens += 1;
    }
    p.eat(R_PAREN);
    p.open.bindings = bindings;
    p.open.parens -= 1;
    p.finish(mark, PAREN);
}

fn list(p: &mut Parser) {
    let mark = p.open();
    p.bump();
    let after = std::mem::take(&mut p.after);
    p.open.brackets += 1;
    loop {
        if p.eat(R_BRACKET) {
            break;
        }
        if is_lambda(p) {
            misplaced_expr(p);
        } else if select(p) {
        } else {
            p.unexpected(&[], list_hint(p.cur));
            if ends_outer(p) {
                break;
            }
            match p.cur {
                IF_KW | WITH_KW | ASSERT_KW | LET_KW => p.nested(expr_in_place),
                kind if starts_expr(kind) => {
                    // A unary operator: skipped, its operand is an item.
                    p.bump_error();
                }
                _ => {
                    let junk = p.start();
                    let before = p.pos;
                    p.bump();
                    if p.pos == before {
                        skip_one(p);
                    }
                    p.finish(junk, ERROR);
                }
            }
        }
    }
    p.open.brackets -= 1;
    p.after = after;
    p.finish(mark, LIST);
}

fn list_hint(found: SyntaxKind) -> Option<&'static str> {
    match found {
        COMMA => Some("list items are separated by spaces"),
        _ if level(found) > 0 || matches!(found, IF_KW | WITH_KW | ASSERT_KW | LET_KW | NOT | COLON) => {
            Some("in a list, put expressions with operators or keywords in parentheses")
        }
        _ => None,
    }
}
