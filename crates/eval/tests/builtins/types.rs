//! Types.

use expect_test::expect;

use crate::check;

#[test]
fn type_of_values() {
    check(
        r#"map builtins.typeOf [1 1.5 true null "a" /a [] {} (x: x) map (map 1)]"#,
        expect![[r#"[ "int" "float" "bool" "null" "string" "path" "list" "set" "lambda" "lambda" "lambda" ]"#]],
    );
    check("builtins.isFunction { __functor = x: y: y; }", expect![["false"]]);
    check("builtins.isNull null", expect![["true"]]);
    check("builtins.isPath /a", expect![["true"]]);
    check(r#"builtins.isPath "/a""#, expect![["false"]]);
}
