//! What a workspace was told by its user.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use nival_eval::{LintLevel, LiteralLints};

use crate::settings::Settings;
use crate::settings::table::boolean;

/// Whether the user vouches for the files of the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// Pure evaluation, no builds, no import from derivation, bounded time and memory.
    #[default]
    Untrusted,
    Trusted,
}

/// Limits of one evaluation. Past a limit it ends with an error and its memory is freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of evaluator heap.
    pub bytes: u64,
    pub time: Option<Duration>,
}

impl Budget {
    pub const UNLIMITED: Budget = Budget { bytes: u64::MAX, time: None };
    /// While a person looks at a spinner: hover, completion.
    pub const INTERACTIVE: Budget = Budget { bytes: 2 << 30, time: Some(Duration::from_secs(10)) };
    /// Work nobody asked for: lenses, evaluation diagnostics.
    pub const BACKGROUND: Budget = Budget { bytes: 3 << 30, time: Some(Duration::from_secs(60)) };

    /// The stricter of both, limit by limit.
    pub fn min(self, other: Budget) -> Budget {
        let time = match (self.time, other.time) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Budget { bytes: self.bytes.min(other.bytes), time }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Budget::INTERACTIVE
    }
}

/// One entry of the search path: `prefix=path`, or `path` with an empty prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPathEntry {
    pub prefix: String,
    /// A file path or URL, as written.
    pub path: String,
}

impl SearchPathEntry {
    /// Reads the syntax of `-I` and of one element of `NIX_PATH`.
    pub fn parse(text: &str) -> Self {
        match text.split_once('=') {
            Some((prefix, path)) => SearchPathEntry { prefix: prefix.into(), path: path.into() },
            None => SearchPathEntry { prefix: String::new(), path: text.into() },
        }
    }

    /// Splits `NIX_PATH` at its colons; a colon of a URL (`https://…`, `channel:…`, `flake:…`) does not separate.
    pub fn parse_list(text: &str) -> Vec<Self> {
        let mut entries = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let mut end = 0;
            loop {
                match rest[end..].find(':') {
                    None => {
                        end = rest.len();
                        break;
                    }
                    Some(at) => {
                        let colon = end + at;
                        let entry = &rest[..colon];
                        let value = entry.split_once('=').map_or(entry, |(_, value)| value);
                        let is_url = rest[colon + 1..].starts_with("//") || matches!(value, "channel" | "flake");
                        if !is_url {
                            end = colon;
                            break;
                        }
                        end = colon + 1;
                    }
                }
            }
            let (entry, tail) = rest.split_at(end);
            if !entry.is_empty() {
                entries.push(Self::parse(entry));
            }
            rest = tail.strip_prefix(':').unwrap_or(tail);
        }
        entries
    }
}

/// Which store to open, and how; everything unset is discovered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreSettings {
    /// What `--store` says.
    pub uri: Option<String>,
    /// Never write: nothing is added to the store, paths are only computed.
    pub read_only: bool,
    /// How many builds run at once (`max-jobs`); the number of processors where unset.
    pub max_jobs: Option<usize>,
    /// `cores`: what a build is told in `NIX_BUILD_CORES`; 0 is all.
    pub cores: Option<usize>,
    pub keep_failed: bool,
    pub keep_going: bool,
    /// `sandbox = false`.
    pub no_sandbox: bool,
}

/// Settings of the language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EvaluationSettings {
    /// `max-call-depth`; Nix's default where unset.
    pub max_call_depth: Option<u32>,
    /// Whether `builtins.traceVerbose` prints.
    pub trace_verbose: bool,
    /// Whether `builtins.warn` ends the evaluation.
    pub abort_on_warn: bool,
    /// `restrict-eval`: only the store and what the search path names may be read, and no environment.
    pub restricted: bool,
    pub lints: LiteralLints,
}

/// The settings of an engine. Changing them starts evaluation afresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// `builtins.currentSystem`.
    pub system: String,
    /// `-I` entries first, then those of `NIX_PATH`.
    pub search_path: Vec<SearchPathEntry>,
    /// Pure evaluation even where the workspace is trusted.
    pub pure: bool,
    pub trust: Trust,
    /// Whether pure evaluation may read the folders of the workspace. An editor needs it; the commands of Nix refuse it.
    pub workspace_readable: bool,
    pub evaluation: EvaluationSettings,
    /// No evaluation gets more than this, whatever its caller grants.
    pub budget: Budget,
    /// Threads that share one evaluation; its result is that of one. 0 is one for each processor.
    pub eval_cores: usize,
    pub store: StoreSettings,
    /// Folders of the workspace: frames in files below them are the user's own in error traces.
    pub roots: Vec<PathBuf>,
    /// Other options by their `nix.conf` names (`allow-import-from-derivation`, …).
    pub options: BTreeMap<String, String>,
    /// How flakes are locked, and whether lock files are written.
    pub locking: nival_flake::LockFlags,
    /// What this command alone takes names of flakes to stand for.
    pub flake_overrides: Vec<(nival_flake::FlakeRef, nival_flake::FlakeRef)>,
    /// The process evaluates once and ends: what would only serve a second evaluation (code, texts, what was read) is not kept.
    pub once: bool,
    /// Whether lowered code is kept in the user's cache folder, for other processes.
    pub code_cache: bool,
    /// Which rules of diagnostics are reported, and in which files.
    pub lint: nival_lint::LintSettings,
    /// Who counts what evaluations cost.
    pub watching: Option<crate::watching::Watching>,
}

impl EngineConfig {
    /// Full trust and no limits: what a command line starts from.
    pub fn command_line(system: String) -> Self {
        EngineConfig { trust: Trust::Trusted, workspace_readable: false, budget: Budget::UNLIMITED, ..Self::editor(system) }
    }

    /// What an editor starts from: no trust until the user gives it.
    pub fn editor(system: String) -> Self {
        EngineConfig {
            system,
            search_path: Vec::new(),
            pure: false,
            trust: Trust::Untrusted,
            workspace_readable: true,
            evaluation: EvaluationSettings::default(),
            budget: Budget::BACKGROUND,
            eval_cores: 1,
            store: StoreSettings::default(),
            roots: Vec::new(),
            options: BTreeMap::new(),
            locking: nival_flake::LockFlags::default(),
            flake_overrides: Vec::new(),
            once: false,
            code_cache: false,
            lint: nival_lint::LintSettings::default(),
            watching: None,
        }
    }

    /// How many threads evaluate together.
    pub fn eval_threads(&self) -> usize {
        match self.eval_cores {
            0 => processors(),
            cores => cores,
        }
    }

    /// Whether one more thread than those that evaluate finds a processor.
    pub fn leaves_a_processor(&self) -> bool {
        self.eval_threads() < processors()
    }

    /// Whether evaluation must be pure under this configuration.
    pub fn is_pure(&self) -> bool {
        self.pure || self.trust == Trust::Untrusted
    }

    pub fn may_build(&self) -> bool {
        self.trust == Trust::Trusted
    }

    pub fn may_import_from_derivation(&self) -> bool {
        self.may_build() && self.options.get("allow-import-from-derivation").is_none_or(|value| boolean(value) != Some(false))
    }

    /// Takes over what settings say. The search path, which the environment has a say in, is for the caller.
    pub fn configure(&mut self, settings: &Settings) {
        for (name, value) in settings.iter() {
            self.options.insert(name.to_owned(), value.to_owned());
        }
        let system = ["eval-system", "system"].into_iter().find_map(|name| settings.get(name).filter(|value| !value.is_empty()));
        if let Some(system) = system {
            self.system = system.to_owned();
        }
        let flag = |name: &str, value: &mut bool| *value = settings.boolean(name).unwrap_or(*value);
        flag("pure-eval", &mut self.pure);
        flag("restrict-eval", &mut self.evaluation.restricted);
        flag("trace-verbose", &mut self.evaluation.trace_verbose);
        flag("abort-on-warn", &mut self.evaluation.abort_on_warn);
        flag("keep-failed", &mut self.store.keep_failed);
        flag("keep-going", &mut self.store.keep_going);
        if let Some(depth) = settings.number("max-call-depth") {
            self.evaluation.max_call_depth = Some(u32::try_from(depth).unwrap_or(u32::MAX));
        }
        let jobs = |name: &str| settings.number(name).and_then(|value| usize::try_from(value).ok());
        match settings.get("max-jobs") {
            Some("auto") => self.store.max_jobs = None,
            _ => self.store.max_jobs = jobs("max-jobs").or(self.store.max_jobs),
        }
        flag("use-registries", &mut self.locking.use_registries);
        flag("allow-dirty-locks", &mut self.locking.allow_dirty);
        self.locking.commit_summary = settings.get("commit-lock-file-summary").unwrap_or_default().to_owned();
        self.eval_cores = jobs("eval-cores").unwrap_or(self.eval_cores);
        self.store.cores = jobs("cores").or(self.store.cores);
        if let Some(sandbox) = settings.get("sandbox") {
            self.store.no_sandbox = boolean(sandbox) == Some(false);
        }
        let lints = &mut self.evaluation.lints;
        if settings.boolean("warn-short-path-literals") == Some(true) {
            lints.short_path = LintLevel::Warn;
        }
        for (name, level) in [
            ("lint-url-literals", &mut lints.url),
            ("lint-short-path-literals", &mut lints.short_path),
            ("lint-absolute-path-literals", &mut lints.absolute_path),
        ] {
            *level = match settings.get(name) {
                Some("ignore") => LintLevel::Ignore,
                Some("warn") => LintLevel::Warn,
                Some("fatal") => LintLevel::Fatal,
                _ => *level,
            };
        }
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The Nix name of the machine this program runs on, such as `x86_64-linux`.
pub fn host_system() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let arch = match std::env::consts::ARCH {
        "x86" => "i686",
        "arm" => "armv7l",
        arch => arch,
    };
    format!("{arch}-{os}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nix_path_keeps_urls_whole() {
        let parsed = SearchPathEntry::parse_list("nixpkgs=https://example.org/x.tar.gz:/home/x:home=flake:home::channel:nixos");
        let shown: Vec<_> = parsed.iter().map(|e| format!("{}={}", e.prefix, e.path)).collect();
        assert_eq!(shown, ["nixpkgs=https://example.org/x.tar.gz", "=/home/x", "home=flake:home", "=channel:nixos"]);
    }
}
