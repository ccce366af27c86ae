//! Sets, bindings, `inherit`.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::{Tok, Writer, first, last};
use crate::doc::{Group, Spacing};

/// A path of more attributes than this is long enough for the value to start on the next line.
const SHORT_PATH: usize = 4;

/// So many names may stand on the line of their `inherit`.
const INHERITED_ON_A_LINE: usize = 3;

impl<'a> Writer<'a, '_> {
    /// The `{` of a set.
    pub(super) fn brace(&self, set: Node<'a>) -> Tok {
        match self.kind(first(set)) {
            L_BRACE => first(set),
            _ => self.after(first(set)),
        }
    }

    /// A set. If it is `wide` each entry is on a line of its own.
    pub(super) fn set(&mut self, node: Node<'a>, wide: bool) {
        let (open, close) = (self.brace(node), last(node));
        if open > first(node) {
            self.leaf(first(node));
            self.space(Spacing::HardSpace);
        }
        // Whether braces stand on different lines is kept.
        let apart = self.line(open) != self.line(close);
        if !self.has_trivia(open) && !self.has_before(close) && node.children().next().is_none() {
            self.leaf(open);
            self.space(if apart { Spacing::HardLine } else { Spacing::HardSpace });
            return self.leaf(close);
        }
        let items = self.items(node, close, 0);
        let around = if apart || wide && !items.is_empty() { Spacing::HardLine } else { Spacing::Space };
        let behind = self.take_behind(open);
        self.leaf(open);
        self.space(around);
        self.nested(|w| {
            w.comment_behind(behind);
            w.write_items(&items, Spacing::HardLine);
        });
        self.space(around);
        self.leaf(close);
    }

    /// `a.b = c;`
    pub(super) fn binding(&mut self, node: Node<'a>) {
        let mut children = node.children();
        let (Some(path), Some(value)) = (children.next(), children.next()) else { return };
        let assign = self.at_or_after(path.token_range().end);
        let semicolon = last(node);
        let short = path.children().take(SHORT_PATH + 1).count() <= SHORT_PATH && path.children().all(|attr| attr.kind() == NAME);
        self.group(Group::Regular, |w| {
            w.attrpath(path);
            w.nested(|w| {
                w.space(Spacing::HardSpace);
                w.leaf(assign);
                if short {
                    w.value(value);
                } else {
                    w.space(Spacing::Break);
                    w.group(Group::Priority, |w| w.value(value));
                }
            });
            w.leaf(semicolon);
        });
    }

    /// `inherit a;` and `inherit (a) b;`
    pub(super) fn inherit(&mut self, node: Node<'a>) {
        let (keyword, semicolon) = (first(node), last(node));
        let from = node.children().next().filter(|child| child.kind() == INHERIT_FROM);
        let names: Vec<Node<'a>> = node.children().skip(usize::from(from.is_some())).collect();
        let on_a_line = self.line(keyword) == self.line(semicolon) && names.len() <= INHERITED_ON_A_LINE;
        let (separator, end) = if on_a_line { (Spacing::Space, Spacing::Break) } else { (Spacing::HardLine, Spacing::HardLine) };
        let rest = |w: &mut Self| {
            for (index, name) in names.iter().enumerate() {
                if index > 0 {
                    w.space(separator);
                }
                w.attr(*name);
            }
            w.space(end);
            w.leaf(semicolon);
        };
        self.group(Group::Regular, |w| {
            w.leaf(keyword);
            match from {
                None => {
                    w.space(separator);
                    w.nested(rest);
                }
                Some(from) => w.nested(|w| {
                    w.group(Group::Regular, |w| {
                        w.space(Spacing::Space);
                        w.paren(from);
                    });
                    w.space(separator);
                    rest(w);
                }),
            }
        });
    }
}
