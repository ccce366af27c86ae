//! Whether every name of a text means after a change what it meant before.

use std::sync::Arc;

use nival_hir::Scopes;
use nival_hir::scopes::{BindingKind, Reference, Target};
use nival_syntax::{TextRange, TextSize};
use rustc_hash::FxHashMap;

use super::edits::{Change, Moved};
use super::{RenameError, line_of};
use crate::cursor::FileView;

/// The text after the changes, which are sorted and do not overlap.
pub(super) fn changed(text: &str, changes: &[Change]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for change in changes {
        out.push_str(text.get(at..change.range.start().into()).unwrap_or_default());
        out.push_str(&change.insert);
        at = change.range.end().into();
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Where things of the old text stand in the new one.
pub(super) struct Places<'a> {
    changes: &'a [Change],
    definitions: FxHashMap<TextSize, TextSize>,
    /// A name may come to stand in two places: the source of an `inherit` that is written out.
    uses: FxHashMap<TextSize, Vec<TextSize>>,
}

impl<'a> Places<'a> {
    pub fn new(changes: &'a [Change]) -> Self {
        let mut places = Places { changes, definitions: FxHashMap::default(), uses: FxHashMap::default() };
        for change in changes {
            let start = places.shifted(change.range.start(), change);
            for moved in &change.moves {
                let to = start + TextSize::new(moved.offset);
                match moved.what {
                    Moved::Definition => drop(places.definitions.insert(moved.from, to)),
                    Moved::Use => places.uses.entry(moved.from).or_default().push(to),
                }
            }
        }
        places
    }

    /// An old offset after the changes that come before it, and before `until`.
    fn shifted(&self, at: TextSize, until: &Change) -> TextSize {
        let before = self.changes.iter().take_while(|change| !std::ptr::eq(*change, until));
        Self::shift(at, before)
    }

    fn shift<'c>(at: TextSize, changes: impl Iterator<Item = &'c Change>) -> TextSize {
        let mut new = i64::from(u32::from(at));
        for change in changes.take_while(|change| change.range.end() <= at) {
            new += change.insert.len() as i64 - i64::from(u32::from(change.range.len()));
        }
        TextSize::new(u32::try_from(new).unwrap_or_default())
    }

    /// Where a place is that nothing happened to.
    pub fn plain(&self, at: TextSize) -> TextSize {
        Self::shift(at, self.changes.iter())
    }

    /// Whether the text of a range is not there any more.
    pub fn removed(&self, range: TextRange) -> bool {
        self.changes.iter().any(|change| {
            let replaced = change.range == range;
            change.range.contains_range(range) && !range.is_empty() && !(replaced && change.moves.is_empty() && !change.insert.is_empty())
        })
    }

    /// Where a definition begins.
    pub fn definition(&self, range: TextRange) -> TextSize {
        self.definitions.get(&range.start()).copied().unwrap_or_else(|| self.plain(range.start()))
    }

    fn uses(&self, range: TextRange) -> Vec<TextSize> {
        let mut places = self.uses.get(&range.start()).cloned().unwrap_or_default();
        if !self.removed(range) {
            places.push(self.plain(range.start()));
        }
        places
    }
}

/// # Errors
/// The first name that would mean something else.
pub(super) fn verify(view: &FileView, changes: &[Change], new: &str) -> Result<(), RenameError> {
    let text: Arc<str> = changed(&view.text, changes).into();
    let after = FileView::of_tree(text.clone(), Arc::new(nival_syntax::flat::parse(text.as_bytes())));
    let (before, old_errors) = (&view.lowered.scopes, &view.lowered.errors);
    let places = Places::new(changes);
    let line = |at| line_of(&view.text, at);

    let is_renamed = |reference: &Reference| {
        let start = reference.range.start();
        let first = changes.partition_point(|change| change.range.end() <= start);
        changes.get(first).is_some_and(|change| change.range == reference.range || change.moves.iter().any(|moved| moved.from == start))
    };
    // Names that are not written (`<x>` means `__findFile`) may stand in one place.
    let key = |reference: &Reference, place: TextSize| (place, reference.range.is_empty().then_some(reference.name));
    let by_place: FxHashMap<_, &Reference> = after.lowered.scopes.references().iter().map(|r| (key(r, r.range.start()), r)).collect();
    for reference in before.references() {
        for place in places.uses(reference.range) {
            let found = by_place.get(&key(reference, place));
            if found.is_some_and(|found| same(before, &after.lowered.scopes, &places, reference.target, found.target)) {
                continue;
            }
            let line = line(reference.range.start());
            let target = found.map(|found| found.target);
            if is_renamed(reference) {
                let definition = match target {
                    Some(Target::Binding(id)) => after.lowered.scopes.binding(id).map(|b| line_of(&after.text, b.range.start())),
                    _ => None,
                };
                return Err(match definition {
                    Some(definition) => RenameError::Captured { new: new.to_owned(), definition, line },
                    None => RenameError::Changes { name: new.to_owned(), line },
                });
            }
            return Err(if reference.name.as_bytes() == new.as_bytes() {
                RenameError::Captures { new: new.to_owned(), line }
            } else {
                RenameError::Changes { name: reference.name.to_string(), line }
            });
        }
    }
    if after.lowered.errors.len() > old_errors.len() {
        let known = |kind: &nival_hir::LowerErrorKind| old_errors.iter().any(|error| error.kind == *kind);
        let error = after.lowered.errors.iter().find(|error| !known(&error.kind)).or(after.lowered.errors.first());
        return Err(RenameError::Exists(error.map(ToString::to_string).unwrap_or_default()));
    }
    Ok(())
}

fn same(before: &Scopes, after: &Scopes, places: &Places<'_>, old: Target, new: Target) -> bool {
    match (old, new) {
        (Target::Binding(old), Target::Binding(new)) => match (before.binding(old), after.binding(new)) {
            (Some(old), Some(new)) if old.kind == BindingKind::Extra => old.name == new.name && new.kind == BindingKind::Extra,
            (Some(old), Some(new)) => places.definition(old.range) == new.range.start(),
            _ => false,
        },
        (Target::Global(old), Target::Global(new)) => old == new,
        (Target::With(old), Target::With(new)) => match (before.scope(old), after.scope(new)) {
            (Some(old), Some(new)) => places.plain(old.range.start()) == new.range.start(),
            _ => false,
        },
        (Target::Undefined, Target::Undefined) => true,
        _ => false,
    }
}
