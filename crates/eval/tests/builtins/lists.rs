//! Lists.

use expect_test::expect;

use crate::check;

#[test]
fn ends() {
    check("builtins.head []", expect![["error: 'builtins.head' called on an empty list"]]);
    check("builtins.head 1", expect![["error: expected a list but found an integer: 1"]]);
    check("builtins.tail []", expect![["error: 'builtins.tail' called on an empty list"]]);
    check("builtins.tail [1 2 3]", expect![["[ 2 3 ]"]]);
    check("builtins.elemAt [1 2] (-1)", expect![["error: 'builtins.elemAt' called with index -1 on a list of size 2"]]);
    check("builtins.elemAt [1 2] 2", expect![["error: 'builtins.elemAt' called with index 2 on a list of size 2"]]);
    check("builtins.elemAt 1 0", expect![["error: expected a list but found an integer: 1"]]);
    check("builtins.length 1", expect![["error: expected a list but found an integer: 1"]]);
}

#[test]
fn mapping() {
    check("map (x: x) 1", expect![["error: expected a list but found an integer: 1"]]);
    check("map 1 [1]", expect![["error: expected a function but found an integer: 1"]]);
    check("map 1 []", expect![["[ ]"]]);
    check("builtins.filter (x: 1) [1]", expect![["error: expected a Boolean but found an integer: 1"]]);
    check("builtins.filter 1 [1]", expect![["error: expected a function but found an integer: 1"]]);
    check("builtins.filter (x: x > 1) [1 2 3]", expect![["[ 2 3 ]"]]);
    check("builtins.genList (x: x * x) 5", expect![["[ 0 1 4 9 16 ]"]]);
    check("builtins.genList (x: x * x) (-1)", expect![["error: cannot create list of size -1"]]);
    check("builtins.genList 1 5", expect![["error: expected a function but found an integer: 1"]]);
}

#[test]
fn searching() {
    check("builtins.elem 1 [1 2]", expect![["true"]]);
    check(r#"builtins.elem (throw "a") [1]"#, expect![["error: a"]]);
    check(r#"builtins.elem 1 (throw "a")"#, expect![["error: a"]]);
    // Derivations are equal where their outputs are; the one that is looked for is asked once.
    let search =
        |list: &str| format!(r#"let d = p: {{ type = "derivation"; outPath = p; }}; in builtins.elem (d "a" // {{ x = 1; }}) [ {list} ]"#);
    check(&search(r#"(d "b") (d "c") (d "a") (throw "z")"#), expect![["true"]]);
    check(
        &search(r#"(d "b") 1 { } { type = "derivation"; } { outPath = "a"; } { type = "other"; outPath = "a"; } (d "c")"#),
        expect![["false"]],
    );
    check(&search(r#"(d "b") (d (throw "out"))"#), expect![["error: out"]]);
    check(&search(r#"(d "b") { type = throw "type"; }"#), expect![["error: type"]]);
    check(&search(r#"(d "b") { x = 1; type = "derivation"; } (d "a")"#), expect![["true"]]);
    check(
        r#"let d = { type = "derivation"; outPath = throw "mine"; }; in builtins.elem d [ 1 { } { type = "derivation"; outPath = throw "other"; } ]"#,
        expect![["error: mine"]],
    );
    check(r#"builtins.any (x: x == 2) [1 2 (throw "a")]"#, expect![["true"]]);
    check(r#"builtins.all (x: x == 2) [1 2 (throw "a")]"#, expect![["false"]]);
    check("builtins.any (x: 1) [1]", expect![["error: expected a Boolean but found an integer: 1"]]);
}

#[test]
fn joining() {
    check("builtins.concatLists [[1] [2 3] []]", expect![["[ 1 2 3 ]"]]);
    check("builtins.concatLists [1]", expect![["error: expected a list but found an integer: 1"]]);
    check("builtins.concatMap (x: [x x]) [1 2]", expect![["[ 1 1 2 2 ]"]]);
    check("builtins.concatMap (x: x) [1 2]", expect![["error: expected a list but found an integer: 1"]]);
}

#[test]
fn folding() {
    check("builtins.foldl' (a: b: a + b) 0 [1 2 3]", expect![["6"]]);
    check(r#"builtins.foldl' (a: b: b) (throw "x") [1]"#, expect![["1"]]);
    check(r#"builtins.foldl' (a: b: a) 1 [(throw "x")]"#, expect![["1"]]);
    check("builtins.foldl' 1 0 []", expect![["error: expected a function but found an integer: 1"]]);
    check("builtins.foldl' (a: b: a) 0 1", expect![["error: expected a list but found an integer: 1"]]);
}

#[test]
fn sorting() {
    check("builtins.sort builtins.lessThan [3 1 2]", expect![["[ 1 2 3 ]"]]);
    check(
        "builtins.sort (a: b: a.x < b.x) [{x=1;y=1;} {x=0;y=2;} {x=1;y=3;}]",
        expect![["[ { x = 0; y = 2; } { x = 1; y = 1; } { x = 1; y = 3; } ]"]],
    );
    check(
        r#"builtins.sort builtins.lessThan [1 "a"]"#,
        expect![[r#"error: cannot compare a string with an integer; values are "a" and 1"#]],
    );
    check("builtins.sort (a: b: 1) [1 2]", expect![["error: expected a Boolean but found an integer: 1"]]);
    check("builtins.sort 1 [1 2]", expect![["error: expected a function but found an integer: 1"]]);
    check("builtins.sort builtins.lessThan [[2 1] [1 5] [1]]", expect![["[ [ 1 ] [ 1 5 ] [ 2 1 ] ]"]]);
    check(r#"builtins.sort (a: b: throw "x") [1]"#, expect![["[ 1 ]"]]);
    check("builtins.sort (a: b: true) [1 2 3 4 5 6 7 8 9 10]", expect![["[ 10 9 8 7 6 5 4 3 2 1 ]"]]);
    check("builtins.sort (a: b: false) [1 2 3 4 5 6 7 8 9 10]", expect![["[ 1 2 3 4 5 6 7 8 9 10 ]"]]);
}

#[test]
fn grouping() {
    check("builtins.partition (x: x > 2) [1 5 2 7]", expect![["{ right = [ 5 7 ]; wrong = [ 1 2 ]; }"]]);
    check("builtins.partition (x: 1) [1]", expect![["error: expected a Boolean but found an integer: 1"]]);
    check(r#"builtins.groupBy (x: if x > 2 then "b" else "a") [1 5 2 7]"#, expect![["{ a = [ 1 2 ]; b = [ 5 7 ]; }"]]);
    check("builtins.groupBy (x: x) [1]", expect![["error: expected a string but found an integer: 1"]]);
}
