//! Operations on values that the interpreter and the builtins share.

mod arith;
pub(crate) mod coerce;
mod compare;
mod explain;
pub mod path;
mod show;
pub(crate) mod update;
