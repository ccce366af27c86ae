//! Terms: names, literals, sets, selections.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::{Writer, first};
use crate::doc::{Group, Spacing};

impl<'a> Writer<'a, '_> {
    /// A term, not in a group of its own.
    pub(super) fn term(&mut self, node: Node<'a>) {
        match node.kind() {
            STR | INDENTED_STR | PATH => self.string_term(node),
            LITERAL if self.kind(first(node)) == URI => self.uri(first(node)),
            LIST => self.list(node),
            ATTR_SET | LEGACY_LET => self.set(node, false),
            PAREN | INHERIT_FROM => self.paren(node),
            SELECT => self.select(node),
            _ => self.leaf(first(node)),
        }
    }

    /// A term; of a set, each entry on a line of its own.
    pub(super) fn term_wide(&mut self, node: Node<'a>) {
        match node.kind() {
            ATTR_SET | LEGACY_LET => self.set(node, true),
            _ => self.term(node),
        }
    }

    /// A term where it is an expression.
    pub(super) fn whole_term(&mut self, node: Node<'a>) {
        match node.kind() {
            LIST => self.group(Group::Regular, |w| w.term(node)),
            _ => self.term(node),
        }
    }

    /// `a.b.c or d`
    fn select(&mut self, node: Node<'a>) {
        let mut children = node.children();
        let (Some(base), Some(path)) = (children.next(), children.next()) else { return };
        self.whole_term(base);
        match base.kind() {
            // `1.a` would be a number.
            LITERAL if self.kind(first(base)) != URI => self.space(Spacing::HardSpace),
            NAME_REF | CUR_POS | SEARCH_PATH_EXPR => {}
            PAREN => self.space(Spacing::SoftBreak),
            _ => self.space(Spacing::Break),
        }
        self.leaf(self.at_or_after(base.token_range().end));
        self.attrpath(path);
        if let Some(default) = children.next() {
            let or = self.at_or_after(path.token_range().end);
            self.space(Spacing::SoftSpace);
            self.nested(|w| {
                w.leaf(or);
                w.space(Spacing::HardSpace);
                w.whole_term(default);
            });
        }
    }

    /// `a ? b.c`
    pub(super) fn has_attr(&mut self, node: Node<'a>) {
        let mut children = node.children();
        let (Some(base), Some(path)) = (children.next(), children.next()) else { return };
        self.expr(base);
        self.space(Spacing::SoftSpace);
        self.leaf(self.at_or_after(base.token_range().end));
        self.space(Spacing::HardSpace);
        self.attrpath(path);
    }

    /// `a."b".${c}`
    pub(super) fn attrpath(&mut self, path: Node<'a>) {
        for attr in path.children() {
            if first(attr) > first(path) {
                let mut dot = first(attr) - 1;
                while dot > first(path) && self.kind(dot).is_trivia() {
                    dot -= 1;
                }
                self.leaf(dot);
            }
            self.attr(attr);
        }
    }

    pub(super) fn attr(&mut self, attr: Node<'a>) {
        match attr.kind() {
            STR => self.string_term(attr),
            DYNAMIC_ATTR => {
                self.before(first(attr));
                self.interpolation(attr);
                self.behind(first(attr));
            }
            _ => self.leaf(first(attr)),
        }
    }
}
