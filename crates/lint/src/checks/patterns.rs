//! Functions whose parameter says more than is needed, and functions that only call another.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;
use nival_syntax::{TextRange, TreeNode};

use super::Context;
use super::context::{code, is_name};
use super::edits::{replace, spaced};
use crate::rules::style::{EMPTY_PATTERN, ETA_REDUCTION, REDUNDANT_PATTERN_BIND};

/// Whether the node at hand lies in the function that the file is, and in nothing else: its callers look at its pattern.
fn is_of_file(context: &Context<'_>) -> bool {
    context.around.iter().all(|node| matches!(node.kind(), SOURCE_FILE | LAMBDA | PAREN))
}

/// `{ ... }:` and `x@{ ... }:`.
pub(super) fn empty<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let formals = node.children().any(|child| child.kind() == FORMAL);
    if formals || TreeNode::token(&node, ELLIPSIS).is_none() || is_of_file(context) {
        return;
    }
    let commented = context.comment_in(node.range());
    let long = context.parent().is_none_or(|lambda| context.is_long(lambda.range()));
    // `_` could be a name that the body uses.
    let body_uses_underscore = long || context.parent().is_some_and(|lambda| code(lambda).any(|token| token.text() == b"_"));
    match node.children().find(|child| child.kind() == AT_BINDING).and_then(|binding| binding.children().next()) {
        Some(name) => {
            let text = context.text(name.range()).to_owned();
            let diagnostic = context.report(&REDUNDANT_PATTERN_BIND, node.range(), format!("this is `{text}:`, but that it must be a set"));
            if !commented {
                *diagnostic = diagnostic.clone().suggestion(format!("Write `{text}:`"), vec![spaced_name(node, &text)]);
            }
        }
        None => {
            let diagnostic = context.report(&EMPTY_PATTERN, node.range(), "nothing of the argument is used");
            if !commented && !body_uses_underscore {
                *diagnostic = diagnostic.clone().suggestion("Write `_:`", vec![spaced_name(node, "_")]);
            }
        }
    }
}

fn spaced_name(node: Node<'_>, text: &str) -> nival_hir::diagnostic::Edit {
    // `x:y` would be a URL.
    let behind = node.tree().text().get(usize::from(node.range().end())..).unwrap_or_default();
    let url = behind.first() == Some(&b':') && !behind.get(1).is_some_and(u8::is_ascii_whitespace);
    replace(node.range(), if url { format!("{text} ") } else { text.to_owned() })
}

/// `x: f x`.
pub(super) fn eta<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let mut children = node.children();
    let (Some(param), Some(body)) = (children.next(), children.next()) else { return };
    if param.kind() != NAME_PARAM || body.kind() != APPLY {
        return;
    }
    let mut parts = body.children();
    let (Some(function), Some(argument)) = (parts.next(), parts.next()) else { return };
    let name = param.text();
    if !is_name(argument, name)
        || !matches!(function.kind(), NAME_REF | SELECT)
        || context.is_long(node.range())
        || code(function).any(|token| token.text() == name)
    {
        return;
    }
    let text = context.text(function.range()).to_owned();
    let kept = function.range();
    let outside = [TextRange::new(node.range().start(), kept.start()), TextRange::new(kept.end(), node.range().end())];
    let commented = outside.iter().any(|range| context.comment_in(*range));
    let edit = spaced(context.tree, node.range(), &text);
    let diagnostic = context.report(&ETA_REDUCTION, node.range(), format!("this is the function `{text}`"));
    if !commented {
        *diagnostic = diagnostic.clone().suggestion(format!("Write `{text}`"), vec![edit]);
    }
}
