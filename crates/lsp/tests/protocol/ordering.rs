//! Every request sees the text of its moment and gets one answer, whatever else goes on.

use serde_json::json;

use crate::harness::{Server, at};

fn symbol_names(server: &mut Server, id: i64) -> Vec<String> {
    let symbols = server.answer(id).expect("symbols");
    symbols.as_array().expect("a list").iter().map(|symbol| symbol["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn a_request_sees_the_edits_before_it() {
    let mut server = Server::new();
    let uri = server.open("a.nix", "{ a0 = 0; }");
    for version in 1..50 {
        let digits = (version - 1i32).to_string().len() as u32;
        server.change(&uri, version + 1, [0, 3, 0, 3 + digits], &version.to_string());
        let id = server.send_request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }));
        assert_eq!(symbol_names(&mut server, id), [format!("a{version}")]);
    }
}

#[test]
fn an_edit_storm_ends_in_the_diagnostics_of_the_last_text() {
    let mut server = Server::new();
    let uri = server.open("a.nix", "{ a = 1; }");
    let mut requests = Vec::new();
    for version in 2..2002 {
        // Break the file, mend it, break it…
        let (range, text) = if version % 2 == 0 { ([0, 6, 0, 7], "nowhere") } else { ([0, 6, 0, 13], "1") };
        server.change(&uri, version, range, text);
        if version % 10 == 0 {
            requests.push(server.send_request("textDocument/hover", at(&uri, 0, 2)));
            requests.push(server.send_request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } })));
        }
    }
    for id in requests {
        if let Err(error) = server.answer(id) {
            assert_eq!(error["code"], -32801, "{error}");
        }
    }
    let last = server.wait_for("diagnostics of the last version", |message| {
        message["method"] == "textDocument/publishDiagnostics" && message["params"]["version"] == 2001
    });
    assert_eq!(last["params"]["diagnostics"], json!([]));
    // Versions are published in order, each at most as often as it has kinds of diagnostics.
    let versions: Vec<_> = server
        .inbox
        .iter()
        .filter(|message| message["method"] == "textDocument/publishDiagnostics")
        .map(|message| message["params"]["version"].as_i64().unwrap())
        .collect();
    assert!(versions.is_sorted(), "{versions:?}");
}

#[test]
fn a_diagnostic_appears_and_vanishes() {
    let mut server = Server::with(json!({ "evaluation": { "diagnostics": false } }), json!(["utf-16"]));
    let uri = server.open("a.nix", "let x = \"🦀\"; in y");
    let shown = server.notification("textDocument/publishDiagnostics");
    assert_eq!(shown["version"], 1);
    let undefined = shown["diagnostics"].as_array().unwrap().iter().find(|diagnostic| diagnostic["severity"] == 1).expect("an error");
    assert_eq!(undefined["range"], json!({ "start": { "line": 0, "character": 17 }, "end": { "line": 0, "character": 18 } }));
    server.change(&uri, 2, [0, 17, 0, 18], "x");
    let shown = server.notification("textDocument/publishDiagnostics");
    assert_eq!((shown["version"].clone(), shown["diagnostics"].clone()), (json!(2), json!([])));
    server.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(server.notification("textDocument/publishDiagnostics")["diagnostics"], json!([]));
}

#[test]
fn cancelling_stops_the_work() {
    let mut server = Server::with(json!({ "trusted": true, "evaluation": { "diagnostics": false } }), json!(["utf-8"]));
    let uri = server.open(
        "loop.nix",
        "let l = builtins.genList (x: x) 100000; in { forever = builtins.foldl' (a: _: builtins.foldl' (b: _: b + 1) a l) 0 l; }",
    );
    let id = server.send_request("workspace/executeCommand", json!({ "command": "nival.inspect", "arguments": [uri, "forever"] }));
    // Let it begin to run.
    server.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } })).unwrap();
    server.notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(server.answer(id).unwrap_err()["code"], -32800);
}
