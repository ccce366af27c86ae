//! How settings are read: from `initializationOptions`, from the sections of a configuration, and from those of other servers.
//!
//! A setting that cannot be what it is said to be is left out and told of; the others count.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Settings;
use nival_engine::Level;

/// The sections that are read: those of other servers where a setting means the same, then the own one, which counts more.
pub const SECTIONS: [&str; 3] = ["nixd", "nil", "nival"];

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Read {
    pub settings: Settings,
    /// What is wrong with settings that were left out: name and reason.
    pub problems: Vec<String>,
}

impl Settings {
    /// Reads `initializationOptions`, or the `settings` of a configuration change: with or without a section `nival` around,
    /// nested or with dots in the names. Unknown settings do no harm.
    pub fn from_json(json: &Value) -> Read {
        let mut problems = Vec::new();
        finish(merged(json, &mut problems), problems)
    }

    /// As [`Settings::from_json`], for options and what the client says to each of [`SECTIONS`], which counts more. Trust is not a
    /// setting that a file of the workspace may give: it is only read from the options.
    pub fn from_sections(options: &Value, sections: &[Value]) -> Read {
        let mut problems = Vec::new();
        let named = SECTIONS.iter().zip(sections).map(|(name, section)| ((*name).to_owned(), section.clone()));
        let mut pulled = merged(&Value::Object(named.collect()), &mut problems);
        if let Some(pulled) = pulled.as_object_mut() {
            pulled.remove("trusted");
        }
        let mut all = merged(options, &mut problems);
        merge(&mut all, pulled);
        finish(all, problems)
    }

    /// As [`Settings::from_json`], for options and for what the client has sent since, which counts more.
    pub fn from_pushed(options: &Value, pushed: &Value) -> Read {
        let mut problems = Vec::new();
        let pushed = merged(pushed, &mut problems);
        let mut all = merged(options, &mut problems);
        merge(&mut all, pushed);
        finish(all, problems)
    }

    /// Whether any of the sections is there at all.
    pub fn is_mentioned(json: &Value) -> bool {
        let nested = nested(json);
        SECTIONS.iter().any(|section| nested.get(section).is_some())
    }
}

fn finish(all: Value, mut problems: Vec<String>) -> Read {
    let settings = Settings::deserialize(&without_nulls(all)).unwrap_or_else(|error| {
        problems.push(plain(&error.to_string()));
        Settings::default()
    });
    Read { settings, problems }
}

/// All sections as one of nival's own, without what is wrong.
fn merged(json: &Value, problems: &mut Vec<String>) -> Value {
    let mut json = nested(json);
    if !SECTIONS.iter().any(|section| json.get(section).is_some()) {
        return checked(json, problems);
    }
    let mut all = Value::Object(Map::new());
    merge(&mut all, translate(&json, FROM_NIXD, problems));
    merge(&mut all, translate(&json, FROM_NIL, problems));
    let own = checked(json.get_mut("nival").map(Value::take).unwrap_or_default(), problems);
    // What nival has no setting for is not taken away from the others; nulls are kept, which count in what comes later.
    let mut both = own.clone();
    merge(&mut both, all);
    merge(&mut both, without_nulls(own));
    both
}

/// Own settings without those that are wrong.
fn checked(own: Value, problems: &mut Vec<String>) -> Value {
    let Value::Object(sections) = own else {
        if !own.is_null() {
            problems.push(format!("nival: {own} is not an object"));
        }
        return Value::Object(Map::new());
    };
    let mut right = Map::new();
    for (name, value) in sections {
        match value {
            Value::Object(fields) if wrong(&serde_json::json!({ &name: {} })).is_none() => {
                let mut kept = Map::new();
                for (field, value) in fields {
                    if is_right(&format!("nival.{name}.{field}"), [&name, &field], &value, problems) {
                        kept.insert(field, value);
                    }
                }
                right.insert(name, Value::Object(kept));
            }
            value => match wrong(&serde_json::json!({ &name: without_nulls(value.clone()) })).filter(|_| !value.is_null()) {
                None => drop(right.insert(name, value)),
                Some(reason) => {
                    problems.push(format!("nival.{name}{}: {reason}", element(|one| serde_json::json!({ &name: one }), &value)))
                }
            },
        }
    }
    Value::Object(right)
}

/// Whether a setting of a section can be read. `told` is what the user calls it.
fn is_right(told: &str, [section, name]: [&str; 2], value: &Value, problems: &mut Vec<String>) -> bool {
    if value.is_null() {
        return true;
    }
    let alone = |value: &Value| serde_json::json!({ section: { name: value } });
    let reason = wrong(&alone(value)).map(|reason| format!("{}: {reason}", element(alone, value))).or_else(|| {
        // Words that are none: the types do not know them.
        let words: Vec<(String, &str)> = match (section, name, value) {
            ("diagnostics", "workspace", Value::String(word)) => vec![(String::new(), word)],
            ("diagnostics", "severity", Value::Object(rules)) => {
                rules.iter().filter_map(|(rule, word)| Some((format!(".{rule}"), word.as_str()?))).collect()
            }
            _ => Vec::new(),
        };
        let unknown = words.into_iter().find(|(_, word)| Level::parse(word).is_none())?;
        Some(format!("{}: `{}` is none of off, hint, information, warning and error", unknown.0, unknown.1))
    });
    let Some(reason) = reason else { return true };
    problems.push(format!("{told}{reason}"));
    // The other rules are as they should be.
    section == "diagnostics" && name == "severity" && wrong(&alone(value)).is_none()
}

/// Which element of a list, or which name of an object, it is that is wrong.
fn element(alone: impl Fn(&Value) -> Value, value: &Value) -> String {
    let items = value.as_array().into_iter().flatten().enumerate();
    let index = items.map(|(index, item)| (index, Value::Array(vec![item.clone()]))).find(|(_, item)| wrong(&alone(item)).is_some());
    let fields = value.as_object().into_iter().flatten();
    let name = fields.map(|(name, field)| (name, serde_json::json!({ name: field }))).find(|(_, field)| wrong(&alone(field)).is_some());
    match (index, name) {
        (Some((index, _)), _) if value.as_array().is_some() && wrong(&alone(&Value::Array(Vec::new()))).is_none() => format!("[{index}]"),
        (_, Some((name, _))) if wrong(&alone(&Value::Object(Map::new()))).is_none() => format!(".{name}"),
        _ => String::new(),
    }
}

/// Why own settings cannot be read.
fn wrong(settings: &Value) -> Option<String> {
    Settings::deserialize(settings).err().map(|error| plain(&error.to_string()))
}

/// An error of the library in words of the documentation.
fn plain(error: &str) -> String {
    let words = [
        ("expected u64", "expected a number"),
        ("expected u32", "expected a number"),
        ("expected usize", "expected a number"),
        ("expected a sequence", "expected a list"),
        ("expected a map", "expected an object"),
        ("invalid type: sequence", "invalid type: list"),
        ("invalid type: map", "invalid type: object"),
    ];
    let error = words.iter().fold(error.to_owned(), |error, (from, to)| error.replace(from, to));
    match error.find("expected struct ") {
        Some(at) => format!("{}expected an object", &error[..at]),
        None => error,
    }
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

fn translate(json: &Value, table: &Translation, problems: &mut Vec<String>) -> Value {
    let mut translated = Value::Object(Map::new());
    for (from, [section, name]) in table {
        let found = from.iter().try_fold(json, |json, name| json.get(name));
        if let Some(found) = found.filter(|found| !found.is_null())
            && is_right(&from.join("."), [section, name], found, problems)
        {
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
    use expect_test::{Expect, expect};
    use nival_engine::{EngineConfig, Trust};
    use serde_json::json;

    #[test]
    fn settings_come_with_or_without_their_section() {
        let bare = Settings::from_json(&json!({ "trusted": true, "evaluation": { "memory": 64 }, "unknown": [] })).settings;
        let wrapped = Settings::from_json(&json!({ "nival": { "trusted": true, "evaluation": { "memory": 64 } } })).settings;
        assert_eq!(bare, wrapped);
        assert_eq!(Settings::from_json(&json!(null)).settings, Settings::default());
        let dotted = Settings::from_json(&json!({ "nival.trusted": true, "nival.evaluation.memory": 64 })).settings;
        assert_eq!(bare, dotted);
        assert_eq!(bare, Settings::from_json(&json!({ "trusted": true, "evaluation.memory": 64, "store": null, "build": null })).settings);
        assert_eq!(Settings::from_json(&json!([])).settings, Settings::default());
        let config = bare.apply(&EngineConfig::editor("x86_64-linux".into()));
        assert_eq!((config.trust, config.budget.bytes), (Trust::Trusted, 64 << 20));
    }

    #[test]
    fn nothing_is_trusted_by_default() {
        let config =
            Settings::from_json(&json!({ "build": { "sandbox": false } })).settings.apply(&EngineConfig::editor("x86_64-linux".into()));
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
        .settings;
        assert_eq!(settings.evaluation.memory, Some(50));
        assert_eq!(settings.inlay_hints.binding_end_min_lines, Some(9));
        let lint = |settings: &Settings| settings.apply(&EngineConfig::editor("x86_64-linux".into())).lint;
        assert!(lint(&settings).is_off("sema-extra-with") && !lint(&settings).is_off("sema-extra-rec"));
        let of_nil = json!({ "nil": { "diagnostics": { "ignored": ["unused_binding"], "excludedFiles": ["gen"] } } });
        let of_nil = lint(&Settings::from_json(&of_nil).settings);
        assert!(of_nil.is_off("unused_binding") && of_nil.is_excluded("/w/gen/a.nix".as_ref(), &["/w".into()]));
        let own = json!({ "diagnostics": { "severity": { "sema-extra-rec": "off", "empty-inherit": "loud" } } });
        assert!(lint(&Settings::from_json(&own).settings).is_off("sema-extra-rec"));
    }

    #[test]
    fn sections_count_more_than_options_and_give_no_trust() {
        let options = json!({ "evaluation": { "memory": 1, "seconds": 2 } });
        let sections = [json!(null), json!([]), json!({ "trusted": true, "evaluation": { "memory": 3, "seconds": null } })];
        let settings = Settings::from_sections(&options, &sections).settings;
        assert_eq!((settings.trusted, settings.evaluation.memory, settings.evaluation.seconds), (None, Some(3), None));
        assert_eq!(Settings::from_sections(&options, &[]).settings.evaluation.seconds, Some(2));
    }

    fn check_problems(json: Value, expected: Expect) -> Settings {
        let read = Settings::from_json(&json);
        expected.assert_eq(&read.problems.join("\n"));
        read.settings
    }

    #[test]
    fn what_is_wrong_is_left_out_and_told_of() {
        let settings = check_problems(
            json!({
                "nival": {
                    "trusted": "yes",
                    "searchPath": ["a=/b", 7],
                    "evaluation": { "memory": "much", "seconds": 3, "diagnostics": null },
                    "build": { "cores": -1, "maxJobs": 2, "sandbox": 0 },
                    "diagnostics": {
                        "ignored": "unused_with",
                        "severity": { "a": "loud", "sema-extra-rec": "off" },
                        "workspace": "everything",
                        "excludedFiles": [["a"]],
                    },
                    "formatting": 5,
                    "inlayHints": { "bindingEndMinLines": 1e99 },
                },
                "nil": { "nix": { "maxMemoryMB": "2 GB" }, "formatting": { "command": "nixfmt" } },
                "nixd": { "diagnostic": { "suppress": ["sema-extra-with", {}] } },
            }),
            expect![[r#"
                nixd.diagnostic.suppress[1]: invalid type: object, expected a string
                nil.formatting.command: invalid type: string "nixfmt", expected a list
                nil.nix.maxMemoryMB: invalid type: string "2 GB", expected a number
                nival.trusted: invalid type: string "yes", expected a boolean
                nival.searchPath[1]: invalid type: integer `7`, expected a string
                nival.evaluation.memory: invalid type: string "much", expected a number
                nival.build.cores: invalid value: integer `-1`, expected a number
                nival.build.sandbox: invalid type: integer `0`, expected a boolean
                nival.diagnostics.ignored: invalid type: string "unused_with", expected a list
                nival.diagnostics.severity.a: `loud` is none of off, hint, information, warning and error
                nival.diagnostics.workspace: `everything` is none of off, hint, information, warning and error
                nival.diagnostics.excludedFiles[0]: invalid type: list, expected a string
                nival.formatting: invalid type: integer `5`, expected an object
                nival.inlayHints.bindingEndMinLines: invalid type: floating point `1e+99`, expected a number"#]],
        );
        assert_eq!((settings.evaluation.seconds, settings.build.max_jobs), (Some(3), Some(2)));
        assert_eq!(settings.trusted, None);
        let lint = settings.apply(&EngineConfig::editor("x86_64-linux".into())).lint;
        assert!(lint.is_off("sema-extra-rec"));
        check_problems(json!(5), expect!["nival: 5 is not an object"]);
        check_problems(json!({ "nival": [1] }), expect!["nival: [1] is not an object"]);
        check_problems(
            json!({ "evaluation.memory": true, "trusted": { "a": 1 } }),
            expect![[r#"
                nival.evaluation.memory: invalid type: boolean `true`, expected a number
                nival.trusted: invalid type: object, expected a boolean"#]],
        );
        check_problems(
            json!({ "diagnostics": { "severity": { "a": 1 } } }),
            expect!["nival.diagnostics.severity.a: invalid type: integer `1`, expected a string"],
        );
        // A wrong setting hides none that is right.
        let both = json!({ "nil": { "nix": { "maxMemoryMB": 7 } }, "nival": { "evaluation": { "memory": "x" } } });
        assert_eq!(Settings::from_json(&both).settings.evaluation.memory, Some(7));
        let options = json!({ "evaluation": { "memory": 9 } });
        let sections = [json!(null), json!(null), json!({ "evaluation": { "memory": [] } })];
        let read = Settings::from_sections(&options, &sections);
        assert_eq!((read.settings.evaluation.memory, read.problems.len()), (Some(9), 1));
    }

    /// What settings make of everything that they are for.
    fn effect(json: &Value) -> String {
        let Read { settings, problems } = Settings::from_json(json);
        assert_eq!(problems, [""; 0], "{json}");
        // What needs trust is looked at with it.
        let mut base = EngineConfig::editor("x86_64-linux".into());
        if settings.trusted.is_none() {
            base.trust = Trust::Trusted;
        }
        let Settings { formatting, inlay_hints, document_symbols, diagnostics, .. } = &settings;
        format!(
            "{:?} {:?} {:?} {inlay_hints:?} {} {:?} {}",
            settings.apply(&base),
            formatting.options(),
            formatting.command,
            document_symbols.limit(),
            diagnostics.workspace(),
            settings.evaluation_diagnostics(),
        )
    }

    /// Every line of `docs/settings.md` has a value here that changes something, written with dots and nested; those of others change
    /// the same as the one that they stand for.
    #[test]
    fn every_setting_has_an_effect() {
        let values = json!({
            "nival.trusted": false,
            "nival.system": "aarch64-darwin",
            "nival.searchPath": ["nixpkgs=/x"],
            "nival.store": "/somewhere",
            "nival.evaluation.diagnostics": false,
            "nival.evaluation.memory": 77,
            "nival.evaluation.seconds": 77,
            "nival.build.maxJobs": 77,
            "nival.build.cores": 77,
            "nival.build.sandbox": false,
            "nival.diagnostics.ignored": ["sema-extra-with"],
            "nival.diagnostics.severity": { "sema-extra-with": "hint" },
            "nival.diagnostics.excludedFiles": ["generated"],
            "nival.diagnostics.workspace": "off",
            "nival.documentSymbols.limit": 77,
            "nival.formatting.command": ["alejandra"],
            "nival.formatting.width": 77,
            "nival.formatting.indent": 4,
            "nival.inlayHints.bindingEnd": false,
            "nival.inlayHints.bindingEndMinLines": 77,
            "nival.inlayHints.parameterNames": true,
            "nival.inlayHints.packageVersions": true,
        });
        let text = include_str!("../../../../docs/settings.md");
        let without = effect(&json!({}));
        for line in text.lines() {
            let Some(name) = line.strip_prefix("| `").and_then(|line| line.split('`').next()) else { continue };
            let own = line.split('`').nth(3).filter(|_| !name.starts_with("nival.")).unwrap_or(name);
            let value = &values[own];
            assert!(!value.is_null(), "{own} has no value here");
            let dotted = effect(&json!({ name: value }));
            assert_ne!(dotted, without, "{name}");
            assert_eq!(dotted, effect(&name.rsplit('.').fold(value.clone(), |inner, name| json!({ name: inner }))), "{name}");
            assert_eq!(dotted, effect(&json!({ own: value })), "{name} and {own}");
        }
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
        let text = include_str!("../../../../docs/settings.md");
        let mut documented: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).map(str::to_owned).collect();
        let translated: Vec<String> = FROM_NIXD.iter().chain(FROM_NIL).map(|(from, _)| from.join(".")).collect();
        known.extend(translated);
        known.sort();
        documented.sort();
        assert_eq!(known, documented);
    }
}
