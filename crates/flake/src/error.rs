//! What can be wrong with a flake.

use std::path::PathBuf;

use nival_eval::builtins::flake::reference::RefError;
use nival_eval::{EvalError, HostError};
use nival_source::SystemError;
use nival_store::nar::NarError;
use thiserror::Error;

/// Why a flake cannot be used. The texts are Nix's where it has one.
#[derive(Debug, Error)]
pub enum FlakeError {
    #[error(transparent)]
    Reference(#[from] RefError),
    #[error("invalid outputs specification '{0}'")]
    Outputs(String),
    #[error("path \"{}\" is not part of a flake (neither it nor its parent directories contain a 'flake.nix' file)", .0.display())]
    NotInFlake(PathBuf),
    #[error("could not find a flake.nix file in '{}' or above", .0.display())]
    NoFlake(PathBuf),
    #[error("path \"{}\" is not a flake (because it's not a directory)", .0.display())]
    NotADirectory(PathBuf),
    #[error("source tree referenced by '{0}' does not contain a '{1}/flake.nix' file")]
    NoFlakeNix(String, String),
    #[error("flake '{0}' lacks attribute 'outputs'")]
    NoOutputs(String),
    #[error("flake input has both a flake reference and a follows attribute: '{0}'")]
    BothFollowsAndReference(String),
    #[error("unexpected flake input attribute '{attr}' of input '{input}'")]
    UnexpectedInputAttribute { input: String, attr: String },
    #[error("expected {expected} but got {got} in attribute '{attr}' of '{flake}'")]
    Type { flake: String, attr: String, expected: &'static str, got: String },
    #[error("could not parse '{path}': {reason}")]
    BadLock { path: String, reason: String },
    #[error("lock file '{path}' has unsupported version {version}")]
    LockVersion { path: String, version: i64 },
    #[error("follow cycle detected: [{0}]")]
    FollowCycle(String),
    #[error("input '{input}' follows a non-existent input '{follows}'")]
    FollowsNothing { input: String, follows: String },
    #[error("flake inputs are nested more than {0} deep")]
    TooDeep(usize),
    /// The tree is not on this machine.
    #[error(
        "'{reference}' would have to be fetched, which nival does not do yet: it is not a folder of this machine, and the store does not have it"
    )]
    NeedsFetching { reference: String },
    #[error(
        "input '{input}' ('{reference}') is not in the lock file, and would have to be fetched to be locked, which nival does not do yet"
    )]
    NotLocked { input: String, reference: String },
    #[error("NAR hash mismatch in input '{reference}', expected '{expected}' but got '{got}'")]
    NarHash { reference: String, expected: String, got: String },
    #[error("cannot read the index of the Git repository '{}': {reason}", .repository.display())]
    GitIndex { repository: PathBuf, reason: String },
    #[error(transparent)]
    System(#[from] SystemError),
    #[error(transparent)]
    Nar(#[from] NarError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Store(#[from] nival_store::StoreError),
    #[error("{0}")]
    Eval(Box<EvalError>),
}

impl From<Box<EvalError>> for FlakeError {
    fn from(error: Box<EvalError>) -> Self {
        FlakeError::Eval(error)
    }
}

impl From<FlakeError> for Box<EvalError> {
    fn from(error: FlakeError) -> Self {
        match error {
            FlakeError::Eval(error) => error,
            FlakeError::Host(error) => error.into(),
            other => EvalError::other(other.to_string()),
        }
    }
}

impl From<FlakeError> for HostError {
    fn from(error: FlakeError) -> Self {
        match error {
            FlakeError::Eval(error) => HostError::Eval(error),
            FlakeError::Host(error) => error,
            other => HostError::Io(other.to_string()),
        }
    }
}
