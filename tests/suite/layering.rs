//! The layers of docs/architecture.md, held by a test: dependencies point down, and some of them are one crate's own.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use nival_tests::tools::repository;

/// From the top; a crate may use those after it. Crates in one row do not use each other.
const LAYERS: &[&[&str]] = &[
    &["tests", "benches"],
    &["cli"],
    &["lsp", "repl"],
    &["ide"],
    &["engine"],
    &["flake"],
    &["lint", "fmt", "fetch"],
    &["eval"],
    &["build"],
    &["store", "shape", "index"],
    &["hir"],
    &["source"],
    &["syntax"],
];

/// Crates that know nothing of the language, and what they may use at most.
const CLOSED: &[(&str, &[&str])] = &[
    ("store", &[]),
    ("build", &["store"]),
    ("fetch", &["store", "source", "syntax"]),
    ("fmt", &["syntax"]),
    ("syntax", &[]),
    ("source", &["syntax"]),
    ("hir", &["source", "syntax"]),
    ("index", &["hir", "source", "syntax"]),
    ("lint", &["hir", "source", "syntax"]),
    ("shape", &["hir", "source", "syntax"]),
];

/// Libraries whose types must not leak: who may name them.
const OWN: &[(&str, &[&str])] = &[
    ("rowan", &["syntax"]),
    ("salsa", &["source", "hir", "index", "lint", "shape", "engine"]),
    ("rusqlite", &["store"]),
    ("seccompiler", &["build"]),
    ("tower-lsp-server", &["lsp"]),
    ("tokio", &["lsp"]),
    ("rustyline", &["repl"]),
];

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Dependencies of every kind between the members of the workspace, and on others.
fn graph() -> Graph {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(repository())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            (text(&package["name"]), dependencies.iter().map(|dependency| text(&dependency["name"])).collect())
        })
        .collect()
}

/// What is wrong with a graph, one line each.
fn violations(graph: &Graph) -> Vec<String> {
    let layer = |name: &str| LAYERS.iter().position(|row| row.contains(&name));
    let mut found = Vec::new();
    for (package, dependencies) in graph {
        let Some(user) = package.strip_prefix("nival-") else {
            found.push(format!("{package}: members of the workspace are called nival-*"));
            continue;
        };
        let Some(user_layer) = layer(user) else {
            found.push(format!("{user}: has no layer; give it one here and in docs/architecture.md"));
            continue;
        };
        for dependency in dependencies {
            if let Some(used) = dependency.strip_prefix("nival-") {
                if layer(used).is_none_or(|used_layer| used_layer <= user_layer) {
                    found.push(format!("{user} → {used}: points up"));
                }
                if let Some((_, allowed)) = CLOSED.iter().find(|(name, _)| *name == user)
                    && !allowed.contains(&used)
                {
                    found.push(format!("{user} → {used}: {user} knows nothing of it"));
                }
            }
            if let Some((_, owners)) = OWN.iter().find(|(library, _)| library == dependency)
                && !owners.contains(&user)
            {
                found.push(format!("{user} → {dependency}: belongs to {}", owners.join(", ")));
            }
        }
    }
    found
}

#[test]
fn dependencies_point_down() {
    let graph = graph();
    for name in ["cli", "lsp", "repl", "ide", "engine", "flake", "fetch", "eval", "build", "store", "hir", "shape", "source", "syntax"] {
        assert!(graph.contains_key(&format!("nival-{name}")), "the workspace has no crate {name}");
    }
    let found = violations(&graph);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_upward_edge_is_found() {
    let edge = |user: &str, used: &str| violations(&Graph::from([(user.into(), BTreeSet::from([used.into()]))]));
    assert_eq!(edge("nival-eval", "nival-engine"), ["eval → engine: points up"]);
    assert_eq!(edge("nival-lsp", "nival-repl"), ["lsp → repl: points up"]);
    assert_eq!(edge("nival-store", "nival-syntax"), ["store → syntax: store knows nothing of it"]);
    assert_eq!(edge("nival-ide", "tower-lsp-server"), ["ide → tower-lsp-server: belongs to lsp"]);
    assert_eq!(edge("nival-ide", "nival-eval"), [""; 0]);
}

/// Every crate says at its root what it is and what it may not know.
#[test]
fn crates_introduce_themselves() {
    let folder = repository().join("crates");
    for entry in std::fs::read_dir(&folder).expect("crates/") {
        let path = entry.expect("entry").path();
        let root = [path.join("src/lib.rs"), path.join("src/main.rs")].into_iter().find(|file| file.exists()).expect("a root file");
        let text = std::fs::read_to_string(&root).expect("readable");
        assert!(text.starts_with("//! "), "{}: begins with //! and what the crate is", root.display());
        assert!(!text.contains("//! placeholder"), "{}: still a placeholder", root.display());
        assert!(text.to_lowercase().contains("architecture invariant"), "{}: names its architecture invariants", root.display());
    }
}
