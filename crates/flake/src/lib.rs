//! Flakes: references as people write them, lock files, and the value of a flake with its inputs. Read-only: nothing is
//! fetched and no lock file is written.
//!
//! Architecture invariants:
//! - Files are reached through the evaluator's host and `nival_source::System` alone.
//! - A flake is evaluated at the store path that its tree has, as in Nix, so that everything made from it has the same
//!   store paths; the bytes stay in the user's folder, from which the host reads them.
//! - Trees of inputs are looked for when they are needed. What is not on this machine is a [`FlakeError::NeedsFetching`] or
//!   [`FlakeError::NotLocked`] that names the input.
//! - Lock files and Git indexes are hostile input: parsers check everything and have bounds.
//! - Of a Git repository the tracked files count, as in Nix, uncommitted changes included. Its commits are not read: such a
//!   flake has no `rev`, and its `lastModified` is that of its newest file.
//!
//! Where to start: [`call_flake`], then [`graph`].

pub mod call;
pub mod declared;
pub mod error;
pub mod git_index;
pub mod graph;
pub mod installable;
pub mod lock;
pub mod tree;

pub use call::{call_flake, call_graph, install};
pub use error::FlakeError;
pub use graph::Graph;
pub use installable::{Installable, locate, parse_reference};
pub use lock::LockFile;
pub use nival_eval::builtins::flake::reference::{Attr as FlakeAttr, FlakeRef};
pub use tree::{Doors, fetch_tree};
