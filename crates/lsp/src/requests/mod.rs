//! Requests that read: one file each, and the table of them. The thread that a request runs on follows from its [`Intent`].

mod code_lens;
mod code_lens_resolve;
mod completion;
mod definition;
mod document_highlight;
mod document_symbol;
mod folding_range;
mod hover;
mod initialize;
mod references;
mod selection_range;

use std::path::Path;
use std::sync::Arc;

use nival_engine::{Budget, CancelToken, Cancelled, Control, Snapshot};
use tower_lsp_server::ls_types::request::Request;

use crate::answer::{Answer, RequestError};
use crate::capabilities::ClientFeatures;
use crate::commands;
use crate::document::Documents;
use crate::encoding::{Encoding, Text};
use crate::pool::{Intent, guarded};
use crate::state::State;

pub use initialize::initialize;

/// The world as it was when the request came.
#[derive(Clone)]
pub struct ReadContext {
    pub snapshot: Snapshot,
    pub documents: Documents,
    pub encoding: Encoding,
    pub features: ClientFeatures,
    pub token: CancelToken,
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
        Control { cancel: self.token.clone(), budget: Budget::INTERACTIVE }
    }

    /// Limits for an evaluation that nobody waits for.
    pub fn background(&self) -> Control {
        Control { cancel: self.token.clone(), budget: Budget::BACKGROUND }
    }
}

/// A request that reads a snapshot and answers. To add one, imitate `document_highlight.rs` and name it in [`TABLE`].
pub trait ReadRequest {
    type Lsp: Request;
    const INTENT: Intent;

    /// # Errors
    /// [`RequestError::Stale`] (through `?` on [`Cancelled`]) if the text changed or the client gave up; others as they say.
    fn run(context: &ReadContext, params: <Self::Lsp as Request>::Params) -> Result<<Self::Lsp as Request>::Result, RequestError>;
}

impl From<Cancelled> for RequestError {
    fn from(_: Cancelled) -> Self {
        RequestError::Stale
    }
}

struct Entry {
    method: &'static str,
    intent: Intent,
    run: fn(&ReadContext, serde_json::Value) -> Result<serde_json::Value, RequestError>,
}

const fn entry<R: ReadRequest>() -> Entry {
    Entry { method: R::Lsp::METHOD, intent: R::INTENT, run: run::<R> }
}

fn run<R: ReadRequest>(context: &ReadContext, params: serde_json::Value) -> Result<serde_json::Value, RequestError> {
    let params = serde_json::from_value(params).map_err(|error| RequestError::InvalidParams(error.to_string()))?;
    let result = R::run(context, params)?;
    serde_json::to_value(result).map_err(|error| RequestError::Internal(error.to_string()))
}

/// Every read request that the server answers.
const TABLE: &[Entry] = &[
    entry::<code_lens::CodeLens>(),
    entry::<code_lens_resolve::CodeLensResolve>(),
    entry::<completion::Completion>(),
    entry::<definition::Definition>(),
    entry::<document_highlight::DocumentHighlight>(),
    entry::<document_symbol::DocumentSymbols>(),
    entry::<folding_range::FoldingRanges>(),
    entry::<hover::Hover>(),
    entry::<references::References>(),
    entry::<selection_range::SelectionRanges>(),
];

/// Hands a request to the pool.
pub fn dispatch(state: &mut State, method: &str, params: serde_json::Value, answer: Answer, token: CancelToken) {
    if method == "workspace/executeCommand" {
        commands::dispatch(state, params, answer, token);
        return;
    }
    let Some(entry) = TABLE.iter().find(|entry| entry.method == method) else {
        answer.send(Err::<(), _>(RequestError::MethodNotFound(format!("the server does not know {method}"))));
        return;
    };
    let context = state.read_context(token);
    let run = entry.run;
    state.pool.spawn(entry.intent, move || answer_with(answer, &context, |context| run(context, params)));
}

/// Runs work for an answer: not at all if it is not wanted any more, and with an answer whatever happens.
pub fn answer_with<T: serde::Serialize>(answer: Answer, context: &ReadContext, work: impl FnOnce(&ReadContext) -> Result<T, RequestError>) {
    let result = if context.token.is_cancelled() {
        Err(RequestError::Cancelled)
    } else {
        guarded(|| work(context)).unwrap_or_else(|panic| Err(RequestError::Internal(format!("nival has a defect: {panic}"))))
    };
    let result = match result {
        Err(RequestError::Stale) if context.token.is_cancelled() => Err(RequestError::Cancelled),
        result => result,
    };
    answer.send(result);
}
