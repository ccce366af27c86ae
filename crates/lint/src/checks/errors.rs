//! What Nix refuses the text for.

use nival_hir::diagnostic::{Diagnostic, Rule};
use nival_hir::globals::global;
use nival_hir::{LowerError, LowerErrorKind};
use nival_syntax::SyntaxKind::{self, *};
use nival_syntax::{Name, SyntaxError, SyntaxErrorKind, TextRange};

use super::edits::{insert, replace};
use super::suggest::similar;
use super::{Context, repairs};
use crate::rules::{names, syntax};

/// Beyond so many undefined names, something else is wrong, and looking for similar ones only costs time.
const MAX_SUGGESTIONS: usize = 50;

pub(super) fn check(context: &mut Context<'_>) {
    let tree = context.tree;
    let mut places = repairs::Places::new(tree);
    for error in tree.errors() {
        let mut diagnostic = match &error.kind {
            SyntaxErrorKind::Unexpected { found, expected } => unexpected(&mut places, error, *found, expected),
            kind => other(context, error, kind),
        };
        diagnostic.notes.extend(error.hint.map(str::to_owned));
        context.found.push(diagnostic);
    }
    let mut suggestions = 0;
    for error in context.lowered.errors.iter() {
        let diagnostic = lowering(context, error, &mut suggestions);
        context.found.extend(diagnostic);
    }
}

fn of(rule: &Rule, error: &SyntaxError) -> Diagnostic {
    Diagnostic::of(rule, error.range, error.message())
}

fn other(context: &Context<'_>, error: &SyntaxError, kind: &SyntaxErrorKind) -> Diagnostic {
    let remove = || vec![replace(error.range, "")];
    match kind {
        SyntaxErrorKind::InvalidInteger(_) => of(&syntax::INT_TOO_BIG, error),
        SyntaxErrorKind::InvalidFloat(_) => of(&syntax::FLOAT_TOO_BIG, error),
        SyntaxErrorKind::TrailingSlash => of(&syntax::PATH_TRAILING_SLASH, error)
            .repair("Remove the slash", remove())
            .suggestion("Write `/.`", vec![insert(error.range.end(), ".")]),
        SyntaxErrorKind::DoubleSlash { .. } => of(&syntax::PATH_DOUBLE_SLASH, error).repair("Remove one slash", remove()),
        SyntaxErrorKind::NulInString(_) => of(&syntax::NUL, error),
        SyntaxErrorKind::DynamicInLet => of(&syntax::LET_DYNAMIC, error),
        SyntaxErrorKind::DynamicInInherit => {
            let node = context.tree.nodes_covering(error.range).into_iter().find(|node| matches!(node.kind(), DYNAMIC_ATTR | STR));
            let diagnostic = of(&syntax::DYNAMIC_INHERIT, error);
            match node {
                Some(node) => diagnostic.suggestion("Remove it", vec![super::edits::remove_item(context.tree, node)]),
                None => diagnostic,
            }
        }
        SyntaxErrorKind::TooDeep => of(&syntax::TOO_DEEP, error),
        SyntaxErrorKind::TooLarge => of(&syntax::TOO_LARGE, error),
        SyntaxErrorKind::Unexpected { .. } => of(&syntax::UNEXPECTED, error),
    }
}

const ATTR: &[SyntaxKind] = &[IDENT, OR_KW, DOLLAR_BRACE, QUOTE];
const FORMAL_START: &[SyntaxKind] = &[IDENT, ELLIPSIS, R_BRACE];

/// Which rule a token breaks, by what stands before it and what the parser wanted.
fn unexpected(places: &mut repairs::Places<'_>, error: &SyntaxError, found: SyntaxKind, expected: &[SyntaxKind]) -> Diagnostic {
    let at = places.go(error);
    let before = at.before.map_or(EOF, |token| token.kind());
    let remove = |range| vec![replace(range, "")];
    match (found, expected) {
        (INVALID, _) if at.text.starts_with(b"/*") => {
            of(&syntax::BLOCK_COMMENT, error).repair("Insert `*/` at the end", vec![insert(error.range.end(), "*/")])
        }
        (OR_KW, _) if expected != ATTR => {
            let diagnostic = of(&syntax::OR_NOT_BINARY, error);
            let operand = !repairs::wants_expression(before) && !matches!(before, L_BRACKET | L_BRACE | LET_KW);
            if operand { diagnostic.repair("Write `||`", vec![replace(error.range, "||")]) } else { diagnostic }
        }
        (_, expected) if expected == ATTR && before == DOT => repairs::extra_dot(&at, error),
        (_, [L_BRACE] | [IDENT]) if before == AT => repairs::extra_at(&at, error),
        (_, [R_BRACE]) if before == ELLIPSIS => repairs::ellipsis(&at, error),
        (IDENT | ELLIPSIS, [R_BRACE, COMMA]) | (ELLIPSIS, [DOT, ASSIGN]) => {
            of(&syntax::FORMAL_MISSING_COMMA, error).repair("Insert `,`", vec![insert(at.end_before(), ",")])
        }
        (COMMA, [INHERIT_KW]) if before == L_BRACE => of(&syntax::EMPTY_FORMAL, error).repair("Remove the comma", remove(error.range)),
        (COMMA, expected) if expected == FORMAL_START => of(&syntax::EMPTY_FORMAL, error).repair("Remove the comma", remove(error.range)),
        _ if repairs::is_comparison(found) && !repairs::wants_expression(before) => of(&syntax::NOT_ASSOCIATIVE, error),
        (_, [EOF]) => {
            let diagnostic = of(&syntax::UNEXPECTED, error);
            if matches!(found, R_BRACE | R_BRACKET | R_PAREN | SEMICOLON | COMMA) {
                diagnostic.suggestion(format!("Remove {}", found.describe()), remove(error.range))
            } else {
                diagnostic
            }
        }
        _ => repairs::expected(&at, error, found, expected),
    }
}

fn lowering(context: &Context<'_>, error: &LowerError, suggestions: &mut usize) -> Option<Diagnostic> {
    let LowerError { range, kind } = error;
    let of = |rule: &Rule| Diagnostic::of(rule, *range, kind.to_string());
    Some(match kind {
        LowerErrorKind::UndefinedVariable(name) => {
            *suggestions += 1;
            undefined(context, *range, *name, of, *suggestions <= MAX_SUGGESTIONS)
        }
        LowerErrorKind::DuplicateAttr { previous, .. } => of(&names::DUPLICATED_ATTRNAME).related(*previous, "defined here before"),
        LowerErrorKind::DuplicateFormal { previous, name, at_name } => {
            let diagnostic = of(if *at_name { &names::DUP_FORMAL_ARG } else { &names::DUP_FORMAL });
            Diagnostic { range: end_of(*range, name.as_bytes().len()), ..diagnostic }.related(*previous, "defined here before")
        }
        // The parser's own, which stand above.
        LowerErrorKind::Syntax(_) | LowerErrorKind::DynamicInLet | LowerErrorKind::DynamicInInherit => return None,
    })
}

fn undefined(context: &Context<'_>, range: TextRange, name: Name, of: impl Fn(&Rule) -> Diagnostic, look: bool) -> Diagnostic {
    let text = context.text(range);
    // In an `inherit`, and where the use is not written (`-` calls `__sub`), there is nothing to be replaced.
    let written = text.as_bytes() == name.as_bytes()
        && context.scopes().reference_at(range.start()).is_some_and(|reference| !reference.inherit && reference.range == range);
    if text == "or" && look {
        let diagnostic = of(&syntax::OR_NOT_BINARY).note("`or` only gives the default of a selection; the operator is `||`");
        let around = context.tree.nodes_covering(range);
        let is_operator = around.get(1).is_some_and(|call| call.kind() == APPLY && call.range().end() == range.end())
            && around.get(2).is_some_and(|outer| outer.kind() == APPLY && outer.range().end() > range.end());
        return if is_operator { diagnostic.repair("Write `||`", vec![replace(range, "||")]) } else { diagnostic };
    }
    if global(&[b"__".as_slice(), name.as_bytes()].concat()).is_some() {
        let diagnostic = of(&names::PRIMOP_NEEDS_PREFIX).note(format!("it is known as `builtins.{name}`"));
        return if written {
            diagnostic.repair("Write `builtins.` before it", vec![insert(range.start(), "builtins.")])
        } else {
            diagnostic
        };
    }
    let diagnostic = of(&names::UNDEFINED_VARIABLE);
    let guess = if look { similar(context.scopes(), range.start(), name) } else { None };
    match guess {
        Some(guess) if written => {
            let fix = vec![replace(range, guess.to_string())];
            diagnostic.note(format!("did you mean '{guess}'?")).suggestion(format!("Change to '{guess}'"), fix)
        }
        Some(guess) => diagnostic.note(format!("did you mean '{guess}'?")),
        None => diagnostic,
    }
}

/// The last `len` bytes of a range that begins where Nix's message points.
fn end_of(range: TextRange, len: usize) -> TextRange {
    TextRange::new(range.end() - nival_syntax::TextSize::new(len.min(range.len().into()) as u32), range.end())
}
