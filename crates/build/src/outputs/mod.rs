//! From what a builder left to valid store paths.

mod check;
mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nival_store::local::{canonicalise, delete_path};
use nival_store::nar::{self, DiskSource};
use nival_store::store_path::{StoreReferences, make_path_from_ca};
use nival_store::{
    ContentAddress, ContentAddressMethod, Derivation, DerivationOutput, LocalStore, PathInfo, StoreDir, StoreError, StorePath, StorePathSet,
};

use crate::derivation::DerivationOptions;
use crate::error::{BuildFailure, FailureStatus};
use crate::sandbox::Layout;
use place::move_into_place;

/// What registration needs to know of a build.
pub struct Register<'a> {
    pub store: &'a LocalStore,
    pub drv_path: &'a StorePath,
    pub drv: &'a Derivation,
    pub options: &'a DerivationOptions,
    /// The closure of the inputs.
    pub inputs: &'a StorePathSet,
    pub all_outputs: &'a BTreeMap<String, StorePath>,
    /// Outputs that were not valid before.
    pub missing: &'a BTreeMap<String, StorePath>,
    /// Where the outputs are; `None` when the builder wrote them to their final place.
    pub layout: Option<&'a Layout>,
}

/// One output, checked and measured.
struct Made {
    name: String,
    actual: PathBuf,
    info: PathInfo,
}

/// Checks the outputs, moves them to their final place and makes them valid, all at once.
pub fn register(build: &Register<'_>) -> Result<(), BuildFailure> {
    build.register()
}

impl Register<'_> {
    fn dir(&self) -> &StoreDir {
        self.store.store_dir()
    }

    fn reject(&self, reason: String) -> BuildFailure {
        BuildFailure::new(self.drv_path, FailureStatus::OutputRejected, reason)
    }

    fn failed(&self, error: impl Into<StoreError>) -> BuildFailure {
        let error = error.into();
        let reason = format!("Cannot build '{}'.\nReason: its outputs cannot be registered: {error}", self.dir().display(self.drv_path));
        BuildFailure::new(self.drv_path, FailureStatus::MiscFailure, reason)
    }

    fn register(&self) -> Result<(), BuildFailure> {
        let mut made = Vec::new();
        for (name, path) in self.missing {
            made.push(self.measure(name, path)?);
        }
        self.check_cycles(&made)?;
        // A fixed output with another hash than expected is kept under the path of the hash that it has: the next try,
        // with the hash corrected, finds it there.
        let mismatch = made.iter().find_map(|made| self.check_fixed(made).transpose()).transpose()?;
        if mismatch.is_none() {
            check::check_outputs(self, &made)?;
        }
        for output in &made {
            self.put_in_place(output)?;
        }
        let infos: Vec<PathInfo> = made.into_iter().map(|made| made.info).collect();
        self.store.register(&infos).map_err(|error| self.failed(error))?;
        match mismatch {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    fn measure(&self, name: &str, path: &StorePath) -> Result<Made, BuildFailure> {
        let actual = match self.layout {
            Some(layout) => layout.host_path(&self.dir().print(path)),
            None => self.store.real_path(path),
        };
        let Ok(meta) = fs::symlink_metadata(&actual) else {
            return Err(self.reject(format!(
                "builder for '{}' failed to produce output path for output '{name}' at \"{}\"",
                self.dir().display(self.drv_path),
                actual.display()
            )));
        };
        // SAFETY: this call cannot fail and touches no memory.
        let user = unsafe { libc::geteuid() };
        if (!meta.is_symlink() && meta.mode() & 0o022 != 0) || meta.uid() != user {
            return Err(self.reject(format!(
                "suspicious ownership or permission on \"{}\" for output '{name}'; rejecting this build output",
                actual.display()
            )));
        }
        canonicalise(&actual, Some(user..=user)).map_err(|error| self.failed(error))?;
        let candidates = self.inputs.iter().chain(self.all_outputs.values()).cloned();
        let (nar_hash, nar_size, mut references) = self.store.scan(&actual, candidates).map_err(|error| self.failed(error))?;
        if self.options.unsafe_discard_references.get(name) == Some(&true) {
            references.clear();
        }
        let mut info = PathInfo::new(path.clone(), nar_hash, nar_size);
        info.references = references;
        info.deriver = Some(self.drv_path.clone());
        info.ultimate = true;
        if let Some(DerivationOutput::CaFixed(wanted)) = self.drv.outputs.get(name) {
            let got = self.content_address(&actual, wanted, &info)?;
            info.path =
                make_path_from_ca(self.dir(), path.name(), &got, &StoreReferences::default()).map_err(|error| self.failed(error))?;
            info.ca = Some(got);
        }
        Ok(Made { name: name.to_owned(), actual, info })
    }

    /// The address that the output has, by the method that it should have.
    fn content_address(&self, actual: &Path, wanted: &ContentAddress, info: &PathInfo) -> Result<ContentAddress, BuildFailure> {
        let algo = wanted.hash.algo();
        let hash = if wanted.method == ContentAddressMethod::Nar {
            if algo == info.nar_hash.algo() {
                info.nar_hash
            } else {
                nar::hash_path(&DiskSource, actual, None, algo).map_err(|error| self.failed(error))?.0
            }
        } else {
            let meta = fs::symlink_metadata(actual).map_err(|error| self.failed(StoreError::io("cannot read", actual)(error)))?;
            if !meta.is_file() || meta.mode() & 0o100 != 0 {
                return Err(self.reject(format!(
                    "output path '{}' should be a non-executable regular file since recursive hashing is not enabled (one of outputHashMode={{flat,text}} is true)",
                    self.dir().display(&info.path)
                )));
            }
            nar::hash_file(&DiskSource, actual, algo).map_err(|error| self.failed(StoreError::io("cannot read", actual)(error)))?.0
        };
        Ok(ContentAddress { method: wanted.method, hash })
    }

    /// `Ok(Some(…))` is a hash that differs; an error is an output that cannot be stored at all.
    fn check_fixed(&self, made: &Made) -> Result<Option<BuildFailure>, BuildFailure> {
        let (Some(DerivationOutput::CaFixed(wanted)), Some(got)) = (self.drv.outputs.get(&made.name), &made.info.ca) else {
            return Ok(None);
        };
        let drv = self.dir().display(self.drv_path);
        if let Some(first) = made.info.references.first() {
            return Err(BuildFailure::new(
                self.drv_path,
                FailureStatus::HashMismatch,
                format!(
                    "fixed-output derivations must not reference store paths: '{drv}' references {} distinct paths, e.g. '{}'",
                    made.info.references.len(),
                    self.dir().display(first)
                ),
            ));
        }
        if wanted.hash == got.hash {
            return Ok(None);
        }
        let (specified, got) = (wanted.hash.sri(), got.hash.sri());
        let reason = format!("hash mismatch in fixed-output derivation '{drv}':\n  specified: {specified}\n     got:    {got}");
        Ok(Some(BuildFailure::new(self.drv_path, FailureStatus::HashMismatch, reason)))
    }

    /// Outputs must not refer to each other in a circle: they could never be made valid one after the other.
    fn check_cycles(&self, made: &[Made]) -> Result<(), BuildFailure> {
        let by_path: BTreeMap<&StorePath, &Made> = made.iter().map(|made| (&made.info.path, made)).collect();
        let mut done = BTreeSet::new();
        for start in made {
            // Outputs are few: a derivation that named thousands would not get this deep.
            let mut path: Vec<(&Made, Vec<&Made>)> = Vec::new();
            let mut next = Some(start);
            loop {
                if let Some(made) = next.take()
                    && !done.contains(&made.info.path)
                {
                    if let Some((parent, _)) = path.last()
                        && path.iter().any(|(on, _)| on.info.path == made.info.path)
                    {
                        return Err(self.reject(format!(
                            "cycle detected in build of '{}' in the references of output '{}' from output '{}'",
                            self.dir().display(self.drv_path),
                            made.name,
                            parent.name
                        )));
                    }
                    let others = made.info.references.iter().rev().filter(|path| **path != made.info.path);
                    path.push((made, others.filter_map(|path| by_path.get(path).copied()).collect()));
                }
                let Some((made, references)) = path.last_mut() else { break };
                match references.pop() {
                    Some(reference) => next = Some(reference),
                    None => {
                        done.insert(&made.info.path);
                        path.pop();
                    }
                }
            }
        }
        Ok(())
    }

    fn put_in_place(&self, made: &Made) -> Result<(), BuildFailure> {
        let place = self.store.real_path(&made.info.path);
        if place == made.actual {
            return Ok(());
        }
        if made.info.ca.is_some() && self.store.is_valid(&made.info.path).map_err(|error| self.failed(error))? {
            // Something else had these contents already.
            return Ok(());
        }
        delete_path(&place).map_err(|error| self.failed(error))?;
        move_into_place(&made.actual, &place).map_err(|error| self.failed(StoreError::io("cannot move to", &place)(error)))
    }
}
