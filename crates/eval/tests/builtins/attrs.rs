//! Attribute sets.

use expect_test::expect;

use crate::check;

#[test]
fn names_and_values() {
    check("builtins.attrNames { b = 1; a = 2; }", expect![[r#"[ "a" "b" ]"#]]);
    check("builtins.attrNames 1", expect![["error: expected a set but found an integer: 1"]]);
    check("builtins.attrValues { b = 1; a = 2; }", expect![["[ 2 1 ]"]]);
    check(r#"builtins.getAttr "a" { b = 1; }"#, expect![["error: attribute 'a' missing"]]);
    check("builtins.getAttr 1 { b = 1; }", expect![["error: expected a string but found an integer: 1"]]);
    check(r#"builtins.hasAttr "a" { b = 1; }"#, expect![["false"]]);
    check(r#"builtins.hasAttr "a" 1"#, expect![["error: expected a set but found an integer: 1"]]);
}

#[test]
fn removing_and_choosing() {
    check(r#"builtins.removeAttrs { a = 1; b = 2; c = 3; } ["a" "c" "z"]"#, expect![["{ b = 2; }"]]);
    check("builtins.removeAttrs { a = 1; } [1]", expect![["error: expected a string but found an integer: 1"]]);
    check("builtins.intersectAttrs {a=1;b=2;} {b=3;c=4;}", expect![["{ b = 3; }"]]);
    check("builtins.intersectAttrs {a=1;b=2;c=3;d=5;} {b=3;c=4;}", expect![["{ b = 3; c = 4; }"]]);
    check("builtins.intersectAttrs 1 {}", expect![["error: expected a set but found an integer: 1"]]);
    check(r#"builtins.catAttrs "a" [{a=1;} {b=2;} {a=3;}]"#, expect![["[ 1 3 ]"]]);
    check(r#"builtins.catAttrs "a" [1]"#, expect![["error: expected a set but found an integer: 1"]]);
}

#[test]
fn from_lists() {
    check(r#"builtins.listToAttrs [{name="a"; value=1;} {name="a"; value=2;} {name="b"; value=3;}]"#, expect![["{ a = 1; b = 3; }"]]);
    check(r#"builtins.listToAttrs [{name="a";}]"#, expect![["error: attribute 'value' missing"]]);
    check(r#"builtins.listToAttrs [{value="a";}]"#, expect![["error: attribute 'name' missing"]]);
    check(r#"builtins.listToAttrs [{name="a"; value=1;} {name="a";}]"#, expect![["{ a = 1; }"]]);
    check("builtins.listToAttrs [1]", expect![["error: expected a set but found an integer: 1"]]);
    check("builtins.listToAttrs [{name=1; value=1;}]", expect![["error: expected a string but found an integer: 1"]]);
}

#[test]
fn arguments_of_functions() {
    check("builtins.functionArgs ({a, b ? 1, ...}: a)", expect![["{ a = false; b = true; }"]]);
    check("builtins.functionArgs (x: x)", expect![["{ }"]]);
    check("builtins.functionArgs (x: {a, b ? 2}: a)", expect![["{ }"]]);
    check("builtins.functionArgs ((x: {a, b ? 2}: a) 1)", expect![["{ a = false; b = true; }"]]);
    check("builtins.functionArgs map", expect![["{ }"]]);
    check("builtins.functionArgs (map 1)", expect![["{ }"]]);
    check("builtins.functionArgs 1", expect![["error: 'functionArgs' requires a function"]]);
    check("builtins.functionArgs { __functor = self: {a}: a; }", expect![["error: 'functionArgs' requires a function"]]);
}

#[test]
fn mapping() {
    check("builtins.mapAttrs (n: v: n + toString v) {a=1;b=2;}", expect![[r#"{ a = "a1"; b = "b2"; }"#]]);
    check("builtins.mapAttrs 1 {a=1;}", expect![["error: attempt to call something which is not a function but an integer: 1"]]);
    check("builtins.mapAttrs 1 {}", expect![["{ }"]]);
    check("builtins.mapAttrs (n: v: v) 1", expect![["error: expected a set but found an integer: 1"]]);
    check(
        "builtins.zipAttrsWith (n: vs: {inherit n vs;}) [{a=1;} {a=2;b=3;}]",
        expect![[r#"{ a = { n = "a"; vs = [ 1 2 ]; }; b = { n = "b"; vs = [ 3 ]; }; }"#]],
    );
    check("builtins.zipAttrsWith (n: vs: vs) [1]", expect![["error: expected a set but found an integer: 1"]]);
    check("builtins.zipAttrsWith 1 []", expect![["error: expected a function but found an integer: 1"]]);
}
