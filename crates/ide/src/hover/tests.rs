use expect_test::{Expect, expect};

use super::*;
use crate::fixture::Fixture;

fn check(text: &str, expected: Expect) {
    let fixture = Fixture::new(text);
    let shown = match hover(&fixture.snapshot, &fixture.position(), &Fixture::control()).unwrap() {
        Some(hover) => format!("[{}]\n{}", &fixture.text[hover.range], hover.markdown()),
        None => "nothing".to_owned(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn let_names_have_values_and_comments() {
    check(
        "let\n  # The answer.\n  answer = 6 * 7;\nin { x = ans$0wer; }",
        expect![[r#"
            [answer]
            ```nix
            let answer
            ```

            int
            ```nix
            42
            ```

            ---
            The answer.
        "#]],
    );
}

#[test]
fn definitions_and_attributes() {
    check(
        "let a$0 = 1 + 1; in a",
        expect![[r#"
            [a]
            ```nix
            let a
            ```

            int
            ```nix
            2
            ```
        "#]],
    );
    check(
        "{ a.b$0 = 1 + 1; }",
        expect![[r#"
            [b]
            ```nix
            attribute b
            ```

            int
            ```nix
            2
            ```
        "#]],
    );
    check(
        "rec { a = 1; b$0 = a + 1; }",
        expect![[r#"
            [b]
            ```nix
            attribute b
            ```

            int
            ```nix
            2
            ```
        "#]],
    );
}

#[test]
fn builtins() {
    check(
        "map$0 (x: x) []",
        expect![[r#"
                [map]
                ```nix
                builtins.map function list
                ```

                ---
                The list of what `function` gives for each element. Each call is made when its result is needed.

                ```nix
                map (x: x * 2) [ 1 2 ]  # [ 2 4 ]
                ```
            "#]],
    );
    check(
        "builtins.length$0 []",
        expect![[r#"
                [length]
                ```nix
                builtins.length list
                ```

                ---
                How many elements a list has. None of them is evaluated.
            "#]],
    );
}

#[test]
fn selections_are_evaluated_across_files() {
    check(
        "//- /main.nix\nlet lib = import ./lib.nix; in lib.str.tw$0ice \"a\"\n//- /lib.nix\n{ str = {\n  /** Says it twice. */\n  twice = s: s + s; }; }\n",
        expect![[r#"
                [twice]
                ```nix
                attribute twice
                ```

                `s: …`

                lambda
                ```nix
                «lambda twice @ /lib.nix:3:11»
                ```

                ---
                Says it twice.
            "#]],
    );
}

#[test]
fn parameters() {
    check(
        "{ x ? 1 + 1, y }: x$0",
        expect![[r#"
            [x]
            ```nix
            parameter x ? 1 + 1
            ```

            int
            ```nix
            2
            ```
        "#]],
    );
    check(
        "{ x ? 1 + 1, y }: y$0",
        expect![[r#"
            [y]
            ```nix
            parameter y
            ```

            *not evaluated:* the parameter 'y' of a function has no value here
        "#]],
    );
    check(
        "(x: x$0) 5",
        expect![[r#"
            [x]
            ```nix
            parameter x
            ```

            int
            ```nix
            5
            ```
        "#]],
    );
    check(
        "{ y }: let z = 2; in { a = z$0; }",
        expect![[r#"
            [z]
            ```nix
            let z
            ```

            int
            ```nix
            2
            ```
        "#]],
    );
}

#[test]
fn options_of_modules() {
    let module = "{ lib, ... }: { options.services.web.user = lib.mkOption { type = lib.types.str; default = \"www\"; description = ''\n  Who runs it.\n''; }; }";
    let check = |text: &str, expected: Expect| check(&format!("//- /main.nix\n{text}\n//- /m.nix\n{module}\n"), expected);
    check(
        "{ config, ... }: { imports = [ ./m.nix ]; services.web.us$0er = \"me\"; }",
        expect![[r#"
            [user]
            ```nix
            attribute user
            ```

            string
            ```nix
            "me"
            ```

            ---
            Who runs it.

            *type:* `lib.types.str`  
            *default:* `"www"`
        "#]],
    );
    check(
        "{ config, ... }: { imports = [ ./m.nix ]; x = config.services.web.us$0er; }",
        expect![[r#"
            [user]
            ```nix
            attribute user
            ```

            `string`

            ---
            Who runs it.

            *type:* `lib.types.str`  
            *default:* `"www"`
        "#]],
    );
}

#[test]
fn names_of_with_and_inherit() {
    check(
        "with { a = 5; }; a$0",
        expect![[r#"
            [a]
            ```nix
            a (from an enclosing with)
            ```

            int
            ```nix
            5
            ```
        "#]],
    );
    check(
        "let s = { a = 5; }; inherit (s) a$0; in a",
        expect![[r#"
            [a]
            ```nix
            attribute a
            ```

            int
            ```nix
            5
            ```
        "#]],
    );
}

#[test]
fn errors_and_endless_values_are_told() {
    check(
        "let a = throw \"no\"; in a$0",
        expect![[r#"
            [a]
            ```nix
            let a
            ```

            *not evaluated:* error: no
        "#]],
    );
    check(
        "let a = a; in a$0",
        expect![[r#"
            [a]
            ```nix
            let a
            ```

            *not evaluated:* error: infinite recursion encountered
        "#]],
    );
    check(
        "let a = { b = a; c = throw \"inside\"; }; in a$0",
        expect![[r#"
                [a]
                ```nix
                let a
                ```

                `{ b, c }`

                set
                ```nix
                {
                  b = «repeated»;
                  c = «error: inside»;
                }
                ```
            "#]],
    );
    check(
        "let a = builtins.genList (x: x) 1000; in a$0",
        expect![[r#"
            [a]
            ```nix
            let a
            ```

            list
            ```nix
            [
              0
              1
              2
              3
              4
              5
              6
              7
              8
              9
              10
              11
              12
              13
              14
              15
              16
              17
              18
              19
              20
              21
              22
              23
              «976 items elided»
            ]
            ```
        "#]],
    );
}

#[test]
fn derivations() {
    check(
        "let d = derivation { name = \"d\"; system = \"s\"; builder = \"b\"; }; in d$0",
        expect![[r#"
                [d]
                ```nix
                let d
                ```

                `derivation d`

                derivation
                ```nix
                «derivation /nix/store/9m3vsva6r393zgjc1g7ncynv7cvdx6sj-d.drv»
                ```
            "#]],
    );
}

#[test]
fn files_with_errors_elsewhere() {
    check(
        "let a = 1; b = ; in a$0 + ",
        expect![[r#"
            [a]
            ```nix
            let a
            ```

            int
            ```nix
            1
            ```
        "#]],
    );
}

#[test]
fn paths() {
    check(
        "//- /d/main.nix\n[ ../lib$0.nix ]\n//- /lib.nix\n1\n",
        expect![[r#"
            [../lib.nix]
            ```nix
            ../lib.nix
            ```

            ---
            `/lib.nix` (file)
        "#]],
    );
    check("1 +$0 2", expect!["nothing"]);
}
