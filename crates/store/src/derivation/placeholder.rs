//! What stands in a derivation for an input's output whose path is not known before a build.

use crate::hash::{Hash, HashAlgo};
use crate::nixbase32;
use crate::store_path::{StorePath, output_path_name};

/// The placeholder of an output, as [`DownstreamPlaceholder::render`] puts it into strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownstreamPlaceholder(Hash);

impl DownstreamPlaceholder {
    /// For an output of a content-addressed (or deferred) derivation.
    pub fn unknown_ca_output(drv: &StorePath, output: &str) -> DownstreamPlaceholder {
        let name = drv.derivation_name().unwrap_or(drv.name());
        let text = format!("nix-upstream-output:{}:{}", drv.hash_part(), output_path_name(name, output));
        DownstreamPlaceholder(HashAlgo::Sha256.hash(text))
    }

    /// For an output of a derivation that is itself an output, whose placeholder is `self`.
    pub fn unknown_derivation(&self, output: &str) -> DownstreamPlaceholder {
        let compressed: [u8; 20] = self.0.compress();
        let text = format!("nix-computed-output:{}:{output}", nixbase32::encode(&compressed));
        DownstreamPlaceholder(HashAlgo::Sha256.hash(text))
    }

    pub fn render(&self) -> String {
        format!("/{}", self.0.nix32())
    }
}
