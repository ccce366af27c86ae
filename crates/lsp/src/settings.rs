//! What the client may set, in `initializationOptions` and in the section `nival` of its configuration.

mod read;

use std::time::Duration;

use nival_engine::{EngineConfig, Level, LintSettings, SearchPathEntry, Trust};
use serde::{Deserialize, Serialize};

pub use read::{Read, SECTIONS};

/// Everything is optional; what is not set stays as the command line and the environment say. `docs/settings.md` has them all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Whether the user vouches for the workspace. Without it nothing is built or fetched and evaluation is pure and bounded.
    pub trusted: Option<bool>,
    /// `builtins.currentSystem`, such as `x86_64-linux`.
    pub system: Option<String>,
    /// Entries like those of `NIX_PATH`, looked up before it.
    pub search_path: Option<Vec<String>>,
    /// As `--store` takes it.
    pub store: Option<String>,
    pub evaluation: EvaluationSettings,
    pub build: BuildSettings,
    pub diagnostics: DiagnosticSettings,
    pub document_symbols: DocumentSymbolSettings,
    pub formatting: FormattingSettings,
    pub inlay_hints: InlayHintSettings,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct EvaluationSettings {
    /// Report errors that are found by evaluating open files.
    pub diagnostics: Option<bool>,
    /// No evaluation takes more memory than this, in MiB.
    pub memory: Option<u64>,
    /// No evaluation takes longer than this, in seconds.
    pub seconds: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct BuildSettings {
    /// How many derivations are built at once.
    pub max_jobs: Option<usize>,
    /// How many cores each of them is told to use.
    pub cores: Option<usize>,
    /// `false` builds without isolation.
    pub sandbox: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct DiagnosticSettings {
    /// Rules whose diagnostics are not shown, by their ids or those of other tools.
    pub ignored: Option<Vec<String>>,
    /// `off`, `hint`, `information`, `warning` or `error`, by the same names.
    pub severity: Option<std::collections::BTreeMap<String, String>>,
    /// Files and folders without diagnostics of their text: paths from the workspace, with `*` and `**`.
    pub excluded_files: Option<Vec<String>>,
    /// The least severe that is told of files that are not open, to clients that ask; `off` for nothing.
    pub workspace: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct DocumentSymbolSettings {
    /// An outline has no more symbols than this: the innermost are left out.
    pub limit: Option<usize>,
}

impl DocumentSymbolSettings {
    /// Editors need seconds for tens of thousands, at every change of the text.
    pub fn limit(&self) -> usize {
        self.limit.unwrap_or(10_000)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct FormattingSettings {
    /// A program and its arguments that format instead of the built-in formatter, in a trusted workspace.
    pub command: Option<Vec<String>>,
    /// Characters of a line, without its indentation.
    pub width: Option<u32>,
    /// Spaces of a level.
    pub indent: Option<u32>,
}

impl FormattingSettings {
    pub fn options(&self) -> nival_ide::FormatOptions {
        let standard = nival_ide::FormatOptions::default();
        nival_ide::FormatOptions {
            width: self.width.unwrap_or(standard.width),
            indent: self.indent.map_or(standard.indent, |indent| indent.min(MAX_INDENT)),
            ..standard
        }
    }
}

/// A level is at most so many spaces.
const MAX_INDENT: u32 = 16;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct InlayHintSettings {
    /// Behind the end of a long binding, its name.
    pub binding_end: Option<bool>,
    /// How many lines make a binding long.
    pub binding_end_min_lines: Option<u32>,
    /// Before arguments of functions that are defined in the file, the names of their parameters.
    pub parameter_names: Option<bool>,
    /// Behind packages in lists of packages, their versions, where they are known already.
    pub package_versions: Option<bool>,
}

impl Settings {
    /// Whether evaluation errors are reported; they are unless switched off.
    pub fn evaluation_diagnostics(&self) -> bool {
        self.evaluation.diagnostics.unwrap_or(true)
    }

    /// The configuration that these settings make of a base.
    pub fn apply(&self, base: &EngineConfig) -> EngineConfig {
        let mut config = base.clone();
        if let Some(trusted) = self.trusted {
            config.trust = if trusted { Trust::Trusted } else { Trust::Untrusted };
        }
        if let Some(system) = &self.system {
            config.system.clone_from(system);
        }
        if let Some(entries) = &self.search_path {
            config.search_path.splice(0..0, entries.iter().map(|entry| SearchPathEntry::parse(entry)));
        }
        if let Some(store) = &self.store {
            config.store.uri = Some(store.clone());
        }
        if let Some(memory) = self.evaluation.memory {
            config.budget.bytes = memory.saturating_mul(1 << 20);
        }
        if let Some(seconds) = self.evaluation.seconds {
            config.budget.time = Some(Duration::from_secs(seconds));
        }
        config.store.max_jobs = self.build.max_jobs.or(config.store.max_jobs);
        config.store.cores = self.build.cores.or(config.store.cores);
        // Only a trusted workspace may switch isolation off.
        if self.build.sandbox == Some(false) && config.trust == Trust::Trusted {
            config.store.no_sandbox = true;
        }
        config.lint = self.diagnostics.lint();
        config
    }
}

impl DiagnosticSettings {
    /// The least severe that is told of files that nobody has open: errors, unless something else is set.
    pub fn workspace(&self) -> Option<nival_ide::Severity> {
        match self.workspace.as_deref().and_then(Level::parse) {
            Some(level) => nival_ide::severity_of_level(level),
            None => Some(nival_ide::Severity::Error),
        }
    }

    fn lint(&self) -> LintSettings {
        let mut lint = LintSettings::default();
        for (name, level) in self.severity.iter().flatten() {
            // A word that is none leaves the rule as it is.
            if let Some(level) = Level::parse(level) {
                lint.set(name, level);
            }
        }
        self.ignored.iter().flatten().for_each(|name| lint.set(name, Level::Off));
        self.excluded_files.iter().flatten().for_each(|pattern| lint.exclude(pattern));
        lint
    }
}
