//! Latency of the language server on a file of 1 MB, over its real transport.

use std::io::{BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::table::Row;
use crate::{Settings, median, percentile};

const PATIENCE: Duration = Duration::from_secs(30);

struct Server {
    child: Child,
    input: ChildStdin,
    messages: Receiver<(Instant, Value)>,
    next_id: u64,
}

impl Server {
    fn start(settings: &Settings) -> Self {
        let mut command = Command::new(settings.programs.join("nival"));
        let mut child = command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("nival lsp starts");
        let input = child.stdin.take().expect("piped");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read_message(&mut output) {
                if sender.send((Instant::now(), message)).is_err() {
                    break;
                }
            }
        });
        Server { child, input, messages, next_id: 0 }
    }

    fn send(&mut self, message: &Value) -> Instant {
        let body = message.to_string();
        let start = Instant::now();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).and_then(|()| self.input.flush()).expect("the server reads");
        start
    }

    fn notify(&mut self, method: &str, params: Value) -> Instant {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    /// Milliseconds to the reply, and its result.
    fn request(&mut self, method: &str, params: Value) -> (f64, Value) {
        self.next_id += 1;
        let id = self.next_id;
        let start = self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        let (at, reply) = self.wait(|m| m["id"] == id && m.get("method").is_none());
        assert!(reply.get("error").is_none(), "{method}: {}", reply["error"]);
        (at.duration_since(start).as_secs_f64() * 1e3, reply["result"].clone())
    }

    /// The first message that `wanted` accepts; requests of the server are answered with null on the way.
    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> (Instant, Value) {
        loop {
            let (at, message) = self.messages.recv_timeout(PATIENCE).expect("an answer of the server in time");
            if message.get("method").is_some() && message.get("id").is_some() {
                self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
            } else if wanted(&message) {
                return (at, message);
            }
        }
    }

    fn resident_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_message(output: &mut impl std::io::BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => break,
            header => length = header.strip_prefix("Content-Length: ").and_then(|v| v.parse().ok()).unwrap_or(length),
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

pub fn run(settings: &Settings) -> Vec<Row> {
    let path = settings.nixpkgs.join("pkgs/top-level/all-packages.nix");
    let text = std::fs::read_to_string(&path).expect("all-packages.nix is text");
    let uri = format!("file://{}", path.display());
    let document = json!({ "uri": uri });
    let line = |needle: &str| text.lines().position(|l| l.trim_start().starts_with(needle)).unwrap_or(0);
    let (hello, edited) = (line("hello ="), text.lines().count() / 2);
    let mut server = Server::start(settings);
    let mut rows = Vec::new();
    let mut row = |work: &str, millis: &[f64]| {
        rows.push(Row {
            work: format!("language server, {} KB: {work}", text.len() / 1000),
            nival: format!("p50 {:.1} ms, p99 {:.1} ms", median(millis), percentile(millis, 0.99)),
            reference: String::new(),
            ratio: None,
            memory: None,
        });
    };
    server.request("initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} }));
    server.notify("initialized", json!({}));
    let published = |m: &Value| m["method"] == "textDocument/publishDiagnostics";
    let start =
        server.notify("textDocument/didOpen", json!({ "textDocument": { "uri": uri, "languageId": "nix", "version": 1, "text": text } }));
    let (at, message) = server.wait(published);
    let errors = message["params"]["diagnostics"].as_array().map_or(usize::MAX, |d| d.iter().filter(|d| d["severity"] == 1).count());
    assert_eq!(errors, 0, "a correct file has errors");
    row("open to diagnostics", &[at.duration_since(start).as_secs_f64() * 1e3]);

    let (mut to_diagnostics, mut to_completion, mut to_hover, mut to_definition) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let rounds = settings.runs as u64 * 10;
    for round in 0..rounds {
        // A comment line comes and goes in the middle of the file.
        let (range, inserted) = if round % 2 == 0 {
            (json!({ "start": { "line": edited, "character": 0 }, "end": { "line": edited, "character": 0 } }), "# x\n")
        } else {
            (json!({ "start": { "line": edited, "character": 0 }, "end": { "line": edited + 1, "character": 0 } }), "")
        };
        let change =
            json!({ "textDocument": { "uri": uri, "version": round + 2 }, "contentChanges": [{ "range": range, "text": inserted }] });
        let start = server.notify("textDocument/didChange", change);
        let at_hello = json!({ "textDocument": document, "position": { "line": hello, "character": 20 } });
        if round % 2 == 0 {
            let (_, items) = server.request("textDocument/completion", at_hello);
            assert!(!items.is_null(), "completion has an answer");
            to_completion.push(start.elapsed().as_secs_f64() * 1e3);
        } else {
            let (at, _) = server.wait(|m| published(m) && m["params"]["version"] == round + 2);
            to_diagnostics.push(at.duration_since(start).as_secs_f64() * 1e3);
            to_definition.push(server.request("textDocument/definition", at_hello.clone()).0);
            to_hover.push(server.request("textDocument/hover", at_hello).0);
        }
    }
    row("keystroke to completion", &to_completion);
    row("keystroke to diagnostics", &to_diagnostics);
    row("hover", &to_hover);
    row("definition", &to_definition);
    let symbols: Vec<f64> =
        (0..settings.runs).map(|_| server.request("textDocument/documentSymbol", json!({ "textDocument": document })).0).collect();
    row("document symbols", &symbols);
    rows.push(Row {
        work: "language server: resident memory after that".into(),
        nival: format!("{:.0} MiB", server.resident_mib()),
        reference: String::new(),
        ratio: None,
        memory: None,
    });
    rows
}
