//! What is certainly wrong.

use expect_test::{Expect, expect};
use nival_shape::{problem_range, problems};

use crate::support::database;

#[track_caller]
fn check(text: &str, expected: Expect) {
    let (db, fixture) = database(text);
    let first = fixture.files.first().expect("a file");
    let file = db.file(&first.path);
    let mut found: Vec<String> = problems(&db, file)
        .iter()
        .map(|problem| {
            let suggestion = problem.suggestion.map(|name| format!(" (did you mean {name}?)")).unwrap_or_default();
            format!("{:?} {}{suggestion} [{}]", problem.kind, problem.name, &first.text[problem_range(&db, file, problem)])
        })
        .collect();
    found.sort();
    expected.assert_eq(&found.join("\n"));
}

#[test]
fn missing_attributes() {
    check(
        "let s = { alpha = 1; }; in [ s.alpha s.alhpa (s.beta or 1) (s ? beta) s.alpha.x ]",
        expect!["MissingAttribute alhpa (did you mean alpha?) [alhpa]"],
    );
    check(
        "let s = { a.b = 1; }; in [ s.a.b s.a.c s.a.c.d ]",
        expect![[r#"
            MissingAttribute c [c]
            MissingAttribute c [c]"#]],
    );
    check(
        "let s = { a = 1; }; inherit (s) b; in { inherit (s) c; inherit b; }",
        expect![[r#"
            MissingAttribute b [b]
            MissingAttribute c [c]"#]],
    );
    check("{ x, s ? { a = 1; } }: [ x.y s.b (x // { a = 1; }).b ]", expect![]);
    check("let s = { ${x} = 1; }; x = \"a\"; in [ s.a s.b ]", expect!["MissingAttribute b [b]"]);
    check("//- /main.nix\n(import ./l.nix { }).b\n//- /l.nix\n{ x ? 1 }: { a = x; }\n", expect!["MissingAttribute b [b]"]);
}

#[test]
fn nothing_where_it_may_be_so() {
    check("let s = { a = 1; }; in if s ? b then s.b else s.a", expect![]);
    check("let s = { a = 1; }; in s ? b && s.b", expect![]);
    check("let s = { a = 1; }; in !(s ? b) || s.b", expect![]);
    check("let s = { a = 1; }; optional = c: x: if c then [ x ] else [ ]; in optional (s ? b) s.b", expect![]);
    check("let s = { a = 1; }; in builtins.tryEval s.b", expect![]);
    check("{ c }: let s = if c then { a = 1; } else { b = 1; }; in [ s.a s.b s.c ]", expect![]);
}

#[test]
fn arguments() {
    check(
        "let f = { a, b ? 1 }: a; in [ (f { a = 1; }) (f { }) (f { a = 1; bb = 2; }) (f { a = 1; c.d = 2; }) ]",
        expect![[r#"
            MissingArgument a [{ }]
            UnexpectedArgument bb (did you mean b?) [bb]
            UnexpectedArgument c [c]"#]],
    );
    check("let f = { a, ... }: a; in [ (f { a = 1; c = 2; }) (f { c = 2; }) ]", expect!["MissingArgument a [{ c = 2; }]"]);
    check("let f = x: { a }: a; in [ (f 1 { }) (f { }) ]", expect!["MissingArgument a [{ }]"]);
    check("{ args }: let f = { a }: a; in [ (f args) (f ({ b = 1; } // args)) ]", expect![]);
    check(
        "//- /main.nix\nimport ./f.nix { b = 1; }\n//- /f.nix\n{ a }: a\n",
        expect![[r#"
            MissingArgument a [{ b = 1; }]
            UnexpectedArgument b [b]"#]],
    );
    check("//- /main.nix\n{ callPackage }: callPackage ./f.nix { b = 1; }\n//- /f.nix\n{ a }: a\n", expect!["UnexpectedArgument b [b]"]);
}
