//! Asks a language server everything about the files of a tree, with edits and cancellations between, and holds its answers
//! against those of servers that only know the final texts.
//!
//! `cargo build -p nival-cli --bins && cargo run -p nival-tests --bin lsp-conformance -- --tree <nixpkgs> --files 200 --positions 20`
//!
//! - `--tree FOLDER`: whose files; `--files N`, `--positions N`, `--seed N`: which and how often
//! - `--encoding utf-8|utf-16|utf-32|all` (utf-16); `all` asks one server in each, which must say the same
//! - `--characters yes`: before everything else of a line stand characters of several bytes
//! - `--method TEXT`: only requests whose method contains it
//! - `--edits no`: the texts stay as they are
//! - `--root tree`: the workspace is the whole tree, and not the folder of the file; give the index time to be made, or leave `workspace` out
//! - `--prefixes N`: instead, every N-th byte-prefix of each file has answers
//! - `--size BYTES`: instead, one file of that size, made of the files of the tree
//!
//! Its exit code is 1 where something is wrong.

#![allow(clippy::disallowed_methods, reason = "a development tool outside of the program")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use nival_tests::fuzz::rng::Rng;
use nival_tests::lsp::conformance::document::full_of_characters;
use nival_tests::lsp::conformance::{Outcome, Plan, encodings, prefixes, run};
use nival_tests::tools::built;

struct Options {
    tree: PathBuf,
    files: usize,
    prefixes: Option<usize>,
    size: Option<usize>,
    /// The workspace is the tree.
    whole: bool,
    /// The texts are full of characters that are not ASCII.
    characters: bool,
    plan: Plan,
}

fn options() -> Result<Options, String> {
    let plan = Plan { seed: 1, positions: 20, encoding: "utf-16".to_owned(), edits: true, only: String::new() };
    let mut options = Options { tree: PathBuf::new(), files: 20, prefixes: None, size: None, whole: false, characters: false, plan };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let text = args.next().ok_or(format!("{arg} needs a value"))?;
        let number = || text.parse::<usize>().map_err(|_| format!("{arg} needs a number"));
        match arg.as_str() {
            "--tree" => options.tree = PathBuf::from(&text).canonicalize().map_err(|error| format!("{text}: {error}"))?,
            "--files" => options.files = number()?,
            "--positions" => options.plan.positions = number()?,
            "--seed" => options.plan.seed = number()? as u64,
            "--prefixes" => options.prefixes = Some(number()?),
            "--size" => options.size = Some(number()?),
            "--encoding" => options.plan.encoding = text,
            "--method" => options.plan.only = text,
            "--edits" => options.plan.edits = text != "no",
            "--characters" => options.characters = text == "yes",
            "--root" => options.whole = text == "tree",
            _ => return Err(format!("unknown option {arg}; see the head of {}", file!())),
        }
    }
    if options.tree.as_os_str().is_empty() { Err("--tree is missing".into()) } else { Ok(options) }
}

fn nix_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() && !path.is_symlink() {
            nix_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "nix") {
            found.push(path);
        }
    }
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(what) => {
            eprintln!("error: {what}");
            return ExitCode::FAILURE;
        }
    };
    let mut files = Vec::new();
    nix_files(&options.tree, &mut files);
    files.sort();
    let mut rng = Rng::new(options.plan.seed);
    let text_of = |file: &Path| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if options.characters { full_of_characters(&text) } else { text }
    };
    let mut total = Outcome::default();
    let server = || {
        let mut command = Command::new(built("nival"));
        command.arg("lsp");
        command
    };
    let start = Instant::now();
    if let Some(size) = options.size {
        let mut text = String::from("[\n");
        for file in files.iter().cycle().take_while(|_| !files.is_empty()) {
            text.push_str(&format!("(\n{}\n)\n", text_of(file)));
            if text.len() >= size {
                break;
            }
        }
        text.push_str("]\n");
        let file = std::env::temp_dir().join("made-up/made-up.nix");
        total.add(run(&options.plan, &server, file.parent().unwrap_or(&options.tree), &file, &text));
    } else {
        for number in 0..options.files.min(files.len()) {
            let file = &files[rng.below(files.len())];
            let text = text_of(file);
            let root = if options.whole { &options.tree } else { file.parent().unwrap_or(&options.tree) };
            let outcome = match options.prefixes {
                Some(step) => prefixes(&options.plan, &server, root, file, &text, step),
                None if options.plan.encoding == "all" => encodings(&options.plan, &server, root, file, &text),
                None => run(&options.plan, &server, root, file, &text),
            };
            for problem in &outcome.problems {
                println!("{problem}");
            }
            if number % 20 == 19 {
                println!("{} files, {:.0} s", number + 1, start.elapsed().as_secs_f64());
            }
            total.add(outcome);
        }
    }
    let Outcome { requests, cancelled, modified, compared, telling, unsteady, problems } = total;
    if options.size.is_some() {
        problems.iter().for_each(|problem| println!("{problem}"));
    }
    println!(
        "{requests} requests, {cancelled} cancelled, {modified} overtaken by an edit; {compared} answers compared ({telling} not empty, {unsteady} unsteady)"
    );
    println!("{} problems, {:.0} s", problems.len(), start.elapsed().as_secs_f64());
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
