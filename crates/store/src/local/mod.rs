//! A store in folders of this machine, with Nix's layout, database and locks, so that Nix and nival can use it at the
//! same time.

mod add;
mod db;
mod export;
mod files;
mod gc_roots;
mod lock;
mod logs;
mod open;
mod queries;
mod register;
mod schema;
mod temp_roots;
mod verify;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::Instant;

use nix::fcntl::Flock;
use rustc_hash::FxHashMap;

use crate::config::StoreConfig;
use crate::derivation::ModuloHashes;
use crate::error::StoreResult;
use crate::path_info::PathInfo;
use crate::store_path::{StoreDir, StorePath};

pub use export::ExportError;
pub use files::{canonicalise, delete_path};
pub use lock::PathLocks;
pub use logs::LogFile;
pub use schema::SCHEMA_VERSION;
pub use verify::{VerifyMessage, VerifyOutcome};

/// A local store. Share it between threads in an [`Arc`].
#[derive(Debug)]
pub struct LocalStore {
    config: StoreConfig,
    db: db::Db,
    temp_roots: Arc<temp_roots::TempRoots>,
    modulo: ModuloHashes,
    cache: RwLock<FxHashMap<StorePath, (Instant, Arc<PathInfo>)>>,
    /// Shared for as long as the store is open, so that nobody changes the schema meanwhile.
    _big_lock: Option<Flock<File>>,
}

impl LocalStore {
    pub fn config(&self) -> &StoreConfig {
        &self.config
    }

    pub fn store_dir(&self) -> &StoreDir {
        &self.config.store_dir
    }

    /// Where the files of `path` are on this machine.
    pub fn real_path(&self, path: &StorePath) -> PathBuf {
        self.config.real_path(path)
    }

    /// The table of derivation hashes that this store keeps; evaluators share it.
    pub fn modulo_hashes(&self) -> &ModuloHashes {
        &self.modulo
    }

    /// Keeps `path` from garbage collection while this process lives. Do this before asking whether it is valid.
    pub fn add_temp_root(&self, path: &StorePath) -> StoreResult<()> {
        if self.config.read_only {
            // Nothing can be collected by way of this store either.
            return Ok(());
        }
        self.temp_roots.add(&self.config.store_dir, path)
    }

    /// Locks paths against every other process (and thread) that writes to them, waiting as long as it takes.
    pub fn lock_paths<'a>(&self, paths: impl IntoIterator<Item = &'a StorePath>) -> StoreResult<PathLocks> {
        PathLocks::lock(paths.into_iter().map(|path| self.real_path(path)))
    }

    /// [`LocalStore::lock_paths`], but `None` when another holds one of them.
    pub fn try_lock_paths<'a>(&self, paths: impl IntoIterator<Item = &'a StorePath>) -> StoreResult<Option<PathLocks>> {
        PathLocks::try_lock(paths.into_iter().map(|path| self.real_path(path)))
    }
}
