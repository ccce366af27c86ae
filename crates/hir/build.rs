//! A number that changes with the sources that lowering consists of: code that was lowered by other sources is not taken for their own.

#![allow(clippy::disallowed_methods, reason = "it runs while the crate is built")]

use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display())).path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

fn main() {
    let mut found = Vec::new();
    for folder in ["src", "../syntax/src"] {
        println!("cargo::rerun-if-changed={folder}");
        files(Path::new(folder), &mut found);
    }
    found.sort();
    let mut hasher = DefaultHasher::new();
    for path in found {
        let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        hasher.write(path.to_string_lossy().as_bytes());
        hasher.write_usize(text.len());
        hasher.write(&text);
    }
    println!("cargo::rustc-env=NIVAL_LOWERING={:016x}", hasher.finish());
}
