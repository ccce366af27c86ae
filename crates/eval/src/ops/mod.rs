//! Operations on values that the interpreter and the builtins share.

mod arith;
pub(crate) mod coerce;
mod compare;
pub mod path;
mod show;
pub(crate) mod update;
