//! Package sets with the overlays of the workspace.

use std::path::PathBuf;

use expect_test::{Expect, expect};
use nival_shape::{Flake, FlakeNode, Shapes, Surroundings};
use nival_source::fixture::{Fixture, TestDb};
use salsa::Setter;

use crate::support::{at_cursor, database, describe, edit};

const TREE: &str = r#"
//- /nixpkgs/lib/default.nix
{ id = x: x; }
//- /nixpkgs/lib/trivial.nix
{ }
//- /nixpkgs/pkgs/top-level/aliases.nix
lib: self: super: { }
//- /nixpkgs/pkgs/top-level/all-packages.nix
{ lib, ... }: self: super: pkgs: { hello = { version = 1; }; tool = { a = 1; }; }
"#;

/// A workspace at `/w` whose files all may list overlays; in it a flake at `/w/f`.
fn workspace(text: &str) -> (TestDb, Fixture) {
    let (mut db, fixture) = database(&format!("{text}{TREE}"));
    let surroundings = Surroundings::get(&db);
    surroundings.set_roots(&mut db).to(vec!["/w".into(), "/nixpkgs".into()]);
    let files = fixture.files.iter().map(|file| file.path.clone()).filter(|path| path.starts_with("/w"));
    let files: Vec<PathBuf> = std::collections::BTreeSet::from_iter(files).into_iter().collect();
    surroundings.set_overlay_files(&mut db).to(files);
    let node = FlakeNode { folder: Some("/w/f".into()), is_flake: true, inputs: Vec::new() };
    surroundings.set_flakes(&mut db).to(vec![Flake { folder: "/w/f".into(), nodes: vec![node] }.into()]);
    (db, fixture)
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    let (db, fixture) = workspace(text);
    expected.assert_eq(&describe(&db, &fixture));
}

#[test]
fn a_file_of_an_overlay() {
    let overlay = "\n//- /w/overlay.nix\nfinal: prev: { hello = { mine = prev.hello; }; added = final.callPackage ./x.nix { }; }\n";
    check(
        &format!("//- /w/x.nix\n{{ stdenv, hello }}: hello$0{overlay}"),
        expect![[r#"
            { mine } (likely)
            → /w/overlay.nix:1 hello
        "#]],
    );
    check(
        &format!("//- /w/x.nix\n{{ pkgs }}: pkgs.hello.mine$0{overlay}"),
        expect![[r#"
            { version } (likely)
            → /w/overlay.nix:1 mine
        "#]],
    );
    check(
        &format!("//- /w/x.nix\n{{ pkgs }}: pkgs.tool$0{overlay}"),
        expect![[r#"
        { a } (likely)
        → /nixpkgs/pkgs/top-level/all-packages.nix:1 tool
    "#]],
    );
    // Neither nixpkgs itself nor another project has it.
    check(
        &format!("//- /nixpkgs/pkgs/x.nix\n{{ stdenv, hello }}: hello$0{overlay}"),
        expect![[r#"
        { version } (likely)
        → /nixpkgs/pkgs/top-level/all-packages.nix:1 hello
    "#]],
    );
    check(
        &format!("//- /w/f/x.nix\n{{ stdenv, hello }}: hello$0{overlay}"),
        expect![[r#"
        { version } (likely)
        → /nixpkgs/pkgs/top-level/all-packages.nix:1 hello
    "#]],
    );
}

#[test]
fn in_an_overlay() {
    check(
        "//- /w/overlays/a.nix\nfinal: prev: { hello = 1; b = [ final.other final.hello prev.hello$0 ]; }\n//- /w/overlays/b.nix\nself: super: { other = { }; }\n",
        expect![[r#"
            { version } (likely)
            → /nixpkgs/pkgs/top-level/all-packages.nix:1 hello
        "#]],
    );
    check(
        "//- /w/overlays/a.nix\nfinal: prev: { hello = 1; b = final.other$0; }\n//- /w/overlays/b/default.nix\nself: super: { other = { x = 1; }; }\n",
        expect![[r#"
            { x } (likely)
            → /w/overlays/b/default.nix:1 other
        "#]],
    );
}

#[test]
fn what_overlays_before_have() {
    let files = |asked: &str| {
        format!(
            "//- /w/overlays/a.nix\nfinal: prev: {{ hello = prev.hello // {{ first = 1; }}; mine = {{ it = final.late; }}; }}\n//- /w/overlays/b.nix\nfinal: prev: {{ hello = {{ second = prev.hello; }}; x = {asked}; late = {{ of = 1; }}; }}\n//- /w/overlays/c.nix\nself: super: {{ hello = {{ third = super.hello; }}; late = {{ last = 1; }}; }}\n"
        )
    };
    // What comes before: not the set without overlays, and not what comes behind.
    check(
        &files("prev.hello$0"),
        expect![[r#"
            { first, version } (likely)
            → /w/overlays/a.nix:1 hello
        "#]],
    );
    check(
        &files("final.hello.third.second$0"),
        expect![[r#"
        { first, version } (likely)
        → /w/overlays/b.nix:1 second
    "#]],
    );
    // What an overlay before refers to is from the end.
    check(
        &files("prev.mine.it$0"),
        expect![[r#"
        { last } (likely)
        → /w/overlays/a.nix:1 it
    "#]],
    );
    check(&files("prev.late$0"), expect![["?\n"]]);
}

/// Where overlays are listed, and a file beside it whose packages have them.
#[track_caller]
fn finds(files: &str) {
    let asking = "\n//- /w/x.nix\n{ pkgs, ... }: pkgs.added$0\n";
    let (db, fixture) = workspace(&format!("{files}{asking}"));
    assert_eq!(describe(&db, &fixture).lines().next(), Some("{ it } (likely)"), "{files}");
}

#[test]
fn where_overlays_are_listed() {
    let added = "{ added = { it = 1; }; }";
    // Outputs of a flake.
    finds(&format!("//- /w/flake.nix\n{{ outputs = {{ self, nixpkgs }}: {{ overlays.default = final: prev: {added}; }}; }}"));
    finds(&format!("//- /w/flake.nix\n{{ outputs = inputs: {{ overlay = final: prev: {added}; }}; }}"));
    finds(&format!(
        "//- /w/flake.nix\n{{ outputs = inputs: {{ overlays = import ./overlays {{ inherit inputs; }}; }}; }}\n//- /w/overlays/default.nix\n{{ inputs, ... }}: {{ additions = final: _prev: {added}; }}"
    ));
    finds(&format!("//- /w/flake.nix\n{{ outputs = inputs: let o = final: prev: {added}; in {{ overlays = {{ a = o; }}; }}; }}"));
    // Modules, and calls of nixpkgs.
    finds(&format!("//- /w/configuration.nix\n{{ lib, ... }}: {{ nixpkgs.overlays = lib.mkBefore [ (self: super: {added}) ]; }}"));
    finds(&format!("//- /w/configuration.nix\n{{ nixpkgs.overlays = [ (import ./mine.nix) ]; }}\n//- /w/mine.nix\nself: super: {added}"));
    finds(&format!("//- /w/default.nix\nimport <nixpkgs> {{ overlays = [ (self: super: {added}) ] ++ [ ]; }}"));
    // Files and folders of overlays.
    finds(&format!("//- /w/overlays.nix\n[ (self: super: {{ }}) (self: super: {added}) ]"));
    finds(&format!("//- /w/overlays/mine.nix\nself: super: {added}"));
}

#[test]
fn an_edit_of_an_overlay_asks_only_what_depends_on_it() {
    let text = "//- /w/x.nix\n{ pkgs, lib, ... }: pkgs.added$0\n//- /w/overlays/a.nix\nfinal: prev: { added = { it = 1; }; }\n//- /w/overlays/b.nix\nfinal: prev: { other = 1; }\n//- /w/y.nix\n{ lib }: lib.id 1\n";
    let (mut db, fixture) = workspace(text);
    // Opening a file makes it one that changes often, which is a change of its own.
    edit(&mut db, "/w/overlays/a.nix", "final: prev: { added = { it = 1; }; }");
    let ask = |db: &TestDb| {
        let (_, _, thunk) = at_cursor(db, &fixture);
        let shapes = Shapes::new(db);
        (shapes.describe(thunk), shapes.describe(shapes.file(db.file("/w/y.nix"))))
    };
    let mut after = |text: &str| {
        ask(&db);
        db.take_log();
        edit(&mut db, "/w/overlays/a.nix", text);
        let shown = ask(&db).0.unwrap_or_default();
        let mut ran = db.take_log();
        let all = ran.len();
        ran.retain(|query| ["in_file", "of_scope", "made_value", "expr_value"].contains(&query.as_str()));
        ran.sort();
        ran.dedup();
        format!("{shown}: {} of {all}", ran.join(" "))
    };
    // A comment is lowered, and that is all.
    expect!["{ it }:  of 4"].assert_eq(&after("final: prev: { /* c */ added = { it = 1; }; }"));
    expect!["{ this }: expr_value in_file made_value of 10"].assert_eq(&after("final: prev: { added = { this = 1; }; }"));
    // A file without overlays is no reason to ask which there are.
    edit(&mut db, "/w/y.nix", "{ lib }: lib.id 2");
    ask(&db);
    db.take_log();
    edit(&mut db, "/w/y.nix", "{ lib }: lib.id 3");
    ask(&db);
    let ran = db.take_log();
    assert!(!ran.iter().any(|query| query == "of_scope"), "{ran:?}");
}
