//! `inherit`: empty, or where it would be shorter; and names that many entries repeat.

use nival_hir::diagnostic::{Diagnostic, Edit};
use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::Context;
use super::context::same_code;
use super::edits::{remove, replace};
use crate::rules::style::{MANUAL_INHERIT, MANUAL_INHERIT_FROM, REPEATED_KEYS};
use crate::rules::unused::EMPTY_INHERIT;

/// `inherit;`.
pub(super) fn empty<'t>(context: &mut Context<'t>, node: Node<'t>) {
    if node.children().any(|child| child.kind() != INHERIT_FROM) {
        return;
    }
    let commented = context.comment_in(node.range());
    let edit = remove(context.tree, node.range());
    let diagnostic = context.report(&EMPTY_INHERIT, node.range(), "this `inherit` takes over nothing");
    if !commented {
        *diagnostic = diagnostic.clone().fix("Remove the empty `inherit`", vec![edit]);
    }
}

/// The plain name that an entry defines, and its value.
fn plain<'t>(entry: Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
    if entry.kind() != BINDING {
        return None;
    }
    let mut children = entry.children();
    let (path, value) = (children.next()?, children.next()?);
    let mut attrs = path.children();
    let name = attrs.next().filter(|name| name.kind() == NAME)?;
    attrs.next().is_none().then_some((name, value))
}

/// What an entry could inherit its name from: `Some(None)` for what is around.
fn source<'t>(entry: Node<'t>, recursive: bool) -> Option<Option<Node<'t>>> {
    // Most values are neither.
    if !entry.children().nth(1).is_some_and(|value| matches!(value.kind(), NAME_REF | SELECT)) {
        return None;
    }
    let (name, value) = plain(entry)?;
    match value.kind() {
        // In a recursive set it would be its own value.
        NAME_REF => (!recursive && value.text() == name.text()).then_some(None),
        SELECT => {
            let mut children = value.children();
            let (base, path) = (children.next()?, children.next()?);
            let mut attrs = path.children();
            let attr = attrs.next()?;
            let fits = children.next().is_none() && attrs.next().is_none() && attr.kind() == NAME && attr.text() == name.text();
            // `inherit (a) a` in a recursive set would look for itself, as `a = a.a` does: whoever wrote that is in error.
            let fits = fits && matches!(base.kind(), NAME_REF) && !(recursive && base.text() == name.text());
            fits.then_some(Some(base))
        }
        _ => None,
    }
}

fn same_source(a: Option<Node<'_>>, b: Option<Node<'_>>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => same_code(a, b),
        _ => false,
    }
}

/// Bindings that are an `inherit` written out. Neighbours with the same source become one.
pub(super) fn in_entries<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let recursive = node.kind() == LET_IN || super::rec_keyword(node).is_some();
    let mut run: Vec<Node<'_>> = Vec::new();
    let mut from: Option<Option<Node<'_>>> = None;
    for entry in node.children() {
        let next = source(entry, recursive);
        let goes_on = match (next, from) {
            (Some(next), Some(from)) => same_source(next, from) && follows(context, run.last(), entry),
            _ => false,
        };
        if !goes_on {
            finish(context, &run, from.flatten());
            run.clear();
        }
        from = next;
        if next.is_some() {
            run.push(entry);
        }
    }
    finish(context, &run, from.flatten());
}

/// Whether nothing but the end of a line stands between two entries.
fn follows(context: &Context<'_>, before: Option<&Node<'_>>, entry: Node<'_>) -> bool {
    let Some(before) = before else { return false };
    let between = nival_syntax::TextRange::new(before.range().end(), entry.range().start());
    let text = context.text(between);
    text.bytes().all(|c| c.is_ascii_whitespace()) && text.bytes().filter(|c| *c == b'\n').count() <= 1
}

fn finish(context: &mut Context<'_>, run: &[Node<'_>], from: Option<Node<'_>>) {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
    let commented = context.comment_in(first.range().cover(last.range()));
    let names: Vec<&str> = run.iter().filter_map(|entry| plain(*entry)).map(|(name, _)| context.text(name.range())).collect();
    let source = from.map(|from| context.text(from.range()));
    let head = source.map_or("inherit".to_owned(), |source| format!("inherit ({source})"));
    let text = format!("{head} {};", names.join(" "));
    let edits: Vec<Edit> = vec![replace(first.range().cover(last.range()), &*text)];
    for (entry, name) in run.iter().zip(&names) {
        let (rule, message) = match source {
            None => (&MANUAL_INHERIT, format!("`{name}` is taken over from outside")),
            Some(source) => (&MANUAL_INHERIT_FROM, format!("`{name}` is taken over from `{source}`")),
        };
        let diagnostic = context.report(rule, entry.range(), message);
        if !commented {
            let title = if text.len() <= 60 { format!("Write `{text}`") } else { format!("Write `{head} …;`") };
            *diagnostic = Diagnostic::clone(diagnostic).fix(title, edits.clone());
        }
    }
}

/// Three entries or more whose paths begin with the same name.
pub(super) fn repeated_keys<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let mut firsts: Vec<(&[u8], Node<'_>)> = Vec::new();
    for entry in node.children().filter(|entry| entry.kind() == BINDING) {
        let Some(path) = entry.children().next() else { continue };
        let mut attrs = path.children();
        if let (Some(first), Some(_)) = (attrs.next().filter(|first| first.kind() == NAME), attrs.next()) {
            firsts.push((first.text(), first));
        }
    }
    if firsts.len() < 3 {
        return;
    }
    // Stable, so that those with the same name stay in the order of the text.
    firsts.sort_by_key(|(name, _)| *name);
    for same in firsts.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() >= 3) {
        let [(name, first), others @ ..] = same else { continue };
        let message = format!("{} attributes begin with `{}`", same.len(), String::from_utf8_lossy(name));
        let related: Vec<_> = others.iter().take(3).map(|(_, other)| other.range()).collect();
        let diagnostic = context.report(&REPEATED_KEYS, first.range(), message);
        for other in related {
            *diagnostic = Diagnostic::clone(diagnostic).related(other, "here, too");
        }
    }
}
