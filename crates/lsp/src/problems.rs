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
            (Due::These(files), Due::These(more)) => files.extend(more),
        }
    }
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
    /// Paths where something happened.
    touched: Vec<PathBuf>,
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
            touched: Vec::new(),
            open_due: true,
            running: false,
            waited: 0,
            not_before: None,
            total: 0,
            pulls: Vec::new(),
        }
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
fn slice(context: &ReadContext, due: Due, touched: Vec<PathBuf>) -> Slice {
    let mut done = Slice { listed: None, looked: Vec::new(), left: due, touched, open: None, waits: false, panic: None };
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
    if !done.left.is_empty() || !done.touched.is_empty() {
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
        }
        let Due::These(files) = &mut done.left else { return Ok(()) };
        for path in done.touched.drain(..) {
            files.extend(ide::concerned_by(&project, &path));
        }
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
        // A path that leads nowhere may lead somewhere now, a circle be none any more.
        let moving = self.problems.found.iter().filter(|(_, report)| report.moving).map(|(path, _)| Arc::clone(path)).collect();
        self.problems.due.add(Due::These(moving));
    }

    /// Call when the disk has another text of a file that was there before.
    pub fn problems_edited(&mut self, path: &Path) {
        self.problems.due.add(Due::These(vec![path.into()]));
        self.problems_of_open_changed();
    }

    /// Call when a file or folder has come or gone.
    pub fn problems_touched(&mut self, path: &Path) {
        self.problems.touched.push(path.to_path_buf());
        self.problems_of_open_changed();
    }

    /// Call when everything may have changed: settings, folders, the index.
    pub fn all_problems_changed(&mut self) {
        self.problems.due = Due::All;
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
        if problems.due.is_empty() && problems.touched.is_empty() && !problems.open_due {
            self.settle_pulls();
            return None;
        }
        problems.running = true;
        problems.open_due = false;
        let due = std::mem::replace(&mut problems.due, Due::These(Vec::new()));
        let touched = std::mem::take(&mut problems.touched);
        let (context, events) = (self.read_context(self.all.child()), self.events.clone());
        self.pool.spawn(Intent::Background, move || {
            let _ = events.send(Event::Problems(slice(&context, due, touched)));
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
                problems.due.add(slice.left);
                problems.touched.extend(slice.touched);
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
        problems.due.add(slice.left);
        problems.touched.extend(slice.touched);
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
