//! A workspace over a fixture (see `nival_source::fixture`), for tests.

use std::path::Path;
use std::sync::Arc;

use nival_engine::{Budget, Control, Engine, EngineConfig, FilePosition, Snapshot, Trust};
use nival_source::MemorySystem;
use nival_syntax::{TextRange, TextSize};

use crate::source_change::{SourceChange, apply};

/// The files below `/`, trusted; the file with the cursor, else the first one.
pub(crate) struct Fixture {
    #[allow(dead_code, reason = "tests of edits apply changes to it")]
    pub engine: Engine,
    #[allow(dead_code, reason = "tests of the disk write to it")]
    pub system: Arc<MemorySystem>,
    pub snapshot: Snapshot,
    pub path: Arc<Path>,
    pub text: String,
    cursor: Option<u32>,
}

impl Fixture {
    pub fn new(text: &str) -> Self {
        let fixture = nival_source::fixture::Fixture::parse(text);
        let system = Arc::new(fixture.system());
        let config = EngineConfig {
            trust: Trust::Trusted,
            roots: vec!["/".into()],
            budget: Budget::UNLIMITED,
            ..EngineConfig::editor("x86_64-linux".into())
        };
        let engine = Engine::with_system(config, system.clone());
        let snapshot = engine.snapshot();
        let (file, cursor) = match fixture.cursor() {
            Some((file, cursor)) => (file, Some(cursor)),
            None => (fixture.files.first().expect("the fixture has a file"), None),
        };
        Fixture { engine, system, snapshot, path: file.path.as_path().into(), text: file.text.clone(), cursor }
    }

    pub fn offset(&self) -> TextSize {
        TextSize::new(self.cursor.expect("the fixture has a $0"))
    }

    pub fn position(&self) -> FilePosition {
        FilePosition { path: self.path.clone(), offset: self.offset() }
    }

    pub fn control() -> Control {
        Control::new(Budget::INTERACTIVE)
    }

    /// The files that a change edits, each with its new text.
    pub fn changed<'a>(&'a self, change: &'a SourceChange) -> impl Iterator<Item = (&'a Arc<Path>, String)> {
        change.edits().map(|(path, edits)| {
            let text = self.snapshot.text(path).expect("the file is there");
            (path, apply(&text, edits).expect("the edits fit"))
        })
    }

    /// The same, each behind its path.
    pub fn show_changed(&self, change: &SourceChange) -> String {
        self.changed(change).map(|(path, text)| format!("{}: {text}", path.display())).collect()
    }

    /// The text with the ranges in brackets, each followed by its label.
    pub fn mark<'a>(&self, ranges: impl Iterator<Item = (TextRange, &'a str)>) -> String {
        let mut ranges: Vec<_> = ranges.collect();
        ranges.sort_by_key(|(range, _)| range.start());
        let mut out = self.text.clone();
        for (range, label) in ranges.into_iter().rev() {
            out.insert_str(range.end().into(), &format!("⟩{label}"));
            out.insert(range.start().into(), '⟨');
        }
        out
    }
}
