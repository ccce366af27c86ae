//! From a derivation to what its builder gets: options, environment, files.

mod environment;
mod options;
mod structured;

pub use environment::{Environment, EnvironmentInput, rewrite};
pub use options::{DerivationOptions, OutputChecks, RefSpec};
