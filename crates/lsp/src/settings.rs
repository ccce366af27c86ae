//! What the client may set, in `initializationOptions` and in the section `nival` of its configuration.

use std::time::Duration;

use nival_engine::{EngineConfig, Level, LintSettings, SearchPathEntry, Trust};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The sections that are read: those of other servers where a setting means the same, then the own one, which counts more.
pub const SECTIONS: [&str; 3] = ["nixd", "nil", "nival"];

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
    /// Reads `initializationOptions`, or the `settings` of a configuration change: with or without a section `nival` around,
    /// nested or with dots in the names.
    ///
    /// # Errors
    /// What is wrong with them. Unknown settings are not.
    pub fn from_json(json: &Value) -> Result<Self, String> {
        Settings::deserialize(&without_nulls(merged(json))).map_err(|error| error.to_string())
    }

    /// As [`Settings::from_json`], for options and what the client says to each of [`SECTIONS`], which counts more. Trust is not a
    /// setting that a file of the workspace may give: it is only read from the options.
    ///
    /// # Errors
    /// As there.
    pub fn from_sections(options: &Value, sections: &[Value]) -> Result<Self, String> {
        let named = SECTIONS.iter().zip(sections).map(|(name, section)| ((*name).to_owned(), section.clone()));
        let mut pulled = merged(&Value::Object(named.collect()));
        if let Some(pulled) = pulled.as_object_mut() {
            pulled.remove("trusted");
        }
        let mut all = merged(options);
        merge(&mut all, pulled);
        Settings::deserialize(&without_nulls(all)).map_err(|error| error.to_string())
    }

    /// As [`Settings::from_json`], for options and for what the client has sent since, which counts more.
    ///
    /// # Errors
    /// As there.
    pub fn from_pushed(options: &Value, pushed: &Value) -> Result<Self, String> {
        let mut all = merged(options);
        merge(&mut all, merged(pushed));
        Settings::deserialize(&without_nulls(all)).map_err(|error| error.to_string())
    }

    /// Whether any of the sections is there at all.
    pub fn is_mentioned(json: &Value) -> bool {
        let nested = nested(json);
        SECTIONS.iter().any(|section| nested.get(section).is_some())
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

/// All sections as one of nival's own.
fn merged(json: &Value) -> Value {
    let mut json = nested(json);
    if !SECTIONS.iter().any(|section| json.get(section).is_some()) {
        return json;
    }
    let mut all = Value::Object(Map::new());
    merge(&mut all, translate(&json, FROM_NIXD));
    merge(&mut all, translate(&json, FROM_NIL));
    let own = json.get_mut("nival").map(Value::take).unwrap_or_default();
    // What nival has no setting for is not taken away from the others; nulls are kept, which count in what comes later.
    let mut both = own.clone();
    merge(&mut both, all);
    merge(&mut both, without_nulls(own));
    both
}

/// Settings of others, by their path and that of the one that means the same.
type Translation = [(&'static [&'static str], [&'static str; 2])];

const FROM_NIXD: &Translation =
    &[(&["nixd", "diagnostic", "suppress"], ["diagnostics", "ignored"]), (&["nixd", "formatting", "command"], ["formatting", "command"])];

const FROM_NIL: &Translation = &[
    (&["nil", "diagnostics", "ignored"], ["diagnostics", "ignored"]),
    (&["nil", "diagnostics", "excludedFiles"], ["diagnostics", "excludedFiles"]),
    (&["nil", "diagnostics", "bindingEndHintMinLines"], ["inlayHints", "bindingEndMinLines"]),
    (&["nil", "formatting", "command"], ["formatting", "command"]),
    (&["nil", "nix", "maxMemoryMB"], ["evaluation", "memory"]),
];

fn translate(json: &Value, table: &Translation) -> Value {
    let mut translated = Value::Object(Map::new());
    for (from, [section, name]) in table {
        let found = from.iter().try_fold(json, |json, name| json.get(name));
        if let Some(found) = found.filter(|found| !found.is_null()) {
            merge(&mut translated, serde_json::json!({ *section: { *name: found } }));
        }
    }
    translated
}

/// Names with dots as what they stand for: `{ "a.b": 1 }` is `{ "a": { "b": 1 } }`. An empty list is an empty section: some
/// languages of clients do not tell them apart.
fn nested(json: &Value) -> Value {
    let Value::Object(fields) = json else {
        let nothing = json.is_null() || json.as_array().is_some_and(Vec::is_empty);
        return if nothing { Value::Object(Map::new()) } else { json.clone() };
    };
    let mut all = Value::Object(Map::new());
    for (name, value) in fields {
        // Only sections are looked into; lists stay what they are.
        let value = if value.is_object() || SECTIONS.contains(&name.as_str()) { nested(value) } else { value.clone() };
        let value = name.rsplit('.').fold(value, |inner, name| serde_json::json!({ name: inner }));
        merge(&mut all, value);
    }
    all
}

/// Puts what is in `new` into `all`.
fn merge(all: &mut Value, new: Value) {
    match (all, new) {
        (Value::Object(all), Value::Object(new)) => {
            for (name, value) in new {
                merge(all.entry(name).or_insert(Value::Null), value);
            }
        }
        // A section that is not there takes nothing away.
        (Value::Object(_), Value::Null) => {}
        (all, new) => *all = new,
    }
}

/// What is null is not set.
fn without_nulls(json: Value) -> Value {
    match json {
        Value::Object(fields) => {
            fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name, without_nulls(value))).collect()
        }
        other => other,
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
        let dotted = Settings::from_json(&json!({ "nival.trusted": true, "nival.evaluation.memory": 64 })).unwrap();
        assert_eq!(bare, dotted);
        assert_eq!(bare, Settings::from_json(&json!({ "trusted": true, "evaluation.memory": 64, "store": null, "build": null })).unwrap());
        assert_eq!(Settings::from_json(&json!([])).unwrap(), Settings::default());
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

    #[test]
    fn settings_of_others_count_where_they_mean_the_same() {
        let settings = Settings::from_json(&json!({
            "nixd": { "diagnostic": { "suppress": ["sema-extra-with"] }, "nixpkgs": { "expr": "import <nixpkgs> { }" } },
            "nil": { "nix": { "maxMemoryMB": 100, "flake": { "autoArchive": null } }, "diagnostics": { "bindingEndHintMinLines": 9 } },
            "nival": { "evaluation": { "memory": 50 } },
        }))
        .unwrap();
        assert_eq!(settings.evaluation.memory, Some(50));
        assert_eq!(settings.inlay_hints.binding_end_min_lines, Some(9));
        let lint = |settings: &Settings| settings.apply(&EngineConfig::editor("x86_64-linux".into())).lint;
        assert!(lint(&settings).is_off("sema-extra-with") && !lint(&settings).is_off("sema-extra-rec"));
        let of_nil = json!({ "nil": { "diagnostics": { "ignored": ["unused_binding"], "excludedFiles": ["gen"] } } });
        let of_nil = lint(&Settings::from_json(&of_nil).unwrap());
        assert!(of_nil.is_off("unused_binding") && of_nil.is_excluded("/w/gen/a.nix".as_ref(), &["/w".into()]));
        let own = json!({ "diagnostics": { "severity": { "sema-extra-rec": "off", "empty-inherit": "loud" } } });
        assert!(lint(&Settings::from_json(&own).unwrap()).is_off("sema-extra-rec"));
    }

    #[test]
    fn sections_count_more_than_options_and_give_no_trust() {
        let options = json!({ "evaluation": { "memory": 1, "seconds": 2 } });
        let sections = [json!(null), json!([]), json!({ "trusted": true, "evaluation": { "memory": 3, "seconds": null } })];
        let settings = Settings::from_sections(&options, &sections).unwrap();
        assert_eq!((settings.trusted, settings.evaluation.memory, settings.evaluation.seconds), (None, Some(3), None));
        assert_eq!(Settings::from_sections(&options, &[]).unwrap().evaluation.seconds, Some(2));
    }

    /// The settings as paths: `evaluation.memory`.
    fn paths(json: &Value, before: &str, into: &mut Vec<String>) {
        match json {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| paths(value, &format!("{before}.{name}"), into)),
            _ => into.push(before.to_owned()),
        }
    }

    #[test]
    fn every_setting_is_documented() {
        let mut known = Vec::new();
        paths(&serde_json::to_value(Settings::default()).unwrap(), "nival", &mut known);
        let text = include_str!("../../../docs/settings.md");
        let mut documented: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).map(str::to_owned).collect();
        let translated: Vec<String> = FROM_NIXD.iter().chain(FROM_NIL).map(|(from, _)| from.join(".")).collect();
        known.extend(translated);
        known.sort();
        documented.sort();
        assert_eq!(known, documented);
    }
}
