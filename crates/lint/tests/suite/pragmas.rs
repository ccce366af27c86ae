//! Comments that tell to ignore.

use expect_test::expect;

use crate::diagnostics::check;

#[test]
fn of_lines() {
    check(
        "let\n  a = 1; # nival: ignore[sema-unused-def-let] for later\n  b = 2;\nin 3",
        expect![[r#"
        62 `b` Warning sema-unused-def-let: 'b' is defined and never used [Unnecessary]
            Remove 'b': let
          a = 1; # nival: ignore[sema-unused-def-let] for later
        in 3
    "#]],
    );
    check(
        "let\n  # nival: ignore[unused_binding] by nil's name\n  a = 1;\n  b = 2;\nin 3",
        expect![[r#"
        63 `b` Warning sema-unused-def-let: 'b' is defined and never used [Unnecessary]
            Remove 'b': let
          # nival: ignore[unused_binding] by nil's name
          a = 1;
        in 3
    "#]],
    );
    check("let\n  # nival: ignore\n  # of these\n\n  a = 1;\nin 3", expect![[r#""#]]);
    check("/* nival: ignore[sema-extra-rec] */ rec { }", expect![[r#""#]]);
}

#[test]
fn of_files() {
    check("let\n  a = 1;\n  b = rec { };\n# nival: ignore-file[unused_binding, unused_rec] generated\nin 3", expect![[r#""#]]);
    check(
        "# nival: ignore-file[unused_binding]\nlet a = 1; b = rec { }; in 3",
        expect![[r#"
        52 `rec` Warning sema-extra-rec: no attribute of this set uses another: `rec` is not needed [Unnecessary]
            Remove `rec`: # nival: ignore-file[unused_binding]
        let a = 1; b = { }; in 3
    "#]],
    );
}

#[test]
fn unused_and_invalid() {
    check(
        "# nival: ignore[sema-extra-rec] no more\n1",
        expect![[r#"
        0 `# nival: ignore[sema-extra-rec] no more` Hint pragma-unused: nothing is left for this comment to ignore [Unnecessary]
            Remove the comment: 1
    "#]],
    );
    check(
        "rec { } # nival: ignore[sema-extra-rec, unused_with]",
        expect![[r#"
        40 `unused_with` Hint pragma-unused: there is no 'unused_with' to ignore [Unnecessary]
            Remove what is not needed: rec { } # nival: ignore[sema-extra-rec]
    "#]],
    );
    check(
        "# nival: ignore[nothing-like-this]\n1",
        expect![[r#"
        16 `nothing-like-this` Warning pragma-invalid: there is no rule 'nothing-like-this'
    "#]],
    );
    check(
        "# nival: ignored\n1",
        expect![[r#"
        0 `# nival: ignored` Warning pragma-invalid: a comment for nival says `ignore[…]` or `ignore-file[…]`
    "#]],
    );
    check(
        "# nival: ignore[a\n1",
        expect![[r#"
        0 `# nival: ignore[a` Warning pragma-invalid: a `]` is missing behind the codes
    "#]],
    );
    check("# nival: ignore[evaluation] it is meant to fail\nthrow \"x\"", expect![[r#""#]]);
    check("# see nival: the manual\n1", expect![[r#""#]]);
    check("\"# nival: ignore[x]\"", expect![[r#""#]]);
}

#[test]
fn of_others() {
    check(
        "let\n  # deadnix: skip\n  a = 1;\n  b = rec { }; # deadnix: skip\nin 3",
        expect![[r#"
        37 `rec` Warning sema-extra-rec: no attribute of this set uses another: `rec` is not needed [Unnecessary]
            Remove `rec`: let
          # deadnix: skip
          a = 1;
          b = { }; # deadnix: skip
        in 3
    "#]],
    );
    check(
        "[\n  # tix-ignore\n  (undefined)\n  undefined\n]",
        expect![[r#"
        19 `(` Hint parse-redundant-paren: these parentheses are not needed; 29 `)` up to here [Unnecessary]
            Remove the parentheses: [
          # tix-ignore
          undefined
          undefined
        ]
        33 `undefined` Error sema-undefined-variable: undefined variable 'undefined'
    "#]],
    );
    check("# tix-nocheck\n[ undefined ]", expect![[r#""#]]);
}

#[test]
fn what_the_parser_refuses_stays() {
    check(
        "# nival: ignore-file\n[ 1, 2 ]",
        expect![[r#"
            24 `,` Error parse-unexpected: syntax error, unexpected ','; list items are separated by spaces
                Remove ',' (repair): # nival: ignore-file
            [ 1 2 ]
        "#]],
    );
    check("# nival: ignore[sema-undefined-variable] scoped\na", expect![[r#""#]]);
}
