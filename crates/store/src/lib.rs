//! Store formats and the local store: store paths, hashes, NAR archives, derivations, path metadata and its signatures, and the
//! SQLite-backed store that Nix itself can open, with what copies closures into it.
//!
//! Architecture invariants:
//! - Knows nothing of the Nix language, of builds, or of editors; everything here is bytes, paths and metadata.
//! - Every format is byte-exact with Nix: what is printed here Nix reads, and the other way round.
//! - Archives, derivations, database rows and file names are hostile input. Parsers never panic, never recurse without a
//!   bound, and never allocate by a length they were told; restoring an archive never writes outside its target.
//! - A kill at any instant leaves a store that verifies: contents are complete in their final place before the
//!   transaction that makes the path valid.
//! - The environment is passed in ([`config::Environment`]); nothing here reads variables on its own.
//!
//! Where to start: [`StorePath`] and [`StoreDir`], then the [`Store`] trait.

// The store is one of the few crates whose business is the disk.
#![allow(clippy::disallowed_methods)]

pub mod base16;
pub mod base64;
pub mod config;
pub mod content_address;
pub mod copy;
pub mod derivation;
pub mod error;
pub mod hash;
pub mod local;
pub mod nar;
pub mod nixbase32;
pub mod path_info;
pub mod references;
pub mod rewrite;
pub mod signature;
pub mod store;
pub mod store_path;

pub use config::{ConfigError, Environment, StoreConfig, StoreKind, StoreSettings};
pub use content_address::{ContentAddress, ContentAddressMethod};
pub use derivation::{Derivation, DerivationOutput, DerivationType, InputNode};
pub use error::{StoreError, StoreResult};
pub use hash::{Hash, HashAlgo, HashFormat, Hasher};
pub use local::LocalStore;
pub use path_info::PathInfo;
pub use references::RefScanner;
pub use signature::PublicKeys;
pub use store::Store;
pub use store_path::{StoreDir, StorePath, StorePathSet};
