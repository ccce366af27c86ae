//! The queries of the incremental database. Each is a pure function wrapped; what holds no positions is a query of its own, so
//! that typing in a comment stops there.

use std::path::PathBuf;
use std::sync::Arc;

use nival_source::{Db, Problem, SourceFile};
use nival_syntax::{FlatTree, LineIndex, flat, steps_between};

use crate::import_paths::{self, Import};
use crate::outline::{self, Symbol};
use crate::{LowerOptions, Lowered, Module, Scopes, SourceMap, lower_again, lower_for_edits, lower_interruptibly};

/// The lossless tree of a file's text.
#[salsa::tracked(returns(ref), no_eq, lru = 256)]
pub fn flat_tree(db: &dyn Db, file: SourceFile) -> Arc<FlatTree> {
    let (text, files, id) = (Arc::clone(file.contents(db).text()), db.files(), file.id(db));
    if !files.is_open(id) {
        return Arc::new(flat::parse_shared(text.into()));
    }
    let former = former(db, file);
    let tree = Former::tree(former.as_deref(), text.into());
    files.keep(id, Arc::new(Former::with(former.as_deref(), tree.clone())));
    tree
}

/// The tree of a text that is much like that of an open file, such as the same with a word more.
pub fn tree_of(db: &dyn Db, file: SourceFile, text: Arc<[u8]>) -> Arc<FlatTree> {
    // Which of the trees that are known it is made from makes no difference to what it is.
    flat_tree(db, file);
    Former::tree(former(db, file).as_deref(), text)
}

fn former(db: &dyn Db, file: SourceFile) -> Option<Arc<Former>> {
    db.files().kept(file.id(db)).and_then(|kept| kept.downcast::<Former>().ok())
}

/// What the tree of an open file is made from: those of its text before the last edits. See [`flat::reparse`].
#[derive(Clone)]
struct Former {
    last: Arc<FlatTree>,
    /// The last one without errors, if the last one has some: a text that is mended is much like it.
    sound: Option<Arc<FlatTree>>,
    /// What was lowered last, if it was big, and its tree. See [`lower_again`].
    lowered: Option<(Arc<FlatTree>, Lowered)>,
}

impl Former {
    fn tree(former: Option<&Former>, text: Arc<[u8]>) -> Arc<FlatTree> {
        let known = || former.into_iter().flat_map(|former| [Some(&former.last), former.sound.as_ref()]).flatten();
        known()
            .find(|tree| tree.text() == &*text)
            .cloned()
            .or_else(|| known().find_map(|tree| flat::reparse_part(tree, &text)).map(Arc::new))
            .unwrap_or_else(|| Arc::new(flat::parse_shared(text)))
    }

    fn with(former: Option<&Former>, last: Arc<FlatTree>) -> Former {
        let is_sound = |tree: &&Arc<FlatTree>| tree.errors().is_empty();
        let sound = former.filter(|_| !is_sound(&&last)).and_then(|former| Some(&former.last).filter(is_sound).or(former.sound.as_ref()));
        Former { sound: sound.cloned(), last, lowered: former.and_then(|former| former.lowered.clone()) }
    }
}

/// Where the lines of a file's text begin.
#[salsa::tracked(returns(ref), lru = 128)]
pub fn line_index(db: &dyn Db, file: SourceFile) -> Arc<LineIndex> {
    Arc::new(LineIndex::new(file.contents(db).text().as_bytes()))
}

/// A file's text lowered, as `import` sees it. For a file that is not UTF-8, positions are those of the text that editors show.
///
/// What it is made of has queries of its own below, which are compared: the whole differs after each edit.
#[salsa::tracked(returns(ref), no_eq, lru = 128)]
pub fn lowered(db: &dyn Db, file: SourceFile) -> Lowered {
    let interrupt = || db.unwind_if_revision_cancelled();
    // Of a file that nobody has open the tree is rarely asked for, and takes more memory than all that is made of it.
    if !db.files().is_open(file.id(db)) {
        let tree = flat::parse_shared(Arc::clone(file.contents(db).text()).into());
        return lower_interruptibly(&tree, &LowerOptions::default(), &interrupt);
    }
    let tree = flat_tree(db, file);
    if tree.text().len() < WORTH_KEEPING {
        return lower_interruptibly(tree, &LowerOptions::default(), &interrupt);
    }
    let known = former(db, file);
    let last = known.as_deref().and_then(|known| known.lowered.as_ref());
    let again = last.and_then(|(former, lowered)| lower_in_steps(former, lowered, tree, &interrupt));
    // A text with errors is not made into another: the last whole one stays.
    let sound = tree.errors().is_empty();
    let lowered = again.unwrap_or_else(|| match sound {
        true => lower_for_edits(tree, &interrupt),
        false => lower_interruptibly(tree, &LowerOptions::default(), &interrupt),
    });
    if sound && let Some(known) = known {
        let lowered = Some((tree.clone(), lowered.clone()));
        db.files().keep(file.id(db), Arc::new(Former { lowered, ..Former::clone(&known) }));
    }
    lowered
}

/// As [`lower_again`], for edits in several places too: one after the other.
fn lower_in_steps(former: &Arc<FlatTree>, lowered: &Lowered, tree: &FlatTree, interrupt: &dyn Fn()) -> Option<Lowered> {
    let (mut last, mut made) = (Arc::clone(former), None);
    for text in steps_between(former.text(), tree.text()) {
        let Some(next) = flat::reparse_part(&last, &text) else { return lower_again(former, lowered, tree, interrupt) };
        made = Some(lower_again(&last, made.as_ref().unwrap_or(lowered), &next, interrupt)?);
        last = Arc::new(next);
    }
    lower_again(&last, made.as_ref().unwrap_or(lowered), tree, interrupt)
}

/// A text of fewer bytes is lowered whole after each edit: that takes a fraction of a millisecond.
const WORTH_KEEPING: usize = 32 << 10;

/// The module of a file. Changes only where the meaning of the text may have changed.
#[salsa::tracked(returns(ref), lru = 128)]
pub fn module(db: &dyn Db, file: SourceFile) -> Arc<Module> {
    lowered(db, file).module.clone()
}

/// The positions of a file's module.
#[salsa::tracked(returns(ref), lru = 128)]
pub fn source_map(db: &dyn Db, file: SourceFile) -> Arc<SourceMap> {
    lowered(db, file).source_map.clone()
}

/// The names of a file and their uses.
#[salsa::tracked(returns(ref), lru = 128)]
pub fn scopes(db: &dyn Db, file: SourceFile) -> Arc<Scopes> {
    lowered(db, file).scopes.clone()
}

/// The outline of a file: one symbol for each binding, outer ones before what is in them.
#[salsa::tracked(returns(ref), lru = 128)]
pub fn symbols(db: &dyn Db, file: SourceFile) -> Arc<[Symbol]> {
    outline::symbols(flat_tree(db, file)).into()
}

/// The path literals of a file, without positions: the paths that it can lead to.
#[salsa::tracked(returns(ref), lru = 128)]
pub fn imports(db: &dyn Db, file: SourceFile) -> Arc<[Import]> {
    let lowered = lowered(db, file);
    import_paths::import_paths(&lowered.module, &lowered.scopes).into()
}

/// The file that a path literal of `file` leads to, if there is one: the path itself, or `default.nix` in it.
pub fn import_target(db: &dyn Db, file: SourceFile, import: &Import) -> Option<SourceFile> {
    let path: PathBuf = import_paths::resolve(file.path(db), import, db.system().home_dir().as_deref())?;
    [path.clone(), path.join("default.nix")]
        .into_iter()
        .map(|path| db.files().get(db, &path))
        .find(|file| !matches!(file.contents(db).problem(), Some(Problem::Missing | Problem::Unreadable(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_far_apart_are_lowered_one_by_one() {
        let far: String = (0..2_000).map(|at| format!("  name{at} = f {{ x = {at}; }};\n")).collect();
        let text = |one: &str, two: &str, three: &str| {
            format!("f: x: {{\n  a = {one};\n{far}  b = f {two};\n}} // {{\n{far}  c = [ {three} ];\n}}\n")
        };
        let lowered = |tree: &FlatTree| lower_for_edits(tree, &|| ());
        let former = Arc::new(flat::parse(text("1", "x", "f").as_bytes()));
        for (one, two, three) in [("x", "f", "f"), ("2", "x", "f x"), ("x", "f", ""), ("1", "[ x ]", "f")] {
            let tree = flat::parse(text(one, two, three).as_bytes());
            let again = lower_in_steps(&former, &lowered(&former), &tree, &|| ()).expect("each edit is within a binding");
            let fresh = lowered(&tree);
            assert_eq!(
                (again.module, again.source_map, again.scopes),
                (fresh.module, fresh.source_map, fresh.scopes),
                "{one} {two} {three}"
            );
        }
    }
}
