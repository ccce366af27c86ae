//! Requests that read: one file each, and the table of them. The thread that a request runs on follows from its [`Intent`].

mod call_hierarchy;
mod code_action;
mod code_action_resolve;
mod code_lens;
mod code_lens_resolve;
mod completion;
mod completion_resolve;
mod declaration;
mod definition;
mod document_diagnostic;
mod document_highlight;
mod document_link;
mod document_link_resolve;
mod document_symbol;
mod folding_range;
mod formatting;
mod hover;
mod implementation;
mod initialize;
mod inlay_hint;
mod inlay_hint_resolve;
mod linked_editing_range;
mod on_type_formatting;
#[cfg(test)]
mod panicking;
mod parent_module;
mod prepare_rename;
mod range_formatting;
mod ranges_formatting;
mod references;
mod rename;
mod selection_range;
mod semantic_tokens_full;
mod semantic_tokens_full_delta;
mod semantic_tokens_range;
mod signature_help;
mod type_definition;
mod will_delete_files;
mod will_rename_files;
mod workspace_symbol;
mod workspace_symbol_resolve;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nival_engine::{Budget, CancelToken, Cancelled, Control, Snapshot};
use rustc_hash::FxHashMap;
use tower_lsp_server::ls_types::request::Request;
use tower_lsp_server::ls_types::{LogTraceParams, TraceValue, Uri};

use crate::answer::{self, Answer, RequestError};
use crate::capabilities::ClientFeatures;
use crate::client::Client;
use crate::commands;
use crate::convert;
use crate::diagnostics::{Evaluated, Told};
use crate::document::Documents;
use crate::encoding::{Encoding, Text};
use crate::main_loop::Event;
use crate::pool::{Intent, guarded};
use crate::progress::WorkDone;
use crate::semantic::Former;
use crate::settings::Settings;
use crate::state::State;

pub use document_diagnostic::result_id;
pub use initialize::initialize;

/// The world as it was when the request came.
#[derive(Clone)]
pub struct ReadContext {
    pub snapshot: Snapshot,
    pub documents: Documents,
    pub encoding: Encoding,
    pub features: ClientFeatures,
    pub token: CancelToken,
    /// Semantic tokens that clients refer to.
    pub former: Former,
    /// For progress and parts of results; an answer has its own way.
    pub client: Client,
    pub trace: TraceValue,
    pub settings: Arc<Settings>,
    /// What evaluation has found, by document.
    pub evaluated: Evaluated,
    /// What of it the client was told.
    pub told: Told,
    /// The folder with a page for each rule.
    pub pages: Option<Arc<Path>>,
}

impl ReadContext {
    /// The text of a file, open or on disk.
    pub fn text(&self, path: &Path) -> Option<Arc<Text>> {
        match self.documents.get(path) {
            Some(document) => Some(document.text.clone()),
            None => self.snapshot.text(path).map(|text| Arc::new(Text::new(text))),
        }
    }

    /// Limits for an evaluation that someone waits for.
    pub fn interactive(&self) -> Control {
        Control::request(self.token.clone(), self.snapshot.config().budget.min(Budget::INTERACTIVE))
    }

    /// Limits for an evaluation that nobody waits for.
    pub fn background(&self) -> Control {
        Control::request(self.token.clone(), self.snapshot.config().budget.min(Budget::BACKGROUND))
    }
}

/// A request that reads a snapshot and answers. To add one, imitate `document_highlight.rs` and name it in [`TABLE`].
pub trait ReadRequest {
    type Lsp: Request;
    const INTENT: Intent;
    /// What the user is told who waits, of requests that may take long: clients may ask for their progress, and cancel by it.
    const TITLE: Option<&'static str> = None;
    /// The result is a list that clients may take in parts.
    const PARTS: bool = false;
    /// A client whose text has changed meanwhile is told to ask again, and not that nothing came of it.
    const RETRIGGER: bool = false;

    /// # Errors
    /// [`RequestError::Stale`] (through `?` on [`Cancelled`]) if the text changed or the client gave up; others as they say.
    fn run(context: &ReadContext, params: <Self::Lsp as Request>::Params) -> Result<<Self::Lsp as Request>::Result, RequestError>;

    /// The same as JSON. For results of megabytes, of which nothing needs to be made in between.
    ///
    /// # Errors
    /// As [`ReadRequest::run`].
    fn run_json(context: &ReadContext, params: <Self::Lsp as Request>::Params) -> Result<Vec<u8>, RequestError> {
        answer::json(&Self::run(context, params)?)
    }
}

impl From<Cancelled> for RequestError {
    fn from(_: Cancelled) -> Self {
        RequestError::Stale
    }
}

struct Entry {
    method: &'static str,
    intent: Intent,
    title: Option<&'static str>,
    retrigger: bool,
    /// The result as JSON.
    run: fn(&ReadContext, serde_json::Value) -> Result<Vec<u8>, RequestError>,
}

const fn entry<R: ReadRequest>() -> Entry {
    Entry { method: R::Lsp::METHOD, intent: R::INTENT, title: R::TITLE, retrigger: R::RETRIGGER, run: run::<R> }
}

/// Items in one part of a result.
const PART: usize = 200;

fn run<R: ReadRequest>(context: &ReadContext, params: serde_json::Value) -> Result<Vec<u8>, RequestError> {
    let parts = params.get("partialResultToken").filter(|token| R::PARTS && (token.is_string() || token.is_number())).cloned();
    let params = serde_json::from_value(params).map_err(|error| RequestError::InvalidParams(error.to_string()))?;
    let Some(token) = parts else { return R::run_json(context, params) };
    let result = serde_json::to_value(R::run(context, params)?).map_err(|error| RequestError::Internal(error.to_string()))?;
    let serde_json::Value::Array(items) = result else { return answer::json(&result) };
    // What is taken back after the first part was sent would come twice.
    context.snapshot.check()?;
    for part in items.chunks(PART) {
        context.client.notify("$/progress", serde_json::json!({ "token": token, "value": part }));
    }
    answer::json(&serde_json::json!([]))
}

/// Every read request that the server answers.
const TABLE: &[Entry] = &[
    entry::<call_hierarchy::Incoming>(),
    entry::<call_hierarchy::Outgoing>(),
    entry::<call_hierarchy::Prepare>(),
    entry::<code_action::CodeActions>(),
    entry::<code_action_resolve::CodeActionResolve>(),
    entry::<code_lens::CodeLens>(),
    entry::<code_lens_resolve::CodeLensResolve>(),
    entry::<completion::Completion>(),
    entry::<completion_resolve::CompletionResolve>(),
    entry::<declaration::Declaration>(),
    entry::<definition::Definition>(),
    entry::<document_diagnostic::DocumentDiagnostics>(),
    entry::<document_highlight::DocumentHighlight>(),
    entry::<document_link::DocumentLinks>(),
    entry::<document_link_resolve::DocumentLinkResolve>(),
    entry::<document_symbol::DocumentSymbols>(),
    entry::<folding_range::FoldingRanges>(),
    entry::<formatting::Formatting>(),
    entry::<hover::Hover>(),
    entry::<implementation::Implementation>(),
    entry::<inlay_hint::InlayHints>(),
    entry::<inlay_hint_resolve::InlayHintResolve>(),
    entry::<linked_editing_range::LinkedEditing>(),
    entry::<on_type_formatting::OnTypeFormatting>(),
    #[cfg(test)]
    entry::<panicking::Panicking>(),
    entry::<parent_module::ParentModule>(),
    entry::<prepare_rename::PrepareRename>(),
    entry::<range_formatting::RangeFormatting>(),
    entry::<ranges_formatting::RangesFormatting>(),
    entry::<references::References>(),
    entry::<rename::Rename>(),
    entry::<selection_range::SelectionRanges>(),
    entry::<semantic_tokens_full::Full>(),
    entry::<semantic_tokens_full_delta::Delta>(),
    entry::<semantic_tokens_range::Range>(),
    entry::<signature_help::SignatureHelp>(),
    entry::<type_definition::TypeDefinition>(),
    entry::<will_delete_files::WillDeleteFiles>(),
    entry::<will_rename_files::WillRenameFiles>(),
    entry::<workspace_symbol::WorkspaceSymbols>(),
    entry::<workspace_symbol_resolve::WorkspaceSymbolResolve>(),
];

/// Waits on the main loop, and not on a worker.
const WORKSPACE_DIAGNOSTIC: &str = <tower_lsp_server::ls_types::request::WorkspaceDiagnosticRequest as Request>::METHOD;

/// Hands a request to the pool.
pub fn dispatch(state: &mut State, method: &str, params: serde_json::Value, answer: Answer, token: CancelToken) {
    if method == "workspace/executeCommand" {
        commands::dispatch(state, params, answer, token);
        return;
    }
    if method == WORKSPACE_DIAGNOSTIC {
        state.pull_problems(params, answer, token);
        return;
    }
    let Some(entry) = TABLE.iter().find(|entry| entry.method == method) else {
        answer.send(Err::<(), _>(RequestError::MethodNotFound(format!("the server does not know {method}"))));
        return;
    };
    let version = document_version(state, &params);
    let work = entry.title.and_then(|title| Work::of_request(state, title, &params, &token));
    start(state, Running { entry, params, version, answer, token, work, attempts: 0 });
}

/// What the client knows running requests by, and how each is stopped.
pub type Works = Arc<Mutex<FxHashMap<String, CancelToken>>>;

/// The progress of a request. It ends when it is dropped.
#[derive(Debug)]
pub struct Work {
    key: String,
    works: Works,
    progress: WorkDone,
}

impl Work {
    /// Begins, if the request says that its progress is wanted.
    pub fn of_request(state: &State, title: &str, params: &serde_json::Value, token: &CancelToken) -> Option<Work> {
        let name = params.get("workDoneToken").filter(|name| name.is_string() || name.is_number())?;
        let key = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
        state.works.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), token.clone());
        let progress = WorkDone::begin(&state.client, Some(name.clone()), &key, title);
        Some(Work { key, works: state.works.clone(), progress })
    }

    /// `percentage` is of 100.
    pub fn report(&self, message: &str, percentage: u32) {
        self.progress.report(message, Some(percentage));
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.works.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// A request between its arrival and its answer.
pub struct Running {
    entry: &'static Entry,
    params: serde_json::Value,
    /// Of the document it is about, when it came.
    version: Option<i32>,
    answer: Answer,
    token: CancelToken,
    work: Option<Work>,
    attempts: u32,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("method", &self.entry.method).field("id", self.answer.id()).finish_non_exhaustive()
    }
}

/// A request that other changes overtake again and again is given up.
const MAX_ATTEMPTS: u32 = 10;

fn document_version(state: &State, params: &serde_json::Value) -> Option<i32> {
    let uri: Uri = params.get("textDocument")?.get("uri")?.as_str()?.parse().ok()?;
    state.documents.get(&convert::path(&uri)?).map(|document| document.version)
}

fn start(state: &State, running: Running) {
    let context = state.read_context(running.token.clone());
    let events = state.events.clone();
    state.pool.answer(running.entry.intent, move || {
        let Running { entry, params, version, answer, token, work, attempts } = running;
        let start = Instant::now();
        let result = result(&context, |context| (entry.run)(context, params.clone()));
        trace(&context, entry, start.elapsed(), &result);
        match result {
            Err(RequestError::Stale) if attempts < MAX_ATTEMPTS => {
                let _ = events.send(Event::Again(Running { entry, params, version, answer, token, work, attempts: attempts + 1 }));
            }
            result => {
                // A progress ends before its request does.
                drop(work);
                answer.send_json(result);
            }
        }
    });
}

/// Tells a client that wants to know how long the work took.
fn trace(context: &ReadContext, entry: &Entry, time: Duration, result: &Result<Vec<u8>, RequestError>) {
    if context.trace == TraceValue::Off {
        return;
    }
    let message = format!("{} took {:.1} ms", entry.method, time.as_secs_f64() * 1e3);
    let verbose = (context.trace == TraceValue::Verbose).then(|| match result {
        Ok(json) => format!("{} bytes", json.len()),
        Err(error) => error.to_string(),
    });
    context.client.notify("$/logTrace", LogTraceParams { message, verbose });
}

/// Runs a request anew, unless its own document has changed: then the client knows, and asks again if it still cares.
pub fn run_again(state: &State, running: Running) {
    if document_version(state, &running.params) == running.version {
        start(state, running);
    } else {
        drop(running.work);
        let error = if running.entry.retrigger { RequestError::ServerCancelled { retrigger: true } } else { RequestError::Stale };
        running.answer.send(Err::<(), _>(error));
    }
}

/// Runs work for an answer: not at all if it is not wanted any more, and with an answer whatever happens.
pub fn answer_with<T: serde::Serialize>(answer: Answer, context: &ReadContext, work: impl FnOnce(&ReadContext) -> Result<T, RequestError>) {
    answer.send(result(context, work));
}

fn result<T>(context: &ReadContext, work: impl FnOnce(&ReadContext) -> Result<T, RequestError>) -> Result<T, RequestError> {
    if context.token.is_cancelled() {
        return Err(RequestError::Cancelled);
    }
    let result = guarded(|| work(context)).unwrap_or_else(|panic| Err(RequestError::Internal(format!("nival has a defect: {panic}"))));
    match result {
        Err(RequestError::Stale) if context.token.is_cancelled() => Err(RequestError::Cancelled),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> ReadContext {
        let engine = nival_engine::Engine::new(nival_engine::EngineConfig::editor("x86_64-linux".to_owned()));
        ReadContext {
            snapshot: engine.snapshot(),
            documents: Documents::default(),
            encoding: Encoding::Utf8,
            features: ClientFeatures::default(),
            token: CancelToken::new(),
            former: Former::default(),
            client: crate::client::connect(crate::output::to_memory().0).0,
            trace: TraceValue::Off,
            settings: Arc::default(),
            evaluated: Evaluated::default(),
            told: Told::default(),
            pages: None,
        }
    }

    #[test]
    fn a_panic_is_an_error_of_the_request() {
        let error = result::<()>(&context(), |_| panic!("at the disco")).unwrap_err();
        assert_eq!(error, RequestError::Internal("nival has a defect: at the disco".to_owned()));
    }

    #[test]
    fn a_cancelled_request_does_not_run() {
        let context = context();
        context.token.cancel();
        assert_eq!(result(&context, |_| -> Result<(), _> { panic!("it runs") }), Err(RequestError::Cancelled));
    }

    #[test]
    fn work_that_stops_early_says_why() {
        let context = context();
        assert_eq!(result(&context, |_| Err::<(), _>(RequestError::Stale)), Err(RequestError::Stale));
        let cancelled = result(&context, |context| {
            context.token.cancel();
            Err::<(), _>(RequestError::Stale)
        });
        assert_eq!(cancelled, Err(RequestError::Cancelled));
    }

    /// Methods are looked up by name: none may be there twice.
    #[test]
    fn every_method_has_one_handler() {
        let mut methods: Vec<_> = TABLE.iter().map(|entry| entry.method).collect();
        methods.sort_unstable();
        methods.dedup();
        assert_eq!(methods.len(), TABLE.len());
    }
}
