//! Every feature at every place of real files, whole and cut off: no panic, no range outside the text, and the same answer
//! twice.

#![allow(clippy::disallowed_methods, reason = "tests are at the edge of the program")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nival_engine::{Budget, CancelToken, Change, Engine, EngineConfig, Trust};
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

/// Asks what a position can be asked about, and what a file can, at the end of a text. Nothing may fail, and no range may be outside.
fn ask_all(snapshot: &Snapshot, path: &Path, text: &str, index: usize) {
    let shared: Arc<Path> = path.into();
    let end = TextSize::new(text.len() as u32);
    let whole = TextRange::new(TextSize::new(0), end);
    let position = FilePosition { path: shared.clone(), offset: end };
    check_ranges(text, diagnostics(snapshot, path).unwrap().iter().map(|d| d.range));
    check_ranges(text, shape_diagnostics(snapshot, path).unwrap().iter().map(|d| d.range));
    check_ranges(text, option_diagnostics(snapshot, path).unwrap().iter().map(|d| d.range));
    check_ranges(text, project_diagnostics(snapshot, path).unwrap().iter().map(|d| d.range));
    check_ranges(text, document_symbols(snapshot, path).unwrap().iter().map(|s| s.range));
    check_ranges(text, folding_ranges(snapshot, path).unwrap().iter().map(|f| f.range));
    let tokens = semantic_tokens(snapshot, path, None).unwrap();
    assert!(tokens.windows(2).all(|pair| pair[0].range.end() <= pair[1].range.start()), "{tokens:?}");
    check_ranges(text, tokens.iter().map(|t| t.range));
    let links = links(snapshot, path).unwrap();
    check_ranges(text, links.iter().map(|l| l.range));
    for link in &links {
        link_target(snapshot, path, &link.to).unwrap();
    }
    let settings = HintSettings { binding_end_min_lines: Some(2), parameter_names: true, package_versions: false };
    for hint in inlay_hints(snapshot, path, whole, settings, &control()).unwrap() {
        check_ranges(text, [TextRange::empty(hint.offset)]);
        let at = FilePosition { path: shared.clone(), offset: hint.offset };
        hint_details(snapshot, &at, hint.kind, &control()).unwrap();
    }
    let selection = selection_ranges(snapshot, path, end).unwrap();
    assert!(selection.windows(2).all(|pair| pair[1].contains_range(pair[0]) && pair[0] != pair[1]), "{selection:?}");

    check_ranges(text, hover(snapshot, &position, &control()).unwrap().iter().map(|h| h.range));
    let candidates = completion(snapshot, &position, &control()).unwrap();
    check_ranges(text, candidates.iter().map(|c| c.replace));
    if let Some(candidate) = candidates.first() {
        completion_details(snapshot, &position, &candidate.label).unwrap();
    }
    check_ranges(text, definition(snapshot, &position, &control()).unwrap().iter().map(|d| d.source));
    check_ranges(text, declaration(snapshot, &position, &control()).unwrap().iter().map(|d| d.source));
    check_ranges(text, type_definition(snapshot, &position).unwrap().iter().map(|d| d.source));
    check_ranges(text, implementation(snapshot, &position, &control()).unwrap().iter().map(|d| d.source));
    check_ranges(text, highlights(snapshot, &position).unwrap().iter().map(|h| h.range));
    check_ranges(text, keyword_pair(snapshot, &position).unwrap());
    check_ranges(text, linked_editing(snapshot, &position).unwrap());
    let found = references(snapshot, &position, true).unwrap();
    check_ranges(text, found.iter().filter(|found| *found.path == *path).map(|found| found.range));
    signature_help(snapshot, &position).unwrap();
    if let Some(item) = call_item(snapshot, &position).unwrap() {
        incoming_calls(snapshot, &item).unwrap();
        outgoing_calls(snapshot, &item).unwrap();
    }
    match prepare_rename(snapshot, &position) {
        Ok(name) => {
            check_ranges(text, [name.range]);
            // Refused with a reason, or done.
            assert!(!matches!(rename(snapshot, &position, "renamed"), Err(RenameError::Cancelled)));
        }
        Err(error) => assert!(!matches!(error, RenameError::Cancelled)),
    }
    let line = TextRange::new(TextSize::new(text.rfind('\n').map_or(0, |at| at as u32)), end);
    for range in [TextRange::empty(end), line] {
        let query = ActionQuery { path: &shared, range, kinds: &[], explicit: true };
        let actions = code_actions(snapshot, &query).unwrap();
        for action in actions.iter().filter(|action| action.disabled.is_none()).skip(index % 3).step_by(3) {
            resolve_action(snapshot, &query, &action.id).unwrap();
        }
        let _ = format_range(text, range, &FormatOptions::default());
    }
    let _ = format_document(text, &FormatOptions::default(), &CancelToken::new());
    for typed in ['\n', ';', '}', ']', ')'] {
        check_ranges(text, format_on_type(text, end, typed, &FormatOptions::default()).iter().map(|edit| edit.range));
    }
    // What takes long, or says the same of most prefixes.
    if index.is_multiple_of(16) {
        check_ranges(text, evaluation_diagnostics(snapshot, path, &control()).unwrap().iter().map(|d| d.range));
        check_ranges(text, code_lenses(snapshot, path, &control()).unwrap().iter().map(|l| l.range));
        reached_by(snapshot, path).unwrap();
        workspace_symbols(snapshot, "a").unwrap();
        file_renames(snapshot, &[(path.to_owned(), path.with_file_name("moved.nix"))]).unwrap();
    }
}

/// Every prefix of a file, as somebody types it, has answers to everything.
#[track_caller]
fn every_prefix(folder_of_file: &str, name: &str) {
    let root = folder(folder_of_file);
    let mut engine = engine(&root);
    let file = root.join(name);
    let text = std::fs::read_to_string(&file).unwrap();
    for (index, end) in (0..=text.len()).filter(|end| text.is_char_boundary(*end)).enumerate() {
        let mut change = Change::new();
        change.set_buffer(&file, &text[..end]);
        engine.apply(change);
        ask_all(&engine.snapshot(), &file, &text[..end], index);
    }
}

#[test]
fn every_prefix_of_a_package_set() {
    every_prefix("examples", "default.nix");
}

#[test]
fn every_prefix_of_a_flake() {
    every_prefix("examples", "flake.nix");
}

#[test]
fn every_prefix_of_a_module() {
    every_prefix("tests/fixtures/minipkgs/modules", "base.nix");
}

#[test]
fn every_prefix_of_a_library() {
    every_prefix("tests/fixtures/minipkgs/lib", "fixed-points.nix");
}

#[test]
fn every_prefix_of_the_whole_language() {
    every_prefix("crates/ide/tests", "language.nix");
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
