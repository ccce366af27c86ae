//! [`Change`]: what happened to files since the last revision, applied at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use salsa::Setter;

use crate::{Contents, Db};

/// Edits of buffers and news from the disk, in order. Applying it cancels running queries and starts a new revision.
#[derive(Debug, Clone, Default)]
pub struct Change {
    events: Vec<Event>,
}

#[derive(Debug, Clone)]
enum Event {
    Buffer(PathBuf, Arc<str>),
    Close(PathBuf),
    Disk(PathBuf),
}

impl Change {
    pub fn new() -> Self {
        Self::default()
    }

    /// An editor opened the file or changed its text.
    pub fn set_buffer(&mut self, path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> &mut Self {
        self.events.push(Event::Buffer(path.into(), text.into()));
        self
    }

    /// An editor closed the file: the disk's text holds again.
    pub fn close_buffer(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.events.push(Event::Close(path.into()));
        self
    }

    /// The file was written, made or removed on the disk, or a folder with files in it was.
    pub fn touch(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.events.push(Event::Disk(path.into()));
        self
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub fn apply(self, db: &mut dyn Db) {
        let files = db.files().clone();
        for event in self.events {
            match event {
                Event::Buffer(path, text) => {
                    let contents = Contents::from_text(text);
                    let file = files.get(db, &path);
                    files.set_buffer(file.id(db), Some(contents.clone()));
                    set(db, file, contents);
                }
                Event::Close(path) => {
                    let file = files.get(db, &path);
                    files.set_buffer(file.id(db), None);
                    reload(db, file);
                }
                Event::Disk(path) => touch(db, &path),
            }
        }
    }
}

/// Reads again every known file at or below `path` that no editor holds.
fn touch(db: &mut dyn Db, path: &Path) {
    let files = db.files().clone();
    // A path that was removed has no canonical form of its own any more; its file is found by the one it had.
    let file = files.get(db, path);
    let canonical = file.path(db).clone();
    for file in files.all() {
        let at = file.path(db);
        let shown = files.shown_path(file.id(db));
        if (at.starts_with(&canonical) || shown.is_some_and(|shown| shown.starts_with(path))) && !files.is_open(file.id(db)) {
            reload(db, file);
        }
    }
}

fn reload(db: &mut dyn Db, file: crate::SourceFile) {
    let contents = Contents::load(db.system(), file.path(db));
    set(db, file, contents);
}

fn set(db: &mut dyn Db, file: crate::SourceFile, contents: Contents) {
    let durability = db.files().durability(file.id(db), file.path(db));
    if *file.contents(db) != contents {
        file.set_contents(db).with_durability(durability).to(contents);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::fixture::{Fixture, TestDb};

    #[track_caller]
    fn check(db: &TestDb, path: &str, text: &str) {
        assert_eq!(&**db.files().get(db, Path::new(path)).contents(db).text(), text);
    }

    #[test]
    fn buffers_win_over_the_disk_until_closed() {
        let mut db = TestDb::new(&Fixture::parse("//- /a.nix\n1\n"));
        check(&db, "/a.nix", "1\n");
        let mut change = Change::new();
        change.set_buffer("/a.nix", "2");
        change.apply(&mut db);
        check(&db, "/./a.nix", "2");

        db.memory().write("/a.nix", "3");
        let mut change = Change::new();
        change.touch("/a.nix");
        change.apply(&mut db);
        check(&db, "/a.nix", "2");

        let mut change = Change::new();
        change.close_buffer("/a.nix");
        change.apply(&mut db);
        check(&db, "/a.nix", "3");
    }

    #[test]
    fn files_may_appear_and_vanish() {
        let mut db = TestDb::new(&Fixture::parse("//- /d/a.nix\n1\n"));
        check(&db, "/d/new.nix", "");
        db.memory().write("/d/new.nix", "new");
        let mut change = Change::new();
        change.touch("/d/new.nix");
        change.apply(&mut db);
        check(&db, "/d/new.nix", "new");

        check(&db, "/d/a.nix", "1\n");
        db.memory().remove("/d");
        let mut change = Change::new();
        change.touch("/d");
        change.apply(&mut db);
        check(&db, "/d/a.nix", "");
        check(&db, "/d/new.nix", "");
    }

    #[test]
    fn one_file_by_many_paths() {
        let db = TestDb::new(&Fixture::parse("//- /d/a.nix\n1\n"));
        db.memory().symlink("/l", "d");
        let file = db.files().get(&db, Path::new("/l/a.nix"));
        assert_eq!(file, db.files().get(&db, Path::new("/d/a.nix")));
        assert_eq!(
            (&**file.path(&db), db.files().shown_path(file.id(&db)).as_deref()),
            (Path::new("/d/a.nix"), Some(Path::new("/l/a.nix")))
        );
        assert_eq!(db.files().by_id(file.id(&db)), Some(file));
    }
}
