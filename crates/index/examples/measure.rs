//! How long a tree takes to be indexed, and what the index takes: `cargo run --profile perf -p nival-index --example measure -- FOLDER`.

#![allow(clippy::disallowed_methods, reason = "a measurement is a program of its own")]

use std::time::Instant;

use nival_index::build::{Watch, build};
use nival_index::index::resolve;
use nival_source::OsSystem;

struct Quiet;

impl Watch for Quiet {
    fn stop(&self) -> bool {
        false
    }
    fn progress(&self, _: usize, _: usize) {}
}

fn main() {
    let roots: Vec<_> = std::env::args_os().skip(1).map(Into::into).collect();
    let start = Instant::now();
    let Some(index) = build(&OsSystem, &roots, &Quiet) else { return };
    let took = start.elapsed();
    let symbols: usize = index.files().map(|(_, summary)| summary.symbols.len()).sum();
    let edges: usize = index.files().map(|(_, summary)| summary.edges.len()).sum();
    println!("{} files, {symbols} symbols, {edges} edges in {took:?}; {} bytes", index.len(), index.memory());
    // Paths that are run, always, and lead nowhere: what `import-not-found` would say.
    let mut missing = 0;
    for (path, summary) in index.files().filter(|file| !file.1.guards) {
        for edge in summary.edges.iter().filter(|edge| edge.how.runs() && !edge.conditional) {
            let Some(target) = resolve(path, edge, None) else { continue };
            if !(target.is_file() || target.join("default.nix").is_file()) {
                missing += 1;
                println!("{} {:?} {}", path.display(), edge.how, String::from_utf8_lossy(&edge.path));
            }
        }
    }
    println!("{missing} paths lead nowhere");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS")).for_each(|line| println!("{line}"));
}
