//! A client with one open document that remembers what it has asked.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::Outcome;
use super::document::Document;
use super::table::{self, Question, ROWS, Row};
use crate::fuzz::rng::Rng;
use crate::lsp::Client;

const CANCELLED: i64 = -32800;
const MODIFIED: i64 = -32801;
/// The same, where clients are to ask again by themselves.
const RETRIGGER: i64 = -32802;
/// A request that was valid and has no result: a name that cannot be renamed.
const FAILED: i64 = -32803;
/// An item of an answer to another text.
const INVALID: i64 = -32602;

/// The result of a request, or its error.
pub type Expected = Result<Value, Value>;

struct Asked {
    row: &'static Row,
    /// Of the document.
    version: i64,
    cancelled: bool,
    /// Whether what it asks about is of an earlier text.
    of_former_text: bool,
}

pub struct Session {
    client: Client,
    encoding: String,
    pub document: Document,
    pub capabilities: Value,
    asked: HashMap<i64, Asked>,
    answered: Vec<i64>,
    /// Items of the last answer to each method, and the version that they are of.
    items: HashMap<&'static str, (i64, Vec<Value>)>,
    pub outcome: Outcome,
}

impl Session {
    pub fn start(command: &mut Command, encoding: &str, root: &Path, document: Document) -> Self {
        let capabilities = json!({
            "general": { "positionEncodings": [encoding] },
            "workspace": {
                "diagnostics": { "refreshSupport": true },
                "symbol": { "resolveSupport": { "properties": ["location.range"] } },
                "workspaceEdit": { "documentChanges": true },
            },
            "textDocument": {
                "diagnostic": { "dataSupport": true, "relatedDocumentSupport": true },
                "inlayHint": { "resolveSupport": { "properties": ["tooltip", "label.location"] } },
                "rangeFormatting": { "rangesSupport": true },
                "definition": { "linkSupport": true },
                "documentSymbol": { "hierarchicalDocumentSymbolSupport": true },
                "codeAction": {
                    "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["", "quickfix", "refactor", "source"] } },
                    "dataSupport": true,
                    "resolveSupport": { "properties": ["edit"] },
                },
                "completion": { "completionItem": { "snippetSupport": true, "resolveSupport": { "properties": ["documentation", "detail"] } } },
                "rename": { "prepareSupport": true },
            },
        });
        let options = json!({
            // What evaluation finds comes when it likes, and is no answer.
            "evaluation": { "diagnostics": false },
            "inlayHints": { "bindingEndMinLines": 3, "parameterNames": true, "packageVersions": false },
        });
        let params = json!({
            "processId": null,
            "rootUri": format!("file://{}", root.display()),
            "capabilities": capabilities,
            "initializationOptions": options,
        });
        let (mut client, result) = Client::start_with(command, params);
        let item = json!({ "uri": document.uri, "languageId": "nix", "version": document.version, "text": document.text });
        client.notify("textDocument/didOpen", json!({ "textDocument": item }));
        Session {
            client,
            encoding: encoding.to_owned(),
            document,
            capabilities: result["capabilities"].clone(),
            asked: HashMap::new(),
            answered: Vec::new(),
            items: HashMap::new(),
            outcome: Outcome::default(),
        }
    }

    /// The requests that the server offers.
    pub fn rows(&self, only: &str) -> Vec<&'static Row> {
        let offered =
            |row: &&Row| self.capabilities.pointer(row.capability).is_some_and(|value| !value.is_null() && *value != json!(false));
        ROWS.iter().filter(offered).filter(|row| row.method.contains(only)).collect()
    }

    /// The item of an earlier answer that a row is about; none if there is none.
    fn item(&self, row: &Row, rng: &mut Rng) -> Option<(i64, Value)> {
        let Some(of) = row.of else { return Some((self.document.version, Value::Null)) };
        let (version, items) = self.items.get(of).filter(|(_, items)| !items.is_empty())?;
        Some((*version, items[rng.below(items.len())].clone()))
    }

    /// Sends a request and does not wait; not at all where there is nothing to ask about.
    pub fn ask(&mut self, row: &'static Row, place: usize, rng: &mut Rng) -> Option<i64> {
        let (version, item) = self.item(row, rng)?;
        // Edits may have made the text shorter.
        let place = self.document.text.floor_char_boundary(place.min(self.document.text.len()));
        let mut question = Question { document: &self.document, encoding: &self.encoding, place, rng, item };
        let params = (row.params)(&mut question);
        let id = self.client.request(row.method, params);
        let of_former_text = version != self.document.version;
        self.asked.insert(id, Asked { row, version: self.document.version, cancelled: false, of_former_text });
        self.outcome.requests += 1;
        Some(id)
    }

    pub fn edit(&mut self, rng: &mut Rng) {
        let params = self.document.edit(rng, &self.encoding);
        self.client.notify("textDocument/didChange", params);
    }

    pub fn replace(&mut self, text: &str) {
        let params = self.document.replace(text);
        self.client.notify("textDocument/didChange", params);
    }

    /// Tells something that changes no answer.
    pub fn disturb(&mut self, rng: &mut Rng) {
        let uri = &self.document.uri;
        let nowhere = format!("{}/nowhere.nix", self.document.folder());
        let (method, params) = match rng.below(9) {
            0 => ("textDocument/didSave", json!({ "textDocument": { "uri": uri } })),
            1 => ("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 2 }, { "uri": nowhere, "type": 3 }] })),
            2 => ("workspace/didCreateFiles", json!({ "files": [{ "uri": nowhere }] })),
            3 => ("workspace/didDeleteFiles", json!({ "files": [{ "uri": nowhere }] })),
            4 => ("workspace/didRenameFiles", json!({ "files": [{ "oldUri": nowhere, "newUri": nowhere }] })),
            5 => ("$/cancelRequest", json!({ "id": 1_000_000 })),
            6 => ("window/workDoneProgress/cancel", json!({ "token": "nobody's" })),
            7 => ("workspace/didChangeConfiguration", json!({ "settings": {} })),
            _ => ("$/unknown", json!([1])),
        };
        self.client.notify(method, params);
    }

    /// Takes back one of the requests that may be under way.
    pub fn cancel(&mut self, rng: &mut Rng) {
        let mut ids: Vec<i64> = self.asked.keys().copied().collect();
        ids.sort_unstable();
        if ids.is_empty() {
            return;
        }
        let id = ids[rng.below(ids.len())];
        if let Some(asked) = self.asked.get_mut(&id) {
            asked.cancelled = true;
        }
        self.client.notify("$/cancelRequest", json!({ "id": id }));
    }

    /// Waits for all answers.
    pub fn settle(&mut self) {
        let mut ids: Vec<i64> = self.asked.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let answer = self.client.answer(id);
            let _ = self.judge(id, answer);
        }
        self.client.inbox.retain(|message| message.get("method").is_none());
    }

    /// The comparable answer to a request.
    fn judge(&mut self, id: i64, answer: Expected) -> Expected {
        let Some(asked) = self.asked.remove(&id) else { return answer };
        self.answered.push(id);
        let method = asked.row.method;
        let edited = asked.version != self.document.version;
        match answer {
            Ok(answer) => {
                // What was asked before an edit is of one of both texts; which one does not show.
                let version = if edited { -1 } else { asked.version };
                self.items.insert(method, (version, table::items(method, &answer)));
                Ok(table::comparable(method, answer))
            }
            Err(error) => {
                let allowed = match error["code"].as_i64() {
                    Some(CANCELLED) => asked.cancelled,
                    Some(MODIFIED) => edited || asked.of_former_text,
                    Some(RETRIGGER) => edited && method == "textDocument/diagnostic" && error["data"]["retriggerRequest"] == true,
                    // Only where a user is told why: the message is what the request is for.
                    Some(FAILED) => error["message"].as_str().is_some_and(|message| !message.is_empty() && !message.contains("defect")),
                    Some(INVALID) => asked.of_former_text || method == "textDocument/rename",
                    _ => false,
                };
                match error["code"].as_i64() {
                    Some(CANCELLED) => self.outcome.cancelled += 1,
                    Some(MODIFIED | RETRIGGER) => self.outcome.modified += 1,
                    _ => {}
                }
                if !allowed {
                    self.outcome.problems.push(format!("{method} failed: {error}"));
                }
                Err(error)
            }
        }
    }

    /// Asks and waits.
    pub fn answer(&mut self, row: &'static Row, place: usize, rng: &mut Rng) -> Expected {
        // Items of the present text, so that both servers are asked about the same.
        if let Some(of) = row.of.and_then(table::row) {
            self.items.remove(of.method);
            let _ = self.answer(of, place, &mut rng.clone());
        }
        let Some(id) = self.ask(row, place, rng) else { return Ok(Value::Null) };
        let answer = self.client.answer(id);
        self.judge(id, answer)
    }

    /// Shuts the server down; what has gone wrong until then.
    pub fn end(mut self) -> Outcome {
        self.settle();
        let id = self.client.request("shutdown", Value::Null);
        if let Err(error) = self.client.answer(id) {
            self.outcome.problems.push(format!("shutdown failed: {error}"));
        }
        // Everything that was sent is here by now: an answer comes once, and nothing says that something broke.
        for message in std::mem::take(&mut self.client.inbox) {
            match message.get("method").and_then(Value::as_str) {
                None => self.outcome.problems.push(format!("an answer nobody waits for: {message}")),
                Some("window/logMessage") if message["params"]["type"] == 1 => {
                    self.outcome.problems.push(format!("the server complains: {}", message["params"]["message"]));
                }
                Some(_) => {}
            }
        }
        self.client.notify("exit", Value::Null);
        self.outcome
    }
}
