//! `lower_again PATH…`: types at random places of every big .nix file below each path, and holds what is lowered again after each edit
//! against what is lowered anew.
//!
//! `lower_again --time FILE`: what both cost.

#![allow(clippy::disallowed_methods)] // A tool, not a library: it reads files by itself.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use nival_hir::{Lowered, lower_again, lower_for_edits};
use nival_syntax::SyntaxKind;
use nival_syntax::flat::{self, FlatTree};

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path.is_symlink() {
        return Ok(());
    }
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "nix") {
        files.push(path.to_path_buf());
    }
    Ok(())
}

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// What is typed: letters of names, values, blanks, comments, functions, uses of names that the text has.
fn typed(numbers: &mut Numbers, tree: &FlatTree, names: &[u32]) -> Vec<u8> {
    let node = names.get(numbers.below(names.len())).and_then(|&index| tree.node(index));
    let name = node.map_or(&b"x"[..], |node| node.text());
    match numbers.below(9) {
        0 => b"x".to_vec(),
        1 => b" 1 ".to_vec(),
        2 => b" # x\n".to_vec(),
        3 => b"\n".to_vec(),
        4 => b" (x: { a, b ? x }@c: [ a b c.d or 1 ]) ".to_vec(),
        5 => b" { a = 1; b.c = rec { d = 2; e = d; }; } ".to_vec(),
        6 => b" \"a${b}\" ".to_vec(),
        _ => [b" ", name, b" "].concat(),
    }
}

#[derive(Default)]
struct Counts {
    edits: usize,
    again: usize,
    whole: usize,
    differ: usize,
    times: [Vec<f64>; 2],
}

fn millis<T>(times: &mut Vec<f64>, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    times.push(start.elapsed().as_secs_f64() * 1e3);
    result
}

fn type_in(text: &[u8], rounds: usize, numbers: &mut Numbers, counts: &mut Counts) {
    let mut former: Option<(FlatTree, Lowered)> = None;
    let whole = text;
    let mut text = whole.to_vec();
    let first = flat::parse(&text);
    let names: Vec<u32> =
        (0..first.len() as u32).filter(|&i| first.node(i).is_some_and(|node| node.kind() == SyntaxKind::NAME_REF)).collect();
    for round in 0..rounds {
        let tree = flat::parse(&text);
        let again = former.as_ref().map(|(former, lowered)| millis(&mut counts.times[0], || lower_again(former, lowered, &tree, &|| ())));
        let fresh = millis(&mut counts.times[1], || lower_for_edits(&tree, &|| ()));
        counts.edits += usize::from(again.is_some());
        counts.whole += usize::from(matches!(again, Some(None)));
        if let Some(Some(again)) = &again {
            counts.again += 1;
            let same = again.module == fresh.module
                && again.source_map == fresh.source_map
                && again.scopes == fresh.scopes
                && again.errors == fresh.errors;
            counts.differ += usize::from(!same);
        }
        // What the text is edited to; it stays without errors of syntax, and what else is wrong is mended soon.
        if !fresh.errors.is_empty() {
            text = whole.to_vec();
            former = Some((tree, again.flatten().unwrap_or(fresh)));
            continue;
        }
        let at = |token: usize, tree: &FlatTree| tree.token(token as u32).map_or(text.len(), |token| usize::from(token.range().end()));
        for _ in 0..20 {
            let place = numbers.below(tree.token_count());
            let (start, gone) = (at(place, &tree), numbers.below(4).saturating_sub(1));
            let end = if round % 3 == 0 { at(place + gone, &tree).max(start) } else { start };
            let next = [&text[..start], &typed(numbers, &first, &names), &text[end..]].concat();
            if flat::parse(&next).errors().is_empty() {
                text = next;
                break;
            }
        }
        former = Some((tree, again.flatten().unwrap_or(fresh)));
    }
}

fn show(what: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times.get(((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1))).copied().unwrap_or_default();
    println!("{what}: p50 {:.2} p90 {:.2} p99 {:.2} ms", at(0.5), at(0.9), at(0.99));
}

fn main() -> ExitCode {
    let mut paths: Vec<String> = std::env::args().skip(1).collect();
    let timed = paths.first().is_some_and(|first| first == "--time");
    paths.drain(..usize::from(timed));
    let mut files = Vec::new();
    for path in &paths {
        if let Err(error) = collect(Path::new(path), &mut files) {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    }
    files.sort();
    let (mut counts, mut numbers) = (Counts::default(), Numbers(7));
    for file in files {
        let Ok(text) = std::fs::read(&file) else { continue };
        if text.len() > 5000 {
            let before = counts.differ;
            type_in(&text, if timed { 200 } else { 12 }, &mut numbers, &mut counts);
            if counts.differ > before {
                println!("{}: differs", file.display());
            }
        }
    }
    let Counts { edits, again, whole, differ, times: [mut one, mut other] } = counts;
    println!("{edits} edits, {again} lowered again, {whole} whole, {differ} differ");
    if timed {
        show("again", &mut one);
        show("whole", &mut other);
    }
    if differ == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
