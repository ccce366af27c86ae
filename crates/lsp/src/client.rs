//! The way to the client: an outbox that never blocks the sender.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::stream::BoxStream;
use futures::{Sink, StreamExt};
use serde::Serialize;
use tokio::sync::mpsc;
use tower_lsp_server::Loopback;
use tower_lsp_server::jsonrpc::{Request, Response};
use tower_lsp_server::ls_types::{LogMessageParams, MessageType, ShowMessageParams};

/// Sends notifications and requests to the client, in order. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    sender: mpsc::UnboundedSender<Request>,
    next_id: Arc<AtomicI64>,
}

impl Client {
    pub fn notify(&self, method: &'static str, params: impl Serialize) {
        match serde_json::to_value(params) {
            Ok(params) => self.send(Request::build(method).params(params).finish()),
            Err(error) => self.log(MessageType::ERROR, format!("cannot send {method}: {error}")),
        }
    }

    /// Sends a request whose result does not matter.
    pub fn request(&self, method: &'static str, params: impl Serialize) {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
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
        // Fails only when the connection is gone, and the server with it.
        let _ = self.sender.send(request);
    }
}

/// The other end of a [`Client`], for the transport.
pub struct Outbox(mpsc::UnboundedReceiver<Request>);

/// A client handle and what the transport needs to serve it.
pub fn outbox() -> (Client, Outbox) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Client { sender, next_id: Arc::new(AtomicI64::new(1)) }, Outbox(receiver))
}

impl Loopback for Outbox {
    type RequestStream = BoxStream<'static, Request>;
    type ResponseSink = std::pin::Pin<Box<dyn Sink<Response, Error = std::convert::Infallible> + Send>>;

    fn split(self) -> (Self::RequestStream, Self::ResponseSink) {
        let Outbox(mut receiver) = self;
        let requests = futures::stream::poll_fn(move |context| receiver.poll_recv(context));
        // No request of ours has a result that anything depends on.
        let responses = futures::sink::drain();
        (requests.boxed(), Box::pin(responses))
    }
}
