//! `lexical_tree PATH…`: of every name in every .nix file below each path, holds what the tree alone tells against what lowering tells.

#![allow(clippy::disallowed_methods)] // A tool, not a library: it reads files by itself.

#[path = "../tests/lexical/compare.rs"]
mod compare;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nival_syntax::flat;

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

fn main() -> ExitCode {
    let mut files = Vec::new();
    for argument in std::env::args().skip(1) {
        if let Err(error) = collect(Path::new(&argument), &mut files) {
            eprintln!("{argument}: {error}");
            return ExitCode::FAILURE;
        }
    }
    files.sort();
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
