//! Code actions through the protocol.

use serde_json::{Value, json};

use crate::harness::Server;

fn ask(server: &mut Server, uri: &str, at: [u32; 2], only: Value) -> Vec<Value> {
    let place = json!({ "line": at[0], "character": at[1] });
    let mut context = json!({ "diagnostics": [] });
    if only != Value::Null {
        context["only"] = only;
    }
    let params = json!({ "textDocument": { "uri": uri }, "range": { "start": place, "end": place }, "context": context });
    server.request("textDocument/codeAction", params).unwrap().as_array().unwrap().clone()
}

fn titles(actions: &[Value]) -> Vec<&str> {
    actions.iter().map(|action| action["title"].as_str().unwrap()).collect()
}

const TEXT: &str = "let\n  u = \"🦀\"; a = 1;\nin\nx: u\n";

#[test]
fn a_fix_is_resolved_for_its_version() {
    let mut server = Server::new();
    let uri = server.open("a.nix", TEXT);
    let actions = ask(&mut server, &uri, [1, 12], json!(["quickfix"]));
    assert_eq!(titles(&actions), ["Remove 'a'"], "{actions:#?}");
    let action = actions[0].clone();
    assert_eq!((&action["kind"], &action["isPreferred"], &action["edit"]), (&json!("quickfix"), &json!(true), &Value::Null));
    assert_eq!(action["diagnostics"][0]["code"], "sema-unused-def-let");
    let resolved = server.request("codeAction/resolve", action.clone()).unwrap();
    let change = &resolved["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": uri, "version": 1 }));
    let range = json!({ "start": { "line": 1, "character": 11 }, "end": { "line": 1, "character": 18 } });
    assert_eq!(change["edits"], json!([{ "range": range, "newText": "" }]));
    server.change(&uri, 2, [0, 0, 0, 0], " ");
    let error = server.request("codeAction/resolve", action).unwrap_err();
    assert_eq!(error["code"], -32801, "{error:#}");
}

#[test]
fn kinds_are_filtered() {
    let mut server = Server::new();
    let uri = server.open("a.nix", TEXT);
    for (only, expected) in [
        (json!(["source"]), 1),
        (json!(["source.fixAll"]), 1),
        (json!(["source.fixAll.nival"]), 1),
        (json!(["source.fixAll.other"]), 0),
        (json!(["source.fix"]), 0),
    ] {
        let actions = ask(&mut server, &uri, [3, 0], only.clone());
        let found: Vec<_> = actions.iter().filter(|action| action["kind"] == "source.fixAll.nival").collect();
        assert_eq!((found.len(), actions.len()), (expected, expected), "{only}: {actions:#?}");
    }
    let all = ask(&mut server, &uri, [3, 0], json!(["source.fixAll"]));
    let resolved = server.request("codeAction/resolve", all[0].clone()).unwrap();
    assert_eq!(resolved["edit"]["documentChanges"][0]["edits"].as_array().map(Vec::len), Some(1), "{resolved:#}");
}

/// A client that can do nothing but plain edits gets plain edits, at once.
#[test]
fn a_simple_client() {
    let mut server = Server::start();
    let actions = json!({ "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [] } } });
    let capabilities = json!({ "textDocument": { "codeAction": actions } });
    let capable = server.request("initialize", json!({ "processId": null, "capabilities": capabilities })).unwrap();
    assert!(capable["capabilities"]["codeActionProvider"]["codeActionKinds"].as_array().unwrap().contains(&json!("refactor.extract")));
    server.notify("initialized", json!({}));
    let uri = server.open("a.nix", TEXT);
    let actions = ask(&mut server, &uri, [1, 12], json!(["quickfix"]));
    assert_eq!(titles(&actions), ["Remove 'a'"]);
    assert_eq!(actions[0]["edit"]["changes"][&uri].as_array().map(Vec::len), Some(1), "{actions:#?}");
}

#[test]
fn actions_of_nonsense_are_refused() {
    let mut server = Server::new();
    let uri = server.open("a.nix", TEXT);
    let data = |change: Value| {
        let mut data = json!({ "uri": uri, "version": 1, "start": 0, "end": 0, "explicit": false, "name": "fix", "index": 0 });
        data.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({ "title": "x", "data": data })
    };
    let bad = [
        json!({ "start": 9 }),
        json!({ "name": "no-such" }),
        json!({ "start": 5000, "end": 5000 }),
        json!({ "index": 77 }),
        json!({ "uri": "x:y" }),
    ];
    for change in bad {
        let error = server.request("codeAction/resolve", data(change.clone())).unwrap_err();
        assert!([-32602, -32803].contains(&error["code"].as_i64().unwrap()), "{change}: {error:#}");
    }
    let error =
        server.request("workspace/executeCommand", json!({ "command": "nival.openPage", "arguments": ["file:///etc"] })).unwrap_err();
    assert_eq!(error["code"], -32602);
}
