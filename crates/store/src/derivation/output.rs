//! Outputs of a derivation and what they make of it.

use thiserror::Error;

use super::Derivation;
use crate::content_address::{ContentAddress, ContentAddressMethod};
use crate::hash::HashAlgo;
use crate::store_path::{StoreDir, StorePath, StorePathError, StoreReferences, make_path_from_ca, output_path_name};

/// How the path of an output is determined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DerivationOutput {
    /// By the inputs.
    InputAddressed(StorePath),
    /// By the contents, known beforehand.
    CaFixed(ContentAddress),
    /// By the contents, known once built.
    CaFloating { method: ContentAddressMethod, algo: HashAlgo },
    /// By the inputs, of which some are not known yet.
    Deferred,
    /// By the contents; built anew each time.
    Impure { method: ContentAddressMethod, algo: HashAlgo },
}

impl DerivationOutput {
    /// The path, where it is known before the build.
    pub fn path(&self, dir: &StoreDir, drv_name: &str, output: &str) -> Result<Option<StorePath>, StorePathError> {
        match self {
            DerivationOutput::InputAddressed(path) => Ok(Some(path.clone())),
            DerivationOutput::CaFixed(ca) => {
                make_path_from_ca(dir, &output_path_name(drv_name, output), ca, &StoreReferences::default()).map(Some)
            }
            DerivationOutput::CaFloating { .. } | DerivationOutput::Deferred | DerivationOutput::Impure { .. } => Ok(None),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DerivationType {
    InputAddressed {
        /// Output paths wait for inputs to be built.
        deferred: bool,
    },
    /// One output whose hash is given; such builds have network access.
    Fixed,
    Floating,
    Impure,
}

impl DerivationType {
    pub fn is_fixed(self) -> bool {
        self == DerivationType::Fixed
    }

    pub fn is_content_addressed(self) -> bool {
        !matches!(self, DerivationType::InputAddressed { .. })
    }

    pub fn has_known_output_paths(self) -> bool {
        matches!(self, DerivationType::Fixed | DerivationType::InputAddressed { deferred: false })
    }

    /// Whether the build is cut off from the network.
    pub fn is_sandboxed(self) -> bool {
        matches!(self, DerivationType::InputAddressed { .. } | DerivationType::Floating)
    }
}

/// Why outputs do not make a derivation. The texts are Nix's own.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DerivationTypeError {
    #[error("must have at least one output")]
    NoOutputs,
    #[error("can't mix derivation output types")]
    Mixed,
    #[error("only one fixed output is allowed for now")]
    SeveralFixed,
    #[error("single fixed output must be named \"out\"")]
    FixedNotOut,
    #[error("all floating outputs must use the same hash algorithm")]
    FloatingAlgorithms,
}

impl Derivation {
    pub fn derivation_type(&self) -> Result<DerivationType, DerivationTypeError> {
        let mut decided: Option<DerivationType> = None;
        let mut floating_algo = None;
        for (name, output) in &self.outputs {
            let this = match output {
                DerivationOutput::InputAddressed(_) => DerivationType::InputAddressed { deferred: false },
                DerivationOutput::Deferred => DerivationType::InputAddressed { deferred: true },
                DerivationOutput::CaFixed(_) => DerivationType::Fixed,
                DerivationOutput::CaFloating { .. } => DerivationType::Floating,
                DerivationOutput::Impure { .. } => DerivationType::Impure,
            };
            match decided {
                Some(other) if other != this => return Err(DerivationTypeError::Mixed),
                Some(DerivationType::Fixed) => return Err(DerivationTypeError::SeveralFixed),
                _ => decided = Some(this),
            }
            match output {
                DerivationOutput::CaFixed(_) if name != "out" => return Err(DerivationTypeError::FixedNotOut),
                DerivationOutput::CaFloating { algo, .. } if *floating_algo.get_or_insert(*algo) != *algo => {
                    return Err(DerivationTypeError::FloatingAlgorithms);
                }
                _ => {}
            }
        }
        decided.ok_or(DerivationTypeError::NoOutputs)
    }
}
