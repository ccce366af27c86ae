//! String contexts.

use expect_test::expect;

use crate::check;

#[test]
fn reading() {
    check(
        r#"let d = derivation {name="a";builder="b";system="c";}; in builtins.getContext (builtins.toJSON d)"#,
        expect![[r#"{ "/nix/store/arhvjaf6zmlyn8vh8fgn55rpwnxq0n7l-a.drv" = { outputs = [ "out" ]; }; }"#]],
    );
    check(
        r#"let d = derivation {name="a";builder="b";system="c";}; in builtins.getContext "${d}${d.drvPath}""#,
        expect![[r#"{ "/nix/store/arhvjaf6zmlyn8vh8fgn55rpwnxq0n7l-a.drv" = { allOutputs = true; outputs = [ "out" ]; }; }"#]],
    );
    check(r#"builtins.hasContext "a""#, expect![["false"]]);
    check("builtins.hasContext 1", expect![["error: expected a string but found an integer: 1"]]);
    check(
        r#"builtins.getContext (builtins.unsafeDiscardOutputDependency (derivation {name="a";builder="b";system="c";}).drvPath)"#,
        expect![[r#"{ "/nix/store/arhvjaf6zmlyn8vh8fgn55rpwnxq0n7l-a.drv" = { path = true; }; }"#]],
    );
    check("builtins.unsafeDiscardStringContext 1", expect![["error: cannot coerce an integer to a string: 1"]]);
}

#[test]
fn writing() {
    check(
        r#"builtins.getContext (builtins.appendContext "a" {"/nix/store/s6glliw064sgl7vix22p91cxsx7ml1rf-a.drv"={outputs=["b" "a"];allOutputs=true; path=true;};})"#,
        expect![[
            r#"{ "/nix/store/s6glliw064sgl7vix22p91cxsx7ml1rf-a.drv" = { allOutputs = true; outputs = [ "a" "b" ]; path = true; }; }"#
        ]],
    );
    check(r#"builtins.appendContext "a" {foo={path=true;};}"#, expect![["error: context key 'foo' is not a store path"]]);
    check(
        r#"builtins.appendContext "a" {"/nix/store/s6glliw064sgl7vix22p91cxsx7ml1rf-a"={allOutputs=true;};}"#,
        expect![[
            r#"error: tried to add all-outputs context of "/nix/store/s6glliw064sgl7vix22p91cxsx7ml1rf-a", which is not a derivation, to a string"#
        ]],
    );
    check(
        r#"builtins.appendContext "a" {"/nix/store/s6glliw064sgl7vix22p91cxsx7ml1rf-a"={outputs=["a"];};}"#,
        expect![[
            r#"error: tried to add derivation output context of "/nix/store/s6glliw064sgl7vix22p91cxsx7ml1rf-a", which is not a derivation, to a string"#
        ]],
    );
    check(
        r#"builtins.addDrvOutputDependencies "foo""#,
        expect![["error: context of string 'foo' must have exactly one element, but has 0"]],
    );
    check(
        r#"builtins.addDrvOutputDependencies (derivation {name="a";builder="b";system="c";}).outPath"#,
        expect![["error: `addDrvOutputDependencies` can only act on derivations, not on a derivation output such as 'out'"]],
    );
    check(
        r#"builtins.outputOf "foo" "out""#,
        expect![["error: string 'foo' has 0 entries in its context. It should only have exactly one entry"]],
    );
    check(
        r#"let d = (derivation {name="a";builder="b";system="c";}); in builtins.outputOf d.drvPath "out""#,
        expect![[
            "error: string '/nix/store/arhvjaf6zmlyn8vh8fgn55rpwnxq0n7l-a.drv' has a context which refers to a complete source and binary closure. This is not supported at this time"
        ]],
    );
}
