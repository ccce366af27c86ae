//! An attribute's new name in all files that use it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_engine::{Cancelled, Snapshot};
use nival_index::View;
use nival_source::Db;
use nival_syntax::literal::identifier;
use nival_syntax::{Name, TextRange, TextSize};
use rustc_hash::FxHashSet;

use super::edits::Change;
use super::verify::{Places, changed};
use super::{RenameError, line_of, occurrences, written};
use crate::cursor::FileView;
use crate::references::{Attribute, FileUses, Use, UseKind, in_file, mentions};

/// A file, and what is changed in it.
pub(super) type FileChanges = (Arc<Path>, Vec<Change>);

/// The changes of each file.
///
/// What is used through a set that hands the attribute on under its old name is not renamed: the new texts tell. They are asked again
/// where each use leads, and those that lead nowhere are left as they were.
pub(super) fn changes(
    snapshot: &Snapshot,
    index: &View,
    attribute: &Attribute,
    mut files: Vec<FileUses>,
    new: &str,
) -> Result<Vec<FileChanges>, RenameError> {
    uncertain(snapshot, index, attribute)?;
    let mut left: FxHashSet<(Arc<Path>, TextRange)> = FxHashSet::default();
    for _ in 0..2 {
        let drafts = files.iter().map(|file| Draft::new(snapshot, file, attribute.name, new)).collect::<Result<Vec<_>, _>>()?;
        let strays = strays(snapshot, index, attribute, &drafts, new, &left)?;
        if strays.is_empty() {
            return Ok(drafts.into_iter().filter(|draft| !draft.changes.is_empty()).map(|draft| (draft.path, draft.changes)).collect());
        }
        for file in &mut files {
            file.uses.retain(|found| !strays.contains(&(Arc::clone(&file.path), found.range)));
        }
        left.extend(strays);
    }
    Err(RenameError::Unclear(format!("after the change `{new}` would not lead to where it is defined everywhere")))
}

/// Refuses where the file that defines it, or one that names that file, says the name of something of which nothing is known: it may
/// be this attribute, and would be lost.
fn uncertain(snapshot: &Snapshot, index: &View, attribute: &Attribute) -> Result<(), RenameError> {
    let mut near: Vec<Arc<Path>> = Vec::new();
    for (path, _) in &attribute.places {
        near.push(Arc::clone(path));
        near.extend(index.callers(path).into_iter().map(|caller| caller.path));
    }
    near.sort();
    near.dedup();
    near.retain(|path| index.get(path).is_some_and(|summary| summary.mentions(attribute.name)));
    snapshot.apart(&[], |db| {
        for path in near {
            snapshot.check().map_err(|Cancelled| RenameError::Cancelled)?;
            let file = db.files().get(db, &path);
            let unknown =
                mentions(db, file, nival_hir::lowered(db, file), attribute.name).into_iter().find(|mention| mention.place.is_none());
            if let Some(unknown) = unknown {
                let line = line_of(file.contents(db).text(), unknown.use_.range.start());
                return Err(RenameError::Uncertain { name: attribute.name.to_string(), path: path.display().to_string(), line });
            }
        }
        Ok(())
    })
}

/// One file before and after.
struct Draft {
    path: Arc<Path>,
    canonical: Arc<Path>,
    uses: Vec<Use>,
    changes: Vec<Change>,
    text: Arc<str>,
}

impl Draft {
    fn new(snapshot: &Snapshot, file: &FileUses, old: Name, new: &str) -> Result<Draft, RenameError> {
        let view = FileView::glance(snapshot, &file.path)?.ok_or_else(|| RenameError::Incomplete(old.to_string()))?;
        let (places, variable) = occurrences::of_attribute(&view, &file.uses, old)?;
        let changes = written(&view, &places, old, new, variable)?;
        let text = changed(&view.text, &changes).into();
        let canonical = snapshot.system().canonicalize(&file.path).map_or_else(|_| Arc::clone(&file.path), Arc::from);
        Ok(Draft { path: Arc::clone(&file.path), canonical, uses: file.uses.clone(), changes, text })
    }
}

/// The uses that would not mean the attribute any more. Those that were left as they are must still mean something.
fn strays(
    snapshot: &Snapshot,
    index: &View,
    attribute: &Attribute,
    drafts: &[Draft],
    new: &str,
    left: &FxHashSet<(Arc<Path>, TextRange)>,
) -> Result<FxHashSet<(Arc<Path>, TextRange)>, RenameError> {
    let length = TextSize::of(identifier(new.as_bytes()).as_str());
    let places = attribute.places.iter().filter_map(|(path, range)| {
        let draft = drafts.iter().find(|draft| draft.canonical == *path)?;
        Some((Arc::clone(path), TextRange::at(Places::new(&draft.changes).definition(*range), length)))
    });
    let renamed = Attribute { name: Name::new(new), places: places.collect() };
    let texts: Vec<(PathBuf, Arc<str>)> = drafts.iter().map(|draft| (draft.path.to_path_buf(), Arc::clone(&draft.text))).collect();
    snapshot.apart(&texts, |db| {
        let mut strays = FxHashSet::default();
        for draft in drafts {
            snapshot.check().map_err(|Cancelled| RenameError::Cancelled)?;
            let places = Places::new(&draft.changes);
            let after: FxHashSet<TextSize> = in_file(db, index, &draft.path, &renamed).iter().map(|found| found.range.start()).collect();
            // An `inherit` may have become a binding, and arguments are filled by what the index knows of the old texts.
            let told = draft.uses.iter().filter(|found| matches!(found.kind, UseKind::Selection | UseKind::Setting | UseKind::With));
            let lost = told.filter(|found| !places.removed(found.range) && !after.contains(&places.plain(found.range.start())));
            strays.extend(lost.map(|found| (Arc::clone(&draft.path), found.range)));
        }
        // What keeps the old name must still lead somewhere: to the set that hands it on.
        for (path, range) in left {
            let file = db.files().get(db, path);
            let draft = drafts.iter().find(|draft| draft.path == *path);
            let start = draft.map_or(range.start(), |draft| Places::new(&draft.changes).plain(range.start()));
            let found = mentions(db, file, nival_hir::lowered(db, file), attribute.name);
            if !found.iter().any(|mention| mention.use_.range.start() == start && mention.place.is_some()) {
                let line = line_of(file.contents(db).text(), start);
                return Err(RenameError::Uncertain { name: attribute.name.to_string(), path: path.display().to_string(), line });
            }
        }
        Ok(strays)
    })
}
