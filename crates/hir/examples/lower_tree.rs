//! Parses and lowers every `.nix` file below the given paths: `lower_tree [--errors] [--validate] [--compile]
//! PATH…`. Prints MB/s of parsing and of both, and how many files have errors; `--errors` lists them, `--validate` checks every module,
//! `--compile` does once what an evaluation does and nothing else, for profilers.

// An example is an edge of the program.
#![allow(clippy::disallowed_methods)]

#[path = "../../syntax/examples/nix_files/mod.rs"]
mod nix_files;

use std::path::PathBuf;
use std::time::Instant;

use nival_hir::{Buffers, LowerOptions, compile, lower, validate};
use nival_syntax::flat;

fn main() {
    let (flags, paths): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let files = nix_files::nix_files(&paths).expect("files that can be read");
    let texts: Vec<(PathBuf, Vec<u8>)> = files.into_iter().filter_map(|path| std::fs::read(&path).ok().map(|text| (path, text))).collect();
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let megabytes = bytes as f64 / 1e6;

    if flags.iter().any(|flag| flag == "--compile") {
        let (options, mut buffers) = (LowerOptions::default(), Buffers::default());
        let modules: Vec<_> = texts.iter().filter_map(|(_, text)| compile(text.as_slice().into(), &options, &mut buffers)).collect();
        println!("{} files, {megabytes:.1} MB, {} modules", texts.len(), modules.len());
        return;
    }

    let start = Instant::now();
    let mut nodes = 0;
    for (_, text) in &texts {
        nodes += flat::parse(text).len();
    }
    let parse = start.elapsed().as_secs_f64();

    let options = LowerOptions::default();
    let mut buffers = Buffers::default();
    let start = Instant::now();
    let check = flags.iter().any(|flag| flag == "--validate");
    let (mut exprs, mut bad) = (0, 0);
    for (path, text) in &texts {
        let lowered = lower(&flat::parse(text), &options);
        if check && lowered.errors.is_empty() && compile(text.as_slice().into(), &options, &mut buffers).as_ref() != Some(&*lowered.module)
        {
            println!("{}: another module for evaluation", path.display());
        }
        if check && let Err(error) = validate(&lowered.module) {
            println!("{}: {error}", path.display());
        }
        exprs += lowered.module.exprs.len();
        if let Some(error) = lowered.errors.first() {
            bad += 1;
            if flags.iter().any(|flag| flag == "--errors") {
                println!("{}:{}: {error}", path.display(), u32::from(error.range.start()));
            }
        }
    }
    let both = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let modules = texts
        .iter()
        .filter_map(|(_, text)| compile(text.as_slice().into(), &options, &mut buffers))
        .filter(|module| !module.exprs.is_empty());
    let (modules, evaluation) = (modules.count(), start.elapsed().as_secs_f64());
    println!("{} files, {megabytes:.1} MB, {nodes} nodes, {exprs} expressions, {bad} files with errors", texts.len());
    println!(
        "parse {:.0} MB/s, parse and lower {:.0} MB/s, lower alone {:.0} MB/s",
        megabytes / parse,
        megabytes / both,
        megabytes / (both - parse)
    );
    println!(
        "for evaluation ({modules} modules): parse and lower {:.0} MB/s, lower alone {:.0} MB/s",
        megabytes / evaluation,
        megabytes / (evaluation - parse)
    );
}
