//! What can be wrong with a flake.

use std::path::PathBuf;

use nival_eval::builtins::flake::reference::RefError;
use nival_eval::{ErrorKind, EvalError, HostError, Pos};
use nival_fetch::FetchError;
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
    #[error("cannot update unlocked flake input '{0}' in pure mode")]
    UnlockedInput(String),
    #[error("found circular import of flake '{0}'")]
    CircularImport(String),
    #[error("flake '{0}' requires lock file changes but they're not allowed due to '--no-update-lock-file'")]
    NoUpdate(String),
    #[error("cannot write modified lock file of flake '{0}' (use '--no-write-lock-file' to ignore)")]
    NotWritable(String),
    #[error(
        "Not writing lock file of flake '{flake}' because it has an unlocked input ('{input}'). Use '--allow-dirty-locks' to allow this anyway."
    )]
    DirtyLock { flake: String, input: String },
    #[error("'--commit-lock-file' and '--output-lock-file' are incompatible")]
    CommitElsewhere,
    #[error("'{0}' is an indirect flake reference, but registry lookups are not allowed")]
    NoRegistries(String),
    #[error("flake inputs are nested more than {0} deep")]
    TooDeep(usize),
    #[error("input '{input}' ('{reference}') is not in the lock file, and could not be fetched to be locked: {reason}")]
    NotLocked { input: String, reference: String, reason: String },
    #[error("in pure evaluation mode, '{builtin}' doesn't fetch unlocked input '{input}'")]
    Unlocked { builtin: &'static str, input: String },
    #[error("in pure evaluation mode, '{builtin}' requires a 'sha256' argument")]
    NeedsHash { builtin: &'static str },
    #[error("in pure evaluation mode, 'fetchMercurial' requires a Mercurial revision")]
    MercurialRev,
    #[error("cannot call 'getFlake' on unlocked flake reference '{0}' (use --impure to override)")]
    UnlockedFlake(String),
    #[error("{0}")]
    Key(String),
    #[error(transparent)]
    Copy(nival_store::copy::CopyError),
    #[error("rewriting '{from}' to content-addressed form yielded '{made}', while '{expected}' was expected")]
    OtherRewriting { from: String, made: String, expected: String },
    #[error(
        "rewriting '{from}' to content-addressed form yielded '{made}'\nUse this value for the 'toPath' attribute passed to 'fetchClosure'"
    )]
    Rewritten { from: String, made: String },
    #[error(
        "The 'toPath' value '{0}' is input-addressed, so it can't possibly be the result of rewriting to a content-addressed path.\n\nSet 'toPath' to an empty string to make Nix report the correct content-addressed path."
    )]
    ToInputAddressed(String),
    #[error(
        "The 'fromPath' value '{0}' is input-addressed, but 'inputAddressed' is set to 'false' (default).\n\nIf you do intend to fetch an input-addressed store path, add\n\n    inputAddressed = true;\n\nto the 'fetchClosure' arguments.\n\nNote that to ensure authenticity input-addressed store paths, users must configure a trusted binary cache public key on their systems. This is not needed for content-addressed paths."
    )]
    InputAddressed(String),
    #[error(
        "The store object referred to by 'fromPath' at '{0}' is not input-addressed, but 'inputAddressed' is set to 'true'.\n\nRemove the 'inputAddressed' attribute (it defaults to 'false') to expect 'fromPath' to be content-addressed"
    )]
    NotInputAddressed(String),
    #[error("access to URI '{0}' is forbidden in restricted mode")]
    Restricted(String),
    #[error("passing a string argument to 'fetchTree' requires the 'flakes' experimental feature")]
    NeedsFeature,
    #[error("'{0}' doesn't have a scheme")]
    NoScheme(String),
    #[error("unexpected argument 'type'")]
    UnexpectedType,
    #[error("argument 'name' isn’t supported in call to 'fetchTree'")]
    NoName,
    #[error("hash mismatch in file downloaded from '{url}':\n  specified: sha256:{expected}\n  got:       sha256:{got}")]
    FileHash { url: String, expected: String, got: String },
    #[error("cannot find flake '{0}' in the flake registries")]
    NotInRegistry(String),
    #[error("cycle detected in flake registry for '{0}'")]
    RegistryCycle(String),
    #[error("could not parse the flake registry '{path}': {reason}")]
    BadRegistry { path: String, reason: String },
    /// `input` is what was being fetched, where the message does not say it.
    #[error("{error}")]
    Fetch { input: Option<String>, error: FetchError },
    #[error("NAR hash mismatch in input '{reference}', expected '{expected}' but got '{got}'")]
    NarHash { reference: String, expected: String, got: String },
    #[error(transparent)]
    System(#[from] SystemError),
    #[error(transparent)]
    Nar(#[from] NarError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Store(#[from] nival_store::StoreError),
    #[error("{}", .0.message)]
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
            FlakeError::Fetch { input, error } => fetch_error(input, &error),
            error @ FlakeError::Restricted(_) => EvalError::new(ErrorKind::Forbidden, error.to_string()),
            // Nix ends with this code where a hash is not as it should be.
            error @ (FlakeError::FileHash { .. } | FlakeError::NarHash { .. }) => EvalError::new(ErrorKind::Build(102), error.to_string()),
            other => EvalError::other(other.to_string()),
        }
    }
}

impl From<FlakeError> for HostError {
    fn from(error: FlakeError) -> Self {
        match error {
            FlakeError::Eval(error) => HostError::Eval(error),
            FlakeError::Host(error) => error,
            other => HostError::Eval(other.into()),
        }
    }
}

fn fetch_error(input: Option<String>, error: &FetchError) -> Box<EvalError> {
    let kind = match error {
        FetchError::Cancelled => ErrorKind::Cancelled,
        FetchError::Refused { .. } => ErrorKind::Forbidden,
        FetchError::Download { .. } | FetchError::Status { .. } | FetchError::GitFetch { .. } | FetchError::Io { .. } => ErrorKind::Io,
        _ => ErrorKind::Other,
    };
    let error = EvalError::new(kind, error.to_string());
    match input {
        Some(input) => error.context(Pos::NONE, format!("while fetching the input '{input}'")),
        None => error,
    }
}
