//! Takes every code action at random places of real files: `actions_on FOLDER [COUNT [SEED]]`. Each result must parse, and must not have
//! names that nothing defines where there were none.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "the driver is at the edge of the program")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_engine::{Change, Engine, EngineConfig, host_system};
use nival_ide::*;

fn nix_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.is_symlink() {
            nix_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "nix") {
            found.push(path);
        }
    }
}

/// What is wrong with a text: syntax, and names.
fn problems(snapshot: &Snapshot, path: &Path) -> usize {
    snapshot.lowered(path).ok().flatten().map_or(0, |lowered| lowered.errors.len())
}

fn main() {
    let mut args = std::env::args().skip(1);
    let Some(folder) = args.next().map(PathBuf::from) else { return };
    let count: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(200);
    let mut state: u64 = args.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below.max(1)
    };
    let mut files = Vec::new();
    nix_files(&folder, &mut files);
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut bad = 0;
    for _ in 0..count {
        let Some(path) = files.get(random(files.len())) else { return };
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        if text.len() > 100_000 {
            continue;
        }
        let mut engine = Engine::new(EngineConfig::editor(host_system()));
        let shared: Arc<Path> = path.as_path().into();
        let snapshot = engine.snapshot();
        let before = problems(&snapshot, path);
        let mut results: BTreeMap<String, String> = BTreeMap::new();
        for _ in 0..15 {
            let at = (0..=random(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let cursor = TextRange::empty(TextSize::new(at as u32));
            let mut ranges = vec![cursor];
            ranges.extend(selection_ranges(&snapshot, path, cursor.start()).unwrap_or_default().into_iter().take(6));
            for range in ranges {
                let query = ActionQuery { path: &shared, range, kinds: &ActionKind::ALL, explicit: false };
                for action in code_actions(&snapshot, &query).unwrap_or_default() {
                    if action.effect != (ActionEffect::Change { operations: action.effect == ActionEffect::Change { operations: true } }) {
                        continue;
                    }
                    let change = resolve_action(&snapshot, &query, &action.id).ok().flatten();
                    let edits = change.as_ref().and_then(|change| change.edits().find(|(file, _)| **file == shared));
                    let new = edits.and_then(|(_, edits)| source_change::apply(&text, edits));
                    match new {
                        Some(new) => drop(results.insert(new, format!("{} at {range:?}", action.id.name))),
                        None if change.is_some_and(|change| !change.is_empty()) => {}
                        None => {
                            bad += 1;
                            println!("{}: {} at {range:?} changes nothing", path.display(), action.id.name);
                        }
                    }
                }
            }
        }
        for (new, action) in results {
            *taken.entry(action.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
            let mut change = Change::new();
            change.set_buffer(path, new.as_str());
            engine.apply(change);
            let after = problems(&engine.snapshot(), path);
            if after > before {
                bad += 1;
                println!("{}: {action}: {before} problems before, {after} after", path.display());
            }
        }
    }
    println!("{taken:#?}\n{bad} bad");
}
