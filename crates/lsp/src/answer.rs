//! The one answer of a request.

use std::borrow::Cow;

use serde::Serialize;
use tokio::sync::oneshot;
use tower_lsp_server::jsonrpc::{Error, ErrorCode, Id, Response};

/// Why a request has no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RequestError {
    /// The client asked for it.
    #[error("cancelled")]
    Cancelled,
    /// The text changed while the answer was worked out.
    #[error("content modified")]
    Stale,
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
            _ => None,
        };
        Error { code, message, data }
    }
}

/// Sends the answer of one request, once. If it is dropped without one, an internal error is sent.
#[derive(Debug)]
pub struct Answer {
    id: Id,
    sender: Option<oneshot::Sender<Response>>,
}

impl Answer {
    pub(crate) fn new(id: Id) -> (Self, oneshot::Receiver<Response>) {
        let (sender, receiver) = oneshot::channel();
        (Answer { id, sender: Some(sender) }, receiver)
    }

    pub fn id(&self) -> &Id {
        &self.id
    }

    pub fn send(self, result: Result<impl Serialize, RequestError>) {
        let result = result.and_then(|value| serde_json::to_value(value).map_err(|error| RequestError::Internal(error.to_string())));
        self.send_value(result);
    }

    /// As [`Answer::send`], for a result that is JSON already.
    pub fn send_value(mut self, result: Result<serde_json::Value, RequestError>) {
        self.respond(result);
    }

    fn respond(&mut self, result: Result<serde_json::Value, RequestError>) {
        if let Some(sender) = self.sender.take() {
            let response = Response::from_parts(self.id.clone(), result.map_err(RequestError::into_jsonrpc));
            // The receiver is gone only when the connection is.
            let _ = sender.send(response);
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.respond(Err(RequestError::Internal("the server gave no answer (a defect of nival)".to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_answer_is_an_error() {
        let (answer, mut response) = Answer::new(Id::Number(7));
        drop(answer);
        let response = response.try_recv().expect("an answer");
        assert_eq!((response.id(), response.error().map(|error| error.code.code())), (&Id::Number(7), Some(-32603)));
    }

    #[test]
    fn an_answer_is_sent_once() {
        let (answer, mut response) = Answer::new(Id::Number(7));
        answer.send(Ok("result"));
        assert_eq!(response.try_recv().expect("an answer").result(), Some(&serde_json::json!("result")));
        assert!(response.try_recv().is_err());
    }
}
