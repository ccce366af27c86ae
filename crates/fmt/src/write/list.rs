//! Lists, and what lists, sets and `let` have in common: items with comments between them.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::{Tok, Writer, first, last};
use crate::comment::Trivium;
use crate::doc::{Group, Spacing};
use crate::lexeme::Run;

/// What stands between brackets.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item<'a> {
    /// Comments and empty lines, taken off the token behind them.
    Comments(Run),
    Node(Node<'a>),
}

impl<'a> Writer<'a, '_> {
    /// The nodes between two brackets, without the last `skip` children. They are terms, bindings or inherits.
    pub(super) fn nodes(&self, node: Node<'a>, skip: usize) -> Vec<Node<'a>> {
        let mut nodes = Vec::new();
        let count = node.children().count().saturating_sub(skip);
        for child in node.children().take(count) {
            // `[ a or ]` has two items.
            match child.kind() {
                APPLY => self.spread(child, &mut nodes),
                _ => nodes.push(child),
            }
        }
        nodes
    }

    fn spread(&self, node: Node<'a>, nodes: &mut Vec<Node<'a>>) {
        for child in node.children() {
            match child.kind() {
                APPLY => self.spread(child, nodes),
                _ => nodes.push(child),
            }
        }
    }

    /// Takes the items between two brackets, with the comments in front of them.
    pub(super) fn items(&mut self, node: Node<'a>, close: Tok, skip: usize) -> Vec<Item<'a>> {
        let mut items = Vec::new();
        for child in self.nodes(node, skip) {
            let before = self.take_before(first(child));
            if before.0 < before.1 {
                items.push(Item::Comments(before));
            }
            items.push(Item::Node(child));
        }
        let before = self.take_before(close);
        if before.0 < before.1 {
            items.push(Item::Comments(before));
        }
        items
    }

    pub(super) fn write_items(&mut self, items: &[Item<'a>], separator: Spacing) {
        let mut index = 0;
        while let Some(item) = items.get(index) {
            match *item {
                Item::Node(node) => self.item(node),
                Item::Comments(run) => match (self.lexemes.run(run), items.get(index + 1)) {
                    ([.., Trivium::Language(_)], Some(Item::Node(string))) => {
                        let string = *string;
                        self.trivia((run.0, run.1 - 1));
                        self.trivia((run.1 - 1, run.1));
                        self.space(Spacing::HardSpace);
                        self.item(string);
                        index += 1;
                    }
                    _ => self.trivia(run),
                },
            }
            index += 1;
            if index < items.len() {
                self.space(separator);
            }
        }
    }

    /// An item, or any expression.
    pub(super) fn item(&mut self, node: Node<'a>) {
        self.group(Group::Regular, |w| match node.kind() {
            BINDING => w.binding(node),
            INHERIT => w.inherit(node),
            _ => w.expr(node),
        });
    }

    /// A list, not in a group of its own.
    pub(super) fn list(&mut self, node: Node<'a>) {
        let (open, close) = (first(node), last(node));
        if self.lexeme(open).behind.is_none() && !self.has_before(close) && node.children().next().is_none() {
            self.leaf(open);
            self.space(if self.line(open) == self.line(close) { Spacing::HardSpace } else { Spacing::HardLine });
            return self.leaf(close);
        }
        self.list_with(node, Spacing::HardLine);
    }

    /// A list with what separates its items.
    pub(super) fn list_with(&mut self, node: Node<'a>, separator: Spacing) {
        let (open, close) = (first(node), last(node));
        let items = self.items(node, close, 0);
        let only_comments = !items.is_empty() && items.iter().all(|item| matches!(item, Item::Comments(_)));
        // Whether brackets stand on different lines is kept.
        let around = if self.line(open) != self.line(close) || only_comments || self.has_trivia(open) && items.is_empty() {
            Spacing::HardLine
        } else if items.is_empty() {
            Spacing::HardSpace
        } else {
            Spacing::Space
        };
        let behind = self.take_behind(open);
        self.leaf(open);
        self.space(around);
        self.nested(|w| {
            w.comment_behind(behind);
            w.write_items(&items, separator);
        });
        self.space(around);
        self.leaf(close);
    }
}
