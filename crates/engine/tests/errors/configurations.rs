//! Configurations of a module system.

use expect_test::expect;

use super::{check, shown};

/// Two modules of a service, declared elsewhere, and a system that uses them.
fn system(configuration: &str) -> String {
    format!(
        "//- /w/default.nix
let lib = import <lib>; in
(lib.evalModules {{ modules = [ ./web.nix ./system.nix ./configuration.nix ]; }}).config
//- /w/web.nix
{{ config, lib, ... }}:
{{
  options.services.web.enable = lib.mkOption {{ type = lib.types.bool; default = false; }};
  options.services.web.port = lib.mkOption {{ type = lib.types.int; }};
  options.services.web.names = lib.mkOption {{ type = lib.types.listOf lib.types.str; default = [ ]; }};
}}
//- /w/system.nix
{{ config, lib, ... }}:
{{
  options.system.name = lib.mkOption {{ type = lib.types.str; default = \"machine\"; }};
  options.system.units = lib.mkOption {{ type = lib.types.str; }};
  config.system.units = if config.services.web.enable then \"listen ${{toString config.services.web.port}}\" else \"\";
}}
//- /w/configuration.nix
{configuration}"
    )
}

#[test]
fn a_value_of_the_wrong_type() {
    check(
        &system("{ ... }:\n{\n  services.web.enable = true;\n  services.web.port = \"eighty\";\n}\n"),
        "system.units",
        expect![[r#"
        error: A definition for option `services.web.port' is not of type `signed integer'. Definition values:
               - In `/w/configuration.nix'
          ┌─ /w/configuration.nix:4:23
          │
        4 │   services.web.port = "eighty";
          │                       ^^^^^^^^
          │
          = in attribute 'system.units'
          = while evaluating the option `services.web.port`
          = which is needed by `system.units`
          (found by /nix/store/00000000000000000000000000000000-lib/lib.nix:92:11)
        note: `services.web.port` is declared here
          ┌─ /w/web.nix:4:3
          │
        4 │   options.services.web.port = lib.mkOption { type = lib.types.int; };
          │   ^^^^^^^^^^^^^^^^^^^^^^^^^
        note: while evaluating the attribute 'port'
          ┌─ /w/system.nix:5:79
          │
        5 │ its = if config.services.web.enable then "listen ${toString config.services.web.port}" else "";
          │                                                             ^^^^^^^^^^^^^^^^^^^^^^^^
        (34 frames of the trace hidden; --show-trace shows all)

        error: A definition for option `services.web.port' is not of type `signed integer'. Definition values:
               - In `/w/configuration.nix'
    "#]],
    );
}

#[test]
fn an_option_that_nobody_declares() {
    check(
        &system("{ ... }:\n{\n  services.web.enabel = true;\n}\n"),
        "system.units",
        expect![[r#"
            error: The option `services.web.enabel' does not exist. Definition values:
                   - In `/w/configuration.nix'
              ┌─ /w/configuration.nix:3:3
              │
            3 │   services.web.enabel = true;
              │   ^^^^^^^^^^^^^^^^^^^
              │
              = while evaluating the option `services.web.enabel`
              = help: Did you mean enable?
              (found by /nix/store/00000000000000000000000000000000-lib/lib.nix:112:9)
            note: while evaluating the attribute 'config'
              ┌─ /w/default.nix:2:1
              │
            2 │ (lib.evalModules { modules = [ ./web.nix ./system.nix ./configuration.nix ]; }).config
              │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            (20 frames of the trace hidden; --show-trace shows all)

            error: The option `services.web.enabel' does not exist. Definition values:
                   - In `/w/configuration.nix'
        "#]],
    );
}

/// Libraries before 2022 did not quote such names.
#[test]
fn a_name_with_dots_in_the_path() {
    check(
        &system("{ ... }:\n{\n  services.\"a.org\" = { \"b.c\".\"/\".port = 1; };\n}\n"),
        "system.units",
        expect![[r#"
            error: The option `services.a.org' does not exist. Definition values:
                   - In `/w/configuration.nix'
              ┌─ /w/configuration.nix:3:3
              │
            3 │   services."a.org" = { "b.c"."/".port = 1; };
              │   ^^^^^^^^^^^^^^^^
              │
              = while evaluating the option `services.a.org`
              (found by /nix/store/00000000000000000000000000000000-lib/lib.nix:112:9)
            note: while evaluating the attribute 'config'
              ┌─ /w/default.nix:2:1
              │
            2 │ (lib.evalModules { modules = [ ./web.nix ./system.nix ./configuration.nix ]; }).config
              │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            (16 frames of the trace hidden; --show-trace shows all)

            error: The option `services.a.org' does not exist. Definition values:
                   - In `/w/configuration.nix'
        "#]],
    );
}

#[test]
fn an_option_without_a_value() {
    check(
        &system("{ ... }:\n{\n  services.web.enable = true;\n}\n"),
        "system.units",
        expect![[r#"
        error: The option `services.web.port' was accessed but has no value defined. Try setting the option.
          ┌─ /w/system.nix:5:79
          │
        5 │ its = if config.services.web.enable then "listen ${toString config.services.web.port}" else "";
          │                                                             ^^^^^^^^^^^^^^^^^^^^^^^^
          │
          = in attribute 'system.units'
          = while evaluating the option `services.web.port`
          = which is needed by `system.units`
          (found by /nix/store/00000000000000000000000000000000-lib/lib.nix:98:30)
        note: `services.web.port` is declared here
          ┌─ /w/web.nix:4:3
          │
        4 │   options.services.web.port = lib.mkOption { type = lib.types.int; };
          │   ^^^^^^^^^^^^^^^^^^^^^^^^^
        (34 frames of the trace hidden; --show-trace shows all)

        error: The option `services.web.port' was accessed but has no value defined. Try setting the option.
    "#]],
    );
}

#[test]
fn two_definitions() {
    check(
        &system(
            "{ lib, ... }:\n{\n  imports = [ ./more.nix ];\n  services.web.enable = true;\n  services.web.port = 80;\n}\n//- /w/more.nix\n{ lib, ... }: lib.mkIf true {\n  services.web.port = 8080;\n}\n",
        ),
        "system.units",
        expect![[r#"
            error: The option `services.web.port' has conflicting definition values:
                   - In `/w/configuration.nix'
                   - In `/w/more.nix'
                   Use `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.
              ┌─ /w/configuration.nix:5:23
              │
            5 │   services.web.port = 80;
              │                       ^^
              │
              = in attribute 'system.units'
              = while evaluating the option `services.web.port`
              = which is needed by `system.units`
              (found by /nix/store/00000000000000000000000000000000-lib/lib.nix:94:11)
            note: `services.web.port` is defined here
              ┌─ /w/more.nix:2:23
              │
            2 │   services.web.port = 8080;
              │                       ^^^^
            note: `services.web.port` is declared here
              ┌─ /w/web.nix:4:3
              │
            4 │   options.services.web.port = lib.mkOption { type = lib.types.int; };
              │   ^^^^^^^^^^^^^^^^^^^^^^^^^
            note: while evaluating the attribute 'port'
              ┌─ /w/system.nix:5:79
              │
            5 │ its = if config.services.web.enable then "listen ${toString config.services.web.port}" else "";
              │                                                             ^^^^^^^^^^^^^^^^^^^^^^^^
            (34 frames of the trace hidden; --show-trace shows all)

            error: The option `services.web.port' has conflicting definition values:
                   - In `/w/configuration.nix'
                   - In `/w/more.nix'
                   Use `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.
        "#]],
    );
}

#[test]
fn a_mistake_inside_a_definition() {
    check(
        &system("{ config, ... }:\n{\n  services.web.enable = true;\n  services.web.port = config.services.wep.port + 1;\n}\n"),
        "system.units",
        expect![[r#"
            error: attribute 'wep' missing
              ┌─ /w/configuration.nix:4:23
              │
            4 │   services.web.port = config.services.wep.port + 1;
              │                       ^^^^^^^^^^^^^^^^^^^^^^^^
              │
              = in attribute 'system.units'
              = while evaluating the option `services.web.port`
              = which is needed by `system.units`
              = help: Did you mean web?
            note: `services.web.port` is declared here
              ┌─ /w/web.nix:4:3
              │
            4 │   options.services.web.port = lib.mkOption { type = lib.types.int; };
              │   ^^^^^^^^^^^^^^^^^^^^^^^^^
            note: while evaluating the attribute 'port'
              ┌─ /w/system.nix:5:79
              │
            5 │ its = if config.services.web.enable then "listen ${toString config.services.web.port}" else "";
              │                                                             ^^^^^^^^^^^^^^^^^^^^^^^^
            (54 frames of the trace hidden; --show-trace shows all)

            error: attribute 'wep' missing
        "#]],
    );
}

#[test]
fn an_option_that_needs_itself() {
    check(
        &system("{ config, ... }:\n{\n  system.name = \"${config.system.name}-1\";\n}\n"),
        "system.name",
        expect![[r#"
        error: infinite recursion encountered
          ┌─ /w/configuration.nix:3:17
          │
        3 │   system.name = "${config.system.name}-1";
          │                 ^^^^^^^^^^^^^^^^^^^^^^^^^
          │
          = in attribute 'system.name'
          = while evaluating the option `system.name`
        note: `system.name` is declared here
          ┌─ /w/system.nix:3:3
          │
        3 │   options.system.name = lib.mkOption { type = lib.types.str; default = "machine"; };
          │   ^^^^^^^^^^^^^^^^^^^
        note: the cycle: 'system.name' needs itself
          ┌─ /w/configuration.nix:3:3
          │
        3 │   system.name = "${config.system.name}-1";
          │   ^^^^^^^^^^^
        (8 steps of the cycle in library code hidden; --show-trace shows all)
        (28 frames of the trace hidden; --show-trace shows all)

        error: infinite recursion encountered
    "#]],
    );
}

#[test]
fn imports_that_depend_on_the_configuration() {
    check(
        &system("{ config, ... }:\n{\n  imports = if config.services.web.enable then [ ./more.nix ] else [ ];\n}\n"),
        "system.name",
        expect![[r#"
            error: infinite recursion encountered
              ┌─ /w/configuration.nix:3:16
              │
            3 │   imports = if config.services.web.enable then [ ./more.nix ] else [ ];
              │                ^^^^^^
              │
              = help: what a module imports must not depend on `config`: import it always, and let `lib.mkIf` in it decide
            note: found here
                ┌─ /nix/store/00000000000000000000000000000000-lib/lib.nix:123:17
                │
            123 │       options = builtins.foldl' (a: m: merge a m.options) { } all;
                │                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            note: the cycle: 'imports' needs itself
              ┌─ /w/configuration.nix:3:3
              │
            3 │   imports = if config.services.web.enable then [ ./more.nix ] else [ ];
              │   ^^^^^^^
            (8 steps of the cycle in library code hidden; --show-trace shows all)
            note: while evaluating the attribute 'config'
              ┌─ /w/default.nix:2:1
              │
            2 │ (lib.evalModules { modules = [ ./web.nix ./system.nix ./configuration.nix ]; }).config
              │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            (36 frames of the trace hidden; --show-trace shows all)

            error: infinite recursion encountered
        "#]],
    );
}

#[test]
fn a_module_that_does_not_parse() {
    check(
        &system("{ ... }:\n{\n  services.web.enable = true\n  services.web.port = 80;\n}\n"),
        "system.units",
        expect![[r#"
        error: syntax error, unexpected '=', expecting ';'
          ┌─ /w/configuration.nix:4:21
          │
        4 │   services.web.port = 80;
          │                     ^
        note: while evaluating the attribute 'config'
          ┌─ /w/default.nix:2:1
          │
        2 │ (lib.evalModules { modules = [ ./web.nix ./system.nix ./configuration.nix ]; }).config
          │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        (22 frames of the trace hidden; --show-trace shows all)

        error: syntax error, unexpected '=', expecting ';'
    "#]],
    );
}

#[test]
fn a_module_argument_that_nobody_passes() {
    check(
        &system("{ pkgs, ... }:\n{\n  system.name = pkgs.hello.name;\n}\n"),
        "system.name",
        expect![[r#"
        error: attribute 'pkgs' missing
          ┌─ /w/configuration.nix:3:17
          │
        3 │   system.name = pkgs.hello.name;
          │                 ^^^^^^^^^^^^^^^
          │
          = in attribute 'system.name'
          = while evaluating the option `system.name`
          (found by /nix/store/00000000000000000000000000000000-lib/lib.nix:51:113)
        note: `system.name` is declared here
          ┌─ /w/system.nix:3:3
          │
        3 │   options.system.name = lib.mkOption { type = lib.types.str; default = "machine"; };
          │   ^^^^^^^^^^^^^^^^^^^
        (29 frames of the trace hidden; --show-trace shows all)

        error: attribute 'pkgs' missing
    "#]],
    );
}

#[test]
fn the_whole_trace() {
    let shown = shown(&system("{ ... }:\n{\n  services.web.enable = \"yes\";\n}\n"), "system.units", true);
    for line in [
        "note: while evaluating the option `services.web.enable':",
        "note: while evaluating definitions from `/w/system.nix':",
        "note: while evaluating the option `system.units':",
        "  ┌─ /nix/store/00000000000000000000000000000000-lib/lib.nix:",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert!(!shown.contains("hidden"), "{shown}");
}
