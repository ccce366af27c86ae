//! A client that speaks the protocol over in-memory streams.

use std::collections::VecDeque;
use std::io::{PipeWriter, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nival_engine::EngineConfig;
use serde_json::{Value, json};

/// Long enough for a busy machine; a test that runs into it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server and its only client.
pub struct Server {
    input: Option<PipeWriter>,
    output: Receiver<Vec<u8>>,
    buffer: Vec<u8>,
    /// Messages that came while another was waited for.
    pub inbox: VecDeque<Value>,
    thread: Option<JoinHandle<i32>>,
    next_id: i64,
    folder: tempfile::TempDir,
}

impl Server {
    /// Started, but not initialized.
    pub fn start() -> Self {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let (sender, output) = channel();
        let folder = tempfile::tempdir().expect("a folder");
        let config = EngineConfig::editor("x86_64-linux".to_owned());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
            runtime.block_on(nival_lsp::serve(reader, Sink(sender), config.into()))
        });
        Server { input: Some(writer), output, buffer: Vec::new(), inbox: VecDeque::new(), thread: Some(thread), next_id: 0, folder }
    }

    /// Started and initialized by a client that can do what modern ones can.
    pub fn new() -> Self {
        Self::with(json!({}), json!(["utf-16"]))
    }

    pub fn with(options: Value, encodings: Value) -> Self {
        let mut server = Self::start();
        let root = server.uri("");
        server
            .request(
                "initialize",
                json!({
                    "processId": std::process::id(),
                    "rootUri": root,
                    "capabilities": {
                        "general": { "positionEncodings": encodings },
                        "window": { "workDoneProgress": true, "showDocument": { "support": true } },
                        "textDocument": {
                            "codeAction": {
                                "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } },
                                "dataSupport": true,
                                "disabledSupport": true,
                                "resolveSupport": { "properties": ["edit"] },
                            },
                            "documentSymbol": { "hierarchicalDocumentSymbolSupport": true },
                            "definition": { "linkSupport": true },
                        },
                        "workspace": {
                            "workspaceEdit": { "documentChanges": true, "resourceOperations": ["create", "rename", "delete"] },
                        },
                    },
                    "initializationOptions": options,
                }),
            )
            .expect("initialize");
        server.notify("initialized", json!({}));
        server
    }

    pub fn uri(&self, name: &str) -> String {
        format!("file://{}", self.folder.path().join(name).display())
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.input.as_mut().expect("open").write_all(bytes).expect("the server reads");
    }

    pub fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request without waiting; its id.
    pub fn send_request(&mut self, method: &str, params: Value) -> i64 {
        self.next_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params }));
        self.next_id
    }

    /// The result or the error of a request.
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.send_request(method, params);
        self.answer(id)
    }

    pub fn answer(&mut self, id: i64) -> Result<Value, Value> {
        let answer = self.wait_for(&format!("the answer of request {id}"), |message| {
            message.get("id") == Some(&json!(id)) && message.get("method").is_none()
        });
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["result"].clone()),
        }
    }

    /// The next notification of a method, its parameters.
    pub fn notification(&mut self, method: &str) -> Value {
        self.wait_for(method, |message| message["method"] == method)["params"].clone()
    }

    /// The first message that fits, out of the inbox or yet to come.
    pub fn wait_for(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.inbox.iter().position(&fits) {
            return self.inbox.remove(index).expect("just found");
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = self.receive(deadline).unwrap_or_else(|| panic!("waited for {what}; there came: {:#?}", self.inbox));
            if fits(&message) {
                return message;
            }
            self.inbox.push_back(message);
        }
    }

    fn receive(&mut self, deadline: Instant) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let header = std::str::from_utf8(&self.buffer[..end]).expect("headers are text");
                let length: usize = header.strip_prefix("Content-Length: ").expect("a length").parse().expect("a number");
                if self.buffer.len() >= end + 4 + length {
                    let message = serde_json::from_slice(&self.buffer[end + 4..end + 4 + length]).expect("JSON");
                    self.buffer.drain(..end + 4 + length);
                    return Some(message);
                }
            }
            let bytes = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?;
            self.buffer.extend(bytes);
        }
    }

    pub fn open(&mut self, name: &str, text: &str) -> String {
        let uri = self.uri(name);
        let item = json!({ "uri": uri, "languageId": "nix", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": item }));
        uri
    }

    /// Writes a file to the disk; its URI.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
        self.uri(name)
    }

    /// Replaces a range, given as start line, start character, end line, end character.
    pub fn change(&mut self, uri: &str, version: i32, range: [u32; 4], text: &str) {
        let range = json!({ "start": { "line": range[0], "character": range[1] }, "end": { "line": range[2], "character": range[3] } });
        let params = json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "range": range, "text": text }] });
        self.notify("textDocument/didChange", params);
    }

    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Closes the input, as a client does that dies; the exit code.
    pub fn disconnect(mut self) -> i32 {
        self.close_input();
        self.exit_code()
    }

    /// Waits for the server to end by itself.
    pub fn exit_code(&mut self) -> i32 {
        let thread = self.thread.take().expect("running");
        let deadline = Instant::now() + PATIENCE;
        while !thread.is_finished() {
            assert!(Instant::now() < deadline, "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        thread.join().expect("no panic")
    }
}

/// A place in a text, for requests.
pub fn at(uri: &str, line: u32, character: u32) -> Value {
    json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } })
}

struct Sink(Sender<Vec<u8>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.send(bytes.to_vec()).map(|()| bytes.len()).map_err(|_| std::io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
