//! `or` as a name.

use nival_hir::scopes::Target;
use nival_syntax::SyntaxKind::*;
use nival_syntax::TreeNode;
use nival_syntax::flat::Node;

use super::Context;
use super::edits::replace;
use crate::rules::style::OR_IDENTIFIER;

fn is_or(context: &Context<'_>, node: Node<'_>) -> bool {
    context.tree.token(node.token_range().start).is_some_and(|token| token.kind() == OR_KW)
}

pub(super) fn attribute<'t>(context: &mut Context<'t>, node: Node<'t>) {
    if !is_or(context, node) {
        return;
    }
    let in_path = context.parent().is_some_and(|parent| matches!(parent.kind(), ATTRPATH | INHERIT));
    let diagnostic = context.report(&OR_IDENTIFIER, node.range(), "`or` is a keyword");
    if in_path {
        *diagnostic = diagnostic.clone().fix("Put the name in quotes", vec![replace(node.range(), "\"or\"")]);
    }
}

pub(super) fn variable<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let undefined = || {
        let reference = context.scopes().reference_at(node.range().start());
        reference.is_none_or(|reference| reference.target == Target::Undefined)
    };
    if !is_or(context, node) || undefined() {
        return;
    }
    let message = match is_read_otherwise(node) {
        true => "`or` is a keyword, and newer versions of Nix read this in another way, unless the call has parentheses",
        false => "`or` is a keyword",
    };
    context.report(&OR_IDENTIFIER, node.range(), message);
}

/// Whether Nix itself warns of it: where a call with `or` for its argument is an element of a list, or an argument.
fn is_read_otherwise(node: Node<'_>) -> bool {
    let Some(call) = node.parent().filter(|call| call.kind() == APPLY) else { return false };
    let is_argument = |outer: Node<'_>| outer.children().nth(1).is_some_and(|argument| argument.range() == call.range());
    call.parent().is_some_and(|outer| outer.kind() == LIST || outer.kind() == APPLY && is_argument(outer))
}
