//! `parse_tree PATH…`: parses every .nix file below each path, and reports errors, files that do not print back, and speed.

#![allow(clippy::disallowed_methods)] // A tool, not a library: it reads files by itself.

mod nix_files;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use nival_syntax::{LineIndex, flat};

fn best_of(rounds: u32, mut work: impl FnMut()) -> Duration {
    (0..rounds)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let dump = arguments.first().is_some_and(|a| a == "--dump");
    if dump {
        arguments.remove(0);
    }
    let files = match nix_files::nix_files(&arguments) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let texts: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))).collect();
    let (mut wrong, mut nodes, mut tokens) = (0, 0, 0);
    for (file, text) in files.iter().zip(&texts) {
        let tree = flat::parse(text);
        nodes += tree.len();
        tokens += tree.token_count();
        if dump && let Ok(text) = std::str::from_utf8(text) {
            println!("{:#?}", nival_syntax::parse(text).syntax());
        }
        let lines = LineIndex::new(text);
        for error in tree.errors() {
            let at = lines.line_col(error.range.start());
            let hint = error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            println!("{}:{}:{}: {error}{hint}", file.display(), at.line + 1, at.col + 1);
        }
        let printed: Vec<u8> = (0..tree.token_count() as u32).filter_map(|i| tree.token(i)).flat_map(|t| t.text().to_vec()).collect();
        if printed != *text {
            println!("{}: does not print back", file.display());
        }
        wrong += (!tree.errors().is_empty() || printed != *text) as usize;
    }
    let bytes: usize = texts.iter().map(Vec::len).sum();
    println!("{} files, {} bytes, {tokens} tokens, {nodes} nodes, {wrong} files with errors", files.len(), bytes);
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9);
    let lex = best_of(3, || texts.iter().for_each(|text| drop(std::hint::black_box(nival_syntax::lexer::lex(text)))));
    let flat = best_of(3, || texts.iter().for_each(|text| drop(std::hint::black_box(flat::parse(text)))));
    let utf8: Vec<&str> = texts.iter().filter_map(|text| std::str::from_utf8(text).ok()).collect();
    let rowan = best_of(1, || utf8.iter().for_each(|text| drop(std::hint::black_box(nival_syntax::parse(text)))));
    println!("tokens {:.1} MB/s, flat tree {:.1} MB/s, rowan tree {:.1} MB/s", rate(lex), rate(flat), rate(rowan));
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
