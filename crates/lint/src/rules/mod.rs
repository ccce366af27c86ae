//! The table of all rules. `docs/diagnostics.md` is made of it.

use std::fmt::Write;

use nival_hir::diagnostic::{Rule, Severity};

/// `NAME "id" [aliases] on Severity [tags] doc, example;`, where `off` is only reported on demand.
macro_rules! rules {
    ($($name:ident $id:literal [$($alias:literal),*] $state:ident $severity:ident [$($tag:ident),*] $doc:literal, $example:literal;)*) => {
        #[allow(unused_imports, reason = "not every subject has tags")]
        use nival_hir::diagnostic::{Rule, Severity, Tag};

        $(#[doc = $doc]
        pub const $name: Rule = Rule {
            id: $id,
            aliases: &[$($alias),*],
            severity: Severity::$severity,
            on: rules!(@$state),
            tags: &[$(Tag::$tag),*],
            doc: $doc,
            example: $example,
        };)*

        pub(crate) const ALL: &[Rule] = &[$($name),*];
    };
    (@on) => { true };
    (@off) => { false };
}

pub mod elsewhere;
pub mod names;
pub mod pragmas;
pub mod style;
pub mod syntax;
pub mod unused;

/// Every rule, by subject: those that this crate checks, and those of crates above that see more than a text.
pub fn subjects() -> [(&'static str, &'static [Rule]); 6] {
    [
        ("Syntax", syntax::ALL),
        ("Names", names::ALL),
        ("Unused", unused::ALL),
        ("Style", style::ALL),
        ("Pragmas themselves", pragmas::ALL),
        ("Beyond the text", elsewhere::ALL),
    ]
}

/// Every rule.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    subjects().into_iter().flat_map(|(_, rules)| rules)
}

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}

/// Whether anything is called this.
pub fn is_known(name: &str) -> bool {
    rules().any(|rule| rule.is_called(name))
}

/// What is to be said of a rule, in Markdown, under a heading of this level.
pub fn describe(rule: &Rule, level: usize) -> String {
    let severity = match rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "information",
        Severity::Hint => "hint",
    };
    let off = if rule.on { "" } else { ", off unless it is asked for" };
    let mut out = format!("{} {}\n\n*{severity}{off}*\n", "#".repeat(level), rule.id);
    // Nothing is written that could fail.
    if !rule.aliases.is_empty() {
        let aliases: Vec<String> = rule.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let _ = writeln!(out, "— elsewhere {}", aliases.join(", "));
    }
    let _ = writeln!(out, "\n{}", rule.doc);
    if !rule.example.is_empty() && !rule.example.contains('\0') {
        let _ = writeln!(out, "\n```nix\n{}\n```", rule.example);
    }
    out
}
