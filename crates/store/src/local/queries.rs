//! What the store knows.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::LocalStore;
use crate::derivation::Derivation;
use crate::error::{StoreError, StoreResult};
use crate::path_info::PathInfo;
use crate::store_path::{HASH_PART_LEN, StorePath, StorePathSet};

/// How long a remembered path counts as valid unless it is a root of this process: another process may collect it.
const TRUST: Duration = Duration::from_secs(1);

impl LocalStore {
    /// Whether `path` is valid.
    pub fn is_valid(&self, path: &StorePath) -> StoreResult<bool> {
        if self.cached(path).is_some() {
            return Ok(true);
        }
        self.db.read(|rows| Ok(rows.id(path)?.is_some()))
    }

    /// What is known about `path`; `None` when it is not valid.
    pub fn path_info(&self, path: &StorePath) -> StoreResult<Option<Arc<PathInfo>>> {
        match self.cached(path) {
            Some(info) => Ok(Some(info)),
            None => self.path_info_uncached(path),
        }
    }

    pub(super) fn path_info_uncached(&self, path: &StorePath) -> StoreResult<Option<Arc<PathInfo>>> {
        let found = self.db.read(|rows| rows.path_info(path))?.map(Arc::new);
        let mut cache = self.cache.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        match &found {
            Some(info) => cache.insert(path.clone(), (Instant::now(), info.clone())),
            None => cache.remove(path),
        };
        Ok(found)
    }

    /// [`LocalStore::path_info`] of a path that must be valid.
    pub fn require_path_info(&self, path: &StorePath) -> StoreResult<Arc<PathInfo>> {
        self.path_info(path)?.ok_or_else(|| StoreError::InvalidPath(self.store_dir().print(path)))
    }

    fn cached(&self, path: &StorePath) -> Option<Arc<PathInfo>> {
        let cache = self.cache.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (since, info) = cache.get(path)?;
        (since.elapsed() < TRUST || self.temp_roots.contains(path)).then(|| info.clone())
    }

    pub(super) fn forget(&self, path: &StorePath) {
        self.cache.write().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(path);
    }

    pub fn references(&self, path: &StorePath) -> StoreResult<StorePathSet> {
        Ok(self.require_path_info(path)?.references.clone())
    }

    /// Paths that refer to `path`.
    pub fn referrers(&self, path: &StorePath) -> StoreResult<StorePathSet> {
        self.db.read(|rows| rows.referrers(path))
    }

    pub fn deriver(&self, path: &StorePath) -> StoreResult<Option<StorePath>> {
        Ok(self.require_path_info(path)?.deriver.clone())
    }

    /// Valid derivations that have `path` as an output.
    pub fn valid_derivers(&self, path: &StorePath) -> StoreResult<StorePathSet> {
        self.db.read(|rows| rows.valid_derivers(path))
    }

    pub fn all_valid_paths(&self) -> StoreResult<StorePathSet> {
        self.db.read(|rows| rows.all_valid_paths())
    }

    /// The valid ones among `paths`.
    pub fn query_valid_paths(&self, paths: &StorePathSet) -> StoreResult<StorePathSet> {
        let mut valid = StorePathSet::new();
        for path in paths {
            if self.is_valid(path)? {
                valid.insert(path.clone());
            }
        }
        Ok(valid)
    }

    /// The valid path with these 32 digits.
    pub fn path_from_hash_part(&self, hash_part: &str) -> StoreResult<Option<StorePath>> {
        if hash_part.len() != HASH_PART_LEN {
            return Err(StoreError::HashPart);
        }
        self.db.read(|rows| rows.path_from_hash_part(hash_part))
    }

    /// `roots` and everything they refer to, directly or not; all of it must be valid.
    pub fn closure(&self, roots: &StorePathSet) -> StoreResult<StorePathSet> {
        self.reachable(roots, |path| self.references(path))
    }

    /// `roots` and everything that refers to them, directly or not.
    pub fn referrers_closure(&self, roots: &StorePathSet) -> StoreResult<StorePathSet> {
        self.reachable(roots, |path| self.referrers(path))
    }

    fn reachable(&self, roots: &StorePathSet, next: impl Fn(&StorePath) -> StoreResult<StorePathSet>) -> StoreResult<StorePathSet> {
        let mut seen = roots.clone();
        let mut todo: Vec<StorePath> = roots.iter().cloned().collect();
        while let Some(path) = todo.pop() {
            for found in next(&path)? {
                if seen.insert(found.clone()) {
                    todo.push(found);
                }
            }
        }
        Ok(seen)
    }

    /// Bytes of the NARs of the closure of `path`.
    pub fn closure_size(&self, path: &StorePath) -> StoreResult<u64> {
        let mut size = 0u64;
        for path in self.closure(&StorePathSet::from([path.clone()]))? {
            size = size.saturating_add(self.require_path_info(&path)?.nar_size);
        }
        Ok(size)
    }

    /// Paths in an order in which every path comes after those it refers to (among `paths`).
    pub fn topo_sort(&self, paths: &StorePathSet) -> StoreResult<Vec<StorePath>> {
        super::register::topo_sort(self.store_dir(), paths, |path| {
            Ok(self.path_info(path)?.map(|info| info.references.clone()).unwrap_or_default())
        })
    }

    /// Outputs of a valid derivation by name; `None` for those whose path is not known before a build, or was not built
    /// and registered here.
    pub fn derivation_outputs(&self, drv: &StorePath) -> StoreResult<BTreeMap<String, Option<StorePath>>> {
        let known = self.db.read(|rows| rows.derivation_outputs(drv))?;
        let parsed = self.read_derivation(drv)?;
        let mut outputs = BTreeMap::new();
        for output in parsed.outputs.keys() {
            let path = match known.get(output) {
                Some(path) => Some(path.clone()),
                None => self.realisation_of(drv, output)?,
            };
            outputs.insert(output.clone(), path);
        }
        Ok(outputs)
    }

    /// Parses the derivation at `path`, which need only exist, not be valid.
    pub fn read_derivation(&self, path: &StorePath) -> StoreResult<Derivation> {
        let name = path.derivation_name().ok_or_else(|| StoreError::NotDerivation(self.store_dir().print(path)))?;
        let real = self.real_path(path);
        let text = fs::read(&real).map_err(StoreError::io("cannot read", &real))?;
        Derivation::parse(self.store_dir(), name, &text)
            .map_err(|error| StoreError::Derivation { path: self.store_dir().print(path), error })
    }
}
