//! Derivations: what to build and from what. The value is here; the `.drv` text is in [`aterm`], hashing in [`modulo`],
//! JSON in [`json`]; [`Draft`] is a derivation while it is being made.

pub mod aterm;
mod draft;
pub mod json;
pub mod modulo;
mod output;
mod placeholder;
mod print;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::store_path::{StorePath, StorePathSet};

pub use aterm::AtermError;
pub use draft::{Draft, DraftBuffers, DraftInput, Finished, InputHash};
pub use json::{DERIVATION_JSON_VERSION, DerivationJsonError, derivations_to_json};
pub use modulo::{DerivationReader, HashModulo, ModuloError, ModuloHashes};
pub use output::{DerivationOutput, DerivationType, DerivationTypeError};
pub use placeholder::DownstreamPlaceholder;

/// Which outputs of an input derivation are used; `dynamic` are outputs that are themselves derivations, and which of
/// *their* outputs are used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InputNode {
    pub outputs: BTreeSet<String>,
    pub dynamic: BTreeMap<String, InputNode>,
}

impl InputNode {
    pub fn new(outputs: impl IntoIterator<Item = impl Into<String>>) -> InputNode {
        InputNode { outputs: outputs.into_iter().map(Into::into).collect(), dynamic: BTreeMap::new() }
    }
}

/// A derivation. Texts are bytes, as Nix's strings are; output names are UTF-8.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Derivation {
    /// The store path's name without `.drv`.
    pub name: String,
    pub outputs: BTreeMap<String, DerivationOutput>,
    pub input_drvs: BTreeMap<StorePath, InputNode>,
    pub input_srcs: StorePathSet,
    /// `x86_64-linux` or `builtin`.
    pub platform: Vec<u8>,
    pub builder: Vec<u8>,
    pub args: Vec<Vec<u8>>,
    /// Structured attributes are the variable `__json` here, as in the `.drv` file.
    pub env: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Derivation {
    /// Whether the builder is one of Nix's own (`builtin:fetchurl`, …).
    pub fn is_builtin(&self) -> bool {
        self.builder.starts_with(b"builtin:")
    }

    /// The JSON text of structured attributes.
    pub fn structured_attrs(&self) -> Option<&[u8]> {
        self.env.get(b"__json".as_slice()).map(Vec::as_slice)
    }

    /// The references of the `.drv` file: sources and input derivations.
    pub fn references(&self) -> StorePathSet {
        self.input_srcs.iter().chain(self.input_drvs.keys()).cloned().collect()
    }

    /// Whether an input is an output of an output that is a derivation.
    pub fn has_dynamic_inputs(&self) -> bool {
        self.input_drvs.values().any(|node| !node.dynamic.is_empty())
    }
}
