//! Settings of a builder. The names are those of `nix.conf`, with underscores.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Whether builders run in a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SandboxMode {
    /// Always; a derivation with `__noChroot` is refused.
    #[default]
    Enabled,
    /// Except for fixed-output derivations and those with `__noChroot`.
    Relaxed,
    /// Never. Only when the user says so; impossible in a store whose files are not at their logical place.
    Disabled,
}

/// A path of this machine that builders see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxPath {
    /// Where builders see it.
    pub target: PathBuf,
    pub source: PathBuf,
    /// Whether it may be missing on this machine.
    pub optional: bool,
}

impl SandboxPath {
    /// Parses an entry of `sandbox-paths`: `path`, `target=source`, each with an optional `?` at the end.
    pub fn parse(entry: &str) -> SandboxPath {
        let (entry, optional) = match entry.strip_suffix('?') {
            Some(entry) => (entry, true),
            None => (entry, false),
        };
        let (target, source) = entry.split_once('=').unwrap_or((entry, entry));
        SandboxPath { target: target.into(), source: source.into(), optional }
    }
}

/// How to build.
#[derive(Debug, Clone)]
pub struct BuildConfig {
    /// Derivations built at once; 0 builds nothing.
    pub max_jobs: usize,
    /// `NIX_BUILD_CORES`; 0 means all cores of this machine.
    pub cores: usize,
    /// Whether other derivations are still built after one failed.
    pub keep_going: bool,
    /// Whether the build directory of a failed build stays (its place is told as a warning).
    pub keep_failed: bool,
    pub sandbox: SandboxMode,
    /// Paths of this machine that builders see, besides `/bin/sh`.
    pub sandbox_paths: Vec<SandboxPath>,
    /// A statically linked shell for `/bin/sh`. When unset, one is looked for on this machine.
    pub sandbox_shell: Option<PathBuf>,
    /// Size of `/dev/shm` in a sandbox, as the option of a tmpfs: bytes or a percentage.
    pub sandbox_dev_shm_size: String,
    /// `x86_64-linux`.
    pub system: String,
    pub extra_platforms: BTreeSet<String>,
    pub system_features: BTreeSet<String>,
    /// A build that takes longer is killed.
    pub timeout: Option<Duration>,
    /// A build that writes nothing for longer is killed.
    pub max_silent_time: Option<Duration>,
    /// Bytes of log after which a build is killed; 0 means without limit.
    pub max_log_size: u64,
    /// Bytes of log kept on disk; what follows is dropped and the log says so.
    pub max_log_file_size: u64,
    /// Bytes that the build directory and the outputs of one build may take together; `None` means without limit.
    pub build_dir_quota: Option<u64>,
    /// Lines of log in error messages.
    pub log_lines: usize,
    /// Whether logs are kept.
    pub keep_log: bool,
    pub filter_syscalls: bool,
    /// Whether builders may gain privileges through setuid programs (needs `sudo` in the sandbox; off in Nix too).
    pub allow_new_privileges: bool,
    /// Variables that fixed-output derivations may ask for with `impureEnvVars`: the caller's environment.
    pub impure_env: BTreeMap<OsString, OsString>,
    /// Where build directories of failed builds are kept; the store's state directory when unset.
    pub build_dir: Option<PathBuf>,
}

impl Default for BuildConfig {
    fn default() -> Self {
        BuildConfig {
            max_jobs: 1,
            cores: 0,
            keep_going: false,
            keep_failed: false,
            sandbox: SandboxMode::Enabled,
            sandbox_paths: Vec::new(),
            sandbox_shell: None,
            sandbox_dev_shm_size: "50%".to_owned(),
            system: current_system(),
            extra_platforms: default_extra_platforms(),
            system_features: ["benchmark", "big-parallel", "nixos-test"].map(str::to_owned).into(),
            timeout: None,
            max_silent_time: None,
            max_log_size: 0,
            max_log_file_size: 64 << 20,
            build_dir_quota: None,
            log_lines: 25,
            keep_log: true,
            filter_syscalls: true,
            allow_new_privileges: false,
            impure_env: BTreeMap::new(),
            build_dir: None,
        }
    }
}

impl BuildConfig {
    /// Whether derivations for `platform` can be built here.
    pub fn can_build(&self, platform: &[u8]) -> bool {
        platform == self.system.as_bytes() || self.extra_platforms.iter().any(|extra| extra.as_bytes() == platform)
    }

    /// `NIX_BUILD_CORES`.
    pub fn build_cores(&self) -> usize {
        match self.cores {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            cores => cores,
        }
    }
}

fn current_system() -> String {
    let arch = match std::env::consts::ARCH {
        "x86" => "i686",
        arch => arch,
    };
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    format!("{arch}-{os}")
}

fn default_extra_platforms() -> BTreeSet<String> {
    match current_system().as_str() {
        "x86_64-linux" => ["i686-linux", "x86_64-v1-linux"].map(str::to_owned).into(),
        _ => BTreeSet::new(),
    }
}
