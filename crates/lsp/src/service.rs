//! The service that tower-lsp-server calls for each message: it enqueues and nothing else.
//!
//! The library polls the futures of handlers in no fixed order, so the work is done in [`Service::call`] itself, which it
//! calls in the order of the messages; the future only waits for the answer, which goes past the library to the client.

use std::task::{Context, Poll};

use crossbeam::channel::Sender;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use nival_engine::CancelToken;
use tower_lsp_server::jsonrpc::{Error, Id, Request, Response};
use tower_service::Service;

use crate::answer::{Answer, Pending};
use crate::main_loop::Event;
use crate::output::Output;
use crate::transport::MALFORMED;

/// How many requests may wait for their answers at once. Not a limit in practice: a limit would hold back the notifications
/// that come after them.
pub const MAX_PENDING: usize = 1 << 20;

/// Puts every message on the channel of the main loop, in order.
#[derive(Debug)]
pub struct Ordered {
    events: Sender<Event>,
    output: Output,
    pending: Pending,
    /// The parent of every request's token.
    all: CancelToken,
}

impl Ordered {
    pub fn new(events: Sender<Event>, output: Output, all: CancelToken) -> Self {
        Ordered { events, output, pending: Pending::default(), all }
    }

    fn notification(&self, method: &str, params: serde_json::Value) {
        if method == "$/cancelRequest" {
            // At once: the request may be running, or may wait behind others.
            if let Some(Ok(id)) = params.get("id").map(|id| serde_json::from_value::<Id>(id.clone()))
                && let Some(token) = self.pending.token(&id)
            {
                token.cancel();
                // What waits and does not run looks at its token then.
                let _ = self.events.send(Event::Cancelled);
            }
            return;
        }
        let _ = self.events.send(Event::Notification { method: method.to_owned(), params });
    }
}

impl Service<Request> for Ordered {
    type Response = Option<Response>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<'static, Result<Option<Response>, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, message: Request) -> Self::Future {
        let (method, id, params) = message.into_parts();
        let params = params.unwrap_or_default();
        if method == MALFORMED {
            let mut error = Error::parse_error();
            if let Some(reason) = params.get("reason").and_then(|reason| reason.as_str()) {
                error.message = format!("malformed message: {reason}").into();
            }
            return ready(Ok(Some(Response::from_error(Id::Null, error)))).boxed();
        }
        let Some(id) = id else {
            self.notification(&method, params);
            return ready(Ok(None)).boxed();
        };
        let token = self.all.child();
        let Some((answer, answered)) = Answer::new(id.clone(), token.clone(), self.pending.clone(), self.output.clone()) else {
            let mut error = Error::invalid_request();
            error.message = "a request with this id is not answered yet".into();
            return ready(Ok(Some(Response::from_error(id, error)))).boxed();
        };
        // If the loop is gone, the dropped event answers.
        let _ = self.events.send(Event::Request { method: method.into_owned(), params, answer, token });
        // The answer has a way of its own to the client.
        answered.map(|_| Ok(None)).boxed()
    }
}
