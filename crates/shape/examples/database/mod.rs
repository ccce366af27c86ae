//! A database of the files of the disk, for examples.

use std::sync::Arc;

use nival_source::{Db, Files, OsSystem, System};

#[salsa::db]
#[derive(Clone)]
pub struct Database {
    storage: salsa::Storage<Database>,
    pub files: Files,
    pub system: Arc<OsSystem>,
}

#[salsa::db]
impl salsa::Database for Database {}

#[salsa::db]
impl Db for Database {
    fn files(&self) -> &Files {
        &self.files
    }
    fn system(&self) -> &dyn System {
        &*self.system
    }
}

impl Default for Database {
    fn default() -> Self {
        Database { storage: salsa::Storage::default(), files: Files::new([]), system: Arc::new(OsSystem) }
    }
}
