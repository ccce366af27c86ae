//! `match` and `split`.

use expect_test::expect;

use crate::check;

#[test]
fn matching() {
    check(r#"builtins.match "a(b)?c" "ac""#, expect![["[ null ]"]]);
    check(r#"builtins.match "a" 1"#, expect![["error: expected a string but found an integer: 1"]]);
    check(r#"builtins.match 1 "a""#, expect![["error: expected a string but found an integer: 1"]]);
    check(r#"builtins.match "(" "a""#, expect![["error: invalid regular expression '('"]]);
    check(r#"builtins.match "(a|b*)*" "aab""#, expect![[r#"[ "" ]"#]]);
    check(r#"builtins.match "\\}" "a""#, expect![[r"error: invalid regular expression '\}'"]]);
    check(r#"builtins.match "a{99999}" "a""#, expect![["error: memory limit exceeded by regular expression 'a{99999}'"]]);
}

#[test]
fn splitting() {
    check(r#"builtins.split "(a)|b" "xaybz""#, expect![[r#"[ "x" [ "a" ] "y" [ null ] "z" ]"#]]);
    check(r#"builtins.split "[[:space:]]+" " a  b ""#, expect![[r#"[ "" [ ] "a" [ ] "b" [ ] "" ]"#]]);
    check(r#"builtins.split "" "é""#, expect![[r#"[ "" [ ] "�" [ ] "�" [ ] "" ]"#]]);
    check(r#"builtins.split "$" "abc""#, expect![[r#"[ "abc" [ ] "" ]"#]]);
    check(r#"builtins.split "(^|b)" "bab""#, expect![[r#"[ "" [ "b" ] "a" [ "b" ] "" ]"#]]);
    check(r#"builtins.split "b*" "abbc""#, expect![[r#"[ "" [ ] "a" [ ] "" [ ] "c" [ ] "" ]"#]]);
}
