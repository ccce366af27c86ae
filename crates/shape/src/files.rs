//! Which file a path means.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use nival_hir::import_paths;
use nival_hir::module::PathKind;
use nival_source::{Db, Problem, SourceFile, clean_path};

/// The absolute path that a literal in a file means.
pub(crate) fn literal(db: &dyn Db, file: SourceFile, kind: PathKind, text: &[u8]) -> Option<Arc<Path>> {
    Some(import_paths::absolute(file.path(db), kind, text, || db.system().home_dir())?.into())
}

/// `path + "/x"`.
pub(crate) fn append(path: &Path, text: &[u8]) -> Option<Arc<Path>> {
    let mut joined = path.as_os_str().to_owned();
    joined.push(OsStr::from_bytes(text));
    Some(clean_path(Path::new(&joined)).into())
}

/// The file that `import` of a path reads, if there is one.
pub(crate) fn imported(db: &dyn Db, path: &Path) -> Option<SourceFile> {
    let inside = || path.join("default.nix");
    let candidates = if path.extension().is_some_and(|extension| extension == "nix") {
        [path.to_owned(), inside()]
    } else {
        [inside(), path.to_owned()]
    };
    candidates.into_iter().find_map(|path| existing(db, &path))
}

/// The file at a path, if there is one.
pub(crate) fn existing(db: &dyn Db, path: &Path) -> Option<SourceFile> {
    let file = db.files().get(db, path);
    is_readable(db, file).then_some(file)
}

/// A query of its own: most edits of a text do not change it.
#[salsa::tracked(returns(copy))]
fn is_readable(db: &dyn Db, file: SourceFile) -> bool {
    !matches!(file.contents(db).problem(), Some(Problem::Missing | Problem::Unreadable(_)))
}
