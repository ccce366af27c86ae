//! Fixes of diagnostics as actions.

use nival_engine::{Cancellable, Snapshot};

use super::{ActionKind, ActionQuery, CodeAction, Effect, Found, Wanted, fix_all};
use crate::cursor::FileView;
use crate::diagnostics::{Diagnostic, diagnostics};
use crate::source_change::SourceChange;
use crate::tidy::tidy;

/// The name of fixes; they are told apart by their index.
const FIX: &str = "fix";

pub(super) fn run(snapshot: &Snapshot, query: &ActionQuery<'_>, view: &FileView, found: &mut Found<'_>) -> Cancellable<()> {
    let quick = query.kinds.contains(&ActionKind::QuickFix) && found.may_want(FIX);
    let all = query.kinds.contains(&ActionKind::FixAll) && found.may_want(fix_all::ID);
    // Actions that repair something name it.
    if !query.kinds.contains(&ActionKind::QuickFix) && !all {
        return Ok(());
    }
    let diagnostics = diagnostics(snapshot, query.path)?;
    let here = |diagnostic: &&Diagnostic| diagnostic.range.intersect(query.range).is_some();
    if quick {
        for diagnostic in diagnostics.iter().filter(here) {
            add(diagnostic, found);
        }
    }
    // Nobody who moves the cursor wants to hear of the whole file; who sees one problem may want to be rid of all. To work out what that
    // changes takes too long for who only looks.
    let all = all && (query.explicit || found.wanted != Wanted::All);
    let near = query.explicit || diagnostics.iter().filter(here).any(|diagnostic| diagnostic.fixes.iter().any(fix_all::is_safe));
    if all && near && diagnostics.iter().any(|diagnostic| diagnostic.fixes.iter().any(fix_all::is_safe)) {
        fix_all::add(snapshot, view, found)?;
    }
    found.diagnostics = diagnostics.into_iter().filter(|diagnostic| here(&diagnostic)).collect();
    Ok(())
}

fn add(diagnostic: &Diagnostic, found: &mut Found<'_>) {
    for fix in &diagnostic.fixes {
        let id = found.next_id(FIX);
        let change = if found.wants(&id) { SourceChange::of_file(found.path.clone(), fix.edits.iter().cloned()).ok() } else { None };
        let change = change.map(|change| tidy(found.snapshot, &change));
        found.offer(
            CodeAction {
                id,
                title: fix.title.clone(),
                kind: ActionKind::QuickFix,
                preferred: fix.preferred,
                diagnostic: Some(diagnostic.clone()),
                disabled: None,
                effect: Effect::Change { operations: false },
            },
            change,
        );
    }
}
