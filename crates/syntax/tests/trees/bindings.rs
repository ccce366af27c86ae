//! Sets, `let`, `inherit`, attribute paths.

use expect_test::expect;

use super::check;

#[test]
fn set() {
    check(
        r#"{ a = 1; b.c."d e".${f} = 2; or = 3; }"#,
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              LITERAL "1"
              ";"
            BINDING
              ATTRPATH
                NAME "b"
                "."
                NAME "c"
                "."
                STR "\"" "d e" "\""
                "."
                DYNAMIC_ATTR
                  "${"
                  NAME_REF "f"
                  "}"
              "="
              LITERAL "2"
              ";"
            BINDING
              ATTRPATH
                NAME "or"
              "="
              LITERAL "3"
              ";"
            "}"
    "#]],
    );
}

#[test]
fn recursive() {
    check(
        "rec { a = b; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "rec"
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              NAME_REF "b"
              ";"
            "}"
    "#]],
    );
}

#[test]
fn empty() {
    check(
        "{ }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET "{" "}"
    "#]],
    );
}

#[test]
fn legacy_let() {
    check(
        "let { body = 1; }",
        expect![[r#"
        SOURCE_FILE
          LEGACY_LET
            "let"
            "{"
            BINDING
              ATTRPATH
                NAME "body"
              "="
              LITERAL "1"
              ";"
            "}"
    "#]],
    );
}

#[test]
fn let_in() {
    check(
        "let a = 1; inherit b; in a",
        expect![[r#"
        SOURCE_FILE
          LET_IN
            "let"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              LITERAL "1"
              ";"
            INHERIT
              "inherit"
              NAME "b"
              ";"
            "in"
            NAME_REF "a"
    "#]],
    );
}

#[test]
fn let_in_empty() {
    check(
        "let in a",
        expect![[r#"
        SOURCE_FILE
          LET_IN
            "let"
            "in"
            NAME_REF "a"
    "#]],
    );
}

#[test]
fn inherits() {
    check(
        r#"{ inherit a b; inherit (e) c "d" ${"f"}; inherit; }"#,
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            INHERIT
              "inherit"
              NAME "a"
              NAME "b"
              ";"
            INHERIT
              "inherit"
              INHERIT_FROM
                "("
                NAME_REF "e"
                ")"
              NAME "c"
              STR "\"" "d" "\""
              DYNAMIC_ATTR
                "${"
                STR "\"" "f" "\""
                "}"
              ";"
            INHERIT "inherit" ";"
            "}"
    "#]],
    );
}

#[test]
fn let_in_as_argument() {
    check(
        "f let { body = 1; }",
        expect![[r#"
        SOURCE_FILE
          APPLY
            NAME_REF "f"
            LEGACY_LET
              "let"
              "{"
              BINDING
                ATTRPATH
                  NAME "body"
                "="
                LITERAL "1"
                ";"
              "}"
    "#]],
    );
}

#[test]
fn rec_argument() {
    check(
        "f rec { }",
        expect![[r#"
        SOURCE_FILE
          APPLY
            NAME_REF "f"
            ATTR_SET "rec" "{" "}"
    "#]],
    );
}

#[test]
fn dynamic_in_let() {
    check(
        r#"let ${a} = 1; ${"b"} = 2; "c" = 3; "${d}" = 4; e.${f} = 5; in a"#,
        expect![[r#"
        SOURCE_FILE
          LET_IN
            "let"
            BINDING
              ATTRPATH
                DYNAMIC_ATTR
                  "${"
                  NAME_REF "a"
                  "}"
              "="
              LITERAL "1"
              ";"
            BINDING
              ATTRPATH
                DYNAMIC_ATTR
                  "${"
                  STR "\"" "b" "\""
                  "}"
              "="
              LITERAL "2"
              ";"
            BINDING
              ATTRPATH
                STR "\"" "c" "\""
              "="
              LITERAL "3"
              ";"
            BINDING
              ATTRPATH
                STR
                  "\""
                  INTERPOLATION
                    "${"
                    NAME_REF "d"
                    "}"
                  "\""
              "="
              LITERAL "4"
              ";"
            BINDING
              ATTRPATH
                NAME "e"
                "."
                DYNAMIC_ATTR
                  "${"
                  NAME_REF "f"
                  "}"
              "="
              LITERAL "5"
              ";"
            "in"
            NAME_REF "a"
        error 4..6: dynamic attributes not allowed in let
        error 35..36: dynamic attributes not allowed in let
    "#]],
    );
}

#[test]
fn dynamic_in_inherit() {
    check(
        r#"{ inherit ${a} "${b}" ${("c")}; }"#,
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            INHERIT
              "inherit"
              DYNAMIC_ATTR
                "${"
                NAME_REF "a"
                "}"
              STR
                "\""
                INTERPOLATION
                  "${"
                  NAME_REF "b"
                  "}"
                "\""
              DYNAMIC_ATTR
                "${"
                PAREN
                  "("
                  STR "\"" "c" "\""
                  ")"
                "}"
              ";"
            "}"
        error 10..12: dynamic attributes not allowed in inherit
        error 15..16: dynamic attributes not allowed in inherit
    "#]],
    );
}
