//! Package sets, in miniature.

use expect_test::{Expect, expect};

use crate::support;

const TREE: &str = r#"
//- /nixpkgs/default.nix
import ./pkgs/top-level/impure.nix
//- /nixpkgs/lib/default.nix
let
  makeExtensible = rattrs: let fix = f: let x = f x; in x; in fix rattrs;
  lib = makeExtensible (self: let callLibs = file: import file { lib = self; }; in {
    trivial = callLibs ./trivial.nix;
    inherit (self.trivial) id const;
  });
in lib
//- /nixpkgs/lib/trivial.nix
{ lib }: {
  /* The identity.
     Type: id :: a -> a
  */
  id = x: x;
  const = x: y: x;
}
//- /nixpkgs/pkgs/top-level/impure.nix
{ overlays ? [ ], ... }@args: import ./. args
//- /nixpkgs/pkgs/top-level/all-packages.nix
{ lib, config, ... }: res: pkgs: super:
with pkgs;
{
  hello = callPackage ../hello { };
  fetchurl = { url, sha256 ? "" }: url;
  gnome = lib.id { gtk = callPackage ../gtk { withX = true; }; };
}
//- /nixpkgs/pkgs/top-level/aliases.nix
lib: self: super: { hallo = self.hello; }
//- /nixpkgs/pkgs/top-level/splice.nix
lib: pkgs: actuallySplice: {
  callPackage = pkgs.newScope { };
  newScope = extra: lib.callPackageWith (pkgs // extra);
}
//- /nixpkgs/pkgs/top-level/stage.nix
{ lib, overlays, ... }: let layers = self: super: { buildPackages = self.pkgsBuildHost; pkgs = self.pkgsHostTarget; }; in lib.fix layers
//- /nixpkgs/pkgs/hello/default.nix
{ lib, stdenv, fetchurl }:
stdenv.mkDerivation rec {
  pname = "hello";
  version = "2.10";
  src = fetchurl { url = "x"; };
  passthru.tests = { };
  outputs = [ "out" "dev" ];
}
//- /nixpkgs/pkgs/gtk/default.nix
{ stdenv, hello, withX ? false }: stdenv.mkDerivation { name = "gtk-3"; buildInputs = [ hello ]; }
"#;

#[track_caller]
fn check(text: &str, expected: Expect) {
    support::check(&format!("//- /main.nix\n{text}{TREE}"), expected);
}

#[test]
fn what_nixpkgs_makes_in_stages_is_written_somewhere() {
    check(
        "with import <nixpkgs> { }; callPackage$0",
        expect![[r#"
        function (likely)
        → /nixpkgs/pkgs/top-level/splice.nix:2 callPackage
    "#]],
    );
    check(
        "let pkgs = import <nixpkgs> { }; in pkgs.buildPackages.pkgs$0",
        expect![[r#"
        { appendOverlays, buildPackages, buildPlatform, callPackage, callPackages, config, extend, fetchurl, … 21 more } (likely)
        → /nixpkgs/pkgs/top-level/stage.nix:1 pkgs
    "#]],
    );
    check(
        "let pkgs = import <nixpkgs> { }; in pkgs.lib$0",
        expect![[r#"
        { const, id, trivial } (likely)
        → /nixpkgs/lib/default.nix:1 
    "#]],
    );
    // Not where a tree has no such file.
    check(
        "let pkgs = import <nixpkgs> { }; in pkgs.callPackages$0",
        expect![[r#"
        function (likely)
        → nowhere
    "#]],
    );
}

#[test]
fn packages() {
    check(
        "let pkgs = import <nixpkgs> { }; in pkgs.hello$0",
        expect![[r#"
        derivation hello 2.10 (likely)
        → /nixpkgs/pkgs/top-level/all-packages.nix:4 hello
    "#]],
    );
    check(
        "let pkgs = import <nixpkgs> { }; in pkgs.hello.version$0",
        expect![[r#"
        "2.10" (likely)
        → /nixpkgs/pkgs/hello/default.nix:4 version
    "#]],
    );
    check(
        "let pkgs = import <nixpkgs> { }; in pkgs.hello.dev$0",
        expect![[r#"
        derivation hello 2.10 (likely)
        → /nixpkgs/pkgs/hello/default.nix:7 outputs
    "#]],
    );
    check(
        "let pkgs = import <nixpkgs> { }; in pkgs.hello.tests$0",
        expect![[r#"
        { } (likely)
        → /nixpkgs/pkgs/hello/default.nix:6 tests
    "#]],
    );
    check(
        "let pkgs = import <nixpkgs> { }; in pkgs.hallo$0",
        expect![[r#"
        derivation hello 2.10 (likely)
        → /nixpkgs/pkgs/top-level/aliases.nix:1 hallo
    "#]],
    );
    check(
        "let pkgs = import <nixpkgs> { }; in pkgs.gnome.gtk$0",
        expect![[r#"
        derivation gtk-3 (likely)
        → /nixpkgs/pkgs/top-level/all-packages.nix:6 gtk
    "#]],
    );
    check(
        "with import <nixpkgs> { }; hello$0",
        expect![[r#"
        derivation hello 2.10 (likely)
        → /nixpkgs/pkgs/top-level/all-packages.nix:4 hello
    "#]],
    );
    check(
        "let pkgs = import <nixpkgs> { }; in (pkgs.hello.overrideAttrs (old: { version = \"3\"; extra = old.pname; })).extra$0",
        expect![[r#"
        "hello" (likely)
        → /main.nix:1 extra
    "#]],
    );
    check(
        "let pkgs = import <nixpkgs> { }; in (pkgs.hello.override { }).pname$0",
        expect![[r#"
        "hello" (likely)
        → /nixpkgs/pkgs/hello/default.nix:3 pname
    "#]],
    );
    check(
        "let pkgs = import <nixpkgs> { }; in pkgs.nothing$0",
        expect![[r#"
        ?
    "#]],
    );
}

#[test]
fn library() {
    check(
        "let lib = import <nixpkgs/lib>; in lib.id$0",
        expect![[r#"
        x: …
        → /nixpkgs/lib/trivial.nix:5 id
        takes x
    "#]],
    );
    check(
        "{ lib }: lib.const$0",
        expect![[r#"
        x: y: … (likely)
        → /nixpkgs/lib/trivial.nix:6 const
        takes x y
    "#]],
    );
    check(
        "{ lib, pkgs, config, ... }: pkgs.hello$0",
        expect![[r#"
        derivation hello 2.10 (likely)
        → /nixpkgs/pkgs/top-level/all-packages.nix:4 hello
    "#]],
    );
    check(
        "{ pkgs ? import <nixpkgs> { } }: pkgs.hello$0",
        expect![[r#"
        derivation hello 2.10 (likely)
        → /nixpkgs/pkgs/top-level/all-packages.nix:4 hello
    "#]],
    );
    check(
        "{ stdenv, fetchurl, hello }: hello.pname$0",
        expect![[r#"
        "hello" (likely)
        → /nixpkgs/pkgs/hello/default.nix:3 pname
    "#]],
    );
}

#[test]
fn overlays() {
    check(
        "(import <nixpkgs> { overlays = [ (final: prev: { mine = prev.hello; }) ]; }).mine$0",
        expect![[r#"
        derivation hello 2.10 (likely)
        → /main.nix:1 mine
    "#]],
    );
    check(
        "final: prev: { mine = prev.hello$0; }",
        expect![[r#"
        derivation hello 2.10 (likely)
        → /nixpkgs/pkgs/top-level/all-packages.nix:4 hello
    "#]],
    );
}

#[test]
fn call_package() {
    check(
        "//- /x/main.nix\n{ stdenv, callPackage }: (callPackage ./p.nix { n = { q = 1; }; }).n$0\n//- /x/p.nix\n{ stdenv, n }: { inherit n; }",
        expect![[r#"
        { q } (likely)
        → /x/main.nix:1 n
    "#]],
    );
    check(
        "//- /x/main.nix\n{ stdenv }: stdenv.mkDerivation$0",
        expect![[r#"
        function (likely)
        → nowhere
    "#]],
    );
    check(
        "//- /x/main.nix\n{ mkDerivation }: (mkDerivation { pname = \"a\"; }).pname$0",
        expect![[r#"
        "a" (likely)
        → /x/main.nix:1 pname
    "#]],
    );
}
