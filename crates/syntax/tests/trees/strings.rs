//! Strings as trees; see also the values below.

use expect_test::expect;

use super::{check, check_each};

#[test]
fn plain() {
    check(
        r#""a""#,
        expect![[r#"
        SOURCE_FILE
          STR "\"" "a" "\""
    "#]],
    );
}

#[test]
fn empty() {
    check(
        r#""""#,
        expect![[r#"
        SOURCE_FILE
          STR "\"" "\""
    "#]],
    );
}

#[test]
fn parts() {
    check(
        r#""a\n${b}$${c}$""#,
        expect![[r#"
        SOURCE_FILE
          STR
            "\""
            "a"
            "\\n"
            INTERPOLATION
              "${"
              NAME_REF "b"
              "}"
            "$${c}$"
            "\""
    "#]],
    );
}

#[test]
fn escaped_dollar() {
    check(
        r#""\${a}\\${b}$\{""#,
        expect![[r#"
        SOURCE_FILE
          STR
            "\""
            "\\$"
            "{a}"
            "\\\\"
            INTERPOLATION
              "${"
              NAME_REF "b"
              "}"
            "$"
            "\\{"
            "\""
    "#]],
    );
}

#[test]
fn indented() {
    check(
        r#"''
  a ${b} ''${c} ''' ''\n $$ '' '"#,
        expect![[r#"
            SOURCE_FILE
              INDENTED_STR
                "''"
                "\n  a "
                INTERPOLATION
                  "${"
                  NAME_REF "b"
                  "}"
                " "
                "''$"
                "{c} "
                "'''"
                " "
                "''\\n"
                " $$ "
                "''"
              ERROR "'"
            error 34..35: syntax error, unexpected invalid token, expecting end of file
        "#]],
    );
}

#[test]
fn nested() {
    check(
        r#""a${"b${c}"}""#,
        expect![[r#"
        SOURCE_FILE
          STR
            "\""
            "a"
            INTERPOLATION
              "${"
              STR
                "\""
                "b"
                INTERPOLATION
                  "${"
                  NAME_REF "c"
                  "}"
                "\""
              "}"
            "\""
    "#]],
    );
}

#[test]
fn braces_in_interpolation() {
    check(
        r#""${{ a = "}"; }.a}""#,
        expect![[r#"
        SOURCE_FILE
          STR
            "\""
            INTERPOLATION
              "${"
              SELECT
                ATTR_SET
                  "{"
                  BINDING
                    ATTRPATH
                      NAME "a"
                    "="
                    STR "\"" "}" "\""
                    ";"
                  "}"
                "."
                ATTRPATH
                  NAME "a"
              "}"
            "\""
    "#]],
    );
}

/// The parts of a string as `"text"` and `${range}`.
fn value(text: &str) -> String {
    use nival_syntax::ast::{AstNode, Expr, StrPart};
    let tree = nival_syntax::flat::parse(text.as_bytes());
    let parts = match nival_syntax::ast::SourceFile::cast(tree.root()).and_then(|file| file.expr()) {
        Some(Expr::Str(string)) => string.parts(),
        Some(Expr::IndentedStr(string)) => string.parts(),
        other => panic!("{other:?}"),
    };
    let shown = parts.iter().map(|part| match part {
        StrPart::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
        StrPart::Interpolation(node) => format!("${{{:?}}}", node.expr().map(|e| e.syntax().range())),
    });
    if parts.is_empty() { "nothing".into() } else { shown.collect::<Vec<_>>().join(" ") }
}

#[test]
fn values() {
    check_each(
        &[r#""""#, r#""a\n\r\t\"\\\$\x\${b}""#, r#""$${a}$$${b}$""#, "\"a\r\nb\rc\\\r\nd\"", "\"a\nb\"", r#""é\é""#],
        value,
        expect![[r#"
            \"\"
                nothing
            \"a\\n\\r\\t\\\"\\\\\\$\\x\\${b}\"
                "a\n\r\t\"\\$x${b}"
            \"$${a}$$${b}$\"
                "$${a}$$" ${Some(10..11)} "$"
            \"a\r\nb\rc\\\r\nd\"
                "a\nb\nc\r\nd"
            \"a\nb\"
                "a\nb"
            \"é\\é\"
                "éé"
        "#]],
    );
}

#[test]
fn indented_values() {
    check_each(
        &[
            "''''",
            "''a''",
            "''  a''",
            "''\n  a\n  b\n''",
            "''\n  a\n    b\n  ''",
            "''\n  a\n    b\n    ''",
            "''   \n  a''",
            "''\n\n  a\n\n\n  b''",
            "''\n  a\n \n  b''",
            "''\n\ta\n\t b''",
            "'' \ta''",
            "''\r\n  a\r\n  b''",
            "''\n  ${a}\n    b''",
            "''\n    ${a}\n  b''",
            "''  ${a}''",
            "''\n    a\n  ''$b''",
            "''\n    a\n  '''b''",
            "''\n    a''\\n  b\n    c''",
            "''\n    a\n''\\  b\n    c''",
            "''\n  a\n  $''",
            "''\n  a'b$c$$\n  ''",
            "''   ''",
            "''\n   ''",
            "''\n  a\n  ${b}\n  ''",
            "''\n  a\n  ${b}  ''",
            "''''$${a}''",
            "''$${a}''",
            "''\n  a ''\\é b''",
            "''\n  a\n\t''",
        ],
        value,
        expect![[r#"
            \'\'\'\'
                nothing
            \'\'a\'\'
                "a"
            \'\'  a\'\'
                "a"
            \'\'\n  a\n  b\n\'\'
                "a\nb\n"
            \'\'\n  a\n    b\n  \'\'
                "a\n  b\n"
            \'\'\n  a\n    b\n    \'\'
                "a\n  b\n"
            \'\'   \n  a\'\'
                "a"
            \'\'\n\n  a\n\n\n  b\'\'
                "\na\n\n\nb"
            \'\'\n  a\n \n  b\'\'
                "a\n\nb"
            \'\'\n\ta\n\t b\'\'
                "\ta\n\t b"
            \'\' \ta\'\'
                "\ta"
            \'\'\r\n  a\r\n  b\'\'
                "\r\n  a\r\n  b"
            \'\'\n  ${a}\n    b\'\'
                ${Some(7..8)} "\n  b"
            \'\'\n    ${a}\n  b\'\'
                "  " ${Some(9..10)} "\nb"
            \'\'  ${a}\'\'
                ${Some(6..7)}
            \'\'\n    a\n  \'\'$b\'\'
                "  a\n$b"
            \'\'\n    a\n  \'\'\'b\'\'
                "  a\n''b"
            \'\'\n    a\'\'\\n  b\n    c\'\'
                "a\nb\nc"
            \'\'\n    a\n\'\'\\  b\n    c\'\'
                "    a\n  b\n    c"
            \'\'\n  a\n  $\'\'
                "a\n$"
            \'\'\n  a\'b$c$$\n  \'\'
                "a'b$c$$\n"
            \'\'   \'\'
                nothing
            \'\'\n   \'\'
                nothing
            \'\'\n  a\n  ${b}\n  \'\'
                "a\n" ${Some(11..12)} "\n"
            \'\'\n  a\n  ${b}  \'\'
                "a\n" ${Some(11..12)} "  "
            \'\'\'\'$${a}\'\'
                "$" ${Some(7..8)}
            \'\'$${a}\'\'
                "$${a}"
            \'\'\n  a \'\'\\é b\'\'
                "a é b"
            \'\'\n  a\n\t\'\'
                "  a\n\t"
        "#]],
    );
}
