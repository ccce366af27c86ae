//! Diagnostics of the whole workspace, for clients that ask for them (`workspace/diagnostic`).
//!
//! Files that nobody has open are checked once somebody has asked, in short slices while nothing is typed, and again when something has
//! happened to them or around them. Only what was found is kept. A client that takes parts of results gets what differs from what it
//! has as it is found; when it has everything its request stays open until there is something else, so that it need not ask again and
//! again. Any other client is answered at once when everything is checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nival_engine::{CancelToken, Cancellable, Cancelled};
use nival_ide as ide;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::json;
use tower_lsp_server::ls_types as lsp;

use crate::answer::{Answer, RequestError};
use crate::convert;
use crate::diagnostics;
use crate::encoding::Text;
use crate::main_loop::Event;
use crate::pool::{Intent, guarded};
use crate::requests::{ReadContext, Work, result_id};
use crate::state::State;

/// From the last edit to the next slice: nobody types.
const QUIET: Duration = Duration::from_millis(250);
/// How long a slice takes: the others of the pool wait no longer.
const SLICE: Duration = Duration::from_millis(30);
/// How often an index that is being made is looked at.
const INDEX: Duration = Duration::from_millis(300);
/// How often, when nobody knows that it is being made.
const MAX_WAITS: u32 = 20;
/// How many files may have something wrong with them: nobody reads more.
const MAX_FILES: usize = 2000;
/// Of so many files that something has happened to, all are checked again.
const MAX_EVENTS: usize = 2000;
/// How much may be wrong with a file that is not open.
const MAX_IN_FILE: usize = 100;
/// Reports in one part.
const PART: usize = 100;
/// Requests that may be open at once; the oldest is answered for the next.
const MAX_PULLS: usize = 8;

/// What is reported of a file.
#[derive(Debug, Clone)]
pub struct Report {
    id: String,
    items: Arc<[lsp::Diagnostic]>,
    /// Of open documents.
    version: Option<i32>,
    /// May be over because of other files.
    moving: bool,
}

/// Files that are to be checked.
#[derive(Debug)]
enum Due {
    All,
    These(Vec<Arc<Path>>),
}

impl Due {
    fn is_empty(&self) -> bool {
        matches!(self, Due::These(files) if files.is_empty())
    }

    fn add(&mut self, more: Due) {
        match (&mut *self, more) {
            (Due::All, _) => {}
            (_, Due::All) => *self = Due::All,
            (Due::These(files), Due::These(more)) => add_new(files, more),
        }
    }
}

/// Adds what is not there yet.
fn add_new(files: &mut Vec<Arc<Path>>, more: Vec<Arc<Path>>) {
    if files.is_empty() || more.is_empty() {
        return files.extend(more);
    }
    let known: FxHashSet<Arc<Path>> = files.iter().cloned().collect();
    files.extend(more.into_iter().filter(|path| !known.contains(path)));
}

/// A request that is not answered yet.
#[derive(Debug)]
struct Pull {
    answer: Answer,
    token: CancelToken,
    /// Where the client takes parts of the result.
    parts: Option<serde_json::Value>,
    /// What the client has: its spelling of the address, and the id.
    known: FxHashMap<PathBuf, (lsp::Uri, String)>,
    /// Whether a part was sent.
    sent: bool,
    work: Option<Work>,
}

/// See the module documentation.
#[derive(Debug)]
pub struct Problems {
    /// Of files that nobody has open, where something was found.
    found: FxHashMap<Arc<Path>, Report>,
    /// Of open documents.
    open: Vec<(PathBuf, lsp::Uri, Report)>,
    due: Due,
    /// Files with another text on the disk.
    edited: FxHashSet<Arc<Path>>,
    /// Open documents with another text: modules may set options that they declare.
    declaring: FxHashSet<Arc<Path>>,
    /// Paths where something came or went.
    touched: FxHashSet<PathBuf>,
    /// Whether what was found may be over because of other files: a path that leads nowhere may lead somewhere now, a circle be none any more.
    moved: bool,
    /// Whether open documents, or what evaluation found of them, may have changed.
    open_due: bool,
    /// Whether a slice is under way.
    running: bool,
    /// How often the index was not complete.
    waited: u32,
    /// Nothing starts before.
    not_before: Option<Instant>,
    /// How many files the list of all had.
    total: usize,
    pulls: Vec<Pull>,
}

impl Default for Problems {
    fn default() -> Self {
        Problems {
            found: FxHashMap::default(),
            open: Vec::new(),
            due: Due::All,
            edited: FxHashSet::default(),
            declaring: FxHashSet::default(),
            touched: FxHashSet::default(),
            moved: false,
            open_due: true,
            running: false,
            waited: 0,
            not_before: None,
            total: 0,
            pulls: Vec::new(),
        }
    }
}

/// What happens is noted here, whether or not somebody asks: it must not grow with the number of events.
impl Problems {
    fn note_all(&mut self) {
        self.due = Due::All;
        self.edited.clear();
        self.declaring.clear();
        self.touched.clear();
    }

    fn note_edited(&mut self, path: &Path) {
        if !matches!(self.due, Due::All) {
            self.edited.insert(path.into());
            self.bound();
        }
    }

    fn note_declaring(&mut self, path: &Path) {
        if !matches!(self.due, Due::All) && !self.declaring.contains(path) {
            self.declaring.insert(path.into());
            self.bound();
        }
    }

    fn note_touched(&mut self, path: PathBuf) {
        if !matches!(self.due, Due::All) {
            self.touched.insert(path);
            self.bound();
        }
    }

    fn bound(&mut self) {
        if self.edited.len() + self.declaring.len() + self.touched.len() > MAX_EVENTS {
            self.note_all();
        }
    }

    /// Whether files that nobody has open are to be looked at.
    fn is_due(&self) -> bool {
        !self.due.is_empty() || !self.edited.is_empty() || !self.touched.is_empty() || !self.declaring.is_empty() || self.moved
    }

    /// What a slice starts with.
    fn take_due(&mut self) -> (Due, Vec<PathBuf>) {
        let mut edited: Vec<Arc<Path>> = self.edited.drain().collect();
        if std::mem::take(&mut self.moved) {
            let moving = self.found.iter().filter(|(_, report)| report.moving);
            edited.extend(moving.map(|(path, _)| Arc::clone(path)));
        }
        edited.sort();
        edited.dedup();
        self.due.add(Due::These(edited));
        let mut touched: Vec<PathBuf> = self.touched.drain().collect();
        touched.sort();
        (std::mem::replace(&mut self.due, Due::These(Vec::new())), touched)
    }

    /// What a slice has left.
    fn put_back(&mut self, left: Due, touched: Vec<PathBuf>) {
        self.due.add(left);
        touched.into_iter().for_each(|path| self.note_touched(path));
    }
}

/// What a worker has done.
#[derive(Debug)]
pub struct Slice {
    /// All files, where they were listed anew.
    listed: Option<FxHashSet<Arc<Path>>>,
    looked: Vec<(Arc<Path>, Option<Report>)>,
    left: Due,
    touched: Vec<PathBuf>,
    declaring: Vec<Arc<Path>>,
    /// Of open documents, once nothing is left.
    open: Option<Vec<(PathBuf, lsp::Uri, Report)>>,
    /// The index is not complete.
    waits: bool,
    panic: Option<String>,
}

/// The least severe that is told of files that are not open; `None` for nothing.
pub fn least_severe(context: &ReadContext) -> Option<ide::Severity> {
    context.settings.diagnostics.workspace()
}

/// What is to be said of a file that nobody has open.
///
/// # Errors
/// Cancelled.
pub fn of_closed_file(context: &ReadContext, project: &nival_engine::Project, path: &Path) -> Cancellable<Option<Report>> {
    let Some(least) = least_severe(context) else { return Ok(None) };
    let Some((text, mut found)) = ide::closed_file_diagnostics(&context.snapshot, project, path)? else { return Ok(None) };
    found.retain(|diagnostic| diagnostic.severity >= least);
    if found.is_empty() {
        return Ok(None);
    }
    let text = Text::new(text);
    let shown = diagnostics::most_severe(&found, MAX_IN_FILE);
    let items: Vec<_> = shown.into_iter().map(|diagnostic| convert::diagnostic(context, &text, diagnostic)).collect();
    let moving = found.iter().any(ide::depends_on_files);
    Ok(result_id(0, &items).ok().map(|id| Report { id, items: items.into(), version: None, moving }))
}

impl Report {
    pub fn items(&self) -> &[lsp::Diagnostic] {
        &self.items
    }
}

fn of_open_documents(context: &ReadContext) -> Cancellable<Vec<(PathBuf, lsp::Uri, Report)>> {
    let mut all = Vec::new();
    for (path, document) in context.documents.iter() {
        let items = diagnostics::of_document(context, path, document)?;
        let Ok(id) = result_id(document.opening, &items) else { continue };
        let report = Report { id, items: items.into(), version: Some(document.version), moving: false };
        all.push((path.clone(), document.uri.clone(), report));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(all)
}

/// Runs on a worker.
fn slice(context: &ReadContext, due: Due, touched: Vec<PathBuf>, declaring: Vec<Arc<Path>>) -> Slice {
    let mut done = Slice { listed: None, looked: Vec::new(), left: due, touched, declaring, open: None, waits: false, panic: None };
    let result = guarded(|| look(context, &mut done));
    match result {
        Ok(Ok(()) | Err(Cancelled)) => {}
        Err(panic) => {
            // What broke is not tried again.
            if let Due::These(files) = &mut done.left {
                files.pop();
            }
            done.panic = Some(panic);
        }
    }
    done
}

fn look(context: &ReadContext, done: &mut Slice) -> Cancellable<()> {
    let deadline = Instant::now() + SLICE;
    if !done.left.is_empty() || !done.touched.is_empty() || !done.declaring.is_empty() {
        let project = context.snapshot.project(Duration::ZERO)?;
        if !project.complete {
            done.waits = true;
            return Ok(());
        }
        if matches!(done.left, Due::All) {
            let off = least_severe(context).is_none();
            let mut files = if off { Vec::new() } else { ide::closed_files(&context.snapshot, &project) };
            done.listed = Some(files.iter().cloned().collect());
            files.reverse();
            done.left = Due::These(files);
            done.touched.clear();
            done.declaring.clear();
        }
        let Due::These(files) = &mut done.left else { return Ok(()) };
        let concerned: FxHashSet<Arc<Path>> = done.touched.drain(..).flat_map(|path| ide::concerned_by(&project, &path)).collect();
        let mut concerned: Vec<Arc<Path>> = concerned.into_iter().collect();
        concerned.extend(done.declaring.drain(..).flat_map(|path| ide::concerned_by_options(&context.snapshot, &project, &path)));
        concerned.sort();
        concerned.dedup();
        add_new(files, concerned);
        // The last one first, so that one that breaks is known.
        while let Some(path) = files.last() {
            let report = of_closed_file(context, &project, path)?;
            done.looked.push((Arc::clone(path), report));
            files.pop();
            if Instant::now() >= deadline {
                return Ok(());
            }
        }
    }
    done.open = Some(of_open_documents(context)?);
    Ok(())
}

impl Pull {
    /// What is to be said of a file, where the client does not know it.
    fn report(&self, path: &Path, uri: &lsp::Uri, report: Option<&Report>) -> Option<lsp::WorkspaceDocumentDiagnosticReport> {
        let known = self.known.get(path);
        let uri = known.map_or(uri, |known| &known.0).clone();
        let (id, items, version) = match report {
            Some(report) => (report.id.clone(), &report.items[..], report.version),
            None => (result_id(0, &[]).ok()?, &[][..], None),
        };
        if known.is_some_and(|known| known.1 == id) || known.is_none() && items.is_empty() {
            return None;
        }
        let full_document_diagnostic_report = lsp::FullDocumentDiagnosticReport { result_id: Some(id), items: items.to_vec() };
        Some(lsp::WorkspaceFullDocumentDiagnosticReport { uri, version: version.map(i64::from), full_document_diagnostic_report }.into())
    }

    fn knows(&mut self, path: &Path, report: &lsp::WorkspaceDocumentDiagnosticReport) {
        if let lsp::WorkspaceDocumentDiagnosticReport::Full(report) = report
            && let Some(id) = &report.full_document_diagnostic_report.result_id
        {
            self.known.insert(path.to_path_buf(), (report.uri.clone(), id.clone()));
        }
    }
}

impl State {
    /// Takes a request in.
    pub fn pull_problems(&mut self, params: serde_json::Value, answer: Answer, token: CancelToken) {
        let work = Work::of_request(self, "Checking the workspace", &params, &token);
        let params: lsp::WorkspaceDiagnosticParams = match serde_json::from_value(params) {
            Ok(params) => params,
            Err(error) => return answer.send(Err::<(), _>(RequestError::InvalidParams(error.to_string()))),
        };
        let parts = params.partial_result_params.partial_result_token.and_then(|token| serde_json::to_value(token).ok());
        let known = params.previous_result_ids.into_iter();
        let known = known.filter_map(|known| Some((convert::path(&known.uri)?, (known.uri, known.value)))).collect();
        if self.problems.pulls.len() >= MAX_PULLS {
            let oldest = self.problems.pulls.remove(0);
            oldest.answer.send(Ok(lsp::WorkspaceDiagnosticReport::default()));
        }
        self.problems.pulls.push(Pull { answer, token, parts, known, sent: false, work });
    }

    /// Call when a document was opened, edited or closed, or evaluation has found something else in one.
    pub fn problems_of_open_changed(&mut self) {
        self.problems.open_due = true;
        self.problems.not_before = Some(Instant::now() + QUIET);
        self.problems.moved = true;
    }

    /// Call when an open document was edited.
    pub fn problems_of_edit(&mut self, path: &Path) {
        self.problems.note_declaring(path);
        self.problems_of_open_changed();
    }

    /// Call when the disk has another text of a file that was there before.
    pub fn problems_edited(&mut self, path: &Path) {
        self.problems.note_edited(path);
        self.problems_of_open_changed();
    }

    /// Call when a file or folder has come or gone.
    pub fn problems_touched(&mut self, path: &Path) {
        self.problems.note_touched(path.to_path_buf());
        self.problems_of_open_changed();
    }

    /// Call when everything may have changed: settings, folders, the index.
    pub fn all_problems_changed(&mut self) {
        self.problems.note_all();
        self.problems.open_due = true;
    }

    /// Answers requests that are not wanted any more.
    pub fn drop_cancelled_pulls(&mut self) {
        for pull in self.problems.pulls.extract_if(.., |pull| pull.token.is_cancelled()) {
            drop(pull.work);
            pull.answer.send(Err::<(), _>(RequestError::Cancelled));
        }
    }

    /// Answers all requests: nothing comes any more.
    pub fn end_pulls(&mut self) {
        for pull in self.problems.pulls.drain(..) {
            drop(pull.work);
            pull.answer.send(Err::<(), _>(RequestError::ServerCancelled { retrigger: false }));
        }
    }

    /// Starts what is due; when the next thing is.
    pub fn start_due_problems(&mut self, now: Instant) -> Option<Instant> {
        let problems = &mut self.problems;
        if problems.pulls.is_empty() || problems.running {
            return None;
        }
        if let Some(due) = problems.not_before.filter(|due| *due > now) {
            return Some(due);
        }
        problems.not_before = None;
        if !problems.is_due() && !problems.open_due {
            self.settle_pulls();
            return None;
        }
        problems.running = true;
        problems.open_due = false;
        let (due, touched) = problems.take_due();
        let declaring = problems.declaring.drain().collect();
        let (context, events) = (self.read_context(self.all.child()), self.events.clone());
        self.pool.spawn(Intent::Background, move || {
            let _ = events.send(Event::Problems(slice(&context, due, touched, declaring)));
        });
        None
    }

    /// Takes over what a worker has done.
    pub fn problems_looked_at(&mut self, slice: Slice) {
        let indexing = self.builds.contains_key(crate::indexing::TOKEN);
        let problems = &mut self.problems;
        problems.running = false;
        if let Some(panic) = slice.panic {
            self.client.log(lsp::MessageType::ERROR, format!("nival has a defect: diagnostics of the workspace: {panic}"));
        }
        if slice.waits {
            problems.not_before = Some(Instant::now() + INDEX);
            problems.open_due = true;
            problems.waited += 1;
            // An index that was given up is not waited for: there are the open documents only.
            if indexing || problems.waited < MAX_WAITS {
                problems.put_back(slice.left, slice.touched);
                slice.declaring.iter().for_each(|path| problems.note_declaring(path));
            }
            return;
        }
        problems.waited = 0;
        if let Some(listed) = slice.listed {
            problems.total = listed.len();
            problems.found.retain(|path, _| listed.contains(path));
        }
        let mut looked = Vec::with_capacity(slice.looked.len());
        for (path, report) in slice.looked {
            match report {
                Some(report) if problems.found.len() < MAX_FILES || problems.found.contains_key(&path) => {
                    problems.found.insert(Arc::clone(&path), report);
                }
                _ => drop(problems.found.remove(&path)),
            }
            looked.push(path);
        }
        let left = if let Due::These(files) = &slice.left { files.len() } else { 0 };
        problems.put_back(slice.left, slice.touched);
        slice.declaring.iter().for_each(|path| problems.note_declaring(path));
        match slice.open {
            Some(open) => problems.open = open,
            None => problems.open_due = true,
        }
        let total = problems.total.max(left);
        for pull in &mut problems.pulls {
            if let Some(work) = &pull.work
                && let Some(percentage) = ((total - left) * 100).checked_div(total)
            {
                work.report(&format!("{} of {total} files", total - left), percentage as u32);
            }
        }
        self.stream(&looked);
    }

    /// Sends what was found in these files to who takes parts.
    fn stream(&mut self, paths: &[Arc<Path>]) {
        let State { problems, client, documents, .. } = self;
        for pull in problems.pulls.iter_mut().filter(|pull| pull.parts.is_some()) {
            let mut items = Vec::new();
            for path in paths.iter().filter(|path| documents.get(path).is_none()) {
                let Some(uri) = lsp::Uri::from_file_path(path) else { continue };
                if let Some(report) = pull.report(path, &uri, problems.found.get(path)) {
                    pull.knows(path, &report);
                    items.push(report);
                }
            }
            send_parts(client, pull, items);
        }
    }

    /// Everything is checked: whoever has something to hear hears it, and is answered.
    fn settle_pulls(&mut self) {
        let State { problems, client, documents, .. } = self;
        let open: FxHashMap<&Path, (&lsp::Uri, &Report)> =
            problems.open.iter().map(|(path, uri, report)| (path.as_path(), (uri, report))).collect();
        for mut pull in std::mem::take(&mut problems.pulls) {
            drop(pull.work.take());
            let mut items: Vec<(PathBuf, lsp::WorkspaceDocumentDiagnosticReport)> = Vec::new();
            let mut seen: FxHashSet<PathBuf> = FxHashSet::default();
            for (path, uri, report) in &problems.open {
                seen.insert(path.clone());
                items.extend(pull.report(path, uri, Some(report)).map(|report| (path.clone(), report)));
            }
            let mut closed: Vec<&Arc<Path>> = problems.found.keys().filter(|path| documents.get(path).is_none()).collect();
            closed.sort();
            for path in closed {
                let Some(uri) = lsp::Uri::from_file_path(path) else { continue };
                seen.insert(path.to_path_buf());
                items.extend(pull.report(path, &uri, problems.found.get(path)).map(|report| (path.to_path_buf(), report)));
            }
            let mut gone: Vec<(&PathBuf, &lsp::Uri)> =
                pull.known.iter().filter(|(path, _)| !seen.contains(*path)).map(|(path, known)| (path, &known.0)).collect();
            gone.sort();
            let gone: Vec<_> = gone.into_iter().filter_map(|(path, uri)| Some((path.clone(), pull.report(path, uri, None)?))).collect();
            items.extend(gone);
            if pull.parts.is_some() {
                items.iter().for_each(|(path, report)| pull.knows(path, report));
                send_parts(client, &mut pull, items.into_iter().map(|(_, report)| report).collect());
                if pull.sent {
                    pull.answer.send(Ok(lsp::WorkspaceDiagnosticReport::default()));
                } else {
                    problems.pulls.push(pull);
                }
                continue;
            }
            let told: FxHashSet<&PathBuf> = items.iter().map(|(path, _)| path).collect();
            let mut same: Vec<_> = pull.known.iter().filter(|(path, _)| !told.contains(path)).collect();
            same.sort_by(|a, b| a.0.cmp(b.0));
            let unchanged = same.into_iter().map(|(path, (uri, id))| {
                let version = open.get(path.as_path()).and_then(|(_, report)| report.version).map(i64::from);
                let unchanged_document_diagnostic_report = lsp::UnchangedDocumentDiagnosticReport { result_id: id.clone() };
                lsp::WorkspaceUnchangedDocumentDiagnosticReport { uri: uri.clone(), version, unchanged_document_diagnostic_report }.into()
            });
            let unchanged: Vec<lsp::WorkspaceDocumentDiagnosticReport> = unchanged.collect();
            let items = items.into_iter().map(|(_, report)| report).chain(unchanged).collect();
            pull.answer.send(Ok(lsp::WorkspaceDiagnosticReport { items }));
        }
    }
}

fn send_parts(client: &crate::client::Client, pull: &mut Pull, items: Vec<lsp::WorkspaceDocumentDiagnosticReport>) {
    for part in items.chunks(PART) {
        client.notify("$/progress", json!({ "token": pull.parts, "value": { "items": part } }));
        pull.sent = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(problems: &Problems) -> usize {
        let due = if let Due::These(files) = &problems.due { files.len() } else { 0 };
        due + problems.edited.len() + problems.touched.len()
    }

    fn moving(problems: &mut Problems, count: usize) {
        let report = Report { id: String::new(), items: Arc::new([]), version: None, moving: true };
        problems.found = (0..count).map(|n| (PathBuf::from(format!("/{n}.nix")).into(), report.clone())).collect();
    }

    #[test]
    fn events_that_nobody_asks_about_do_not_pile_up() {
        // Before anybody has asked, and after everything has been checked.
        for asked in [false, true] {
            let mut problems = Problems::default();
            moving(&mut problems, 100);
            if asked {
                assert!(matches!(problems.take_due(), (Due::All, touched) if touched.is_empty()));
            }
            for n in 0..10_000 {
                problems.note_edited(Path::new(&format!("/e/{n}.nix")));
                problems.note_touched(format!("/t/{n}.nix").into());
                problems.moved = true;
                assert!(size(&problems) <= MAX_EVENTS, "{n}");
            }
            assert!(problems.is_due());
            assert!(matches!(problems.take_due(), (Due::All, touched) if touched.is_empty()));
            assert!(!problems.is_due());
        }
    }

    #[test]
    fn the_same_file_again_and_again_is_checked_once() {
        let mut problems = Problems { due: Due::These(Vec::new()), ..Problems::default() };
        moving(&mut problems, 2);
        for _ in 0..10_000 {
            problems.note_edited(Path::new("/1.nix"));
            problems.note_touched("/new.nix".into());
            problems.moved = true;
        }
        let (due, touched) = problems.take_due();
        let Due::These(files) = &due else { panic!("{due:?}") };
        assert_eq!(files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(), ["/0.nix", "/1.nix"]);
        assert_eq!(touched, [PathBuf::from("/new.nix")]);
        // A slice that was cut short gives back what it has not done, and what moves is not there twice.
        problems.put_back(due, touched);
        problems.moved = true;
        let (due, touched) = problems.take_due();
        assert!(matches!(due, Due::These(files) if files.len() == 2) && touched.len() == 1);
    }
}
