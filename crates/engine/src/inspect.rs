//! What is known about a store path.

use std::path::PathBuf;

/// Facts about a store path or about the outputs of a derivation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathDetails {
    /// The logical store path.
    pub path: String,
    /// Where its files are on this machine.
    pub real_path: PathBuf,
    /// Whether the store has it. Where false only `path`, `deriver` and the log can be known.
    pub valid: bool,
    /// The store path of the derivation it was built from.
    pub deriver: Option<String>,
    /// Sorted; may contain the path itself.
    pub references: Vec<String>,
    pub referrers: Vec<String>,
    /// Bytes of the archive of the path alone.
    pub nar_size: Option<u64>,
    /// `sha256:…` in Nix's base 32.
    pub nar_hash: Option<String>,
    /// Bytes of the archives of everything it needs at run time, itself included.
    pub closure_size: Option<u64>,
    /// Number of paths in that closure.
    pub closure_paths: Option<usize>,
    /// Whether a build log is kept, and where.
    pub log: Option<PathBuf>,
}
