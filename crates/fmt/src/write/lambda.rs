//! Functions.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::expr::is_term;
use super::{Tok, Writer, first, last, last_lexeme};
use crate::comment::Trivium;
use crate::doc::{Group, Spacing, TextKind};
use crate::lexeme::Lexeme;

pub(super) struct Lambda<'a> {
    pub param: Node<'a>,
    pub colon: Tok,
    pub body: Node<'a>,
}

/// `a ? b,` or `...`
#[derive(Debug, Clone, Copy)]
struct Formal<'a> {
    /// The name, or `...`.
    name: Tok,
    default: Option<Node<'a>>,
    comma: Option<Tok>,
    ellipsis: bool,
}

/// `{ a, b }`, which may have a name.
struct Pattern<'a> {
    open: Tok,
    formals: Vec<Formal<'a>>,
    close: Tok,
    /// `@args` and whether it stands in front: the `@` and the name.
    at: Option<(Tok, Tok)>,
}

/// So many formals without defaults may share a line, `...` aside.
const FORMALS_ON_A_LINE: usize = 2;

impl<'a> Writer<'a, '_> {
    pub(super) fn parts_of_lambda(&self, node: Node<'a>) -> Option<Lambda<'a>> {
        let mut children = node.children();
        let (param, body) = (children.next()?, children.next()?);
        Some(Lambda { param, colon: self.at_or_after(param.token_range().end), body })
    }

    fn pattern(&self, param: Node<'a>) -> Pattern<'a> {
        let mut formals: Vec<Formal<'a>> = Vec::new();
        let (mut open, mut close, mut at) = (first(param), last(param), None);
        let mut nodes = param.children().peekable();
        if let Some(binding) = nodes.next_if(|node| node.kind() == AT_BINDING && self.kind(first(*node)) != AT) {
            let name = first(binding);
            at = Some((self.after(name), name));
            open = self.at_or_after(binding.token_range().end);
        }
        let mut token = self.after(open);
        loop {
            match self.kind(token) {
                R_BRACE | EOF => break,
                COMMA => {
                    if let Some(formal) = formals.last_mut() {
                        formal.comma = Some(token);
                    }
                    token = self.after(token);
                }
                ELLIPSIS => {
                    formals.push(Formal { name: token, default: None, comma: None, ellipsis: true });
                    token = self.after(token);
                }
                _ => match nodes.next_if(|node| node.kind() == FORMAL && first(*node) == token) {
                    Some(formal) => {
                        let default = formal.children().nth(1);
                        formals.push(Formal { name: token, default, comma: None, ellipsis: false });
                        token = self.at_or_after(formal.token_range().end);
                    }
                    None => token = self.after(token),
                },
            }
        }
        close = if self.kind(token) == R_BRACE { token } else { close };
        if let Some(binding) = nodes.find(|node| node.kind() == AT_BINDING) {
            at = Some((first(binding), last(binding)));
        }
        Pattern { open, formals, close, at }
    }

    /// Whether a pattern without a name is small enough for one line, and was on one.
    pub(super) fn is_flat_pattern(&self, param: Node<'a>) -> bool {
        let pattern = self.pattern(param);
        pattern.at.is_none() && self.is_flat(&pattern)
    }

    fn is_flat(&self, pattern: &Pattern<'a>) -> bool {
        let named = pattern.formals.iter().filter(|formal| !formal.ellipsis).count();
        self.line(pattern.open) == self.line(pattern.close)
            && !self.has_trivia(pattern.close)
            && named <= FORMALS_ON_A_LINE
            && pattern.formals.iter().all(|formal| {
                formal.default.is_none() && !self.has_trivia(formal.name) && !formal.comma.is_some_and(|comma| self.has_trivia(comma))
            })
    }

    /// Whether the body of a function starts on the line of the `:`, and will. nixfmt does not look at comments between them,
    /// after which it does not, so that its results change when they are formatted again.
    pub(super) fn is_beside(&self, colon: Tok, body: Node<'a>) -> bool {
        let between = self.lexemes.run(self.lexeme(first(body)).before);
        self.line(colon) == self.line(first(body))
            && self.lexeme(colon).behind.is_none()
            && between.iter().all(|trivium| matches!(trivium, Trivium::Language(_)))
    }

    pub(super) fn lambda(&mut self, node: Node<'a>) {
        let Some(Lambda { param, colon, body }) = self.parts_of_lambda(node) else { return };
        if param.kind() == NAME_PARAM {
            return self.group(Group::Regular, |w| w.named_parameters(node));
        }
        let pattern = self.pattern(param);
        let same_line = self.is_beside(colon, body);
        if pattern.at.is_none() {
            if self.is_flat(&pattern) && same_line && self.is_absorbable_expr(body) {
                self.write_pattern(pattern);
                self.leaf(colon);
                self.space(Spacing::HardSpace);
                return self.group(Group::Priority, |w| w.expr(body));
            }
            if !same_line {
                self.write_pattern(pattern);
                self.leaf(colon);
                self.space(Spacing::HardLine);
                return self.expr(body);
            }
        }
        let absorbable = is_term(body) && self.is_absorbable(body);
        self.write_pattern(pattern);
        self.leaf(colon);
        self.space(Spacing::Space);
        if absorbable { self.group(Group::Regular, |w| w.term_wide(body)) } else { self.expr(body) }
    }

    /// `a: b: c`
    fn named_parameters(&mut self, node: Node<'a>) {
        self.space(Spacing::Break);
        let mut depth = 0;
        let mut expr = node;
        while expr.kind() == LAMBDA
            && let Some(lambda) = self.parts_of_lambda(expr)
            && lambda.param.kind() == NAME_PARAM
        {
            if depth > 0 {
                self.space(Spacing::HardSpace);
            }
            self.leaf(first(lambda.param));
            self.leaf(lambda.colon);
            depth += 1;
            expr = lambda.body;
        }
        if self.is_absorbable_expr(expr) {
            self.space(Spacing::HardSpace);
            self.group(Group::Priority, |w| w.absorbed(expr, false));
        } else {
            self.space(if depth <= 2 { Spacing::Space } else { Spacing::HardLine });
            self.expr(expr);
        }
    }

    fn write_pattern(&mut self, pattern: Pattern<'a>) {
        match pattern.at {
            Some((at, name)) if name < at => {
                self.leaf(name);
                self.leaf(at);
                self.formals(pattern);
            }
            Some((at, name)) => {
                self.formals(pattern);
                self.leaf(at);
                self.leaf(name);
            }
            None => self.formals(pattern),
        }
    }

    fn formals(&mut self, mut pattern: Pattern<'a>) {
        let (open, close) = (pattern.open, pattern.close);
        if pattern.formals.is_empty() {
            let apart = self.line(open) != self.line(close);
            return self.group(Group::Regular, |w| {
                w.move_behind_up(open);
                w.leaf(open);
                w.space(if apart { Spacing::HardLine } else { Spacing::HardSpace });
                w.leaf(close);
            });
        }
        let separator = if self.is_flat(&pattern) { Spacing::Space } else { Spacing::HardLine };
        self.move_comments_of_commas(&mut pattern.formals);
        self.group(Group::Regular, |w| {
            w.move_behind_up(open);
            w.leaf(open);
            w.space(separator);
            w.nested(|w| {
                for (index, formal) in pattern.formals.iter().enumerate() {
                    if index > 0 {
                        w.space(separator);
                    }
                    w.formal(*formal, index + 1 == pattern.formals.len());
                }
            });
            w.space(separator);
            let before = w.take_before(close);
            w.nested(|w| w.trivia(before));
            w.leaf(close);
        });
    }

    /// Comments of commas at the starts of lines go to where they belong when commas stand at the ends. The last formal gets
    /// a comma.
    fn move_comments_of_commas(&mut self, formals: &mut [Formal<'a>]) {
        for index in 0..formals.len() {
            let formal = formals[index];
            if formal.ellipsis {
                continue;
            }
            match (formal.comma, formals.get(index + 1)) {
                (Some(comma), Some(next)) if self.lexeme(comma).behind.is_none() => {
                    let next = next.name;
                    let directive = |trivium: &Trivium| matches!(trivium, Trivium::Directive(_));
                    if !self.lexemes.run(self.lexeme(comma).before).iter().any(directive) {
                        let before = self.take_before(comma);
                        self.prepend(next, before);
                    }
                }
                (None, None) => formals[index].comma = Some(self.added_comma(formal.name)),
                _ => {}
            }
        }
        for formal in formals.iter() {
            let Some(comma) = formal.comma.filter(|comma| !self.has_trivia(*comma)) else { continue };
            let last = formal.default.map_or(formal.name, last_lexeme);
            let behind = self.take_behind(last);
            self.lexeme_mut(comma, |lexeme| lexeme.behind = behind);
        }
    }

    fn added_comma(&mut self, name: Tok) -> Tok {
        let line = self.line(name);
        self.lexemes.all.push(Lexeme { before: (0, 0), behind: None, line });
        self.lexemes.all.len() as u32 - 1
    }

    fn formal(&mut self, formal: Formal<'a>, is_last: bool) {
        // The last comma is only written where each formal is on a line of its own.
        let expanded = is_last && formal.comma.is_some_and(|comma| !self.has_trivia(comma));
        let comma = formal.comma.filter(|_| !expanded);
        match formal.default {
            None => {
                self.leaf(formal.name);
                if let Some(comma) = comma {
                    self.leaf(comma);
                }
            }
            Some(default) => {
                let question = self.after(formal.name);
                self.group(Group::Regular, |w| {
                    w.leaf(formal.name);
                    w.space(Spacing::HardSpace);
                    w.nested(|w| {
                        w.leaf(question);
                        w.value(default);
                    });
                    if let Some(comma) = comma {
                        w.leaf(comma);
                    }
                });
            }
        }
        if expanded {
            self.made(TextKind::Expanded, ",");
        }
    }
}
