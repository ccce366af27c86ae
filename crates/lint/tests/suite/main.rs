//! The tests of the crate, text to text. One binary, because linking one is faster than linking many.

mod diagnostics;
mod document;
mod examples;
mod fixes;
mod pragmas;
mod queries;
mod robust;
mod rules;
mod syntax;
