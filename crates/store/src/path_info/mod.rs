//! What a store knows about a valid path, and the texts it is told in.

mod json;
mod narinfo;
mod registration;

use std::collections::BTreeSet;

use crate::content_address::ContentAddress;
use crate::hash::Hash;
use crate::store_path::{StoreDir, StorePath, StorePathSet};

pub use json::{PathInfoJson, path_infos_to_json};
pub use narinfo::{NarInfo, NarInfoError};
pub use registration::RegistrationError;

/// Metadata of a valid store path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathInfo {
    pub path: StorePath,
    /// SHA-256 of the NAR serialisation.
    pub nar_hash: Hash,
    /// Bytes of the NAR serialisation; 0 when unknown.
    pub nar_size: u64,
    pub references: StorePathSet,
    pub deriver: Option<StorePath>,
    /// Seconds since the epoch; 0 when unknown.
    pub registration_time: i64,
    /// Built here, so trusted without a signature.
    pub ultimate: bool,
    /// `<key name>:<base 64>`.
    pub signatures: BTreeSet<String>,
    pub ca: Option<ContentAddress>,
}

impl PathInfo {
    /// A path with nothing but its contents known.
    pub fn new(path: StorePath, nar_hash: Hash, nar_size: u64) -> PathInfo {
        PathInfo {
            path,
            nar_hash,
            nar_size,
            references: StorePathSet::new(),
            deriver: None,
            registration_time: 0,
            ultimate: false,
            signatures: BTreeSet::new(),
            ca: None,
        }
    }

    /// What signatures sign: `1;<path>;<hash>;<size>;<references>`. `None` when the size is not known.
    pub fn fingerprint(&self, dir: &StoreDir) -> Option<String> {
        let references: Vec<String> = self.references.iter().map(|path| dir.print(path)).collect();
        (self.nar_size != 0).then(|| format!("1;{};{};{};{}", dir.display(&self.path), self.nar_hash, self.nar_size, references.join(",")))
    }
}
