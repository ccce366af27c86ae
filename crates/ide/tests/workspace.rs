//! What a workspace says of itself, found without settings: overlays, flakes and their inputs, configurations, and how files are reached.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use nival_engine::{Budget, Change, Engine, EngineConfig, SearchPathEntry};
use nival_ide::*;
use nival_source::MemorySystem;
use nival_source::fixture::Fixture;

/// nixpkgs in miniature.
const NIXPKGS: &str = r#"
//- /nixpkgs/lib/default.nix
rec { id = x: x; genAttrs = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names); }
//- /nixpkgs/lib/trivial.nix
{ }
//- /nixpkgs/default.nix
import ./pkgs/top-level/impure.nix
//- /nixpkgs/flake.nix
{ outputs = { self }: let lib = import ./lib; in { lib = lib // { nixosSystem = args: args; }; legacyPackages = lib.genAttrs [ "x86_64-linux" ] (system: import ./. { inherit system; }); }; }
//- /nixpkgs/pkgs/top-level/impure.nix
{ ... }@args: import ./default.nix args
//- /nixpkgs/pkgs/top-level/default.nix
args: throw "a long way"
//- /nixpkgs/pkgs/top-level/aliases.nix
lib: self: super: { }
//- /nixpkgs/pkgs/top-level/all-packages.nix
{ lib, ... }: self: super: pkgs: { hello = { version = 1; }; jq = { name = "jq"; }; }
//- /nixpkgs/nixos/modules/module-list.nix
[ ./web.nix ]
//- /nixpkgs/nixos/modules/web.nix
{ lib, ... }: { options.services.web = { enable = lib.mkEnableOption "it"; port = lib.mkOption { type = lib.types.port; }; }; }
"#;

struct Workspace {
    engine: Engine,
    system: Arc<MemorySystem>,
    fixture: Fixture,
}

impl Workspace {
    /// Folders that are opened, and files; nothing is said of them.
    fn open(roots: &[&str], files: &str) -> Workspace {
        let fixture = Fixture::parse(&format!("{files}{NIXPKGS}"));
        let system = Arc::new(fixture.system());
        let config = EngineConfig { roots: roots.iter().map(Into::into).collect(), ..EngineConfig::editor("x86_64-linux".into()) };
        let mut engine = Engine::with_system(config, system.clone());
        engine.snapshot().project(Duration::from_secs(60)).unwrap();
        engine.catch_up();
        Workspace { engine, system, fixture }
    }

    /// The same with `NIX_PATH` or a channel.
    fn with_search_path(mut self, entries: &[&str]) -> Workspace {
        let config = (*self.engine.config()).clone();
        let search_path = entries.iter().map(|entry| SearchPathEntry::parse(entry)).collect();
        let mut change = Change::new();
        change.set_config(EngineConfig { search_path, ..config });
        self.engine.apply(change);
        self
    }

    fn at_cursor(&self) -> FilePosition {
        let (file, cursor) = self.fixture.cursor().expect("a cursor");
        FilePosition { path: file.path.as_path().into(), offset: TextSize::new(cursor) }
    }

    /// What the name before the cursor is, and where its definition is.
    fn ask(&self) -> String {
        let (snapshot, at) = (self.engine.snapshot(), self.at_cursor());
        let at = FilePosition { offset: at.offset - TextSize::new(1), ..at };
        let control = Control::new(Budget::INTERACTIVE);
        let hover = hover(&snapshot, &at, &control).unwrap();
        let mut out = format!("{}\n", hover.and_then(|hover| hover.shape).unwrap_or_else(|| "?".to_owned()));
        for target in definition(&snapshot, &at, &control).unwrap() {
            let text = snapshot.text(&target.full.path).unwrap_or_default();
            let line = text.get(usize::from(target.focus.start())..).unwrap_or_default().lines().next().unwrap_or_default();
            out.push_str(&format!("→ {}: {}\n", target.full.path.display(), line.chars().take(24).collect::<String>()));
        }
        out
    }

    /// The first candidates at the cursor.
    fn complete(&self) -> String {
        let found = completion(&self.engine.snapshot(), &self.at_cursor(), &Control::new(Budget::INTERACTIVE)).unwrap();
        found.iter().take(8).map(|item| item.label.as_str()).collect::<Vec<_>>().join(" ")
    }
}

#[track_caller]
fn check(files: &str, expected: Expect) {
    expected.assert_eq(&Workspace::open(&["/w"], files).ask());
}

/// `/w/flake.nix` with nixpkgs as an input that is a folder.
fn flake(outputs: &str) -> String {
    format!("//- /w/flake.nix\n{{ inputs.nixpkgs.url = \"path:/nixpkgs\"; outputs = {outputs}; }}\n")
}

#[test]
fn inputs_of_a_flake_are_package_sets() {
    check(
        &flake("{ self, nixpkgs }: { a = system: nixpkgs.legacyPackages.${system}.hello$0; }"),
        expect![[r#"
            { version }
            → /nixpkgs/pkgs/top-level/all-packages.nix: hello = { version = 1; }
        "#]],
    );
    check(
        &flake(
            "{ self, nixpkgs }: let pkgs = import nixpkgs { system = \"x\"; overlays = [ (final: prev: { mine = { a = prev.hello; }; }) ]; }; in pkgs.mine$0",
        ),
        expect![[r#"
            { a }
            → /w/flake.nix: mine = { a = prev.hello;
        "#]],
    );
    check(
        &flake("inputs: { a = inputs.nixpkgs.lib.id$0; }"),
        expect![[r#"
        x: …
        → /nixpkgs/lib/default.nix: id = x: x; genAttrs = na
    "#]],
    );
    check(
        &flake("inputs@{ self, ... }: { a = { b = 1; }; c = self.a.b$0; }"),
        expect![[r#"
        1
        → /w/flake.nix: b = 1; }; c = self.a.b; 
    "#]],
    );
    assert_eq!(
        Workspace::open(&["/w"], &flake("{ self, nixpkgs }: { a = system: nixpkgs.legacyPackages.${system}.he$0; }")).complete(),
        "hello"
    );
    assert_eq!(Workspace::open(&["/w"], &flake("inputs: { a = inputs.nix$0; }")).complete(), "nixpkgs");
}

#[test]
fn outputs_of_other_flakes() {
    let other = "//- /w/other/flake.nix\n{ inputs.nixpkgs.url = \"x\"; outputs = { self, nixpkgs }: { packages.x86_64-linux.tool = nixpkgs.legacyPackages.x86_64-linux.jq; overlays.default = final: prev: { }; }; }\n";
    let own = |outputs: &str| {
        format!(
            "//- /w/flake.nix\n{{ inputs = {{ nixpkgs.url = \"path:/nixpkgs\"; other = {{ url = \"./other\"; inputs.nixpkgs.follows = \"nixpkgs\"; }}; again.follows = \"other\"; }}; outputs = {outputs}; }}\n{other}"
        )
    };
    check(
        &own("{ self, nixpkgs, other, again }: other.packages.x86_64-linux.tool$0"),
        expect![[r#"
        { name }
        → /w/other/flake.nix: tool = nixpkgs.legacyPac
    "#]],
    );
    check(
        &own("{ again, ... }: { a = system: again.packages.${system}.tool$0; }"),
        expect![[r#"
        { name }
        → /w/other/flake.nix: tool = nixpkgs.legacyPac
    "#]],
    );
    // A module of the flake, which is given its inputs.
    check(
        &format!("//- /w/m.nix\n{{ inputs, config, ... }}: {{ x = inputs.other.packages.x86_64-linux.tool$0; }}\n{}", own("inputs: { }")),
        expect![[r#"
            { name }
            → /w/other/flake.nix: tool = nixpkgs.legacyPac
        "#]],
    );
    let outputs = "{ self, nixpkgs, ... }: { packages = nixpkgs.lib.genAttrs [ \"x86_64-linux\" ] (system: { mine = { a = 1; }; }); }";
    check(
        &format!("//- /w/m.nix\n{{ inputs, config, ... }}: {{ x = inputs.self.packages.x86_64-linux.mine$0; }}\n{}", own(outputs)),
        expect![[r#"
            { a }
            → /w/flake.nix: mine = { a = 1; }; }); }
        "#]],
    );
    check(
        &format!("//- /w/m.nix\n{{ pkgs, config, ... }}: {{ x = pkgs.hello$0; }}\n{}", own("inputs: { }")),
        expect![[r#"
        { version }
        → /nixpkgs/pkgs/top-level/all-packages.nix: hello = { version = 1; }
    "#]],
    );
}

#[test]
fn lock_files_lead_to_what_is_on_the_disk() {
    let lock = r#"//- /w/flake.lock
{ "version": 7, "root": "root", "nodes": {
  "root": { "inputs": { "a": "a", "nixpkgs": [ "a", "nixpkgs" ], "gone": "gone" } },
  "a": { "inputs": { "nixpkgs": "n" }, "locked": { "type": "path", "path": "./a" }, "original": { "type": "path", "path": "./a" }, "parent": [] },
  "n": { "locked": { "type": "path", "path": "/nixpkgs" }, "original": { "type": "indirect", "id": "nixpkgs" } },
  "gone": { "locked": { "type": "github", "owner": "o", "repo": "r", "rev": "0000000000000000000000000000000000000000", "narHash": "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }, "original": { "type": "indirect", "id": "gone" } }
} }
//- /w/a/flake.nix
{ outputs = { self, nixpkgs }: { x = nixpkgs.legacyPackages.x86_64-linux; }; }
"#;
    let own = |outputs: &str| format!("//- /w/flake.nix\n{{ inputs.a.url = \"x\"; outputs = {outputs}; }}\n{lock}");
    check(
        &own("{ self, a, ... }: a.x.hello$0"),
        expect![[r#"
        { version }
        → /nixpkgs/pkgs/top-level/all-packages.nix: hello = { version = 1; }
    "#]],
    );
    check(
        &own("{ self, nixpkgs, ... }: nixpkgs.legacyPackages.x86_64-linux.jq$0"),
        expect![[r#"
        { name }
        → /nixpkgs/pkgs/top-level/all-packages.nix: jq = { name = "jq"; }; }
    "#]],
    );
    check(
        &own("{ self, gone, ... }: gone$0"),
        expect![[r#"
        set
        → /w/flake.nix: gone, ... }: gone; }
    "#]],
    );
    // A lock file that changes.
    let files = own("{ self, nixpkgs, ... }: nixpkgs.legacyPackages.x86_64-linux.jq$0");
    let mut workspace = Workspace::open(&["/w"], &files);
    workspace.system.write("/w/flake.lock", "{}");
    let mut change = Change::new();
    change.disk_changed("/w/flake.lock");
    workspace.engine.apply(change);
    workspace.engine.snapshot().project(Duration::from_secs(60)).unwrap();
    assert!(workspace.engine.catch_up());
    assert_eq!(workspace.ask(), "?\n");
}

#[test]
fn overlays_of_the_workspace() {
    let overlay = "//- /w/overlays/default.nix\nfinal: prev: { hello = prev.hello // { mine = 1; }; added = final.callPackage ../pkgs/added.nix { }; }\n";
    let package = "//- /w/pkgs/added.nix\n{ stdenv, hello }: hello.mine$0\n";
    check(
        &format!("{package}{overlay}{}", flake("{ self, nixpkgs }: { overlays.default = import ./overlays; }")),
        expect![[r#"
        1
        → /w/overlays/default.nix: mine = 1; }; added = fin
    "#]],
    );
    // Of the search path, without a flake.
    let workspace = Workspace::open(&["/w"], &format!("{package}{overlay}")).with_search_path(&["nixpkgs=/nixpkgs"]);
    expect![[r#"
        1
        → /w/overlays/default.nix: mine = 1; }; added = fin
    "#]]
    .assert_eq(&workspace.ask());
    // Each folder that is opened has its own.
    let files = format!("//- /v/x.nix\n{{ stdenv, hello }}: hello$0\n{overlay}");
    let workspace = Workspace::open(&["/v", "/w"], &files).with_search_path(&["nixpkgs=/nixpkgs"]);
    expect![[r#"
        { version }
        → /v/x.nix: hello }: hello
    "#]]
    .assert_eq(&workspace.ask());
}

#[test]
fn a_text_that_nobody_saved_counts() {
    let files = format!("//- /w/x.nix\n{{ pkgs }}: pkgs.added$0\n//- /w/overlay.nix\nfinal: prev: {{ }}\n{}", flake("inputs: { }"));
    let mut workspace = Workspace::open(&["/w"], &files);
    assert_eq!(workspace.ask(), "?\n");
    let mut change = Change::new();
    change.set_buffer(Path::new("/w/overlay.nix"), "final: prev: { added = { now = 1; }; }");
    workspace.engine.apply(change);
    expect![[r#"
        { now }
        → /w/overlay.nix: added = { now = 1; }; }
    "#]]
    .assert_eq(&workspace.ask());
}

/// home-manager in miniature: its list of modules reads folders.
const HOME_MANAGER: &str = r#"
//- /hm/flake.nix
{ outputs = { self, nixpkgs, ... }: { nixosModules.home-manager = ./nixos; lib.homeManagerConfiguration = args: args; }; }
//- /hm/nixos/default.nix
{ lib, ... }: { options.home-manager.users = lib.mkOption { type = lib.types.attrsOf (lib.types.submoduleWith { modules = [ ]; }); }; }
//- /hm/modules/lib/stdlib-extended.nix
lib: lib
//- /hm/modules/modules.nix
{ pkgs, lib, useNixpkgsModule ? true }:
let
  modules = builtins.concatLists [
    [ ./home.nix (pkgs.path + "/nixos/modules/misc/assertions.nix") ]
    (lib.optional useNixpkgsModule ./misc/nixpkgs.nix)
    (lib.optional (!useNixpkgsModule) ./misc/nixpkgs-disabled.nix)
    (lib.concatMap (dir: map (lib.path.append dir) (builtins.attrNames (builtins.readDir dir))) [ ./programs ])
  ];
in modules
//- /hm/modules/home.nix
{ lib, ... }: { options.home = { username = lib.mkOption { type = lib.types.str; description = "Whose it is."; }; packages = lib.mkOption { type = lib.types.listOf lib.types.package; }; }; }
//- /hm/modules/misc/nixpkgs.nix
{ lib, ... }: { options.nixpkgs.config = lib.mkOption { default = { }; }; }
//- /hm/modules/misc/nixpkgs-disabled.nix
{ lib, ... }: { options.nixpkgs.config = lib.mkOption { default = { }; }; }
//- /hm/modules/programs/git.nix
{ lib, ... }:
let
  renamed = old: new: lib.mkRenamedOptionModule [ "programs" "git" old ] [ "programs" "git" new ];
in
{
  imports = [ (renamed "userMail" "email") ] ++ lib.hm.deprecations.mkSettingsRenamedOptionModules [ "programs" "git" ] [ "x" ] { } [ "signer" [ "opts" "a" ] ];
  options.programs.git = { enable = lib.mkEnableOption "it"; email = lib.mkOption { type = lib.types.nullOr lib.types.str; }; };
}
//- /hm/modules/programs/fox/default.nix
let make = import ./make.nix; path = [ "programs" "fox" ]; in { imports = [ (make { inherit path; name = "Fox"; }) ]; }
//- /hm/modules/programs/fox/make.nix
{ path, name }: { lib, ... }: let other = "hen"; in { imports = [ { options.programs.${other}.on = lib.mkEnableOption "it"; } ]; options = lib.setAttrByPath path { speed = lib.mkOption { type = lib.types.int; description = "How fast ${name} is."; }; }; }
//- /nixpkgs/nixos/modules/misc/assertions.nix
{ lib, ... }: { options.assertions = lib.mkOption { type = lib.types.listOf lib.types.unspecified; }; }
"#;

impl Workspace {
    /// What is said of the options of a file, open or not.
    fn options(&self, path: &str) -> String {
        let snapshot = self.engine.snapshot();
        let project = snapshot.project(Duration::from_secs(60)).unwrap();
        let shown = |found: Vec<Diagnostic>| {
            let of_options = found.into_iter().filter(|found| found.code.contains("option"));
            of_options.map(|found| format!("{}: {}\n", found.code, found.message)).collect::<String>()
        };
        let closed = closed_file_diagnostics(&snapshot, &project, Path::new(path)).unwrap();
        let closed = shown(closed.map(|found| found.1).unwrap_or_default());
        let mut engine = Workspace { engine: self.reopened(), system: self.system.clone(), fixture: self.fixture.clone() };
        let mut change = Change::new();
        change.set_buffer(Path::new(path), &*snapshot.text(Path::new(path)).unwrap());
        engine.engine.apply(change);
        let snapshot = engine.engine.snapshot();
        snapshot.project(Duration::from_secs(60)).unwrap();
        assert_eq!(shown(option_diagnostics(&snapshot, Path::new(path)).unwrap()), closed, "an open file is told the same");
        closed
    }

    fn reopened(&self) -> Engine {
        let mut engine = Engine::with_system((*self.engine.config()).clone(), self.system.clone());
        engine.snapshot().project(Duration::from_secs(60)).unwrap();
        engine.catch_up();
        engine
    }
}

fn home(files: &str) -> Workspace {
    Workspace::open(&["/w"], &format!("{files}{HOME_MANAGER}")).with_search_path(&["nixpkgs=/nixpkgs", "home-manager=/hm"])
}

#[test]
fn options_of_home_manager() {
    // Neither `config` nor `imports` says that it is a module: its name does.
    assert_eq!(home("//- /w/home.nix\n{ pkgs, ... }: { home.us$0 }\n").complete(), "username");
    assert_eq!(home("//- /w/home.nix\n{ pkgs, ... }: { programs.$0 }\n").complete(), "fox git hen");
    assert_eq!(home("//- /w/home.nix\n{ pkgs, ... }: { programs.git.$0 }\n").complete(), "email enable");
    assert_eq!(home("//- /w/home.nix\n{ pkgs, ... }: { programs.fox.$0 }\n").complete(), "speed");
    // A module that it imports.
    assert_eq!(home("//- /w/git.nix\n{ programs.g$0 }\n//- /w/home.nix\n{ imports = [ ./git.nix ]; }\n").complete(), "git");
    let workspace = home("//- /w/home.nix\n{ pkgs, ... }: { home.username$0 = \"me\"; }\n");
    expect![[r#"
        "me"
        → /hm/modules/home.nix: username = lib.mkOption 
    "#]]
    .assert_eq(&workspace.ask());
    let read = |option: &str| home(&format!("//- /w/home.nix\n{{ config, ... }}: {{ x = config.{option}$0; }}\n")).ask();
    expect![[r#"
        string
        → /hm/modules/programs/git.nix: email = lib.mkOption { t
    "#]]
    .assert_eq(&read("programs.git.email"));
    // What a function declares.
    expect![[r#"
        int
        → /hm/modules/programs/fox/make.nix: speed = lib.mkOption { t
    "#]]
    .assert_eq(&read("programs.fox.speed"));
    let read = |option: &str| home(&format!("//- /w/home.nix\n{{ config, ... }}: {{ x = config.{option}$0; }}\n")).complete();
    assert_eq!(read("programs."), "fox git hen");
    assert_eq!(read("programs.fox."), "speed");
    // Of NixOS there it has none, and a configuration of NixOS has none of these.
    assert_eq!(home("//- /w/home.nix\n{ pkgs, ... }: { services.$0 }\n").complete(), "");
    assert_eq!(home("//- /w/configuration.nix\n{ pkgs, ... }: { services.$0 }\n").complete(), "web");
    assert_eq!(home("//- /w/configuration.nix\n{ pkgs, ... }: { programs.$0 }\n").complete(), "");
}

#[test]
fn mistakes_in_options_of_home_manager() {
    let files = "//- /w/home.nix\n{ imports = [ ./git.nix ]; home.usrname = \"me\"; programs.fox.speed = \"fast\"; assertions = [ ]; }\n//- /w/git.nix\n{ programs.git = { enabel = true; userMail = \"\"; signer = 1; opts.b = 1; }; nixpkgs.config.x = 1; }\n";
    let workspace = home(files);
    expect![[r#"
        unknown-option: no module declares the option `home.usrname`; did you mean 'username'?
        option-type: the option `programs.fox.speed` takes an integer, and this is a string
    "#]]
    .assert_eq(&workspace.options("/w/home.nix"));
    expect![[r#"
        unknown-option: no module declares the option `programs.git.enabel`; did you mean 'enable'?
    "#]]
    .assert_eq(&workspace.options("/w/git.nix"));
    // Nothing in the tree itself: what is there under a condition is not there twice.
    let workspace = Workspace::open(&["/hm"], HOME_MANAGER).with_search_path(&["nixpkgs=/nixpkgs"]);
    for path in ["/hm/modules/misc/nixpkgs.nix", "/hm/modules/programs/git.nix", "/hm/modules/programs/fox/default.nix"] {
        assert_eq!(workspace.options(path), "", "{path}");
    }
    // A list that is not known as a whole: nothing is certain.
    let without = home(&files.replace("./git.nix ]", "./git.nix ./none.nix ]"));
    assert_eq!(without.options("/w/home.nix"), "");
    // Without home-manager on the disk.
    let without = Workspace::open(&["/w"], files).with_search_path(&["nixpkgs=/nixpkgs"]);
    assert_eq!(without.options("/w/home.nix"), "");
}

/// A flake with NixOS and home-manager as inputs that are folders.
fn configurations(outputs: &str, files: &str) -> Workspace {
    let flake = format!(
        "//- /w/flake.nix\n{{ inputs = {{ nixpkgs.url = \"path:/nixpkgs\"; home-manager = {{ url = \"path:/hm\"; inputs.nixpkgs.follows = \"nixpkgs\"; }}; }}; outputs = {outputs}; }}\n"
    );
    Workspace::open(&["/w"], &format!("{flake}{files}{HOME_MANAGER}"))
}

#[test]
fn configurations_of_flakes() {
    let outputs = "{ self, nixpkgs, home-manager }@inputs: {
      nixosConfigurations.host = nixpkgs.lib.nixosSystem { system = \"x86_64-linux\"; modules = [ ./configuration.nix home-manager.nixosModules.home-manager { services.web.enable = true; } ]; };
      homeConfigurations.\"me@host\" = inputs.home-manager.lib.homeManagerConfiguration { pkgs = nixpkgs.legacyPackages.x86_64-linux; modules = [ ./me.nix ]; };
    }";
    let files = "//- /w/configuration.nix\n{ imports = [ ./web.nix ]; home-manager.users.me = { }; servces.x = 1; }\n//- /w/web.nix\n{ services.web.port = \"80\"; services.wob = { }; }\n//- /w/me.nix\n{ home.username = \"me\"; programs.got.enable = true; }\n";
    let workspace = configurations(outputs, files);
    expect![[r#"
        unknown-option: no module declares the option `servces`; did you mean 'services'?
    "#]]
    .assert_eq(&workspace.options("/w/configuration.nix"));
    expect![[r#"
        option-type: the option `services.web.port` takes an integer, and this is a string
        unknown-option: no module declares the option `services.wob`; did you mean 'web'?
    "#]]
    .assert_eq(&workspace.options("/w/web.nix"));
    expect![[r#"
        unknown-option: no module declares the option `programs.got`; did you mean 'git'?
    "#]]
    .assert_eq(&workspace.options("/w/me.nix"));
    let silent = |outputs: &str| {
        for path in ["/w/configuration.nix", "/w/web.nix", "/w/me.nix"] {
            assert_eq!(configurations(outputs, files).options(path), "", "{path} of {outputs}");
        }
    };
    // A module of an input that is not there, a list that is worked out, a function that nobody knows, modules from elsewhere.
    silent(
        &outputs
            .replace("./configuration.nix home", "./configuration.nix inputs.other.nixosModules.x home")
            .replace("[ ./me.nix ]", "[ ./me.nix inputs.other.x ]"),
    );
    silent(&outputs.replace("[ ./configuration.nix", "more ++ [ ./configuration.nix").replace("[ ./me.nix ]", "(f [ ./me.nix ])"));
    silent(&outputs.replace("nixpkgs.lib.nixosSystem", "self.lib.nixosSystem").replace("inputs.home-manager.lib", "self.lib"));
    silent(
        &outputs
            .replace("system = \"x86_64-linux\"", "baseModules = [ ]")
            .replace("pkgs = nixpkgs.legacyPackages.x86_64-linux", "check = true; y = 1"),
    );
    // Completion knows of each file what it is.
    let complete = |files: &str| configurations(outputs, files).complete();
    assert_eq!(complete("//- /w/me.nix\n{ pkgs, ... }: { programs.$0 }\n//- /w/configuration.nix\n{ }\n"), "fox git hen");
    assert_eq!(complete("//- /w/configuration.nix\n{ pkgs, ... }: { services.$0 }\n//- /w/me.nix\n{ }\n"), "web");
}

#[test]
fn users_of_home_manager_in_nixos() {
    let outputs = "{ self, nixpkgs, home-manager }: { nixosConfigurations.host = nixpkgs.lib.nixosSystem { modules = [ ./modules/host.nix home-manager.nixosModules.home-manager { home-manager.users.me = import ./me.nix; } ]; }; }";
    let files = "//- /w/modules/host.nix\n{ pkgs, ... }: { servces.x = 1; home-manager.users.other = { imports = [ ./other.nix ]; home.username = 1; programs.got.enable = true; }; }\n//- /w/me.nix\n{ pkgs, ... }: { home.usrname = \"me\"; own.it = 1; programs.fox.speed = 2; }\n//- /w/modules/other.nix\n{ lib, ... }: { options.own.it = lib.mkOption { }; options.home.username = lib.mkOption { default = 1; }; config.services.web.enable = true; }\n";
    let workspace = configurations(outputs, files);
    expect![[r#"
        unknown-option: no module declares the option `home.usrname`; did you mean 'username'?
    "#]]
    .assert_eq(&workspace.options("/w/me.nix"));
    expect![[r#"
        unknown-option: no module declares the option `servces`; did you mean 'services'?
        unknown-option: no module declares the option `programs.got`; did you mean 'git'?
    "#]]
    .assert_eq(&workspace.options("/w/modules/host.nix"));
    // It sets one of NixOS. That it gives an option of home-manager a default, it may.
    expect![[r#"
        unknown-option: no module declares the option `services`
    "#]]
    .assert_eq(&workspace.options("/w/modules/other.nix"));
    let silent = |outputs: &str, files: &str| {
        let workspace = configurations(outputs, files);
        assert_eq!(workspace.options("/w/me.nix") + &workspace.options("/w/modules/other.nix"), "", "{outputs}\n{files}");
    };
    // Without its module, with modules for all users, a name that stands for a user, users that are worked out.
    silent(&outputs.replace("home-manager.nixosModules.home-manager ", ""), files);
    silent(outputs, &files.replace("servces.x = 1", "home-manager.sharedModules = [ ]"));
    silent(outputs, &files.replace("servces.x = 1", "x = lib.mkAliasOptionModule [ \"hm\" ] [ \"home-manager\" ]"));
    silent(outputs, &files.replace("servces.x = 1", "imports = [ { home-manager.users = pkgs.x; } ]"));
    silent(outputs, &files.replace("servces.x = 1", "imports = [ { home-manager.users.third = pkgs.x; } ]"));
    // Its options are offered and shown where they are written.
    let complete =
        |written: &str| configurations(outputs, &format!("//- /w/modules/host.nix\n{{ pkgs, lib, ... }}: {{ {written} }}\n")).complete();
    assert_eq!(complete("home-manager.users.me = { pkgs, ... }: { programs.$0 };"), "fox git hen");
    assert_eq!(complete("home-manager.users.me.programs.git.$0"), "email enable");
    assert_eq!(complete("home-manager.users.me = lib.mkIf true { config.home.us$0 };"), "username");
    assert_eq!(complete("services.$0"), "web");
    let ask =
        configurations(outputs, "//- /w/modules/host.nix\n{ pkgs, ... }: { config.home-manager.users.me.home.username$0 = \"me\"; }\n")
            .ask();
    expect![[r#"
        "me"
        → /hm/modules/home.nix: username = lib.mkOption 
    "#]]
    .assert_eq(&ask);
}

#[test]
fn what_is_wrong_in_each_configuration_that_has_the_module() {
    let outputs = |second: &str| {
        format!(
            "{{ self, nixpkgs, home-manager }}: {{ nixosConfigurations.a = nixpkgs.lib.nixosSystem {{ modules = [ ./common.nix ./own.nix ]; }}; nixosConfigurations.b = nixpkgs.lib.nixosSystem {{ modules = [ ./common.nix {second} ]; }}; }}"
        )
    };
    let files = "//- /w/common.nix\n{ own.thing = 1; wob = 1; }\n//- /w/own.nix\n{ lib, ... }: { options.own.thing = lib.mkOption { default = 1; }; }\n";
    expect![[r#"
        unknown-option: no module declares the option `wob`
    "#]]
    .assert_eq(&configurations(&outputs(""), files).options("/w/common.nix"));
    expect![[r#"
        unknown-option: no module declares the option `wob`
    "#]]
    .assert_eq(&configurations(&outputs("./own.nix"), files).options("/w/common.nix"));
}

#[test]
fn options_of_nix_darwin() {
    let darwin = "//- /darwin/eval-config.nix\n1\n//- /darwin/modules/module-list.nix\n[ ./dock.nix ]\n//- /darwin/modules/dock.nix\n{ lib, ... }: { options.system.dock = lib.mkOption { type = lib.types.bool; }; }\n";
    let files = format!(
        "//- /w/flake.nix\n{{ inputs.darwin.url = \"path:/darwin\"; outputs = {{ self, darwin }}: {{ darwinConfigurations.mac = darwin.lib.darwinSystem {{ modules = [ ./mac.nix ]; }}; }}; }}\n//- /w/mac.nix\n{{ pkgs, ... }}: {{ system.$0 }}\n{darwin}"
    );
    assert_eq!(Workspace::open(&["/w"], &files).complete(), "dock");
}

/// How each file of a workspace is reached, and what it is taken for.
fn reached(roots: &[&str], files: &str) -> String {
    let workspace = Workspace::open(roots, files);
    let snapshot = workspace.engine.snapshot();
    let project = snapshot.project(Duration::from_secs(60)).unwrap();
    let mut out = String::new();
    for file in workspace.fixture.files.iter().filter(|file| !file.path.starts_with("/nixpkgs")) {
        out.push_str(&format!("{} {:?}:", file.path.display(), project.view.kind(&file.path)));
        for found in reached_by(&snapshot, &file.path).unwrap() {
            out.push_str(&format!(" {:?} in {} {};", found.how, found.place.path.display(), found.attr_path));
        }
        if let Some(name) = nival_index::View::by_name(&file.path) {
            out.push_str(&format!(" by its name {name};"));
        }
        out.push('\n');
    }
    out
}

#[test]
fn several_folders_without_settings() {
    let files = r#"//- /a/flake.nix
{ inputs = { }; outputs = { self, nixpkgs }: {
  packages.x86_64-linux.tool = nixpkgs.legacyPackages.x86_64-linux.callPackage ./pkgs/tool.nix { };
  overlays.default = import ./overlay.nix;
  nixosConfigurations.host = nixpkgs.lib.nixosSystem { modules = [ ./hosts/host ]; };
  homeConfigurations.me = nixpkgs.lib.homeManagerConfiguration { modules = [ ./home.nix ]; };
}; }
//- /a/pkgs/tool.nix
{ stdenv }: stdenv.mkDerivation { name = "tool"; }
//- /a/overlay.nix
final: prev: { tool = final.callPackage ./pkgs/tool.nix { }; }
//- /a/hosts/host/default.nix
{ imports = [ ./hardware.nix ]; }
//- /a/hosts/host/hardware.nix
{ config, ... }: { }
//- /a/home.nix
{ pkgs, ... }: { home.username = "me"; }
//- /b/default.nix
{ pkgs ? import <nixpkgs> { } }: rec { one = pkgs.callPackage ./one.nix { }; two = pkgs.callPackage ./two.nix { }; three = pkgs.callPackage ./three.nix { }; all = builtins.readDir ./by-name; }
//- /b/one.nix
{ lib }: 1
//- /b/two.nix
{ lib }: 2
//- /b/three.nix
{ lib }: 3
//- /b/shell.nix
(import ./default.nix { }).one
//- /b/by-name/fo/foo/package.nix
{ stdenv }: stdenv.mkDerivation { name = "foo"; }
//- /c/configuration.nix
{ imports = [ ./web.nix ]; nixpkgs.overlays = [ (import ./mine.nix) ]; }
//- /c/web.nix
{ services.web.enable = true; }
//- /c/mine.nix
self: super: { }
"#;
    expect![[r#"
        /a/flake.nix Flake:
        /a/pkgs/tool.nix Package: CallPackage in /a/flake.nix outputs.packages.x86_64-linux.tool; CallPackage in /a/overlay.nix tool;
        /a/overlay.nix Overlay: Import in /a/flake.nix outputs.overlays.default;
        /a/hosts/host/default.nix Module: Module in /a/flake.nix outputs.nixosConfigurations.host.modules;
        /a/hosts/host/hardware.nix Module: Module in /a/hosts/host/default.nix imports;
        /a/home.nix Module: Module in /a/flake.nix outputs.homeConfigurations.me.modules;
        /b/default.nix PackageSet: Import in /b/shell.nix ;
        /b/one.nix Package: CallPackage in /b/default.nix one;
        /b/two.nix Package: CallPackage in /b/default.nix two;
        /b/three.nix Package: CallPackage in /b/default.nix three;
        /b/shell.nix Plain:
        /b/by-name/fo/foo/package.nix Package: Folder in /b/default.nix all; by its name foo;
        /c/configuration.nix Module:
        /c/web.nix Module: Module in /c/configuration.nix imports;
        /c/mine.nix Overlay: Import in /c/configuration.nix nixpkgs.overlays;
    "#]]
    .assert_eq(&reached(&["/a", "/b", "/c"], files));
    let kinds = |folder: &str| {
        let workspace = Workspace::open(&["/a", "/b", "/c"], files);
        let snapshot = workspace.engine.snapshot();
        let found = nival_engine::discover::projects(Path::new(folder), |path| snapshot.is_file(path));
        found.iter().map(|found| format!("{:?}", found.kind)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!([kinds("/a"), kinds("/b"), kinds("/c")], ["Flake HomeManager", "Default Shell", "NixOs"]);
}

#[test]
fn an_edit_of_a_declaration_concerns_the_modules_that_set_it() {
    let files = "//- /w/configuration.nix\n{ imports = [ ./own.nix ./use.nix ]; }\n//- /w/own.nix\n{ lib, ... }: { options.own.a = lib.mkOption { }; }\n//- /w/use.nix\n{ imports = [ ]; own.a = 1; }\n//- /w/x.nix\n{ a = 1; }\n//- /w/home.nix\n{ b = 1; }\n//- /w/users.nix\n{ ... }: { imports = [ ./named.nix ]; home-manager.users.me = import ./home.nix; }\n//- /w/named.nix\n{ c = 1; }\n";
    let mut workspace = Workspace::open(&["/w"], files).with_search_path(&["nixpkgs=/nixpkgs"]);
    assert_eq!(workspace.options("/w/use.nix"), "");
    let mut change = Change::new();
    change.set_buffer(Path::new("/w/own.nix"), "{ lib, ... }: { options.own.b = lib.mkOption { }; }");
    workspace.engine.apply(change);
    let snapshot = workspace.engine.snapshot();
    let project = snapshot.project(Duration::from_secs(60)).unwrap();
    let concerned = |path: &str| {
        let found = concerned_by_options(&snapshot, &project, Path::new(path));
        found.iter().map(|path| path.display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(concerned("/w/own.nix"), ["/w/configuration.nix", "/w/home.nix", "/w/named.nix", "/w/use.nix", "/w/users.nix"]);
    assert_eq!(concerned("/w/use.nix"), [""; 0]);
    let found = closed_file_diagnostics(&snapshot, &project, Path::new("/w/use.nix")).unwrap().unwrap().1;
    let found: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
    assert_eq!(found, ["no module declares the option `own.a`"]);
}
