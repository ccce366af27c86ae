//! The one database of a workspace.

use std::path::PathBuf;
use std::sync::Arc;

use nival_source::{Db, Files, System};

/// Inputs and queries. A clone is a handle to the same storage; a write waits until no other handle is left.
#[salsa::db]
#[derive(Clone)]
pub struct RootDb {
    storage: salsa::Storage<RootDb>,
    files: Files,
    system: Arc<dyn System>,
}

#[salsa::db]
impl salsa::Database for RootDb {}

#[salsa::db]
impl Db for RootDb {
    fn files(&self) -> &Files {
        &self.files
    }

    fn system(&self) -> &dyn System {
        &*self.system
    }
}

impl RootDb {
    /// The door to the machine, to keep.
    pub fn system_handle(&self) -> Arc<dyn System> {
        Arc::clone(&self.system)
    }

    pub fn new(system: Arc<dyn System>, store_dirs: impl IntoIterator<Item = PathBuf>) -> Self {
        RootDb { storage: salsa::Storage::default(), files: Files::new(store_dirs), system }
    }
}
