use expect_test::{Expect, expect};

use super::*;
use crate::fixture::Fixture;

fn check(text: &str, expected: Expect) {
    let fixture = Fixture::new(text);
    let items = completion(&fixture.snapshot, &fixture.position(), &Fixture::control()).unwrap();
    let mut shown = String::new();
    for item in items.iter().take(6) {
        let detail = item.detail.as_deref().unwrap_or("-");
        shown.push_str(&format!("{} {:?} {detail} [{}]\n", item.insert, item.kind, &fixture.text[item.replace]));
    }
    if items.len() > 6 {
        shown.push_str("…\n");
    }
    expected.assert_eq(&shown);
}

#[test]
fn names_in_scope() {
    check(
        "{ stdenv, lib }: let version = 1; in { a = ver$0; }",
        expect![[r#"
                version Variable let [ver]
            "#]],
    );
    check(
        "let inner = 1; in in$0",
        expect![[r#"
                inner Variable let [in]
                in Keyword - [in]
                inherit Keyword - [in]
            "#]],
    );
    check(
        "ma$0",
        expect![[r#"
                map Builtin builtins.map function list [ma]
            "#]],
    );
}

#[test]
fn attributes_by_evaluation() {
    check(
        "//- /main.nix\nlet pkgs = import ./pkgs.nix; in pkgs.he$0\n//- /pkgs.nix\n{ hello = 1; help = x: x; other = 2; }\n",
        expect![[r#"
                hello Attribute int [he]
                help Function function [he]
            "#]],
    );
    check(
        "//- /main.nix\nlet pkgs = import ./pkgs.nix; in { a = pkgs.$0; b = 1; }\n//- /pkgs.nix\n{ a = 1; \"b c\" = 2; }\n",
        expect![[r#"
                a Attribute int []
                "b c" Attribute int []
            "#]],
    );
    check(
        "let s = { a.b.c = 1; a.b.d = 2; }; in s.a.b.$0",
        expect![[r#"
                c Attribute int []
                d Attribute int []
            "#]],
    );
    check(
        "builtins.attrN$0",
        expect![[r#"
            attrNames Builtin builtins.attrNames set [attrN]
        "#]],
    );
}

#[test]
fn nothing_is_evaluated_for_a_word_that_no_name_of_a_known_set_begins_with() {
    let evaluated = |text: &str| {
        let fixture = Fixture::new(&format!("//- /main.nix\n{text}\n//- /set.nix\n{{ hello = 1; }}\n"));
        let items = completion(&fixture.snapshot, &fixture.position(), &Fixture::control()).unwrap();
        let labels: Vec<String> = items.into_iter().map(|item| item.label).collect();
        (labels.join(" "), fixture.snapshot.session().work().evaluated > 0)
    };
    assert_eq!(evaluated("let set = import ./set.nix; in set.zz$0"), (String::new(), false));
    assert_eq!(evaluated("with import ./set.nix; hell$0"), ("hello".to_owned(), false));
    // What the text does not tell.
    let hidden = "let set = builtins.fromJSON (builtins.toJSON (import ./set.nix)); in";
    assert_eq!(evaluated(&format!("{hidden} set.hel$0")), ("hello".to_owned(), true));
    assert_eq!(evaluated(&format!("{hidden} ({{ help = 1; }} // set).hello$0")), ("hello".to_owned(), true));
}

#[test]
fn names_of_with() {
    check(
        "with { alpha = 1; beta = 2; }; al$0",
        expect![[r#"
                alpha Attribute int [al]
            "#]],
    );
}

#[test]
fn nothing_where_a_name_is_given() {
    check("{ foo$0 = 1; }", expect![[""]]);
    check("# comm$0", expect![[""]]);
    check("\"te$0xt\"", expect![[""]]);
}

#[test]
fn unknown_sets_offer_nothing() {
    check("{ pkgs }: pkgs.$0", expect![[""]]);
}

#[test]
fn attributes_by_shapes() {
    // Nothing of this can be evaluated: the function is not called.
    check(
        "{ x }: let s = { alpha = x; beta = y: y; \"c d\" = [ ]; }; in s.$0",
        expect![[r#"
            alpha Attribute - []
            beta Function function []
            "c d" Attribute list []
        "#]],
    );
    check(
        "{ x }: with { alpha = x; beta = 1; }; be$0",
        expect![[r#"
            beta Attribute int [be]
        "#]],
    );
    check(
        "{ x }: let s = x // { alpha.beta = x; }; in s.alpha.$0",
        expect![[r#"
            beta Attribute - []
        "#]],
    );
    check(
        "{ x }: let s = { alpha = x; beta = 1; }; in { inherit (s) $0; }",
        expect![[r#"
            alpha Attribute - []
            beta Attribute int []
        "#]],
    );
    check(
        "//- /main.nix\n{ x }: { a = (import ./l.nix { inherit x; }).$0; b = 1; }\n//- /l.nix\n{ x }: { one = x; two = x; }",
        expect![[r#"
            one Attribute - []
            two Attribute - []
        "#]],
    );
}

#[test]
fn names_of_arguments() {
    check(
        "let f = { url, hash ? \"\", ... }: url; in f { u$0 }",
        expect![[r#"
            url Parameter required [u]
        "#]],
    );
    check(
        "let f = { url, hash ? \"\", ... }: url; in f { url = 1; $0 }",
        expect![[r#"
            hash Parameter ? "" []
        "#]],
    );
    check(
        "let f = { url, hash ? \"\", ... }: url; in f {\n  $0\n}",
        expect![[r#"
            url Parameter required []
            hash Parameter ? "" []
        "#]],
    );
    check(
        "//- /main.nix\n{ callPackage }: callPackage ./p.nix { $0 }\n//- /p.nix\n{ stdenv, withX ? true }: 1",
        expect![[r#"
            stdenv Parameter required []
            withX Parameter ? true []
        "#]],
    );
}

/// What stands behind the cursor keeps its meaning.
#[test]
fn between_entries() {
    let arguments = "let f = { url, hash ? \"\", rev ? 1 }: url; in";
    check(
        &format!("{arguments} f {{\n  url = 1;\n  $0\n  rev = 2;\n}}"),
        expect![[r#"
            hash Parameter ? "" []
        "#]],
    );
    check(
        &format!("{arguments} f {{ inherit url; /* c */$0 rev = 2; }}"),
        expect![[r#"
            hash Parameter ? "" []
        "#]],
    );
    check(&format!("{arguments} f {{ url = 1; # c$0\n rev = 2; }}"), expect![[""]]);
    check("{ x }: let a = 1; $0 b = 2; in a", expect![[""]]);
    check("{ x }: let $0 b = 2; in a", expect![[""]]);
}

#[test]
fn schema_of_flakes() {
    check(
        "//- /flake.nix\n{ inp$0 }",
        expect![[r#"
            inputs Attribute flake [inp]
        "#]],
    );
    check(
        "//- /flake.nix\n{ inputs.nixpkgs.u$0 }",
        expect![[r#"
            url Attribute flake [u]
        "#]],
    );
    check(
        "//- /flake.nix\n{ inputs = { nixpkgs = { fo$0 }; }; }",
        expect![[r#"
            follows Attribute flake [fo]
        "#]],
    );
    check(
        "//- /flake.nix\n{ outputs = { self }: { devS$0 = 1; }; }",
        expect![[r#"
            devShells Attribute flake [devS]
        "#]],
    );
}

const MODULE: &str = r#"
//- /m.nix
{ lib, ... }: { options.services.web = {
  enable = lib.mkEnableOption "the web";
  user = lib.mkOption { type = lib.types.str; default = "www"; description = "Who runs it."; };
  level = lib.mkOption { type = lib.types.enum [ "low" "high" ]; };
}; }
"#;

#[test]
fn options_of_modules() {
    let check = |text: &str, expected: Expect| check(&format!("//- /main.nix\n{text}{MODULE}"), expected);
    check(
        "{ config, ... }: { imports = [ ./m.nix ]; config.services.web.$0 }",
        expect![[r#"
            enable Attribute bool []
            level Attribute one of a few []
            user Attribute string []
        "#]],
    );
    check(
        "{ config, ... }: { imports = [ ./m.nix ]; services = { web = { en$0 }; }; }",
        expect![[r#"
            enable Attribute bool [en]
        "#]],
    );
    check(
        "{ config, lib, ... }: { imports = [ ./m.nix ]; config = lib.mkIf true { ser$0 }; }",
        expect![[r#"
            services Attribute options [ser]
        "#]],
    );
    check(
        "{ config, ... }: { imports = [ ./m.nix ]; services.web.level = $0; }",
        expect![[r#"
            config Parameter parameter []
            "high" Constant - []
            "low" Constant - []
            abort Builtin builtins.abort message []
            baseNameOf Builtin builtins.baseNameOf path []
            break Builtin builtins.break value []
            …
        "#]],
    );
    // In quotes, closed or not, while what follows is still the text that it is; nowhere else in texts, and nothing behind them.
    check(
        "{ config, ... }: { imports = [ ./m.nix ]; services.web.level = \"$0\"; }",
        expect![[r#"
        high Constant - []
        low Constant - []
    "#]],
    );
    check(
        "{ config, ... }: { imports = [ ./m.nix ]; services.web.level = \"h$0\"; }",
        expect![[r#"
        high Constant - [h]
    "#]],
    );
    check(
        "{ config, ... }: {\n  imports = [ ./m.nix ];\n  services.web.level = \"lo$0;\n}",
        expect![[r#"
        low" Constant - [lo]
    "#]],
    );
    check("{ config, ... }: {\n  imports = [ ./m.nix ];\n  services.web.level = \"$0;\n  a = \"b\";\n}", expect![[""]]);
    check("{ config, ... }: { imports = [ ./m.nix ]; services.web.user = \"$0\"; }", expect![[""]]);
    check("{ config, ... }: { imports = [ ./m.nix ]; services.web.level = \"low\"$0; }", expect![[""]]);
    check(
        "{ config, ... }: { imports = [ ./m.nix ]; services.web.enable = $0; }",
        expect![[r#"
            config Parameter parameter []
            false Constant - []
            true Constant - []
            abort Builtin builtins.abort message []
            baseNameOf Builtin builtins.baseNameOf path []
            break Builtin builtins.break value []
            …
        "#]],
    );
    check(
        "{ config, ... }: { imports = [ ./m.nix ]; services.web.user = config.services.web.le$0; }",
        expect![[r#"
            level Attribute - [le]
        "#]],
    );
    check("{ config, ... }: let x = { services.$0 }; in { imports = [ ./m.nix ]; }", expect![]);
}

#[test]
fn details_are_told_later() {
    let fixture = Fixture::new("{ x }: let s = { /** Says. */ alpha = y: [ ]; }; in s.al$0");
    let details = completion_details(&fixture.snapshot, &fixture.position(), "alpha").unwrap();
    assert_eq!(details, Some((Some("y: list".to_owned()), Some("Says.".to_owned()))));
    assert_eq!(completion_details(&fixture.snapshot, &fixture.position(), "beta").unwrap(), None);
}

#[test]
fn files() {
    check(
        "//- /main.nix\nimport ./li$0\n//- /lib.nix\n1\n//- /lists/x.nix\n1\n",
        expect![[r#"
            lib.nix File - [li]
            lists Folder - [li]
        "#]],
    );
}
