//! The queries of the incremental database. Each is a pure function wrapped; what holds no positions is a query of its own, so
//! that typing in a comment stops there.

use std::path::PathBuf;
use std::sync::Arc;

use nival_source::{Db, Problem, SourceFile};
use nival_syntax::{FlatTree, LineIndex, flat};

use crate::import_paths::{self, Import};
use crate::outline::{self, Symbol};
use crate::{LowerOptions, Lowered, Module, Scopes, SourceMap, lower_interruptibly};

/// The lossless tree of a file's text.
#[salsa::tracked(returns(ref), no_eq, lru = 256)]
pub fn flat_tree(db: &dyn Db, file: SourceFile) -> Arc<FlatTree> {
    let (text, files, id) = (file.contents(db).text().as_bytes(), db.files(), file.id(db));
    if !files.is_open(id) {
        return Arc::new(flat::parse(text));
    }
    // The tree of an open file is made from that of the text before the last edit: see [`flat::reparse`].
    let former = files.kept(id).and_then(|kept| kept.downcast::<FlatTree>().ok());
    let tree = Arc::new(former.map_or_else(|| flat::parse(text), |former| flat::reparse(&former, text)));
    files.keep(id, tree.clone());
    tree
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
    let tree = flat_tree(db, file);
    lower_interruptibly(tree, &LowerOptions::default(), &|| db.unwind_if_revision_cancelled())
}

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
