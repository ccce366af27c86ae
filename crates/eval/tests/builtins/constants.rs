//! Constants.

use expect_test::expect;

use crate::check;

#[test]
fn constants() {
    check(
        "[ builtins.nixVersion builtins.langVersion builtins.storeDir builtins.currentSystem true false null ]",
        expect![[r#"[ "2.34.8" 6 "/nix/store" "x86_64-linux" true false null ]"#]],
    );
    check("builtins ? currentTime", expect![["true"]]);
    check("builtins.attrNames builtins == builtins.attrNames builtins.builtins", expect![["true"]]);
    check(
        "map builtins.typeOf [ builtins builtins.currentTime builtins.nixPath derivation ]",
        expect![[r#"[ "set" "int" "list" "lambda" ]"#]],
    );
}
