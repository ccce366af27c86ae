//! When diagnostics are worked out, and their publication.
//!
//! A document has two sets: what its text says, worked out soon after an edit, and what evaluation says, worked out when the
//! user pauses. An edit drops the second set, because it speaks of another text. Each set is published for the version that
//! it was worked out from, or not at all.
//!
//! A client that asks for diagnostics and can be told to ask again gets none sent: it asks for those of the text when it likes, gets those
//! of evaluation that are known, and is told when there are others.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nival_engine::Cancelled;
use nival_ide as ide;
use rustc_hash::FxHashMap;
use tower_lsp_server::ls_types::{Diagnostic, MessageType, PublishDiagnosticsParams};

use crate::convert;
use crate::document::Document;
use crate::main_loop::Event;
use crate::pool::{Intent, guarded};
use crate::requests::ReadContext;
use crate::state::State;

/// From the first edit of a burst to the diagnostics of its text. Later edits of the burst do not push it back. Long enough for the
/// next message of the same burst, an edit or a request, to come before the work begins.
const TEXT_DELAY: Duration = Duration::from_millis(1);
/// So much later they begin at most while answers are worked out: who waits for one should not share the processor's memory with them.
const TEXT_PATIENCE: Duration = Duration::from_millis(4);
/// How soon it is looked again whether that is over.
const TEXT_AGAIN: Duration = Duration::from_micros(400);
/// From the last edit to evaluation.
const EVALUATION_DELAY: Duration = Duration::from_millis(250);
/// From opening a document to reading ahead what questions about it will need.
const AHEAD_DELAY: Duration = Duration::from_millis(20);
/// The same from an edit that came before that was done: it would have to end for the next one, too.
const AHEAD_AFTER_EDIT: Duration = Duration::from_millis(400);
/// From the first reason to ask again to telling the client: several come at once.
const REFRESH_DELAY: Duration = Duration::from_millis(20);
/// A file cannot flood its client.
const MAX_DIAGNOSTICS: usize = 1000;

/// What evaluation has found, by document.
pub type Evaluated = Arc<FxHashMap<PathBuf, Arc<[Diagnostic]>>>;

/// Of which documents the client was told what evaluation found: to it, they are related to every other one.
#[derive(Debug, Clone, Default)]
pub struct Told(Arc<Mutex<FxHashMap<PathBuf, Known>>>);

/// What evaluation found, if it found something.
type Known = Option<Arc<[Diagnostic]>>;

impl Told {
    fn with<T>(&self, act: impl FnOnce(&mut FxHashMap<PathBuf, Known>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The client hears what is known of a document.
    pub fn tell(&self, evaluated: &Evaluated, path: &Path) {
        self.with(|told| told.insert(path.to_path_buf(), evaluated.get(path).cloned()));
    }

    /// The other documents that the client was told something else of, sorted.
    pub fn outdated(&self, evaluated: &Evaluated, but: &Path) -> Vec<PathBuf> {
        let differs = |path: &Path, told: &Known| match (told, evaluated.get(path)) {
            (None, None) => false,
            (Some(told), Some(known)) => told != known,
            _ => true,
        };
        let mut found: Vec<PathBuf> = self
            .with(|told| told.iter().filter(|(path, told)| *path != but && differs(path, told)).map(|(path, _)| path.clone()).collect());
        found.sort();
        found
    }

    pub fn forget(&self, path: &Path) {
        self.with(|told| told.remove(path));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Text,
    Evaluation,
    /// Nothing is reported: hovers and completions find ready what takes long to read.
    Ahead,
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
    ahead_due: Option<Instant>,
    from_text: Vec<Diagnostic>,
}

/// The diagnostics of open documents and when they are due.
#[derive(Debug, Default)]
pub struct Schedule {
    of: FxHashMap<PathBuf, Entry>,
    /// What evaluation has found, where it has found something.
    pub evaluated: Evaluated,
    refresh_due: Option<Instant>,
}

impl Schedule {
    /// Takes over what evaluation found; whether it is something else than before.
    fn set_evaluated(&mut self, path: &Path, found: Vec<Diagnostic>) -> bool {
        if self.evaluated.get(path).map_or(&[][..], |known| known) == found {
            return false;
        }
        let evaluated = Arc::make_mut(&mut self.evaluated);
        match found.is_empty() {
            true => evaluated.remove(path),
            false => evaluated.insert(path.to_path_buf(), found.into()),
        };
        true
    }
}

/// What the text of a document says.
///
/// # Errors
/// Cancelled.
pub fn of_text(context: &ReadContext, path: &Path, document: &Document) -> Result<Vec<Diagnostic>, Cancelled> {
    let found = ide::diagnostics(&context.snapshot, path)?;
    Ok(shown(context, document, &found))
}

/// What is known of an open document: what its text says, and what evaluation has found.
///
/// # Errors
/// Cancelled.
pub fn of_document(context: &ReadContext, path: &Path, document: &Document) -> Result<Vec<Diagnostic>, Cancelled> {
    let mut items = of_text(context, path, document)?;
    items.extend(context.evaluated.get(path).into_iter().flat_map(|found| found.iter().cloned()));
    Ok(items)
}

/// The first `most` of the most severe diagnostics, in the order of the text: a hint never costs an error.
pub fn most_severe(found: &[ide::Diagnostic], most: usize) -> Vec<&ide::Diagnostic> {
    let mut kept: Vec<(usize, &ide::Diagnostic)> = found.iter().enumerate().collect();
    if kept.len() > most {
        kept.sort_by_key(|(_, diagnostic)| std::cmp::Reverse(diagnostic.severity));
        kept.truncate(most);
        kept.sort_by_key(|(at, _)| *at);
    }
    kept.into_iter().map(|(_, diagnostic)| diagnostic).collect()
}

fn shown(context: &ReadContext, document: &Document, found: &[ide::Diagnostic]) -> Vec<Diagnostic> {
    let shown = most_severe(found, MAX_DIAGNOSTICS).into_iter();
    shown.map(|diagnostic| convert::diagnostic(context, &document.text, diagnostic)).collect()
}

impl State {
    /// Call when a document was opened or edited.
    pub fn document_changed(&mut self, path: &Path) {
        let now = Instant::now();
        let evaluate = self.settings.evaluation_diagnostics();
        let pulled = self.features.pull_diagnostics;
        let is_new = !self.schedule.of.contains_key(path);
        let entry = self.schedule.of.entry(path.to_path_buf()).or_default();
        if is_new {
            entry.ahead_due = Some(now + AHEAD_DELAY);
        } else if let Some(due) = &mut entry.ahead_due {
            *due = now + AHEAD_AFTER_EDIT;
        }
        if !pulled {
            entry.text_due.get_or_insert(now + TEXT_DELAY);
        }
        entry.evaluation_due = evaluate.then_some(now + EVALUATION_DELAY);
        self.schedule.set_evaluated(path, Vec::new());
        self.problems_of_edit(path);
        // Another open file may read this one.
        self.reschedule_evaluation();
    }

    /// Call when the world of evaluation changed: a file on disk, another open document.
    pub fn reschedule_evaluation(&mut self) {
        let due = self.settings.evaluation_diagnostics().then(|| Instant::now() + EVALUATION_DELAY);
        for entry in self.schedule.of.values_mut() {
            entry.evaluation_due = due;
        }
    }

    /// Call when everything may have changed.
    pub fn reschedule_all(&mut self) {
        let now = Instant::now();
        if !self.features.pull_diagnostics {
            for entry in self.schedule.of.values_mut() {
                entry.text_due.get_or_insert(now + TEXT_DELAY);
            }
        }
        if !self.settings.evaluation_diagnostics() {
            self.schedule.evaluated = Evaluated::default();
        }
        self.refresh_diagnostics();
        self.reschedule_evaluation();
    }

    /// Call when diagnostics may be others though no document has changed: a client that asks for them is told to ask again, soon.
    pub fn refresh_diagnostics(&mut self) {
        if self.features.pull_diagnostics && !self.schedule.of.is_empty() {
            self.schedule.refresh_due.get_or_insert(Instant::now() + REFRESH_DELAY);
        }
    }

    /// Call when a document was closed: what was published of it is withdrawn.
    pub fn document_closed(&mut self, path: &Path, uri: tower_lsp_server::ls_types::Uri) {
        self.schedule.of.remove(path);
        self.schedule.set_evaluated(path, Vec::new());
        self.told.forget(path);
        self.problems_edited(path);
        if !self.features.pull_diagnostics {
            let params = PublishDiagnosticsParams { uri, diagnostics: Vec::new(), version: None };
            self.client.notify("textDocument/publishDiagnostics", params);
        }
        self.reschedule_evaluation();
    }

    /// Starts what is due; when the next thing is.
    pub fn start_due_diagnostics(&mut self, now: Instant) -> Option<Instant> {
        let mut due = Vec::new();
        let mut next: Option<Instant> = None;
        let asked = self.pool.is_asked();
        for (path, entry) in &mut self.schedule.of {
            let sources = [
                (Source::Text, &mut entry.text_due),
                (Source::Ahead, &mut entry.ahead_due),
                (Source::Evaluation, &mut entry.evaluation_due),
            ];
            for (source, at) in sources {
                match *at {
                    Some(deadline) if asked && source == Source::Text && deadline <= now && now < deadline + TEXT_PATIENCE => {
                        let again = now + TEXT_AGAIN;
                        next = Some(next.map_or(again, |next| next.min(again)));
                    }
                    Some(deadline) if deadline <= now => {
                        *at = None;
                        due.push((path.clone(), source));
                    }
                    Some(deadline) => next = Some(next.map_or(deadline, |next| next.min(deadline))),
                    None => {}
                }
            }
        }
        match self.schedule.refresh_due {
            Some(deadline) if deadline <= now => {
                self.schedule.refresh_due = None;
                self.client.request("workspace/diagnostic/refresh", ());
            }
            Some(deadline) => next = Some(next.map_or(deadline, |next| next.min(deadline))),
            None => {}
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
            Source::Evaluation | Source::Ahead => Intent::Background,
        };
        self.pool.spawn(intent, move || {
            let control = context.background();
            let found = guarded(|| match source {
                Source::Text => of_text(&context, &path, &document),
                Source::Ahead => ide::warm(&context.snapshot, &path).map(|()| Vec::new()),
                Source::Evaluation => {
                    let found = ide::background_diagnostics(&context.snapshot, &path, &control)?;
                    Ok(shown(&context, &document, &found))
                }
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
        let Some(entry) = self.schedule.of.get_mut(&path) else { return };
        // What is read ahead is not about one version.
        if document.version != version && source != Source::Ahead {
            // A newer run is due or under way.
            return;
        }
        match (result, source) {
            (Ok(found), Source::Text) => entry.from_text = found,
            (Ok(_), Source::Ahead) => return,
            (Ok(found), Source::Evaluation) => {
                // Versions that took too long to work out are known by now.
                if self.settings.inlay_hints.package_versions == Some(true) {
                    self.refresh_inlay_hints();
                }
                let differs = self.schedule.set_evaluated(&path, found);
                if self.features.pull_diagnostics {
                    if differs {
                        self.problems_of_open_changed();
                        self.refresh_diagnostics();
                    }
                    return;
                }
            }
            (Err(Failure::Cancelled), _) => {
                // Something else changed meanwhile; this document did not, so it is still owed its diagnostics.
                let (due, delay) = match source {
                    Source::Text => (&mut entry.text_due, TEXT_DELAY),
                    Source::Ahead => (&mut entry.ahead_due, AHEAD_AFTER_EDIT),
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
        let from_text = self.schedule.of.get(&path).map_or(&[][..], |entry| &entry.from_text);
        let from_evaluation = self.schedule.evaluated.get(&path).map_or(&[][..], |found| found);
        let diagnostics = from_text.iter().chain(from_evaluation).cloned().collect();
        let params = PublishDiagnosticsParams { uri: document.uri.clone(), diagnostics, version: Some(version) };
        self.client.notify("textDocument/publishDiagnostics", params);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_do_not_crowd_out_errors() {
        let one = |severity, start: u32| ide::Diagnostic {
            range: ide::TextRange::at(start.into(), 1.into()),
            severity,
            code: String::new(),
            message: String::new(),
            notes: Vec::new(),
            related: Vec::new(),
            tags: Vec::new(),
            fixes: Vec::new(),
        };
        let found =
            [one(ide::Severity::Hint, 0), one(ide::Severity::Warning, 1), one(ide::Severity::Hint, 2), one(ide::Severity::Error, 3)];
        let kept = |most| most_severe(&found, most).iter().map(|d| u32::from(d.range.start())).collect::<Vec<_>>();
        assert_eq!(kept(4), [0, 1, 2, 3]);
        assert_eq!(kept(3), [0, 1, 3]);
        assert_eq!(kept(1), [3]);
    }
}
