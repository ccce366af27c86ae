//! Flake references.

use expect_test::expect;

use crate::check;

#[test]
fn reading() {
    check(
        r#"builtins.parseFlakeRef "github:NixOS/nixpkgs/23.05?dir=lib""#,
        expect![[r#"{ dir = "lib"; owner = "NixOS"; ref = "23.05"; repo = "nixpkgs"; type = "github"; }"#]],
    );
    check(r#"builtins.parseFlakeRef "nixpkgs/unstable""#, expect![[r#"{ id = "nixpkgs"; ref = "unstable"; type = "indirect"; }"#]]);
    check(
        r#"builtins.parseFlakeRef "git+https://x/y?shallow=1&submodules=1""#,
        expect![[r#"{ shallow = true; submodules = true; type = "git"; url = "https://x/y"; }"#]],
    );
    check(r#"builtins.parseFlakeRef "./a""#, expect![["error: flake reference './a' is not an absolute path"]]);
    check(r#"builtins.parseFlakeRef "foo:bar""#, expect![["error: input 'foo:bar' is unsupported"]]);
}

#[test]
fn writing() {
    check(
        r#"builtins.flakeRefToString { type="github"; owner="a"; repo="b"; ref="c"; dir="d e";}"#,
        expect![[r#""github:a/b/c?dir=d%20e""#]],
    );
    check(r#"builtins.flakeRefToString {type="foo";}"#, expect![[r#"error: cannot show unsupported input '{"type":"foo"}'"#]]);
    check("builtins.flakeRefToString {}", expect![["error: 'type' attribute to specify input scheme is required but not provided"]]);
    check(
        "builtins.flakeRefToString {type=1.5;}",
        expect![[
            "error: flake reference attribute sets may only contain integers, Booleans, and strings, but attribute 'type' is a float"
        ]],
    );
}
