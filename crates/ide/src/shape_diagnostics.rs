//! What is certainly wrong with the use of values, by their shapes: attributes that are not there, arguments that do not fit.

use std::path::Path;

use nival_engine::{Cancellable, Snapshot};
use nival_lint::rules::elsewhere;
use nival_shape::{Problem, ProblemKind, problem_range, problems};
use nival_source::{Db, SourceFile};

use crate::diagnostics::Diagnostic;
use crate::mistakes::{Mistake, are_wanted, told};

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
    if !are_wanted(snapshot, path) {
        return Ok(Vec::new());
    }
    told(snapshot, path, |db, file| problems(db, file).iter().filter_map(|problem| mistake(db, file, problem)).collect())
}

fn mistake(db: &dyn Db, file: SourceFile, problem: &Problem) -> Option<Mistake> {
    let row = TABLE.iter().find(|row| row.kind == problem.kind)?;
    Some(Mistake {
        range: problem_range(db, file, problem),
        code: row.code,
        message: format!("{}{}{}", row.message.0, problem.name, row.message.1),
        suggestion: problem.suggestion,
        declared: problem.declared.map(|place| (place, format!("{} is written here", row.declared))),
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
