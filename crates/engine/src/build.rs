//! Building what was evaluated, and what a face hears meanwhile.

use std::path::PathBuf;

/// What to build.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BuildRequest {
    /// The logical store path of the derivation, `/nix/store/…-name.drv`.
    pub drv_path: String,
    /// Names of the wanted outputs; empty means all of them.
    pub outputs: Vec<String>,
}

/// An output that exists now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltOutput {
    pub name: String,
    /// The logical store path.
    pub path: String,
    /// Where its files are on this machine; another path than `path` in a rootless store.
    pub real_path: PathBuf,
}

/// How the build of one request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildOutcome {
    pub drv_path: String,
    pub outputs: Vec<BuiltOutput>,
    /// Whether nothing had to be done because every output was there.
    pub already_built: bool,
}

/// Hears how builds go on. Called from several threads; must not block for long.
pub trait BuildProgress: Send + Sync {
    /// The plan is made: so many derivations will be built.
    fn planned(&self, _derivations: usize) {}
    fn started(&self, _drv_path: &str, _name: &str) {}
    /// A line of a builder's output, without its line end.
    fn log_line(&self, _drv_path: &str, _line: &str) {}
    /// The builder says that it entered a phase (`configurePhase`, …).
    fn phase(&self, _drv_path: &str, _phase: &str) {}
    fn finished(&self, _drv_path: &str, _succeeded: bool) {}
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl BuildProgress for NoProgress {}
