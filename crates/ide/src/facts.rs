//! What shapes say of the thing under a cursor, as plain data: a line, where it is defined, its documentation.

use std::path::Path;
use std::sync::Arc;

use nival_engine::{Cancellable, FileRange, Snapshot};
use nival_hir::module::{AttrName, ExprId};
use nival_hir::scopes::{BindingKind, Target};
use nival_shape::{Attribute, Place, PlaceKind, Shapes, Thunk, place_range};
use nival_source::{Db, SourceFile};
use nival_syntax::{Name, TextRange};

use crate::cursor::{FileView, Subject};
use crate::docs;
use crate::options;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The shape in a line.
    pub shape: Option<String>,
    pub documentation: Option<String>,
    /// Where it is defined, beyond the names of the text itself: the range of the name, and of what defines it.
    pub definitions: Vec<(FileRange, TextRange)>,
    /// Where its value is made.
    pub value: Option<(FileRange, TextRange)>,
}

/// Asks about a subject.
///
/// # Errors
/// Cancelled.
pub(crate) fn facts(snapshot: &Snapshot, path: &Path, view: &FileView, subject: &Subject) -> Cancellable<Facts> {
    with_shapes(snapshot, path, view, |shapes, db, file| {
        let mut facts = Facts::default();
        let Some((thunk, place)) = resolve(shapes, view, file, subject) else { return facts };
        facts.definitions.extend(place.and_then(|place| location(db, place)));
        facts.documentation = documentation(db, shapes, place, thunk);
        facts.value = shapes.value_place(thunk).and_then(|place| location(db, place));
        facts.shape = shapes.describe(thunk);
        facts
    })
    .map(Option::unwrap_or_default)
}

/// Everything that provides what a subject selects, what counts first.
pub(crate) fn providers(snapshot: &Snapshot, path: &Path, view: &FileView, subject: &Subject) -> Cancellable<Vec<(FileRange, TextRange)>> {
    with_shapes(snapshot, path, view, |shapes, db, file| {
        let Subject::Selection { base, before, name, .. } = subject else { return Vec::new() };
        let names = names_of(shapes, file, *base, before, *name);
        shapes.providers(shapes.expr(file, *base), &names).into_iter().filter_map(|place| location(db, place)).collect()
    })
    .map(Option::unwrap_or_default)
}

/// Asks about a file of which `view` is the present text; nothing if it is not.
pub(crate) fn with_shapes<T>(
    snapshot: &Snapshot,
    path: &Path,
    view: &FileView,
    ask: impl for<'db> FnOnce(Shapes<'db>, &'db dyn Db, SourceFile) -> T,
) -> Cancellable<Option<T>> {
    snapshot.with_db(|db| {
        let file = db.files().get(db, path);
        Arc::ptr_eq(nival_hir::queries::module(db, file), &view.lowered.module).then(|| ask(Shapes::new(db), db, file))
    })
}

fn resolve<'db>(shapes: Shapes<'db>, view: &FileView, file: SourceFile, subject: &Subject) -> Option<(Thunk<'db>, Option<Place>)> {
    match subject {
        Subject::Use { expr, target, .. } => {
            let place = match target {
                Target::With(_) => shapes.target(file, *expr).and_then(|found| found.place),
                Target::Binding(binding) => {
                    let inherited = view.lowered.scopes.binding(*binding).is_some_and(|binding| binding.inherited);
                    let formal = is_formal(view, *binding);
                    if inherited || formal { shapes.target(file, *expr).and_then(|found| found.place) } else { None }
                }
                _ => None,
            };
            Some((shapes.expr(file, *expr), place))
        }
        Subject::Definition { binding, .. } => {
            let bound = view.lowered.scopes.binding(*binding)?;
            let scope = view.lowered.scopes.scope(bound.scope)?;
            let thunk = shapes.variable(file, scope.lambda, bound.slot)?;
            let place = if is_formal(view, *binding) { shapes.argument_place(thunk) } else { None };
            Some((thunk, place))
        }
        Subject::AttrDefinition { value, range, .. } => {
            // A module sets an option that another one declares.
            let around = view.tree.nodes_covering(*range);
            let place = options::declaration(shapes, file, &around);
            Some((shapes.expr(file, *value), place))
        }
        Subject::Selection { base, before, name, .. } => {
            let names = names_of(shapes, file, *base, before, *name);
            let Attribute { value, place, .. } = shapes.attribute(shapes.expr(file, *base), &names).ok()?;
            Some((value, place))
        }
        Subject::Path { .. } | Subject::SearchPath { .. } => None,
    }
}

fn is_formal(view: &FileView, binding: nival_hir::scopes::BindingId) -> bool {
    view.lowered.scopes.binding(binding).is_some_and(|binding| binding.kind == BindingKind::Formal)
}

/// The names of a path; those that are worked out and not known are empty.
fn names_of(shapes: Shapes<'_>, file: SourceFile, owner: ExprId, path: &[AttrName], last: Name) -> Vec<Name> {
    path.iter().map(|part| shapes.name_of(file, owner, *part)).chain([last]).collect()
}

/// A place as a range of a file: what an editor shows, and the name in it.
pub(crate) fn location(db: &dyn Db, place: Place) -> Option<(FileRange, TextRange)> {
    let range = place_range(db, place);
    let path = db.files().shown_path(place.file.id(db)).unwrap_or_else(|| place.file.path(db).clone());
    let full = match place.kind {
        PlaceKind::Attr { .. } => crate::tree::binding_around(nival_hir::flat_tree(db, place.file), range),
        _ => range,
    };
    Some((FileRange { path, range: if full.contains_range(range) { full } else { range } }, range))
}

/// What is written before a definition, or before the function that is its value, or what a builtin says of itself.
pub(crate) fn documentation<'db>(db: &'db dyn Db, shapes: Shapes<'db>, place: Option<Place>, thunk: Thunk<'db>) -> Option<String> {
    let written = |place: Place| {
        if place.kind == PlaceKind::File {
            return None;
        }
        let comment = || docs::doc_at(nival_hir::flat_tree(db, place.file), place_range(db, place).start());
        options::documentation(db, place).or_else(comment)
    };
    place.and_then(written).or_else(|| shapes.function_place(thunk).and_then(written)).or_else(|| {
        shapes.builtin(thunk).filter(|&(_, given)| given == 0).and_then(|(name, _)| docs::builtin(name)).map(|b| b.doc.to_owned())
    })
}
