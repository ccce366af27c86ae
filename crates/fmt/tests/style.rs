//! The style, construct by construct. What is expected here is what nixfmt 1.4 writes.

use expect_test::{Expect, expect};
use nival_fmt::{Options, format, format_twice};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&shown(text, &Options::default()));
}

fn shown(text: &str, options: &Options) -> String {
    format_twice(text, options).unwrap_or_else(|error| error.to_string())
}

#[test]
fn sets() {
    check(
        "{}",
        expect![[r#"
        { }
    "#]],
    );
    check(
        "{\n}",
        expect![[r#"
        {
        }
    "#]],
    );
    check(
        "{a=1;}",
        expect![[r#"
        { a = 1; }
    "#]],
    );
    check(
        "{a=1;b=2;}",
        expect![[r#"
        {
          a = 1;
          b = 2;
        }
    "#]],
    );
    check(
        "rec{a.\"b\".${c}=1;inherit d;inherit(e)f g h i;}",
        expect![[r#"
        rec {
          a."b".${c} = 1;
          inherit d;
          inherit (e)
            f
            g
            h
            i
            ;
        }
    "#]],
    );
    check(
        "{ a = { b = 1; }; c = [ { } ]; }",
        expect![[r#"
        {
          a = {
            b = 1;
          };
          c = [ { } ];
        }
    "#]],
    );
}

#[test]
fn lists() {
    check(
        "[1 2]",
        expect![[r#"
        [
          1
          2
        ]
    "#]],
    );
    check(
        "[ ]",
        expect![[r#"
        [ ]
    "#]],
    );
    check("[(a b) c.d -1]", expect!["syntax error, unexpected '-'"]);
    check(
        "f [ a b ] [ c ]",
        expect![[r#"
        f [ a b ] [ c ]
    "#]],
    );
}

#[test]
fn functions() {
    check(
        "a: b:c",
        expect![[r#"
        a: "b:c"
    "#]],
    );
    check(
        "{a,b}: a",
        expect![[r#"
        { a, b }: a
    "#]],
    );
    check(
        "{ a\n, b # c\n, d ? 1\n# e\n, ...\n}@args: a",
        expect![[r#"
        {
          a,
          b, # c
          d ? 1,
          # e
          ...
        }@args:
        a
    "#]],
    );
    check(
        "args@{ a, b, c, ... }: { d = 1; }",
        expect![[r#"
        args@{
          a,
          b,
          c,
          ...
        }:
        {
          d = 1;
        }
    "#]],
    );
    check(
        "a: b: c: d e",
        expect![[r#"
        a: b: c:
        d e
    "#]],
    );
}

#[test]
fn comments_between_a_function_and_its_body() {
    check(
        "{ a = { ... }: /* b */ { c = 1; }; }",
        expect![[r#"
        {
          a =
            { ... }: # b
            {
              c = 1;
            };
        }
    "#]],
    );
    check(
        "{ a = { ... }: { c = 1; }; }",
        expect![[r#"
        { a = { ... }: { c = 1; }; }
    "#]],
    );
}

#[test]
fn calls() {
    check(
        "f a b c",
        expect![[r#"
        f a b c
    "#]],
    );
    check(
        "f (x: { a = x; b = 1; })",
        expect![[r#"
        f (x: {
          a = x;
          b = 1;
        })
    "#]],
    );
    check(
        "map (x: let y = x; in y) xs",
        expect![[r#"
        map (
          x:
          let
            y = x;
          in
          y
        ) xs
    "#]],
    );
    check(
        "stdenv.mkDerivation rec { name = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"; }",
        expect![[r#"
            stdenv.mkDerivation rec {
              name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
            }
        "#]],
    );
    check(
        "ffffffffffffffffffffffffff aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb (ccccccccccccccc ddddddddddddd) e",
        expect![[r#"
            ffffffffffffffffffffffffff aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
              (ccccccccccccccc ddddddddddddd)
              e
        "#]],
    );
}

#[test]
fn keywords() {
    check(
        "let a = 1; in a",
        expect![[r#"
        let
          a = 1;
        in
        a
    "#]],
    );
    check(
        "with a; with b; { c = 1; }",
        expect![[r#"
            with a; with b; { c = 1; }
        "#]],
    );
    check(
        "assert a; b",
        expect![[r#"
            assert a;
            b
        "#]],
    );
    check(
        "if a then b else if c then d else e",
        expect![[r#"
            if a then
              b
            else if c then
              d
            else
              e
        "#]],
    );
    check(
        "{ a = if b then { c = 1; } else null; }",
        expect![[r#"
        { a = if b then { c = 1; } else null; }
    "#]],
    );
}

#[test]
fn operators() {
    check(
        "a // { b = 1; c = 2; }",
        expect![[r#"
        a
        // {
          b = 1;
          c = 2;
        }
    "#]],
    );
    check(
        "{ a = b ++ [ c d ] ++ optional e f; }",
        expect![[r#"
        {
          a =
            b
            ++ [
              c
              d
            ]
            ++ optional e f;
        }
    "#]],
    );
    check(
        "{ a = { b = 1; } // c; }",
        expect![[r#"
        {
          a = {
            b = 1;
          }
          // c;
        }
    "#]],
    );
    check(
        "!a&&b||c->d==e",
        expect![[r#"
        !a && b || c- > d == e
    "#]],
    );
    check("a ? b.c or d.e or f", expect!["syntax error, unexpected 'or', expecting end of file"]);
    check(
        "a |> b |> c |> d",
        expect![[r#"
        a
        |> b
        |> c
        |> d
    "#]],
    );
}

#[test]
fn strings() {
    check(
        "''a''",
        expect![[r#"
        "a"
    "#]],
    );
    check(
        "''a\"''",
        expect![[r#"
        ''a"''
    "#]],
    );
    check(
        "''\n      a\n        b\n\n      ${c}\n    ''",
        expect![[r#"
        ''
          a
            b

          ${c}
        ''
    "#]],
    );
    check(
        "{ a = ''\n  b ''$c '''d\n''; }",
        expect![[r#"
        {
          a = ''
            b ''$c '''d
          '';
        }
    "#]],
    );
    check(
        "\"a${ b }c${d { e = 1; f = 2; }}\"",
        expect![[r#"
        "a${b}c${
          d {
            e = 1;
            f = 2;
          }
        }"
    "#]],
    );
    check(
        "[ http://example.org ./a/${b}.nix <nixpkgs> ]",
        expect![[r#"
        [
          "http://example.org"
          ./a/${b}.nix
          <nixpkgs>
        ]
    "#]],
    );
    check(
        "{ a = ''\n  ${b (c: ''\n    d\n  '')}\n''; }",
        expect![[r#"
        {
          a = ''
            ${b (c: ''
              d
            '')}
          '';
        }
    "#]],
    );
}

#[test]
fn comments() {
    check(
        "# a\n\n\n# b\n{ # c\n  d = 1; # e\n  # f\n}\n# g",
        expect![[r#"
        # a

        # b
        {
          # c
          d = 1; # e
          # f
        }
        # g
    "#]],
    );
    check(
        "/* a */ { }",
        expect![[r#"
        # a
        { }
    "#]],
    );
    check(
        "/*\n * a\n *   b\n */\n{ }",
        expect![[r#"
        /*
          a
            b
        */
        { }
    "#]],
    );
    check(
        "/** a\n    b */ x: x",
        expect![[r#"
        /**
          a
           b
        */
        x: x
    "#]],
    );
    check(
        "{ a = /* sh */ ''\n  b\n''; }",
        expect![[r#"
        {
          a = /* sh */ ''
            b
          '';
        }
    "#]],
    );
    check(
        "[ a /* b */ c # d\n]",
        expect![[r#"
        [
          a # b
          c # d
        ]
    "#]],
    );
    check(
        "f # a\n  b # c\n  d",
        expect![[r#"
        f
          # a
          b # c
          d
    "#]],
    );
    check(
        "let # a\n b = 1; in # c\nb",
        expect![[r#"
        let # a
          b = 1;
        in
        # c
        b
    "#]],
    );
    check(
        "{\n  a = 1;\n  # b\n}",
        expect![[r#"
        {
          a = 1;
          # b
        }
    "#]],
    );
    check(
        "[\n  \"\n\" # a\n      b\n]",
        expect![[r#"
        [
          "
        "  # a
          b
        ]
    "#]],
    );
}

#[test]
fn regions_that_are_not_formatted() {
    check(
        "{\n  a=1;\n  /*nixfmt:disable*/\n  b  =  2;\n  c=3;\n  /*nixfmt:enable*/\n  d=4;\n}",
        expect![[r#"
        {
          a = 1;
          /*nixfmt:disable*/
          b  =  2;
          c=3;
          /*nixfmt:enable*/
          d = 4;
        }
    "#]],
    );
    check(
        "{\n  a=1;\n  /*nixfmt:disable*/\n  b  =  2; }",
        expect![[r#"
        {
          a = 1;
          /*nixfmt:disable*/
          b  =  2; }"#]],
    );
    check(
        "{ /*nixfmt:disable*/ a=1; }",
        expect![[r#"
        {
          # nixfmt:disable
          a = 1;
        }
    "#]],
    );
}

#[test]
fn other_line_ends_and_tabs() {
    check(
        "{\r\n\ta = 1;\r\n\r\n\t# b\r\n}\r\n",
        expect![[r#"
        {
          a = 1;

          # b
        }
    "#]],
    );
    check(
        "#!/usr/bin/env nix-shell\n#!nix-shell -i bash\n{}",
        expect![[r#"
        #!/usr/bin/env nix-shell
        #!nix-shell -i bash
        { }
    "#]],
    );
    check("", expect!["syntax error, unexpected end of file"]);
}

#[test]
fn options() {
    let text = "{\n  a = [\n    1 ];\n  b = f { c = 1; } d;\n}";
    expect![[r#"
        {
          a = [ 1 ];
          b = f { c = 1; } d;
        }
    "#]]
    .assert_eq(&shown(text, &Options { strict: true, ..Options::default() }));
    expect![[r#"
        {
            a = [
                1
            ];
            b = f { c = 1; } d;
        }
    "#]]
    .assert_eq(&shown(text, &Options { indent: 4, ..Options::default() }));
    expect![[r#"
        {
          a = [
            1
          ];
          b = f {
            c = 1;
          } d;
        }
    "#]]
    .assert_eq(&shown(text, &Options { width: 10, ..Options::default() }));
}

#[test]
fn errors_have_a_place() {
    let nival_fmt::FormatError::Syntax(error) = format("{\n  a = ;\n}", &Options::default()).unwrap_err() else { panic!("a syntax error") };
    expect!["syntax error, unexpected ';' at 8..9"].assert_eq(&format!("{error} at {:?}", error.range));
}
