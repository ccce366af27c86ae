//! Flakes: references as people write them, lock files, registries, the value of a flake with its inputs, and what the builtins
//! that fetch do with `nival_fetch`. Lock files are written by a [`LockWriter`], where the user's command says so.
//!
//! Architecture invariants:
//! - Files are reached through the evaluator's host, `nival_source::System` and `nival_fetch` alone.
//! - A flake is evaluated at the store path that its tree has, as in Nix, so that everything made from it has the same
//!   store paths; the bytes stay in the user's folder or in the cache of fetched trees, from which the host reads them.
//! - Inputs are fetched when they are needed. What is locked and in the store is not fetched at all.
//! - Lock files and registries are hostile input: parsers check everything and have bounds.
//! - Of a Git repository's working tree the tracked files count, as in Nix, uncommitted changes included.
//!
//! Where to start: [`call_flake`], then [`graph`] and [`fetching`].

pub mod call;
pub mod declared;
pub mod error;
pub mod fetching;
pub mod graph;
pub mod installable;
pub mod lock;
mod lock_print;
pub mod locking;
pub mod registry;
pub mod write;

pub use call::{call_flake, call_graph, install};
pub use error::FlakeError;
pub use fetching::{Doors, Rules, Shelf, fetch};
pub use graph::Graph;
pub use installable::{Installable, locate, parse_reference};
pub use lock::LockFile;
pub use locking::{InputPath, LockFlags, Locked, lock_flake};
pub use nival_eval::builtins::flake::reference::{Attr as FlakeAttr, FlakeRef};
pub use write::{LockWriter, locked_inputs, settle};
