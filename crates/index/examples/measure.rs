//! How long a tree takes to be indexed, and what the index takes: `cargo run --profile perf -p nival-index --example measure -- FOLDER`.

#![allow(clippy::disallowed_methods, reason = "a measurement is a program of its own")]

use std::time::Instant;

use nival_index::build::{Watch, build};
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
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS")).for_each(|line| println!("{line}"));
}
