//! Work-done progress: begin, reports, end, under a token that the client cancels by.

use serde_json::json;

use crate::client::Client;

/// A progress that the client shows. It ends when it is dropped.
#[derive(Debug)]
pub struct WorkDone {
    client: Client,
    token: serde_json::Value,
    ended: bool,
}

impl WorkDone {
    /// Begins. `created_by_client` is the token of the request, where it has one; otherwise the client is told of a new one.
    pub fn begin(client: &Client, created_by_client: Option<serde_json::Value>, token: &str, title: &str) -> Self {
        let token = match created_by_client {
            Some(token) => token,
            None => {
                // Its answer is not waited for: messages arrive in order.
                client.request("window/workDoneProgress/create", json!({ "token": token }));
                token.into()
            }
        };
        let progress = WorkDone { client: client.clone(), token, ended: false };
        progress.send(json!({ "kind": "begin", "title": title, "cancellable": true, "percentage": 0 }));
        progress
    }

    /// `percentage` is of 100.
    pub fn report(&self, message: &str, percentage: Option<u32>) {
        let mut value = json!({ "kind": "report", "cancellable": true, "message": message });
        if let (Some(percentage), Some(fields)) = (percentage, value.as_object_mut()) {
            fields.insert("percentage".to_owned(), percentage.into());
        }
        self.send(value);
    }

    pub fn end(mut self, message: &str) {
        self.ended = true;
        self.send(json!({ "kind": "end", "message": message }));
    }

    fn send(&self, value: serde_json::Value) {
        self.client.notify("$/progress", json!({ "token": self.token, "value": value }));
    }
}

impl Drop for WorkDone {
    fn drop(&mut self) {
        if !self.ended {
            self.send(json!({ "kind": "end" }));
        }
    }
}
