//! What a store knows about a valid path.

use std::collections::BTreeSet;

use crate::content_address::ContentAddress;
use crate::hash::Hash;
use crate::store_path::{StorePath, StorePathSet};

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
}
