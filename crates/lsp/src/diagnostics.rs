//! When diagnostics are worked out, and their publication.
//!
//! A document has two sets: what its text says, worked out soon after an edit, and what evaluation says, worked out when the
//! user pauses. An edit drops the second set, because it speaks of another text. Each set is published for the version that
//! it was worked out from, or not at all.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nival_engine::Cancelled;
use nival_ide as ide;
use rustc_hash::FxHashMap;
use tower_lsp_server::ls_types::{Diagnostic, MessageType, PublishDiagnosticsParams};

use crate::convert;
use crate::main_loop::Event;
use crate::pool::{Intent, guarded};
use crate::state::State;

/// From the first edit of a burst to the diagnostics of its text. Later edits of the burst do not push it back. Long enough for the
/// next message of the same burst, an edit or a request, to come before the work begins.
const TEXT_DELAY: Duration = Duration::from_millis(1);
/// From the last edit to evaluation.
const EVALUATION_DELAY: Duration = Duration::from_millis(250);
/// A file cannot flood its client.
const MAX_DIAGNOSTICS: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Text,
    Evaluation,
}

/// What a worker found.
#[derive(Debug)]
pub struct Computed {
    path: PathBuf,
    version: i32,
    source: Source,
    result: Result<Vec<Diagnostic>, Failure>,
}

#[derive(Debug)]
enum Failure {
    Cancelled,
    Panicked(String),
}

#[derive(Debug, Default)]
struct Entry {
    text_due: Option<Instant>,
    evaluation_due: Option<Instant>,
    from_text: Vec<Diagnostic>,
    from_evaluation: Vec<Diagnostic>,
}

/// The diagnostics of open documents and when they are due.
#[derive(Debug, Default)]
pub struct Schedule(FxHashMap<PathBuf, Entry>);

impl State {
    /// Call when a document was opened or edited.
    pub fn document_changed(&mut self, path: &Path) {
        let now = Instant::now();
        let evaluate = self.settings.evaluation_diagnostics();
        let entry = self.schedule.0.entry(path.to_path_buf()).or_default();
        entry.text_due.get_or_insert(now + TEXT_DELAY);
        entry.evaluation_due = evaluate.then_some(now + EVALUATION_DELAY);
        entry.from_evaluation.clear();
        // Another open file may read this one.
        self.reschedule_evaluation();
    }

    /// Call when the world of evaluation changed: a file on disk, another open document.
    pub fn reschedule_evaluation(&mut self) {
        let due = self.settings.evaluation_diagnostics().then(|| Instant::now() + EVALUATION_DELAY);
        for entry in self.schedule.0.values_mut() {
            entry.evaluation_due = due;
        }
    }

    /// Call when everything may have changed.
    pub fn reschedule_all(&mut self) {
        let now = Instant::now();
        for entry in self.schedule.0.values_mut() {
            entry.text_due.get_or_insert(now + TEXT_DELAY);
            if !self.settings.evaluation_diagnostics() {
                entry.from_evaluation.clear();
            }
        }
        self.reschedule_evaluation();
    }

    /// Call when a document was closed: what was published of it is withdrawn.
    pub fn document_closed(&mut self, path: &Path, uri: tower_lsp_server::ls_types::Uri) {
        self.schedule.0.remove(path);
        self.client.notify("textDocument/publishDiagnostics", PublishDiagnosticsParams { uri, diagnostics: Vec::new(), version: None });
        self.reschedule_evaluation();
    }

    /// Starts what is due; when the next thing is.
    pub fn start_due_diagnostics(&mut self, now: Instant) -> Option<Instant> {
        let mut due = Vec::new();
        let mut next: Option<Instant> = None;
        for (path, entry) in &mut self.schedule.0 {
            for (source, at) in [(Source::Text, &mut entry.text_due), (Source::Evaluation, &mut entry.evaluation_due)] {
                match *at {
                    Some(deadline) if deadline <= now => {
                        *at = None;
                        due.push((path.clone(), source));
                    }
                    Some(deadline) => next = Some(next.map_or(deadline, |next| next.min(deadline))),
                    None => {}
                }
            }
        }
        due.sort_by(|a, b| a.0.cmp(&b.0));
        for (path, source) in due {
            self.start_diagnostics(path, source);
        }
        next
    }

    fn start_diagnostics(&mut self, path: PathBuf, source: Source) {
        let Some(document) = self.documents.get(&path).cloned() else { return };
        let context = self.read_context(self.all.child());
        let events = self.events.clone();
        let intent = match source {
            Source::Text => Intent::Latency,
            Source::Evaluation => Intent::Background,
        };
        self.pool.spawn(intent, move || {
            let control = context.background();
            let found = guarded(|| {
                let found = match source {
                    Source::Text => ide::diagnostics(&context.snapshot, &path)?,
                    Source::Evaluation => ide::evaluation_diagnostics(&context.snapshot, &path, &control)?,
                };
                Ok(found.iter().take(MAX_DIAGNOSTICS).map(|diagnostic| convert::diagnostic(&context, &document.text, diagnostic)).collect())
            });
            let result = match found {
                Ok(Ok(found)) => Ok(found),
                Ok(Err(Cancelled)) => Err(Failure::Cancelled),
                Err(panic) => Err(Failure::Panicked(panic)),
            };
            let _ = events.send(Event::Diagnostics(Computed { path, version: document.version, source, result }));
        });
    }

    /// Publishes what a worker found, unless the document has changed since.
    pub fn diagnostics_computed(&mut self, computed: Computed) {
        let Computed { path, version, source, result } = computed;
        let Some(document) = self.documents.get(&path).cloned() else { return };
        let Some(entry) = self.schedule.0.get_mut(&path) else { return };
        if document.version != version {
            // A newer run is due or under way.
            return;
        }
        match (result, source) {
            (Ok(found), Source::Text) => entry.from_text = found,
            (Ok(found), Source::Evaluation) => entry.from_evaluation = found,
            (Err(Failure::Cancelled), _) => {
                // Something else changed meanwhile; this document did not, so it is still owed its diagnostics.
                let (due, delay) = match source {
                    Source::Text => (&mut entry.text_due, TEXT_DELAY),
                    Source::Evaluation => (&mut entry.evaluation_due, EVALUATION_DELAY),
                };
                due.get_or_insert(Instant::now() + delay);
                return;
            }
            (Err(Failure::Panicked(panic)), _) => {
                self.client.log(MessageType::ERROR, format!("nival has a defect: diagnostics of {}: {panic}", path.display()));
                return;
            }
        }
        let diagnostics = entry.from_text.iter().chain(&entry.from_evaluation).cloned().collect();
        let params = PublishDiagnosticsParams { uri: document.uri.clone(), diagnostics, version: Some(version) };
        self.client.notify("textDocument/publishDiagnostics", params);
    }
}
