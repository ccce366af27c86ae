//! Evaluation through the engine: sessions, edits, trust, limits.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use nival_engine::{
    AutoArgs, Budget, CancelToken, Change, Control, Engine, EngineConfig, EvalSession, PrintOptions, Report, ReportKind, Trust, render,
};
use nival_source::MemorySystem;

fn config() -> EngineConfig {
    EngineConfig { roots: vec!["/w".into()], ..EngineConfig::command_line("x86_64-linux".into()) }
}

fn engine(files: &[(&str, &str)]) -> (Engine, Arc<MemorySystem>) {
    let system = Arc::new(MemorySystem::new());
    for (path, text) in files {
        system.write(path, *text);
    }
    (Engine::with_system(config(), system.clone()), system)
}

fn control() -> Control {
    Control::unlimited()
}

fn show(session: &EvalSession, text: &str) -> Result<String, Report> {
    let value = session.eval_text("«string»", text, &control())?;
    session.print(&value, &PrintOptions::strict(), &control())
}

fn check(text: &str, expected: Expect) {
    let (engine, _) = engine(&[("/w/a.nix", "{ x = 1; }"), ("/w/f.nix", "{ a, b ? a + 1 }: { sum = a + b; l = [ 1 { c = 2; } ]; }")]);
    let session = engine.snapshot().session();
    let shown = show(&session, text).unwrap_or_else(|report| render(&report, &|path| engine.snapshot().text(path), Default::default()));
    expected.assert_eq(&shown);
}

#[test]
fn texts_and_files() {
    check("1 + 2", expect!["3"]);
    check("(import ./a.nix).x", expect!["1"]);
    check("map (x: x * 2) [ 1 2 ]", expect!["[ 2 4 ]"]);
}

#[test]
fn errors_have_places() {
    check(
        "let f = x: x.nope; in\n  f (import ./a.nix)",
        expect![[r#"
            error: attribute 'nope' missing
              ┌─ «string»:1:12
              │
            1 │ let f = x: x.nope; in
              │            ^^^^^^
            note: while calling 'f'
              ┌─ «string»:2:3
              │
            2 │   f (import ./a.nix)
              │   ^^^^^^^^^^^^^^^^^^
            (1 frame of the trace hidden; --show-trace shows all)

            error: attribute 'nope' missing
        "#]],
    );
    check(
        "1 +",
        expect![[r#"
            error: syntax error, unexpected end of file
              ┌─ «string»:1:4
              │
            1 │ 1 +
              │    ^

            error: syntax error, unexpected end of file
        "#]],
    );
    check(
        "undefined",
        expect![[r#"
            error: undefined variable 'undefined'
              ┌─ «string»:1:1
              │
            1 │ undefined
              │ ^

            error: undefined variable 'undefined'
        "#]],
    );
}

fn selected(path: &str, args: &[(&str, &str)]) -> String {
    let (engine, _) = engine(&[("/w/f.nix", "{ a, b ? a + 1 }: { sum = a + b; l = [ 1 { c = 2; } ]; \"x.y\" = 3; }")]);
    let session = engine.snapshot().session();
    let value = session.eval_file(Path::new("/w/f.nix"), &control()).unwrap();
    let mut auto = AutoArgs::default();
    for (name, text) in args {
        auto.0.insert((*name).to_owned(), session.eval_text("«arg»", text, &control()).unwrap());
    }
    let answer = session.select(&value, path, &auto, &control()).and_then(|v| session.print(&v, &PrintOptions::strict(), &control()));
    answer.unwrap_or_else(|report| format!("{} {}", report.message.lines().next().unwrap(), report.hints.join(" ")))
}

#[test]
fn attribute_paths() {
    let a = [("a", "1")];
    assert_eq!(selected("sum", &a), "3");
    assert_eq!(selected("l.1.c", &a), "2");
    assert_eq!(selected("\"x.y\"", &a), "3");
    assert_eq!(selected("sun", &a), "attribute 'sun' in selection path 'sun' not found Did you mean sum?");
    assert_eq!(selected("l.7", &a), "list index 7 in selection path 'l.7' is out of range ");
    assert_eq!(selected("sum.x", &a), "the expression selected by the selection path 'sum.x' should be a set but is an integer ");
    assert_eq!(selected("sum", &[]), "cannot evaluate a function that has an argument without a value ('a') ");
}

#[test]
fn bindings_of_a_prompt() {
    let (engine, _) = engine(&[]);
    let mut session = engine.snapshot().command_session();
    assert_eq!(session.define_bindings("x = 1; y = x + 1; z = throw \"never\"", &control()).unwrap(), ["x", "y", "z"]);
    assert_eq!(show(&session, "[ x y ]").unwrap(), "[ 1 2 ]");
    assert_eq!(show(&session, "z").unwrap_err().message, "never");
    let set = session.eval_text("«repl»", "{ p = 5; q.r = 6; }", &control()).unwrap();
    assert_eq!(session.define_attrs(&set, &control()).unwrap(), 2);
    assert_eq!(show(&session, "p + q.r").unwrap(), "11");
    let found = session.complete("q.", 2, &control()).unwrap();
    assert_eq!((found.start, found.candidates), (2, vec!["r".to_owned()]));
    let found = session.complete("1 + builtins.mapA", 17, &control()).unwrap();
    assert_eq!((found.start, found.candidates), (13, vec!["mapAttrs".to_owned()]));
}

#[test]
fn an_edit_is_seen_at_once_and_only_where_it_matters() {
    let (mut engine, system) = engine(&[("/w/a.nix", "import ./b.nix + 1"), ("/w/b.nix", "1"), ("/w/c.nix", "9")]);
    let eval = |engine: &Engine| show(&engine.snapshot().session(), "import ./a.nix").unwrap();
    assert_eq!(eval(&engine), "2");
    let edit = |engine: &mut Engine, path: &str, text: &str| {
        let mut change = Change::new();
        change.set_buffer(path, text);
        engine.apply(change);
    };
    edit(&mut engine, "/w/b.nix", "10");
    assert_eq!(eval(&engine), "11");

    // A value from before a change that nobody read stays usable …
    let before = engine.snapshot().session();
    let value = before.eval_text("«string»", "import ./a.nix", &control()).unwrap();
    edit(&mut engine, "/w/c.nix", "8");
    assert!(engine.snapshot().session().print(&value, &PrintOptions::strict(), &control()).is_ok());
    // … opening a file changes nothing …
    edit(&mut engine, "/w/a.nix", "import ./b.nix + 1");
    assert!(engine.snapshot().session().print(&value, &PrintOptions::strict(), &control()).is_ok());
    // … and one that may be stale does not.
    edit(&mut engine, "/w/b.nix", "20");
    assert!(engine.snapshot().session().print(&value, &PrintOptions::strict(), &control()).is_err());
    assert_eq!(eval(&engine), "21");

    let mut change = Change::new();
    change.close_buffer("/w/b.nix");
    engine.apply(change);
    assert_eq!(eval(&engine), "2");

    // Announced or not, what the disk says counts.
    system.write("/w/b.nix", "300");
    let mut change = Change::new();
    change.disk_changed("/w/b.nix");
    engine.apply(change);
    assert_eq!(eval(&engine), "301");
    system.write("/w/b.nix", "4000");
    assert_eq!(eval(&engine), "4001");
}

#[test]
fn files_that_appear_are_noticed() {
    let (mut engine, system) = engine(&[("/w/x/keep", "")]);
    let text = "builtins.pathExists ./x/new.nix || builtins.readDir ./x ? new.nix";
    assert_eq!(show(&engine.snapshot().session(), text).unwrap(), "false");
    system.write("/w/x/new.nix", "1");
    let mut change = Change::new();
    change.disk_changed("/w/x/new.nix");
    engine.apply(change);
    assert_eq!(show(&engine.snapshot().session(), text).unwrap(), "true");
}

#[test]
fn a_snapshot_is_cancelled_by_a_write_and_a_writer_never_waits_for_evaluation() {
    let (mut engine, _) =
        engine(&[("/w/a.nix", "let f = n: if n == 0 then 0 else f (n - 1) + 0; in map f (builtins.genList (i: 5000) 100000000)")]);
    let snapshot = engine.snapshot();
    let running = std::thread::spawn({
        let session = snapshot.session();
        move || session.eval_file(Path::new("/w/a.nix"), &control()).and_then(|v| session.force_deep(&v, &control()))
    });
    std::thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    let mut change = Change::new();
    change.set_buffer("/w/a.nix", "1");
    engine.apply(change);
    assert!(start.elapsed() < Duration::from_secs(2), "the writer waited {:?}", start.elapsed());
    assert!(!snapshot.is_current());
    assert!(snapshot.flat_tree(Path::new("/w/a.nix")).is_err());
    let report = running.join().unwrap().unwrap_err();
    assert_eq!(report.kind, ReportKind::Cancelled);
}

#[test]
fn limits_end_evaluations_and_the_engine_lives_on() {
    let (engine, _) = engine(&[]);
    let session = engine.snapshot().session();
    let endless = "builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }";
    let short = Control::new(Budget { time: Some(Duration::from_millis(200)), ..Budget::UNLIMITED });
    let report = session.eval_text("«string»", endless, &short).unwrap_err();
    assert_eq!((report.kind, report.message.as_str()), (ReportKind::Budget, "evaluation took longer than 0.2 s"));

    let cancelled = CancelToken::new();
    cancelled.cancel();
    let control = Control { cancel: cancelled, ..Control::unlimited() };
    assert_eq!(session.eval_text("«string»", endless, &control).unwrap_err().kind, ReportKind::Cancelled);
    assert_eq!(show(&session, "let x = x; in x").unwrap_err().message, "infinite recursion encountered");
    assert_eq!(show(&session, "let f = n: 1 + f n; in f 0").unwrap_err().kind, ReportKind::Budget);
    assert_eq!(show(&session, "1 + 1").unwrap(), "2");
}

#[test]
fn a_full_memory_is_given_back() {
    let system = Arc::new(MemorySystem::new());
    let budget = Budget { bytes: 64 << 20, ..Budget::UNLIMITED };
    let engine = Engine::with_system(EngineConfig { budget, ..config() }, system);
    for _ in 0..3 {
        let report =
            show(&engine.snapshot().session(), "builtins.foldl' (a: b: [ a b ]) 0 (builtins.genList (x: x + 1) 10000000)").unwrap_err();
        assert_eq!(report.kind, ReportKind::Budget, "{report:?}");
        assert_eq!(show(&engine.snapshot().session(), "builtins.length (builtins.genList (x: x) 100000)").unwrap(), "100000");
    }
}

#[test]
fn without_trust_nothing_leaves_the_workspace() {
    let system = Arc::new(MemorySystem::new());
    system.write("/w/a.nix", "import ./b.nix");
    system.write("/w/b.nix", "2");
    system.write("/secret", "3");
    system.set_env("HOME", "/h");
    let engine = Engine::with_system(EngineConfig { trust: Trust::Untrusted, ..config() }, system);
    let session = engine.snapshot().session();
    assert_eq!(show(&session, "import ./a.nix").unwrap(), "2");
    assert_eq!(show(&session, "builtins.getEnv \"HOME\"").unwrap(), "\"\"");
    let refused = |text: &str| {
        let report = show(&session, text).unwrap_err();
        (report.kind, report.message)
    };
    let message = "access to absolute path '/secret' is forbidden, because this workspace is not trusted".to_owned();
    assert_eq!(refused("builtins.readFile /secret"), (ReportKind::Trust, message.clone()));
    assert_eq!(refused("import /secret"), (ReportKind::Trust, message));
    let request = nival_engine::BuildRequest { drv_path: "/nix/store/x.drv".into(), outputs: vec![] };
    assert_eq!(session.build(&[request], &nival_engine::NoProgress, &control()).unwrap_err().kind, ReportKind::Trust);
}

#[test]
fn derivations_are_found_and_described() {
    let (engine, _) = engine(&[(
        "/w/d.nix",
        r#"{ system ? "x86_64-linux" }: rec {
             mk = name: derivation { inherit name system; builder = "/bin/sh"; outputs = [ "out" "dev" ]; };
             a = mk "a"; nested.b = mk "b"; set = { recurseForDerivations = true; c = mk "c"; };
           }"#,
    )]);
    let session = engine.snapshot().session();
    let value = session.eval_file(Path::new("/w/d.nix"), &control()).unwrap();
    let found = session.derivations(&value, &AutoArgs::default(), &control()).unwrap();
    let shown: Vec<String> = found
        .iter()
        .map(|(path, info)| format!("{path}: {} {} {} {:?} {:?}\n", info.name, info.system, info.drv_path, info.out_path, info.outputs))
        .collect();
    expect![[r#"
        a: a x86_64-linux /nix/store/wnvld3im7bgzcx9iplxdvvmk9nwx98bq-a.drv Some("/nix/store/j6bx1jwzc2rv1id9v9nv724h6h82sban-a") [("out", Some("/nix/store/j6bx1jwzc2rv1id9v9nv724h6h82sban-a")), ("dev", Some("/nix/store/0pymnpkxynhvm2q42p711hj7rpj8k1aw-a-dev"))]
        set.c: c x86_64-linux /nix/store/zflmqvmy35zhfyila6p7vkz8kbfj77yg-c.drv Some("/nix/store/8fdkkdx0zhq6h65vryykp4llcxdrmkzb-c") [("out", Some("/nix/store/8fdkkdx0zhq6h65vryykp4llcxdrmkzb-c")), ("dev", Some("/nix/store/nfwc682q0ncik165qi4zdaadpr7aar2v-c-dev"))]
    "#]].assert_eq(&shown.concat());
}
