//! Operators. A chain of one operator is one thing: an operand per line.

use nival_syntax::SyntaxKind::{self, *};
use nival_syntax::flat::Node;

use super::apply::Call;
use super::expr::is_term;
use super::{Tok, Writer};
use crate::doc::{Group, Spacing};

/// An operation as it groups for the style: `a + b + c` is `a + (b + c)`.
pub(super) struct Operation<'a> {
    pub kind: SyntaxKind,
    pub token: Tok,
    pub left: Node<'a>,
    /// None if it is itself an operation of the chain.
    pub right: Option<Node<'a>>,
}

/// So many operands of pipes may share a line.
const PIPED_ON_A_LINE: usize = 3;

fn parts<'a>(w: &Writer<'a, '_>, node: Node<'a>) -> Option<(Node<'a>, Tok, Node<'a>)> {
    let mut children = node.children();
    let (left, right) = (children.next()?, children.next()?);
    Some((left, w.at_or_after(left.token_range().end), right))
}

pub(super) fn operands<'a>(w: &Writer<'a, '_>, node: Node<'a>) -> Option<Operation<'a>> {
    let (mut left, mut token, right) = parts(w, node)?;
    let kind = w.kind(token);
    let mut right = Some(right);
    while kind == PLUS && left.kind() == BINARY_OP {
        let (first, operator, _) = parts(w, left)?;
        if w.kind(operator) != PLUS {
            break;
        }
        (left, token, right) = (first, operator, None);
    }
    Some(Operation { kind, token, left, right })
}

impl<'a> Writer<'a, '_> {
    pub(super) fn binary(&mut self, node: Node<'a>) {
        let Some((left, operator, right)) = parts(self, node) else { return };
        match self.kind(operator) {
            LESS | LESS_EQUAL | GREATER | GREATER_EQUAL | EQUAL | NOT_EQUAL => {
                self.expr(left);
                self.space(Spacing::SoftSpace);
                self.leaf(operator);
                self.space(Spacing::HardSpace);
                self.expr(right);
            }
            _ => self.operation(node, false),
        }
    }

    /// The operands of a chain, each with the operator before it.
    fn chain(&self, node: Node<'a>) -> Vec<(Option<Tok>, Node<'a>)> {
        let Some((_, operator, _)) = parts(self, node) else { return Vec::new() };
        let kind = self.kind(operator);
        let mut chain = Vec::new();
        let mut open = vec![(None, node)];
        while let Some((before, node)) = open.pop() {
            match parts(self, node).filter(|(_, operator, _)| node.kind() == BINARY_OP && self.kind(*operator) == kind) {
                Some((left, operator, right)) => open.extend([(Some(operator), right), (before, left)]),
                None => chain.push((before, node)),
            }
        }
        chain
    }

    pub(super) fn operation(&mut self, node: Node<'a>, first_wide: bool) {
        let chain = self.chain(node);
        let piped = chain.get(1).and_then(|(operator, _)| *operator).map(|operator| self.kind(operator));
        let separator = match piped {
            Some(PIPE_INTO | PIPE_FROM) if chain.len() > PIPED_ON_A_LINE => Spacing::HardLine,
            _ => Spacing::Space,
        };
        self.group(Group::Regular, |w| {
            for (operator, operand) in chain {
                let Some(operator) = operator else {
                    if first_wide && is_term(operand) && w.is_absorbable(operand) {
                        w.term_wide(operand)
                    } else {
                        w.expr(operand)
                    }
                    continue;
                };
                w.space(separator);
                w.move_behind_up(operator);
                w.leaf(operator);
                w.nested(|w| w.operand(operand));
            }
        });
    }

    fn operand(&mut self, node: Node<'a>) {
        match node.kind() {
            BINARY_OP => self.group(Group::Regular, |w| {
                w.space(Spacing::Space);
                w.expr(node);
            }),
            APPLY => self.group(Group::Regular, |w| {
                w.space(Spacing::HardSpace);
                w.apply(node, Call { indent_function: false, before: Some(Spacing::Space), after: false });
            }),
            _ => {
                self.space(Spacing::HardSpace);
                self.expr(node);
            }
        }
    }
}
