//! Strings.

use expect_test::expect;

use crate::check;

#[test]
fn coercion() {
    check(r#"toString [1 [2 [] 3] null true false "a" 1.5]"#, expect![[r#""1 2 3  1  a 1.500000""#]]);
    check("toString {}", expect![["error: cannot coerce a set to a string: { }"]]);
    check(r#"toString { __toString = s: "x${s.a}"; a = "b"; }"#, expect![[r#""xb""#]]);
    check(r#"toString { outPath = "foo"; }"#, expect![[r#""foo""#]]);
    check("toString (x: x)", expect![["error: cannot coerce a function to a string: «lambda @ «string»:1:11»"]]);
    check("toString map", expect![["error: cannot coerce the built-in function 'map' to a string: «primop map»"]]);
    check(
        "toString (map 1)",
        expect![["error: cannot coerce the partially applied built-in function 'map' to a string: «partially applied primop map»"]],
    );
    check(r#""${1}""#, expect![["error: cannot coerce an integer to a string: 1"]]);
    check(r#""${{}}""#, expect![["error: cannot coerce a set to a string: { }"]]);
}

#[test]
fn parts() {
    check(r#"builtins.substring 1 2 "abcd""#, expect![[r#""bc""#]]);
    check(r#"builtins.substring (-1) 2 "abcd""#, expect![["error: negative start position in 'substring'"]]);
    check(r#"builtins.substring 1 (-1) "abcd""#, expect![[r#""bcd""#]]);
    check(r#"builtins.substring 10 2 "abcd""#, expect![[r#""""#]]);
    check("builtins.substring 0 0 1", expect![["error: cannot coerce an integer to a string: 1"]]);
    check("builtins.substring 0 5 1", expect![["error: cannot coerce an integer to a string: 1"]]);
    check(r#"builtins.stringLength "é""#, expect![["2"]]);
    check("builtins.stringLength 1", expect![["error: cannot coerce an integer to a string: 1"]]);
}

#[test]
fn joining() {
    check(r#"builtins.concatStringsSep ", " ["a" "b"]"#, expect![[r#""a, b""#]]);
    check(r#"builtins.concatStringsSep ", " [1]"#, expect![["error: cannot coerce an integer to a string: 1"]]);
    check(r#"builtins.concatStringsSep 1 ["a"]"#, expect![["error: expected a string but found an integer: 1"]]);
    check(r#"builtins.concatStringsSep "," []"#, expect![[r#""""#]]);
}

#[test]
fn replacing() {
    check(r#"builtins.replaceStrings ["a" "b"] ["b" "c"] "aabb""#, expect![[r#""bbcc""#]]);
    check(r#"builtins.replaceStrings [""] ["x"] "ab""#, expect![[r#""xaxbx""#]]);
    check(r#"builtins.replaceStrings ["" "a"] ["x" "y"] "ab""#, expect![[r#""xaxbx""#]]);
    check(r#"builtins.replaceStrings ["a" ""] ["x" "y"] "ab""#, expect![[r#""xyby""#]]);
    check(
        r#"builtins.replaceStrings ["a"] [] "ab""#,
        expect![["error: 'from' and 'to' arguments passed to builtins.replaceStrings have different lengths"]],
    );
    check(r#"builtins.replaceStrings ["a" "b"] ["x" (throw "no")] "aaa""#, expect![[r#""xxx""#]]);
    check(r#"builtins.replaceStrings ["a"] [1] "aaa""#, expect![["error: expected a string but found an integer: 1"]]);
    check(r#"builtins.replaceStrings [1] ["a"] "aaa""#, expect![["error: expected a string but found an integer: 1"]]);
    check(r#"builtins.replaceStrings ["ab" "a"] ["1" "2"] "abaab""#, expect![[r#""121""#]]);
    check(r#"builtins.replaceStrings [""] [""] """#, expect![[r#""""#]]);
    check(r#"builtins.replaceStrings ["\n" " "] ["" ""] "a b\nc""#, expect![[r#""abc""#]]);
}

#[test]
fn versions() {
    check(r#"builtins.parseDrvName "nix-2.34pre1""#, expect![[r#"{ name = "nix"; version = "2.34pre1"; }"#]]);
    check(r#"builtins.compareVersions "1.0" "1.0pre""#, expect![["1"]]);
    check(r#"builtins.splitVersion "1.2.3-a4""#, expect![[r#"[ "1" "2" "3" "a" "4" ]"#]]);
    check("builtins.splitVersion 1", expect![["error: expected a string but found an integer: 1"]]);
}
