//! Making paths valid: one transaction, in which everything that a set of valid paths must satisfy is checked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustc_hash::FxHashSet;

use super::LocalStore;
use super::db::Rows;
use crate::content_address::ContentAddressMethod;
use crate::derivation::{DerivationOutput, DerivationReader, HashModulo};
use crate::error::{StoreError, StoreResult};
use crate::path_info::PathInfo;
use crate::store_path::{StoreDir, StorePath, StorePathSet, StoreReferences, make_output_path, make_path_from_ca};

impl LocalStore {
    /// Makes paths valid, all or none. Their files must be complete in their place, canonical, and locked by the caller
    /// or made under a lock; what they refer to must be valid or among `infos`. Updates those that are valid already.
    pub fn register(&self, infos: &[PathInfo]) -> StoreResult<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs() as i64);
        for info in infos {
            self.check_content_address(info)?;
        }
        let outputs = infos.iter().map(|info| self.checked_outputs(&info.path)).collect::<StoreResult<Vec<_>>>()?;
        let by_path: BTreeMap<&StorePath, &PathInfo> = infos.iter().map(|info| (&info.path, info)).collect();
        if infos.len() > 1 {
            let paths = by_path.keys().map(|&path| path.clone()).collect();
            let references = |path: &StorePath| Ok(by_path.get(path).map(|info| info.references.clone()).unwrap_or_default());
            topo_sort(self.store_dir(), &paths, references)?;
        }
        self.db.write(|rows| {
            for (info, outputs) in infos.iter().zip(&outputs) {
                register_row(rows, info, outputs, now)?;
            }
            for info in infos {
                let referrer = rows.require_id(&info.path)?;
                for reference in &info.references {
                    rows.insert_reference(referrer, rows.require_id(reference)?)?;
                }
            }
            Ok(())
        })?;
        for info in infos {
            self.forget(&info.path);
        }
        Ok(())
    }

    /// Adds signatures to a valid path.
    pub fn add_signatures(&self, path: &StorePath, signatures: impl IntoIterator<Item = String>) -> StoreResult<()> {
        self.db.write(|rows| {
            let mut info = rows.path_info(path)?.ok_or_else(|| StoreError::InvalidPath(self.store_dir().print(path)))?;
            info.signatures.extend(signatures);
            rows.update(&info)
        })?;
        self.forget(path);
        Ok(())
    }

    /// Makes a path invalid; its files stay. Refuses while another valid path refers to it.
    pub fn invalidate(&self, path: &StorePath) -> StoreResult<()> {
        self.db.write(|rows| {
            let users: Vec<String> = rows
                .referrers(path)?
                .iter()
                .filter(|user| *user != path)
                .map(|user| format!("'{}'", self.store_dir().display(user)))
                .collect();
            if !users.is_empty() {
                return Err(StoreError::InUse { path: self.store_dir().print(path), users: users.join(", ") });
            }
            rows.delete(path)
        })?;
        self.forget(path);
        Ok(())
    }

    /// Remembers which path an output of a content-addressed derivation became. `id` is from
    /// [`LocalStore::realisation_id`]. Needs the setting `ca_derivations`.
    pub fn register_realisation(&self, id: &str, output: &str, path: &StorePath) -> StoreResult<()> {
        self.db.write(|rows| match rows.realisation(id, output)? {
            Some(known) if known == *path => Ok(()),
            _ => rows.insert_realisation(id, output, path, ""),
        })
    }

    /// The path that [`LocalStore::register_realisation`] remembered.
    pub fn realisation(&self, id: &str, output: &str) -> StoreResult<Option<StorePath>> {
        if !self.config.settings.ca_derivations {
            return Ok(None);
        }
        self.db.read(|rows| rows.realisation(id, output))
    }

    pub(super) fn realisation_of(&self, drv: &StorePath, output: &str) -> StoreResult<Option<StorePath>> {
        if !self.config.settings.ca_derivations {
            return Ok(None);
        }
        self.realisation(&self.realisation_id(drv, output)?, output)
    }

    /// What realisations of an output of a derivation in this store are filed under.
    pub fn realisation_id(&self, drv: &StorePath, output: &str) -> StoreResult<String> {
        let parsed = self.read_derivation(drv)?;
        self.modulo.load_inputs(self.store_dir(), &parsed, &mut *self.derivation_reader())?;
        Ok(self.modulo.realisation_id(self.store_dir(), &parsed, output)?)
    }

    /// The hash modulo of a derivation in this store, remembered.
    pub fn hash_modulo(&self, drv: &StorePath) -> StoreResult<HashModulo> {
        Ok(self.modulo.of_path(self.store_dir(), drv, &mut *self.derivation_reader())?)
    }

    /// Reads derivations of this store for [`crate::derivation::ModuloHashes`].
    pub fn derivation_reader(&self) -> Box<DerivationReader<'_>> {
        Box::new(|path| self.read_derivation(path).map(Arc::new).map_err(Into::into))
    }

    /// Whether the contents that a path says to have give it its name.
    pub fn is_content_addressed(&self, info: &PathInfo) -> bool {
        info.ca.is_some() && self.check_content_address(info).is_ok()
    }

    fn check_content_address(&self, info: &PathInfo) -> StoreResult<()> {
        let Some(ca) = &info.ca else { return Ok(()) };
        let mut references = StoreReferences::from(info.references.clone());
        if ca.method != ContentAddressMethod::Text {
            references.self_reference = references.others.remove(&info.path);
        }
        match make_path_from_ca(self.store_dir(), info.path.name(), ca, &references) {
            Ok(path) if path == info.path => Ok(()),
            _ => Err(StoreError::NotContentAddressed(self.store_dir().print(&info.path))),
        }
    }

    /// Known output paths of a derivation that is about to be registered, after checking that they are what its inputs
    /// make them; empty for other paths.
    fn checked_outputs(&self, path: &StorePath) -> StoreResult<Vec<(String, StorePath)>> {
        let mut found = Vec::new();
        if !path.is_derivation() {
            return Ok(found);
        }
        let dir = self.store_dir();
        let drv = self.read_derivation(path)?;
        let kind = drv.derivation_type()?;
        let hash = if kind.is_content_addressed() {
            None
        } else {
            self.modulo.load_inputs(dir, &drv, &mut *self.derivation_reader())?;
            self.modulo.hash_masked(dir, &drv)?
        };
        for (output, value) in &drv.outputs {
            let stated = value.path(dir, &drv.name, output)?;
            let expected = match (value, &hash) {
                (DerivationOutput::InputAddressed(_), Some(hash)) => make_output_path(dir, output, hash, &drv.name)?,
                (DerivationOutput::CaFixed(_), _) => match &stated {
                    Some(path) => path.clone(),
                    None => continue,
                },
                (DerivationOutput::InputAddressed(path), None) => {
                    let (found, expected) = (dir.print(path), "deferred".to_owned());
                    return Err(StoreError::WrongOutput { drv: path.to_string(), found, expected });
                }
                _ => continue,
            };
            if stated.as_ref() != Some(&expected) {
                let found = stated.map(|path| dir.print(&path)).unwrap_or_default();
                return Err(StoreError::WrongOutput { drv: dir.print(path), found, expected: dir.print(&expected) });
            }
            let printed = dir.print(&expected);
            if drv.env.get(output.as_bytes()).map(Vec::as_slice) != Some(printed.as_bytes()) {
                return Err(StoreError::WrongOutputVariable { drv: dir.print(path), variable: output.clone(), expected: printed });
            }
            found.push((output.clone(), expected));
        }
        // The hash as an input to others is wanted next: the outputs are checked, so it can be taken from what was read.
        let hash = self.modulo.hash(dir, &drv);
        if let (Ok(hash), None) = (hash, self.modulo.get(path)) {
            self.modulo.insert(path.clone(), hash);
        }
        Ok(found)
    }
}

fn register_row(rows: &Rows<'_>, info: &PathInfo, outputs: &[(String, StorePath)], now: i64) -> StoreResult<()> {
    if rows.id(&info.path)?.is_some() {
        return rows.update(info);
    }
    let id = rows.insert(info, now)?;
    for (output, path) in outputs {
        rows.insert_derivation_output(id, output, path)?;
    }
    Ok(())
}

/// Orders `paths` so that each comes after those it refers to. Uses no stack for the depth of the graph.
pub(super) fn topo_sort(
    dir: &StoreDir,
    paths: &StorePathSet,
    references: impl Fn(&StorePath) -> StoreResult<StorePathSet>,
) -> StoreResult<Vec<StorePath>> {
    let mut sorted = Vec::with_capacity(paths.len());
    let (mut done, mut entered) = (FxHashSet::default(), FxHashSet::default());
    for root in paths {
        if done.contains(root) {
            continue;
        }
        let inner = |path: &StorePath| -> StoreResult<Vec<StorePath>> {
            Ok(references(path)?.into_iter().filter(|other| other != path && paths.contains(other)).rev().collect())
        };
        let mut stack = vec![(root.clone(), inner(root)?)];
        entered.insert(root.clone());
        while let Some((path, left)) = stack.last_mut() {
            match left.pop() {
                Some(next) if done.contains(&next) => {}
                Some(next) if entered.contains(&next) => {
                    return Err(StoreError::Cycle { path: dir.print(&next), parent: dir.print(path) });
                }
                Some(next) => {
                    let left = inner(&next)?;
                    entered.insert(next.clone());
                    stack.push((next, left));
                }
                None => {
                    done.insert(path.clone());
                    sorted.push(path.clone());
                    stack.pop();
                }
            }
        }
    }
    Ok(sorted)
}
