//! Syntax errors: their rules, what they are related to, and their repairs.

use expect_test::expect;

use crate::diagnostics::check;

#[test]
fn missing_tokens() {
    check(
        "{ a = 1 }",
        expect![[r#"
        8 `}` Error parse-expected: syntax error, unexpected '}', expecting ';'
            Insert `;` (repair): { a = 1; }
    "#]],
    );
    check(
        "{ a = 1; b = 2",
        expect![[r#"
        14 `` Error parse-expected: syntax error, unexpected end of file, expecting ';'; 0 `{` to match this `{`
            Insert `;` (repair): { a = 1; b = 2;
    "#]],
    );
    check(
        "{\n  a = 1\n  b = 2;\n}",
        expect![[r#"
        14 `=` Error parse-expected: syntax error, unexpected '=', expecting ';'; is a `;` missing before this binding?
            Insert `;` (repair): {
          a = 1;
          b = 2;
        }
    "#]],
    );
    check(
        "[ 1 2",
        expect![[r#"
        5 `` Error parse-expected: syntax error, unexpected end of file; 0 `[` to match this `[`
            Insert `]` (repair): [ 1 2 ]
    "#]],
    );
    check(
        "(1",
        expect![[r#"
            2 `` Error parse-expected: syntax error, unexpected end of file, expecting ')'; 0 `(` to match this `(`
                Insert `)` (repair): (1)
        "#]],
    );
    check(
        "f (1 ]",
        expect![[r#"
            0 `f` Error sema-undefined-variable: undefined variable 'f'
            5 `]` Error parse-expected: syntax error, unexpected ']', expecting ')'; 2 `(` to match this `(`
                Insert `)` (repair): f (1) ]
        "#]],
    );
    check(
        "let a = 1; a",
        expect![[r#"
        11 `a` Error sema-duplicated-attrname: attribute 'a' already defined; 4 `a` defined here before
        12 `` Error parse-expected: syntax error, unexpected end of file, expecting '.' or '='; 0 `let` to match this `let`
    "#]],
    );
    check(
        "let a = 1;",
        expect![[r#"
        10 `` Error parse-expected: syntax error, unexpected end of file, expecting 'in' or 'inherit'; 0 `let` to match this `let`
            Insert `in` (repair): let a = 1; in
    "#]],
    );
    check(
        "if 1 2 else 3",
        expect![[r#"
        7 `else` Error parse-expected: syntax error, unexpected 'else', expecting 'then'; 0 `if` to match this `if`
            Insert `then` (repair): if 1 2 then else 3
    "#]],
    );
    check(
        "if 1 then 2",
        expect![[r#"
        11 `` Error parse-expected: syntax error, unexpected end of file, expecting 'else'; 0 `if` to match this `if`
            Insert `else` (repair): if 1 then 2 else
    "#]],
    );
    check(
        "x: with x",
        expect![[r#"
        9 `` Error parse-expected: syntax error, unexpected end of file, expecting ';'
            Insert `;` (repair): x: with x;
    "#]],
    );
    check(
        "{ a }",
        expect![[r#"
        5 `` Error parse-expected: syntax error, unexpected end of file, expecting ':' or '@'
            Insert `:` (repair): { a }:
    "#]],
    );
    check(
        "\"abc",
        expect![[r#"
        4 `` Error parse-expected: syntax error, unexpected end of file, expecting '"'; 0 `"` to match this `"`
    "#]],
    );
    check(
        "''abc ${1",
        expect![[r#"
            9 `` Error parse-expected: syntax error, unexpected end of file, expecting '}'; 6 `${` to match this `${`
                Insert `}` (repair): ''abc ${1}
        "#]],
    );
    check(
        "{ inherit (x) a }",
        expect![[r#"
            11 `x` Error sema-undefined-variable: undefined variable 'x'
            16 `}` Error parse-expected: syntax error, unexpected '}'
                Insert `;` (repair): { inherit (x) a; }
        "#]],
    );
}

#[test]
fn missing_values() {
    check(
        "",
        expect![[r#"
        0 `` Error parse-expected: syntax error, unexpected end of file
            Insert `null` (suggestion): null
    "#]],
    );
    check(
        "{ a = ; b = 1 + ; }",
        expect![[r#"
        6 `;` Error parse-expected: syntax error, unexpected ';'
            Insert `null` (suggestion): { a = null; b = 1 + ; }
        16 `;` Error parse-expected: syntax error, unexpected ';'
            Insert `null` (suggestion): { a = ; b = 1 + null; }
    "#]],
    );
    check(
        "f: f (",
        expect![[r#"
        6 `` Error parse-expected: syntax error, unexpected end of file; 5 `(` to match this `(`
            Insert `null` (suggestion): f: f ( null
    "#]],
    );
    check(
        "if then 1 else 2",
        expect![[r#"
        3 `then` Error parse-expected: syntax error, unexpected 'then'
            Insert `null` (suggestion): if null then 1 else 2
    "#]],
    );
    check(
        "x:",
        expect![[r#"
        2 `` Error parse-expected: syntax error, unexpected end of file
            Insert `null` (suggestion): x: null
    "#]],
    );
}

#[test]
fn too_much() {
    check(
        "{ } }",
        expect![[r#"
        4 `}` Error parse-unexpected: syntax error, unexpected '}', expecting end of file
            Remove '}' (suggestion): { } 
    "#]],
    );
    check(
        "{ a = 1;; }",
        expect![[r#"
            8 `;` Error parse-unexpected: syntax error, unexpected ';', expecting 'inherit'
                Remove ';' (repair): { a = 1; }
        "#]],
    );
    check(
        "[ 1, 2 ]",
        expect![[r#"
            3 `,` Error parse-unexpected: syntax error, unexpected ','; list items are separated by spaces
                Remove ',' (repair): [ 1 2 ]
        "#]],
    );
    check("x: x. y", expect![[r#""#]]);
    check(
        "{ a. = 1; b.if = 2; }",
        expect![[r#"
        5 `=` Error parse-attrpath-extra-dot: syntax error, unexpected '=', expecting identifier or 'or' or '${' or '"'; 3 `.` behind this dot
            Remove the dot (repair): { a = 1; b.if = 2; }
        12 `if` Error parse-unexpected: syntax error, unexpected 'if', expecting identifier or 'or' or '${' or '"'; a keyword as a name needs quotes
            Put the name in quotes (repair): { a. = 1; b."if" = 2; }
    "#]],
    );
    check(
        "a: [ a. ]",
        expect![[r#"
        8 `]` Error parse-select-extra-dot: syntax error, unexpected ']', expecting identifier or 'or' or '${' or '"'; 6 `.` behind this dot
            Remove the dot (repair): a: [ a ]
    "#]],
    );
    check(
        "x@: x",
        expect![[r#"
        2 `:` Error parse-lambda-arg-extra-at: syntax error, unexpected ':', expecting '{'; 1 `@` behind this `@`
            Remove `@` (repair): x: x
            Insert `{ ... }` (suggestion): x@{ ... }: x
    "#]],
    );
    check(
        "{ }@: 1",
        expect![[r#"
        4 `:` Error parse-lambda-arg-extra-at: syntax error, unexpected ':', expecting identifier; 3 `@` behind this `@`
            Remove `@` (repair): { }: 1
    "#]],
    );
}

#[test]
fn patterns() {
    check(
        "{ a, b c }: a",
        expect![[r#"
        7 `c` Error sema-formal-missing-comma: syntax error, unexpected identifier, expecting '}' or ','
            Insert `,` (repair): { a, b, c }: a
    "#]],
    );
    check(
        "{ a ... }: a",
        expect![[r#"
        4 `...` Error sema-formal-missing-comma: syntax error, unexpected '...', expecting '.' or '='
            Insert `,` (repair): { a, ... }: a
    "#]],
    );
    check(
        "{ , a }: a",
        expect![[r#"
        2 `,` Error sema-empty-formal: syntax error, unexpected ',', expecting 'inherit'
            Remove the comma (repair): {  a }: a
    "#]],
    );
    check(
        "{ a, , b }: a",
        expect![[r#"
        5 `,` Error sema-empty-formal: syntax error, unexpected ',', expecting identifier or '...' or '}'
            Remove the comma (repair): { a,  b }: a
    "#]],
    );
    check(
        "{ ..., a }: a",
        expect![[r#"
        2 `...` Error sema-misplaced-ellipsis: syntax error, unexpected ',', expecting '}'; `...` comes last
            Move `...` to the end (repair): { a, ... }: a
    "#]],
    );
    check(
        "{ ..., a, ... }: a",
        expect![[r#"
        2 `...` Error sema-formal-extra-ellipsis: syntax error, unexpected ',', expecting '}'; `...` comes last
            Remove this `...` (repair): { a, ... }: a
    "#]],
    );
    check(
        "{ ... a }: a",
        expect![[r#"
        2 `...` Error sema-misplaced-ellipsis: syntax error, unexpected identifier, expecting '}'; `...` comes last
    "#]],
    );
    check(
        "{\n  ...,\n  a,\n}: a",
        expect![[r#"
        4 `...` Error sema-misplaced-ellipsis: syntax error, unexpected ',', expecting '}'; `...` comes last
            Move `...` to the end (repair): {
          a, ...
        }: a
    "#]],
    );
}

#[test]
fn operators() {
    check(
        "1 == 2 != 3",
        expect![[r#"
        7 `!=` Error parse-operator-noassoc: syntax error, unexpected '!='; these operators cannot be chained; use parentheses
    "#]],
    );
    check(
        "a: b: a |> b <| a",
        expect![[r#"
        13 `<|` Error parse-operator-noassoc: syntax error, unexpected '<|', expecting end of file; these operators cannot be chained; use parentheses
    "#]],
    );
    check(
        "a: b: a or b",
        expect![[r#"
        8 `or` Error parse-kw-or-isnot-binary-op: undefined variable 'or'; `or` only gives the default of a selection; the operator is `||`
            Write `||` (repair): a: b: a || b
    "#]],
    );
    check(
        "a: b: if a or b then 1 else 2",
        expect![[r#"
        11 `or` Error parse-kw-or-isnot-binary-op: undefined variable 'or'; `or` only gives the default of a selection; the operator is `||`
            Write `||` (repair): a: b: if a || b then 1 else 2
    "#]],
    );
    check(
        "a: a or",
        expect![[r#"
        5 `or` Error parse-kw-or-isnot-binary-op: undefined variable 'or'; `or` only gives the default of a selection; the operator is `||`
    "#]],
    );
    check(
        "a: 1 + or",
        expect![[r#"
        7 `or` Error parse-kw-or-isnot-binary-op: syntax error, unexpected 'or'
    "#]],
    );
}

#[test]
fn paths_and_comments() {
    check(
        "[ ./a/ ./b//c ]",
        expect![[r#"
        5 `/` Error path-trailing-slash: path has a trailing slash; remove the slash, or write `/.` for the folder itself
            Remove the slash (repair): [ ./a ./b//c ]
            Write `/.` (suggestion): [ ./a/. ./b//c ]
        11 `/` Error path-double-slash: syntax error, unexpected end of path, expecting '${'; one slash is enough
            Remove one slash (repair): [ ./a/ ./b/c ]
    "#]],
    );
    check(
        "{ } /* never ends",
        expect![[r#"
        4 `/* never ends` Error lex-unterminated-bcomment: syntax error, unexpected invalid token, expecting end of file; this comment has no end; `*/` ends it
            Insert `*/` at the end (repair): { } /* never ends*/
    "#]],
    );
    check(
        "a: { inherit ${a} b; }",
        expect![[r#"
        13 `${` Error sema-dynamic-inherit: dynamic attributes not allowed in inherit
            Remove it (suggestion): a: { inherit b; }
        18 `b` Error sema-undefined-variable: undefined variable 'b'
    "#]],
    );
}
