//! All safe fixes of a file at once, until there are no more: one fix may make another possible.

use std::sync::Arc;

use nival_engine::{Cancellable, Snapshot};
use nival_syntax::{TextRange, flat};

use super::{ActionId, ActionKind, CodeAction, Effect, Found};
use crate::cursor::FileView;
use crate::diagnostics::{Fix, of_analysis};
use crate::source_change::{Draft, SourceChange};
use crate::tidy::tidy;

pub(super) const ID: &str = "fix-all";

/// Rounds at most. Two rules that undo each other would go on for ever.
const MAX_ROUNDS: usize = 25;

/// Whether a fix can be applied unseen.
pub(super) fn is_safe(fix: &Fix) -> bool {
    fix.safe && fix.preferred && !fix.edits.is_empty()
}

pub(super) fn add(snapshot: &Snapshot, view: &FileView, found: &mut Found<'_>) -> Cancellable<()> {
    let id = ActionId { name: ID.to_owned(), index: 0 };
    let change = if found.wants(&id) { change(snapshot, view, found)? } else { None };
    found.offer(
        CodeAction {
            id,
            title: "Fix all problems that can be fixed safely".to_owned(),
            kind: ActionKind::FixAll,
            preferred: false,
            diagnostic: None,
            disabled: None,
            effect: Effect::Change { operations: false },
        },
        change,
    );
    Ok(())
}

fn change(snapshot: &Snapshot, view: &FileView, found: &Found<'_>) -> Cancellable<Option<SourceChange>> {
    let mut draft = Draft::new(view.text.clone());
    for _ in 0..MAX_ROUNDS {
        snapshot.check()?;
        let text: Arc<str> = draft.text().into();
        let now = FileView::of_tree(text.clone(), Arc::new(flat::parse(text.as_bytes())));
        let mut round = SourceChange::new();
        // What the fixes of this round reach over, sorted. One that touches it waits for the next round.
        let mut taken: Vec<TextRange> = Vec::new();
        for diagnostic in of_analysis(&now.tree, &now.lowered, snapshot.config(), found.path) {
            let Some(fix) = diagnostic.fixes.iter().find(|fix| is_safe(fix)) else { continue };
            let Some(reach) = fix.edits.iter().map(|edit| edit.range).reduce(TextRange::cover) else { continue };
            let at = taken.partition_point(|range| range.end() < reach.start());
            if taken.get(at).is_some_and(|range| range.start() <= reach.end()) {
                continue;
            }
            let Ok(change) = SourceChange::of_file(found.path.clone(), fix.edits.iter().cloned()) else { continue };
            if round.extend(change).is_ok() {
                taken.insert(at, reach);
            }
        }
        let Some((_, edits)) = round.edits().next() else { break };
        if draft.apply(edits).is_none() {
            break;
        }
    }
    let change = SourceChange::of_file(found.path.clone(), draft.edits()).ok();
    Ok(change.map(|change| tidy(snapshot, &change)))
}
