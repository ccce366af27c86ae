//! Every feature at every place of real files, whole and cut off: no panic, no range outside the text, and the same answer
//! twice.

#![allow(clippy::disallowed_methods, reason = "tests are at the edge of the program")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nival_engine::{Budget, Change, Engine, EngineConfig, Trust};
use nival_ide::*;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name).canonicalize().unwrap()
}

fn nix_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            nix_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "nix") {
            found.push(path);
        }
    }
    found.sort();
}

fn control() -> Control {
    Control::new(Budget { time: Some(Duration::from_secs(5)), ..Budget::INTERACTIVE })
}

fn check_ranges(text: &str, ranges: impl IntoIterator<Item = TextRange>) {
    for range in ranges {
        assert!(text.get(usize::from(range.start())..usize::from(range.end())).is_some(), "{range:?} is not in the text");
    }
}

/// Asks everything at every `step`-th place.
fn ask(snapshot: &Snapshot, path: &Path, text: &str, step: usize) {
    let shared: Arc<Path> = path.into();
    check_ranges(text, diagnostics(snapshot, path).unwrap().iter().map(|d| d.range));
    check_ranges(text, shape_diagnostics(snapshot, path).unwrap().iter().map(|d| d.range));
    check_ranges(text, evaluation_diagnostics(snapshot, path, &control()).unwrap().iter().map(|d| d.range));
    check_ranges(text, code_lenses(snapshot, path, &control()).unwrap().iter().map(|l| l.range));
    check_ranges(text, document_symbols(snapshot, path).unwrap().iter().map(|s| s.range));
    check_ranges(text, folding_ranges(snapshot, path).unwrap().iter().map(|f| f.range));
    for offset in (0..=text.len()).step_by(step) {
        let position = FilePosition { path: shared.clone(), offset: TextSize::new(offset as u32) };
        let hovered = hover(snapshot, &position, &control()).unwrap();
        check_ranges(text, hovered.iter().map(|h| h.range));
        assert_eq!(hovered, hover(snapshot, &position, &control()).unwrap());
        check_ranges(text, definition(snapshot, &position, &control()).unwrap().iter().map(|d| d.source));
        check_ranges(text, highlights(snapshot, &position).unwrap().iter().map(|h| h.range));
        check_ranges(text, completion(snapshot, &position, &control()).unwrap().iter().map(|c| c.replace));
        let selection = selection_ranges(snapshot, path, position.offset).unwrap();
        assert!(selection.windows(2).all(|pair| pair[1].contains_range(pair[0]) && pair[0] != pair[1]), "{selection:?}");
    }
}

fn engine(root: &Path) -> Engine {
    Engine::new(EngineConfig { trust: Trust::Untrusted, roots: vec![root.to_owned()], ..EngineConfig::editor("x86_64-linux".into()) })
}

#[test]
fn whole_files() {
    let root = folder("examples");
    let engine = engine(&root);
    let mut files = Vec::new();
    nix_files(&root, &mut files);
    assert!(files.len() >= 5);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        ask(&engine.snapshot(), &file, &text, 3);
    }
}

#[test]
fn cut_off_files() {
    let root = folder("examples");
    let mut engine = engine(&root);
    let file = root.join("default.nix");
    let text = std::fs::read_to_string(&file).unwrap();
    for end in (0..text.len()).step_by(151) {
        let mut change = Change::new();
        change.set_buffer(&file, &text[..end]);
        engine.apply(change);
        ask(&engine.snapshot(), &file, &text[..end], 31);
    }
}

#[test]
fn texts_of_any_characters() {
    let root = folder("examples");
    let mut engine = engine(&root);
    let file = root.join("scratch.nix");
    for text in [
        "",
        "é",
        "{ é = \"ü\"; }",
        "let x = ''\n  ü${x}\n''; in x.",
        "a.b.\r\n  c",
        "\u{feff}{ a = 1; }",
        "/* é",
        "x.\"é\".y",
        "{ \"${\"a\"}\" = 1; }",
    ] {
        let mut change = Change::new();
        change.set_buffer(&file, text);
        engine.apply(change);
        ask(&engine.snapshot(), &file, text, 1);
    }
}

/// After any edits an engine says what one says that has seen only the last text.
#[test]
fn edits_leave_nothing_behind() {
    let root = folder("examples");
    let mut files = Vec::new();
    nix_files(&root, &mut files);
    let pieces =
        ["a", "x.", "(", ")", "{ b = 1; }", ";", " # c\n", "\"", "''", "${a}", "let d = 1; in ", "with e; ", "é", "f: ", "\n", "=", "rec "];
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below.max(1)
    };
    for file in files.iter().take(4) {
        let mut edited = engine(&root);
        let original = std::fs::read_to_string(file).unwrap();
        let mut text = original.clone();
        for step in 0..60 {
            let places: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
            let from = random(places.len());
            let to = (from + random(4)).min(places.len() - 1);
            // Now and then everything is well again.
            let next = match random(12) {
                0 => original.clone(),
                _ => format!("{}{}{}", &text[..places[from]], pieces[random(pieces.len())], &text[places[to]..]),
            };
            text = next;
            let apply = |engine: &mut Engine| {
                let mut change = Change::new();
                change.set_buffer(file, text.as_str());
                engine.apply(change);
                engine.snapshot()
            };
            let mut fresh = engine(&root);
            let (one, other) = (apply(&mut edited), apply(&mut fresh));
            let offset = text.floor_char_boundary(places[from].min(text.len()));
            let position = FilePosition { path: file.as_path().into(), offset: TextSize::new(offset as u32) };
            let all = |snapshot: &Snapshot| {
                (
                    diagnostics(snapshot, file).unwrap(),
                    document_symbols(snapshot, file).unwrap(),
                    folding_ranges(snapshot, file).unwrap(),
                    selection_ranges(snapshot, file, position.offset).unwrap(),
                    highlights(snapshot, &position).unwrap(),
                    definition(snapshot, &position, &control()).unwrap(),
                    completion(snapshot, &position, &control()).unwrap(),
                )
            };
            assert_eq!(all(&one), all(&other), "{} step {step}: {text:?}", file.display());
        }
    }
}
