//! What broken configurations look like: each fixture is a small project beside a library, each expectation the whole text
//! that its user sees.

mod configurations;
mod packages;
mod shapes;

use std::sync::Arc;

use expect_test::Expect;
use nival_engine::{Control, Engine, EngineConfig, PrintOptions, RenderOptions, Report, render};
use nival_source::MemorySystem;

/// The library of the fixtures, at a place where libraries are.
const LIB: &str = include_str!("lib.nix");

/// `//- /path` begins each file.
fn engine(fixture: &str) -> Engine {
    let system = Arc::new(MemorySystem::new());
    system.write("/nix/store/00000000000000000000000000000000-lib/lib.nix", LIB);
    for part in fixture.split("//- ").skip(1) {
        let (path, text) = part.split_once('\n').unwrap();
        system.write(path.trim(), text.replace("<lib>", "/nix/store/00000000000000000000000000000000-lib/lib.nix").as_str());
    }
    let config = EngineConfig { roots: vec!["/w".into()], ..EngineConfig::command_line("x86_64-linux".into()) };
    Engine::with_system(config, system)
}

/// The error of `attribute` of the fixture's `/w/default.nix`.
fn report(fixture: &str, attribute: &str) -> (Engine, Report) {
    let engine = engine(fixture);
    let session = engine.snapshot().session();
    let control = Control::unlimited();
    let value = session.eval_file("/w/default.nix".as_ref(), &control);
    let value = value.and_then(|value| session.select(&value, attribute, &Default::default(), &control));
    let report = value.and_then(|value| session.print(&value, &PrintOptions::strict(), &control)).unwrap_err();
    (engine, report)
}

fn shown(fixture: &str, attribute: &str, show_trace: bool) -> String {
    let (engine, report) = report(fixture, attribute);
    render(&report, &|path| engine.snapshot().text(path), RenderOptions { color: false, show_trace })
}

fn check(fixture: &str, attribute: &str, expected: Expect) {
    expected.assert_eq(&shown(fixture, attribute, false));
}
