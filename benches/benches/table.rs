//! `cargo bench`: the table of `docs/performance.md`.

#![allow(clippy::disallowed_methods, reason = "a benchmark is a program of its own")]

use std::process::ExitCode;

use nival_benches::{Settings, index, lsp, paired, parse, table, warm};

/// A group of rows that can be asked for alone: `cargo bench -- parse`.
struct Family {
    name: &'static str,
    run: fn(&Settings) -> Vec<table::Row>,
}

/// Whole processes come first: a child counts the peak memory of the process that starts it as its own, and this one is
/// large once it has read a tree.
const FAMILIES: [Family; 5] = [
    Family { name: "paired", run: paired::run },
    Family { name: "index", run: index::run },
    Family { name: "parse", run: parse::run },
    Family { name: "lsp", run: lsp::run },
    Family { name: "warm", run: warm::run },
];

fn main() -> ExitCode {
    let settings = match Settings::from_env() {
        Ok(settings) => settings,
        Err(what) => {
            eprintln!("error: {what}");
            return ExitCode::FAILURE;
        }
    };
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let chosen = FAMILIES.iter().filter(|f| wanted.is_empty() || wanted.iter().any(|w| w == f.name));
    let rows: Vec<table::Row> = chosen.flat_map(|f| (f.run)(&settings)).collect();
    table::print(&rows);
    ExitCode::SUCCESS
}
