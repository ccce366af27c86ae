//! Expressions that are no terms: `let`, `with`, `assert`, `if`, and where the others are.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::apply::{Call, Part};
use super::{RED_ZONE, STACK, Writer, first};
use crate::comment::Trivium;
use crate::doc::{Group, Spacing};

/// Whether a node is what may stand in a list without parentheses.
pub(super) fn is_term(node: Node<'_>) -> bool {
    !matches!(node.kind(), LET_IN | WITH | ASSERT | IF_THEN_ELSE | LAMBDA | APPLY | BINARY_OP | HAS_ATTR | UNARY_OP)
}

/// The two children of `with` and `assert`, and the `;` between them.
pub(super) struct Scope<'a> {
    pub head: Node<'a>,
    pub semicolon: u32,
    pub body: Node<'a>,
}

impl<'a> Writer<'a, '_> {
    pub(super) fn expr(&mut self, node: Node<'a>) {
        stacker::maybe_grow(RED_ZONE, STACK, || match node.kind() {
            LET_IN => self.let_in(node),
            WITH => self.with(node, false),
            ASSERT => self.assert(node),
            IF_THEN_ELSE => {
                self.move_behind_up(first(node));
                self.group(Group::Regular, |w| w.conditions(node));
            }
            LAMBDA => self.lambda(node),
            APPLY => self.apply(node, Call::default()),
            BINARY_OP => self.binary(node),
            HAS_ATTR => self.has_attr(node),
            UNARY_OP => {
                self.leaf(first(node));
                if let Some(operand) = node.children().next() {
                    self.expr(operand);
                }
            }
            LIST => self.group(Group::Regular, |w| w.term(node)),
            _ => self.term(node),
        });
    }

    pub(super) fn grouped(&mut self, node: Node<'a>) {
        self.group(Group::Regular, |w| w.expr(node));
    }

    pub(super) fn scope(&self, node: Node<'a>) -> Option<Scope<'a>> {
        let mut children = node.children();
        let (head, body) = (children.next()?, children.next()?);
        Some(Scope { head, semicolon: self.at_or_after(head.token_range().end), body })
    }

    /// `with a; b`. With `absorb`, `b` starts on the line of `with`.
    pub(super) fn with(&mut self, node: Node<'a>, absorb: bool) {
        let Some(scope) = self.scope(node) else { return };
        let head = |w: &mut Self| {
            w.leaf(first(node));
            w.space(Spacing::HardSpace);
            w.nested(|w| w.grouped(scope.head));
            w.leaf(scope.semicolon);
        };
        if absorb {
            self.group(Group::Regular, |w| {
                w.space(Spacing::Break);
                head(w);
                w.space(Spacing::HardSpace);
                w.group(Group::Priority, |w| w.term_wide(scope.body));
            });
        } else {
            self.group(Group::Regular, head);
            self.space(Spacing::Space);
            self.expr(scope.body);
        }
    }

    fn let_in(&mut self, node: Node<'a>) {
        let Some(body) = node.children().last() else { return };
        let mut in_token = first(body).saturating_sub(1);
        while in_token > first(node) && self.kind(in_token).is_trivia() {
            in_token -= 1;
        }
        let items = self.items(node, in_token, 1);
        self.group(Group::Regular, |w| {
            w.leaf(first(node));
            w.space(Spacing::HardLine);
            w.nested(|w| w.write_items(&items, Spacing::HardLine));
        });
        self.space(Spacing::HardLine);
        // What stands around `in` goes to the body.
        if let Some(comment) = self.take_behind(in_token) {
            let run = self.lexemes.append((0, 0), &[Trivium::Line(comment)]);
            self.prepend(first(body), run);
        }
        self.take_before(in_token);
        self.group(Group::Regular, |w| {
            w.leaf(in_token);
            w.space(Spacing::HardLine);
            w.expr(body);
        });
    }

    /// As if `assert` were a function.
    fn assert(&mut self, node: Node<'a>) {
        let Some(scope) = self.scope(node) else { return };
        self.group(Group::Regular, |w| {
            let mut parts = vec![Part::Token(first(node))];
            w.parts_into(scope.head, &mut parts);
            w.call(&parts, Call::default());
            w.leaf(scope.semicolon);
            w.space(Spacing::HardLine);
            w.expr(scope.body);
        });
    }

    /// `if … then … else if … else …`, all branches on one level.
    fn conditions(&mut self, node: Node<'a>) {
        let mut node = node;
        let mut around = Spacing::Space;
        while node.kind() == IF_THEN_ELSE {
            let mut children = node.children();
            let (Some(condition), Some(then), Some(other)) = (children.next(), children.next(), children.next()) else { return };
            let then_token = self.at_or_after(condition.token_range().end);
            let else_token = self.at_or_after(then.token_range().end);
            self.group(Group::Regular, |w| {
                w.leaf(first(node));
                w.space(Spacing::Space);
                w.nested(|w| w.expr(condition));
                w.space(Spacing::Space);
                w.leaf(then_token);
            });
            self.space(around);
            self.nested(|w| w.grouped(then));
            self.space(around);
            self.move_behind_up(else_token);
            self.leaf(else_token);
            self.space(Spacing::HardSpace);
            around = Spacing::HardLine;
            node = other;
        }
        self.space(Spacing::Space);
        self.nested(|w| w.grouped(node));
    }
}
