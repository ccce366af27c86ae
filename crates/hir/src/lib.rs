//! Lowering, scopes, name resolution.

pub mod globals;
pub mod module;
