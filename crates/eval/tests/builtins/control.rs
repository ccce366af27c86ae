//! Order of evaluation and errors.

use expect_test::expect;

use crate::check;

#[test]
fn catching() {
    check(r#"builtins.tryEval (throw "x")"#, expect![["{ success = false; value = false; }"]]);
    check(r#"builtins.tryEval (abort "x")"#, expect![["error: evaluation aborted with the following error message: 'x'"]]);
    check("builtins.tryEval (assert false; 1)", expect![["{ success = false; value = false; }"]]);
    check(r#"builtins.tryEval (1 + "a")"#, expect![["error: cannot add a string to an integer"]]);
    check(r#"builtins.tryEval [ (throw "a") ] == 1"#, expect![["false"]]);
    check(r#"(builtins.tryEval { a = throw "x"; }).success"#, expect![["true"]]);
}

#[test]
fn failing() {
    check(r#"builtins.tryEval (abort "x")"#, expect![["error: evaluation aborted with the following error message: 'x'"]]);
    check(r#"throw "hello""#, expect![["error: hello"]]);
    check("throw 1", expect![["error: cannot coerce an integer to a string: 1"]]);
    check(r#"throw { __toString = s: "yes"; }"#, expect![["error: yes"]]);
    check(r#"abort "x""#, expect![["error: evaluation aborted with the following error message: 'x'"]]);
    check("abort 1", expect![["error: cannot coerce an integer to a string: 1"]]);
    check(r#"builtins.addErrorContext "ctx" (throw "a")"#, expect![["error: a"]]);
    check(r#"builtins.addErrorContext (throw "b") 1"#, expect![["1"]]);
    check(r#"builtins.addErrorContext (throw "b") (throw "a")"#, expect![["error: b"]]);
}

#[test]
fn forcing() {
    check("builtins.seq 1 2", expect![["2"]]);
    check(r#"builtins.seq (throw "a") 2"#, expect![["error: a"]]);
    check(r#"builtins.deepSeq [ (throw "a") ] 2"#, expect![["error: a"]]);
    check(r#"builtins.deepSeq (x: throw "a") 2"#, expect![["2"]]);
    check("builtins.break 1", expect![["1"]]);
}
