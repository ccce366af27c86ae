//! Values within a file.

use expect_test::expect;

use crate::support::check;

#[test]
fn literals() {
    check(
        "1$0",
        expect![[r#"
        1
    "#]],
    );
    check(
        "\"a\"$0",
        expect![[r#"
        "a"
    "#]],
    );
    check(
        "([ 1 2 ])$0",
        expect![[r#"
        list of 2 ints
    "#]],
    );
    check(
        "[ 1 \"a\" ]$0",
        expect![[r#"
        list of 2
    "#]],
    );
    check(
        "{ a = 1; b.c = 2; \"d e\" = 3; }$0",
        expect![[r#"
        { a, b, "d e" }
    "#]],
    );
    check(
        "{ a = 1; ${x} = 2; }$0",
        expect![[r#"
        { a, … }
    "#]],
    );
    check(
        "./x/../y$0",
        expect![[r#"
        /y
    "#]],
    );
    check(
        "(x: y: { })$0",
        expect![[r#"
        x: y: set
        takes x y
    "#]],
    );
    check(
        "null$0",
        expect![[r#"
        null
    "#]],
    );
    check(
        "(a: { b, c ? 1, ... }: [ ])$0",
        expect![[r#"
        a: { b, c ?, ... }: list
        takes a {b,c?,...}
    "#]],
    );
}

#[test]
fn names() {
    check(
        "let a = { b = 1; }; in a$0",
        expect![[r#"
        { b }
    "#]],
    );
    check(
        "let a = { b = 1; }; in a.b$0",
        expect![[r#"
        1
        → /main.nix:1 b
    "#]],
    );
    check(
        "rec { a = { x = 1; }; b = a$0; }",
        expect![[r#"
        { x }
    "#]],
    );
    check(
        "let s = { a = \"t\"; }; inherit (s) a; in a$0",
        expect![[r#"
        "t"
        → /main.nix:1 a
    "#]],
    );
    check(
        "let a = b; b = a; in a$0",
        expect![[r#"
        ?
    "#]],
    );
    check(
        "let a = \"x${a}\"; in a$0",
        expect![[r#"
        ?
    "#]],
    );
    check(
        "let a = { ${a} = 1; }; in a$0",
        expect![[r#"
        ?
    "#]],
    );
    check(
        "let n = \"k\"; in { \"${n}y\" = 1; ${n} = 2; ${null} = 3; }.ky$0",
        expect![[r#"
        1
        → /main.nix:1 "${n}y"
    "#]],
    );
    check(
        "let a = a.b; in a$0",
        expect![[r#"
        ?
    "#]],
    );
    check(
        "{ x }: x$0",
        expect![[r#"
        ? (likely)
    "#]],
    );
    check(
        "{ x ? { a = 1; } }: x$0",
        expect![[r#"
        { a, … } (likely)
    "#]],
    );
    check(
        "{ x ? null }: x$0",
        expect![[r#"
        ? (likely)
    "#]],
    );
}

#[test]
fn with_is_followed_where_every_candidate_is_known() {
    check(
        "with { a = 1; }; a$0",
        expect![[r#"
        1
        → /main.nix:1 a
    "#]],
    );
    check(
        "with { a = 1; }; with { b = 2; }; a$0",
        expect![[r#"
        1
        → /main.nix:1 a
    "#]],
    );
    check(
        "with { a = 1; }; with { a = 2; }; a$0",
        expect![[r#"
        2
        → /main.nix:1 a
    "#]],
    );
    check(
        "{ x }: with { a = 1; }; with x; a$0",
        expect![[r#"
        1 (likely)
        → /main.nix:1 a
    "#]],
    );
    check(
        "{ x }: with x; with { a = 1; }; a$0",
        expect![[r#"
        1
        → /main.nix:1 a
    "#]],
    );
}

#[test]
fn updates() {
    check(
        "({ a = 1; } // { b = 2; })$0",
        expect![[r#"
        { a, b }
    "#]],
    );
    check(
        "({ a = 1; } // { a = \"x\"; }).a$0",
        expect![[r#"
        "x"
        → /main.nix:1 a
    "#]],
    );
    check(
        "{ x }: (x // { a = 1; }).a$0",
        expect![[r#"
        1 (likely)
        → /main.nix:1 a
    "#]],
    );
    check(
        "{ x }: ({ a = 1; } // x).a$0",
        expect![[r#"
        1 (likely)
        → /main.nix:1 a
    "#]],
    );
    check(
        "{ x }: ({ a = 1; } // x).b$0",
        expect![[r#"
        ?
    "#]],
    );
}

#[test]
fn conditions() {
    check(
        "{ c }: (if c then { a = 1; b = 1; } else { a = \"x\"; })$0",
        expect![[r#"
        { a, b } | { a }
    "#]],
    );
    check(
        "{ c }: (if c then { a = 1; b = 1; } else { a = 2; }).a$0",
        expect![[r#"
        int
        → /main.nix:1 a
    "#]],
    );
    check(
        "{ c }: (if c then 1 else throw \"no\")$0",
        expect![[r#"
        1
    "#]],
    );
    check(
        "(if true then 1 else \"x\")$0",
        expect![[r#"
        1
    "#]],
    );
    check(
        "({ a = 1; }.b or \"x\")$0",
        expect![[r#"
        "x"
    "#]],
    );
    check(
        "{ s }: (s.b or \"x\")$0",
        expect![[r#"
        "x" | …
    "#]],
    );
    check(
        "({ a = 1; } ? a)$0",
        expect![[r#"
        true
    "#]],
    );
    check(
        "({ a.b = 1; } ? a.c)$0",
        expect![[r#"
        false
    "#]],
    );
    check(
        "(1 + 2 == 3 && !false)$0",
        expect![[r#"
        true
    "#]],
    );
}
