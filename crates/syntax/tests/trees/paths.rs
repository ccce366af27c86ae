//! Paths, search paths, URIs, numbers.

use expect_test::expect;

use super::check;

#[test]
fn relative() {
    check(
        "[ ./a ../b a/b . ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            PATH "./a"
            PATH "../b"
            SELECT
              PATH "a/b"
              "."
            "]"
        error 17..18: syntax error, unexpected ']', expecting identifier or 'or' or '${' or '"'
    "#]],
    );
}

#[test]
fn absolute() {
    check(
        "[ /a /a/b ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            PATH "/a"
            PATH "/a/b"
            "]"
    "#]],
    );
}

#[test]
fn home() {
    check(
        "[ ~/a ~/${b}c ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            PATH "~/a"
            PATH
              "~/"
              INTERPOLATION
                "${"
                NAME_REF "b"
                "}"
              "c"
            "]"
    "#]],
    );
}

#[test]
fn interpolated() {
    check(
        "./a${b}c/${d}/e.${f}",
        expect![[r#"
        SOURCE_FILE
          PATH
            "./a"
            INTERPOLATION
              "${"
              NAME_REF "b"
              "}"
            "c/"
            INTERPOLATION
              "${"
              NAME_REF "d"
              "}"
            "/e."
            INTERPOLATION
              "${"
              NAME_REF "f"
              "}"
    "#]],
    );
}

#[test]
fn interpolated_start() {
    check(
        "x/${y}",
        expect![[r#"
        SOURCE_FILE
          PATH
            "x/"
            INTERPOLATION
              "${"
              NAME_REF "y"
              "}"
    "#]],
    );
}

#[test]
fn two_paths() {
    check(
        "./a~/b",
        expect![[r#"
        SOURCE_FILE
          APPLY
            PATH "./a"
            PATH "~/b"
    "#]],
    );
}

#[test]
fn search() {
    check(
        "[ <a> <a/b-c> a<b ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            SEARCH_PATH_EXPR "<a>"
            SEARCH_PATH_EXPR "<a/b-c>"
            NAME_REF "a"
            ERROR "<"
            NAME_REF "b"
            "]"
        error 15..16: syntax error, unexpected '<' (in a list, put expressions with operators or keywords in parentheses)
    "#]],
    );
}

#[test]
fn uris() {
    check(
        "[ a:b http://x/y?z=1 a_b:c ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            LITERAL "a:b"
            LITERAL "http://x/y?z=1"
            LAMBDA
              NAME_PARAM
                NAME "a_b"
              ":"
              NAME_REF "c"
            "]"
        error 24..25: syntax error, unexpected ':' (put this expression in parentheses)
    "#]],
    );
}

#[test]
fn trailing_slash() {
    check(
        "[ ./a/ ./b/${c}/ ]",
        expect![[r#"
            SOURCE_FILE
              LIST
                "["
                PATH "./a/"
                PATH
                  "./b/"
                  INTERPOLATION
                    "${"
                    NAME_REF "c"
                    "}"
                  "/"
                "]"
            error 5..6: path has a trailing slash (remove the slash, or write `/.` for the folder itself)
            error 15..16: path has a trailing slash (remove the slash, or write `/.` for the folder itself)
        "#]],
    );
}

#[test]
fn division() {
    check(
        "[ (a / b) (a/b) (1/2) (a /b) ]",
        expect![[r#"
        SOURCE_FILE
          LIST
            "["
            PAREN
              "("
              BINARY_OP
                NAME_REF "a"
                "/"
                NAME_REF "b"
              ")"
            PAREN
              "("
              PATH "a/b"
              ")"
            PAREN
              "("
              PATH "1/2"
              ")"
            PAREN
              "("
              APPLY
                NAME_REF "a"
                PATH "/b"
              ")"
            "]"
    "#]],
    );
}

#[test]
fn update_is_no_path() {
    check(
        "a//b",
        expect![[r#"
        SOURCE_FILE
          BINARY_OP
            NAME_REF "a"
            "//"
            NAME_REF "b"
    "#]],
    );
}

#[test]
fn comment_is_no_path() {
    check(
        "a/*c*/b",
        expect![[r#"
        SOURCE_FILE
          APPLY
            NAME_REF "a"
            NAME_REF "b"
    "#]],
    );
}

#[test]
fn dots() {
    check(
        "a.b/c",
        expect![[r#"
        SOURCE_FILE
          PATH "a.b/c"
    "#]],
    );
}

/// After two slashes Nix's lexer wants an interpolation.
#[test]
fn two_slashes() {
    check(
        "[ /a//b ./a//b//c /a//b${c} /${a}//b ]",
        expect![[r#"
            SOURCE_FILE
              LIST
                "["
                PATH "/a//b"
                PATH "./a//b//c"
                PATH
                  "/a//b"
                  INTERPOLATION
                    "${"
                    NAME_REF "c"
                    "}"
                PATH
                  "/"
                  INTERPOLATION
                    "${"
                    NAME_REF "a"
                    "}"
                  "//b"
                "]"
            error 5..6: syntax error, unexpected end of path, expecting '${' (one slash is enough)
            error 12..13: syntax error, unexpected string, expecting '${' (one slash is enough)
        "#]],
    );
}
