//! Evaluations that would not end or would take all memory: each ends within its limits, gives its memory back, and the
//! workspace goes on.

#![allow(clippy::disallowed_methods, reason = "tests are at the edge of the program")]

use std::fs::File;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use nival_engine::{Budget, CancelToken, Control, Engine, EngineConfig, EvalSession, Report, ReportKind};

const CLOSURE: &str = "builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }";
/// 256 MiB of values.
const BIG: &str = "builtins.stringLength (builtins.foldl' (text: _: text + text) \"abcdefgh\" (builtins.genList (x: x) 24))";
/// Compares what has 2^60 parts, and needs no memory.
const SLOW: &str =
    "let make = n: builtins.foldl' (graph: _: { a = graph; b = graph; }) { } (builtins.genList (x: x) n); in make 60 == make 60";

fn engine(change: impl FnOnce(&mut EngineConfig)) -> Engine {
    let mut config = EngineConfig::command_line("x86_64-linux".into());
    change(&mut config);
    Engine::new(config)
}

fn evaluate(session: &EvalSession, text: &str, control: &Control) -> Result<(), Report> {
    let value = session.eval_text("«string»", text, control)?;
    session.force_deep(&value, control)
}

/// Bytes of memory of this process.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number") << 12
}

/// Well above what the end of anything takes on a busy machine, well below what these would take without one.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn time_and_memory_have_limits() {
    let engine = engine(|_| {});
    let text = "let text = builtins.foldl' (text: _: text + text) \"a\" (builtins.genList (x: x) 24); in";
    for endless in [
        CLOSURE.to_owned(),
        "let f = n: [ n ] ++ f (n + 1); g = n: if n < 0 then 0 else g (n + 1); in builtins.foldl' (a: n: a + g 0) 0 (f 0)".to_owned(),
        "let f = list: f (list ++ list); in f [ 1 ]".to_owned(),
        "let f = text: f (text + text); in f \"a\"".to_owned(),
        format!("{text} builtins.match \"(a*)*(a*)*b\" text"),
        format!("{text} builtins.split \"\" text"),
        format!("{text} builtins.fromJSON (\"[\" + builtins.replaceStrings [ \"a\" ] [ \"[\" ] text)"),
        format!("{text} builtins.fromTOML (\"a = \" + builtins.replaceStrings [ \"a\" ] [ \"[],\" ] text)"),
        format!("{text} builtins.replaceStrings [ \"\" ] [ text ] text"),
        "builtins.toJSON (builtins.foldl' (graph: _: { a = graph; b = graph; }) { } (builtins.genList (x: x) 60))".to_owned(),
        "toString (builtins.foldl' (graph: _: [ graph graph ]) 1 (builtins.genList (x: x) 60))".to_owned(),
        "builtins.genList (x: x) 9999999999".to_owned(),
    ] {
        let control = Control::new(Budget { bytes: 256 << 20, time: Some(Duration::from_secs(1)) });
        let session = engine.snapshot().session();
        let begin = Instant::now();
        let report = evaluate(&session, &endless, &control).expect_err(&endless);
        assert!(matches!(report.kind, ReportKind::Budget | ReportKind::Evaluation), "{endless}: {report:?}");
        let known =
            ["evaluation took longer than", "evaluation needed more than", "memory limit exceeded", "stack overflow", "parse error"];
        assert!(known.iter().any(|known| report.message.contains(known)), "{endless}: {}", report.message);
        assert!(begin.elapsed() < PATIENCE, "{endless} took {:?}", begin.elapsed());
    }
    evaluate(&engine.snapshot().session(), "1 + 1", &Control::unlimited()).expect("it goes on");
}

#[test]
fn calls_of_a_request_share_its_time() {
    let engine = engine(|_| {});
    let control = Control::request(CancelToken::new(), Budget { bytes: 1 << 30, time: Some(Duration::from_millis(300)) });
    let begin = Instant::now();
    for _ in 0..500 {
        let report = evaluate(&engine.snapshot().session(), SLOW, &control);
        assert_eq!(report.expect_err("it has no end").kind, ReportKind::Budget);
    }
    assert!(begin.elapsed() < PATIENCE, "500 calls took {:?}", begin.elapsed());
}

#[test]
fn memory_comes_back_when_the_last_value_goes() {
    let engine = engine(|_| {});
    evaluate(&engine.snapshot().session(), "1", &Control::unlimited()).expect("a number");
    let before = resident();
    let session = engine.snapshot().session();
    evaluate(&session, BIG, &Control::unlimited()).expect("a number");
    let with = resident();
    assert!(with > before + (180 << 20), "{before} {with}");
    drop((session, engine));
    let after = resident();
    assert!(after < before + (40 << 20), "{before} {with} {after}");
}

#[test]
fn memory_comes_back_at_once_past_a_limit() {
    let engine = engine(|config| config.budget = Budget { bytes: 600 << 20, time: None });
    evaluate(&engine.snapshot().session(), "1", &Control::unlimited()).expect("a number");
    let before = resident();
    let of_memory = Budget { bytes: 200 << 20, time: None };
    let of_time = Budget { bytes: u64::MAX, time: Some(Duration::from_secs(4)) };
    for (budget, endless) in [(of_memory, CLOSURE), (of_time, &format!("builtins.seq ({BIG}) ({SLOW})"))] {
        let session = engine.snapshot().session();
        let report = evaluate(&session, endless, &Control::new(budget)).expect_err("a limit");
        assert_eq!(report.kind, ReportKind::Budget, "{report:?}");
        drop(session);
        let after = resident();
        assert!(after < before + (100 << 20), "{before} {after} {endless}");
    }
    let session = engine.snapshot().session();
    evaluate(&session, BIG, &Control::unlimited()).expect("there is room again");
}

#[test]
fn a_limit_counts_what_a_request_adds() {
    let engine = engine(|_| {});
    let session = engine.snapshot().session();
    evaluate(&session, BIG, &Control::unlimited()).expect("a number");
    // Somebody else's values are not its own.
    let control = Control::new(Budget { bytes: 100 << 20, time: None });
    evaluate(&session, "builtins.genList (x: x) 100000", &control).expect("a small list");
    assert_eq!(evaluate(&session, &format!("{BIG} + 1"), &control).expect_err("too big").kind, ReportKind::Budget);
}

/// Files that hold more than there is memory, or take minutes to read.
#[test]
fn reading_ends_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let huge = folder.path().join("huge");
    File::create(&huge).and_then(|file| file.set_len(200 << 30)).expect("a file with a hole");
    let path = huge.display();
    let engine = engine(|config| config.store.read_only = true);
    for text in [format!("builtins.readFile {path}"), format!("import {path}")] {
        let control = Control::new(Budget { bytes: 1 << 30, time: None });
        let report = evaluate(&engine.snapshot().session(), &text, &control).expect_err("too big");
        assert!(report.message.contains("evaluation needed more than"), "{text}: {}", report.message);
    }
    let folder = folder.path().display();
    for text in [
        format!("builtins.hashFile \"sha256\" {path}"),
        format!("\"${{{path}}}\""),
        format!("builtins.path {{ path = {path}; recursive = false; }}"),
        format!("builtins.filterSource (path: type: true) {folder}"),
    ] {
        let cancel = CancelToken::new();
        let control = Control { cancel: cancel.clone(), ..Control::unlimited() };
        let session = engine.snapshot().session();
        let (sender, ended) = channel();
        std::thread::scope(|scope| {
            scope.spawn(|| sender.send(evaluate(&session, &text, &control)));
            std::thread::sleep(Duration::from_millis(100));
            cancel.cancel();
            let report = ended.recv_timeout(PATIENCE).expect("it ends").expect_err(&text);
            assert_eq!(report.kind, ReportKind::Cancelled, "{text}: {}", report.message);
        });
    }
}

/// An endless wait of two threads for each other would look like this test not ending.
#[test]
fn cycles_between_threads_are_found_at_once() {
    let cycle = "let n = 60; at = i: builtins.elemAt cycle i; work = i: builtins.foldl' (a: x: a + x) i (builtins.genList (x: x) 300);
        cycle = builtins.genList (i: work i + at (if i == n - 1 then 0 else i + 1)) n; in cycle";
    for cores in [1, 4] {
        let engine = engine(|config| (config.eval_cores, config.once) = (cores, true));
        for _ in 0..5 {
            let begin = Instant::now();
            let report = evaluate(&engine.snapshot().session(), cycle, &Control::unlimited()).expect_err("a cycle");
            assert!(report.message.contains("infinite recursion encountered"), "{}", report.message);
            assert!(begin.elapsed() < PATIENCE, "it took {:?}", begin.elapsed());
        }
    }
    // Two requests at once, on one evaluator.
    let engine = engine(|_| {});
    let session = engine.snapshot().session();
    let list = session.eval_text("«string»", cycle, &Control::unlimited()).expect("a list");
    let items = session.items(&list, &Control::unlimited()).expect("items");
    std::thread::scope(|scope| {
        for item in items.iter().step_by(17) {
            scope.spawn(|| {
                let report = session.force(item, &Control::unlimited()).expect_err("a cycle");
                assert!(report.message.contains("infinite recursion encountered"), "{}", report.message);
            });
        }
    });
}

/// What is no file with an end: nothing waits for a writer or reads for ever.
#[test]
fn pipes_devices_and_links_in_a_circle() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is installed");
    assert!(made.success());
    std::os::unix::fs::symlink("circle", folder.path().join("circle")).expect("a link");
    std::fs::write(folder.path().join("kept"), "").expect("a file");
    let engine = engine(|config| config.store.read_only = true);
    let session = engine.snapshot().session();
    let (folder, pipe) = (folder.path().display(), pipe.display());
    for (text, expected) in [
        (format!("builtins.readFile {pipe}"), "it is not a regular file"),
        (format!("import {pipe}"), "it is not a regular file"),
        (format!("builtins.scopedImport {{ }} {pipe}"), "it is not a regular file"),
        (format!("builtins.hashFile \"sha256\" {pipe}"), "it is not a regular file"),
        (format!("builtins.path {{ path = {pipe}; recursive = false; }}"), "it is not a regular file"),
        (format!("builtins.readDir {pipe}"), "Not a directory"),
        (format!("\"${{{pipe}}}\""), "has an unsupported type"),
        (format!("\"${{{folder}}}\""), "has an unsupported type"),
        (format!("builtins.filterSource (path: type: true) {folder}"), "has an unsupported type"),
        (format!("builtins.readFile {folder}/circle"), "symbolic links"),
        (format!("import {folder}/circle"), "symbolic links"),
        (format!("builtins.readDir {folder}/circle"), "symbolic links"),
    ] {
        let report = evaluate(&session, &text, &Control::unlimited()).expect_err(&text);
        assert!(report.message.contains(expected), "{text}: {}", report.message);
    }
    for text in [
        format!("assert builtins.readFileType {pipe} == \"unknown\" && builtins.readFileType {folder}/circle == \"symlink\"; 1"),
        format!("builtins.filterSource (path: type: type != \"unknown\") {folder}"),
        "assert builtins.readFile /dev/zero == \"\" && builtins.hashFile \"md5\" /dev/null == builtins.hashString \"md5\" \"\"; 1"
            .to_owned(),
    ] {
        evaluate(&session, &text, &Control::unlimited()).unwrap_or_else(|report| panic!("{text}: {}", report.message));
    }
}
