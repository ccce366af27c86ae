//! Numbers.

use expect_test::expect;

use crate::check;

#[test]
fn sums() {
    check("builtins.add 1 2.5", expect![["3.5"]]);
    check("builtins.add 9223372036854775807 1", expect![["error: integer overflow in adding 9223372036854775807 + 1"]]);
    check("builtins.sub (-9223372036854775807) 2", expect![["error: integer overflow in subtracting -9223372036854775807 - 2"]]);
    check("builtins.mul 4611686018427387904 2", expect![["error: integer overflow in multiplying 4611686018427387904 * 2"]]);
    check(r#"builtins.add "a" 1"#, expect![[r#"error: expected an integer but found a string: "a""#]]);
    check(r#"builtins.add 1 "a""#, expect![[r#"error: expected an integer but found a string: "a""#]]);
    check("builtins.mul 1 null", expect![["error: expected an integer but found null: null"]]);
    check("builtins.sub 1.5 {}", expect![["error: expected a float but found a set: { }"]]);
    check(r#"builtins.addErrorContext "ctx" (throw "a")"#, expect![["error: a"]]);
    check(r#"builtins.addErrorContext (throw "b") 1"#, expect![["1"]]);
    check(r#"builtins.addErrorContext (throw "b") (throw "a")"#, expect![["error: b"]]);
}

#[test]
fn quotients() {
    check("builtins.div 1 0", expect![["error: division by zero"]]);
    check("builtins.div 1.0 0", expect![["error: division by zero"]]);
    check("builtins.div (-9223372036854775807 - 1) (-1)", expect![["error: integer overflow in dividing -9223372036854775808 / -1"]]);
    check("builtins.div 7 (-2)", expect![["-3"]]);
    check(r#"builtins.div "a" 1"#, expect![[r#"error: expected an integer but found a string: "a""#]]);
}

#[test]
fn bits() {
    check("builtins.bitAnd 12 10", expect![["8"]]);
    check(r#"builtins.bitXor 12 "a""#, expect![[r#"error: expected an integer but found a string: "a""#]]);
}

#[test]
fn rounding() {
    check("builtins.ceil 1.5", expect![["2"]]);
    check("builtins.ceil (-1.5)", expect![["-1"]]);
    check("builtins.floor 1.0e300", expect![["error: NixFloat argument 1e+300 is not in the range of NixInt"]]);
    check(
        "builtins.floor 9223372036854775807",
        expect![[r#"
        error: Due to a bug (see https://github.com/NixOS/nix/issues/12899) the NixInt argument 9223372036854775807 caused undefined behavior in previous Nix versions.
        	Future Nix versions might implement the correct behavior."#]],
    );
    check(
        "builtins.ceil 9007199254740993",
        expect![[r#"
        error: Due to a bug (see https://github.com/NixOS/nix/issues/12899) a loss of precision occurred in previous Nix versions because the NixInt argument 9007199254740993 was rounded to 9007199254740992.
        	Future Nix versions might implement the correct behavior."#]],
    );
    check(r#"builtins.floor "a""#, expect![[r#"error: expected a float but found a string: "a""#]]);
}

#[test]
fn order() {
    check(r#"builtins.lessThan 1 "a""#, expect![[r#"error: cannot compare an integer with a string; values are 1 and "a""#]]);
    check("builtins.lessThan [1 2] [1 3]", expect![["true"]]);
    check(
        "builtins.lessThan {} {}",
        expect![["error: cannot compare a set with a set; values of that type are incomparable (values are { } and { })"]],
    );
    check(r#"builtins.lessThan "a" "b""#, expect![["true"]]);
    check("builtins.sort builtins.lessThan [3 1 2]", expect![["[ 1 2 3 ]"]]);
    check(
        r#"builtins.sort builtins.lessThan [1 "a"]"#,
        expect![[r#"error: cannot compare a string with an integer; values are "a" and 1"#]],
    );
    check("builtins.sort builtins.lessThan [[2 1] [1 5] [1]]", expect![["[ [ 1 ] [ 1 5 ] [ 2 1 ] ]"]]);
}
