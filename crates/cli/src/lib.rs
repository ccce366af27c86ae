//! The executables' code: one program, and the name it is called by picks the face.
//!
//! # Where to start reading
//! [`personality`] (program names) → `commands` (`nival COMMAND`) → `flags` and `options` (the grammar of flags) →
//! `context` (from options and environment to an engine).
//!
//! # Architecture invariants
//! - This crate reads the process's arguments and environment and writes to its terminal; it holds nothing that another
//!   face would need.
//! - Every command ends in an exit code as the `nix` command of the same name has it: 0; 1 for errors; 100 and its kin for
//!   failed builds of the older commands.

// The door to arguments, environment and terminal: see `clippy.toml`.
#![allow(clippy::disallowed_methods)]

mod commands;
mod context;
mod error;
mod flags;
mod options;
mod pages;
pub mod personality;
mod progress;
mod watching;
