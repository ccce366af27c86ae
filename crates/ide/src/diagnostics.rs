//! Diagnostics: what the text says, and what evaluating its attributes says.

use std::path::Path;
use std::sync::Arc;

use nival_engine::{AutoArgs, Cancellable, Cancelled, Control, EngineConfig, FileRange, Report, ReportKind, Snapshot};
use nival_hir::diagnostic as hir;
pub use nival_syntax::TextEdit;
use nival_syntax::TextRange;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Hint,
    Info,
    Warning,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Shown faded.
    Unnecessary,
    /// Shown struck through.
    Deprecated,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    pub place: FileRange,
    pub message: String,
}

/// A repair of the text the diagnostic is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    pub title: String,
    /// Sorted, not overlapping, all in the same file.
    pub edits: Vec<TextEdit>,
    /// The one to take where a diagnostic has several (`isPreferred` of a code action).
    pub preferred: bool,
    /// Keeps the meaning of the file, so that `source.fixAll` may apply it. Edits of two fixes may overlap: apply what does not, look again.
    pub safe: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub range: TextRange,
    pub severity: Severity,
    /// Stable name of the rule, such as `undefined-name`.
    pub code: String,
    pub message: String,
    pub notes: Vec<String>,
    pub related: Vec<Related>,
    pub tags: Vec<Tag>,
    pub fixes: Vec<Fix>,
}

/// Errors of syntax and of names: everything the text alone says. Sorted by place.
///
/// # Errors
/// Cancelled.
pub fn diagnostics(snapshot: &Snapshot, path: &Path) -> Cancellable<Vec<Diagnostic>> {
    let config = snapshot.config();
    if config.lint.is_excluded(path, &config.roots) {
        return Ok(Vec::new());
    }
    let Some(found) = snapshot.diagnostics(path)? else { return Ok(Vec::new()) };
    Ok(chosen(found.iter().cloned(), config, path))
}

/// What the user wants to see, as severe as the user finds it.
fn chosen(found: impl IntoIterator<Item = hir::Diagnostic>, config: &EngineConfig, path: &Path) -> Vec<Diagnostic> {
    config.lint.choose(found, nival_lint::rules::rule).iter().map(|diagnostic| convert(diagnostic, path)).collect()
}

/// The same of a text that is in no file.
pub(crate) fn of_analysis(
    tree: &nival_syntax::FlatTree,
    lowered: &nival_hir::Lowered,
    config: &EngineConfig,
    path: &Path,
) -> Vec<Diagnostic> {
    chosen(nival_lint::diagnose(tree, lowered), config, path)
}

/// What of other diagnostics than those of the text the user wants to see: settings and pragmas hold for them, too.
pub(crate) fn wanted(snapshot: &Snapshot, path: &Path, mut found: Vec<Diagnostic>) -> Cancellable<Vec<Diagnostic>> {
    if found.is_empty() {
        return Ok(found);
    }
    let Some(tree) = snapshot.flat_tree(path)? else { return Ok(found) };
    choose_others(&tree, &snapshot.config().lint, &mut found);
    Ok(found)
}

/// The same of a text that is in no file.
pub(crate) fn choose_others(tree: &nival_syntax::FlatTree, lint: &nival_engine::LintSettings, found: &mut Vec<Diagnostic>) {
    let pragmas = nival_lint::Pragmas::of(tree);
    found.retain_mut(|diagnostic| {
        let rule = nival_lint::rules::rule(&diagnostic.code);
        let severity = rule.map(|rule| (rule, lint.severity(rule)));
        if let Some((rule, Some(severity))) = severity
            && severity != rule.severity
        {
            diagnostic.severity = severity_of(severity);
        }
        !matches!(severity, Some((_, None))) && !pragmas.ignores(&diagnostic.code, rule, diagnostic.range.start())
    });
}

/// Whether there is a rule of this name.
pub fn is_rule(code: &str) -> bool {
    nival_lint::rules::rule(code).is_some()
}

/// Where a rule is explained, for who has no copy.
pub fn page_of(code: &str) -> Option<String> {
    nival_lint::rules::rule(code).map(|rule| format!("https://github.com/nival/nival/blob/main/docs/diagnostics.md#{}", rule.id))
}

/// As what a level is reported; `None` for not at all.
pub fn severity_of_level(level: nival_engine::Level) -> Option<Severity> {
    match level {
        nival_engine::Level::Off => None,
        nival_engine::Level::On(severity) => Some(severity_of(severity)),
    }
}

fn severity_of(severity: hir::Severity) -> Severity {
    match severity {
        hir::Severity::Error => Severity::Error,
        hir::Severity::Warning => Severity::Warning,
        hir::Severity::Information => Severity::Info,
        hir::Severity::Hint => Severity::Hint,
    }
}

fn convert(found: &hir::Diagnostic, path: &Path) -> Diagnostic {
    let path: Arc<Path> = path.into();
    Diagnostic {
        range: found.range,
        severity: severity_of(found.severity),
        code: found.code.to_owned(),
        message: found.message.clone(),
        notes: found.notes.clone(),
        related: found
            .related
            .iter()
            .map(|r| Related { place: FileRange { path: path.clone(), range: r.range }, message: r.message.clone() })
            .collect(),
        tags: found
            .tags
            .iter()
            .map(|tag| match tag {
                hir::Tag::Unnecessary => Tag::Unnecessary,
                hir::Tag::Deprecated => Tag::Deprecated,
            })
            .collect(),
        fixes: found
            .fixes
            .iter()
            .map(|fix| {
                let mut edits: Vec<_> = fix.edits.iter().map(|edit| TextEdit { range: edit.range, insert: edit.text.clone() }).collect();
                edits.sort_by_key(|edit| (edit.range.start(), edit.range.end()));
                Fix { title: fix.title.clone(), edits, preferred: fix.preferred, safe: fix.safe }
            })
            .collect(),
    }
}

/// The code of what evaluation finds.
const EVALUATION: &str = nival_lint::rules::elsewhere::EVALUATION.id;

/// Attributes that are evaluated at most.
const MAX_ATTRS: usize = 500;

/// What takes longer than the text's own: imports, shapes, options and evaluation. Run it in the background.
///
/// # Errors
/// Cancelled.
pub fn background_diagnostics(snapshot: &Snapshot, path: &Path, control: &Control) -> Cancellable<Vec<Diagnostic>> {
    let mut found = crate::project_diagnostics(snapshot, path)?;
    found.extend(crate::shape_diagnostics(snapshot, path)?);
    found.extend(crate::option_diagnostics(snapshot, path)?);
    for evaluated in evaluation_diagnostics(snapshot, path, control)? {
        // What is told without evaluation says more about the same mistake, and has its fixes; that it fails is certain now.
        let same = |known: &&mut Diagnostic| known.severity >= Severity::Warning && known.range.intersect(evaluated.range).is_some();
        match found.iter_mut().filter(|known| known.code != EVALUATION).find(same) {
            Some(known) => known.severity = known.severity.max(evaluated.severity),
            None => found.push(evaluated),
        }
    }
    Ok(found)
}

/// Errors met by evaluating the file and its outermost attributes. Run it in the background.
///
/// # Errors
/// Cancelled. Reaching the budget is no error: what was found so far is returned.
pub fn evaluation_diagnostics(snapshot: &Snapshot, path: &Path, control: &Control) -> Cancellable<Vec<Diagnostic>> {
    let refused = snapshot.lowered(path)?.is_none_or(|lowered| !lowered.errors.is_empty());
    if refused || snapshot.config().lint.severity(&nival_lint::rules::elsewhere::EVALUATION).is_none() {
        return Ok(Vec::new());
    }
    let session = snapshot.session();
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut report = |report: Report, fallback: TextRange| -> Cancellable<bool> {
        match report.kind {
            ReportKind::Cancelled => return Err(Cancelled),
            // Nobody's fault: what another machine, more trust or more time would give.
            ReportKind::Budget | ReportKind::Trust | ReportKind::Unknown | ReportKind::Internal => return Ok(false),
            _ => {}
        }
        let diagnostic = of_report(&report, path, fallback);
        if !found.contains(&diagnostic) {
            found.push(diagnostic);
        }
        Ok(true)
    };
    let value = session.eval_project_file(path, control).and_then(|value| {
        let needs_arguments = session.needs_arguments(&value, control)?;
        if needs_arguments { Ok(None) } else { session.auto_call(&value, &AutoArgs::default(), control).map(Some) }
    });
    match value {
        Err(error) => drop(report(error, TextRange::default())?),
        Ok(None) => {}
        Ok(Some(value)) => match session.attrs(&value, control) {
            Err(error) => drop(report(error, TextRange::default())?),
            Ok(attrs) => {
                for attr in attrs.iter().take(MAX_ATTRS) {
                    let here = attr.position.as_ref().and_then(nival_engine::Location::as_file).filter(|place| *place.path == *path);
                    let Some(place) = here else { continue };
                    let checked = session.attr(&value, &attr.name, control).and_then(|value| match value {
                        // A derivation is checked as a whole: it is what the attribute is for.
                        Some(value) if session.is_derivation(&value, control)? => session.derivation(&value, control).map(drop),
                        _ => Ok(()),
                    });
                    if let Err(error) = checked
                        && !report(error, place.range)?
                    {
                        break;
                    }
                }
            }
        },
    }
    snapshot.check()?;
    found.sort_by_key(|d| d.range.start());
    wanted(snapshot, path, found)
}

/// Places beside the error's own that are told with it.
const MAX_RELATED: usize = 8;

/// The innermost place of the error in this file, else `fallback`; the other places beside it.
fn of_report(report: &Report, path: &Path, fallback: TextRange) -> Diagnostic {
    let option = report.option.as_ref();
    let places = report.user_location().into_iter().chain(&report.primary).map(|place| (place, report.message.as_str()));
    let defined = option.into_iter().flat_map(|o| &o.defined).map(|place| (place, "defined here"));
    let declared = option.into_iter().flat_map(|o| &o.declared).map(|place| (place, "declared here"));
    let steps = report.cycle.iter().chain(&report.frames);
    let frames = steps.filter_map(|frame| Some((frame.location.as_ref()?, frame.message.as_str())));
    let mut range = None;
    let mut related = Vec::new();
    for (place, message) in places.chain(defined).chain(frames).chain(declared) {
        let Some(place) = place.as_file() else { continue };
        if *place.path == *path && range.is_none() {
            range = Some(place.range);
        } else if related.len() < MAX_RELATED
            && !related.iter().any(|r: &Related| r.place == place)
            && !(*place.path == *path && range == Some(place.range))
        {
            related.push(Related { place, message: message.to_owned() });
        }
    }
    let mut notes: Vec<String> = option.iter().map(|o| format!("while evaluating the option `{}`", o.name)).collect();
    notes.extend(report.hints.iter().cloned());
    Diagnostic {
        range: range.unwrap_or(fallback),
        severity: Severity::Error,
        code: EVALUATION.to_owned(),
        message: report.message.clone(),
        notes,
        related,
        tags: Vec::new(),
        fixes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    fn show(fixture: &Fixture, found: &[Diagnostic]) -> String {
        let line = |d: &Diagnostic| {
            let related: Vec<String> = d.related.iter().map(|r| format!(" ({})", r.place.path.display())).collect();
            format!("[{}] {:?} {}: {}{}{}\n", &fixture.text[d.range], d.severity, d.code, d.message, related.concat(), d.notes.concat())
        };
        found.iter().map(line).collect()
    }

    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        expected.assert_eq(&show(&fixture, &diagnostics(&fixture.snapshot, &fixture.path).unwrap()));
    }

    fn check_background(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        expected.assert_eq(&show(&fixture, &background_diagnostics(&fixture.snapshot, &fixture.path, &Fixture::control()).unwrap()));
    }

    fn check_evaluation(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        expected.assert_eq(&show(&fixture, &evaluation_diagnostics(&fixture.snapshot, &fixture.path, &Fixture::control()).unwrap()));
    }

    #[test]
    fn by_the_text() {
        check(
            "let a = 1; in b + ",
            expect![[r#"
            [b] Error sema-undefined-variable: undefined variable 'b'
            [] Error parse-expected: syntax error, unexpected end of file
        "#]],
        );
        check(
            "{ a = 1; a = 2; }",
            expect![[r#"
                [a] Error sema-duplicated-attrname: attribute 'a' already defined (/main.nix)
            "#]],
        );
    }

    #[test]
    fn a_mistake_is_told_once() {
        check_background(
            "{ a = import ./nothing.nix; b = { c = 1; }.d; e = throw \"no\"; }",
            expect![[r#"
            [./nothing.nix] Error import-not-found: `./nothing.nix` does not exist
            [d] Error missing-attribute: the set has no attribute 'd' (/main.nix)
            [throw "no"] Error evaluation: no
        "#]],
        );
    }

    #[test]
    fn by_evaluation() {
        check_evaluation(
            "{ a = 1; b = throw \"no\"; c = { d = 1; }.e; }",
            expect![[r#"
                [throw "no"] Error evaluation: no
                [{ d = 1; }.e] Error evaluation: attribute 'e' missingDid you mean d?
            "#]],
        );
        check_evaluation(
            "//- /main.nix\nimport ./f.nix { x = 1; }\n//- /f.nix\n{ x }: { y = x.z; }.y\n",
            expect![[r#"
                [import ./f.nix { x = 1; }] Error evaluation: expected a set but found an integer: 1 (/f.nix) (/f.nix) (/f.nix) (/f.nix)
            "#]],
        );
        check_evaluation(
            "{ name ? \"x\" }: { d = derivation { inherit name; system = 1; builder = y: y; }; }",
            expect![[r#"
                [builder] Error evaluation: cannot coerce a function to a string: «lambda builder @ /main.nix:1:72»
            "#]],
        );
    }

    #[test]
    fn settings_and_pragmas() {
        let text = "{\n  # nival: ignore[evaluation] meant\n  b = throw \"no\";\n  c = throw \"yes\";\n}";
        check_evaluation(
            text,
            expect![[r#"
            [throw "yes"] Error evaluation: yes
        "#]],
        );
        let mut fixture = Fixture::new("let a = rec { }; in x: x ? y == true");
        let mut config = fixture.snapshot.config().clone();
        config.lint.set("unused_binding", nival_engine::Level::On(nival_hir::Severity::Error));
        config.lint.set("W01", nival_engine::Level::Off);
        let mut change = nival_engine::Change::default();
        change.set_config(config.clone());
        fixture.engine.apply(change);
        let shown = |fixture: &Fixture| show(fixture, &diagnostics(&fixture.engine.snapshot(), &fixture.path).unwrap());
        expect![[r#"
            [a] Error sema-unused-def-let: 'a' is defined and never used
            [rec] Warning sema-extra-rec: no attribute of this set uses another: `rec` is not needed
        "#]]
        .assert_eq(&shown(&fixture));
        config.lint.exclude("*.nix");
        let mut change = nival_engine::Change::default();
        change.set_config(config);
        fixture.engine.apply(change);
        assert_eq!(shown(&fixture), "");
        assert!(page_of("sema-extra-rec").unwrap().ends_with("#sema-extra-rec"));
        assert_eq!(page_of("nothing"), None);
    }

    #[test]
    fn functions_that_nobody_calls_are_left_alone() {
        check_evaluation("{ stdenv }: stdenv.x", expect![[""]]);
        check_evaluation("{ a = 1; b = undefined; c = throw \"x\"; }", expect![[""]]);
    }
}
