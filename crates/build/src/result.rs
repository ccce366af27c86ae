//! What became of one wanted path.

use std::collections::BTreeMap;
use std::sync::Arc;

use nival_store::StorePath;

use crate::derived_path::DerivedPath;
use crate::error::BuildFailure;

/// How a success came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuccessStatus {
    Built,
    /// Valid before.
    AlreadyValid,
}

/// The result for one wanted path.
#[derive(Debug, Clone)]
pub struct BuildResult {
    pub wanted: DerivedPath,
    /// The failure of the derivation that is at fault comes with the failures of those that needed it in
    /// [`BuildResult::failures`].
    pub outcome: Result<SuccessStatus, Arc<BuildFailure>>,
    /// The wanted outputs by name; for a plain path, empty. Complete only after success.
    pub outputs: BTreeMap<String, StorePath>,
    /// Every failure below this path, causes first, this derivation's own last.
    pub failures: Vec<Arc<BuildFailure>>,
}

impl BuildResult {
    pub fn is_success(&self) -> bool {
        self.outcome.is_ok()
    }
}
