//! An engine goes on after edits: what they do not touch is not evaluated again, and no answer is stale.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use nival_engine::{AutoArgs, Change, Control, Engine, EngineConfig, EvalSession, PrintOptions, ReportKind, Work};
use nival_source::MemorySystem;
use proptest::prelude::*;

/// nixpkgs in miniature: fixpoint, overlays, `callPackage`, `overrideAttrs`, derivations.
const PACKAGES: &str = r#"
{ overlays ? [], config ? {} }:
let
  fix = f: let x = f x; in x;
  extends = overlay: f: self: let super = f self; in super // overlay self super;
  make = attrs: derivation (attrs // { system = "x86_64-linux"; builder = "/bin/sh"; }) // {
    overrideAttrs = f: make (attrs // f attrs);
  };
  base = self: {
    inherit config;
    callPackage = f: f (builtins.intersectAttrs (builtins.functionArgs f) self);
    libc = make { name = "libc"; };
    tool = self.callPackage ({ libc }: make { name = "tool"; inherit libc; });
    figlet = self.callPackage ({ tool }: make { name = "figlet"; inherit tool; });
    hello = self.callPackage ({ tool }: make { name = "hello"; inherit tool; });
    both = self.callPackage ({ hello, figlet }: make { name = "both"; inherit hello figlet; });
  };
in fix (builtins.foldl' (f: overlay: extends overlay f) base overlays)
"#;

/// Modules in miniature: definitions of several files, merged by option, with a fixpoint for `config`.
const MODULES: &str = r#"
modules:
let
  loaded = map (m: let m' = import m; in if builtins.isFunction m' then m' { inherit config; } else m') modules;
  names = builtins.attrNames (builtins.foldl' (all: m: all // m) { } loaded);
  config = builtins.listToAttrs (map (name: {
    inherit name;
    value = builtins.foldl' (value: m: if m ? ${name} then value ++ m.${name} else value) [ ] loaded;
  }) names);
in config
"#;

struct World {
    engine: Engine,
    system: Arc<MemorySystem>,
    open: BTreeMap<String, String>,
    /// How far each generation was when it was last looked at.
    work: BTreeMap<u64, Work>,
}

fn config() -> EngineConfig {
    EngineConfig { roots: vec!["/w".into()], ..EngineConfig::command_line("x86_64-linux".into()) }
}

fn control() -> Control {
    Control::unlimited()
}

fn show(session: &EvalSession, attribute: &str) -> String {
    let value = session.eval_file(Path::new("/w/default.nix"), &control());
    let value = value.and_then(|value| session.select(&value, attribute, &AutoArgs::default(), &control()));
    match value.and_then(|value| session.print(&value, &PrintOptions::eval(), &control())) {
        Ok(text) => text,
        Err(report) => format!("{report}"),
    }
}

impl World {
    fn new(files: &[(&str, &str)]) -> World {
        let system = Arc::new(MemorySystem::new());
        system.write("/pkgs/default.nix", PACKAGES);
        system.write("/modules/default.nix", MODULES);
        for (path, text) in files {
            system.write(path, *text);
        }
        let engine = Engine::with_system(config(), system.clone());
        World { engine, system, open: BTreeMap::new(), work: BTreeMap::new() }
    }

    fn edit(&mut self, path: &str, text: &str) {
        let mut change = Change::new();
        change.set_buffer(path, text);
        self.engine.apply(change);
        self.open.insert(path.to_owned(), text.to_owned());
    }

    fn save(&mut self, path: &str, text: &str) {
        self.system.write(path, text);
        let mut change = Change::new();
        change.close_buffer(path).disk_changed(path);
        self.engine.apply(change);
        self.open.remove(path);
    }

    /// An engine over the same files and buffers that has evaluated nothing.
    fn fresh(&self) -> Engine {
        let mut engine = Engine::with_system(config(), self.system.clone());
        let mut change = Change::new();
        for (path, text) in &self.open {
            change.set_buffer(path, &**text);
        }
        engine.apply(change);
        engine
    }

    /// Attributes of `/w/default.nix`, which are those of a fresh engine, and what it took to know them.
    fn look(&mut self, attributes: &[&str]) -> String {
        let session = self.engine.snapshot().session();
        let fresh = self.fresh().snapshot().session();
        let mut text = String::new();
        for attribute in attributes {
            let shown = show(&session, attribute);
            assert_eq!(shown, show(&fresh, attribute), "{attribute}");
            let name = shown.split_once('-').map_or(&*shown, |(_, name)| name).trim_end_matches('»');
            let _ = write!(text, "{attribute}: {name}, ");
        }
        let work = session.work();
        let before = self.work.insert(work.generation, work).map(|before| before.evaluated);
        let new = if before.is_none() { " of a new evaluator" } else { "" };
        // How many it takes from the beginning depends on the evaluator; what an edit touches does not.
        let _ = match work.evaluated - before.unwrap_or(0) {
            count @ 0..=10 => writeln!(text, "{count} thunks{new}"),
            _ => writeln!(text, "many thunks{new}"),
        };
        text
    }
}

const DEFAULT: &str = "import /pkgs { overlays = [ (import ./overlay.nix) ]; }";

fn overlay(name: &str) -> String {
    format!("self: super: {{\n  figlet = super.figlet.overrideAttrs (old: {{ name = \"{name}\"; }});\n}}")
}

/// Texts of the overlay one after the other, each an unsaved buffer.
fn check_overlay(texts: &[&str], expected: Expect) {
    let mut world = World::new(&[("/w/default.nix", DEFAULT)]);
    let mut shown = String::new();
    for (i, text) in texts.iter().enumerate() {
        if i == 0 {
            world.system.write("/w/overlay.nix", *text);
        } else {
            world.edit("/w/overlay.nix", text);
        }
        shown += &world.look(&["hello", "figlet", "both"]);
    }
    expected.assert_eq(&shown);
}

#[test]
fn an_attribute_of_an_overlay() {
    check_overlay(
        &[&overlay("one"), &overlay("two"), &overlay("three"), &overlay("one")],
        expect![[r#"
            hello: hello.drv, figlet: one.drv, both: both.drv, many thunks of a new evaluator
            hello: hello.drv, figlet: two.drv, both: both.drv, 6 thunks
            hello: hello.drv, figlet: three.drv, both: both.drv, 6 thunks
            hello: hello.drv, figlet: one.drv, both: both.drv, 6 thunks
        "#]],
    );
}

#[test]
fn a_let_binding() {
    let text = |version: &str, unused: &str| {
        format!(
            "self: super:\nlet version = \"{version}\"; unused = {unused}; in\n{{ figlet = super.figlet.overrideAttrs (old: {{ name = \"figlet-${{version}}\"; }}); }}"
        )
    };
    check_overlay(
        &[&text("1", "1"), &text("2", "1"), &text("2", "throw 3")],
        expect![[r#"
            hello: hello.drv, figlet: figlet-1.drv, both: both.drv, many thunks of a new evaluator
            hello: hello.drv, figlet: figlet-2.drv, both: both.drv, 7 thunks
            hello: hello.drv, figlet: figlet-2.drv, both: both.drv, 0 thunks
        "#]],
    );
}

#[test]
fn comments_and_layout() {
    let text = overlay("one");
    check_overlay(
        &[&text, &format!("# a comment\n{text}"), &text.replace('\n', "\n\n")],
        expect![[r#"
            hello: hello.drv, figlet: one.drv, both: both.drv, many thunks of a new evaluator
            hello: hello.drv, figlet: one.drv, both: both.drv, 0 thunks
            hello: hello.drv, figlet: one.drv, both: both.drv, 0 thunks
        "#]],
    );
}

#[test]
fn another_attribute_and_back_again() {
    let more = overlay("one").replace("\n}", "\n  other = super.hello;\n}");
    check_overlay(
        &[&overlay("one"), &more, &more.replace("one", "two"), &overlay("one"), &overlay("two")],
        expect![[r#"
            hello: hello.drv, figlet: one.drv, both: both.drv, many thunks of a new evaluator
            hello: hello.drv, figlet: one.drv, both: both.drv, many thunks
            hello: hello.drv, figlet: two.drv, both: both.drv, 6 thunks
            hello: hello.drv, figlet: one.drv, both: both.drv, many thunks
            hello: hello.drv, figlet: two.drv, both: both.drv, 6 thunks
        "#]],
    );
}

#[test]
fn in_the_midst_of_a_word() {
    let text = overlay("one");
    check_overlay(
        &[&text, &text.replace("\"one\"", "\"one"), &text.replace("\"one\"", "\"one\" ++ unknown"), &overlay("two")],
        expect![[r#"
            hello: hello.drv, figlet: one.drv, both: both.drv, many thunks of a new evaluator
            hello: error: syntax error, unexpected end of file, expecting '"', figlet: error: syntax error, unexpected end of file, expecting '"', both: error: syntax error, unexpected end of file, expecting '"', 7 thunks of a new evaluator
            hello: error: undefined variable 'unknown', figlet: error: undefined variable 'unknown', both: error: undefined variable 'unknown', 6 thunks
            hello: hello.drv, figlet: two.drv, both: both.drv, 6 thunks
        "#]],
    );
}

#[test]
fn errors_come_and_go() {
    let fails = overlay("one").replace("\"one\"", "throw \"no name\"");
    check_overlay(
        &[&fails, &overlay("one"), &fails, &fails.replace("no name", "still none"), &overlay("two")],
        expect![[r#"
            hello: hello.drv, figlet: error: no name, both: error: no name, many thunks of a new evaluator
            hello: hello.drv, figlet: one.drv, both: both.drv, 7 thunks
            hello: hello.drv, figlet: error: no name, both: error: no name, 6 thunks
            hello: hello.drv, figlet: error: still none, both: error: still none, 6 thunks
            hello: hello.drv, figlet: two.drv, both: both.drv, 6 thunks
        "#]],
    );
}

#[test]
fn definitions_of_modules() {
    let mut world = World::new(&[
        ("/w/default.nix", "import /modules [ ./a.nix ./b.nix ]"),
        ("/w/a.nix", "{ packages = [ \"a\" ]; ports = [ 80 ]; }"),
        ("/w/b.nix", "{ config }: { packages = [ \"b\" ]; open = config.ports; }"),
    ]);
    let mut shown = world.look(&["packages", "ports", "open"]);
    world.edit("/w/a.nix", "{ packages = [ \"a\" ]; ports = [ 81 ]; }");
    shown += &world.look(&["packages", "ports", "open"]);
    world.edit("/w/b.nix", "{ config }: { packages = [ \"c\" ]; open = config.ports; }");
    shown += &world.look(&["packages", "ports", "open"]);
    world.edit("/w/b.nix", "{ config }: { packages = [ \"c\" ]; open = config.ports; more = [ 1 ]; }");
    shown += &world.look(&["packages", "ports", "open", "more"]);
    expect![[r#"
        packages: [ "a" "b" ], ports: [ 80 ], open: [ 80 ], many thunks of a new evaluator
        packages: [ "a" "b" ], ports: [ 81 ], open: [ 81 ], 4 thunks
        packages: [ "a" "c" ], ports: [ 81 ], open: [ 81 ], 2 thunks
        packages: [ "a" "c" ], ports: [ 81 ], open: [ 81 ], more: [ 1 ], many thunks
    "#]]
    .assert_eq(&shown);
}

#[test]
fn saved_and_unsaved_alike() {
    let mut world = World::new(&[("/w/default.nix", DEFAULT), ("/w/overlay.nix", &overlay("one"))]);
    let mut shown = world.look(&["hello", "figlet"]);
    world.save("/w/overlay.nix", &overlay("two"));
    shown += &world.look(&["hello", "figlet"]);
    world.edit("/w/overlay.nix", &overlay("three"));
    shown += &world.look(&["hello", "figlet"]);
    world.save("/w/overlay.nix", &overlay("three"));
    shown += &world.look(&["hello", "figlet"]);
    // Nobody announces this one.
    world.system.write("/w/overlay.nix", overlay("number-four"));
    shown += &world.look(&["hello", "figlet"]);
    // And the file is gone.
    world.system.remove(Path::new("/w/overlay.nix"));
    let mut change = Change::new();
    change.disk_changed("/w/overlay.nix");
    world.engine.apply(change);
    shown += &world.look(&["figlet"]);
    expect![[r#"
        hello: hello.drv, figlet: one.drv, many thunks of a new evaluator
        hello: hello.drv, figlet: two.drv, 3 thunks
        hello: hello.drv, figlet: three.drv, 3 thunks
        hello: hello.drv, figlet: three.drv, 0 thunks
        hello: hello.drv, figlet: number-four.drv, 3 thunks
        figlet: error: path '/w/overlay.nix' does not exist, 7 thunks of a new evaluator
    "#]]
    .assert_eq(&shown);
}

#[test]
fn two_edits_before_anybody_looks() {
    let mut world = World::new(&[("/w/default.nix", DEFAULT), ("/w/overlay.nix", &overlay("one"))]);
    let mut shown = world.look(&["figlet"]);
    world.edit("/w/overlay.nix", &overlay("two"));
    world.edit("/w/default.nix", &DEFAULT.replace("[ (", "[ (self: super: { hello = super.libc; }) ("));
    world.edit("/w/overlay.nix", &overlay("three"));
    shown += &world.look(&["figlet", "hello"]);
    expect![[r#"
        figlet: one.drv, many thunks of a new evaluator
        figlet: three.drv, hello: libc.drv, many thunks
    "#]]
    .assert_eq(&shown);
}

#[test]
fn a_function_is_called_once() {
    let mut world = World::new(&[
        ("/w/default.nix", "{ pkgs ? import /pkgs { overlays = [ (import ./overlay.nix) ]; } }: { inherit (pkgs) hello figlet; }"),
        ("/w/overlay.nix", &overlay("one")),
    ]);
    let mut shown = world.look(&["hello", "figlet"]);
    shown += &world.look(&["hello", "figlet"]);
    world.edit("/w/overlay.nix", &overlay("two"));
    shown += &world.look(&["hello", "figlet"]);
    expect![[r#"
        hello: hello.drv, figlet: one.drv, many thunks of a new evaluator
        hello: hello.drv, figlet: one.drv, 0 thunks
        hello: hello.drv, figlet: two.drv, 3 thunks
    "#]]
    .assert_eq(&shown);
}

#[test]
fn positions_move_with_the_text() {
    let mut world = World::new(&[
        ("/w/default.nix", "import ./a.nix"),
        ("/w/a.nix", "{ x = 1; at = (builtins.unsafeGetAttrPos \"x\" { x = 2; }).column; fails = y: y.z; }"),
    ]);
    let mut shown = world.look(&["at", "x"]);
    let text = "{ x = 100; at = (builtins.unsafeGetAttrPos \"x\" { x = 2; }).column; fails = y: y.z; }";
    world.edit("/w/a.nix", text);
    shown += &world.look(&["at", "x"]);
    let session = world.engine.snapshot().session();
    let report = session.eval_text("«string»", "(import ./default.nix).fails { }", &control()).unwrap_err();
    let place = report.primary.unwrap().range.start();
    shown += &format!("{}\n", &text[usize::from(place)..]);
    expect![[r#"
        at: 48, x: 1, 6 thunks of a new evaluator
        at: 50, x: 100, 4 thunks
        y.z; }
    "#]]
    .assert_eq(&shown);
}

#[test]
fn values_of_before_an_edit_are_refused() {
    let mut world = World::new(&[("/w/default.nix", DEFAULT), ("/w/overlay.nix", &overlay("one"))]);
    let session = world.engine.snapshot().session();
    let value = session.eval_text("«string»", "(import ./default.nix).figlet.name", &control()).unwrap();
    world.edit("/w/overlay.nix", &overlay("two"));
    assert_eq!(session.print(&value, &PrintOptions::strict(), &control()).unwrap_err().kind, ReportKind::Cancelled);
    let now = world.engine.snapshot().session();
    assert!(now.print(&value, &PrintOptions::strict(), &control()).is_err());
}

#[test]
fn a_command_goes_on_with_the_files_that_it_has_read() {
    let mut world = World::new(&[("/w/default.nix", DEFAULT), ("/w/overlay.nix", &overlay("one"))]);
    let mut shown = world.look(&["figlet"]);
    let command = world.engine.snapshot().command_session();
    let figlet = command.eval_text("«string»", "(import ./default.nix).figlet", &control()).unwrap();
    world.edit("/w/overlay.nix", &overlay("two"));
    shown += &world.look(&["figlet"]);
    let name = command.attr(&figlet, "name", &control()).unwrap().unwrap();
    assert_eq!(command.print(&name, &PrintOptions::strict(), &control()).unwrap(), "\"one\"");
    drop((command, figlet, name));
    world.edit("/w/overlay.nix", &overlay("three"));
    shown += &world.look(&["figlet"]);
    expect![[r#"
        figlet: one.drv, many thunks of a new evaluator
        figlet: two.drv, many thunks of a new evaluator
        figlet: three.drv, 3 thunks
    "#]]
    .assert_eq(&shown);
}

#[test]
fn an_edit_during_an_evaluation() {
    let mut world = World::new(&[
        (
            "/w/default.nix",
            "{ long = builtins.foldl' (a: b: a + b) (import ./a.nix).x (builtins.genList (i: i) 1000000000); x = (import ./a.nix).x; }",
        ),
        ("/w/a.nix", "{ x = 1; }"),
    ]);
    let mut shown = world.look(&["x"]);
    let session = world.engine.snapshot().session();
    let running = std::thread::spawn(move || {
        let value = session.eval_file(Path::new("/w/default.nix"), &control())?;
        session.attr(&value, "long", &control()).and_then(|long| session.force(&long.unwrap(), &control()))
    });
    std::thread::sleep(Duration::from_millis(200));
    let start = Instant::now();
    world.edit("/w/a.nix", "{ x = 2; }");
    assert!(start.elapsed() < Duration::from_millis(500), "the writer waited {:?}", start.elapsed());
    shown += &world.look(&["x"]);
    assert_eq!(running.join().unwrap().unwrap_err().kind, ReportKind::Cancelled);
    expect![[r#"
        x: 1, 4 thunks of a new evaluator
        x: 2, 4 thunks
    "#]]
    .assert_eq(&shown);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any edits of three files, saved or not, looked at or not: the answers are those of a fresh engine.
    #[test]
    fn no_answer_is_stale(steps in prop::collection::vec((0..6usize, 0..6usize, any::<bool>(), any::<bool>()), 1..12)) {
        let mut world = World::new(&[
            ("/w/default.nix", "import /pkgs { overlays = [ (import ./overlay.nix) ]; config = import ./a.nix; }"),
            ("/w/overlay.nix", &overlay("one")),
            ("/w/a.nix", "{ name = \"x\"; }"),
        ]);
        world.look(&["hello", "figlet", "both"]);
        for (what, variant, saved, looked) in steps {
            let name = ["p", "q", "r", "s", "t", "u"][variant];
            let (path, text) = match what {
                0 | 1 => ("/w/overlay.nix", overlay(name)),
                2 => ("/w/overlay.nix", format!("self: super: {{ tool = super.tool.overrideAttrs (old: {{ name = self.config.name + \"{name}\"; }}); }}")),
                3 => ("/w/overlay.nix", format!("# {name}\nself: super: let n = \"{name}\"; in {{ hello = super.hello.overrideAttrs (old: {{ name = n; }}); }}")),
                4 => ("/w/a.nix", format!("{{ name = \"{name}\"; }}")),
                _ => ("/w/overlay.nix", format!("self: super: {{ {name} = ")),
            };
            if saved {
                world.save(path, &text);
            } else {
                world.edit(path, &text);
            }
            if looked {
                world.look(&["hello", "figlet", "both"]);
            }
        }
        world.look(&["both", "hello", "figlet", "config.name"]);
    }
}

/// A question runs the code that analysis made, and tells places by its positions.
#[test]
fn a_text_of_questions_is_not_lowered_again() {
    let (path, text) = (Path::new("/w/main.nix"), "{\n  a = 1 + { };\n}");
    let mut engine = Engine::in_memory(config());
    let mut change = Change::new();
    change.set_buffer(path, text);
    engine.apply(change);
    let snapshot = engine.snapshot();
    let session = snapshot.session();
    let lowered = snapshot.lowered(path).unwrap().unwrap();
    let counts = || (Arc::strong_count(&lowered.module), Arc::strong_count(&lowered.source_map));
    let before = counts();
    let value = session.value_in_file(path, text, &lowered, lowered.module.root, &control()).unwrap();
    assert_eq!(counts(), (before.0 + 1, before.1 + 1));
    let nival_engine::FileValue::Value(set) = value else { panic!("a set is no parameter") };
    let a = session.attr(&set, "a", &control()).unwrap().unwrap();
    let report = session.print(&a, &PrintOptions::strict(), &control()).unwrap_err();
    let place = report.primary.unwrap();
    assert_eq!(&text[place.range], "+");
}

/// The code of each text that is asked about stays until the generation ends: big ones soon end it.
#[test]
fn texts_of_questions_do_not_pile_up() {
    let mut engine = Engine::in_memory(config());
    let mut generations = std::collections::BTreeSet::new();
    for step in 0..30 {
        let text = format!("{{ a = {step}; b = ''{}''; }}", "x".repeat(1 << 20));
        let mut change = Change::new();
        change.set_buffer("/w/big.nix", text.as_str());
        engine.apply(change);
        let snapshot = engine.snapshot();
        let session = snapshot.session();
        let lowered = snapshot.lowered(Path::new("/w/big.nix")).unwrap().unwrap();
        let value = session.value_in_file(Path::new("/w/big.nix"), &text, &lowered, lowered.module.root, &control()).unwrap();
        let nival_engine::FileValue::Value(set) = value else { panic!("a set is no parameter") };
        let a = session.attr(&set, "a", &control()).unwrap().unwrap();
        assert_eq!(session.print(&a, &PrintOptions::strict(), &control()).unwrap(), step.to_string());
        generations.insert(session.work().generation);
    }
    assert!((3..=6).contains(&generations.len()), "{generations:?}");
}
