//! The way to the client: messages go to the writing thread, in order with the answers, and never block the sender.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::BoxStream;
use futures::{Sink, SinkExt, StreamExt};
use rustc_hash::FxHashMap;
use serde::Serialize;
use tower_lsp_server::Loopback;
use tower_lsp_server::jsonrpc::{Id, Request, Response};
use tower_lsp_server::ls_types::{LogMessageParams, MessageType, ShowMessageParams};

use crate::output::{Frame, Output};

#[derive(Serialize)]
struct Notification<P> {
    jsonrpc: &'static str,
    method: &'static str,
    params: P,
}

/// What is done with the result of a request; `None` if the client refused it.
type Then = Box<dyn FnOnce(Option<serde_json::Value>) + Send>;

/// Requests whose results somebody wants.
type Asked = Arc<Mutex<FxHashMap<i64, Then>>>;

/// Sends notifications and requests to the client, in order. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    output: Output,
    next_id: Arc<AtomicI64>,
    asked: Asked,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    pub fn notify(&self, method: &'static str, params: impl Serialize) {
        // Written at once: a tree of JSON values costs more than the text.
        match serde_json::to_vec(&Notification { jsonrpc: "2.0", method, params }) {
            Ok(message) => self.output.send(Frame::new(String::new(), message, "")),
            Err(error) => self.log(MessageType::ERROR, format!("cannot send {method}: {error}")),
        }
    }

    /// Sends a request whose result does not matter.
    pub fn request(&self, method: &'static str, params: impl Serialize) {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.request_with(id, method, params);
    }

    /// Sends a request; `then` gets its result when it comes, on the thread that reads, and must not block. Nothing waits for it.
    pub fn ask(&self, method: &'static str, params: impl Serialize, then: impl FnOnce(Option<serde_json::Value>) + Send + 'static) {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Box::new(then));
        self.request_with(id, method, params);
    }

    fn request_with(&self, id: i64, method: &'static str, params: impl Serialize) {
        match serde_json::to_value(params) {
            // A request without parameters has none at all, not null.
            Ok(serde_json::Value::Null) => self.send(Request::build(method).id(id).finish()),
            Ok(params) => self.send(Request::build(method).params(params).id(id).finish()),
            Err(error) => self.log(MessageType::ERROR, format!("cannot send {method}: {error}")),
        }
    }

    pub fn log(&self, typ: MessageType, message: impl Into<String>) {
        if let Ok(params) = serde_json::to_value(LogMessageParams { typ, message: message.into() }) {
            self.send(Request::build("window/logMessage").params(params).finish());
        }
    }

    pub fn show(&self, typ: MessageType, message: impl Into<String>) {
        self.notify("window/showMessage", ShowMessageParams { typ, message: message.into() });
    }

    fn send(&self, request: Request) {
        // Names, numbers and JSON are all that is in it.
        if let Ok(message) = serde_json::to_vec(&request) {
            self.output.send(Frame::new(String::new(), message, ""));
        }
    }
}

/// Takes the client's answers, for the transport.
pub struct Inbox(Asked);

/// A client handle and what the transport needs to serve it.
pub fn connect(output: Output) -> (Client, Inbox) {
    let asked = Asked::default();
    (Client { output, next_id: Arc::new(AtomicI64::new(1)), asked: asked.clone() }, Inbox(asked))
}

impl Loopback for Inbox {
    type RequestStream = BoxStream<'static, Request>;
    type ResponseSink = std::pin::Pin<Box<dyn Sink<Response, Error = std::convert::Infallible> + Send>>;

    fn split(self) -> (Self::RequestStream, Self::ResponseSink) {
        let Inbox(asked) = self;
        // Requests of ours have another way.
        let requests = futures::stream::pending();
        let responses = futures::sink::drain::<()>().with(move |response: Response| {
            let (id, result) = response.into_parts();
            let then = match id {
                Id::Number(id) => asked.lock().unwrap_or_else(PoisonError::into_inner).remove(&id),
                _ => None,
            };
            if let Some(then) = then {
                then(result.ok());
            }
            futures::future::ready(Ok(()))
        });
        (requests.boxed(), Box::pin(responses))
    }
}
