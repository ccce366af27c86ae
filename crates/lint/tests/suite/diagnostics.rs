//! Texts and their diagnostics.

use expect_test::{Expect, expect};
use nival_hir::{Diagnostic, LowerOptions, lower};
use nival_lint::{LintSettings, diagnose, fix, rules};
use nival_syntax::{TextRange, flat};

pub fn check(text: &str, expected: Expect) {
    expected.assert_eq(&show(text, |found| LintSettings::default().choose(found, rules::rule)));
}

/// With rules that are off, too.
pub fn check_all(text: &str, expected: Expect) {
    expected.assert_eq(&show(text, |found| found));
}

fn show(text: &str, choose: impl Fn(Vec<Diagnostic>) -> Vec<Diagnostic>) -> String {
    let tree = flat::parse(text.as_bytes());
    let part = |range: TextRange| &text[usize::from(range.start())..usize::from(range.end())];
    let mut shown = String::new();
    for diagnostic in choose(diagnose(&tree, &lower(&tree, &LowerOptions::default()))) {
        let at = u32::from(diagnostic.range.start());
        shown += &format!("{at} `{}` {:?} {}: {}", part(diagnostic.range), diagnostic.severity, diagnostic.code, diagnostic.message);
        for note in &diagnostic.notes {
            shown += &format!("; {note}");
        }
        for related in &diagnostic.related {
            shown += &format!("; {} `{}` {}", u32::from(related.range.start()), part(related.range), related.message);
        }
        for tag in &diagnostic.tags {
            shown += &format!(" [{tag:?}]");
        }
        shown.push('\n');
        for fix in &diagnostic.fixes {
            let kind = if fix.safe {
                ""
            } else if fix.preferred {
                " (repair)"
            } else {
                " (suggestion)"
            };
            let fixed = fix::apply(text, &fix.edits);
            shown += &format!("    {}{kind}: {fixed}\n", fix.title);
            crate::fixes::judge(text, &diagnostic, fix);
        }
    }
    shown
}

#[test]
fn names() {
    check(
        "stdnev: stdenv",
        expect![[r#"
            8 `stdenv` Error sema-undefined-variable: undefined variable 'stdenv'; did you mean 'stdnev'?
                Change to 'stdnev' (suggestion): stdnev: stdnev
        "#]],
    );
    check(
        "let foo = 1; in [ fooo foo ba ]",
        expect![[r#"
            18 `fooo` Error sema-undefined-variable: undefined variable 'fooo'; did you mean 'foo'?
                Change to 'foo' (suggestion): let foo = 1; in [ foo foo ba ]
            27 `ba` Error sema-undefined-variable: undefined variable 'ba'
        "#]],
    );
    check(
        "buitlins.map",
        expect![[r#"
            0 `buitlins` Error sema-undefined-variable: undefined variable 'buitlins'; did you mean 'builtins'?
                Change to 'builtins' (suggestion): builtins.map
        "#]],
    );
    check("with { }; anything", expect![[""]]);
}

#[test]
fn duplicates() {
    check(
        "{ a.b = 1; a = { b = 2; }; }",
        expect![[r#"
        17 `b` Error sema-duplicated-attrname: attribute 'a.b' already defined; 2 `a.b` defined here before
    "#]],
    );
    check(
        "{ a, b, a }: a b",
        expect![[r#"
        8 `a` Error sema-dup-formal: duplicate formal function argument 'a'; 2 `a` defined here before
    "#]],
    );
    check(
        "x@{ x }: x",
        expect![[r#"
            0 `x` Error sema-dup-formal-arg: duplicate formal function argument 'x'; 4 `x` defined here before
        "#]],
    );
}

#[test]
fn unused_names() {
    check(
        "let a = 1; b = 2; in b",
        expect![[r#"
        4 `a` Warning sema-unused-def-let: 'a' is defined and never used [Unnecessary]
            Remove 'a': let b = 2; in b
    "#]],
    );
    check(
        "let inherit (x) a b; x = { }; in b",
        expect![[r#"
        16 `a` Warning sema-unused-def-let: 'a' is defined and never used [Unnecessary]
            Remove 'a': let inherit (x) b; x = { }; in b
    "#]],
    );
    check(
        "x: let inherit (x) a; in 1",
        expect![[r#"
        19 `a` Warning sema-unused-def-let: 'a' is defined and never used [Unnecessary]
            Remove 'a': x: let in 1
    "#]],
    );
    check(
        "let a.b = 1; a.c = 2; in 1",
        expect![[r#"
        4 `a` Warning sema-unused-def-let: 'a' is defined and never used [Unnecessary]
    "#]],
    );
    check(
        "let _a = 1; f = x: f x; in 1",
        expect![[r#"
        12 `f` Warning sema-unused-def-let: 'f' is defined and never used [Unnecessary]
            Remove 'f': let _a = 1; in 1
    "#]],
    );
    check(
        "let /* why */ a = /* so */ 1; in 1",
        expect![[r#"
        14 `a` Warning sema-unused-def-let: 'a' is defined and never used [Unnecessary]
    "#]],
    );
    check("let __sub = a: b: a; in 1 - 2", expect![[""]]);
    check(
        "{ a, b, ... }: { c, d }: { e, ... }@f: g: a",
        expect![[r#"
            5 `b` Hint sema-unused-def-lambda-noarg-formal: the argument 'b' is never used [Unnecessary]
                Remove the argument 'b' (repair): { a, ... }: { c, d }: { e, ... }@f: g: a
            27 `e` Hint sema-unused-def-lambda-witharg-formal: the argument 'e' is never used [Unnecessary]
                Remove the argument 'e' (repair): { a, b, ... }: { c, d }: { ... }@f: g: a
            36 `f` Warning sema-unused-def-lambda-witharg-arg: 'f', the whole argument, is never used [Unnecessary]
                Remove 'f': { a, b, ... }: { c, d }: { e, ... }: g: a
        "#]],
    );
    check("{ a, b ? a, ... }: b", expect![[""]]);
    check(
        "let a = 1; in (",
        expect![[r#"
            15 `` Error parse-expected: syntax error, unexpected end of file; 14 `(` to match this `(`
                Insert `null` (suggestion): let a = 1; in ( null
        "#]],
    );
}

#[test]
fn unused_with_and_rec() {
    check(
        "x: with x; 1",
        expect![[r#"
        3 `with x;` Warning sema-extra-with: no name comes from this `with` [Unnecessary]
            Remove the `with`: x: 1
    "#]],
    );
    check("x: with x; with x; y", expect![[""]]);
    check(
        "x: with x; [ (with x.a; x) y ]",
        expect![[r#"
        14 `with x.a;` Warning sema-extra-with: no name comes from this `with` [Unnecessary]
            Remove the `with`: x: with x; [ (x) y ]
    "#]],
    );
    check(
        "rec { a = 1; }",
        expect![[r#"
        0 `rec` Warning sema-extra-rec: no attribute of this set uses another: `rec` is not needed [Unnecessary]
            Remove `rec`: { a = 1; }
    "#]],
    );
    check("rec { a = 1; b = a; }", expect![[""]]);
    check(
        "x: rec { inherit x; b = 1; }",
        expect![[r#"
        3 `rec` Warning sema-extra-rec: no attribute of this set uses another: `rec` is not needed [Unnecessary]
            Remove `rec`: x: { inherit x; b = 1; }
    "#]],
    );
    check("rec { __overrides = { }; }", expect![[""]]);
    check(
        "rec { a = 1; ${\"b\" + \"c\"} = 2; }",
        expect![[r#"
        0 `rec` Warning sema-extra-rec: no attribute of this set uses another: `rec` is not needed [Unnecessary]
            Remove `rec`: { a = 1; ${"b" + "c"} = 2; }
    "#]],
    );
}

#[test]
fn syntax() {
    check(
        "{ a = ; }",
        expect![[r#"
            6 `;` Error parse-expected: syntax error, unexpected ';'
                Insert `null` (suggestion): { a = null; }
        "#]],
    );
    check(
        "[ https://a.b/c ]",
        expect![[r#"
            2 `https://a.b/c` Warning deprecated-url-literal: URL literals are deprecated; write a string [Deprecated]
                Put the URL in quotes: [ "https://a.b/c" ]
        "#]],
    );
    check(
        "let { body = 1; }",
        expect![[r#"
            0 `let` Warning deprecated-let: `let { … }` is deprecated; write `let … in body` [Deprecated]
                Write `let … in …`: let in 1
        "#]],
    );
    check(
        "let in 1",
        expect![[r#"
            0 `let in` Warning empty_let_in: this `let` defines nothing [Unnecessary]
                Remove the empty `let`: 1
        "#]],
    );
    check(
        "let /* why */ in 1",
        expect![[r#"
            0 `let /* why */ in` Warning empty_let_in: this `let` defines nothing [Unnecessary]
        "#]],
    );
    check(
        "{ inherit; inherit ({ }); }",
        expect![[r#"
            2 `inherit;` Warning empty-inherit: this `inherit` takes over nothing [Unnecessary]
                Remove the empty `inherit`: { inherit ({ }); }
            11 `inherit ({ });` Warning empty-inherit: this `inherit` takes over nothing [Unnecessary]
                Remove the empty `inherit`: { inherit; }
        "#]],
    );
    check(
        "let ${\"a\" + \"b\"} = 1; in 1",
        expect![[r#"
            4 `${` Error let-dynamic: dynamic attributes not allowed in let
        "#]],
    );
}
