//! Runs made-up programs through nival and real Nix and shows where they differ, as small as it can.
//!
//! `cargo build --release -p nival-cli --bins && cargo run --release -p nival-tests --bin fuzz -- --seed 1 --count 10000`
//!
//! - `--seed N`, `--from N`, `--count N`: which programs
//! - `--show N`: prints that program and ends
//! - `--shrink N`: how many differences are made small (20)
//! - `--record FILE`: asks real Nix what the cases of a corpus give, and writes that into it; `--before TEXT` is put before each
//! - `--print N`: prints that many programs and ends, for a look at what is made
//!
//! It needs real Nix: `tests/tools/setup nix`. Its exit code is 1 where something differs.

#![allow(clippy::disallowed_methods, reason = "a development tool outside of the program")]

use std::path::PathBuf;
use std::process::ExitCode;

use nival_tests::fuzz::compare::{Counts, compare, shrink};
use nival_tests::fuzz::drive::{Driver, Form};
use nival_tests::fuzz::{Node, Programs, corpus};

struct Options {
    seed: u64,
    from: u64,
    count: u64,
    shrink: usize,
    show: Option<u64>,
    print: Option<u64>,
    record: Option<PathBuf>,
    before: String,
}

fn options() -> Result<Options, String> {
    let mut options = Options { seed: 1, from: 0, count: 2000, shrink: 20, show: None, print: None, record: None, before: String::new() };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let text = args.next().ok_or(format!("{arg} needs a value"))?;
        match arg.as_str() {
            "--record" => options.record = Some(text.into()),
            "--before" => options.before = text,
            _ => number(&mut options, &arg, &text)?,
        }
    }
    Ok(options)
}

fn number(options: &mut Options, arg: &str, text: &str) -> Result<(), String> {
    let value = text.parse::<u64>().map_err(|_| format!("{arg} needs a number"))?;
    match arg {
        "--seed" => options.seed = value,
        "--from" => options.from = value,
        "--count" => options.count = value,
        "--shrink" => options.shrink = value as usize,
        "--show" => options.show = Some(value),
        "--print" => options.print = Some(value),
        _ => return Err(format!("unknown option {arg}; see the head of {}", file!())),
    }
    Ok(())
}

/// Most programs are printed as text.
fn form(round: u64) -> Form {
    match round % 6 {
        0 => Form::Json,
        1 => Form::Xml,
        _ => Form::Text,
    }
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(message) => {
            eprintln!("fuzz: {message}");
            return ExitCode::from(2);
        }
    };
    let programs = Programs::new(options.seed);
    if let Some(number) = options.show {
        println!("{}", programs.program(number).render());
        return ExitCode::SUCCESS;
    }
    if let Some(count) = options.print {
        (options.from..options.from + count).for_each(|number| println!("{}\n", programs.program(number).render()));
        return ExitCode::SUCCESS;
    }
    let driver = Driver::new(true);
    if let Some(file) = &options.record {
        let mut cases = corpus::load(file);
        corpus::record(&driver, &options.before, &mut cases);
        std::fs::write(file, corpus::write(&cases)).expect("writable");
        return ExitCode::SUCCESS;
    }
    let mut counts = Counts::default();
    let mut differences = 0;
    let mut left = options.shrink;
    let end = options.from + options.count;
    let mut at = options.from;
    while at < end {
        let batch: Vec<(u64, Node)> = (at..end.min(at + 500)).map(|number| (number, programs.program(number))).collect();
        let found = compare(&driver, form(at / 500), &batch);
        counts.add(found.counts);
        differences += found.differences.len();
        for unclear in found.unclear {
            let (nival, nix) = (unclear.nival.show(), unclear.nix.show());
            let program = unclear.program.render();
            println!(
                "--- unclear: seed {} program {} {:?}\n{program}\nnival: {nival}\nnix:   {nix}\n",
                options.seed, unclear.number, unclear.form
            );
        }
        for difference in found.differences {
            println!("--- seed {} program {} {:?}", options.seed, difference.number, difference.form);
            let shown = if left > 0 { shrink(&driver, difference) } else { difference };
            left = left.saturating_sub(1);
            println!("{}\nnival: {}\nnix:   {}\n", shown.program.render(), shown.nival.show(), shown.nix.show());
        }
        driver.forget();
        at += batch.len() as u64;
        eprintln!("{at}: {counts:?}, {differences} differences");
    }
    println!("seed {}: {counts:?}, {differences} differences", options.seed);
    if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
