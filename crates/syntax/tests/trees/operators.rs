//! Precedence and associativity.

use expect_test::expect;

use super::check;

#[test]
fn implication() {
    check(
        "a -> b -> c || d",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            NAME_REF "a"
            "->"
            BINARY_OP
              NAME_REF "b"
              "->"
              BINARY_OP
                NAME_REF "c"
                "||"
                NAME_REF "d"
    "#]],
    );
}

#[test]
fn logic() {
    check(
        "a || b && c || !d",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            BINARY_OP
              NAME_REF "a"
              "||"
              BINARY_OP
                NAME_REF "b"
                "&&"
                NAME_REF "c"
            "||"
            UNARY_OP
              "!"
              NAME_REF "d"
    "#]],
    );
}

#[test]
fn equality() {
    check(
        "!a == b && c != d",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            BINARY_OP
              UNARY_OP
                "!"
                NAME_REF "a"
              "=="
              NAME_REF "b"
            "&&"
            BINARY_OP
              NAME_REF "c"
              "!="
              NAME_REF "d"
    "#]],
    );
}

#[test]
fn comparison() {
    check(
        "a < b + 1",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            NAME_REF "a"
            "<"
            BINARY_OP
              NAME_REF "b"
              "+"
              LITERAL "1"
    "#]],
    );
}

#[test]
fn update() {
    check(
        "a // b // c ++ d ++ e",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            NAME_REF "a"
            "//"
            BINARY_OP
              NAME_REF "b"
              "//"
              BINARY_OP
                NAME_REF "c"
                "++"
                BINARY_OP
                  NAME_REF "d"
                  "++"
                  NAME_REF "e"
    "#]],
    );
}

#[test]
fn arithmetic() {
    check(
        "a - b - c * d / -e",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            BINARY_OP
              NAME_REF "a"
              "-"
              NAME_REF "b"
            "-"
            BINARY_OP
              BINARY_OP
                NAME_REF "c"
                "*"
                NAME_REF "d"
              "/"
              UNARY_OP
                "-"
                NAME_REF "e"
    "#]],
    );
}

#[test]
fn not_plus() {
    check(
        "!a + b",
        expect![[r#"
        SOURCE_FILE
          UNARY_OP
            "!"
            BINARY_OP
              NAME_REF "a"
              "+"
              NAME_REF "b"
    "#]],
    );
}

#[test]
fn minus_has() {
    check(
        "-a ? b",
        expect![[r#"
        SOURCE_FILE
          HAS_ATTR
            UNARY_OP
              "-"
              NAME_REF "a"
            "?"
            ATTRPATH
              NAME "b"
    "#]],
    );
}

#[test]
fn not_has() {
    check(
        "!a ? b.c",
        expect![[r#"
        SOURCE_FILE
          UNARY_OP
            "!"
            HAS_ATTR
              NAME_REF "a"
              "?"
              ATTRPATH
                NAME "b"
                "."
                NAME "c"
    "#]],
    );
}

#[test]
fn has_chain() {
    check(
        "a ? b ? c",
        expect![[r#"
        SOURCE_FILE
          HAS_ATTR
            HAS_ATTR
              NAME_REF "a"
              "?"
              ATTRPATH
                NAME "b"
            "?"
            ATTRPATH
              NAME "c"
    "#]],
    );
}

#[test]
fn not_in_the_middle() {
    check(
        "a * !b + c == d",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            BINARY_OP
              NAME_REF "a"
              "*"
              UNARY_OP
                "!"
                BINARY_OP
                  NAME_REF "b"
                  "+"
                  NAME_REF "c"
            "=="
            NAME_REF "d"
    "#]],
    );
}

#[test]
fn pipe_into() {
    check(
        "a |> f |> g -> h",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            BINARY_OP
              NAME_REF "a"
              "|>"
              NAME_REF "f"
            "|>"
            BINARY_OP
              NAME_REF "g"
              "->"
              NAME_REF "h"
    "#]],
    );
}

#[test]
fn pipe_from() {
    check(
        "f <| g <| a",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            NAME_REF "f"
            "<|"
            BINARY_OP
              NAME_REF "g"
              "<|"
              NAME_REF "a"
    "#]],
    );
}

#[test]
fn plain_minus() {
    check(
        "a -b",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            NAME_REF "a"
            "-"
            NAME_REF "b"
    "#]],
    );
}

#[test]
fn lambda_after_pipe() {
    check(
        "x: x |> f",
        expect![[r#"
        SOURCE_FILE
          LAMBDA
            NAME_PARAM
              NAME "x"
            ":"
            BINARY_OP
              NAME_REF "x"
              "|>"
              NAME_REF "f"
    "#]],
    );
}
