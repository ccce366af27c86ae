//! Builders that are part of the engine.

mod fetchurl;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use nival_store::Derivation;
use nival_store::nar::NarError;
use thiserror::Error;

use crate::cancel::Cancel;

/// Why a built-in builder failed.
#[derive(Debug, Error)]
pub enum BuiltinError {
    #[error("unsupported builtin builder '{0}'")]
    Unknown(String),
    #[error("attribute '{0}' missing")]
    Missing(&'static str),
    #[error("'{0}' must be a fixed-output derivation")]
    NotFixed(&'static str),
    #[error("unable to download '{url}': {reason}")]
    Download { url: String, reason: String },
    #[error("writing file \"{path}\": {error}", path = path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("unpacking '{url}': {error}")]
    Unpack { url: String, error: NarError },
    #[error("interrupted by the user")]
    Cancelled,
}

/// Runs the builder that `drv` names. `outputs` says where each output is to be put.
pub fn run(drv: &Derivation, outputs: &BTreeMap<String, PathBuf>, cancel: &dyn Cancel) -> Result<(), BuiltinError> {
    match drv.builder.strip_prefix(b"builtin:") {
        Some(b"fetchurl") => fetchurl::run(drv, outputs, cancel),
        name => Err(BuiltinError::Unknown(String::from_utf8_lossy(name.unwrap_or(&drv.builder)).into_owned())),
    }
}

fn attribute(drv: &Derivation, name: &'static str) -> Option<String> {
    drv.env.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned())
}
