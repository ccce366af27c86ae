//! What the client may set, in `initializationOptions` and in the section `nival` of its configuration.

use std::time::Duration;

use nival_engine::{EngineConfig, SearchPathEntry, Trust};
use serde::Deserialize;

/// Everything is optional; what is not set stays as the command line and the environment say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
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
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct EvaluationSettings {
    /// Report errors that are found by evaluating open files.
    pub diagnostics: Option<bool>,
    /// No evaluation takes more memory than this, in MiB.
    pub memory: Option<u64>,
    /// No evaluation takes longer than this, in seconds.
    pub seconds: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct BuildSettings {
    /// How many derivations are built at once.
    pub max_jobs: Option<usize>,
    /// How many cores each of them is told to use.
    pub cores: Option<usize>,
    /// `false` builds without isolation.
    pub sandbox: Option<bool>,
}

impl Settings {
    /// Reads `initializationOptions`, or the `settings` of a configuration change: with or without a section `nival` around.
    ///
    /// # Errors
    /// What is wrong with them. Unknown settings are not.
    pub fn from_json(json: &serde_json::Value) -> Result<Self, String> {
        let section = json.get("nival").unwrap_or(json);
        if section.is_null() {
            return Ok(Settings::default());
        }
        Settings::deserialize(section).map_err(|error| error.to_string())
    }

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
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_come_with_or_without_their_section() {
        let bare = Settings::from_json(&json!({ "trusted": true, "evaluation": { "memory": 64 }, "unknown": [] })).unwrap();
        let wrapped = Settings::from_json(&json!({ "nival": { "trusted": true, "evaluation": { "memory": 64 } } })).unwrap();
        assert_eq!(bare, wrapped);
        assert_eq!(Settings::from_json(&json!(null)).unwrap(), Settings::default());
        assert_eq!(Settings::from_json(&json!({ "trusted": "yes" })).unwrap_err(), "invalid type: string \"yes\", expected a boolean");
        let config = bare.apply(&EngineConfig::editor("x86_64-linux".into()));
        assert_eq!((config.trust, config.budget.bytes), (Trust::Trusted, 64 << 20));
    }

    #[test]
    fn nothing_is_trusted_by_default() {
        let config =
            Settings::from_json(&json!({ "build": { "sandbox": false } })).unwrap().apply(&EngineConfig::editor("x86_64-linux".into()));
        assert_eq!(config.trust, Trust::Untrusted);
        assert!(!config.store.no_sandbox);
    }
}
