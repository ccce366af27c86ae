//! The index of a whole tree: every file read, parsed, resolved and summarised, on two threads.

use std::time::Instant;

use nival_index::build::{Watch, build};
use nival_index::fuzzy;
use nival_source::OsSystem;

use crate::table::Row;
use crate::{Settings, median};

struct Quiet;

impl Watch for Quiet {
    fn stop(&self) -> bool {
        false
    }
    fn progress(&self, _: usize, _: usize) {}
}

pub fn run(settings: &Settings) -> Vec<Row> {
    let (mut seconds, mut milliseconds) = (Vec::new(), Vec::new());
    let (mut files, mut bytes) = (0, 0);
    for _ in 0..settings.runs.min(5) {
        let start = Instant::now();
        let Some(index) = build(&OsSystem, std::slice::from_ref(&settings.nixpkgs), &Quiet) else { panic!("nobody stopped it") };
        seconds.push(start.elapsed().as_secs_f64());
        (files, bytes) = (index.len(), index.memory());
        assert!(files > 10_000, "a nixpkgs tree has more than {files} files");
        let view = nival_index::View::new(std::sync::Arc::new(index), []);
        let start = Instant::now();
        let found = fuzzy::search(&view, "hello", 128, &|| false);
        milliseconds.push(start.elapsed().as_secs_f64() * 1e3);
        assert!(found.first().and_then(|found| found.symbol()).is_some_and(|symbol| symbol.name.as_bytes() == b"hello"));
        let hello = settings.nixpkgs.join("pkgs/applications/misc/hello/default.nix");
        assert!(!hello.is_file() || !view.callers(&hello).is_empty(), "nobody calls hello");
    }
    let row = |work: String, nival: String| Row { work, nival, reference: String::new(), ratio: None, memory: None };
    vec![
        row(format!("index: {files} files, two threads"), format!("{:.2} s, {:.0} MB kept", median(&seconds), bytes as f64 / 1e6)),
        row(format!("a symbol of {files} files by its name"), format!("{:.1} ms", median(&milliseconds))),
    ]
}
