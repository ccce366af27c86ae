//! Times what happens after an edit in the middle of a file, step by step: `lint_after FILE`. For development.

#![allow(clippy::disallowed_methods, reason = "the driver is at the edge of the program")]

use std::time::{Duration, Instant};

use nival_hir::{LowerOptions, lower};
use nival_lint::diagnose;

fn main() {
    let Some(path) = std::env::args().nth(1) else { return };
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut best = [Duration::MAX; 4];
    for _ in 0..30 {
        let mut at = Instant::now();
        let mut step = |i: usize| {
            best[i] = best[i].min(at.elapsed());
            at = Instant::now();
        };
        let tree = nival_syntax::flat::parse(text.as_bytes());
        step(0);
        let lowered = lower(&tree, &LowerOptions::default());
        step(1);
        let found = diagnose(&tree, &lowered);
        step(2);
        drop((tree, lowered, found));
        step(3);
    }
    println!("parse {:?}, lower {:?}, diagnose {:?}, drop {:?}", best[0], best[1], best[2], best[3]);
}
