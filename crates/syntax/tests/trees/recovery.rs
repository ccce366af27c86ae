//! What is left of a text with errors.

use expect_test::expect;

use super::{check, check_each, first_error};

#[test]
fn missing_semicolon() {
    check(
        "{ a = 1 b = 2; c = 3; }",
        expect![[r#"
            SOURCE_FILE
              ATTR_SET
                "{"
                BINDING
                  ATTRPATH
                    NAME "a"
                  "="
                  LITERAL "1"
                BINDING
                  ATTRPATH
                    NAME "b"
                  "="
                  LITERAL "2"
                  ";"
                BINDING
                  ATTRPATH
                    NAME "c"
                  "="
                  LITERAL "3"
                  ";"
                "}"
            error 10..11: syntax error, unexpected '=', expecting ';' (is a `;` missing before this binding?)
        "#]],
    );
}

#[test]
fn missing_semicolon_path() {
    check(
        "{ a = f x\n  b.c = 2; }",
        expect![[r#"
            SOURCE_FILE
              ATTR_SET
                "{"
                BINDING
                  ATTRPATH
                    NAME "a"
                  "="
                  APPLY
                    NAME_REF "f"
                    NAME_REF "x"
                BINDING
                  ATTRPATH
                    NAME "b"
                    "."
                    NAME "c"
                  "="
                  LITERAL "2"
                  ";"
                "}"
            error 16..17: syntax error, unexpected '=', expecting ';' (is a `;` missing before this binding?)
        "#]],
    );
}

#[test]
fn missing_value() {
    check(
        "{ a = ; b = 2; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              ";"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "2"
              ";"
            "}"
        error 6..7: syntax error, unexpected ';'
    "#]],
    );
}

#[test]
fn missing_value_and_semicolon() {
    check(
        "{ a =\n  b = 2; c = 3; }",
        expect![[r#"
            SOURCE_FILE
              ATTR_SET
                "{"
                BINDING
                  ATTRPATH
                    NAME "a"
                  "="
                BINDING
                  ATTRPATH
                    NAME "b"
                  "="
                  LITERAL "2"
                  ";"
                BINDING
                  ATTRPATH
                    NAME "c"
                  "="
                  LITERAL "3"
                  ";"
                "}"
            error 10..11: syntax error, unexpected '=', expecting ';' (the value is missing)
        "#]],
    );
}

#[test]
fn half_selection() {
    check(
        "{ a = x.; b = 2; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              SELECT
                NAME_REF "x"
                "."
              ";"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "2"
              ";"
            "}"
        error 8..9: syntax error, unexpected ';', expecting identifier or 'or' or '${' or '"'
    "#]],
    );
}

#[test]
fn half_selection_without_semicolon() {
    check(
        "{ a = x.\n  b = 2; }",
        expect![[r#"
            SOURCE_FILE
              ATTR_SET
                "{"
                BINDING
                  ATTRPATH
                    NAME "a"
                  "="
                  SELECT
                    NAME_REF "x"
                    "."
                BINDING
                  ATTRPATH
                    NAME "b"
                  "="
                  LITERAL "2"
                  ";"
                "}"
            error 13..14: syntax error, unexpected '=', expecting ';' (is a `;` missing before this binding?)
        "#]],
    );
}

#[test]
fn half_path() {
    check(
        "{ a.; b = 2; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
                "."
              ";"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "2"
              ";"
            "}"
        error 4..5: syntax error, unexpected ';', expecting identifier or 'or' or '${' or '"'
    "#]],
    );
}

#[test]
fn name_only() {
    check(
        "{ a; b = 2; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              ";"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "2"
              ";"
            "}"
        error 3..4: syntax error, unexpected ';', expecting '.' or '='
    "#]],
    );
}

#[test]
fn name_only_without_semicolon() {
    check(
        "{ a\n  b = 2; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "2"
              ";"
            "}"
        error 6..7: syntax error, unexpected identifier, expecting '.' or '='
    "#]],
    );
}

#[test]
fn open_list() {
    check(
        "{ a = [ 1 2; b = 3; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              LIST
                "["
                LITERAL "1"
                LITERAL "2"
              ";"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "3"
              ";"
            "}"
        error 11..12: syntax error, unexpected ';'
    "#]],
    );
}

#[test]
fn open_list_without_semicolon() {
    check(
        "{ a = [ 1 2\n  b = 3; }",
        expect![[r#"
            SOURCE_FILE
              ATTR_SET
                "{"
                BINDING
                  ATTRPATH
                    NAME "a"
                  "="
                  LIST
                    "["
                    LITERAL "1"
                    LITERAL "2"
                BINDING
                  ATTRPATH
                    NAME "b"
                  "="
                  LITERAL "3"
                  ";"
                "}"
            error 16..17: syntax error, unexpected '=', expecting ';' (is a `;` missing before this binding?)
        "#]],
    );
}

#[test]
fn open_paren() {
    check(
        "{ a = (1 + 2; b = 3; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              PAREN
                "("
                BINARY_OP
                  LITERAL "1"
                  "+"
                  LITERAL "2"
              ";"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "3"
              ";"
            "}"
        error 12..13: syntax error, unexpected ';', expecting ')'
    "#]],
    );
}

#[test]
fn open_set_in_list() {
    check(
        "[ { a = 1; ] b",
        expect![[r#"
        SOURCE_FILE
          APPLY
            LIST
              "["
              ATTR_SET
                "{"
                BINDING
                  ATTRPATH
                    NAME "a"
                  "="
                  LITERAL "1"
                  ";"
              "]"
            NAME_REF "b"
        error 11..12: syntax error, unexpected ']', expecting 'inherit'
    "#]],
    );
}

#[test]
fn open_call() {
    check(
        "{ a = f { x = 1; ; b = 3; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              APPLY
                NAME_REF "f"
                ATTR_SET
                  "{"
                  BINDING
                    ATTRPATH
                      NAME "x"
                    "="
                    LITERAL "1"
                    ";"
                  ERROR ";"
                  BINDING
                    ATTRPATH
                      NAME "b"
                    "="
                    LITERAL "3"
                    ";"
                  "}"
        error 17..18: syntax error, unexpected ';', expecting 'inherit'
        error 27..27: syntax error, unexpected end of file, expecting ';'
    "#]],
    );
}

#[test]
fn stray_closing() {
    check(
        "{ a = 1; ) b = 2; ] c = 3; }",
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
            ERROR ")"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "2"
              ";"
            ERROR "]"
            BINDING
              ATTRPATH
                NAME "c"
              "="
              LITERAL "3"
              ";"
            "}"
        error 9..10: syntax error, unexpected ')', expecting 'inherit'
        error 18..19: syntax error, unexpected ']', expecting 'inherit'
    "#]],
    );
}

#[test]
fn stray_semicolon() {
    check(
        "{ a = 1;; b = 2; }",
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
            ERROR ";"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "2"
              ";"
            "}"
        error 8..9: syntax error, unexpected ';', expecting 'inherit'
    "#]],
    );
}

#[test]
fn stray_token() {
    check(
        "{ a = 1; 5 b = 2; }",
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
            ERROR "5"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "2"
              ";"
            "}"
        error 9..10: syntax error, unexpected integer, expecting 'inherit'
    "#]],
    );
}

#[test]
fn list_commas() {
    check(
        "[ a, b, c ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            NAME_REF "a"
            ERROR ","
            NAME_REF "b"
            ERROR ","
            NAME_REF "c"
            "]"
        error 3..4: syntax error, unexpected ',' (list items are separated by spaces)
        error 6..7: syntax error, unexpected ',' (list items are separated by spaces)
    "#]],
    );
}

#[test]
fn list_operators() {
    check(
        "[ a + b -c ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            NAME_REF "a"
            ERROR "+"
            NAME_REF "b"
            ERROR "-"
            NAME_REF "c"
            "]"
        error 4..5: syntax error, unexpected '+' (in a list, put expressions with operators or keywords in parentheses)
        error 8..9: syntax error, unexpected '-' (in a list, put expressions with operators or keywords in parentheses)
    "#]],
    );
}

#[test]
fn list_keywords() {
    check(
        "[ if a then b else c d ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            IF_THEN_ELSE
              "if"
              NAME_REF "a"
              "then"
              NAME_REF "b"
              "else"
              APPLY
                NAME_REF "c"
                NAME_REF "d"
            "]"
        error 2..4: syntax error, unexpected 'if' (in a list, put expressions with operators or keywords in parentheses)
    "#]],
    );
}

#[test]
fn list_lambda() {
    check(
        "[ x: x y ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            LAMBDA
              NAME_PARAM
                NAME "x"
              ":"
              APPLY
                NAME_REF "x"
                NAME_REF "y"
            "]"
        error 3..4: syntax error, unexpected ':' (put this expression in parentheses)
    "#]],
    );
}

#[test]
fn formals_without_comma() {
    check(
        "{ a, b c, d }: a",
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
              FORMAL
                NAME "c"
              ","
              FORMAL
                NAME "d"
              "}"
            ":"
            NAME_REF "a"
        error 7..8: syntax error, unexpected identifier, expecting '}' or ','
    "#]],
    );
}

#[test]
fn formals_with_junk() {
    check(
        "{ a, 1, b ? , c }: a",
        expect![[r#"
        SOURCE_FILE
          LAMBDA
            PATTERN_PARAM
              "{"
              FORMAL
                NAME "a"
              ","
              ERROR
                LITERAL "1"
              ","
              FORMAL
                NAME "b"
                "?"
              ","
              FORMAL
                NAME "c"
              "}"
            ":"
            NAME_REF "a"
        error 5..6: syntax error, unexpected integer, expecting identifier or '...' or '}'
        error 12..13: syntax error, unexpected ','
    "#]],
    );
}

#[test]
fn formals_after_ellipsis() {
    check(
        "{ a, ..., b }: a",
        expect![[r#"
        SOURCE_FILE
          LAMBDA
            PATTERN_PARAM
              "{"
              FORMAL
                NAME "a"
              ","
              "..."
              ","
              FORMAL
                NAME "b"
              "}"
            ":"
            NAME_REF "a"
        error 8..9: syntax error, unexpected ',', expecting '}' (`...` comes last)
    "#]],
    );
}

#[test]
fn formals_open() {
    check(
        "{ a, b: a",
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
            ":"
            NAME_REF "a"
        error 6..7: syntax error, unexpected ':', expecting '}' or ','
    "#]],
    );
}

#[test]
fn inherit_without_semicolon() {
    check(
        "{ inherit a b\n  c = 1; d.e = 2; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            INHERIT
              "inherit"
              NAME "a"
              NAME "b"
            BINDING
              ATTRPATH
                NAME "c"
              "="
              LITERAL "1"
              ";"
            BINDING
              ATTRPATH
                NAME "d"
                "."
                NAME "e"
              "="
              LITERAL "2"
              ";"
            "}"
        error 18..19: syntax error, unexpected '=' (is a `;` missing before this binding?)
    "#]],
    );
}

#[test]
fn inherit_from_open() {
    check(
        "{ inherit (a b; c = 1; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            INHERIT
              "inherit"
              INHERIT_FROM
                "("
                APPLY
                  NAME_REF "a"
                  NAME_REF "b"
              ";"
            BINDING
              ATTRPATH
                NAME "c"
              "="
              LITERAL "1"
              ";"
            "}"
        error 14..15: syntax error, unexpected ';', expecting ')'
    "#]],
    );
}

#[test]
fn let_without_in() {
    check(
        "let a = 1; b",
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
            BINDING
              ATTRPATH
                NAME "b"
        error 12..12: syntax error, unexpected end of file, expecting '.' or '='
    "#]],
    );
}

#[test]
fn let_in_without_body() {
    check(
        "{ a = let b = 1; in; c = 2; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              LET_IN
                "let"
                BINDING
                  ATTRPATH
                    NAME "b"
                  "="
                  LITERAL "1"
                  ";"
                "in"
              ";"
            BINDING
              ATTRPATH
                NAME "c"
              "="
              LITERAL "2"
              ";"
            "}"
        error 19..20: syntax error, unexpected ';'
    "#]],
    );
}

#[test]
fn if_without_else() {
    check(
        "{ a = if b then c; d = 2; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              IF_THEN_ELSE
                "if"
                NAME_REF "b"
                "then"
                NAME_REF "c"
              ";"
            BINDING
              ATTRPATH
                NAME "d"
              "="
              LITERAL "2"
              ";"
            "}"
        error 17..18: syntax error, unexpected ';', expecting 'else'
    "#]],
    );
}

#[test]
fn misplaced_if() {
    check(
        "1 + if a then b else c",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            LITERAL "1"
            "+"
            IF_THEN_ELSE
              "if"
              NAME_REF "a"
              "then"
              NAME_REF "b"
              "else"
              NAME_REF "c"
        error 4..6: syntax error, unexpected 'if' (put this expression in parentheses)
    "#]],
    );
}

#[test]
fn misplaced_function() {
    check(
        "f x: x",
        expect![[r#"
            SOURCE_FILE
              APPLY
                NAME_REF "f"
                LAMBDA
                  NAME_PARAM
                    NAME "x"
                  ":"
                  NAME_REF "x"
            error 3..4: syntax error, unexpected ':', expecting end of file (put this expression in parentheses)
        "#]],
    );
}

#[test]
fn misplaced_pattern() {
    check(
        "f { a, b }: a",
        expect![[r#"
        SOURCE_FILE
          APPLY
            NAME_REF "f"
            LAMBDA
              PATTERN_PARAM
                "{"
                FORMAL
                  NAME "a"
                ","
                FORMAL
                  NAME "b"
                "}"
              ":"
              NAME_REF "a"
        error 5..6: syntax error, unexpected ',', expecting '.' or '=' (put this expression in parentheses)
    "#]],
    );
}

#[test]
fn stray_operator() {
    check(
        "{ a = * 2; b = 1 + ; c = 1 + * 2; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              ERROR "*"
              LITERAL "2"
              ";"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              BINARY_OP
                LITERAL "1"
                "+"
              ";"
            BINDING
              ATTRPATH
                NAME "c"
              "="
              BINARY_OP
                LITERAL "1"
                "+"
                ERROR "*"
                LITERAL "2"
              ";"
            "}"
        error 6..7: syntax error, unexpected '*'
        error 19..20: syntax error, unexpected ';'
        error 29..30: syntax error, unexpected '*'
    "#]],
    );
}

#[test]
fn chained_comparison() {
    check(
        "a == b != c < d < e",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            BINARY_OP
              NAME_REF "a"
              "=="
              NAME_REF "b"
            "!="
            BINARY_OP
              BINARY_OP
                NAME_REF "c"
                "<"
                NAME_REF "d"
              "<"
              NAME_REF "e"
        error 7..9: syntax error, unexpected '!=' (these operators cannot be chained; use parentheses)
        error 16..17: syntax error, unexpected '<' (these operators cannot be chained; use parentheses)
    "#]],
    );
}

#[test]
fn mixed_pipes() {
    check(
        "a |> f <| b",
        expect![[r#"
            SOURCE_FILE
              BINARY_OP
                NAME_REF "a"
                "|>"
                BINARY_OP
                  NAME_REF "f"
                  "<|"
                  NAME_REF "b"
            error 7..9: syntax error, unexpected '<|', expecting end of file (these operators cannot be chained; use parentheses)
        "#]],
    );
}

#[test]
fn open_string() {
    check(
        r#"{ a = "b; c = 1; }"#,
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              "="
              STR "\"" "b; c = 1; }"
        error 18..18: syntax error, unexpected end of file, expecting '"'
    "#]],
    );
}

#[test]
fn open_interpolation() {
    check(
        r#""a${b"#,
        expect![[r#"
        SOURCE_FILE
          STR
            "\""
            "a"
            INTERPOLATION
              "${"
              NAME_REF "b"
        error 5..5: syntax error, unexpected end of file, expecting '}'
    "#]],
    );
}

#[test]
fn junk_in_interpolation() {
    check(
        r#""a${b; c}d""#,
        expect![[r#"
        SOURCE_FILE
          STR
            "\""
            "a"
            INTERPOLATION
              "${"
              NAME_REF "b"
              ERROR
                ";"
                NAME_REF "c"
              "}"
            "d"
            "\""
        error 5..6: syntax error, unexpected ';', expecting '}'
    "#]],
    );
}

#[test]
fn keyword_as_attribute() {
    check(
        "{ a.if = 1; b = x.then; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
                "."
                ERROR "if"
              "="
              LITERAL "1"
              ";"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              SELECT
                NAME_REF "x"
                "."
                ATTRPATH
                  ERROR "then"
              ";"
            "}"
        error 4..6: syntax error, unexpected 'if', expecting identifier or 'or' or '${' or '"' (a keyword as a name needs quotes)
        error 18..22: syntax error, unexpected 'then', expecting identifier or 'or' or '${' or '"' (a keyword as a name needs quotes)
    "#]],
    );
}

#[test]
fn two_files() {
    check(
        "1; 2",
        expect![[r#"
        SOURCE_FILE
          LITERAL "1"
          ERROR
            ";"
            LITERAL "2"
        error 1..2: syntax error, unexpected ';', expecting end of file
    "#]],
    );
}

#[test]
fn only_closing() {
    check(
        "}",
        expect![[r#"
        SOURCE_FILE
          ERROR "}"
        error 0..1: syntax error, unexpected '}'
    "#]],
    );
}

#[test]
fn half_lambda() {
    check(
        "x:",
        expect![[r#"
        SOURCE_FILE
          LAMBDA
            NAME_PARAM
              NAME "x"
            ":"
        error 2..2: syntax error, unexpected end of file
    "#]],
    );
}

#[test]
fn half_with() {
    check(
        "with a",
        expect![[r#"
        SOURCE_FILE
          WITH
            "with"
            NAME_REF "a"
        error 6..6: syntax error, unexpected end of file, expecting ';'
    "#]],
    );
}

#[test]
fn keyword_in_set() {
    check(
        "{ a = 1; in b = 2; }",
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
            ERROR "in"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "2"
              ";"
            "}"
        error 9..11: syntax error, unexpected 'in', expecting 'inherit'
    "#]],
    );
}

#[test]
fn missing_equals() {
    check(
        "{ a 1; b = 2; }",
        expect![[r#"
        SOURCE_FILE
          ATTR_SET
            "{"
            BINDING
              ATTRPATH
                NAME "a"
              LITERAL "1"
              ";"
            BINDING
              ATTRPATH
                NAME "b"
              "="
              LITERAL "2"
              ";"
            "}"
        error 4..5: syntax error, unexpected integer, expecting '.' or '='
    "#]],
    );
}

#[test]
fn messages() {
    check_each(
        &[
            "(",
            "{",
            "{ a",
            "{ a =",
            "{ a.",
            "[",
            "let",
            "let x",
            "if",
            "if 1 2",
            "if 1 then 2",
            "a:",
            "x@y: 1",
            "{ a b = 1; }",
            "{ a = 1; b }",
            "{ 1 = 2; }",
            "rec { 1 }",
            "{ a, b } 1",
            "{ a ... }",
            "{ , }: 1",
            "{ a,, b }: 1",
            "a.5.",
            "a.assert",
            "{ } ? ./a",
            "\"a",
            "''a",
            "or",
            "or: 1",
            "{ or }: 1",
            "1 ]",
            "$",
            "~",
            "{ inherit a = 1; }",
        ],
        first_error,
        expect![[r#"
            (
                1..1 syntax error, unexpected end of file
            {
                1..1 syntax error, unexpected end of file, expecting 'inherit'
            { a
                3..3 syntax error, unexpected end of file, expecting '.' or '='
            { a =
                5..5 syntax error, unexpected end of file
            { a.
                4..4 syntax error, unexpected end of file, expecting identifier or 'or' or '${' or '"'
            [
                1..1 syntax error, unexpected end of file
            let
                3..3 syntax error, unexpected end of file, expecting 'in' or 'inherit'
            let x
                5..5 syntax error, unexpected end of file, expecting '.' or '='
            if
                2..2 syntax error, unexpected end of file
            if 1 2
                6..6 syntax error, unexpected end of file, expecting 'then'
            if 1 then 2
                11..11 syntax error, unexpected end of file, expecting 'else'
            a:
                2..2 syntax error, unexpected end of file
            x@y: 1
                2..3 syntax error, unexpected identifier, expecting '{'
            { a b = 1; }
                4..5 syntax error, unexpected identifier, expecting '.' or '='
            { a = 1; b }
                11..12 syntax error, unexpected '}', expecting '.' or '='
            { 1 = 2; }
                2..3 syntax error, unexpected integer, expecting 'inherit'
            rec { 1 }
                6..7 syntax error, unexpected integer, expecting 'inherit' or '}'
            { a, b } 1
                9..10 syntax error, unexpected integer, expecting ':' or '@'
            { a ... }
                4..7 syntax error, unexpected '...', expecting '.' or '='
            { , }: 1
                2..3 syntax error, unexpected ',', expecting 'inherit'
            { a,, b }: 1
                4..5 syntax error, unexpected ',', expecting identifier or '...' or '}'
            a.5.
                4..4 syntax error, unexpected end of file, expecting identifier or 'or' or '${' or '"'
            a.assert
                2..8 syntax error, unexpected 'assert', expecting identifier or 'or' or '${' or '"' (a keyword as a name needs quotes)
            { } ? ./a
                6..9 syntax error, unexpected path, expecting identifier or 'or' or '${' or '"'
            \"a
                2..2 syntax error, unexpected end of file, expecting '"'
            \'\'a
                3..3 syntax error, unexpected end of file, expecting indented string or '${' or end of an indented string
            or
                0..2 syntax error, unexpected 'or'
            or: 1
                0..2 syntax error, unexpected 'or'
            { or }: 1
                5..6 syntax error, unexpected '}', expecting '.' or '='
            1 ]
                2..3 syntax error, unexpected ']', expecting end of file
            $
                0..1 syntax error, unexpected invalid token
            ~
                0..1 syntax error, unexpected invalid token
            { inherit a = 1; }
                12..13 syntax error, unexpected '=' (is a `;` missing before this binding?)
        "#]],
    );
}
