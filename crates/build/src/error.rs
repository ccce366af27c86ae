//! What can go wrong: with one derivation ([`BuildFailure`]) or with building as such ([`BuildError`]).

use std::fmt;
use std::sync::Arc;

use nival_store::{StoreDir, StoreError, StorePath};
use thiserror::Error;

/// Building could not go on at all.
#[derive(Debug, Error)]
pub enum BuildError {
    #[error("interrupted by the user")]
    Cancelled,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("derivations depend on each other in a circle:\n  {}", .0.join("\n  needs "))]
    Cycle(Vec<String>),
    #[error("derivation '{drv}' does not have wanted outputs '{output}'")]
    NoSuchOutput { drv: String, output: String },
    #[error("path '{0}' is required, but there is no substituter that can build it")]
    MissingPath(String),
    #[error("dependency '{path}' of '{drv}' does not exist, and substitution is disabled")]
    MissingInput { path: String, drv: String },
    #[error("derivation '{drv}' needs {what}, which nival cannot build yet")]
    Unsupported { drv: String, what: &'static str },
}

/// Kinds of failure, as Nix's `BuildResult` has them. They decide the exit status of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureStatus {
    PermanentFailure,
    /// May succeed when tried again: fixed outputs, a full disk.
    TransientFailure,
    InputRejected,
    OutputRejected,
    TimedOut,
    LogLimitExceeded,
    DependencyFailed,
    HashMismatch,
    /// Stopped because another build failed or the user said so.
    Cancelled,
    MiscFailure,
}

/// Why one derivation was not built. `Display` is Nix's message, without the `error: ` in front.
#[derive(Debug, Clone)]
pub struct BuildFailure {
    pub drv: StorePath,
    pub status: FailureStatus,
    /// The message without the log.
    pub message: String,
    /// The last lines of the log, when the builder failed.
    pub log_tail: Arc<[Vec<u8>]>,
    /// `nival log` command line for the whole log.
    pub log_command: Option<String>,
}

impl BuildFailure {
    pub(crate) fn new(drv: &StorePath, status: FailureStatus, message: impl Into<String>) -> BuildFailure {
        BuildFailure { drv: drv.clone(), status, message: message.into(), log_tail: Arc::new([]), log_command: None }
    }

    /// For a derivation that was not started because another one failed.
    pub(crate) fn not_reached(drv: &StorePath, dir: &StoreDir) -> BuildFailure {
        let message = format!("Cannot build '{}'.\nReason: stopped because another build failed", dir.display(drv));
        BuildFailure::new(drv, FailureStatus::Cancelled, message)
    }
}

impl fmt::Display for BuildFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.log_tail.is_empty() {
            return Ok(());
        }
        write!(f, "\nLast {} log lines:\n", self.log_tail.len())?;
        for line in self.log_tail.iter() {
            writeln!(f, "> {}", String::from_utf8_lossy(line))?;
        }
        match &self.log_command {
            Some(command) => write!(f, "For full logs, run:\n  {command}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for BuildFailure {}

/// The exit status of a program whose builds ended in these failures, as Nix has it: 1, or 100 for failed builds, with 1
/// added when one timed out and 2 when a hash was wrong.
pub fn exit_status<'a>(failures: impl IntoIterator<Item = &'a BuildFailure>) -> u8 {
    let mut mask = 0;
    for failure in failures {
        mask |= match failure.status {
            FailureStatus::TimedOut => 0x05,
            FailureStatus::HashMismatch => 0x06,
            FailureStatus::PermanentFailure | FailureStatus::InputRejected => 0x04,
            _ => 0,
        };
    }
    if mask == 0 { 1 } else { mask | 0x60 }
}
