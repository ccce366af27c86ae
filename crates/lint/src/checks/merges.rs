//! Sets that are defined in parts, of which some are recursive.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::{Context, rec_keyword};
use crate::rules::names::{MERGE_DIFF_REC, MERGE_REC};

/// The plain names of an entry's path.
fn path<'t>(entry: Node<'t>) -> Option<Vec<&'t [u8]>> {
    let path = entry.children().next().filter(|path| entry.kind() == BINDING && path.kind() == ATTRPATH)?;
    path.children().map(|attr| (attr.kind() == NAME).then(|| attr.text())).collect()
}

/// `a = rec { … };` beside other definitions of `a`.
pub(super) fn recursive<'t>(context: &mut Context<'t>, node: Node<'t>) {
    let Some(keyword) = rec_keyword(node) else { return };
    let [.., entries, entry] = context.around.as_slice() else { return };
    let (entries, entry) = (*entries, *entry);
    if !matches!(entries.kind(), ATTR_SET | LET_IN | LEGACY_LET) {
        return;
    }
    let Some(own) = path(entry) else { return };
    let Some(name) = own.first().copied() else { return };
    let tree = context.tree;
    // Sets with hundreds of recursive ones are looked at once.
    let firsts = context.first_names.entry(entries.index()).or_insert_with(|| {
        let mut firsts = rustc_hash::FxHashMap::<&[u8], Vec<u32>>::default();
        for entry in entries.children() {
            if let Some(first) = path(entry).and_then(|path| path.first().copied()) {
                firsts.entry(first).or_default().push(entry.index());
            }
        }
        firsts
    });
    let Some(same) = firsts.get(name).filter(|same| (2..=256).contains(&same.len())) else { return };
    // Those that define the same set or attributes of it.
    let parts = same.iter().filter_map(|index| tree.node(*index)).filter(|part| path(*part).is_some_and(|path| path.starts_with(&own)));
    let parts: Vec<Node<'_>> = parts.collect();
    let Some(first) = parts.first().copied() else { return };
    if first == entry {
        for part in parts.iter().skip(1) {
            let place = part.children().next().map_or(part.range(), |path| path.range());
            let message = "this is merged into a `rec` set, whose attributes see it by its name";
            let diagnostic = context.report(&MERGE_REC, place, message);
            *diagnostic = diagnostic.clone().related(keyword, "the `rec` set");
        }
        return;
    }
    let is_recursive = |part: Node<'_>| {
        part.children().nth(1).is_some_and(|value| value.kind() == ATTR_SET && rec_keyword(value).is_some())
            && path(part).is_some_and(|path| path == own)
    };
    if !is_recursive(first) {
        let message = "this `rec` is ignored, because the set is merged into one that is not recursive";
        let diagnostic = context.report(&MERGE_DIFF_REC, keyword, message);
        let place = first.children().next().map_or(first.range(), |path| path.range());
        *diagnostic = diagnostic.clone().related(place, "the set is defined here first");
    }
}
