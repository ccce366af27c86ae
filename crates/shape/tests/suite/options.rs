//! Options of modules.

use expect_test::{Expect, expect};

use crate::support;

const TREE: &str = r#"
//- /nixpkgs/lib/default.nix
{ }
//- /nixpkgs/lib/trivial.nix
{ }
//- /nixpkgs/pkgs/top-level/all-packages.nix
{ }: res: pkgs: super: { }
//- /nixpkgs/nixos/modules/module-list.nix
[ ./nginx.nix ./users.nix ]
//- /nixpkgs/nixos/modules/nginx.nix
{ config, lib, ... }:
with lib;
let vhost = { options.root = mkOption { type = types.path; }; }; in
{
  options.services.nginx = {
    enable = mkEnableOption "it";
    user = mkOption { type = types.str; default = "nginx"; description = "Who."; };
    level = mkOption { type = with types; nullOr (enum [ "low" "high" ]); };
    hosts = mkOption { type = types.attrsOf (types.submodule vhost); };
    hooks = lib.mkOption { type = lib.types.listOf lib.types.lines; };
  };
  config = mkIf config.services.nginx.enable { };
}
//- /nixpkgs/nixos/modules/users.nix
{ lib, ... }: { options.users.users = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule ({ name, ... }: { options = { uid = lib.mkOption { type = lib.types.int; }; }; })); }; }
"#;

#[track_caller]
fn check(text: &str, expected: Expect) {
    support::check(&format!("//- /main.nix\n{text}{TREE}"), expected);
}

#[test]
fn values_of_options() {
    check(
        "{ config, lib, ... }: config.services.nginx.enable$0",
        expect![[r#"
        bool (likely)
        → /nixpkgs/nixos/modules/nginx.nix:6 enable
    "#]],
    );
    check(
        "{ config, lib, ... }: config.services.nginx$0",
        expect![[r#"
        { enable, hooks, hosts, level, user, … } (likely)
        → nowhere
    "#]],
    );
    check(
        "{ config, lib, ... }: config.services.nginx.level$0",
        expect![[r#"
        string (likely)
        → /nixpkgs/nixos/modules/nginx.nix:8 level
    "#]],
    );
    check(
        "{ config, lib, ... }: config.services.nginx.hosts.any.root$0",
        expect![[r#"
        path (likely)
        → /nixpkgs/nixos/modules/nginx.nix:3 root
    "#]],
    );
    check(
        "{ config, lib, ... }: let cfg = config.users.users; in cfg.me.uid$0",
        expect![[r#"
        int (likely)
        → /nixpkgs/nixos/modules/users.nix:1 uid
    "#]],
    );
    check(
        "{ config, lib, ... }: with config.services; nginx.hooks$0",
        expect![[r#"
        list (likely)
        → /nixpkgs/nixos/modules/nginx.nix:10 hooks
    "#]],
    );
    check(
        "{ config, lib, ... }: config.services.other$0",
        expect![[r#"
        ?
    "#]],
    );
}

#[test]
fn own_options_and_those_of_imports() {
    check(
        "{ config, lib, ... }: { options.mine.a = lib.mkOption { type = lib.types.int; }; config.x = config.mine.a$0; }",
        expect![[r#"
        int (likely)
        → /main.nix:1 a
    "#]],
    );
    check(
        "{ config, lib, ... }: { imports = [ ./other.nix ]; config.x = config.other.b$0; }
//- /other.nix
{ lib, ... }: { options.other.b = lib.mkOption { type = lib.types.listOf lib.types.str; }; }",
        expect![[r#"
            list (likely)
            → /other.nix:1 b
        "#]],
    );
}

#[test]
fn what_is_a_module() {
    for (text, expected) in [
        ("{ config, ... }: { }", true),
        ("{ config, pkgs, ... }: { config = { }; }", true),
        ("{ pkgs }: { config = { }; }", true),
        ("self: { pkgs, ... }: { config = { }; }", true),
        ("self: { imports = [ ]; }", true),
        // A package set.
        ("{ lib, config }: self: super: with self; { inherit lib config; }", false),
        ("{ config = { }; }", false),
    ] {
        let (db, fixture) = support::database(&format!("//- /m.nix\n{text}"));
        let module = nival_shape::Shapes::new(&db).is_module(db.file(&fixture.files[0].path));
        assert_eq!(module, expected, "{text}");
    }
}
