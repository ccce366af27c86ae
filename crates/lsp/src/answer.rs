//! The one answer of a request.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use nival_engine::CancelToken;
use rustc_hash::FxHashMap;
use serde::Serialize;
use tokio::sync::oneshot;
use tower_lsp_server::jsonrpc::{Error, ErrorCode, Id};

use crate::output::{Frame, Output};

/// Why a request has no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RequestError {
    /// The client asked for it.
    #[error("cancelled")]
    Cancelled,
    /// The text changed while the answer was worked out.
    #[error("content modified")]
    Stale,
    /// The server cannot say now; with `retrigger` the client asks again by itself.
    #[error("cancelled by the server")]
    ServerCancelled { retrigger: bool },
    #[error("{0}")]
    InvalidParams(String),
    /// The server is fine and the request was valid, and yet: an evaluation error, a failed build.
    #[error("{message}")]
    Failed { message: String, data: Option<serde_json::Value> },
    #[error("{0}")]
    InvalidRequest(String),
    #[error("{0}")]
    MethodNotFound(String),
    #[error("{0}")]
    NotInitialized(String),
    /// A defect of the server.
    #[error("{0}")]
    Internal(String),
}

impl RequestError {
    pub fn failed(message: impl Into<String>) -> Self {
        RequestError::Failed { message: message.into(), data: None }
    }

    fn into_jsonrpc(self) -> Error {
        let code = match &self {
            RequestError::Cancelled => ErrorCode::RequestCancelled,
            RequestError::Stale => ErrorCode::ContentModified,
            RequestError::ServerCancelled { .. } => ErrorCode::ServerError(-32802),
            RequestError::InvalidParams(_) => ErrorCode::InvalidParams,
            RequestError::Failed { .. } => ErrorCode::ServerError(-32803),
            RequestError::InvalidRequest(_) => ErrorCode::InvalidRequest,
            RequestError::MethodNotFound(_) => ErrorCode::MethodNotFound,
            RequestError::NotInitialized(_) => ErrorCode::ServerError(-32002),
            RequestError::Internal(_) => ErrorCode::InternalError,
        };
        let message = Cow::Owned(self.to_string());
        let data = match self {
            RequestError::Failed { data, .. } => data,
            RequestError::ServerCancelled { retrigger } => Some(serde_json::json!({ "retriggerRequest": retrigger })),
            _ => None,
        };
        Error { code, message, data }
    }
}

/// The tokens of requests that are not answered yet.
#[derive(Debug, Clone, Default)]
pub struct Pending(Arc<Mutex<FxHashMap<Id, CancelToken>>>);

impl Pending {
    fn with<T>(&self, f: impl FnOnce(&mut FxHashMap<Id, CancelToken>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The token of a request that is not answered yet.
    pub fn token(&self, id: &Id) -> Option<CancelToken> {
        self.with(|pending| pending.get(id).cloned())
    }
}

/// Sends the answer of one request, once. If it is dropped without one, an internal error is sent.
#[derive(Debug)]
pub struct Answer {
    id: Id,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    pending: Pending,
    output: Output,
    answered: oneshot::Sender<()>,
}

impl Answer {
    /// For a new request; `None` if one with its id is not answered yet. The receiver hears when the answer is on its way.
    pub(crate) fn new(id: Id, token: CancelToken, pending: Pending, output: Output) -> Option<(Self, oneshot::Receiver<()>)> {
        let taken = pending.with(|pending| match pending.entry(id.clone()) {
            std::collections::hash_map::Entry::Occupied(_) => true,
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(token);
                false
            }
        });
        let (answered, receiver) = oneshot::channel();
        (!taken).then(|| (Answer { id, open: Some(Open { pending, output, answered }) }, receiver))
    }

    pub fn id(&self) -> &Id {
        &self.id
    }

    pub fn send(self, result: Result<impl Serialize, RequestError>) {
        let result = result.and_then(|value| json(&value));
        self.send_json(result);
    }

    /// As [`Answer::send`], for a result that is JSON already: a large one is written as it is, and nothing is made of it between.
    pub fn send_json(mut self, result: Result<Vec<u8>, RequestError>) {
        self.respond(result);
    }

    fn respond(&mut self, result: Result<Vec<u8>, RequestError>) {
        let Some(Open { pending, output, answered }) = self.open.take() else { return };
        // The client may use the id again as soon as it has the answer.
        pending.with(|pending| pending.remove(&self.id));
        let id = serde_json::to_string(&self.id).unwrap_or_else(|_| "null".to_owned());
        let start = format!(r#"{{"jsonrpc":"2.0","id":{id},"#);
        let (key, value) = match result {
            Ok(result) => ("result", result),
            Err(error) => ("error", serde_json::to_vec(&error.into_jsonrpc()).unwrap_or_default()),
        };
        output.send(Frame::new(format!("{start}\"{key}\":"), value, "}"));
        // The receiver is gone only when the connection is.
        let _ = answered.send(());
    }
}

/// The text of a result.
///
/// # Errors
/// [`RequestError::Internal`] for what JSON cannot say.
pub fn json(value: &impl Serialize) -> Result<Vec<u8>, RequestError> {
    serde_json::to_vec(value).map_err(|error| RequestError::Internal(error.to_string()))
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.respond(Err(RequestError::Internal("the server gave no answer (a defect of nival)".to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output;
    use expect_test::{Expect, expect};

    /// What is written when `act` has had the answer of request 7.
    fn check(act: impl FnOnce(Answer), expected: Expect) {
        let (output, mut written) = output::to_memory();
        let pending = Pending::default();
        let new = || Answer::new(Id::Number(7), CancelToken::new(), pending.clone(), output.clone());
        let (answer, mut answered) = new().expect("a new id");
        assert!(new().is_none() && answered.try_recv().is_err());
        act(answer);
        assert!(answered.try_recv().is_ok() && pending.token(&Id::Number(7)).is_none());
        let text: Vec<String> = written.by_ref().filter_map(|bytes| String::from_utf8(bytes).ok()).collect();
        assert!(new().is_some(), "the id can be used again");
        expected.assert_eq(&text.concat().replace("\r\n", "|"));
    }

    #[test]
    fn a_forgotten_answer_is_an_error() {
        check(
            drop,
            expect![[
                r#"Content-Length: 106||{"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"the server gave no answer (a defect of nival)"}}"#
            ]],
        );
    }

    #[test]
    fn an_answer_is_sent_once() {
        check(|answer| answer.send(Ok("é")), expect![[r#"Content-Length: 38||{"jsonrpc":"2.0","id":7,"result":"é"}"#]]);
        check(
            |answer| answer.send(Err::<(), _>(RequestError::Stale)),
            expect![[r#"Content-Length: 77||{"jsonrpc":"2.0","id":7,"error":{"code":-32801,"message":"content modified"}}"#]],
        );
    }
}
