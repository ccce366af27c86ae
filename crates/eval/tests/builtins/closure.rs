//! `genericClosure`.

use expect_test::expect;

use crate::check;

#[test]
fn closures() {
    check(
        "builtins.genericClosure { startSet=[{key=1;}]; operator=x: if x.key > 5 then [] else [{key=x.key+1;} {key=x.key*2;}]; }",
        expect![["[ { key = 1; } { key = 2; } { key = 3; } { key = 4; } { key = 6; } { key = 5; } { key = 8; } { key = 10; } ]"]],
    );
    check("builtins.genericClosure { startSet=[]; }", expect![["[ ]"]]);
    check("builtins.genericClosure { startSet=[{key=1;}]; }", expect![["error: attribute 'operator' missing"]]);
    check("builtins.genericClosure { }", expect![["error: attribute 'startSet' missing"]]);
    check(
        "builtins.genericClosure { startSet=[{key={};} {key={};}]; operator=x: []; }",
        expect![["error: cannot compare a set with a set; values of that type are incomparable (values are { } and { })"]],
    );
    check(
        r#"builtins.genericClosure { startSet=[{key=1;} {key="a";}]; operator=x: []; }"#,
        expect![[r#"error: cannot compare a string with an integer; values are "a" and 1"#]],
    );
    check(r#"builtins.genericClosure { startSet=[{key=1;} {foo="a";}]; operator=x: []; }"#, expect![["error: attribute 'key' missing"]]);
    check("builtins.genericClosure { startSet=[1]; operator=x: []; }", expect![["error: expected a set but found an integer: 1"]]);
    check("builtins.genericClosure { startSet=[{key=1;}]; operator=x: 1; }", expect![["error: expected a list but found an integer: 1"]]);
    check(
        "builtins.genericClosure { startSet=[{key=1;} {key=1.0;} {key=1.5;}]; operator=x: []; }",
        expect![["[ { key = 1; } { key = 1.5; } ]"]],
    );
    check(
        "builtins.genericClosure { startSet=[{key=true;}]; operator=x: [{key=true;}]; }",
        expect![["error: cannot compare a Boolean with a Boolean; values of that type are incomparable (values are true and true)"]],
    );
    check(
        "builtins.genericClosure { startSet=[{key=[1 2];} {key=[1 2];} {key=[1];}]; operator=x: []; }",
        expect![["[ { key = [ 1 2 ]; } { key = [ 1 ]; } ]"]],
    );
}
