//! Times each feature once on a file: `latency FILE [OFFSET]`. For development; `benches/` measures through the protocol.

#![allow(clippy::disallowed_methods, reason = "the driver is at the edge of the program")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use nival_engine::{Budget, Change, Engine, EngineConfig, Trust, host_system};
use nival_ide::*;

fn main() {
    let mut args = std::env::args().skip(1);
    let Some(path) = args.next().map(PathBuf::from).and_then(|p| p.canonicalize().ok()) else { return };
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let offset = args.next().and_then(|o| o.parse().ok()).unwrap_or(text.len() as u32 / 2);
    let root = path.parent().map(Path::to_owned);
    let config = EngineConfig { trust: Trust::Trusted, roots: root.into_iter().collect(), ..EngineConfig::editor(host_system()) };
    let mut engine = Engine::new(config);
    let shared: Arc<Path> = path.as_path().into();
    let position = FilePosition { path: shared, offset: TextSize::new(offset) };
    for round in 0..2 {
        let mut change = Change::new();
        change.set_buffer(&path, format!("{text}{}", " ".repeat(round)));
        let start = Instant::now();
        engine.apply(change);
        println!("-- edit {round}: {:?}", start.elapsed());
        let snapshot = engine.snapshot();
        let control = Control::new(Budget::INTERACTIVE);
        let time = |name: &str, work: &dyn Fn() -> Cancellable<usize>| {
            let start = Instant::now();
            let count = work();
            println!("{name:12} {:>12?} {count:?}", start.elapsed());
        };
        time("tokens first", &|| semantic_tokens(&snapshot, &path, None).map(|d| d.len()));
        time("diagnostics", &|| diagnostics(&snapshot, &path).map(|d| d.len()));
        time("symbols", &|| document_symbols(&snapshot, &path).map(|d| d.len()));
        time("tokens", &|| semantic_tokens(&snapshot, &path, None).map(|d| d.len()));
        time("tokens again", &|| semantic_tokens(&snapshot, &path, None).map(|d| d.len()));
        time("folding", &|| folding_ranges(&snapshot, &path).map(|d| d.len()));
        time("highlights", &|| highlights(&snapshot, &position).map(|d| d.len()));
        time("hover", &|| hover(&snapshot, &position, &control).map(|h| h.map_or(0, |h| h.markdown().len())));
        time("hover again", &|| hover(&snapshot, &position, &control).map(|h| h.map_or(0, |h| h.markdown().len())));
        time("definition", &|| definition(&snapshot, &position, &control).map(|d| d.len()));
        time("completion", &|| completion(&snapshot, &position, &control).map(|d| d.len()));
        for kind in ActionKind::ALL {
            time(&format!("{kind:?}"), &|| actions(&snapshot, &position.path, &text, kind));
        }
        time("evaluation", &|| evaluation_diagnostics(&snapshot, &path, &control).map(|d| d.len()));
        time("lenses", &|| code_lenses(&snapshot, &path, &control).map(|d| d.len()));
    }
}

/// Code actions of a kind for cursors and selections all over the file; prints the slowest.
fn actions(snapshot: &Snapshot, path: &Arc<Path>, text: &str, kind: ActionKind) -> Cancellable<usize> {
    let (mut count, mut all, mut slowest) = (0, Vec::new(), (std::time::Duration::ZERO, TextRange::default()));
    let step = (text.len() / 30).max(1);
    for start in (0..text.len()).step_by(step) {
        let cursor = TextRange::empty(TextSize::new(start as u32));
        let mut ranges = vec![cursor];
        ranges.extend(selection_ranges(snapshot, path, cursor.start())?.into_iter().take(3));
        for range in ranges {
            let query = ActionQuery { path, range, kinds: &[kind], explicit: false };
            let start = Instant::now();
            count += code_actions(snapshot, &query)?.len();
            let took = start.elapsed();
            all.push(took);
            if took > slowest.0 {
                slowest = (took, range);
            }
        }
    }
    all.sort();
    let part = |of: usize| all.get(all.len() * of / 100).copied().unwrap_or_default();
    println!("   each: p50 {:?}, p99 {:?}, most {:?} at {:?}", part(50), part(99), slowest.0, slowest.1);
    Ok(count)
}
