//! JSON.

use expect_test::expect;

use crate::check;

#[test]
fn writing() {
    check(
        r#"builtins.toJSON { a = 1; b = [ 1.5 null true "x\n" ]; c = { outPath = "foo"; }; d = { __toString = s: "y"; }; }"#,
        expect![[r#""{\"a\":1,\"b\":[1.5,null,true,\"x\\n\"],\"c\":\"foo\",\"d\":\"y\"}""#]],
    );
    check("builtins.toJSON (x: x)", expect![["error: cannot convert a function to JSON"]]);
    check("builtins.toJSON map", expect![["error: cannot convert the built-in function 'map' to JSON"]]);
    check("builtins.toJSON [ (x: x) ]", expect![["error: cannot convert a function to JSON"]]);
    check("builtins.toJSON { a.b = x: x; }", expect![["error: cannot convert a function to JSON"]]);
    check(r#"builtins.toJSON "a\\b\"c\td\be""#, expect![[r#""\"a\\\\b\\\"c\\tdbe\"""#]]);
    check("builtins.toJSON 1.0e20", expect![[r#""1e+20""#]]);
    check("builtins.toJSON { b = 1; a = { outPath = { x = 1; }; }; }", expect![[r#""{\"a\":{\"x\":1},\"b\":1}""#]]);
    check(
        "builtins.toJSON [ 1.0 0.1 1.0e10 1.0e100 1.5e-7 123456.789 1.0e15 1.0e-5 ]",
        expect![[r#""[1.0,0.1,10000000000.0,1e+100,1.5e-07,123456.789,1e+15,1e-05]""#]],
    );
}

#[test]
fn reading() {
    check(r#"builtins.fromJSON "{\"a\": [1, 2.5, \"x\"], \"b\": null}""#, expect![[r#"{ a = [ 1 2.5 "x" ]; b = null; }"#]]);
    check(
        r#"builtins.fromJSON "{\"a\": }""#,
        expect![[
            "error: [json.exception.parse_error.101] parse error at line 1, column 7: syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal"
        ]],
    );
    check("builtins.fromJSON 1", expect![["error: expected a string but found an integer: 1"]]);
    check(
        r#"builtins.fromJSON "[1, 1.0, 1e5, -9223372036854775808, \"\\u00e9\"]""#,
        expect![[r#"[ 1 1 100000 -9223372036854775808 "é" ]"#]],
    );
    check(r#"builtins.fromJSON "{\"a\":1,\"a\":2}""#, expect![["{ a = 2; }"]]);
    check(
        r#"builtins.fromJSON "\"\\u0000a\"""#,
        expect![["error: input string '␀a' cannot be represented as Nix string because it contains null bytes"]],
    );
    check(
        r#"builtins.fromJSON "9223372036854775808""#,
        expect![["error: unsigned json number 9223372036854775808 outside of Nix integer range"]],
    );
}

/// Nothing that is read is lost while the rest is.
#[test]
fn reading_while_memory_is_collected() {
    check(
        r#"let
             made = builtins.genList (i: { inherit i; text = "number ${toString i}"; list = [ (i * 1.5) [ "x${toString i}" ] ]; }) 50;
             text = builtins.toJSON made;
           in builtins.length made + (if builtins.fromJSON text == made && builtins.toJSON (builtins.fromJSON text) == text then 1 else 0)"#,
        expect![["51"]],
    );
}
