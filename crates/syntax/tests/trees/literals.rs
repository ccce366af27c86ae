//! Numbers, comments, line ends, bytes that are no tokens.

use expect_test::expect;

use super::check;

#[test]
fn numbers() {
    check(
        "[ 0 007 1.5 .5 1. 0.5e-3 1e5 00.5 1.2.3 ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            LITERAL "0"
            LITERAL "007"
            LITERAL "1.5"
            LITERAL ".5"
            LITERAL "1."
            LITERAL "0.5e-3"
            LITERAL "1"
            NAME_REF "e5"
            LITERAL "00"
            LITERAL ".5"
            LITERAL "1.2"
            LITERAL ".3"
            "]"
    "#]],
    );
}

#[test]
fn too_large() {
    check(
        "[ 9223372036854775807 9223372036854775808 1e999 1.0e999 1.0e-999 0.0e-999 ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            LITERAL "9223372036854775807"
            LITERAL "9223372036854775808"
            LITERAL "1"
            NAME_REF "e999"
            LITERAL "1.0e999"
            LITERAL "1.0e-999"
            LITERAL "0.0e-999"
            "]"
        error 22..41: invalid integer '9223372036854775808' (integers have 64 bits)
        error 48..55: invalid float '1.0e999'
        error 56..64: invalid float '1.0e-999'
    "#]],
    );
}

#[test]
fn comments() {
    check(
        "# a\n/* b */ 1 /**/ # c",
        expect![[r#"
        SOURCE_FILE
          LITERAL "1"
    "#]],
    );
}

#[test]
fn line_ends() {
    check(
        "# a\r1 # b\r\n+ 2\r",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            LITERAL "1"
            "+"
            LITERAL "2"
    "#]],
    );
}

#[test]
fn open_comment() {
    check(
        "1 /* 2",
        expect![[r#"
        SOURCE_FILE
          LITERAL "1"
          ERROR "/* 2"
        error 2..6: syntax error, unexpected invalid token, expecting end of file (this comment has no end; `*/` ends it)
    "#]],
    );
}

#[test]
fn byte_order_mark() {
    check(
        "\u{feff}1",
        expect![[r#"
        SOURCE_FILE
          ERROR
            "\u{feff}"
            LITERAL "1"
        error 0..3: syntax error, unexpected invalid token (remove the byte order mark)
    "#]],
    );
}

#[test]
fn not_ascii() {
    check(
        "1 é + 2",
        expect![[r#"
        SOURCE_FILE
          LITERAL "1"
          ERROR
            "é"
            "+"
            LITERAL "2"
        error 2..4: syntax error, unexpected invalid token, expecting end of file
    "#]],
    );
}

#[test]
fn nul() {
    check(
        "1 \0 2 \"\0\"",
        expect![[r#"
            SOURCE_FILE
              LITERAL "1"
              ERROR
                "\0"
                APPLY
                  LITERAL "2"
                  STR "\"" "\0" "\""
            error 2..3: syntax error, unexpected invalid token, expecting end of file
            error 7..8: input string '␀' cannot be represented as Nix string because it contains null bytes
        "#]],
    );
}

#[test]
fn empty() {
    check(
        "",
        expect![[r#"
        SOURCE_FILE
        error 0..0: syntax error, unexpected end of file
    "#]],
    );
}

#[test]
fn only_trivia() {
    check(
        " # a\n",
        expect![[r#"
        SOURCE_FILE
        error 5..5: syntax error, unexpected end of file
    "#]],
    );
}

#[test]
fn identifiers() {
    check(
        "[ a' _b a-b a-> ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            NAME_REF "a'"
            NAME_REF "_b"
            NAME_REF "a-b"
            NAME_REF "a-"
            ERROR ">"
            "]"
        error 14..15: syntax error, unexpected '>' (in a list, put expressions with operators or keywords in parentheses)
    "#]],
    );
}
