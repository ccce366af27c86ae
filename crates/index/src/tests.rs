use std::path::{Path, PathBuf};
use std::sync::Arc;

use expect_test::{Expect, expect};
use nival_source::fixture::Fixture;
use proptest::prelude::*;

use crate::build::Watch;
use crate::summary::{FileSummary, summarise};
use crate::{Index, View, build, fuzzy};

struct Quiet;

impl Watch for Quiet {
    fn stop(&self) -> bool {
        false
    }
    fn progress(&self, _: usize, _: usize) {}
}

fn index(fixture: &str) -> Index {
    build(&Fixture::parse(fixture).system(), &["/".into()], &Quiet).unwrap()
}

fn view(fixture: &str) -> View {
    View::new(Arc::new(index(fixture)), [])
}

fn summary(text: &str) -> FileSummary {
    summarise(&nival_hir::lower(&nival_syntax::flat::parse(text.as_bytes()), &nival_hir::LowerOptions::default()))
}

fn dotted(summary: &FileSummary, symbol: u32) -> String {
    summary.attr_path(symbol).iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// Every path of a text: how, where it stands, what it is.
#[track_caller]
fn check_edges(text: &str, expected: Expect) {
    let summary = summary(text);
    let mut edges: Vec<_> = summary.edges.iter().collect();
    edges.sort_by_key(|edge| edge.range.start());
    let mut shown = String::new();
    for edge in edges {
        let at = edge.symbol.map_or("-".to_owned(), |symbol| dotted(&summary, symbol));
        let notes = [(edge.applied, " applied"), (edge.conditional, " conditional")].map(|(is, note)| if is { note } else { "" }).concat();
        shown.push_str(&format!("{} {:?} {at}{notes}\n", &text[edge.range], edge.how));
    }
    expected.assert_eq(&shown);
}

#[track_caller]
fn check_symbols(text: &str, expected: Expect) {
    let summary = summary(text);
    let mut shown = String::new();
    for (number, symbol) in (0..).zip(&summary.symbols) {
        let notes =
            [(symbol.is_local(), " local"), (symbol.is_argument(), " argument")].map(|(is, note)| if is { note } else { "" }).concat();
        shown.push_str(&format!("{} {:?} [{}]{notes}\n", dotted(&summary, number), symbol.kind, &text[symbol.range()]));
    }
    expected.assert_eq(&shown);
}

/// What each file is, and who reaches it.
#[track_caller]
fn check_files(fixture: &str, expected: Expect) {
    expected.assert_eq(&files(&view(fixture)));
}

fn files(view: &View) -> String {
    let mut paths: Vec<_> = view.files().map(|(path, _)| path.clone()).collect();
    paths.sort();
    let mut shown = String::new();
    for path in paths {
        shown.push_str(&format!("{} {:?}\n", path.display(), view.kind(&path)));
        for caller in view.callers(&path) {
            let edge = caller.edge().unwrap();
            let at = edge.symbol.map_or("-".to_owned(), |symbol| dotted(&caller.summary, symbol));
            shown.push_str(&format!("  {:?} {} {at}\n", edge.how, caller.path.display()));
        }
    }
    shown
}

#[test]
fn how_paths_are_reached() {
    check_edges(
        "{ callPackage, lib, pkgs, ... }: let call = lib.callPackageWith { }; in {
            hello = callPackage ../hello { };
            deep.er = pkgs.python.callPackage (./x + \"/y.nix\") { };
            set = call ./no.nix { };
            with' = lib.callPackageWith pkgs ./w.nix { };
            lib = import ./lib;
            config = (import ./config.nix { }).all;
            src = ./.;
            scoped = scopedImport { } ./s.nix;
            byName = builtins.readDir ./by-name;
            maybe = if builtins.pathExists ./m.nix then import ./m.nix else { };
        }",
        expect![[r#"
            ../hello CallPackage hello applied
            ./x + "/y.nix" CallPackage deep.er applied
            ./no.nix Path set
            ./w.nix CallPackage with' applied
            ./lib Import lib
            ./config.nix Import config applied
            ./. Path src
            ./s.nix Import scoped
            ./by-name Folder byName
            ./m.nix Asked maybe
            ./m.nix Import maybe conditional
        "#]],
    );
}

#[test]
fn lists_of_modules_and_overlays() {
    check_edges(
        "{ lib, inputs }: {
            imports = [ ./a.nix (import ./b.nix { }) ] ++ lib.optional true ./c.nix ++ (with lib; [ ./d.nix ]);
            nixosConfigurations.host = lib.nixosSystem { modules = [ ./host.nix { imports = [ ./e.nix ]; } inputs.x.nixosModules.y ]; };
            nixpkgs.overlays = [ (import ./overlay.nix) ./o2.nix ];
        }",
        expect![[r#"
            ./a.nix Module imports
            ./b.nix Import imports applied
            ./c.nix Module imports conditional
            ./d.nix Module imports
            ./host.nix Module nixosConfigurations.host.modules
            ./e.nix Module nixosConfigurations.host.modules.imports
            ./overlay.nix Import nixpkgs.overlays
            ./o2.nix Overlay nixpkgs.overlays
        "#]],
    );
}

#[test]
fn symbols_are_definitions() {
    check_symbols(
        "{ mkDerivation, fetchurl }: let f = x: x; inherit (f) g; in rec {
            a.b = 1; a.c = [ ];
            inherit f;
            p = mkDerivation { pname = \"p\"; src = fetchurl { url = \"u\"; }; };
            \"quo ted\" = x: { inner = ./p; };
        }",
        expect![[r#"
            f Other [f] local
            a Set [a]
            p Call [p]
            quo ted Function ["quo ted"]
            quo ted.inner Path [inner]
            p.pname Str [pname] argument
            p.src Call [src] argument
            a.b Number [b]
            a.c List [c]
        "#]],
    );
}

#[test]
fn names_that_may_refer_to_an_attribute() {
    let summary = summary(
        "{ formal, other ? formal.ect }: [ (with formal; fromWith) (formal.a.b or 1) (other ? has) { inherit (other) inh; def = other; } ]",
    );
    let mut names: Vec<_> = summary.names.iter().map(ToString::to_string).collect();
    names.sort();
    assert_eq!(names.join(" "), "a b def ect formal fromWith has inh other");
    assert!(summary.mentions(nival_syntax::Name::new("inh")) && !summary.mentions(nival_syntax::Name::new("ot")));
    assert_eq!(summary.formals.len(), 2);
}

#[test]
fn what_files_are() {
    check_files(
        "//- /flake.nix
{ inputs = { }; outputs = { self, nixpkgs }: { nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./a.nix ]; }; overlays.default = import ./overlay.nix; }; }
//- /a.nix
{ config, lib, ... }: { imports = [ ./plain.nix ]; }
//- /plain.nix
{ services.x = true; }
//- /overlay.nix
final: prev: { hello = final.callPackage ./pkgs/hello { }; }
//- /pkgs/hello/default.nix
{ stdenv }: stdenv.mkDerivation { name = \"x\"; }
//- /pkgs/top.nix
{ callPackage }: { a = callPackage ./hello { }; b = callPackage ./hello { x = 1; }; c = callPackage ./made.nix { }; }
//- /pkgs/made.nix
{ a }: a
//- /lib.nix
{ lib }: { f = x: x; g = y: y; }
//- /pkgs/by-name/ab/abc/package.nix
{ f }: f { }
",
        expect![[r#"
            /a.nix Module
              Module /flake.nix outputs.nixosConfigurations.a.modules
            /flake.nix Flake
            /lib.nix Library
            /overlay.nix Overlay
              Import /flake.nix outputs.overlays.default
            /pkgs/by-name/ab/abc/package.nix Package
            /pkgs/hello/default.nix Package
              CallPackage /overlay.nix hello
              CallPackage /pkgs/top.nix a
              CallPackage /pkgs/top.nix b
            /pkgs/made.nix Package
              CallPackage /pkgs/top.nix c
            /pkgs/top.nix PackageSet
            /plain.nix Module
              Module /a.nix imports
        "#]],
    );
}

#[test]
fn files_come_and_go() {
    let mut index = index("//- /a.nix\nimport ./b.nix\n//- /b.nix\n1\n");
    index.set(Path::new("/c.nix"), Some(summary("[ (import ./b.nix) (import ./d) ]")));
    index.set(Path::new("/a.nix"), Some(summary("import ./d")));
    index.set(Path::new("/d/default.nix"), Some(summary("1")));
    let expected = expect![[r#"
        /a.nix Plain
        /b.nix Plain
          Import /c.nix -
        /c.nix Plain
        /d/default.nix Plain
          Import /a.nix -
          Import /c.nix -
    "#]];
    expected.assert_eq(&files(&View::new(Arc::new(index.clone()), [])));
    index.set(Path::new("/c.nix"), None);
    assert_eq!(index.len(), 3);
    // A buffer wins over the disk.
    let open: (Arc<Path>, _) = (Path::new("/a.nix").into(), Arc::new(summary("import ./b.nix")));
    expect![[r#"
        /a.nix Plain
        /b.nix Plain
          Import /a.nix -
        /d/default.nix Plain
    "#]]
    .assert_eq(&files(&View::new(Arc::new(index), [open])));
}

#[test]
fn symbols_by_a_few_letters() {
    let view = view(
        "//- /a.nix\n{ services.openssh.enable = true; programs.ssh.enable = 1; hello = f { hello = 1; }; }\n//- /b.nix\nlet hello = 1; in { sayHello = hello; }\n",
    );
    let found = |query: &str| {
        let found = fuzzy::search(&view, query, 3, &|| false);
        found.iter().map(|m| format!("{}:{}", m.path.display(), dotted(&m.summary, m.symbol))).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(found("hello"), "/a.nix:hello /b.nix:hello /a.nix:hello.hello");
    assert_eq!(found("ssh.enable"), "/a.nix:programs.ssh.enable /a.nix:services.openssh.enable");
    assert_eq!(found("nothing"), "");
}

proptest! {
    /// Any text has a summary, whose ranges lie in the text and whose parents come first.
    #[test]
    fn any_text_has_a_summary(text in "([a-c]|[{}();=.:?@\\[\\]/+\"]|\\./x|callPackage|import|imports|inherit|rec|let|in|with| ){0,60}") {
        let summary = summary(&text);
        for (number, symbol) in (0u32..).zip(&summary.symbols) {
            prop_assert!(text.get(std::ops::Range::<usize>::from(symbol.range())).is_some());
            prop_assert!(symbol.parent.is_none_or(|parent| parent < number));
        }
        for edge in &summary.edges {
            prop_assert!(text.get(std::ops::Range::<usize>::from(edge.range)).is_some());
            prop_assert!(edge.symbol.is_none_or(|symbol| (symbol as usize) < summary.symbols.len()));
        }
        prop_assert!(summary.names.windows(2).all(|pair| pair[0] < pair[1]));
    }

    /// An index that grew file by file says what one that was built at once says.
    #[test]
    fn updates_give_what_a_build_gives(steps in prop::collection::vec((0usize..4, 0usize..5), 1..12)) {
        let texts = ["1", "import ./f0.nix", "{ imports = [ ./f1.nix ./f2.nix ]; }", "callPackage ./f3.nix { }"];
        let path = |file: usize| PathBuf::from(format!("/f{file}.nix"));
        let mut index = Index::new(vec!["/".into()], None);
        let mut last = [None; 4];
        for (file, text) in steps {
            last[file] = texts.get(text).copied();
            index.set(&path(file), last[file].map(summary));
        }
        let mut built = Index::new(vec!["/".into()], None);
        for (file, text) in last.iter().enumerate() {
            built.set(&path(file), text.map(summary));
        }
        prop_assert_eq!(files(&View::new(Arc::new(index), [])), files(&View::new(Arc::new(built), [])));
    }
}
