//! What is certainly wrong with the use of values, by their shapes: attributes that are not there, arguments that do not fit.

use std::path::Path;

use nival_engine::{Cancellable, Snapshot};
use nival_lint::rules::elsewhere;
use nival_shape::{Problem, ProblemKind, problem_range, problems};
use nival_source::Db;

use crate::diagnostics::{Diagnostic, Fix, Related, Severity, TextEdit, wanted};
use crate::facts::location;

/// How a kind of problem is told.
struct Row {
    kind: ProblemKind,
    code: &'static str,
    /// What is said before and after the name.
    message: (&'static str, &'static str),
    /// What it does not fit.
    declared: &'static str,
}

const TABLE: [Row; 3] = [
    Row {
        kind: ProblemKind::MissingAttribute,
        code: elsewhere::MISSING_ATTRIBUTE.id,
        message: ("the set has no attribute '", "'"),
        declared: "the set",
    },
    Row {
        kind: ProblemKind::UnexpectedArgument,
        code: elsewhere::UNEXPECTED_ARGUMENT.id,
        message: ("the function takes no argument '", "'"),
        declared: "the function",
    },
    Row {
        kind: ProblemKind::MissingArgument,
        code: elsewhere::MISSING_ARGUMENT.id,
        message: ("the function is not given its argument '", "'"),
        declared: "the argument",
    },
];

/// Sorted by place. It looks at every selection and call of the file, and at what they lead to: not for the time between two keys.
///
/// # Errors
/// Cancelled.
pub fn shape_diagnostics(snapshot: &Snapshot, path: &Path) -> Cancellable<Vec<Diagnostic>> {
    let config = snapshot.config();
    if config.lint.is_excluded(path, &config.roots) || !snapshot.is_file(path) {
        return Ok(Vec::new());
    }
    let found = snapshot.with_db(|db| {
        let file = db.files().get(db, path);
        // Of a text that is half typed nothing is certain.
        if !nival_hir::lowered(db, file).errors.is_empty() {
            return Vec::new();
        }
        let found = problems(db, file);
        if found.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<Diagnostic> = found.iter().filter_map(|problem| diagnostic(db, file, problem)).collect();
        found.sort_by(|a, b| (a.range.start(), &a.code, &a.message).cmp(&(b.range.start(), &b.code, &b.message)));
        // `inherit (s) a` and the uses of `a` are one mistake.
        found.dedup_by(|a, b| a.range == b.range && a.message == b.message);
        found
    })?;
    wanted(snapshot, path, found)
}

fn diagnostic(db: &dyn Db, file: nival_source::SourceFile, problem: &Problem) -> Option<Diagnostic> {
    let row = TABLE.iter().find(|row| row.kind == problem.kind)?;
    let range = problem_range(db, file, problem);
    let mut message = format!("{}{}{}", row.message.0, problem.name, row.message.1);
    let mut fixes = Vec::new();
    if let Some(suggestion) = problem.suggestion {
        message.push_str(&format!("; did you mean '{suggestion}'?"));
        let insert = nival_eval::print::identifier(suggestion.as_bytes());
        fixes.push(Fix {
            title: format!("Replace with '{suggestion}'"),
            edits: vec![TextEdit { range, insert }],
            preferred: true,
            safe: false,
        });
    }
    let related = problem.declared.and_then(|place| location(db, place));
    let related = related.map(|(place, _)| Related { place, message: format!("{} is written here", row.declared) });
    Some(Diagnostic {
        range,
        // Whether the code is ever run is not known.
        severity: Severity::Warning,
        code: row.code.to_owned(),
        message,
        notes: Vec::new(),
        related: related.into_iter().collect(),
        tags: Vec::new(),
        fixes,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let found = shape_diagnostics(&fixture.snapshot, &fixture.path).unwrap();
        let shown = found.iter().map(|found| {
            let related = found.related.first().map(|r| format!(" ({}: {})", r.place.path.display(), r.message)).unwrap_or_default();
            format!("{} [{}] {}{related}\n", found.code, &fixture.text[found.range], found.message)
        });
        expected.assert_eq(&shown.collect::<String>());
    }

    #[test]
    fn told() {
        check(
            "let s = { alpha = 1; }; in s.alhpa",
            expect![[r#"
            missing-attribute [alhpa] the set has no attribute 'alhpa'; did you mean 'alpha'? (/main.nix: the set is written here)
        "#]],
        );
        check(
            "//- /main.nix\n{ callPackage }: callPackage ./f.nix { versoin = 1; }\n//- /f.nix\n{ version ? 1 }: version\n",
            expect![[r#"
            unexpected-argument [versoin] the function takes no argument 'versoin'; did you mean 'version'? (/f.nix: the function is written here)
        "#]],
        );
        check(
            "//- /main.nix\nimport ./f.nix { }\n//- /f.nix\n{ version }: version\n",
            expect![[r#"
            missing-argument [{ }] the function is not given its argument 'version' (/f.nix: the argument is written here)
        "#]],
        );
        check(
            "let s = { alpha = 1; }; inherit (s) beta; in beta",
            expect![[r#"
            missing-attribute [beta] the set has no attribute 'beta' (/main.nix: the set is written here)
        "#]],
        );
    }

    #[test]
    fn not_told() {
        check("let s = { alpha = 1; }; in s.alhpa or 1", expect![]);
        check("let s = { alpha = 1; }; in s.alhpa # nival: ignore[missing-attribute] later", expect![]);
        check("let s = { alpha = 1; }; in [ s.alhpa", expect![]);
        check("{ s }: s.alhpa", expect![]);
    }
}
