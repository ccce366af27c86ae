//! A client that asks for diagnostics, and is asked for its settings.

use serde_json::{Value, json};

use crate::harness::Server;

/// A server for a client that can do all of it.
fn server(options: Value) -> Server {
    let mut server = Server::start();
    let capabilities = json!({
        "workspace": {
            "configuration": true,
            "didChangeConfiguration": { "dynamicRegistration": true },
            "diagnostics": { "refreshSupport": true },
        },
        "textDocument": { "diagnostic": {} },
    });
    let root = server.uri("");
    let params = json!({ "processId": null, "rootUri": root, "capabilities": capabilities, "initializationOptions": options });
    let initialized = server.request("initialize", params).expect("initialize");
    assert_eq!(initialized["capabilities"]["diagnosticProvider"]["interFileDependencies"], true);
    server.notify("initialized", json!({}));
    server
}

/// Answers the server's next question for settings: of nixd, of nil, and its own.
fn configure(server: &mut Server, sections: Value) {
    let asked = server.wait_for("a question", |message| message["method"] == "workspace/configuration");
    let names: Vec<_> = asked["params"]["items"].as_array().unwrap().iter().map(|item| item["section"].clone()).collect();
    assert_eq!(names, ["nixd", "nil", "nival"]);
    server.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": sections }));
}

fn pull(server: &mut Server, uri: &str, previous: &Value) -> Value {
    let params = json!({ "textDocument": { "uri": uri }, "identifier": "nival", "previousResultId": previous });
    server.request("textDocument/diagnostic", params).expect("a report")
}

#[track_caller]
fn codes(report: &Value) -> Vec<&str> {
    assert_eq!(report["kind"], "full", "{report:#}");
    report["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect()
}

#[test]
fn diagnostics_are_reports_and_nothing_is_sent() {
    let mut server = server(json!({ "evaluation": { "diagnostics": false } }));
    let uri = server.open("a.nix", "{ a = b; }");
    let report = pull(&mut server, &uri, &Value::Null);
    assert_eq!(codes(&report), ["sema-undefined-variable"]);
    let same = pull(&mut server, &uri, &report["resultId"]);
    assert_eq!(same, json!({ "kind": "unchanged", "resultId": report["resultId"] }));
    // A space behind the error changes nothing of it, one before it does.
    server.change(&uri, 2, [0, 10, 0, 10], " ");
    assert_eq!(pull(&mut server, &uri, &report["resultId"])["kind"], "unchanged");
    server.change(&uri, 3, [0, 0, 0, 0], " ");
    let report = pull(&mut server, &uri, &report["resultId"]);
    assert_eq!(report["items"][0]["range"]["start"]["character"], 7);
    server.change(&uri, 4, [0, 7, 0, 8], "1");
    assert_eq!(codes(&pull(&mut server, &uri, &report["resultId"])), [""; 0]);
    let nowhere = server.uri("nowhere.nix");
    assert_eq!(codes(&pull(&mut server, &nowhere, &Value::Null)), [""; 0]);
    server.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(codes(&pull(&mut server, &uri, &Value::Null)), [""; 0]);
    assert!(server.inbox.iter().all(|message| message["method"] != "textDocument/publishDiagnostics"), "{:#?}", server.inbox);
}

#[test]
fn what_evaluation_finds_is_asked_for_later() {
    let mut server = server(json!({}));
    let uri = server.open("default.nix", "{ a = 1 + \"x\"; }");
    server.wait_for("a reason to ask again", |message| message["method"] == "workspace/diagnostic/refresh");
    let report = pull(&mut server, &uri, &Value::Null);
    assert_eq!(codes(&report), ["evaluation"]);
    // It speaks of the text before the edit.
    server.change(&uri, 2, [0, 10, 0, 13], "2");
    assert_eq!(codes(&pull(&mut server, &uri, &report["resultId"])), [""; 0]);
}

#[test]
fn settings_are_asked_for_at_the_start_and_when_they_change() {
    let mut server = server(json!({ "evaluation": { "diagnostics": false } }));
    let other = server.open("b.nix", "let a = 1; in b");
    configure(&mut server, json!([null, null, null]));
    assert_eq!(codes(&pull(&mut server, &other, &Value::Null)), ["sema-unused-def-let", "sema-undefined-variable"]);
    server.notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    configure(&mut server, json!([{ "diagnostic": { "suppress": ["sema-undefined-variable"] } }, null, []]));
    server.wait_for("a reason to ask again", |message| message["method"] == "workspace/diagnostic/refresh");
    assert_eq!(codes(&pull(&mut server, &other, &Value::Null)), ["sema-unused-def-let"]);
    // A client that refuses changes nothing.
    server.notify("workspace/didChangeConfiguration", json!({ "settings": {} }));
    let asked = server.wait_for("a question", |message| message["method"] == "workspace/configuration");
    server.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "error": { "code": -32603, "message": "no" } }));
    assert_eq!(codes(&pull(&mut server, &other, &Value::Null)), ["sema-unused-def-let"]);
    // What is sent counts, too.
    server.notify("workspace/didChangeConfiguration", json!({ "settings": { "nil.diagnostics.ignored": ["unused_binding"] } }));
    assert_eq!(codes(&pull(&mut server, &other, &Value::Null)), ["sema-undefined-variable"]);
}

#[test]
fn a_trace_tells_of_answers() {
    let mut server = server(json!({}));
    let uri = server.open("a.nix", "1");
    let symbols = json!({ "textDocument": { "uri": uri } });
    server.request("textDocument/documentSymbol", symbols.clone()).unwrap();
    assert!(server.inbox.iter().all(|message| message["method"] != "$/logTrace"));
    server.notify("$/setTrace", json!({ "value": "verbose" }));
    server.request("textDocument/documentSymbol", symbols).unwrap();
    let trace = server.notification("$/logTrace");
    assert!(trace["message"].as_str().unwrap().starts_with("textDocument/documentSymbol took "), "{trace}");
    assert_eq!(trace["verbose"], "2 bytes");
}

#[test]
fn what_is_unknown_is_ignored_or_refused() {
    let mut server = server(json!({}));
    for notification in ["$/unknown", "textDocument/willSave", "workspace/unknown", "notebookDocument/didOpen"] {
        server.notify(notification, json!({ "textDocument": { "uri": "file:///a" }, "reason": 1 }));
    }
    for request in ["$/unknown", "textDocument/unknown"] {
        assert_eq!(server.request(request, json!({})).unwrap_err()["code"], -32601);
    }
    // Answers to nothing that was asked.
    server.send(&json!({ "jsonrpc": "2.0", "id": 1000, "result": null }));
    server.send(&json!({ "jsonrpc": "2.0", "id": "x", "error": { "code": 1, "message": "" } }));
    assert_eq!(
        server.request("textDocument/hover", json!({ "textDocument": { "uri": "file:///a" }, "position": { "line": 0, "character": 0 } })),
        Ok(Value::Null)
    );
}

#[test]
fn the_progress_of_a_request_ends_before_it_is_answered() {
    let mut server = server(json!({}));
    let uri = server.open("a.nix", "let a = 1; in a");
    for token in [json!("token"), json!(7)] {
        let params = json!({
            "textDocument": { "uri": uri },
            "position": { "line": 0, "character": 4 },
            "context": { "includeDeclaration": true },
            "workDoneToken": token,
        });
        let id = server.send_request("textDocument/references", params);
        let mut kinds = Vec::new();
        loop {
            let message = server.wait_for("an answer", |message| {
                message["method"] == "$/progress" || message["id"] == id && message.get("result").is_some()
            });
            if message.get("result").is_some() {
                break;
            }
            assert_eq!(message["params"]["token"], token);
            kinds.push(message["params"]["value"]["kind"].clone());
        }
        assert_eq!(kinds, ["begin", "end"]);
    }
    // A token that nobody knows.
    server.notify("window/workDoneProgress/cancel", json!({ "token": "token" }));
    server.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } })).unwrap();
}
