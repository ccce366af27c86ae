//! Functions, application, selection, keywords with bodies.

use expect_test::expect;

use super::check;

#[test]
fn name() {
    check(
        "x: y: x",
        expect![[r#"
        SOURCE_FILE
          LAMBDA
            NAME_PARAM
              NAME "x"
            ":"
            LAMBDA
              NAME_PARAM
                NAME "y"
              ":"
              NAME_REF "x"
    "#]],
    );
}

#[test]
fn formals() {
    check(
        "{ a, b ? 1, ... }: a",
        expect![[r#"
        SOURCE_FILE
          LAMBDA
            PATTERN_PARAM
              "{"
              FORMAL
                NAME "a"
              ","
              FORMAL
                NAME "b"
                "?"
                LITERAL "1"
              ","
              "..."
              "}"
            ":"
            NAME_REF "a"
    "#]],
    );
}

#[test]
fn trailing_comma() {
    check(
        "{ a, }: a",
        expect![[r#"
        SOURCE_FILE
          LAMBDA
            PATTERN_PARAM
              "{"
              FORMAL
                NAME "a"
              ","
              "}"
            ":"
            NAME_REF "a"
    "#]],
    );
}

#[test]
fn only_ellipsis() {
    check(
        "{ ... }: 1",
        expect![[r#"
        SOURCE_FILE
          LAMBDA
            PATTERN_PARAM "{" "..." "}"
            ":"
            LITERAL "1"
    "#]],
    );
}

#[test]
fn no_formals() {
    check(
        "{ }: 1",
        expect![[r#"
        SOURCE_FILE
          LAMBDA
            PATTERN_PARAM "{" "}"
            ":"
            LITERAL "1"
    "#]],
    );
}

#[test]
fn bind_before() {
    check(
        "args@{ a }: a",
        expect![[r#"
        SOURCE_FILE
          LAMBDA
            PATTERN_PARAM
              AT_BINDING
                NAME "args"
                "@"
              "{"
              FORMAL
                NAME "a"
              "}"
            ":"
            NAME_REF "a"
    "#]],
    );
}

#[test]
fn bind_after() {
    check(
        "{ a }@args: a",
        expect![[r#"
        SOURCE_FILE
          LAMBDA
            PATTERN_PARAM
              "{"
              FORMAL
                NAME "a"
              "}"
              AT_BINDING
                "@"
                NAME "args"
            ":"
            NAME_REF "a"
    "#]],
    );
}

#[test]
fn application() {
    check(
        "f a (g b) c",
        expect![[r#"
        SOURCE_FILE
          APPLY
            APPLY
              APPLY
                NAME_REF "f"
                NAME_REF "a"
              PAREN
                "("
                APPLY
                  NAME_REF "g"
                  NAME_REF "b"
                ")"
            NAME_REF "c"
    "#]],
    );
}

#[test]
fn selection() {
    check(
        "a.b.c or d",
        expect![[r#"
        SOURCE_FILE
          SELECT
            NAME_REF "a"
            "."
            ATTRPATH
              NAME "b"
              "."
              NAME "c"
            "or"
            NAME_REF "d"
    "#]],
    );
}

#[test]
fn or_chain() {
    check(
        "a.b or c.d or e",
        expect![[r#"
        SOURCE_FILE
          SELECT
            NAME_REF "a"
            "."
            ATTRPATH
              NAME "b"
            "or"
            SELECT
              NAME_REF "c"
              "."
              ATTRPATH
                NAME "d"
              "or"
              NAME_REF "e"
    "#]],
    );
}

#[test]
fn or_in_application() {
    check(
        "f x.y or z w",
        expect![[r#"
        SOURCE_FILE
          APPLY
            APPLY
              NAME_REF "f"
              SELECT
                NAME_REF "x"
                "."
                ATTRPATH
                  NAME "y"
                "or"
                NAME_REF "z"
            NAME_REF "w"
    "#]],
    );
}

#[test]
fn or_in_list() {
    check(
        "[ f x or y x.y or z ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            NAME_REF "f"
            APPLY
              NAME_REF "x"
              NAME_REF "or"
            NAME_REF "y"
            SELECT
              NAME_REF "x"
              "."
              ATTRPATH
                NAME "y"
              "or"
              NAME_REF "z"
            "]"
    "#]],
    );
}

#[test]
fn or_as_argument() {
    check(
        "f or",
        expect![[r#"
        SOURCE_FILE
          APPLY
            NAME_REF "f"
            NAME_REF "or"
    "#]],
    );
}

#[test]
fn conditional() {
    check(
        "if a then b else if c then d else e",
        expect![[r#"
        SOURCE_FILE
          IF_THEN_ELSE
            "if"
            NAME_REF "a"
            "then"
            NAME_REF "b"
            "else"
            IF_THEN_ELSE
              "if"
              NAME_REF "c"
              "then"
              NAME_REF "d"
              "else"
              NAME_REF "e"
    "#]],
    );
}

#[test]
fn with_assert() {
    check(
        "with a; assert b; c",
        expect![[r#"
        SOURCE_FILE
          WITH
            "with"
            NAME_REF "a"
            ";"
            ASSERT
              "assert"
              NAME_REF "b"
              ";"
              NAME_REF "c"
    "#]],
    );
}

#[test]
fn cur_pos() {
    check(
        "[ __curPos __curPos.line ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            CUR_POS "__curPos"
            SELECT
              CUR_POS "__curPos"
              "."
              ATTRPATH
                NAME "line"
            "]"
    "#]],
    );
}
