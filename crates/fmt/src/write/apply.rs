//! Function calls.
//!
//! `f a b` is one group. Each argument is a priority group, so that the last one that can be broken is: the arguments around
//! it stay on the lines of its brackets.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::expr::is_term;
use super::{Tok, Writer, first, last};
use crate::comment::Trivium;
use crate::doc::{Elem, Group, Spacing};

/// Around a call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Call {
    /// The function may start on a line of its own.
    pub indent_function: bool,
    /// In front of the function, in the call's group.
    pub before: Option<Spacing>,
    /// A line end behind the last argument, in the call's group.
    pub after: bool,
}

/// The function, or an argument.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    Node(Node<'a>),
    /// `assert`
    Token(Tok),
}

impl<'a> Part<'a> {
    fn first(self) -> Tok {
        match self {
            Part::Node(node) => first(node),
            Part::Token(token) => token,
        }
    }

    fn is(self, kind: nival_syntax::SyntaxKind) -> bool {
        matches!(self, Part::Node(node) if node.kind() == kind)
    }
}

/// A step from the call to its function.
enum Step {
    /// The argument with this number.
    One(usize),
    /// Two lists, of which this is the number of the second.
    Lists(usize),
}

/// So many simple items of a list may share a line.
const ITEMS_ON_A_LINE: usize = 6;

impl<'a> Writer<'a, '_> {
    /// The function and the arguments of a call, behind what `parts` holds.
    pub(super) fn parts_into(&self, node: Node<'a>, parts: &mut Vec<Part<'a>>) {
        let from = parts.len();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            // An argument that is itself a call is `x or`, whose `or` is an argument for the style.
            match node.kind() {
                APPLY => open.extend(node.children()),
                _ => parts.push(Part::Node(node)),
            }
        }
        // Children were taken from the last one on.
        parts[from..].reverse();
    }

    pub(super) fn apply(&mut self, node: Node<'a>, call: Call) {
        let mut parts = Vec::new();
        self.parts_into(node, &mut parts);
        self.call(&parts, call);
    }

    pub(super) fn call(&mut self, parts: &[Part<'a>], call: Call) {
        let [function, .., Part::Node(argument)] = *parts else { return };
        let argument_at = parts.len() - 1;
        let simple = self.are_simple(parts);
        let hoisted = self.hoist(function.first());
        self.trivia(hoisted);
        let indent = call.indent_function && hoisted.0 == hoisted.1;
        self.open(Group::Regular);
        let start = self.doc.len();
        if let Some(space) = call.before {
            self.space(space);
        }
        let lists = parts.len() > 2 && argument.kind() == LIST && parts[argument_at - 1].is(LIST);
        self.open(Group::Transparent);
        self.function(parts, argument_at - if lists { 2 } else { 1 }, indent);
        self.close();
        if lists {
            for list in &parts[argument_at - 1..] {
                self.space(Spacing::Space);
                self.nested(|w| w.group(Group::Regular, |w| w.argument(*list)));
            }
        } else if simple && self.flatten(start, None) {
            self.space(Spacing::HardSpace);
            self.last_argument(argument);
            self.close();
            return self.end_call(call, hoisted);
        } else {
            self.space(Spacing::Space);
            self.last_argument(argument);
        }
        if call.after {
            self.space(Spacing::Break);
        }
        self.close();
        self.end_call(call, hoisted);
    }

    fn end_call(&mut self, call: Call, hoisted: (u32, u32)) {
        if call.after && hoisted.0 < hoisted.1 {
            self.doc.push(Elem::Space(Spacing::HardLine));
        }
    }

    /// Takes the comments off the function, so that they do not break its call. The language of a string stays.
    fn hoist(&mut self, function: Tok) -> (u32, u32) {
        self.move_behind_up(function);
        let before = self.lexeme(function).before;
        let (stay, go): (Vec<Trivium>, Vec<Trivium>) =
            self.lexemes.run(before).iter().partition(|trivium| matches!(trivium, Trivium::Language(_)));
        if stay.is_empty() {
            return self.take_before(function);
        }
        let stay = self.lexemes.append((0, 0), &stay);
        self.lexeme_mut(function, |lexeme| lexeme.before = stay);
        self.lexemes.append((0, 0), &go)
    }

    /// The function and the arguments up to `upto`.
    fn function(&mut self, parts: &[Part<'a>], upto: usize, indent: bool) {
        let mut steps = Vec::new();
        let mut index = upto;
        while index > 0 {
            if index > 1 && parts[index].is(LIST) && parts[index - 1].is(LIST) {
                steps.push(Step::Lists(index));
                self.open(Group::Transparent);
                index -= 2;
            } else {
                steps.push(Step::One(index));
                index -= 1;
            }
            self.open(Group::Transparent);
        }
        match parts[0] {
            Part::Node(node) if indent => self.nested(|w| {
                w.group(Group::Regular, |w| {
                    w.space(Spacing::Break);
                    w.expr(node);
                });
            }),
            Part::Node(node) => self.expr(node),
            Part::Token(token) => self.leaf(token),
        }
        while let Some(step) = steps.pop() {
            self.close();
            match step {
                Step::One(index) => {
                    self.space(Spacing::Space);
                    // A selection would be broken before its `.`.
                    let group = if parts[index].is(SELECT) { Group::Regular } else { Group::Priority };
                    self.nested(|w| w.group(group, |w| w.argument(parts[index])));
                }
                Step::Lists(index) => {
                    self.nested(|w| {
                        w.group(Group::Regular, |w| {
                            for list in &parts[index - 1..=index] {
                                w.space(Spacing::Space);
                                w.group(Group::Regular, |w| w.argument(*list));
                            }
                        });
                    });
                    self.close();
                }
            }
        }
    }

    fn argument(&mut self, part: Part<'a>) {
        let Part::Node(node) = part else { return self.leaf(part.first()) };
        if node.kind() == LIST {
            let nodes = self.nodes(node, 0);
            let comments = nodes.iter().filter(|item| self.has_before(first(**item))).count() + usize::from(self.has_before(last(node)));
            if nodes.len() + comments <= ITEMS_ON_A_LINE && nodes.iter().all(|item| self.is_simple_item(*item)) {
                return self.list_with(node, Spacing::Space);
            }
        }
        self.expr(node);
    }

    fn last_argument(&mut self, node: Node<'a>) {
        if is_term(node) && self.is_absorbable(node) {
            return self.group(Group::Priority, |w| w.nested(|w| w.term(node)));
        }
        if node.kind() != PAREN {
            return self.group(Group::Regular, |w| w.nested(|w| w.expr(node)));
        }
        let (open, close) = (first(node), last(node));
        match node.children().next() {
            Some(inner) if inner.kind() == LAMBDA => {
                if let Some(lambda) = self.parts_of_lambda(inner)
                    && lambda.param.kind() == NAME_PARAM
                    && is_term(lambda.body)
                    && self.is_absorbable(lambda.body)
                    && ![open, first(inner), lambda.colon].iter().any(|token| self.has_trivia(*token))
                {
                    return self.attached_paren(open, &[first(inner), lambda.colon], lambda.body, close);
                }
            }
            Some(inner) if inner.kind() == APPLY => {
                let mut children = inner.children();
                if let (Some(function), Some(body)) = (children.next(), children.next())
                    && matches!(function.kind(), NAME_REF | CUR_POS)
                    && is_term(body)
                    && self.is_absorbable(body)
                    && ![open, first(function), close].iter().any(|token| self.has_trivia(*token))
                {
                    return self.attached_paren(open, &[first(function)], body, close);
                }
            }
            _ => {}
        }
        self.absorbed_paren(node);
    }

    /// `(x: {` and `(f {` on the line of the call.
    fn attached_paren(&mut self, open: Tok, head: &[Tok], body: Node<'a>, close: Tok) {
        self.group(Group::Priority, |w| {
            w.nested(|w| {
                w.leaf(open);
                for token in head {
                    w.leaf(*token);
                }
                w.space(Spacing::HardSpace);
                w.term_wide(body);
                w.leaf(close);
            });
        });
    }

    /// Whether a call is of a simple function and at most two simple arguments.
    fn are_simple(&self, parts: &[Part<'a>]) -> bool {
        parts.len() <= 3 && parts.iter().all(|part| matches!(part, Part::Node(node) if self.is_simple(*node)))
    }

    fn is_simple_item(&self, node: Node<'a>) -> bool {
        // What stands before an item is a matter of the list.
        self.is_simple_but_for(node, Some(first(node)))
    }

    /// Whether an expression is a name, a literal or something as small, without comments.
    pub(super) fn is_simple(&self, node: Node<'a>) -> bool {
        self.is_simple_but_for(node, None)
    }

    fn is_simple_but_for(&self, node: Node<'a>, but: Option<Tok>) -> bool {
        let alone = |token: Tok| match but {
            Some(but) if but == token => self.lexeme(token).behind.is_none(),
            _ => !self.has_trivia(token),
        };
        match node.kind() {
            STR | INDENTED_STR | PATH | NAME_REF | CUR_POS | LITERAL | SEARCH_PATH_EXPR => alone(first(node)),
            SELECT => {
                let mut children = node.children();
                children.next().is_some_and(|base| self.is_simple_but_for(base, but))
                    && children.next().is_some_and(|path| path.children().all(|attr| attr.kind() == NAME))
                    && children.next().is_none()
            }
            PAREN => {
                alone(first(node)) && alone(last(node)) && node.children().next().is_some_and(|inner| self.is_simple_but_for(inner, but))
            }
            APPLY => {
                let mut parts = Vec::new();
                self.parts_into(node, &mut parts);
                self.are_simple(&parts)
            }
            _ => false,
        }
    }
}
