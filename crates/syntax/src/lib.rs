//! The syntax of Nix: lexer, grammar, lossless tree, typed tree, edits.

mod name;

pub use name::Name;
pub use rowan::{TextRange, TextSize};
