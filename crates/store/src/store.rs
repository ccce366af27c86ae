//! The interface of a store.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::content_address::ContentAddressMethod;
use crate::derivation::{Derivation, ModuloHashes};
use crate::error::StoreResult;
use crate::hash::HashAlgo;
use crate::local::LocalStore;
use crate::nar::{FileSource, PathFilter};
use crate::path_info::PathInfo;
use crate::store_path::{StoreDir, StorePath, StorePathSet};

/// A Nix store. All methods may be called from any thread.
pub trait Store: Send + Sync {
    /// The logical store directory.
    fn store_dir(&self) -> &StoreDir;

    /// Where the files of `path` are on this machine (valid or not); differs from the logical path in a chroot store.
    fn real_path(&self, path: &StorePath) -> PathBuf;

    fn is_valid(&self, path: &StorePath) -> StoreResult<bool>;

    /// `None` when the path is not valid.
    fn path_info(&self, path: &StorePath) -> StoreResult<Option<Arc<PathInfo>>>;

    /// The valid path with these 32 digits.
    fn path_from_hash_part(&self, hash_part: &str) -> StoreResult<Option<StorePath>>;

    /// The valid ones among `paths`.
    fn query_valid_paths(&self, paths: &StorePathSet) -> StoreResult<StorePathSet>;

    fn all_valid_paths(&self) -> StoreResult<StorePathSet>;

    /// Paths that refer to `path`.
    fn referrers(&self, path: &StorePath) -> StoreResult<StorePathSet>;

    /// Valid derivations that have `path` as an output.
    fn valid_derivers(&self, path: &StorePath) -> StoreResult<StorePathSet>;

    /// Outputs of a valid derivation by name; `None` for outputs whose path is not known before the build.
    fn derivation_outputs(&self, drv: &StorePath) -> StoreResult<BTreeMap<String, Option<StorePath>>>;

    /// Adds one file, addressed by its text and references.
    fn add_text(&self, name: &str, contents: &[u8], references: &StorePathSet) -> StoreResult<StorePath>;

    /// Adds the tree or file at `path` of `source`, addressed by its contents. The method [`ContentAddressMethod::Nar`]
    /// takes trees, the others a single file.
    #[allow(clippy::too_many_arguments)]
    fn add_path(
        &self,
        name: &str,
        source: &dyn FileSource,
        path: &Path,
        method: ContentAddressMethod,
        algo: HashAlgo,
        references: &StorePathSet,
        filter: Option<&mut PathFilter<'_>>,
    ) -> StoreResult<Arc<PathInfo>>;

    /// Adds a path from its NAR. Hash, size and content address of `info` are checked against what is read.
    fn add_nar(&self, info: &PathInfo, nar: &mut dyn Read) -> StoreResult<()>;

    /// Writes the NAR of a valid path.
    fn nar_from_path(&self, path: &StorePath, out: &mut dyn Write) -> StoreResult<()>;

    /// Parses the derivation at `path`, which need only exist, not be valid.
    fn read_derivation(&self, path: &StorePath) -> StoreResult<Derivation>;

    /// Adds a `.drv` file.
    fn write_derivation(&self, drv: &Derivation) -> StoreResult<StorePath>;

    /// Keeps `path` from garbage collection while this process lives.
    fn add_temp_root(&self, path: &StorePath) -> StoreResult<()>;

    /// The table of derivation hashes, shared by all that compute output paths for this store.
    fn modulo_hashes(&self) -> &ModuloHashes;
}

impl Store for LocalStore {
    fn store_dir(&self) -> &StoreDir {
        LocalStore::store_dir(self)
    }
    fn real_path(&self, path: &StorePath) -> PathBuf {
        LocalStore::real_path(self, path)
    }
    fn is_valid(&self, path: &StorePath) -> StoreResult<bool> {
        LocalStore::is_valid(self, path)
    }
    fn path_info(&self, path: &StorePath) -> StoreResult<Option<Arc<PathInfo>>> {
        LocalStore::path_info(self, path)
    }
    fn path_from_hash_part(&self, hash_part: &str) -> StoreResult<Option<StorePath>> {
        LocalStore::path_from_hash_part(self, hash_part)
    }
    fn query_valid_paths(&self, paths: &StorePathSet) -> StoreResult<StorePathSet> {
        LocalStore::query_valid_paths(self, paths)
    }
    fn all_valid_paths(&self) -> StoreResult<StorePathSet> {
        LocalStore::all_valid_paths(self)
    }
    fn referrers(&self, path: &StorePath) -> StoreResult<StorePathSet> {
        LocalStore::referrers(self, path)
    }
    fn valid_derivers(&self, path: &StorePath) -> StoreResult<StorePathSet> {
        LocalStore::valid_derivers(self, path)
    }
    fn derivation_outputs(&self, drv: &StorePath) -> StoreResult<BTreeMap<String, Option<StorePath>>> {
        LocalStore::derivation_outputs(self, drv)
    }
    fn add_text(&self, name: &str, contents: &[u8], references: &StorePathSet) -> StoreResult<StorePath> {
        LocalStore::add_text(self, name, contents, references)
    }
    fn add_path(
        &self,
        name: &str,
        source: &dyn FileSource,
        path: &Path,
        method: ContentAddressMethod,
        algo: HashAlgo,
        references: &StorePathSet,
        filter: Option<&mut PathFilter<'_>>,
    ) -> StoreResult<Arc<PathInfo>> {
        LocalStore::add_path(self, name, source, path, method, algo, references, filter)
    }
    fn add_nar(&self, info: &PathInfo, nar: &mut dyn Read) -> StoreResult<()> {
        LocalStore::add_nar(self, info, nar)
    }
    fn nar_from_path(&self, path: &StorePath, out: &mut dyn Write) -> StoreResult<()> {
        LocalStore::nar_from_path(self, path, out)
    }
    fn read_derivation(&self, path: &StorePath) -> StoreResult<Derivation> {
        LocalStore::read_derivation(self, path)
    }
    fn write_derivation(&self, drv: &Derivation) -> StoreResult<StorePath> {
        LocalStore::write_derivation(self, drv)
    }
    fn add_temp_root(&self, path: &StorePath) -> StoreResult<()> {
        LocalStore::add_temp_root(self, path)
    }
    fn modulo_hashes(&self) -> &ModuloHashes {
        LocalStore::modulo_hashes(self)
    }
}
