//! `cargo bench`: the table of `docs/performance.md`.

use nival_benches::{Settings, lsp, paired, parse, table};

fn main() {
    let settings = match Settings::from_env() {
        Ok(settings) => settings,
        Err(what) => {
            eprintln!("error: {what}");
            std::process::exit(1);
        }
    };
    // A family can be named: `cargo bench -- parse`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let families: [(&str, fn(&Settings) -> Vec<table::Row>); 3] = [("parse", parse::run), ("paired", paired::run), ("lsp", lsp::run)];
    let mut rows = Vec::new();
    for (name, run) in families {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            rows.extend(run(&settings));
        }
    }
    table::print(&rows);
}
