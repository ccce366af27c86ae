//! Syntax errors by what is missing or too much, with what repairs them. A repair guesses: it is never applied unasked.

use nival_hir::diagnostic::{Diagnostic, Rule};
use nival_syntax::SyntaxKind::{self, *};
use nival_syntax::flat::{FlatTree, Token};
use nival_syntax::{SyntaxError, TextRange, TextSize};

use super::edits::{insert, replace};
use crate::rules::syntax;

/// So many errors of a text tell what is open around them.
const MAX_RELATED: usize = 100;

/// Goes along the tokens with the errors, which are in the order of the text.
pub(super) struct Places<'t> {
    tree: &'t FlatTree,
    next: u32,
    /// What is open before `next`.
    open: Vec<Token<'t>>,
    before: Option<Token<'t>>,
    gone: usize,
}

/// Where an error is.
pub(super) struct Place<'t> {
    tree: &'t FlatTree,
    /// The last token before it that is not trivia.
    pub before: Option<Token<'t>>,
    /// The unexpected token; empty at the end.
    pub text: &'t [u8],
    /// The innermost thing that is open there: a bracket, `let`, `if`.
    open: Option<Token<'t>>,
}

impl<'t> Places<'t> {
    pub fn new(tree: &'t FlatTree) -> Self {
        Places { tree, next: 0, open: Vec::new(), before: None, gone: 0 }
    }

    pub fn go(&mut self, error: &SyntaxError) -> Place<'t> {
        self.gone += 1;
        while let Some(token) = self.tree.token(self.next).filter(|token| token.range().start() < error.range.start()) {
            self.next += 1;
            self.step(token);
        }
        let range = usize::from(error.range.start())..usize::from(error.range.end());
        let open = self.open.last().copied().filter(|_| self.gone <= MAX_RELATED);
        Place { tree: self.tree, before: self.before, text: self.tree.text().get(range).unwrap_or_default(), open }
    }

    fn step(&mut self, token: Token<'t>) {
        let kind = token.kind();
        if kind.is_trivia() {
            return;
        }
        self.before = Some(token);
        match kind {
            L_BRACE | L_BRACKET | L_PAREN | DOLLAR_BRACE | INDENTED_OPEN | IF_KW => self.open.push(token),
            // `let { … }` has no `in`.
            LET_KW => {
                let next = (token.index() + 1..).map_while(|index| self.tree.token(index)).find(|token| !token.kind().is_trivia());
                if next.is_none_or(|next| next.kind() != L_BRACE) {
                    self.open.push(token);
                }
            }
            QUOTE if self.open.last().is_some_and(|open| open.kind() == QUOTE) => drop(self.open.pop()),
            QUOTE => self.open.push(token),
            INDENTED_CLOSE => self.close(&[INDENTED_OPEN]),
            R_BRACE => self.close(&[L_BRACE, DOLLAR_BRACE]),
            R_BRACKET => self.close(&[L_BRACKET]),
            R_PAREN => self.close(&[L_PAREN]),
            IN_KW => self.close(&[LET_KW]),
            ELSE_KW => self.close(&[IF_KW]),
            _ => {}
        }
    }

    /// Ends the innermost thing of these kinds, if the one that is open is one or a keyword before it.
    fn close(&mut self, kinds: &[SyntaxKind]) {
        let is_word = |open: &Token<'_>| matches!(open.kind(), LET_KW | IF_KW);
        let words = self.open.iter().rev().take_while(|open| is_word(open) && !kinds.contains(&open.kind())).count();
        let at = self.open.len() - words;
        if at > 0 && self.open.get(at - 1).is_some_and(|open| kinds.contains(&open.kind())) {
            self.open.truncate(at - 1);
        }
    }
}

impl<'t> Place<'t> {
    /// Where the last token before it ends.
    pub fn end_before(&self) -> TextSize {
        self.before.map_or(TextSize::new(0), |token| token.range().end())
    }

    fn before_range(&self) -> TextRange {
        self.before.map_or(TextRange::default(), |token| token.range())
    }
}

fn of(rule: &Rule, error: &SyntaxError) -> Diagnostic {
    Diagnostic::of(rule, error.range, error.message())
}

pub(super) fn is_comparison(kind: SyntaxKind) -> bool {
    matches!(kind, EQUAL | NOT_EQUAL | LESS | LESS_EQUAL | GREATER | GREATER_EQUAL | PIPE_INTO | PIPE_FROM)
}

/// Whether an expression must follow this token.
pub(super) fn wants_expression(kind: SyntaxKind) -> bool {
    matches!(kind, EOF | ASSIGN | L_PAREN | COLON | DOLLAR_BRACE | QUESTION | SEMICOLON | CONCAT | PLUS | MINUS | STAR | SLASH | UPDATE)
        || matches!(kind, IF_KW | THEN_KW | ELSE_KW | WITH_KW | ASSERT_KW | IN_KW | AND | OR | IMPLIES | NOT)
        || is_comparison(kind)
}

pub(super) fn extra_dot(at: &Place<'_>, error: &SyntaxError) -> Diagnostic {
    if at.text.first().is_some_and(u8::is_ascii_alphabetic) && error.range.start() == at.end_before() {
        let quoted = format!("\"{}\"", String::from_utf8_lossy(at.text));
        return of(&syntax::UNEXPECTED, error).repair("Put the name in quotes", vec![replace(error.range, quoted)]);
    }
    let around = at.before.map(|dot| dot.ancestors()).unwrap_or_default();
    let in_path = around.first().is_some_and(|node| node.kind() == ATTRPATH);
    let rule = if in_path { &syntax::ATTRPATH_EXTRA_DOT } else { &syntax::SELECT_EXTRA_DOT };
    of(rule, error).related(at.before_range(), "behind this dot").repair("Remove the dot", vec![replace(at.before_range(), "")])
}

pub(super) fn extra_at(at: &Place<'_>, error: &SyntaxError) -> Diagnostic {
    let name_first = at.before.and_then(|at| at.ancestors().into_iter().next()).is_some_and(|node| node.children().count() == 1);
    let diagnostic = of(&syntax::EXTRA_AT, error).related(at.before_range(), "behind this `@`");
    let diagnostic = diagnostic.repair("Remove `@`", vec![replace(at.before_range(), "")]);
    if name_first { diagnostic.suggestion("Insert `{ ... }`", vec![insert(at.end_before(), "{ ... }")]) } else { diagnostic }
}

/// `...` that is not the last of its pattern.
pub(super) fn ellipsis(at: &Place<'_>, error: &SyntaxError) -> Diagnostic {
    let Some(dots) = at.before else { return of(&syntax::UNEXPECTED, error) };
    let pattern = dots.ancestors().into_iter().find(|node| node.kind() == PATTERN_PARAM);
    let tokens = || pattern.into_iter().flat_map(|node| node.token_range()).filter_map(|index| at.tree.token(index));
    let another = tokens().any(|token| token.kind() == ELLIPSIS && token.index() > dots.index());
    // With the comma behind it.
    let comma = tokens().find(|token| token.index() > dots.index() && !token.kind().is_trivia()).filter(|token| token.kind() == COMMA);
    let whole = comma.map_or(dots.range(), |comma| dots.range().cover(comma.range()));
    let removal = super::edits::remove(at.tree, whole);
    if another {
        return Diagnostic { range: dots.range(), ..of(&syntax::EXTRA_ELLIPSIS, error) }.repair("Remove this `...`", vec![removal]);
    }
    let diagnostic = Diagnostic { range: dots.range(), ..of(&syntax::MISPLACED_ELLIPSIS, error) };
    let last = tokens().filter(|token| !token.kind().is_trivia()).take_while(|token| token.kind() != R_BRACE).last();
    match last {
        Some(last) if last.index() > dots.index() && comma.is_some() => {
            let text = if last.kind() == COMMA { " ..." } else { ", ..." };
            diagnostic.repair("Move `...` to the end", vec![removal, insert(last.range().end(), text)])
        }
        _ => diagnostic,
    }
}

/// What closes a thing that is open.
fn closing(open: SyntaxKind) -> &'static [SyntaxKind] {
    match open {
        L_BRACE | DOLLAR_BRACE => &[R_BRACE],
        L_BRACKET => &[R_BRACKET],
        L_PAREN => &[R_PAREN],
        QUOTE => &[QUOTE],
        INDENTED_OPEN => &[INDENTED_CLOSE],
        LET_KW => &[IN_KW],
        IF_KW => &[THEN_KW, ELSE_KW],
        _ => &[],
    }
}

/// The text of a token that can be inserted where it is missing.
fn spelling(kind: SyntaxKind) -> Option<&'static str> {
    Some(match kind {
        SEMICOLON => ";",
        COLON => ":",
        R_BRACE => "}",
        R_BRACKET => "]",
        R_PAREN => ")",
        THEN_KW => "then",
        ELSE_KW => "else",
        IN_KW => "in",
        _ => return None,
    })
}

/// Something is missing before the token, or the token is too much.
pub(super) fn expected(at: &Place<'_>, error: &SyntaxError, found: SyntaxKind, expected: &[SyntaxKind]) -> Diagnostic {
    let ends = matches!(found, EOF | R_BRACE | R_BRACKET | R_PAREN | SEMICOLON | IN_KW | THEN_KW | ELSE_KW);
    let before = at.before.map_or(EOF, |token| token.kind());
    // A value is missing.
    if expected.is_empty() && (ends || matches!(found, COMMA | ASSIGN)) && wants_expression(before) && !starts_entries(at) {
        let gap = at.tree.text().get(usize::from(at.end_before())..usize::from(error.range.start())).unwrap_or_default();
        let edit = match gap {
            [] if before == EOF => insert(error.range.start(), "null"),
            [] => insert(error.range.start(), " null"),
            gap if gap.iter().all(|c| *c == b' ') && found != EOF => {
                let word = at.text.first().is_some_and(u8::is_ascii_alphabetic);
                insert(error.range.start(), if word { "null " } else { "null" })
            }
            _ => insert(at.end_before(), if before == EOF { "null" } else { " null" }),
        };
        return related(of(&syntax::EXPECTED, error), at, found, &[]).suggestion("Insert `null`", vec![edit]);
    }
    // What closes the innermost thing that is open is missing: the parser may name other tokens, too.
    let open = at.open.map_or(EOF, |token| token.kind());
    if (found == SEMICOLON && before == SEMICOLON) || (found == COMMA && open == L_BRACKET) {
        return of(&syntax::UNEXPECTED, error).repair(format!("Remove {}", found.describe()), vec![replace(error.range, "")]);
    }
    let in_inherit = || {
        let around = at.before.map(|token| token.ancestors()).unwrap_or_default();
        around.iter().take(2).any(|node| matches!(node.kind(), INHERIT | INHERIT_FROM)) && before != SEMICOLON
    };
    let missing = match expected {
        [] if ends && in_inherit() => Some(SEMICOLON),
        [only] if spelling(*only).is_some() => Some(*only),
        [R_BRACE, COMMA] if ends => Some(R_BRACE),
        [COLON, AT] => Some(COLON),
        [] | [INHERIT_KW] | [INHERIT_KW, R_BRACE] | [IN_KW, INHERIT_KW] | [IDENT, ELLIPSIS, R_BRACE] if ends => {
            closing(open).first().copied().filter(|close| *close != found && matches!(open, L_BRACE | L_BRACKET | LET_KW))
        }
        _ => None,
    };
    let Some(missing) = missing else {
        let closes = expected.iter().any(|kind| matches!(kind, QUOTE | INDENTED_CLOSE | ASSIGN));
        let rule = if closes { &syntax::EXPECTED } else { &syntax::UNEXPECTED };
        return related(of(rule, error), at, found, expected);
    };
    let diagnostic = related(of(&syntax::EXPECTED, error), at, found, &[missing]);
    let Some(text) = spelling(missing) else { return diagnostic };
    if found == ASSIGN && missing == SEMICOLON {
        // It is missing before the name of this binding.
        let Some(end) = before_path(at) else { return diagnostic };
        let value_missing = end.kind() == ASSIGN;
        return if value_missing {
            diagnostic.suggestion("Insert `null;`", vec![insert(end.range().end(), " null;")])
        } else {
            diagnostic.repair("Insert `;`", vec![insert(end.range().end(), ";")])
        };
    }
    let tight = matches!(missing, SEMICOLON | COLON | R_PAREN) || (missing == R_BRACE && open == DOLLAR_BRACE);
    let spaced = if tight { text.to_owned() } else { format!(" {text}") };
    let joined = found != EOF && error.range.start() == at.end_before() && text.ends_with(|c: char| c.is_ascii_alphabetic());
    let spaced = if joined { format!("{spaced} ") } else { spaced };
    diagnostic.repair(format!("Insert `{text}`"), vec![insert(at.end_before(), spaced)])
}

/// The last token before the path of names that ends before the place.
fn before_path<'t>(at: &Place<'t>) -> Option<Token<'t>> {
    let previous = |token: Token<'t>| std::iter::successors(token.before(), |token| token.before()).find(|token| !token.kind().is_trivia());
    let mut name = at.before?;
    loop {
        let before = previous(name)?;
        if !matches!(name.kind(), IDENT | OR_KW) {
            return None;
        }
        if before.kind() != DOT {
            return Some(before);
        }
        name = previous(before)?;
    }
}

/// Whether `{` before the place begins a set, in which no expression is missing.
fn starts_entries(at: &Place<'_>) -> bool {
    at.before.is_some_and(|token| {
        let node = token.ancestors().into_iter().next();
        token.kind() == SEMICOLON && node.is_some_and(|node| matches!(node.kind(), BINDING | INHERIT))
    })
}

/// Tells what is open where it is not closed.
fn related(diagnostic: Diagnostic, at: &Place<'_>, found: SyntaxKind, expected: &[SyntaxKind]) -> Diagnostic {
    let Some(open) = at.open else { return diagnostic };
    let closes = closing(open.kind()).iter().any(|kind| expected.contains(kind));
    if closes || found == EOF {
        let text = String::from_utf8_lossy(open.text()).into_owned();
        return diagnostic.related(open.range(), format!("to match this `{text}`"));
    }
    diagnostic
}
