//! Every file of a tree as a module, as bytes and as a module again: `serial_tree FOLDER|FILE…`. Says what it takes, and ends with an
//! error where something else comes back.

#![allow(clippy::disallowed_methods, reason = "a program of its own")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nival_hir::{Buffers, LowerOptions, compile, serial};

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() && !path.is_symlink() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| files(entry, found));
    } else if path.extension().is_some_and(|ext| ext == "nix") && path.is_file() {
        found.push(path.to_owned());
    }
}

fn main() {
    let mut found = Vec::new();
    std::env::args().skip(1).for_each(|path| files(Path::new(&path), &mut found));
    let (mut buffers, mut writer) = (Buffers::default(), serial::Writer::default());
    let (mut lowering, mut writing, mut reading) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let (mut texts, mut bytes, mut refused) = (0, 0, 0);
    let mut out = Vec::new();
    let mut wrong = 0;
    for path in &found {
        let text: Arc<[u8]> = std::fs::read(path).unwrap().into();
        let start = Instant::now();
        let module = compile(text.clone(), &LowerOptions::default(), &mut buffers);
        lowering += start.elapsed();
        let Some(module) = module else { continue };
        out.clear();
        let start = Instant::now();
        let written = writer.write(&module, buffers.names(), &mut out);
        writing += start.elapsed();
        if !written {
            println!("{}: not written", path.display());
            refused += 1;
            continue;
        }
        let start = Instant::now();
        let read = serial::read(&out);
        reading += start.elapsed();
        texts += text.len();
        bytes += out.len();
        if read.as_ref() != Some(&module) {
            wrong += 1;
            println!("{}: {} comes back", path.display(), if read.is_some() { "another module" } else { "nothing" });
            if let (None, Err(error)) = (read, nival_hir::validate(&module)) {
                println!("  {error}");
            }
        }
    }
    println!("{} files, {texts} bytes of text, {bytes} written, {refused} refused, {wrong} wrong", found.len());
    println!("lowering {lowering:?}, writing {writing:?}, reading {reading:?}");
    assert_eq!(wrong, 0);
}
