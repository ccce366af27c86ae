//! nixpkgs' library, evaluated: `tests/fixtures/nixpkgs-lib` holds expressions over it, a file for each part, with what real Nix
//! makes of them.
//!
//! `NIVAL_BENCH_NIXPKGS_LIB=<nixpkgs>/lib cargo run -p nival-tests --bin nixpkgs-lib` compares nival with that. What is kept was
//! made with the library of nixpkgs 26.11; with another one, `… -- record` asks real Nix (`tests/tools/setup nix`) again first.

#![allow(clippy::disallowed_methods, reason = "a development tool outside of the program")]

use std::path::Path;
use std::process::ExitCode;

use nival_tests::fuzz::corpus;
use nival_tests::fuzz::drive::Driver;
use nival_tests::tools::repository;

const LIBRARY: &str = "NIVAL_BENCH_NIXPKGS_LIB";

fn main() -> ExitCode {
    let record = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("record") => true,
        Some(other) => return fail(&format!("unknown argument '{other}'; there is: record")),
    };
    let library = std::env::var(LIBRARY).unwrap_or_default();
    if !Path::new(&library).join("default.nix").is_file() {
        return fail(&format!(
            "set {LIBRARY} to the folder `lib` of a nixpkgs tree: git clone --depth 1 https://github.com/NixOS/nixpkgs, or its subset nix-community/nixpkgs.lib"
        ));
    }
    let before = format!("let libdir = /. + builtins.getEnv \"{LIBRARY}\"; lib = import libdir; in\n");
    let folder = repository().join("tests/fixtures/nixpkgs-lib");
    let mut files: Vec<_> = std::fs::read_dir(&folder).expect("the corpus").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let driver = Driver::new(record);
    let (mut count, mut wrong) = (0, String::new());
    for file in files {
        let mut cases = corpus::load(&file);
        if record {
            corpus::record(&driver, &before, &mut cases);
            std::fs::write(&file, corpus::write(&cases)).expect("writable");
        }
        count += cases.len();
        wrong += &corpus::check(&driver, &before, &cases);
    }
    print!("{wrong}");
    println!("{count} expressions, {}", if wrong.is_empty() { "all agree" } else { "not all agree" });
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("nixpkgs-lib: {message}");
    ExitCode::from(2)
}
