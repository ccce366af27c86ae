//! [`LintSettings`]: which rules are reported, as what, and in which files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nival_hir::diagnostic::{Diagnostic, Rule, Severity};
use rustc_hash::FxHashMap;

/// What a user makes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Off,
    On(Severity),
}

impl Level {
    /// Reads `off`, `hint`, `information`, `warning` or `error`, and other usual words for them.
    pub fn parse(text: &str) -> Option<Level> {
        Some(match text.to_ascii_lowercase().as_str() {
            "off" | "none" | "ignore" | "allow" => Level::Off,
            "hint" => Level::On(Severity::Hint),
            "information" | "info" => Level::On(Severity::Information),
            "warning" | "warn" => Level::On(Severity::Warning),
            "error" | "deny" => Level::On(Severity::Error),
            _ => return None,
        })
    }
}

/// Everything is as the rules say unless it is set here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LintSettings {
    /// By id or alias.
    levels: BTreeMap<String, Level>,
    excluded: Vec<String>,
}

impl LintSettings {
    /// Sets a rule, by its id or an alias. Later settings win; an id wins over an alias.
    pub fn set(&mut self, name: impl Into<String>, level: Level) {
        self.levels.insert(name.into(), level);
    }

    /// Leaves out files: a path from a root of the workspace or an absolute one, where `*` is any part of a name and `**` any folders.
    /// A folder stands for all that is in it.
    pub fn exclude(&mut self, pattern: impl Into<String>) {
        self.excluded.push(pattern.into());
    }

    pub fn is_excluded(&self, path: &Path, roots: &[PathBuf]) -> bool {
        if self.excluded.is_empty() {
            return false;
        }
        let absolute = path.to_string_lossy();
        let relative = roots.iter().filter_map(|root| path.strip_prefix(root).ok()).map(|path| path.to_string_lossy());
        let names: Vec<_> = std::iter::once(absolute).chain(relative).collect();
        self.excluded.iter().any(|pattern| {
            let pattern = pattern.strip_prefix("./").unwrap_or(pattern).trim_end_matches('/');
            names.iter().any(|name| matches(pattern, name))
        })
    }

    /// Whether a code without a rule is not wanted.
    pub fn is_off(&self, code: &str) -> bool {
        self.levels.get(code) == Some(&Level::Off)
    }

    /// As what a rule is reported; `None` for not at all.
    pub fn severity(&self, rule: &Rule) -> Option<Severity> {
        let set = self.levels.get(rule.id).or_else(|| rule.aliases.iter().find_map(|alias| self.levels.get(*alias)));
        match set {
            Some(Level::Off) => None,
            Some(Level::On(severity)) => Some(*severity),
            None => rule.on.then_some(rule.severity),
        }
    }

    /// Leaves out diagnostics of rules that are off and gives the others the severity that was asked for. `rule` finds the rule of a
    /// code; a code that has none is taken by itself.
    pub fn choose<'r>(&self, found: impl IntoIterator<Item = Diagnostic>, rule: impl Fn(&str) -> Option<&'r Rule>) -> Vec<Diagnostic> {
        let mut known: FxHashMap<&'static str, Option<Level>> = FxHashMap::default();
        let level = |code: &'static str| match rule(code) {
            Some(rule) => match self.severity(rule) {
                None => Some(Level::Off),
                Some(severity) => (severity != rule.severity).then_some(Level::On(severity)),
            },
            None => self.levels.get(code).copied(),
        };
        let chosen = found.into_iter().filter_map(|mut diagnostic| {
            match known.entry(diagnostic.code).or_insert_with(|| level(diagnostic.code)) {
                Some(Level::Off) => return None,
                Some(Level::On(severity)) => diagnostic.severity = *severity,
                None => {}
            }
            Some(diagnostic)
        });
        chosen.collect()
    }
}

/// Whether a pattern matches a path, or a folder that the path is in.
fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    // Which prefixes of the pattern match the path so far: no path takes exponential time.
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    let over_stars = |reached: &mut Vec<bool>| {
        for at in 0..pattern.len() {
            if reached[at] && pattern[at] == "**" {
                reached[at + 1] = true;
            }
        }
    };
    over_stars(&mut reached);
    for name in path {
        if reached[pattern.len()] {
            return true;
        }
        let mut next = vec![false; pattern.len() + 1];
        for at in 0..pattern.len() {
            if reached[at] {
                if pattern[at] == "**" {
                    next[at] = true;
                } else if matches_name(pattern[at], name) {
                    next[at + 1] = true;
                }
            }
        }
        over_stars(&mut next);
        reached = next;
    }
    reached[pattern.len()]
}

/// One name, with `*` for any part of it.
fn matches_name(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::unused::{UNUSED_LET, UNUSED_PARAM};

    #[test]
    fn levels() {
        let mut settings = LintSettings::default();
        assert_eq!(settings.severity(&UNUSED_LET), Some(Severity::Warning));
        assert_eq!(settings.severity(&UNUSED_PARAM), None);
        settings.set("unused_binding", Level::Off);
        assert_eq!(settings.severity(&UNUSED_LET), None);
        settings.set("sema-unused-def-let", Level::On(Severity::Error));
        settings.set("unused-lambda-arg", Level::On(Severity::Hint));
        assert_eq!(settings.severity(&UNUSED_LET), Some(Severity::Error));
        assert_eq!(settings.severity(&UNUSED_PARAM), Some(Severity::Hint));
        assert_eq!(Level::parse("Warn"), Some(Level::On(Severity::Warning)));
        assert_eq!(Level::parse("loud"), None);
    }

    #[test]
    fn excluded_files() {
        let check = |pattern: &str, path: &str| {
            let mut settings = LintSettings::default();
            settings.exclude(pattern);
            settings.is_excluded(Path::new(path), &["/w".into()])
        };
        assert!(check("a.nix", "/w/a.nix"));
        assert!(!check("a.nix", "/w/b/a.nix"));
        assert!(check("./gen/", "/w/gen/x/y.nix"));
        assert!(check("/w/gen", "/w/gen/x.nix"));
        assert!(!check("gen", "/w/generated.nix"));
        assert!(check("**/*.gen.nix", "/w/a/b/x.gen.nix"));
        assert!(check("**/*.gen.nix", "/w/x.gen.nix"));
        assert!(check("*/node-*.nix", "/w/a/node-packages.nix"));
        assert!(!check("*/node-*.nix", "/w/a/b/node-packages.nix"));
        assert!(!check("**/x", "/w/y"));
        assert!(!LintSettings::default().is_excluded(Path::new("/w/a.nix"), &[]));
    }
}
