//! XML and TOML.

use expect_test::expect;

use crate::check;

#[test]
fn xml() {
    check(
        r#"builtins.toXML { a = 1; b = [ 1.5 null true "x\n<>&\"" /a ]; c = { outPath = "foo"; }; d = x: x; e = {a, b ? 1, ...}@q: 1; f = map; }"#,
        expect![[
            r#""<?xml version='1.0' encoding='utf-8'?>\n<expr>\n  <attrs>\n    <attr name=\"a\">\n      <int value=\"1\" />\n    </attr>\n    <attr name=\"b\">\n      <list>\n        <float value=\"1.5\" />\n        <null />\n        <bool value=\"true\" />\n        <string value=\"x&#xA;&lt;&gt;&amp;&quot;\" />\n        <path value=\"/a\" />\n      </list>\n    </attr>\n    <attr name=\"c\">\n      <attrs>\n        <attr name=\"outPath\">\n          <string value=\"foo\" />\n        </attr>\n      </attrs>\n    </attr>\n    <attr name=\"d\">\n      <function>\n        <varpat name=\"x\" />\n      </function>\n    </attr>\n    <attr name=\"e\">\n      <function>\n        <attrspat ellipsis=\"1\" name=\"q\">\n          <attr name=\"a\" />\n          <attr name=\"b\" />\n        </attrspat>\n      </function>\n    </attr>\n    <attr name=\"f\">\n      <unevaluated />\n    </attr>\n  </attrs>\n</expr>\n""#
        ]],
    );
    check(r#"builtins.toXML (derivation {name="a";builder="b";system="c";}) == """#, expect![["false"]]);
    check(
        r#"builtins.toXML { "<" = ""; "\"a&&b" = "\n\n<é>\r\t'end"; }"#,
        expect![[
            r#""<?xml version='1.0' encoding='utf-8'?>\n<expr>\n  <attrs>\n    <attr name=\"&quot;a&amp;&amp;b\">\n      <string value=\"&#xA;&#xA;&lt;é&gt;\r\t'end\" />\n    </attr>\n    <attr name=\"&lt;\">\n      <string value=\"\" />\n    </attr>\n  </attrs>\n</expr>\n""#
        ]],
    );
}

#[test]
fn toml() {
    check(r#"builtins.fromTOML "a = 1\nb = [1.5, 'x']\n[c]\nd = true""#, expect![[r#"{ a = 1; b = [ 1.5 "x" ]; c = { d = true; }; }"#]]);
    check(r#"builtins.fromTOML "a = 1979-05-27""#, expect![["error: while parsing TOML: Dates and times are not supported"]]);
    check(
        r#"builtins.fromTOML "a.b.c = 'x'\n[[t]]\nx = 1\n[[t]]\nx = inf""#,
        expect![[r#"{ a = { b = { c = "x"; }; }; t = [ { x = 1; } { x = inf; } ]; }"#]],
    );
}
