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
    /// When the last answer came.
    last: Instant,
    /// The version that the last diagnostics are of.
    published: u64,
}

impl Server {
    fn start(settings: &Settings) -> Self {
        let mut command = Command::new(settings.programs.join("nival"));
        let mut child = command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("nival lsp starts");
        let input = child.stdin.take().expect("piped");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some((at, body)) = read_message(&mut output) {
                // What the client makes of it is not the server's time.
                let Ok(message) = serde_json::from_slice(&body) else { break };
                if sender.send((at, message)).is_err() {
                    break;
                }
            }
        });
        Server { child, input, messages, next_id: 0, last: Instant::now(), published: 0 }
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
        self.last = at;
        (at.duration_since(start).as_secs_f64() * 1e3, reply["result"].clone())
    }

    /// The first message that `wanted` accepts; requests of the server are answered with null on the way.
    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> (Instant, Value) {
        loop {
            let (at, message) = self.messages.recv_timeout(PATIENCE).expect("an answer of the server in time");
            if message.get("method").is_some() && message.get("id").is_some() {
                self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
                continue;
            }
            if message["method"] == "textDocument/publishDiagnostics" {
                self.published = message["params"]["version"].as_u64().unwrap_or(0);
            }
            if wanted(&message) {
                return (at, message);
            }
        }
    }

    /// Waits until the diagnostics of a version are here.
    fn settle(&mut self, version: u64) {
        while self.published < version {
            self.wait(|message| message["method"] == "textDocument/publishDiagnostics");
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

/// A message as it is written, and when its last byte came.
fn read_message(output: &mut impl std::io::BufRead) -> Option<(Instant, Vec<u8>)> {
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
    Some((Instant::now(), body))
}

type Asked = (&'static str, &'static str, fn(&Places) -> Value);

/// Requests that are asked right after a keystroke, in the order of the table: what they are called, the method, and parameters without
/// the document.
const AFTER_A_KEYSTROKE: &[Asked] = &[
    ("references", "textDocument/references", |at| json!({ "position": at.parameter, "context": { "includeDeclaration": true } })),
    ("highlights", "textDocument/documentHighlight", |at| json!({ "position": at.parameter })),
    ("document symbols", "textDocument/documentSymbol", |_| json!({})),
    ("folding ranges", "textDocument/foldingRange", |_| json!({})),
    ("code actions", "textDocument/codeAction", |at| json!({ "range": at.screen, "context": { "diagnostics": [] } })),
    ("inlay hints of a screen", "textDocument/inlayHint", |at| json!({ "range": at.screen })),
    ("linked editing", "textDocument/linkedEditingRange", |at| json!({ "position": at.parameter })),
    ("selection ranges", "textDocument/selectionRange", |at| json!({ "positions": [at.parameter] })),
    ("semantic tokens of a screen", "textDocument/semanticTokens/range", |at| json!({ "range": at.screen })),
    ("semantic tokens", "textDocument/semanticTokens/full", |_| json!({})),
];

/// The letters that are typed, for the memory after them.
const EDITS: usize = 1000;

/// A document that is typed in.
struct Typing<'a> {
    server: &'a mut Server,
    uri: &'a str,
    version: u64,
}

impl Typing<'_> {
    /// Puts a text in the place of columns of a line; when.
    fn edit(&mut self, line: usize, columns: std::ops::Range<usize>, text: &str) -> Instant {
        self.version += 1;
        let place = |column: usize| json!({ "line": line, "character": column });
        let change = json!({ "range": { "start": place(columns.start), "end": place(columns.end) }, "text": text });
        let document = json!({ "uri": self.uri, "version": self.version });
        self.server.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }))
    }

    /// Types a text at a place, asks, and takes the text away again; milliseconds from the keystroke to the answer, and the answer.
    fn asked(&mut self, line: usize, column: usize, text: &str, method: &str, mut params: Value) -> (f64, Value) {
        let start = self.edit(line, column..column, text);
        params["textDocument"] = json!({ "uri": self.uri });
        let (_, answer) = self.server.request(method, params);
        let millis = self.server.last.duration_since(start).as_secs_f64() * 1e3;
        self.edit(line, column..column + text.len(), "");
        self.settle();
        (millis, answer)
    }

    fn completed(&mut self, (line, column): (usize, usize), text: &str) -> (f64, usize) {
        let position = json!({ "line": line, "character": column + text.len() });
        let (millis, answer) = self.asked(line, column, text, "textDocument/completion", json!({ "position": position }));
        (millis, answer["items"].as_array().map_or(0, Vec::len))
    }

    fn settle(&mut self) {
        self.server.settle(self.version);
    }
}

/// So many places of those that a text has, from all of it.
fn some<T: Copy>(all: Vec<T>, count: usize) -> Vec<T> {
    assert!(all.len() > 3, "the file has places to type at");
    (0..count).map(|at| all[at * 7919 % all.len()]).collect()
}

/// Where things are asked.
struct Places {
    /// A use of a parameter that only the file sees.
    parameter: Value,
    screen: Value,
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
    // Editors ask for the edit of an action when it is picked.
    let literals = json!({ "codeActionKind": { "valueSet": [""] } });
    let actions = json!({ "codeActionLiteralSupport": literals, "dataSupport": true, "resolveSupport": { "properties": ["edit"] } });
    let symbols = json!({ "hierarchicalDocumentSymbolSupport": true });
    let capabilities = json!({ "textDocument": { "codeAction": actions, "documentSymbol": symbols } });
    server.request("initialize", json!({ "processId": null, "rootUri": null, "capabilities": capabilities }));
    server.notify("initialized", json!({}));
    let published = |m: &Value| m["method"] == "textDocument/publishDiagnostics";
    let start =
        server.notify("textDocument/didOpen", json!({ "textDocument": { "uri": uri, "languageId": "nix", "version": 1, "text": text } }));
    let (at, message) = server.wait(published);
    let errors = message["params"]["diagnostics"].as_array().map_or(usize::MAX, |d| d.iter().filter(|d| d["severity"] == 1).count());
    assert_eq!(errors, 0, "a correct file has errors");
    row("open to diagnostics", &[at.duration_since(start).as_secs_f64() * 1e3]);
    let after_opening = server.resident_mib();
    // Somebody looks first, and then points at something.
    std::thread::sleep(Duration::from_millis(500));
    let at_hello = json!({ "textDocument": document, "position": { "line": hello, "character": 20 } });
    let (millis, hover) = server.request("textDocument/hover", at_hello);
    assert!(hover["contents"]["value"].as_str().is_some_and(|text| text.contains("callPackage")), "hover says what it is: {hover}");
    row("first hover", &[millis]);

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
    let parameter = text.lines().enumerate().find_map(|(number, line)| Some((number, line.find(" pkgs.")? + 1))).unwrap_or((0, 0));
    let screen = json!({ "start": { "line": edited, "character": 0 }, "end": { "line": edited + 60, "character": 0 } });
    let places = Places { parameter: json!({ "line": parameter.0, "character": parameter.1 }), screen };
    let mut version = rounds + 1;
    let mut keystroke = |server: &mut Server| {
        version += 1;
        let (end, inserted) = if version.is_multiple_of(2) { ((edited, 0), "# x\n") } else { ((edited + 1, 0), "") };
        let range = json!({ "start": { "line": edited, "character": 0 }, "end": { "line": end.0, "character": end.1 } });
        let change =
            json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "range": range, "text": inserted }] });
        (server.notify("textDocument/didChange", change), version)
    };
    for (name, method, params) in AFTER_A_KEYSTROKE {
        let (mut after_keystroke, mut alone) = (Vec::new(), Vec::new());
        for _ in 0..settings.runs * 2 {
            let mut params = params(&places);
            params["textDocument"] = document.clone();
            let (start, version) = keystroke(&mut server);
            let (_, answer) = server.request(method, params.clone());
            after_keystroke.push(server.last.duration_since(start).as_secs_f64() * 1e3);
            assert!(!answer.is_null() || *method == "textDocument/linkedEditingRange", "{method} has an answer");
            server.settle(version);
            alone.push(server.request(method, params).0);
        }
        row(&format!("keystroke to {name}"), &after_keystroke);
        row(name, &alone);
    }
    let (mut deltas, mut alone) = (Vec::new(), Vec::new());
    let mut id = server.request("textDocument/semanticTokens/full", json!({ "textDocument": document })).1["resultId"].clone();
    for round in 0..settings.runs * 4 {
        let (start, version) = keystroke(&mut server);
        if round % 2 == 1 {
            server.settle(version);
        }
        let params = json!({ "textDocument": document, "previousResultId": id });
        let (millis, delta) = server.request("textDocument/semanticTokens/full/delta", params);
        assert!(delta["edits"].as_array().is_some_and(|edits| edits.len() == 1), "one difference");
        id = delta["resultId"].clone();
        if round % 2 == 1 {
            alone.push(millis);
        } else {
            deltas.push(server.last.duration_since(start).as_secs_f64() * 1e3);
            server.settle(version);
        }
    }
    row("keystroke to differences of semantic tokens", &deltas);
    row("differences of semantic tokens", &alone);
    let mut typing = Typing { server: &mut server, uri: &uri, version: 10_000 };
    let lines = || text.lines().enumerate();
    let count = settings.runs * 4;
    let names: Vec<(usize, usize)> = lines()
        .filter(|(_, line)| line.starts_with("  ") && line.contains(" = callPackage"))
        .filter_map(|(at, line)| Some((at, line.find(" =")?)))
        .collect();
    let selections = lines().filter_map(|(at, line)| Some((at, line.find(" pkgs.").filter(|_| !line.contains('#'))? + 6))).collect();
    let arguments =
        lines().filter(|(_, line)| line.contains(" = callPackage ../")).filter_map(|(at, line)| Some((at, line.find(" { ")? + 3)));
    let (mut millis, mut found) = (Vec::new(), 0);
    for place in some(selections, count) {
        let (time, items) = typing.completed(place, "a");
        millis.push(time);
        found += usize::from(items > 0);
    }
    assert!(found > count / 2, "the names of packages are known: {found}");
    row("keystroke to completion of `pkgs.`", &millis);
    let (mut millis, mut found) = (Vec::new(), 0);
    for place in some(arguments.collect(), count) {
        let (time, items) = typing.completed(place, " ");
        millis.push(time);
        found += usize::from(items > 0);
    }
    assert!(found > count / 2, "the arguments of packages are known: {found}");
    row("keystroke to completion of an argument", &millis);
    let mut millis = Vec::new();
    for (line, column) in some(names.clone(), count) {
        let position = json!({ "line": line, "character": column });
        let (time, hover) = typing.asked(line, column, "x", "textDocument/hover", json!({ "position": position }));
        assert!(!hover.is_null(), "hover has an answer");
        millis.push(time);
    }
    row("keystroke to hover", &millis);
    let (mut deltas, mut broken) = (Vec::new(), Vec::new());
    for (line, column) in some(names.clone(), count) {
        let document = json!({ "uri": uri });
        let mut tokens = typing.server.request("textDocument/semanticTokens/full", json!({ "textDocument": document })).1;
        let params = json!({ "previousResultId": tokens["resultId"] });
        let (time, delta) = typing.asked(line, column, "x", "textDocument/semanticTokens/full/delta", params);
        let edits = delta["edits"].as_array().map_or(0, Vec::len);
        assert_eq!(edits, 1, "one name is longer: {delta}");
        deltas.push(time);
        tokens = typing.server.request("textDocument/semanticTokens/full", json!({ "textDocument": document })).1;
        assert!(tokens["data"].as_array().is_some_and(|data| data.len() > 100_000), "all tokens");

        let start = typing.edit(line, column..column, "(");
        let version = typing.version;
        let (at, message) = typing.server.wait(|m| published(m) && m["params"]["version"] == version);
        broken.push(at.duration_since(start).as_secs_f64() * 1e3);
        assert!(
            message["params"]["diagnostics"].as_array().is_some_and(|found| found.iter().any(|d| d["severity"] == 1)),
            "an error is told"
        );
        typing.edit(line, column..column + 1, "");
        typing.settle();
    }
    row("letter of a name to differences of semantic tokens", &deltas);
    row("keystroke that breaks the syntax to diagnostics", &broken);
    let mut renamed = Vec::new();
    for (line, column) in some(names.clone(), settings.runs) {
        let params = json!({ "position": places.parameter, "newName": "renamed" });
        let (time, edit) = typing.asked(line, column, "x", "textDocument/rename", params);
        assert!(edit.to_string().matches("renamed").count() > 50, "all uses are renamed");
        renamed.push(time);
    }
    row("keystroke to rename of a parameter", &renamed);
    let after_requests = typing.server.resident_mib();
    for (round, (line, column)) in some(names, EDITS / 2).into_iter().enumerate() {
        match round % 10 {
            0 => drop(typing.completed((line, column), "x")),
            _ => {
                typing.edit(line, column..column, "x");
                typing.edit(line, column..column + 1, "");
            }
        }
        if round % 5 == 0 {
            typing.settle();
        }
    }
    typing.settle();
    let memory = [("opening", after_opening), ("the requests", after_requests), ("1,000 edits more", server.resident_mib())];
    for (when, mib) in memory {
        rows.push(Row {
            work: format!("language server: resident memory after {when}"),
            nival: format!("{mib:.0} MiB"),
            reference: String::new(),
            ratio: None,
            memory: None,
        });
    }
    rows
}
