//! Parsing and lowering every file of a tree, in memory, on one core.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use nival_hir::{Buffers, LowerOptions, compile};
use nival_syntax::flat;

use crate::table::Row;
use crate::{Settings, median};

/// The `.nix` files below `folder`, in a fixed order.
pub fn nix_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() && entry.path().extension().is_some_and(|e| e == "nix") => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    files
}

pub fn run(settings: &Settings) -> Vec<Row> {
    let (texts, refused): (Vec<Vec<u8>>, Vec<Vec<u8>>) = nix_files(&settings.nixpkgs)
        .iter()
        .filter_map(|file| std::fs::read(file).ok())
        .partition(|text| flat::parse(text).errors().is_empty());
    // A real tree has a patch or a template called `.nix` here and there; Nix refuses those, too.
    assert!(refused.len() * 1000 < texts.len(), "{} files of the tree do not parse", refused.len());
    let megabytes = texts.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    let options = LowerOptions::default();
    let shared: Vec<Arc<[u8]>> = texts.iter().map(|text| text.as_slice().into()).collect();
    let (mut parse, mut both, mut evaluation) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.runs.min(5) {
        let start = Instant::now();
        let mut nodes = 0;
        for text in &texts {
            let tree = flat::parse(text);
            assert!(tree.errors().is_empty(), "a file of the tree does not parse: {:?}", tree.errors().first());
            nodes += tree.len();
        }
        assert!(nodes > texts.len());
        parse.push(megabytes / start.elapsed().as_secs_f64());
        let start = Instant::now();
        let mut exprs = 0;
        for text in &texts {
            exprs += nival_hir::lower(&flat::parse(text), &options).module.exprs.len();
        }
        assert!(exprs > texts.len());
        both.push(megabytes / start.elapsed().as_secs_f64());
        let start = Instant::now();
        let (mut buffers, mut exprs) = (Buffers::default(), 0);
        for text in &shared {
            exprs += compile(text.clone(), &options, &mut buffers).map_or(0, |module| module.exprs.len());
        }
        assert!(exprs > texts.len());
        evaluation.push(megabytes / start.elapsed().as_secs_f64());
    }
    let row = |work: &str, rates: &[f64]| Row {
        work: format!("{work}: {} files, {megabytes:.1} MB, one core", texts.len()),
        nival: format!("{:.0} MB/s", median(rates)),
        reference: String::new(),
        ratio: None,
        memory: None,
    };
    vec![row("parse", &parse), row("parse and lower", &both), row("parse and lower, to be run", &evaluation)]
}
