//! Parentheses.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::apply::Call;
use super::expr::is_term;
use super::{Writer, first, last};
use crate::comment::Trivium;
use crate::doc::{Group, Spacing};

impl<'a> Writer<'a, '_> {
    pub(super) fn paren(&mut self, node: Node<'a>) {
        let Some(inner) = node.children().next() else { return };
        let (open, close) = (first(node), last(node));
        self.group(Group::Regular, |w| {
            w.move_behind_up(open);
            w.leaf(open);
            w.nested(|w| {
                w.bracketed(inner);
                let before = w.take_before(close);
                w.trivia(before);
            });
            w.leaf(close);
        });
    }

    /// What stands alone in parentheses, or in an interpolation that is alone on its line.
    pub(super) fn bracketed(&mut self, inner: Node<'a>) {
        if self.is_absorbable_expr(inner) {
            return self.group(Group::Regular, |w| w.absorbed(inner, false));
        }
        match inner.kind() {
            APPLY => self.apply(inner, Call { indent_function: true, before: None, after: true }),
            SELECT => {
                let base = inner.children().next().filter(|base| is_term(*base));
                if base.is_some_and(|base| self.is_absorbable(base)) {
                    self.space(Spacing::Break);
                }
                self.grouped(inner);
                self.space(Spacing::Break);
            }
            _ => {
                self.space(Spacing::Break);
                self.grouped(inner);
                self.space(Spacing::Break);
            }
        }
    }

    /// Parentheses as the value of a binding or the last argument: what is in them may start on the next line.
    pub(super) fn absorbed_paren(&mut self, node: Node<'a>) {
        let Some(inner) = node.children().next() else { return };
        let (open, close) = (first(node), last(node));
        self.group(Group::Priority, |w| {
            w.nested(|w| {
                if let Some(comment) = w.take_behind(open) {
                    let run = w.lexemes.append((0, 0), &[Trivium::Line(comment)]);
                    w.prepend(first(inner), run);
                }
                w.leaf(open);
                w.space(Spacing::Break);
                w.group(Group::Regular, |w| {
                    w.nested(|w| {
                        w.expr(inner);
                        let before = w.take_before(close);
                        w.trivia(before);
                    });
                });
                w.space(Spacing::Break);
                w.leaf(close);
            });
        });
    }
}
