//! The settings of Nix that concern a store, with Nix's names and defaults. [`crate::LocalStore`] itself acts on the
//! `fsync-*`, `use-sqlite-wal` and `ca-derivations` ones and on the timeout; the others are for the layers that verify
//! signatures, collect garbage and optimise.

use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// `fsync-metadata`: the database is safe against a loss of power, not only against a kill.
    pub fsync_metadata: bool,
    /// `fsync-store-paths`: contents are flushed to the disk before they are registered.
    pub fsync_store_paths: bool,
    /// `use-sqlite-wal`.
    pub use_sqlite_wal: bool,
    /// `auto-optimise-store`: identical files are hard-linked when added.
    pub auto_optimise_store: bool,
    /// `require-sigs`.
    pub require_sigs: bool,
    /// `trusted-public-keys`.
    pub trusted_public_keys: Vec<String>,
    /// `keep-outputs`.
    pub keep_outputs: bool,
    /// `keep-derivations`.
    pub keep_derivations: bool,
    /// `keep-env-derivations`.
    pub keep_env_derivations: bool,
    /// `min-free` in bytes; 0 is off.
    pub min_free: u64,
    /// `max-free` in bytes.
    pub max_free: u64,
    /// `ca-derivations` is among the experimental features: the database keeps realisations.
    pub ca_derivations: bool,
    /// How long to wait for another process that writes to the database.
    pub busy_timeout: Duration,
}

impl Default for StoreSettings {
    fn default() -> Self {
        StoreSettings {
            fsync_metadata: true,
            fsync_store_paths: false,
            use_sqlite_wal: true,
            auto_optimise_store: false,
            require_sigs: true,
            trusted_public_keys: vec!["cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=".to_owned()],
            keep_outputs: false,
            keep_derivations: true,
            keep_env_derivations: false,
            min_free: 0,
            max_free: u64::MAX,
            ca_derivations: false,
            busy_timeout: Duration::from_secs(60 * 60),
        }
    }
}
