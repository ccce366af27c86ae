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

/// The actions for a selection on the first line.
fn select(server: &mut Server, uri: &str, from: u32, to: u32, only: &str) -> Vec<Value> {
    let place = |character| json!({ "line": 0, "character": character });
    let context = json!({ "diagnostics": [], "only": [only] });
    let params = json!({ "textDocument": { "uri": uri }, "range": { "start": place(from), "end": place(to) }, "context": context });
    server.request("textDocument/codeAction", params).unwrap().as_array().unwrap().clone()
}

#[test]
fn a_file_is_created() {
    let mut server = Server::new();
    let uri = server.open("a.nix", "a: { b = [ a ]; }");
    let actions = select(&mut server, &uri, 9, 14, "refactor.extract");
    let action = actions.iter().find(|action| action["title"] == "Extract to `./b.nix`").unwrap_or_else(|| panic!("{actions:#?}"));
    let resolved = server.request("codeAction/resolve", action.clone()).unwrap();
    let changes = resolved["edit"]["documentChanges"].as_array().unwrap();
    assert_eq!(changes[0]["edits"][0]["newText"], "import ./b.nix { inherit a; }");
    let created = server.uri("b.nix");
    assert_eq!((&changes[1]["kind"], &changes[1]["uri"]), (&json!("create"), &json!(created)));
    assert_eq!(changes[2]["textDocument"], json!({ "uri": created, "version": null }));
    assert_eq!(changes[2]["edits"][0]["newText"], "{ a }:\n\n[ a ]\n");
    assert_eq!(changes.len(), 3);
}

#[test]
fn what_cannot_be_done_has_a_reason_for_who_asks() {
    let mut server = Server::new();
    let uri = server.open("a.nix", "[ __curPos.line ]");
    let actions = select(&mut server, &uri, 0, 17, "refactor.extract");
    assert!(!actions.is_empty() && actions.iter().all(|action| action["disabled"]["reason"].is_string()), "{actions:#?}");
    assert_eq!(select(&mut server, &uri, 0, 17, "refactor.inline"), Vec::<Value>::new());
}

/// Lines end as they do in the file.
#[test]
fn line_ends_are_those_of_the_file() {
    let mut server = Server::new();
    let uri = server.open("a.nix", "x: [ (x + 1) ]\r\n");
    let actions = select(&mut server, &uri, 0, 14, "refactor.extract");
    let action = actions.iter().find(|action| action["title"].as_str().is_some_and(|title| title.starts_with("Extract to `let`")));
    let resolved = server.request("codeAction/resolve", action.expect("it is offered").clone()).unwrap();
    let edits = resolved["edit"]["documentChanges"][0]["edits"].as_array().unwrap();
    assert!(edits.iter().any(|edit| edit["newText"].as_str().is_some_and(|text| text.contains("\r\n"))), "{edits:#?}");
    assert!(edits.iter().all(|edit| edit["newText"].as_str().is_some_and(|text| !text.replace("\r\n", "").contains('\n'))), "{edits:#?}");
}

#[test]
fn a_page_is_shown() {
    let mut server = Server::new();
    let uri = server.open("a.nix", "map (x: x) [ ]");
    let actions = select(&mut server, &uri, 1, 1, "refactor");
    let action = actions.iter().find(|action| action["command"]["command"] == "nival.openPage").unwrap_or_else(|| panic!("{actions:#?}"));
    let command = json!({ "command": "nival.openPage", "arguments": action["command"]["arguments"] });
    server.request("workspace/executeCommand", command).unwrap();
    let shown = server.wait_for("a page", |message| message["method"] == "window/showDocument");
    assert_eq!(
        shown["params"],
        json!({ "uri": "https://nix.dev/manual/nix/latest/language/builtins.html#builtins-map", "external": true })
    );
}
