//! Checks every `.nix` file below the given paths: `lint_tree [--fixes] [--show CODE] PATH…`. Counts diagnostics by rule; `--fixes` applies each
//! fix, and all safe ones together, and says where that goes wrong; `--show` lists places. For development.

#![allow(clippy::disallowed_methods, reason = "the driver is at the edge of the program")]

#[path = "../../syntax/examples/nix_files/mod.rs"]
mod nix_files;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use nival_hir::{Diagnostic, LowerOptions, Severity, lower};
use nival_lint::{diagnose, fix};
use nival_syntax::flat;

fn main() {
    let mut args = std::env::args().skip(1);
    let (mut fixes, mut show, mut paths) = (false, Vec::new(), Vec::new());
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--fixes" => fixes = true,
            "--show" => show.extend(args.next()),
            _ => paths.push(arg),
        }
    }
    let files = nix_files::nix_files(&paths).expect("files that can be read");
    let mut counts: BTreeMap<(Severity, &str), (u32, u32)> = BTreeMap::new();
    let (mut time, mut files_with_errors, mut total) = (Duration::ZERO, 0, 0);
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        total += 1;
        let tree = flat::parse(text.as_bytes());
        let lowered = lower(&tree, &LowerOptions::default());
        let start = Instant::now();
        let found = diagnose(&tree, &lowered);
        time += start.elapsed();
        files_with_errors += u32::from(found.iter().any(|found| found.severity == Severity::Error));
        for diagnostic in &found {
            let count = counts.entry((diagnostic.severity, diagnostic.code)).or_default();
            count.0 += 1;
            count.1 += u32::from(!diagnostic.fixes.is_empty());
            if show.iter().any(|code| code == diagnostic.code) {
                let at = usize::from(diagnostic.range.start());
                let line = text[..at].matches('\n').count() + 1;
                let written = text.lines().nth(line - 1).unwrap_or_default().trim();
                println!("{}:{line}: {}: {} | {written}", path.display(), diagnostic.code, diagnostic.message);
            }
        }
        if fixes {
            try_fixes(path, &text, &found, lowered.errors.is_empty());
        }
    }
    println!("{total} files, {files_with_errors} with errors, checked in {time:?}");
    for ((severity, code), (count, with_fix)) in counts {
        println!("{count:6} {with_fix:6} with a fix  {severity:?} {code}");
    }
}

fn try_fixes(path: &Path, text: &str, found: &[Diagnostic], sound: bool) {
    let errors = |text: &str| lower(&flat::parse(text.as_bytes()), &LowerOptions::default()).errors;
    // Large files have many, and each is a parse.
    let step = (found.len() / 200).max(1);
    for diagnostic in found.iter().step_by(step) {
        for fix in diagnostic.fixes.iter().filter(|_| sound) {
            let fixed = fix::apply(text, &fix.edits);
            if let Some(error) = errors(&fixed).first() {
                println!("{}:{:?}: {} gives {error}", path.display(), diagnostic.range, fix.title);
            }
        }
    }
    if let Some(fixed) = fix::fix_all(text, |found| found) {
        if sound && let Some(error) = errors(&fixed).first() {
            println!("{}: fixing all gives {error} at {:?}", path.display(), error.range);
        }
        let tree = flat::parse(fixed.as_bytes());
        let left = diagnose(&tree, &lower(&tree, &LowerOptions::default()));
        if let Some(left) = left.iter().find(|left| left.fixes.iter().any(|fix| fix.safe)) {
            println!("{}: fixing all leaves {} at {:?}", path.display(), left.code, left.range);
        }
        if let Ok(folder) = std::env::var("LINT_TREE_OUT") {
            let target = Path::new(&folder).join(path.strip_prefix("/").unwrap_or(path));
            let _ = target.parent().map(std::fs::create_dir_all);
            let _ = std::fs::write(target, fixed);
        }
    }
}
