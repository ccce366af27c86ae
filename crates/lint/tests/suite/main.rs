//! The tests of the crate, text to text. One binary, because linking one is faster than linking many.

#![allow(clippy::disallowed_methods, reason = "tests read the files of the repository")]

mod diagnostics;
mod document;
mod examples;
mod fixes;
mod pragmas;
mod queries;
mod robust;
mod rules;
mod syntax;
