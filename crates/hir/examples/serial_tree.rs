//! Every file of a tree as a module, as bytes and as a module again: `serial_tree FOLDER|FILE…`. Says what it takes, and ends with an
//! error where something else comes back.

#![allow(clippy::disallowed_methods, reason = "a program of its own")]

#[path = "../../syntax/examples/nix_files/mod.rs"]
mod nix_files;

use std::sync::Arc;
use std::time::{Duration, Instant};

use nival_hir::{Buffers, LowerOptions, compile, serial};

fn main() {
    let found = nix_files::nix_files(std::env::args().skip(1)).expect("files that can be read");
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
