//! Building derivations: goals and their order, the sandbox, built-in builders, logs, and what happens to outputs before
//! they become valid.
//!
//! Architecture invariants:
//! - Knows nothing of the Nix language: derivations come from a store, results go to it.
//! - A builder sees the closure of its inputs, a build directory, a few devices and nothing else, unless the user switched
//!   the sandbox off. It never runs with more rights than the caller has.
//! - What a builder writes is hostile: logs are bounded in memory and on disk, outputs are checked and canonicalised
//!   before anything reads them, and no link in an output or build directory is followed.
//! - A kill at any instant leaves a store that verifies: builders die with the thread that watches them, outputs are in
//!   their final place before the one transaction that makes them valid, and leftovers are removed by the next run.
//! - No global settings and no environment: everything is in [`BuildConfig`].
//! - Between fork and exec only system calls on memory that was prepared before.
//!
//! Where to start: [`Builder::realise`].

// This crate is one of the few that meet the machine itself.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod builder;
mod builtin;
pub mod cancel;
pub mod config;
mod derivation;
pub mod derived_path;
pub mod error;
mod fsutil;
mod goal;
mod leftovers;
pub mod observer;
mod outputs;
pub mod result;
mod run;
mod sandbox;

pub use builder::Builder;
pub use cancel::{Cancel, CancelToken};
pub use config::{BuildConfig, SandboxMode, SandboxPath};
pub use derived_path::{DerivedPath, DerivedPathError, OutputsSpec};
pub use error::{BuildError, BuildFailure, FailureStatus, exit_status};
pub use observer::{BuildEvent, BuildObserver, Silent};
pub use result::{BuildResult, SuccessStatus};
pub use sandbox::shell::{ShellError, find as find_sandbox_shell};
