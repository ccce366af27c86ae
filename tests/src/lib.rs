//! What the end-to-end tests share: where the built programs and the foreign tools are, and throw-away projects and stores.
//!
//! Architecture invariants: tests drive nival as its users do, as processes; nothing here links the program. A missing tool
//! is a failure that says which command provides it, never a skipped test.
//! Start reading at `suite/main.rs`.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the program and set up its world")]

pub mod fuzz;
pub mod http;
pub mod lsp;
pub mod picture;
pub mod terminal;
pub mod tools;
pub mod world;
