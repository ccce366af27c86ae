//! Derivations.

use expect_test::expect;

use crate::check;

#[test]
fn paths() {
    check(
        r#"(derivation {name="a b";builder="b";system="c";}).drvPath"#,
        expect![["error: invalid derivation name: name 'a b' contains illegal character ' '. Please pass a different 'name'."]],
    );
    check(
        r#"(derivation {name="a";builder="b";system="c";}).drvPath"#,
        expect![[r#""/nix/store/arhvjaf6zmlyn8vh8fgn55rpwnxq0n7l-a.drv""#]],
    );
    check(
        r#"(derivation {name="a";builder="b";system="c"; __structuredAttrs=true; x=1.5; y=null; z=[{a=true;}]; }).drvPath"#,
        expect![[r#""/nix/store/0crfkmjrrq70s3g4bgzhgmqfvmgjq4cz-a.drv""#]],
    );
    check(
        r#"(derivation {name="a";builder="b";system="c"; __contentAddressed=true;}).outPath"#,
        expect![[r#""/0hfx7hdln6qasn0xx2pi7sgjdb85dzzi00bins6qsvbnfxb1amqx""#]],
    );
    check(
        r#"(derivation {name="a";builder="b";system="c"; __contentAddressed=true; outputHashMode="recursive"; outputHashAlgo="sha1";}).drvPath"#,
        expect![[r#""/nix/store/imj27cbzpdrw0d1wj9znlfqvc6y7h6x6-a.drv""#]],
    );
    check(
        r#"(derivation {name="a";builder="b";system="c"; __impure=true;}).outPath"#,
        expect![[
            "error: experimental Nix feature 'impure-derivations' is disabled; add '--extra-experimental-features impure-derivations' to enable it"
        ]],
    );
    check(
        r#"(derivation {name="b";builder="b";system="c"; x=(derivation {name="a";builder="b";system="c"; __contentAddressed=true;}).outPath;}).outPath"#,
        expect![[r#""/1xqxkaymg07n0xlz4c9vmr7f0cfb7i0kjd6j5rjr4vwv3wl95ag7""#]],
    );
    check(
        r#"(derivation {name="b";builder="b";system="c"; x=(derivation {name="a";builder="b";system="c"; __contentAddressed=true;}).outPath;}).drvPath"#,
        expect![[r#""/nix/store/2615m5g2bhmn9cln6z0hc6rw6fydaq63-b.drv""#]],
    );
    check(
        r#"(derivation {name="b";builder="b";system="c"; outputHash="sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="; outputHashMode="text"; }).drvPath"#,
        expect![[r#""/nix/store/i8543ib07afhaz9m6z76ysp10d11kd50-b.drv""#]],
    );
    check(
        r#"(derivation {name="b";builder="b";system="c"; outputHash="0000000000000000000000000000000000000000"; outputHashAlgo="sha1"; outputHashMode="recursive"; }).outPath"#,
        expect![[r#""/nix/store/q1h2yyjiq08bsh3svml8d3hs9w66dsh6-b""#]],
    );
    check(
        r#"(derivation {name="b";builder="b";system="c"; outputHash="0000000000000000000000000000000000000000"; }).outPath"#,
        expect![[
            "error: hash '0000000000000000000000000000000000000000' does not include a type, nor is the type otherwise known from context"
        ]],
    );
    check(
        r#"(derivation {name="b";builder="b";system="c"; outputHash=""; outputHashAlgo="sha256"; }).outPath"#,
        expect![[r#""/nix/store/j016b4jlmjqa0k03z9pa8kfrvbkyr1j8-b""#]],
    );
    check(
        r#"(derivation {name="b";builder="b";system="c"; outputs = []; }).drvPath"#,
        expect![["error: 'builtins.head' called on an empty list"]],
    );
    check(
        r#"(derivation {name="b";builder="b";system="c"; outputs = ["a" "a"]; }).drvPath"#,
        expect![["error: duplicate derivation output 'a'"]],
    );
    check(
        r#"(derivation {name="b";builder="b";system="c"; outputs = ["drvPath"]; }).drvPath"#,
        expect![["error: invalid derivation output name 'drvPath'"]],
    );
    check(
        r#"(derivation {name="b.drv";builder="b";system="c"; }).drvPath"#,
        expect![["error: derivation names are allowed to end in '.drv' only if they produce a single derivation file"]],
    );
    check(r#"(derivation {builder="b";system="c"; }).drvPath"#, expect![["error: attribute 'name' missing"]]);
    check(r#"(derivation {name=1;builder="b";system="c"; }).drvPath"#, expect![["error: expected a string but found an integer: 1"]]);
    check(r#"(derivation {name="a";system="c"; }).drvPath"#, expect![["error: required attribute 'builder' missing"]]);
    check(r#"(derivation {name="a";builder="c"; }).drvPath"#, expect![["error: required attribute 'system' missing"]]);
    check(
        r#"let d = derivation {name="a";builder="b";system="c";}; e = derivation {name="e";builder="b";system="c"; inherit d;}; in [e.drvPath e.outPath]"#,
        expect![[r#"[ "/nix/store/7kd5vgfshq09f233islmca6sqpyrjk6a-e.drv" "/nix/store/mc6gx7sndd4jcl42d99b6zdbz3y7r86g-e" ]"#]],
    );
    check(
        r#"let d = derivation {name="a";builder="b";system="c"; outputs=["x" "y"];}; in [d.x.outputName d.y.outPath d.outPath d.outputName (map (o: o.outPath) d.all)]"#,
        expect![[
            r#"[ "x" "/nix/store/i59a77c1pwxn2j7a4xrhb9baafpq7i7j-a-y" "/nix/store/wcqlnk3sjj32566dvxnf3b97h3vk3n3r-a-x" "x" [ "/nix/store/wcqlnk3sjj32566dvxnf3b97h3vk3n3r-a-x" "/nix/store/i59a77c1pwxn2j7a4xrhb9baafpq7i7j-a-y" ] ]"#
        ]],
    );
    check(
        r#"builtins.attrNames (derivation {name="a";builder="b";system="c";})"#,
        expect![[r#"[ "all" "builder" "drvAttrs" "drvPath" "name" "out" "outPath" "outputName" "system" "type" ]"#]],
    );
    check("builtins.functionArgs derivation", expect![["{ outputs = true; }"]]);
}

#[test]
fn refused() {
    check(
        r#"(derivation {name="a";builder="b";system="c"; x = [1 2 {}];}).drvPath"#,
        expect![["error: cannot coerce a set to a string: { }"]],
    );
    check(
        r#"(derivation {name="a";builder="b";system="c"; args = 1;}).drvPath"#,
        expect![["error: expected a list but found an integer: 1"]],
    );
    check(
        r#"(derivation {name="a";builder="b";system="c"; __structuredAttrs=true; outputs = "a b"; }).drvPath"#,
        expect![[r#"error: expected a list but found a string: "a b""#]],
    );
    check(
        r#"(derivation {name="a";builder="b";system="c"; outputHash="sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="; outputHashMode="foo"; }).drvPath"#,
        expect![["error: invalid value 'foo' for 'outputHashMode' attribute"]],
    );
    check(
        r#"(derivation {name="a";builder="b";system="c"; outputHash=""; }).drvPath"#,
        expect![["error: empty hash requires explicit hash algorithm"]],
    );
}

#[test]
fn placeholders() {
    check(r#"builtins.placeholder "out""#, expect![[r#""/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9""#]]);
    check("builtins.placeholder 1", expect![["error: expected a string but found an integer: 1"]]);
}
