//! Files and paths, in memory.

use expect_test::expect;

use crate::{check, check_in};

const FILES: &str = r#"
//- /lib/default.nix
{ x = 1; rel = ./a.nix; }
//- /lib/a.nix
{ y, ... }: y
//- /lib/scoped.nix
[ z builtins.langVersion ]
//- /data/text
hello
"#;

#[test]
fn importing() {
    check_in(FILES, "import /lib", expect![[r#"{ rel = /lib/a.nix; x = 1; }"#]]);
    check_in(FILES, "import (import /lib).rel { y = 2; }", expect!["2"]);
    check_in(FILES, "builtins.scopedImport { z = 3; } /lib/scoped.nix", expect!["[ 3 6 ]"]);
    check_in(FILES, "import /nope", expect!["error: path '/nope' does not exist"]);
    check("import 1", expect!["error: cannot coerce an integer to a string: 1"]);
    check(r#"import "a""#, expect!["error: string 'a' doesn't represent an absolute path"]);
}

#[test]
fn reading() {
    check_in(FILES, "builtins.readFile /data/text", expect![[r#""hello\n""#]]);
    check_in(FILES, "builtins.readDir /lib", expect![[r#"{ "a.nix" = "regular"; "default.nix" = "regular"; "scoped.nix" = "regular"; }"#]]);
    check_in(FILES, r#"map builtins.readFileType [ /lib /lib/a.nix ]"#, expect![[r#"[ "directory" "regular" ]"#]]);
    check_in(
        FILES,
        r#"map builtins.pathExists [ /lib /nope "/lib/" "/lib/a.nix/" "/lib/a.nix/." ]"#,
        expect!["[ true false true false false ]"],
    );
    check_in(
        FILES,
        r#"builtins.hashFile "sha256" /data/text"#,
        expect![[r#""5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03""#]],
    );
    check_in(FILES, r#"builtins.findFile [ { prefix = "l"; path = "/lib"; } ] "l/a.nix""#, expect!["/lib/a.nix"]);
    check(r#"builtins.findFile [] "a""#, expect!["error: file 'a' was not found in the Nix search path (add it using $NIX_PATH or -I)"]);
}

#[test]
fn names_of_paths() {
    check(r#"map builtins.baseNameOf [ "/a/b/" "a" "/" "" "a//" "//" "b/a" ]"#, expect![[r#"[ "b" "a" "" "" "" "" "a" ]"#]]);
    check(r#"map builtins.dirOf [ "/a/b/" "a" "/" "" "//a" "a//b" ]"#, expect![[r#"[ "/a/b" "." "/" "." "/" "a/" ]"#]]);
    check("map builtins.dirOf [ /a/b /a /. ]", expect!["[ /a / / ]"]);
    check(r#"builtins.toPath "/a/../b""#, expect![[r#""/b""#]]);
}

#[test]
fn copying_to_the_store() {
    check_in(
        FILES,
        "builtins.getContext \"${/data/text}\"",
        expect![[r#"{ "/nix/store/00000000000000000000000000000000-text" = { path = true; }; }"#]],
    );
    check("builtins.path { }", expect!["error: missing required 'path' attribute in the first argument to 'builtins.path'"]);
    check("builtins.path { foo = 1; }", expect!["error: unsupported argument 'foo' to 'builtins.path'"]);
    check(
        r#"builtins.toFile "a" "${derivation { name = "a"; builder = "b"; system = "c"; }}""#,
        expect![
            "error: files created by builtins.toFile may not reference derivations, but a references !out!arhvjaf6zmlyn8vh8fgn55rpwnxq0n7l-a.drv"
        ],
    );
    check(r#"builtins.storePath "/etc""#, expect!["error: path '/etc' is not in the Nix store"]);
}
