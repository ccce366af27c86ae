//! Nix's settings: `nix.conf`, `NIX_CONFIG`, `--option`.
//!
//! [`table`] says which there are, [`files`] reads them, [`Settings`] holds what was set. Nothing here acts on a setting:
//! that is for [`crate::EngineConfig::configure`] and who builds.

pub mod files;
pub mod table;

use std::collections::BTreeMap;

pub use self::table::{Kind, SettingInfo};

/// What is wrong with a setting or a file of them, in Nix's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error("Boolean setting '{name}' has invalid value '{value}'")]
    Boolean { name: String, value: String },
    #[error("setting '{name}' has invalid value '{value}'")]
    Number { name: String, value: String },
    #[error("option '{name}' has invalid value '{value}' (expected 'ignore', 'warn', or 'fatal')")]
    Level { name: String, value: String },
    #[error("option '{name}' has invalid value '{value}'")]
    Other { name: String, value: String },
    #[error("syntax error in configuration line '{line}' in \"{file}\"")]
    Syntax { line: String, file: String },
    #[error("file \"{path}\" included from \"{file}\" not found")]
    MissingInclude { path: String, file: String },
    #[error("files of settings include each other: \"{path}\"")]
    IncludeCycle { path: String },
}

/// Who has set a setting; a later one counts for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    File,
    CommandLine,
}

/// The settings that were set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    values: BTreeMap<&'static str, (String, Source)>,
    unknown: Vec<String>,
}

/// All experimental features that Nix 2.34 knows, and one that is a setting now.
pub const FEATURES: &[&str] = &[
    "auto-allocate-uids",
    "blake3-hashes",
    "ca-derivations",
    "cgroups",
    "configurable-impure-env",
    "daemon-trust-override",
    "dynamic-derivations",
    "external-builders",
    "fetch-closure",
    "fetch-tree",
    "flakes",
    "git-hashing",
    "impure-derivations",
    "local-overlay-store",
    "mounted-ssh-store",
    "nix-command",
    "no-url-literals",
    "parse-toml-timestamps",
    "pipe-operators",
    "read-only-local-store",
    "recursive-nix",
    "verified-fetches",
];

impl Settings {
    /// Sets a setting by its name or alias; `extra-NAME` adds words to a list. A name that does not exist is only noted.
    ///
    /// # Errors
    /// The value is none that the setting can have.
    pub fn set(&mut self, name: &str, value: &str, source: Source) -> Result<(), SettingError> {
        let (info, extra) = match table::find(name) {
            Some(info) => (Some(info), false),
            None => (name.strip_prefix("extra-").and_then(table::find).filter(|info| info.kind == Kind::List), true),
        };
        let Some(info) = info else {
            if !self.unknown.iter().any(|unknown| unknown == name) {
                self.unknown.push(name.to_owned());
            }
            return Ok(());
        };
        info.check(value)?;
        match self.values.get_mut(info.name) {
            Some((old, set_by)) if extra => {
                *old = format!("{old} {value}");
                *set_by = source;
            }
            _ => {
                self.values.insert(info.name, (value.to_owned(), source));
            }
        }
        Ok(())
    }

    /// The value of a setting, if it was set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    pub fn source(&self, name: &str) -> Option<Source> {
        self.values.get(name).map(|(_, source)| *source)
    }

    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(table::boolean)
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(table::number)
    }

    pub fn words(&self, name: &str) -> Vec<&str> {
        self.get(name).map(|value| value.split_ascii_whitespace().collect()).unwrap_or_default()
    }

    /// The names that were set and that no setting has, in the order in which they were met.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|(name, (value, _))| (*name, value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_grow_and_unknown_names_are_noted() {
        let mut settings = Settings::default();
        for (name, value) in
            [("experimental-features", "a b"), ("extra-experimental-features", "c"), ("foo", "1"), ("foo", "2"), ("extra-cores", "1")]
        {
            settings.set(name, value, Source::File).unwrap();
        }
        assert_eq!(settings.words("experimental-features"), ["a", "b", "c"]);
        assert_eq!(settings.unknown(), ["foo", "extra-cores"]);
        let error = settings.set("pure-eval", "maybe", Source::CommandLine).unwrap_err();
        assert_eq!(error.to_string(), "Boolean setting 'pure-eval' has invalid value 'maybe'");
    }
}
