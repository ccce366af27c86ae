//! Conditions and operators that can be shorter.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;
use nival_syntax::{TextRange, TreeNode};

use super::context::{Context, is_name, operator, same_code};
use super::edits::{is_simple, replace, spaced};
use crate::rules::style::{BOOL_COMPARISON, BOOL_SIMPLIFICATION, EMPTY_LIST_CONCAT, USELESS_HAS_ATTR};

/// `x == true`.
pub(super) fn comparison<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let Some(operator) = operator(node).filter(|operator| matches!(operator.kind(), EQUAL | NOT_EQUAL)) else { return };
    let mut children = node.children();
    let (Some(left), Some(right)) = (children.next(), children.next()) else { return };
    let constant = |node: Node<'_>| match () {
        () if is_name(node, b"true") && !context.hidden.contains("true") => Some(true),
        () if is_name(node, b"false") && !context.hidden.contains("false") => Some(false),
        () => None,
    };
    let (value, constant) = match (constant(left), constant(right)) {
        (None, Some(constant)) => (left, constant),
        (Some(constant), None) => (right, constant),
        _ => return,
    };
    if !is_boolean(context, value) {
        return;
    }
    let plain = constant == (operator.kind() == EQUAL);
    let text = if context.is_long(value.range()) { "" } else { context.text(value.range()) };
    let new = match (plain, is_simple(value) || value.kind() == SELECT || value.kind() == APPLY) {
        (true, _) => text.to_owned(),
        (false, true) => format!("!{text}"),
        (false, false) => format!("!({text})"),
    };
    let commented = context.is_long(node.range()) || context.comment_in(node.range());
    let message = format!("a comparison with `{constant}` says no more than {}", if plain { "the value itself" } else { "its negation" });
    let edit = spaced(context.tree, node.range(), &new);
    let fits = plain && (is_simple(value) || matches!(value.kind(), SELECT | APPLY)) || context.is_loose() || in_logic(context);
    let diagnostic = context.report(&BOOL_COMPARISON, node.range(), message);
    if fits && !commented {
        *diagnostic = diagnostic.clone().fix(format!("Write `{}`", shortened(&new)), vec![edit]);
    }
}

/// Builtins that give a boolean, with the number of their arguments.
const PREDICATES: &[(&[u8], usize)] = &[
    (b"all", 2),
    (b"any", 2),
    (b"elem", 2),
    (b"hasAttr", 2),
    (b"hasContext", 1),
    (b"isAttrs", 1),
    (b"isBool", 1),
    (b"isFloat", 1),
    (b"isFunction", 1),
    (b"isInt", 1),
    (b"isList", 1),
    (b"isNull", 1),
    (b"isPath", 1),
    (b"isString", 1),
    (b"lessThan", 2),
    (b"pathExists", 1),
];

/// Whether a value is a boolean, if it is anything. Others can be compared with one, too (`null`, `"auto"`), and are not equal to it.
fn is_boolean(context: &Context<'_>, mut node: Node<'_>) -> bool {
    let mut arguments = 0;
    loop {
        let Some(first) = node.children().next() else { return false };
        match node.kind() {
            PAREN => node = first,
            APPLY => {
                arguments += 1;
                node = first;
            }
            HAS_ATTR => return arguments == 0,
            UNARY_OP => return arguments == 0 && TreeNode::token(&node, NOT).is_some(),
            BINARY_OP => {
                let truth = [EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, AND, OR, IMPLIES];
                return arguments == 0 && operator(node).is_some_and(|operator| truth.contains(&operator.kind()));
            }
            SELECT => {
                let builtins = is_name(first, b"builtins") && !context.hidden.contains("builtins");
                let name = node.text().rsplit(|byte| *byte == b'.').next().unwrap_or_default().trim_ascii();
                return builtins && PREDICATES.contains(&(name, arguments));
            }
            _ => return false,
        }
    }
}

/// Whether the node at hand is an operand of `&&`, `||` or `->`, which bind less tightly than comparisons and `!`.
fn in_logic(context: &Context<'_>) -> bool {
    let parent = context.parent().filter(|parent| parent.kind() == BINARY_OP);
    parent.and_then(operator).is_some_and(|operator| matches!(operator.kind(), AND | OR | IMPLIES))
}

fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None if line.len() < text.len() => format!("{line} …"),
        None => line.to_owned(),
    }
}

/// `[ ] ++ x`.
pub(super) fn concatenation<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let Some(operator) = operator(node).filter(|operator| operator.kind() == CONCAT) else { return };
    let mut children = node.children();
    let (Some(left), Some(right)) = (children.next(), children.next()) else { return };
    let is_empty = |node: Node<'_>| node.kind() == LIST && node.children().next().is_none();
    let (removed, message_range) = if is_empty(left) {
        (TextRange::new(left.range().start(), right.range().start()), left.range().cover(operator.range()))
    } else if is_empty(right) {
        (TextRange::new(left.range().end(), right.range().end()), operator.range().cover(right.range()))
    } else {
        return;
    };
    let commented = context.comment_in(removed);
    let edit = spaced(context.tree, removed, "");
    let diagnostic = context.report(&EMPTY_LIST_CONCAT, message_range, "an empty list adds nothing");
    if !commented {
        *diagnostic = diagnostic.clone().fix("Remove the empty list", vec![edit]);
    }
}

/// `!(a == b)`.
pub(super) fn negation<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let Some(not) = TreeNode::token(&node, NOT) else { return };
    let Some(paren) = node.children().next().filter(|child| child.kind() == PAREN) else { return };
    let Some(comparison) = paren.children().next().filter(|child| child.kind() == BINARY_OP) else { return };
    let Some(operator) = operator(comparison) else { return };
    let new = match operator.kind() {
        EQUAL => "!=",
        NOT_EQUAL => "==",
        _ => return,
    };
    let inner = comparison.range();
    let (removed, edits) = if context.is_loose() || in_logic(context) {
        let before = TextRange::new(not.range().start(), inner.start());
        let behind = TextRange::new(inner.end(), paren.range().end());
        let edits = vec![spaced(context.tree, before, ""), replace(operator.range(), new), spaced(context.tree, behind, "")];
        (vec![before, behind], edits)
    } else {
        let before = TextRange::new(not.range().start(), paren.range().start());
        (vec![before], vec![replace(before, ""), replace(operator.range(), new)])
    };
    let commented = removed.iter().any(|range| context.comment_in(*range));
    let diagnostic = context.report(&BOOL_SIMPLIFICATION, node.range(), format!("this can be written with `{new}`"));
    if !commented {
        *diagnostic = diagnostic.clone().fix(format!("Write `{new}`"), edits);
    }
}

/// `if s ? a then s.a else d`.
pub(super) fn has_attr<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let mut children = node.children();
    let (Some(condition), Some(then), Some(default)) = (children.next(), children.next(), children.next()) else { return };
    if condition.kind() != HAS_ATTR || then.kind() != SELECT || then.children().count() != 2 {
        return;
    }
    let same = condition.children().zip(then.children()).all(|(a, b)| same_code(a, b)) && condition.children().count() == 2;
    if !same {
        return;
    }
    if context.is_long(node.range()) {
        context.report(&USELESS_HAS_ATTR, node.range(), "`or` gives the default of a selection");
        return;
    }
    let text = context.text(default.range());
    let simple = is_simple(default) || default.kind() == SELECT;
    let new =
        if simple { format!("{} or {text}", context.text(then.range())) } else { format!("{} or ({text})", context.text(then.range())) };
    // Comments in what is kept are kept.
    let kept = [then.range(), default.range()];
    let commented = context
        .tokens_in(node.range())
        .any(|token| token.kind().is_comment() && !kept.iter().any(|kept| kept.contains_range(token.range())));
    let edit = spaced(context.tree, node.range(), &new);
    let diagnostic = context.report(&USELESS_HAS_ATTR, node.range(), "`or` gives the default of a selection");
    if !commented {
        *diagnostic = diagnostic.clone().fix("Write it with `or`", vec![edit]);
    }
}
