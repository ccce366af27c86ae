//! Computation of store paths: a SHA-256 over a fingerprint, folded to 160 bits.

use std::borrow::Cow;

use thiserror::Error;

use super::{BadStorePath, StoreDir, StorePath, StorePathSet};
use crate::content_address::{ContentAddress, ContentAddressMethod};
use crate::hash::{Hash, HashAlgo, HashFormat, Hasher};

/// Why no store path can be computed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StorePathError {
    #[error(transparent)]
    Bad(#[from] BadStorePath),
    #[error("self-reference not allowed with text hashing")]
    TextSelfReference,
    #[error("text hashing needs a sha256 hash, not '{0}'")]
    TextAlgorithm(HashAlgo),
    #[error(
        "fixed output derivation '{0}' is not allowed to refer to other store paths.\nYou may need to use the 'unsafeDiscardReferences' derivation attribute, see the manual for more details."
    )]
    References(String),
}

/// What a content-addressed object refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreReferences {
    pub others: StorePathSet,
    /// Whether it refers to itself, which its hash cannot contain.
    pub self_reference: bool,
}

impl StoreReferences {
    pub fn is_empty(&self) -> bool {
        self.others.is_empty() && !self.self_reference
    }
}

impl From<StorePathSet> for StoreReferences {
    fn from(others: StorePathSet) -> Self {
        StoreReferences { others, self_reference: false }
    }
}

/// A content-addressed object before it has a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedOutput {
    pub ca: ContentAddress,
    pub references: StoreReferences,
}

/// The general fingerprint: `<type>:<hash>:<store dir>:<name>`.
pub fn make_store_path(dir: &StoreDir, kind: &str, hash: &Hash, name: &str) -> Result<StorePath, BadStorePath> {
    make_store_path_of(dir, &[kind], hash, name)
}

/// [`make_store_path`] for a type in parts.
fn make_store_path_of(dir: &StoreDir, kind: &[&str], hash: &Hash, name: &str) -> Result<StorePath, BadStorePath> {
    let mut hasher = Hasher::new(HashAlgo::Sha256);
    kind.iter().for_each(|part| hasher.update(part.as_bytes()));
    finish_store_path(hasher, dir, hash, name)
}

/// Path of an input-addressed output; `hash` is that of the derivation modulo fixed-output inputs and `drv_name` the
/// derivation's name without `.drv`.
pub fn make_output_path(dir: &StoreDir, output: &str, hash: &Hash, drv_name: &str) -> Result<StorePath, BadStorePath> {
    make_store_path_of(dir, &["output:", output], hash, &output_path_name(drv_name, output))
}

/// Path of a text with the given SHA-256 (`builtins.toFile`, `.drv` files).
pub fn make_text_path(dir: &StoreDir, name: &str, hash: &Hash, references: &StorePathSet) -> Result<StorePath, StorePathError> {
    if hash.algo() != HashAlgo::Sha256 {
        return Err(StorePathError::TextAlgorithm(hash.algo()));
    }
    Ok(make_text_path_of(dir, name, hash, references.iter().map(|path| path.base_name().as_bytes()))?)
}

/// Path of a fixed output or an added source, for the methods [`ContentAddressMethod::Flat`] and
/// [`ContentAddressMethod::Nar`]; a text goes to [`make_text_path`].
pub fn make_fixed_output_path(
    dir: &StoreDir,
    name: &str,
    ca: &ContentAddress,
    references: &StoreReferences,
) -> Result<StorePath, StorePathError> {
    if ca.method == ContentAddressMethod::Nar && ca.hash.algo() == HashAlgo::Sha256 {
        let kind = with_references(dir, "source", &references.others, references.self_reference);
        return Ok(make_store_path(dir, &kind, &ca.hash, name)?);
    }
    if !references.is_empty() {
        return Err(StorePathError::References(name.to_owned()));
    }
    let mut inner = String::with_capacity(160);
    inner.push_str("fixed:out:");
    inner.push_str(ca.method.prefix());
    ca.hash.print_to(HashFormat::Base16, true, &mut inner);
    inner.push(':');
    Ok(make_store_path(dir, "output:out", &HashAlgo::Sha256.hash(inner), name)?)
}

/// Path of any content-addressed object.
pub fn make_path_from_ca(
    dir: &StoreDir,
    name: &str,
    ca: &ContentAddress,
    references: &StoreReferences,
) -> Result<StorePath, StorePathError> {
    match ca.method {
        ContentAddressMethod::Text if references.self_reference => Err(StorePathError::TextSelfReference),
        ContentAddressMethod::Text => make_text_path(dir, name, &ca.hash, &references.others),
        ContentAddressMethod::Flat | ContentAddressMethod::Nar => make_fixed_output_path(dir, name, ca, references),
    }
}

/// Name of an output's store path: the derivation's own for `out`, with the output's appended for others.
pub fn output_path_name<'a>(drv_name: &'a str, output: &str) -> Cow<'a, str> {
    if output == "out" { drv_name.into() } else { [drv_name, "-", output].concat().into() }
}

/// What stands for an output whose path is not known yet (`builtins.placeholder`, which takes any bytes).
pub fn output_placeholder(output: impl AsRef<[u8]>) -> String {
    format!("/{}", HashAlgo::Sha256.hash([b"nix-output:", output.as_ref()].concat()).nix32())
}

/// [`make_text_path`] for a SHA-256; `references` are base names, sorted, each once.
pub(crate) fn make_text_path_of<'a>(
    dir: &StoreDir,
    name: &str,
    hash: &Hash,
    references: impl Iterator<Item = &'a [u8]>,
) -> Result<StorePath, BadStorePath> {
    let mut hasher = Hasher::new(HashAlgo::Sha256);
    hasher.update(b"text");
    for path in references {
        for part in [b":", dir.as_str().as_bytes(), b"/", path] {
            hasher.update(part);
        }
    }
    finish_store_path(hasher, dir, hash, name)
}

/// What of the fingerprint comes after its type.
fn finish_store_path(mut hasher: Hasher, dir: &StoreDir, hash: &Hash, name: &str) -> Result<StorePath, BadStorePath> {
    for part in [":", &hash.print(HashFormat::Base16, true), ":", dir.as_str(), ":", name] {
        hasher.update(part.as_bytes());
    }
    StorePath::from_digest(&hasher.finish().compress(), name)
}

fn with_references(dir: &StoreDir, kind: &str, references: &StorePathSet, self_reference: bool) -> String {
    let mut out = kind.to_owned();
    for path in references {
        out.push(':');
        dir.print_to(path, &mut out);
    }
    if self_reference {
        out.push_str(":self");
    }
    out
}
