//! Several files and a cursor in one string, for tests.
//!
//! ```text
//! //- /default.nix
//! import ./a$0.nix
//! //- /a.nix
//! 1
//! ```
//! A line `//- /path` begins a file; a text without one is the file `/main.nix`. `$0` is the cursor and is taken out; two of
//! them are a selection.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::{Db, Files, MemorySystem, SourceFile, System};

/// See the module documentation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixture {
    pub files: Vec<FixtureFile>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixtureFile {
    pub path: PathBuf,
    /// Without cursors.
    pub text: String,
    /// Offsets (in bytes) of the cursors.
    pub cursors: Vec<u32>,
}

const CURSOR: &str = "$0";

impl Fixture {
    pub fn parse(text: &str) -> Fixture {
        let mut files: Vec<(PathBuf, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            if let Some(path) = line.strip_prefix("//- ").filter(|rest| rest.starts_with('/')) {
                files.push((PathBuf::from(path.trim()), String::new()));
            } else if let Some((_, text)) = files.last_mut() {
                text.push_str(line);
            } else {
                files.push((PathBuf::from("/main.nix"), line.to_owned()));
            }
        }
        Fixture { files: files.into_iter().map(|(path, text)| FixtureFile::new(path, &text)).collect() }
    }

    /// The first file that has a cursor, and the offset of that.
    pub fn cursor(&self) -> Option<(&FixtureFile, u32)> {
        self.files.iter().find_map(|file| file.cursors.first().map(|&cursor| (file, cursor)))
    }

    pub fn file(&self, path: impl AsRef<Path>) -> Option<&FixtureFile> {
        self.files.iter().find(|file| file.path == path.as_ref())
    }

    /// A machine that has these files.
    pub fn system(&self) -> MemorySystem {
        let system = MemorySystem::new();
        for file in &self.files {
            system.write(&file.path, file.text.as_bytes());
        }
        system
    }
}

impl FixtureFile {
    fn new(path: PathBuf, marked: &str) -> FixtureFile {
        let mut text = String::new();
        let mut cursors = Vec::new();
        for (i, part) in marked.split(CURSOR).enumerate() {
            if i > 0 {
                cursors.push(text.len() as u32);
            }
            text.push_str(part);
        }
        FixtureFile { path, text, cursors }
    }
}

/// A database over a fixture that remembers which queries ran.
#[salsa::db]
#[derive(Clone)]
pub struct TestDb {
    storage: salsa::Storage<TestDb>,
    files: Files,
    system: Arc<MemorySystem>,
    log: Arc<Mutex<Vec<String>>>,
}

#[salsa::db]
impl salsa::Database for TestDb {}

#[salsa::db]
impl Db for TestDb {
    fn files(&self) -> &Files {
        &self.files
    }

    fn system(&self) -> &dyn System {
        &*self.system
    }
}

impl TestDb {
    pub fn new(fixture: &Fixture) -> TestDb {
        let log = Arc::new(Mutex::new(Vec::new()));
        let sink = log.clone();
        let on_event = move |event: salsa::Event| {
            if let salsa::EventKind::WillExecute { database_key } = event.kind {
                sink.lock().unwrap_or_else(|e| e.into_inner()).push(format!("{database_key:?}"));
            }
        };
        TestDb {
            storage: salsa::Storage::new(Some(Box::new(on_event))),
            files: Files::new(["/nix/store".into()]),
            system: Arc::new(fixture.system()),
            log,
        }
    }

    pub fn memory(&self) -> &MemorySystem {
        &self.system
    }

    /// The file at `path`.
    pub fn file(&self, path: impl AsRef<Path>) -> SourceFile {
        self.files.get(self, path.as_ref())
    }

    /// The names of the queries that ran since the last call, in the order in which they began.
    pub fn take_log(&self) -> Vec<String> {
        use salsa::Database;
        let events = std::mem::take(&mut *self.log.lock().unwrap_or_else(|e| e.into_inner()));
        self.attach(|_| events.iter().map(|event| event.split('(').next().unwrap_or_default().to_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_cursors() {
        let fixture = Fixture::parse("//- /a.nix\nx\n//- /d/b.nix\na $0//- b\n\"${y}\"\n");
        let (file, cursor) = fixture.cursor().unwrap();
        assert_eq!((file.path.as_path(), cursor), (Path::new("/d/b.nix"), 2));
        assert_eq!(fixture.file("/d/b.nix").unwrap().text, "a //- b\n\"${y}\"\n");
        assert_eq!(fixture.file("/a.nix").unwrap().text, "x\n");
        assert_eq!(
            Fixture::parse("1 + $0x$0").files,
            [FixtureFile { path: "/main.nix".into(), text: "1 + x".into(), cursors: vec![4, 5] }]
        );
    }
}
