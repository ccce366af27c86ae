//! The builtins, one family per file. Each family has a table of its functions; [`table`] joins them.
//!
//! To add a builtin: write it in its family's file, add a line to that file's table, and a test of what it gives.

mod arith;
mod attrs;
mod closure;
mod constants;
mod context;
mod control;
mod derivation;
pub(crate) mod derived;
pub(crate) mod ere;
mod fetch;
pub mod flake;
mod groups;
mod hash;
mod io;
pub(crate) mod json;
mod lists;
mod paths;
mod peeksort;
mod regex;
mod strings;
mod support;
mod toml;
mod types;
pub(crate) mod version;
mod xml;

pub use constants::NIX_VERSION;
pub(crate) use support::known;

use crate::builtin::{Builtin, BuiltinTable};

/// The families.
const FAMILIES: &[&[Builtin]] = &[
    arith::TABLE,
    attrs::TABLE,
    closure::TABLE,
    context::TABLE,
    control::TABLE,
    derivation::TABLE,
    fetch::TABLE,
    flake::TABLE,
    hash::TABLE,
    io::TABLE,
    json::TABLE,
    lists::TABLE,
    paths::TABLE,
    regex::TABLE,
    strings::TABLE,
    toml::TABLE,
    types::TABLE,
    xml::TABLE,
];

/// All builtins, sorted by name.
pub fn table() -> BuiltinTable {
    let mut functions = FAMILIES.concat();
    functions.sort_unstable_by_key(|builtin| builtin.name);
    BuiltinTable { functions, constants: constants::TABLE.to_vec(), sources: vec![("derivation", derivation::DERIVATION)] }
}

#[cfg(test)]
mod tests;
