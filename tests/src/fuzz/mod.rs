//! Differential fuzzing: programs made from a seed, evaluated by nival and by real Nix, compared.
//!
//! Start at [`Programs`] (what is run), then [`drive`] (how), then `src/bin/fuzz.rs` (the command).

pub mod compare;
pub mod corpus;
pub mod drive;
mod generate;
pub mod rng;
mod tree;
mod types;

pub use generate::Programs;
pub use rng::Rng;
pub use tree::Node;
