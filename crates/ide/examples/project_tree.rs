//! What is told of files beyond their texts, for all of a tree: `project_tree TREE [nixpkgs [home-manager]]`, the latter for the search path.

#![allow(clippy::disallowed_methods, reason = "a program of its own")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nival_engine::{Engine, EngineConfig, SearchPathEntry};

fn main() {
    let mut args = std::env::args().skip(1);
    let root = PathBuf::from(args.next().expect("the folder of a tree")).canonicalize().expect("the tree");
    let mut config = EngineConfig { roots: vec![root], ..EngineConfig::editor("x86_64-linux".into()) };
    let names = ["nixpkgs", "home-manager"].into_iter();
    config.search_path = names.zip(args).map(|(name, path)| SearchPathEntry::parse(&format!("{name}={path}"))).collect();
    let mut engine = Engine::new(config);
    let started = Instant::now();
    engine.snapshot().project(Duration::from_secs(600)).expect("nobody cancels");
    engine.catch_up();
    let snapshot = engine.snapshot();
    let project = snapshot.project(Duration::from_secs(600)).expect("nobody cancels");
    let mut paths: Vec<_> = project.view.files().map(|(path, _)| path.clone()).collect();
    paths.sort();
    let edges: usize = project.view.files().map(|(_, summary)| summary.edges.iter().filter(|edge| edge.how.runs()).count()).sum();
    println!("{} files, {edges} paths that are run, {:?}", paths.len(), started.elapsed());
    let started = Instant::now();
    let mut found = 0;
    for path in &paths {
        let mut told = nival_ide::project_diagnostics(&snapshot, path).expect("nobody cancels");
        if is_module(path) {
            told.extend(nival_ide::option_diagnostics(&snapshot, path).expect("nobody cancels"));
        }
        for diagnostic in told {
            let text = snapshot.text(path).unwrap_or_default();
            let line = text[..usize::from(diagnostic.range.start())].matches('\n').count() + 1;
            println!("{}:{line}: {} {}", path.display(), diagnostic.code, diagnostic.message);
            for related in diagnostic.related {
                println!("    {}: {}", related.place.path.display(), related.message);
            }
            found += 1;
        }
    }
    println!("{found} in {:?}", started.elapsed());
}

/// Others are not worth the time.
fn is_module(path: &Path) -> bool {
    !path.components().any(|part| part.as_os_str() == "pkgs")
}
