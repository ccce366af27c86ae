//! `lexical_tree PATH…`: of every name in every .nix file below each path, holds what the tree alone tells against what lowering tells.
//!
//! `lexical_tree --time FILE`: what an edit in the middle costs, and what one name does after it, in both ways.

#![allow(clippy::disallowed_methods)] // A tool, not a library: it reads files by itself.

#[path = "../tests/lexical/compare.rs"]
mod compare;
#[path = "../../syntax/examples/nix_files/mod.rs"]
mod nix_files;

use std::process::ExitCode;

use nival_hir::{LowerOptions, lexical, lower};
use nival_syntax::{SyntaxKind, flat};

/// Median, 99th percentile and longest of some times, in milliseconds.
fn show(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times.get(((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1))).copied().unwrap_or_default();
    println!("{what}: p50 {:.2} p99 {:.2} max {:.2} ms", at(0.5), at(0.99), at(1.0));
}

fn timed<T>(times: &mut Vec<f64>, work: impl FnOnce() -> T) -> T {
    let start = std::time::Instant::now();
    let result = work();
    times.push(start.elapsed().as_secs_f64() * 1e3);
    result
}

fn time(text: &[u8]) {
    const ROUNDS: usize = 400;
    let (mut edits, mut cursors, mut lowerings) = (Vec::new(), Vec::new(), Vec::new());
    let tree = flat::parse(text);
    let names: Vec<_> = (0..tree.len() as u32).filter_map(|i| tree.node(i)).filter(|node| node.kind() == SyntaxKind::NAME_REF).collect();
    let mut tree = tree.clone();
    for round in 0..ROUNDS {
        let Some(name) = names.get(round * names.len() / ROUNDS) else { return };
        let at = name.range().end();
        let mut edited = text.to_vec();
        edited.insert(at.into(), b'x');
        tree = timed(&mut edits, || flat::reparse(&tree, if round % 2 == 0 { &edited } else { text }));
        timed(&mut cursors, || lexical::at_cursor(&tree, at).map(|found| found.map(|found| found.occurrences.uses().len())));
        if round % 10 == 0 {
            timed(&mut lowerings, || lower(&tree, &LowerOptions::default()));
        }
    }
    show("a tree from the one before the edit", edits);
    show("all that means the name at a cursor", cursors);
    show("lowering the text", lowerings);
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, file] = &arguments[..]
        && flag == "--time"
    {
        match std::fs::read(file) {
            Ok(text) => time(&text),
            Err(error) => {
                eprintln!("{file}: {error}");
                return ExitCode::FAILURE;
            }
        }
        return ExitCode::SUCCESS;
    }
    let files = match nix_files::nix_files(&arguments) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let (mut wrong, mut names, mut silent, mut broken) = (0, 0, 0, 0);
    for file in &files {
        let Ok(text) = std::fs::read(file) else { continue };
        let tree = flat::parse(&text);
        if !tree.errors().is_empty() {
            broken += 1;
            continue;
        }
        match compare::compare(&tree, text.len() < 20_000) {
            Ok(told) => {
                names += told.names;
                silent += told.silent;
                if told.silent > 0 {
                    println!("{}: silent about {} of {} names", file.display(), told.silent, told.names);
                }
            }
            Err(error) => {
                wrong += 1;
                println!("{}: {error}", file.display());
            }
        }
    }
    println!("{} files, {broken} with errors, {wrong} wrong; {names} names, silent about {silent}", files.len());
    if wrong > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
