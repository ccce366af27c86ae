//! A tree parsed, resolved and shaped by a few threads: `whole_tree TREE [THREADS]`. Every file's selections and calls are looked at, and
//! every package's shape is found.

#![allow(clippy::disallowed_methods, reason = "a program of its own")]

mod database;
#[path = "../../syntax/examples/nix_files/mod.rs"]
mod nix_files;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use nival_shape::{Shapes, Surroundings, problems};

use database::Database;

/// Shapes are bounded in depth, but not by this.
const STACK: usize = 256 << 20;
/// Pieces of work that a thread takes at once.
const RUN: usize = 16;

/// Does something with every item, on some threads.
fn each<T: Sync>(db: &Database, threads: usize, items: &[T], work: impl Fn(&Database, &T) -> usize + Sync) -> usize {
    let (next, sum) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (db, next, sum, work) = (db.clone(), &next, &sum, &work);
            let run = move || {
                loop {
                    let start = next.fetch_add(RUN, Ordering::Relaxed);
                    let run = items.get(start..(start + RUN).min(items.len())).unwrap_or_default();
                    if run.is_empty() {
                        break;
                    }
                    sum.fetch_add(run.iter().map(|item| work(&db, item)).sum(), Ordering::Relaxed);
                }
            };
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run).expect("a thread");
        }
    });
    sum.into_inner()
}

/// The most memory that was in use, in MB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default() / 1024
}

fn main() {
    let mut args = std::env::args().skip(1);
    let tree = PathBuf::from(args.next().expect("the folder of a nixpkgs tree"));
    let threads = args.next().map_or(2, |threads| threads.parse().expect("a number of threads"));
    let db = Database::default();
    Surroundings::new(&db, vec![("nixpkgs".to_owned(), tree.clone())]);
    let started = Instant::now();
    let files = nix_files::nix_files([&tree]).expect("a tree that can be read");
    let found = each(&db, threads, &files, |db, path| problems(db, db.files.get(db, path)).len());
    println!("{} files, {found} problems, {:?}, {} MB", files.len(), started.elapsed(), peak());
    let names = {
        let shapes = Shapes::new(&db);
        shapes.attributes(shapes.packages(&tree)).names
    };
    let known = each(&db, threads, &names, |db, (name, _)| {
        let shapes = Shapes::new(db);
        let found = shapes.attribute(shapes.packages(&tree), &[*name]);
        usize::from(found.is_ok_and(|found| shapes.kind(found.value).is_some()))
    });
    println!("{known} of {} packages known, {threads} threads, {:?} in all, {} MB", names.len(), started.elapsed(), peak());
}
