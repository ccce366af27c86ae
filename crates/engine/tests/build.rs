//! The example project through the engine: evaluated, instantiated, built and inspected in a store of its own.

#![allow(clippy::disallowed_methods, reason = "tests are at the edge of the program")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use nival_engine::{
    AutoArgs, Budget, BuildProgress, Control, Engine, EngineConfig, EvalSession, FlakeLookup, PrintOptions, Report, ReportKind,
    StoreSettings, Trust,
};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").canonicalize().unwrap()
}

fn engine(store: &Path) -> Engine {
    let store = StoreSettings { uri: Some(store.display().to_string()), max_jobs: Some(2), ..StoreSettings::default() };
    let config = EngineConfig {
        trust: Trust::Trusted,
        budget: Budget::UNLIMITED,
        store,
        roots: vec![examples()],
        ..EngineConfig::command_line("x86_64-linux".into())
    };
    Engine::new(config)
}

fn control() -> Control {
    Control::unlimited()
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl BuildProgress for Log {
    fn log_line(&self, _drv_path: &str, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

fn build(session: &EvalSession, attr: &str, log: &Log) -> Result<(String, PathBuf), Report> {
    let file = session.eval_file(&examples(), &control())?;
    let value = session.select(&file, attr, &AutoArgs::default(), &control())?;
    let info = session.instantiate(&value, &control())?;
    let outcomes = session.build(&[info.build_request()], log, &control())?;
    let output = &outcomes[0].outputs[0];
    assert_eq!(Some(&output.path), info.out_path.as_ref());
    Ok((output.path.clone(), output.real_path.clone()))
}

#[test]
fn a_package_and_what_it_needs() {
    let store = tempfile::tempdir().unwrap();
    let engine = engine(store.path());
    let session = engine.snapshot().command_session();
    let (path, real) = build(&session, "greeter", &Log::default()).unwrap();
    assert!(real.starts_with(store.path().canonicalize().unwrap()) && real.exists(), "{}", real.display());

    let details = session.inspect(&path).unwrap();
    assert!(details.valid && details.nar_size.unwrap() > 0 && details.closure_size.unwrap() > details.nar_size.unwrap());
    assert!(details.references.iter().any(|r| r.ends_with("hello") || r.contains("-hello-")), "{:?}", details.references);
    assert!(details.deriver.is_some_and(|deriver| deriver.ends_with(".drv")) && details.log.is_some());
    assert!(session.build_log(&path).unwrap().is_some());
    assert!(!session.inspect("/nix/store/00000000000000000000000000000000-none").unwrap().valid);
    assert_eq!(session.inspect("/tmp").unwrap_err().kind, ReportKind::Store);
}

#[test]
fn a_failing_build_says_why() {
    let store = tempfile::tempdir().unwrap();
    let engine = engine(store.path());
    let session = engine.snapshot().command_session();
    let log = Log::default();
    let report = build(&session, "broken", &log).unwrap_err();
    assert_eq!(report.kind, ReportKind::Build);
    assert!(report.message.contains("broken") && !report.log.is_empty(), "{report:?}");
    assert!(!log.0.lock().unwrap().is_empty());
}

#[test]
fn import_from_derivation_builds_where_it_may() {
    let store = tempfile::tempdir().unwrap();
    let text =
        r#"import (derivation { name = "x.nix"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo 1 + 41 > $out" ]; })"#;
    let show = |engine: &Engine| {
        let session = engine.snapshot().session();
        let value = session.eval_text("«string»", text, &control())?;
        session.print(&value, &PrintOptions::strict(), &control())
    };
    let mut engine = engine(store.path());
    assert_eq!(show(&engine).unwrap(), "42");
    let mut change = nival_engine::Change::new();
    change.set_config(EngineConfig { trust: Trust::Untrusted, ..(*engine.config()).clone() });
    engine.apply(change);
    let report = show(&engine).unwrap_err();
    assert!(report.kind == ReportKind::Trust && report.message.contains("not trusted"), "{report:?}");
}

#[test]
fn evaluation_alone_writes_nothing() {
    let store = tempfile::tempdir().unwrap();
    let engine = engine(store.path());
    let session = engine.snapshot().session();
    let file = session.eval_file(&examples(), &control()).unwrap();
    let value = session.select(&file, "greeter", &AutoArgs::default(), &control()).unwrap();
    assert!(session.derivation(&value, &control()).unwrap().is_some());
    assert_eq!(std::fs::read_dir(store.path()).unwrap().count(), 0);
}

#[test]
fn the_flake_of_the_examples() {
    let store = tempfile::tempdir().unwrap();
    let engine = engine(store.path());
    let mut session = engine.snapshot().command_session();
    session.set_base(&examples());
    let (value, path) = session.eval_installable("path:.#hello", FlakeLookup::Package, &control()).unwrap();
    assert_eq!(path, "packages.x86_64-linux.hello");
    let info = session.instantiate(&value, &control()).unwrap();
    session.build(&[info.build_request()], &Log::default(), &control()).unwrap();
    let report = session.eval_installable("path:.#helo", FlakeLookup::Package, &control()).unwrap_err();
    assert!(
        report.message.ends_with("does not provide attribute 'packages.x86_64-linux.helo', 'legacyPackages.x86_64-linux.helo' or 'helo'")
    );
    assert_eq!(report.hints, ["Did you mean hello?"]);
}
