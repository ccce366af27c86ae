//! What may start on the line of what it belongs to, and how values of bindings start.

use nival_syntax::SyntaxKind::{self, *};
use nival_syntax::flat::Node;

use super::apply::Call;
use super::expr::is_term;
use super::operator::operands;
use super::{Writer, first, last};
use crate::comment::Trivium;
use crate::doc::{Group, Spacing};

impl<'a> Writer<'a, '_> {
    /// Whether a term is of several lines and starts with a bracket, which may stay on the line before.
    pub(super) fn is_absorbable(&self, term: Node<'a>) -> bool {
        match term.kind() {
            INDENTED_STR => self.has_lines(term),
            ATTR_SET | LEGACY_LET | LIST => {
                let open = if term.kind() == LIST { first(term) } else { self.brace(term) };
                term.children().next().is_some()
                    || self.line(open) != self.line(last(term))
                    || self.has_trivia(open)
                    || self.has_before(last(term))
            }
            PAREN => {
                let Some(inner) = term.children().next().filter(|inner| is_term(*inner)) else { return false };
                let before = self.lexeme(first(inner)).before;
                !self.has_trivia(first(term))
                    && self.lexemes.run(before).iter().all(|trivium| matches!(trivium, Trivium::Language(_)))
                    && self.is_absorbable(inner)
            }
            _ => false,
        }
    }

    /// The same for expressions: functions of simple parameters and `with` may stand in front.
    pub(super) fn is_absorbable_expr(&self, expr: Node<'a>) -> bool {
        let mut expr = expr;
        loop {
            match expr.kind() {
                WITH => return self.scope(expr).is_some_and(|scope| is_term(scope.body) && self.is_absorbable(scope.body)),
                LAMBDA => {
                    let Some(lambda) = self.parts_of_lambda(expr) else { return false };
                    let body = lambda.body;
                    if lambda.param.kind() == NAME_PARAM {
                        if is_term(body) {
                            return self.is_absorbable(body);
                        }
                        if body.kind() != LAMBDA {
                            return false;
                        }
                    } else {
                        let open = first(lambda.param);
                        if !self.is_flat_pattern(lambda.param) || self.has_trivia(open) || !self.is_beside(lambda.colon, body) {
                            return false;
                        }
                    }
                    expr = body;
                }
                _ => return is_term(expr) && self.is_absorbable(expr),
            }
        }
    }

    /// An expression that [`Self::is_absorbable_expr`].
    pub(super) fn absorbed(&mut self, expr: Node<'a>, wide: bool) {
        if is_term(expr) && self.is_absorbable(expr) {
            return if wide { self.term_wide(expr) } else { self.term(expr) };
        }
        if expr.kind() == WITH && self.scope(expr).is_some_and(|scope| is_term(scope.body) && self.is_absorbable(scope.body)) {
            return self.with(expr, true);
        }
        self.expr(expr);
    }

    /// The value of a binding or a default, with what stands before it.
    pub(super) fn value(&mut self, expr: Node<'a>) {
        let kind = expr.kind();
        if self.is_absorbable_expr(expr) {
            // A set of one `inherit` may stay on the line.
            let wide = !self.is_only_inherit(expr);
            return self.nested(|w| {
                w.space(Spacing::HardSpace);
                w.group(Group::Regular, |w| w.absorbed(expr, wide));
            });
        }
        match kind {
            PAREN => self.nested(|w| {
                w.space(Spacing::HardSpace);
                w.absorbed_paren(expr);
            }),
            STR | INDENTED_STR | PATH => self.attached(expr),
            LITERAL if self.kind(first(expr)) == URI => self.attached(expr),
            APPLY => {
                self.nested(|w| w.apply(expr, Call { indent_function: false, before: Some(Spacing::Space), after: false }));
            }
            _ if is_term(expr) || kind == WITH => self.nested(|w| {
                w.group(Group::Regular, |w| {
                    w.space(Spacing::Space);
                    w.expr(expr);
                });
            }),
            BINARY_OP => self.operation_value(expr),
            _ => self.on_next_line(expr),
        }
    }

    fn attached(&mut self, expr: Node<'a>) {
        self.nested(|w| {
            w.space(Spacing::HardSpace);
            w.grouped(expr);
        });
    }

    fn on_next_line(&mut self, expr: Node<'a>) {
        self.nested(|w| {
            w.space(Spacing::Space);
            w.grouped(expr);
        });
    }

    fn is_only_inherit(&self, expr: Node<'a>) -> bool {
        matches!(expr.kind(), ATTR_SET | LEGACY_LET)
            && expr.children().next().is_some_and(|entry| {
                entry.kind() == INHERIT && last(entry) < last(expr) && !self.has_before(first(entry)) && !self.has_before(last(expr))
            })
            && expr.children().nth(1).is_none()
    }

    fn operation_value(&mut self, expr: Node<'a>) {
        let Some(operation) = operands(self, expr) else { return self.on_next_line(expr) };
        let joins = matches!(operation.kind, SyntaxKind::UPDATE | SyntaxKind::CONCAT | SyntaxKind::PLUS);
        let left = operation.left;
        if joins && is_term(left) && self.is_absorbable(left) && !self.has_before(first(left)) {
            self.space(Spacing::HardSpace);
            return self.operation(expr, true);
        }
        if joins
            && !self.has_trivia(operation.token)
            && let Some(right) = operation.right.filter(|right| is_term(*right) && self.is_absorbable(*right))
        {
            return self.nested(|w| {
                w.group(Group::Regular, |w| {
                    w.space(Spacing::Space);
                    w.expr(left);
                    w.space(Spacing::Space);
                    w.group(Group::Transparent, |w| {
                        w.leaf(operation.token);
                        w.space(Spacing::HardSpace);
                        w.group(Group::Priority, |w| w.term_wide(right));
                    });
                });
            });
        }
        self.on_next_line(expr);
    }
}
