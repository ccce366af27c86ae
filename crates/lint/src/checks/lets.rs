//! `let`s that are old, empty, or one too many.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;
use nival_syntax::{TextRange, TextSize, TreeNode};
use rustc_hash::FxHashSet;

use super::edits::{insert, remove, replace, would_join};
use super::{Context, token_range};
use crate::rules::names::DEPRECATED_LET_MISSING_BODY;
use crate::rules::style::{COLLAPSIBLE_LET, DEPRECATED_LET};
use crate::rules::unused::EMPTY_LET;

/// The only name of a path.
fn only_name<'t>(binding: Node<'t>) -> Option<Node<'t>> {
    let path = binding.children().next().filter(|path| path.kind() == ATTRPATH)?;
    let mut attrs = path.children();
    let first = attrs.next()?;
    attrs.next().is_none().then_some(first)
}

/// Names that a `let` or set binds. `None` where some are not plainly written.
pub(super) fn bound_names<'t>(node: Node<'t>) -> Option<Vec<&'t [u8]>> {
    let mut names = Vec::new();
    for entry in node.children() {
        match entry.kind() {
            BINDING => {
                let first = entry.children().next()?.children().next()?;
                names.push((first.kind() == NAME).then(|| first.text())?);
            }
            INHERIT => {
                for name in entry.children().filter(|child| child.kind() != INHERIT_FROM) {
                    names.push((name.kind() == NAME).then(|| name.text())?);
                }
            }
            _ => {}
        }
    }
    Some(names)
}

/// `let { …; body = e; }`.
pub(super) fn legacy<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let Some(keyword) = token_range(node, LET_KW) else { return };
    let names = bound_names(node);
    if names.as_ref().is_some_and(|names| !names.iter().any(|name| *name == b"body")) {
        context.report(&DEPRECATED_LET_MISSING_BODY, keyword, "this `let` has no attribute `body`, which would be its value");
    }
    let edits = as_let_in(context, node, names.is_some());
    let diagnostic = context.report(&DEPRECATED_LET, keyword, "`let { … }` is deprecated; write `let … in body`");
    if let Some(edits) = edits {
        *diagnostic = diagnostic.clone().fix("Write `let … in …`", edits);
    }
}

fn as_let_in(context: &mut Context<'_>, node: Node<'_>, plain: bool) -> Option<Vec<nival_hir::diagnostic::Edit>> {
    let mut bodies =
        node.children().filter(|entry| entry.kind() == BINDING && only_name(*entry).is_some_and(|name| name.text() == b"body"));
    let body = bodies.next().filter(|_| plain)?;
    let id = context.set_scope(node.range())?;
    let scope = context.scopes().scope(id)?;
    let (id, _) = context.scopes().bindings_of(scope).find(|(_, binding)| binding.name.as_bytes() == b"body")?;
    let used = context.uses.binding(id);
    let value = body.children().nth(1)?;
    let (open, close) = (token_range(node, L_BRACE)?, token_range(node, R_BRACE)?);
    let around_value = TextRange::new(body.range().start(), value.range().start());
    let behind_value = TextRange::new(value.range().end(), body.range().end());
    let overrides = context.scopes().bindings_of(scope).any(|(_, binding)| binding.name.as_bytes() == b"__overrides");
    if used || overrides || context.is_long(value.range()) || context.comment_in(around_value) || context.comment_in(behind_value) {
        return None;
    }
    let text = context.text(value.range());
    let loose = context.is_loose();
    let bytes = context.tree.text();
    let blanks = bytes.get(..usize::from(open.start())).unwrap_or_default().iter().rev().take_while(|c| matches!(c, b' ' | b'\t')).count();
    let start = open.start() - TextSize::new(blanks as u32);
    let gap = if would_join(bytes, start.into(), open.end().into()) { " " } else { "" };
    let mut edits = vec![replace(TextRange::new(start, open.end()), gap), remove(context.tree, body.range())];
    edits.push(replace(close, if loose { format!("in {text}") } else { format!("in {text})") }));
    if !loose {
        edits.push(insert(node.range().start(), "("));
    }
    Some(edits)
}

/// `let in e`.
pub(super) fn empty<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let (Some(start), Some(end)) = (token_range(node, LET_KW), token_range(node, IN_KW)) else { return };
    if node.children().any(|child| child.range().start() < end.end()) {
        return;
    }
    let range = start.cover(end);
    let commented = context.comment_in(range);
    let edit = remove(context.tree, range);
    let diagnostic = context.report(&EMPTY_LET, range, "this `let` defines nothing");
    if !commented {
        *diagnostic = diagnostic.clone().fix("Remove the empty `let`", vec![edit]);
    }
}

/// `let … in let … in e`, where the two bind and use no names that the other binds.
pub(super) fn collapsible<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let Some(inner) = node.children().last().filter(|body| body.kind() == LET_IN) else { return };
    if context.collapsed == Some(node.index()) {
        return;
    }
    let (Some(in_token), Some(let_token)) = (TreeNode::token(&node, IN_KW), TreeNode::token(&inner, LET_KW)) else { return };
    let (Some(outer_names), Some(inner_names)) = (bound_names(node), bound_names(inner)) else { return };
    if outer_names.is_empty() || inner_names.is_empty() {
        return;
    }
    let inner_names: FxHashSet<&[u8]> = inner_names.into_iter().collect();
    if outer_names.iter().any(|name| inner_names.contains(name)) {
        return;
    }
    // `inherit x;` of the inner one would not see the names of the outer one any more: it sees what is around the `let`.
    let outer: FxHashSet<&[u8]> = outer_names.into_iter().collect();
    let plain_inherits =
        inner.children().filter(|entry| entry.kind() == INHERIT && !entry.children().any(|child| child.kind() == INHERIT_FROM));
    if plain_inherits.flat_map(|entry| entry.children()).any(|name| outer.contains(name.text())) {
        return;
    }
    // What the outer one uses must not be captured.
    let head = TextRange::new(node.range().start(), in_token.range().start());
    let references = context.scopes().references();
    let first = references.partition_point(|reference| reference.range.start() < head.start());
    let captured = references.iter().skip(first).take_while(|reference| reference.range.start() < head.end());
    if captured.into_iter().any(|reference| inner_names.contains(reference.name.as_bytes())) {
        return;
    }
    let range = in_token.range().cover(let_token.range());
    let alone = |range: TextRange| remove(context.tree, range);
    let (first, second) = (alone(in_token.range()), alone(let_token.range()));
    let edits = if first.range.end() >= second.range.start() {
        if context.comment_in(range) {
            vec![replace(in_token.range(), ""), replace(let_token.range(), "")]
        } else {
            vec![remove(context.tree, range)]
        }
    } else {
        vec![first, second]
    };
    context.collapsed = Some(inner.index());
    let diagnostic = context.report(&COLLAPSIBLE_LET, range, "these two `let`s can be one");
    let outer_keyword = TextRange::at(head.start(), let_token.range().len());
    *diagnostic = diagnostic.clone().related(outer_keyword, "the outer `let`").fix("Make one `let` of them", edits);
}
