//! Package sets, functions, files.

use expect_test::expect;

use super::check;

#[test]
fn an_attribute_missing_in_a_package() {
    check(
        "//- /w/default.nix
let
  lib = import <lib>;
  pkgs = { inherit lib; callPackage = lib.callPackageWith pkgs; zlib = { out = \"/zlib\"; }; };
in
{ tool = pkgs.callPackage ./tool.nix { }; }
//- /w/tool.nix
{ lib, zlib }:
lib.mkDerivation {
  name = \"tool\";
  buildInputs = [ zlib.outt ];
}
",
        "tool",
        expect![[r#"
            error: attribute 'outt' missing
              ┌─ /w/tool.nix:4:19
              │
            4 │   buildInputs = [ zlib.outt ];
              │                   ^^^^^^^^^
              │
              = in attribute 'tool.outPath'
              = while evaluating attribute 'buildInputs' of derivation 'tool'
              = help: Did you mean out?
            (3 frames of the trace hidden; --show-trace shows all)

            error: attribute 'outt' missing
        "#]],
    );
}

#[test]
fn a_package_that_is_not_there() {
    check(
        "//- /w/default.nix
let
  lib = import <lib>;
  pkgs = { inherit lib; callPackage = lib.callPackageWith pkgs; zlib = { }; };
in
{ tool = pkgs.callPackage ./tool.nix { }; }
//- /w/tool.nix
{ lib, zlib, openssl }:
lib.mkDerivation { name = \"tool\"; }
",
        "tool",
        expect![[r#"
            error: function 'anonymous lambda' called without required argument 'openssl'
              ┌─ /w/tool.nix:1:1
              │
            1 │ { lib, zlib, openssl }:
              │ ^^^^^^^^^^^^^^^^^^^^^^
              │
              = in attribute 'tool'
            note: while calling 'callPackageWith'
              ┌─ /w/default.nix:5:10
              │
            5 │ { tool = pkgs.callPackage ./tool.nix { }; }
              │          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            (2 frames of the trace hidden; --show-trace shows all)

            error: function 'anonymous lambda' called without required argument 'openssl'
        "#]],
    );
}

#[test]
fn a_wrong_type_in_a_derivation() {
    check(
        "//- /w/default.nix
let lib = import <lib>; in
{
  tool = lib.mkDerivation {
    name = \"tool\";
    buildInputs = [ \"/zlib\" 5 ];
  };
}
",
        "tool.drvPath",
        expect![[r#"
            error: cannot coerce an integer to a string: 5
              ┌─ /w/default.nix:3:3
              │
            3 │   tool = lib.mkDerivation {
              │   ^^^^
              │
              = in attribute 'tool.drvPath'
              = while evaluating attribute 'inputs' of derivation 'tool'
            note: found here
                ┌─ /nix/store/00000000000000000000000000000000-lib/lib.nix:149:16
                │
            149 │       inputs = concatStringsSep " " buildInputs;
                │                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            (6 frames of the trace hidden; --show-trace shows all)

            error: cannot coerce an integer to a string: 5
        "#]],
    );
    check(
        "//- /w/default.nix
let lib = import <lib>; in
{
  tool = lib.mkDerivation {
    name = \"tool\";
    configure = x: x;
  };
}
",
        "tool.drvPath",
        expect![[r#"
            error: cannot coerce a function to a string: «lambda configure @ /w/default.nix:5:17»
              ┌─ /w/default.nix:5:5
              │
            5 │     configure = x: x;
              │     ^^^^^^^^^
              │
              = in attribute 'tool.drvPath'
              = while evaluating attribute 'configure' of derivation 'tool'
            (3 frames of the trace hidden; --show-trace shows all)

            error: cannot coerce a function to a string: «lambda configure @ /w/default.nix:5:17»
        "#]],
    );
}

#[test]
fn overlays_that_go_round() {
    check(
        "//- /w/default.nix
let
  lib = import <lib>;
  base = self: { zlib = \"zlib for ${self.tool}\"; };
  overlay = self: super: {
    tool = \"tool with ${self.library}\";
    library = self.zlib;
  };
in
lib.fix (self: let super = base self; in super // overlay self super)
",
        "tool",
        expect![[r#"
            error: infinite recursion encountered
              ┌─ /w/default.nix:3:25
              │
            3 │   base = self: { zlib = "zlib for ${self.tool}"; };
              │                         ^^^^^^^^^^^^^^^^^^^^^^^
              │
              = in attribute 'tool'
            note: the cycle: 'tool' needs
              ┌─ /w/default.nix:5:5
              │
            5 │     tool = "tool with ${self.library}";
              │     ^^^^
            note: 'library', which needs
              ┌─ /w/default.nix:6:5
              │
            6 │     library = self.zlib;
              │     ^^^^^^^
            note: 'zlib', which needs 'tool' again
              ┌─ /w/default.nix:3:18
              │
            3 │   base = self: { zlib = "zlib for ${self.tool}"; };
              │                  ^^^^
            (3 frames of the trace hidden; --show-trace shows all)

            error: infinite recursion encountered
        "#]],
    );
}

#[test]
fn a_throw_inside_a_library_function() {
    check(
        "//- /w/default.nix
let
  lib = import <lib>;
  newest = versions: lib.last versions;
in
{
  versions = { old = newest [ 1 2 ]; new = newest [ ]; };
}
",
        "versions",
        expect![[r#"
            error: lists.last: list must not be empty!
              ┌─ /w/default.nix:3:22
              │
            3 │   newest = versions: lib.last versions;
              │                      ^^^^^^^^^^^^^^^^^
              │
              = in attribute 'versions.new'
            note: found here
                ┌─ /nix/store/00000000000000000000000000000000-lib/lib.nix:156:36
                │
            156 │   last = list: if list == [ ] then throw "lists.last: list must not be empty!" else elemAt list (length list - 1);
                │                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            note: while calling 'newest'
              ┌─ /w/default.nix:6:44
              │
            6 │   versions = { old = newest [ 1 2 ]; new = newest [ ]; };
              │                                            ^^^^^^^^^^
            (4 frames of the trace hidden; --show-trace shows all)

            error: lists.last: list must not be empty!
        "#]],
    );
}

#[test]
fn an_assertion() {
    check(
        "//- /w/default.nix
let
  check = { port }: assert port > 1024; port;
in
{ port = check { port = 80; }; }
",
        "port",
        expect![[r#"
            error: assertion '(__lessThan 1024 port)' failed
              ┌─ /w/default.nix:2:21
              │
            2 │   check = { port }: assert port > 1024; port;
              │                     ^^^^^^^^^^^^^^^^^^^^^^^^
              │
              = in attribute 'port'
            note: while calling 'check'
              ┌─ /w/default.nix:4:10
              │
            4 │ { port = check { port = 80; }; }
              │          ^^^^^^^^^^^^^^^^^^^^
            (1 frame of the trace hidden; --show-trace shows all)

            error: assertion '(__lessThan 1024 port)' failed
        "#]],
    );
}

#[test]
fn a_missing_argument_and_one_too_many() {
    let fixture = "//- /w/default.nix
let greet = { name, greeting ? \"hello\" }: \"${greeting} ${name}\"; in
{
  nobody = greet { };
  typo = greet {
    name = \"you\";
    greting = \"hi\";
  };
}
";
    check(
        fixture,
        "nobody",
        expect![[r#"
        error: function 'greet' called without required argument 'name'
          ┌─ /w/default.nix:1:13
          │
        1 │ let greet = { name, greeting ? "hello" }: "${greeting} ${name}"; in
          │             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          │
          = in attribute 'nobody'
        note: from call site
          ┌─ /w/default.nix:3:12
          │
        3 │   nobody = greet { };
          │            ^^^^^^^^^

        error: function 'greet' called without required argument 'name'
    "#]],
    );
    check(
        fixture,
        "typo",
        expect![[r#"
            error: function 'greet' called with unexpected argument 'greting'
              ┌─ /w/default.nix:1:13
              │
            1 │ let greet = { name, greeting ? "hello" }: "${greeting} ${name}"; in
              │             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              │
              = in attribute 'typo'
              = help: Did you mean greeting?
            note: from the argument 'greting'
              ┌─ /w/default.nix:4:10
              │
            4 │   typo = greet {
              │          ^^^^^^^
            (1 frame of the trace hidden; --show-trace shows all)

            error: function 'greet' called with unexpected argument 'greting'
        "#]],
    );
}

#[test]
fn a_file_that_is_missing() {
    check(
        "//- /w/default.nix\n{\n  hosts = import ./hosts.nix;\n}\n",
        "hosts",
        expect![[r#"
        error: path '/w/hosts.nix' does not exist
          ┌─ /w/default.nix:2:11
          │
        2 │   hosts = import ./hosts.nix;
          │           ^^^^^^^^^^^^^^^^^^
          │
          = in attribute 'hosts'

        error: path '/w/hosts.nix' does not exist
    "#]],
    );
    check(
        "//- /w/default.nix\n{\n  hosts = builtins.readFile ./hosts;\n}\n",
        "hosts",
        expect![[r#"
        error: path '/w/hosts' does not exist
          ┌─ /w/default.nix:2:11
          │
        2 │   hosts = builtins.readFile ./hosts;
          │           ^^^^^^^^^^^^^^^^^^^^^^^^^
          │
          = in attribute 'hosts'

        error: path '/w/hosts' does not exist
    "#]],
    );
}

#[test]
fn a_syntax_error_in_an_imported_file() {
    check(
        "//- /w/default.nix\n{\n  hosts = import ./hosts.nix;\n}\n//- /w/hosts.nix\n{\n  a = [ 1 2 ;\n  b = 3;\n}\n",
        "hosts",
        expect![[r#"
            error: syntax error, unexpected ';'
              ┌─ /w/hosts.nix:2:13
              │
            2 │   a = [ 1 2 ;
              │             ^
              │
              = in attribute 'hosts'
            note: while calling the 'import' builtin
              ┌─ /w/default.nix:2:11
              │
            2 │   hosts = import ./hosts.nix;
              │           ^^^^^^^^^^^^^^^^^^

            error: syntax error, unexpected ';'
        "#]],
    );
}

#[test]
fn the_part_of_a_value_that_fails() {
    check(
        "//- /w/default.nix\n{\n  hosts = [ { name = \"a\"; } { name = \"b\"; tags.x = 1 + \"2\"; } ];\n}\n",
        "hosts",
        expect![[r#"
        error: cannot add a string to an integer
          ┌─ /w/default.nix:2:54
          │
        2 │   hosts = [ { name = "a"; } { name = "b"; tags.x = 1 + "2"; } ];
          │                                                      ^
          │
          = in attribute 'hosts.1.tags.x'

        error: cannot add a string to an integer
    "#]],
    );
}

#[test]
fn a_derivation_that_others_need() {
    check(
        "//- /w/default.nix
let lib = import <lib>; in
rec {
  app = lib.mkDerivation { name = \"app\"; buildInputs = [ tools ]; };
  tools = lib.mkDerivation { name = \"tools\"; buildInputs = [ zlib ]; };
  zlib = lib.mkDerivation { name = \"zlib\"; version = 1 / 0; };
}
",
        "app.drvPath",
        expect![[r#"
            error: division by zero
              ┌─ /w/default.nix:5:56
              │
            5 │   zlib = lib.mkDerivation { name = "zlib"; version = 1 / 0; };
              │                                                        ^
              │
              = in attribute 'app.drvPath'
              = while evaluating attribute 'version' of derivation 'zlib'
              = which is needed by 'tools', then 'app'
            note: while evaluating attribute 'buildInputs' of derivation 'tools'
              ┌─ /w/default.nix:4:46
              │
            4 │   tools = lib.mkDerivation { name = "tools"; buildInputs = [ zlib ]; };
              │                                              ^^^^^^^^^^^
            note: while evaluating attribute 'buildInputs' of derivation 'app'
              ┌─ /w/default.nix:3:42
              │
            3 │   app = lib.mkDerivation { name = "app"; buildInputs = [ tools ]; };
              │                                          ^^^^^^^^^^^
            (9 frames of the trace hidden; --show-trace shows all)

            error: division by zero
        "#]],
    );
}
