//! What a session is started with.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use nival_engine::{BuildProgress, CancelToken, EngineConfig};

/// Something whose attributes come into scope when the session starts, and again at `:r`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Load {
    /// A file or a folder. A folder without `default.nix` is taken as the flake it holds; so is its `flake.nix`.
    Path(PathBuf),
    /// A reference to a flake such as `path:./x` or `.#packages`.
    Flake(String),
    /// `--expr`.
    Expr(String),
}

impl Load {
    /// What an argument of `nixrepl` or of `:l` means.
    pub fn parse(argument: &str) -> Self {
        let scheme = argument.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_reference = !scheme.is_empty() && !scheme.contains('/') || argument.contains('#');
        if is_reference { Load::Flake(argument.to_string()) } else { Load::Path(PathBuf::from(argument)) }
    }
}

/// The settings of a session.
pub struct ReplConfig {
    pub engine: EngineConfig,
    pub loads: Vec<Load>,
    /// `--arg name expr` and `--argstr name string` (the flag says which): arguments for functions among the loads.
    pub args: Vec<(String, String, bool)>,
    /// The folder that relative paths in lines start from.
    pub folder: PathBuf,
    /// Lines are added at once as they are entered; `None` keeps no history.
    pub history: Option<PathBuf>,
    pub color: bool,
    pub show_trace: bool,
    pub interrupt: Interrupt,
    /// Installs the signal handler that triggers the interrupt. Called once the terminal is set up: a line editor takes
    /// the signal for itself when it is made, and does not need it, because it reads keys.
    pub install_interrupt: fn(Interrupt),
    /// Hears builds while they run.
    pub progress: Arc<dyn BuildProgress>,
}

/// Stops what a session is doing. The program's signal handler holds a clone.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<Mutex<Option<CancelToken>>>);

impl Interrupt {
    /// Asks the running line to stop; `false` if none runs.
    pub fn trigger(&self) -> bool {
        let token = self.0.lock().unwrap_or_else(|e| e.into_inner()).take();
        token.inspect(CancelToken::cancel).is_some()
    }

    /// Names what [`Interrupt::trigger`] stops from now on.
    pub fn watch(&self, token: Option<CancelToken>) {
        *self.0.lock().unwrap_or_else(|e| e.into_inner()) = token;
    }
}
