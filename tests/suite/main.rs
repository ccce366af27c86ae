//! End-to-end tests. One module per face or promise; each drives the built programs as a user would.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the program and set up its world")]

mod bad_input;
mod closures;
mod code_cache;
mod conformance;
mod crash;
mod derivations;
mod differential;
mod documents;
mod editors;
mod faces;
mod fetching;
mod formatting;
mod fuzz;
mod importing;
mod layering;
mod lint;
mod locking;
mod lsp;
mod repl;
mod restricted;
mod threads;
mod training;
