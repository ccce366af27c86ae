//! Evaluation goes on after edits of files, and evaluates again what they touch and no more.

use std::fmt::Write as _;
use std::sync::Arc;

use nival_eval::testing::MemoryHost;
use nival_eval::{Edit, ErrorKind, Evaluator, Options, print};
use proptest::prelude::*;

/// Files below `/w/` are being edited.
struct World {
    host: Arc<MemoryHost>,
    evaluator: Arc<Evaluator>,
    /// Knows nothing of earlier texts.
    fresh: Arc<Evaluator>,
    runs: u64,
}

fn evaluator(host: &Arc<MemoryHost>, tracking: bool) -> Arc<Evaluator> {
    let options = Options { tracking, ..Options::default() };
    Evaluator::new(host.clone(), options, nival_eval::builtins::table())
}

fn show(evaluator: &Evaluator, text: &str) -> String {
    evaluator.enter(Arc::default(), |ctx| {
        // Not deep, and without a look at whether it is the same value once more: both depend on what was evaluated before.
        let mut options = print::PrintOptions::eval();
        (options.force, options.track_repeated, options.max_depth, options.errors) = (true, false, 5, print::ErrorStyle::Throw);
        let value = ctx.eval_text(text.as_bytes(), b"/w", "«test»", &[]);
        match value.and_then(|value| print::pretty(ctx, value, options)) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            // Where a cycle is met first depends on what was evaluated before.
            Err(error) if error.kind == ErrorKind::InfiniteRecursion => "error: infinite recursion".to_owned(),
            Err(error) => {
                let place = evaluator.locate(error.pos).map_or_else(String::new, |place| format!(" at {place}"));
                // What is shown of a value depends on what is known of it by then.
                let message = error.message.split(": ").next().unwrap_or_default();
                format!("error: {message}{place}")
            }
        }
    })
}

impl World {
    fn new(fixture: &str) -> World {
        let mut host = MemoryHost::new(fixture);
        host.edited = Some(b"/w/".to_vec());
        let host = Arc::new(host);
        World { evaluator: evaluator(&host, true), fresh: evaluator(&host, false), host, runs: 0 }
    }

    /// The value of a text, which must be what a new evaluator gives, and how many thunks ran.
    fn show(&mut self, text: &str) -> String {
        let shown = show(&self.evaluator, text);
        assert_eq!(shown, show(&self.fresh, text), "{text}");
        let runs = self.evaluator.track_statistics().runs;
        let shown = format!("{shown} ({} thunks)", runs - self.runs);
        self.runs = runs;
        shown
    }

    fn edit(&mut self, path: &str, text: &str) -> Edit {
        self.edits(&[(path, text.to_owned())])
    }

    fn edits(&mut self, texts: &[(&str, String)]) -> Edit {
        for (path, text) in texts {
            self.host.write(path, text);
        }
        self.fresh = evaluator(&self.host, false);
        let edits: Vec<_> = texts.iter().map(|(path, text)| (path.as_bytes().to_vec(), text.as_bytes().into())).collect();
        let edit = self.evaluator.edit(&edits);
        if edit == Edit::Impossible {
            self.evaluator = evaluator(&self.host, true);
            self.runs = 0;
        }
        edit
    }
}

/// Texts of one file one after the other, and what the expressions are after each.
fn check(fixture: &str, path: &str, texts: &[&str], expressions: &[&str], expected: expect_test::Expect) {
    let mut world = World::new(fixture);
    let mut shown = String::new();
    for (i, text) in texts.iter().enumerate() {
        let edit = world.edit(path, text);
        if i > 0 {
            writeln!(shown, "{edit:?}").unwrap();
        }
        for expression in expressions {
            writeln!(shown, "{}", world.show(expression)).unwrap();
        }
    }
    expected.assert_eq(&shown);
}

/// A set of packages with overlays: the fixpoint, `callPackage`, `overrideAttrs`, and a chain of what depends on what.
const PACKAGES: &str = r#"
//- /pkgs/default.nix
{ overlays ? [] }:
let
  fix = f: let x = f x; in x;
  extends = overlay: f: self: let super = f self; in super // overlay self super;
  make = attrs: attrs // {
    outPath = "/out/" + attrs.name + "(" + builtins.concatStringsSep "," (map toString attrs.inputs) + ")";
    overrideAttrs = f: make (attrs // f attrs);
  };
  base = self: {
    inherit make;
    callPackage = f: f (builtins.intersectAttrs (builtins.functionArgs f) self);
    libc = make { name = "libc"; inputs = []; };
    tool = self.callPackage ({ make, libc }: make { name = "tool"; inputs = [ libc ]; });
    figlet = self.callPackage ({ make, tool }: make { name = "figlet"; inputs = [ tool ]; });
    hello = self.callPackage ({ make, tool }: make { name = "hello"; inputs = [ tool ]; });
    both = self.callPackage ({ make, hello, figlet }: make { name = "both"; inputs = [ hello figlet ]; });
  };
in fix (builtins.foldl' (f: overlay: extends overlay f) base overlays)
//- /w/default.nix
import /pkgs { overlays = [ (import ./overlay.nix) ]; }
"#;

const HELLO: &str = "(import ./.).hello.outPath";
const FIGLET: &str = "(import ./.).figlet.outPath";
const BOTH: &str = "(import ./.).both.outPath";

#[test]
fn an_overlaid_package() {
    check(
        PACKAGES,
        "/w/overlay.nix",
        &[
            "self: super: { figlet = super.figlet.overrideAttrs (old: { name = \"figlet-1\"; }); }",
            "self: super: { figlet = super.figlet.overrideAttrs (old: { name = \"figlet-2\"; }); }",
            "# only this\nself: super: { figlet = super.figlet.overrideAttrs (old: { name = \"figlet-2\"; }); }",
            "self: super: { figlet = super.figlet.overrideAttrs (old: { name = \"figlet-2\"; inputs = [ self.libc ]; }); }",
            "self: super: { figlet = let a = super.figlet; b = \"x\"; in a.overrideAttrs (old: rec { name = b + c; c = b; }); }",
            "self: super: { figlet = super.figlet.overrideAttrs (old: { name = \"figlet-1\"; }); }",
        ],
        &[HELLO, FIGLET, BOTH],
        expect_test::expect![[r#"
            "/out/hello(/out/tool(/out/libc()))" (26 thunks)
            "/out/figlet-1(/out/tool(/out/libc()))" (10 thunks)
            "/out/both(/out/hello(/out/tool(/out/libc())),/out/figlet-1(/out/tool(/out/libc())))" (8 thunks)
            Done { reset: 6 }
            "/out/hello(/out/tool(/out/libc()))" (1 thunks)
            "/out/figlet-2(/out/tool(/out/libc()))" (5 thunks)
            "/out/both(/out/hello(/out/tool(/out/libc())),/out/figlet-2(/out/tool(/out/libc())))" (5 thunks)
            Done { reset: 0 }
            "/out/hello(/out/tool(/out/libc()))" (1 thunks)
            "/out/figlet-2(/out/tool(/out/libc()))" (1 thunks)
            "/out/both(/out/hello(/out/tool(/out/libc())),/out/figlet-2(/out/tool(/out/libc())))" (1 thunks)
            Done { reset: 7 }
            "/out/hello(/out/tool(/out/libc()))" (1 thunks)
            "/out/figlet-2(/out/libc())" (9 thunks)
            "/out/both(/out/hello(/out/tool(/out/libc())),/out/figlet-2(/out/libc()))" (5 thunks)
            Done { reset: 5 }
            "/out/hello(/out/tool(/out/libc()))" (1 thunks)
            "/out/xx(/out/tool(/out/libc()))" (9 thunks)
            "/out/both(/out/hello(/out/tool(/out/libc())),/out/xx(/out/tool(/out/libc())))" (5 thunks)
            Done { reset: 5 }
            "/out/hello(/out/tool(/out/libc()))" (1 thunks)
            "/out/figlet-1(/out/tool(/out/libc()))" (7 thunks)
            "/out/both(/out/hello(/out/tool(/out/libc())),/out/figlet-1(/out/tool(/out/libc())))" (5 thunks)
        "#]],
    );
}

#[test]
fn what_everything_rests_on() {
    check(
        PACKAGES,
        "/w/overlay.nix",
        &[
            "self: super: { }",
            "self: super: { libc = super.libc.overrideAttrs (old: { name = \"musl\"; }); }",
            "self: super: { libc = super.libc.overrideAttrs (old: { name = \"other\"; }); }",
            "self: super: { libc = super.libc.overrideAttrs (old: { name = throw \"no libc\"; }); }",
            "self: super: { libc = super.libc.overrideAttrs (old: { name = \"musl\"; }); }",
        ],
        &[HELLO, FIGLET],
        expect_test::expect![[r#"
            "/out/hello(/out/tool(/out/libc()))" (26 thunks)
            "/out/figlet(/out/tool(/out/libc()))" (7 thunks)
            Done { reset: 13 }
            "/out/hello(/out/tool(/out/musl()))" (28 thunks)
            "/out/figlet(/out/tool(/out/musl()))" (7 thunks)
            Done { reset: 10 }
            "/out/hello(/out/tool(/out/other()))" (10 thunks)
            "/out/figlet(/out/tool(/out/other()))" (4 thunks)
            Done { reset: 10 }
            error: no libc at /w/overlay.nix:1:63 (9 thunks)
            error: no libc at /w/overlay.nix:1:63 (4 thunks)
            Done { reset: 10 }
            "/out/hello(/out/tool(/out/musl()))" (10 thunks)
            "/out/figlet(/out/tool(/out/musl()))" (4 thunks)
        "#]],
    );
}

/// A workspace of two files that use each other and a library; each is a list of bindings.
#[derive(Debug, Clone)]
struct Program {
    main: Vec<(String, String)>,
    other: Vec<(String, String)>,
    comments: usize,
    broken: bool,
}

const LIBRARY: &str = "
//- /lib.nix
rec {
  fix = f: let x = f x; in x;
  extends = o: f: self: let super = f self; in super // o self super;
  twice = f: x: f (f x);
  pair = a: b: { inherit a b; };
  merge = a: b: a // b;
  constant = 7;
}
";

impl Program {
    fn texts(&self) -> [(&'static str, String); 2] {
        let bindings = |all: &[(String, String)]| all.iter().map(|(name, value)| format!("  {name} = {value};\n")).collect::<String>();
        let comment = "# a comment\n".repeat(self.comments);
        let end = if self.broken { "" } else { "}" };
        [
            ("/w/main.nix", format!("{comment}let l = import /lib.nix; o = import ./other.nix; in rec {{\n{}{end}", bindings(&self.main))),
            ("/w/other.nix", format!("{comment}let l = import /lib.nix; m = import ./main.nix; in rec {{\n{}}}", bindings(&self.other))),
        ]
    }
}

#[derive(Debug, Clone)]
enum Change {
    Value { main: bool, at: usize, value: String },
    Add { main: bool, name: String, value: String },
    Remove { main: bool, at: usize },
    Comment(usize),
    Break(bool),
    Undo,
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "d", "e", "f"]).prop_map(str::to_owned)
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => prop::sample::select(vec!["a", "b", "c", "d", "e", "f"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "1", "2", "\"s\"", "true", "[ ]", "{ }", "null", "l.constant", "(o.a or 3)", "(m.b or 4)", "l", "(throw \"t\")",
            "__curPos.line", "(x: x)",
        ])
        .prop_map(|leaf| if leaf.contains("o.") || leaf.contains("m.") { format!("(with {{ o = {{ a = 5; }}; m = {{ b = 6; }}; }}; {leaf})") } else { leaf.to_owned() }),
        1 => Just("(import ./other.nix).c".to_owned()),
        1 => Just("(import ./main.nix).d".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            two.clone().prop_map(|(x, y)| format!("({x} + {y})")),
            two.clone().prop_map(|(x, y)| format!("({x} == {y})")),
            two.clone().prop_map(|(x, y)| format!("(let x = {x}; y = [ x {y} ]; in [ y x ])")),
            two.clone().prop_map(|(x, y)| format!("{{ a = {x}; b = {{ c = {y}; }}; }}")),
            two.clone().prop_map(|(x, y)| format!("(rec {{ a = {x}; z = {y}; w = [ a z ]; }})")),
            two.clone().prop_map(|(x, y)| format!("(if builtins.isInt {x} then {y} else 0)")),
            two.clone().prop_map(|(x, y)| format!("(with {x}; [ a {y} ])")),
            two.clone().prop_map(|(x, y)| format!("(l.pair {x} {y})")),
            two.clone()
                .prop_map(|(x, y)| format!("({{ a ? {x}, ... }}@args: [ a (args.b or {y}) ]) {{ b = {x}; }}"))
                .prop_map(|e| format!("({e})")),
            two.clone().prop_map(|(x, y)| format!(
                "(l.fix (l.extends (self: super: {{ a = {x}; c = super.b; }}) (self: {{ a = 1; b = [ self.a {y} ]; }})))"
            )),
            two.clone().prop_map(|(x, y)| format!("(builtins.foldl' (p: q: [ p q ]) {x} [ {y} {x} ])")),
            two.clone().prop_map(|(x, y)| format!("(builtins.mapAttrs (n: v: [ n v {x} ]) {{ p = {y}; }})")),
            two.clone().prop_map(|(x, y)| format!("(l.merge {{ p = {x}; }} {{ q = {y}; }}).q")),
            two.prop_map(|(x, y)| format!("(builtins.seq {x} {y})")),
            inner.clone().prop_map(|x| format!("(builtins.tryEval {x})")),
            inner.clone().prop_map(|x| format!("(map (v: [ v {x} ]) [ 1 {x} ])")),
            inner.clone().prop_map(|x| format!("({x}.a or {x})")),
            inner.clone().prop_map(|x| format!("(builtins.unsafeGetAttrPos \"k\" {{ k = {x}; }}).line")),
            inner.clone().prop_map(|x| format!("(l.twice (v: [ v {x} ]) {x})")),
            inner.prop_map(|x| format!("(x: {x})")),
        ]
    })
}

fn bindings() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(expression(), 6)
        .prop_map(|values| ["a", "b", "c", "d", "e", "f"].map(str::to_owned).into_iter().zip(values).collect())
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        8 => (any::<bool>(), 0..6usize, expression()).prop_map(|(main, at, value)| Change::Value { main, at, value }),
        1 => (any::<bool>(), name(), expression()).prop_map(|(main, name, value)| Change::Add { main, name: format!("{name}2"), value }),
        1 => (any::<bool>(), 6..9usize).prop_map(|(main, at)| Change::Remove { main, at }),
        1 => (0..3usize).prop_map(Change::Comment),
        1 => any::<bool>().prop_map(Change::Break),
        2 => Just(Change::Undo),
    ]
}

fn apply(program: &mut Program, before: &Program, change: &Change) {
    match change {
        Change::Value { main, at, value } => {
            let bindings = if *main { &mut program.main } else { &mut program.other };
            if let Some(binding) = bindings.get_mut(*at) {
                binding.1.clone_from(value);
            }
        }
        Change::Add { main, name, value } => {
            let bindings = if *main { &mut program.main } else { &mut program.other };
            if bindings.iter().all(|(known, _)| known != name) {
                bindings.push((name.clone(), value.clone()));
            }
        }
        Change::Remove { main, at } => {
            let bindings = if *main { &mut program.main } else { &mut program.other };
            if *at < bindings.len() {
                bindings.remove(*at);
            }
        }
        Change::Comment(comments) => program.comments = *comments,
        Change::Break(broken) => program.broken = *broken,
        Change::Undo => program.clone_from(before),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// After any edits, whatever was evaluated in between, every expression is what a new evaluator makes of it.
    #[test]
    fn edits_give_what_a_new_evaluator_gives(
        main in bindings(),
        other in bindings(),
        steps in prop::collection::vec((change(), prop::collection::vec((any::<bool>(), name()), 1..4)), 1..7),
    ) {
        let mut program = Program { main, other, comments: 0, broken: false };
        let mut before = program.clone();
        let mut world = World::new(LIBRARY);
        world.edits(&program.texts());
        for (change, looks) in &steps {
            for (main, name) in looks {
                let text = format!("(import ./{}.nix).{name}", if *main { "main" } else { "other" });
                world.show(&text);
            }
            let now = program.clone();
            apply(&mut program, &before, change);
            before = now;
            world.edits(&program.texts());
            for name in ["a", "b", "c", "d", "e", "f"] {
                world.show(&format!("(import ./main.nix).{name}"));
                world.show(&format!("(import ./other.nix).{name}"));
            }
        }
    }
}
