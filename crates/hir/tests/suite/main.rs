//! The tests of the crate, text to text. One binary, because linking one is faster than linking many.

mod lowering;
mod queries;
mod robust;
mod scopes;
mod serial;
