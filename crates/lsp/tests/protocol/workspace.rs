//! Diagnostics of the whole workspace, and of documents beside others.

use serde_json::{Value, json};

use crate::harness::Server;

/// A server for a client that asks for everything.
fn server(options: Value) -> Server {
    let mut server = Server::start();
    server.file("good.nix", "{ a = 1; }");
    server.file("bad.nix", "{ a = b; }");
    server.file("warned.nix", "let a = 1; in 2");
    let root = server.uri("");
    let capabilities = json!({
        "workspace": { "diagnostics": { "refreshSupport": true } },
        "textDocument": { "diagnostic": { "relatedDocumentSupport": true }, "publishDiagnostics": { "codeDescriptionSupport": true, "dataSupport": true } },
        "window": { "workDoneProgress": true },
    });
    let params = json!({ "processId": null, "rootUri": root, "capabilities": capabilities, "initializationOptions": options });
    let initialized = server.request("initialize", params).expect("initialize");
    assert_eq!(initialized["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"], true);
    server.notify("initialized", json!({}));
    server
}

fn quiet(workspace: &str) -> Value {
    json!({ "evaluation": { "diagnostics": false }, "diagnostics": { "workspace": workspace } })
}

/// `name: kind codes`, in the order of the answer.
fn shown(items: &Value) -> Vec<String> {
    let line = |item: &Value| {
        let name = item["uri"].as_str().expect("an address").rsplit('/').next().expect("a name").to_owned();
        let codes = item["items"].as_array().map(|items| items.iter().map(|d| d["code"].as_str().unwrap_or_default()).collect::<Vec<_>>());
        format!("{name}: {} {}", item["kind"].as_str().expect("a kind"), codes.unwrap_or_default().join(" "))
    };
    items.as_array().expect("a list").iter().map(line).collect()
}

fn ids(items: &Value) -> Value {
    items.as_array().expect("a list").iter().map(|item| json!({ "uri": item["uri"], "value": item["resultId"] })).collect()
}

fn pull(server: &mut Server, known: Value) -> Value {
    let answer = server.request("workspace/diagnostic", json!({ "identifier": "nival", "previousResultIds": known })).expect("a report");
    answer["items"].clone()
}

#[test]
fn files_that_nobody_has_open_are_checked() {
    let mut server = server(quiet("error"));
    let first = pull(&mut server, json!([]));
    assert_eq!(shown(&first), ["bad.nix: full sema-undefined-variable"]);
    assert_eq!(first[0]["version"], Value::Null);
    let found = &first[0]["items"][0];
    assert_eq!(found["codeDescription"]["href"], "https://github.com/nival/nival/blob/main/docs/diagnostics.md#sema-undefined-variable");
    assert_eq!(found["data"], json!({ "rule": "sema-undefined-variable" }));
    let second = pull(&mut server, ids(&first));
    assert_eq!(shown(&second), ["bad.nix: unchanged "]);
    // What the client has open is as it has it, and everything of it is told.
    let uri = server.open("bad.nix", "let c = 1; in d");
    let third = pull(&mut server, ids(&first));
    assert_eq!(shown(&third), ["bad.nix: full sema-unused-def-let sema-undefined-variable"]);
    assert_eq!(third[0]["version"], 1);
    assert_eq!(third[0]["items"][0]["data"], json!({ "rule": "sema-unused-def-let", "fixes": ["Remove 'c'"] }));
    server.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(shown(&pull(&mut server, ids(&third))), ["bad.nix: full sema-undefined-variable"]);
    // Mended on the disk.
    server.file("bad.nix", "{ a = 2; }");
    let good = server.file("good.nix", "{ a = ; }");
    for uri in [&uri, &good] {
        server.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 2 }] }));
    }
    let last = pull(&mut server, ids(&first));
    assert_eq!(shown(&last), ["good.nix: full parse-expected", "bad.nix: full "]);
    assert_eq!(shown(&pull(&mut server, ids(&last))), ["bad.nix: unchanged ", "good.nix: unchanged "]);
    std::fs::remove_file(uri.strip_prefix("file://").expect("a file")).expect("it is there");
    server.notify("workspace/didDeleteFiles", json!({ "files": [{ "uri": uri }] }));
    assert_eq!(shown(&pull(&mut server, ids(&last))), ["bad.nix: unchanged ", "good.nix: unchanged "]);
}

#[test]
fn settings_say_how_much_is_told() {
    let mut server = server(quiet("warning"));
    let all = pull(&mut server, json!([]));
    assert_eq!(shown(&all), ["bad.nix: full sema-undefined-variable", "warned.nix: full sema-unused-def-let"]);
    server.notify("workspace/didChangeConfiguration", json!({ "settings": { "nival": quiet("off") } }));
    assert_eq!(shown(&pull(&mut server, ids(&all))), ["bad.nix: full ", "warned.nix: full "]);
}

#[test]
fn a_path_that_comes_to_lead_somewhere() {
    let mut server = server(quiet("warning"));
    let importing = server.file("importing.nix", "import ./made.nix");
    server.notify("workspace/didCreateFiles", json!({ "files": [{ "uri": importing }] }));
    let first = pull(&mut server, json!([]));
    assert!(shown(&first).contains(&"importing.nix: full import-not-found".to_owned()), "{first:#}");
    let made = server.file("made.nix", "1");
    server.notify("workspace/didCreateFiles", json!({ "files": [{ "uri": made }] }));
    let second = pull(&mut server, ids(&first));
    assert!(shown(&second).contains(&"importing.nix: full ".to_owned()), "{second:#}");
}

/// The next part of a result.
fn part(server: &mut Server, token: &str) -> Value {
    let part = server.wait_for("a part", |message| message["method"] == "$/progress" && message["params"]["token"] == token);
    part["params"]["value"]["items"].clone()
}

#[test]
fn who_takes_parts_waits_for_what_is_new() {
    let mut server = server(quiet("error"));
    let ask = |server: &mut Server, known: Value| {
        let params = json!({ "previousResultIds": known, "partialResultToken": "parts", "workDoneToken": "work" });
        server.send_request("workspace/diagnostic", params)
    };
    let id = ask(&mut server, json!([]));
    let first = part(&mut server, "parts");
    assert_eq!(shown(&first), ["bad.nix: full sema-undefined-variable"]);
    assert_eq!(server.answer(id), Ok(json!({ "items": [] })));
    // Nothing is new: the request stays open. Its progress does not.
    let known = ids(&first);
    let id = ask(&mut server, known.clone());
    for kind in ["begin", "end", "begin", "end"] {
        let progress = server.wait_for(kind, |message| {
            let params = &message["params"];
            message["method"] == "$/progress" && params["token"] == "work" && params["value"]["kind"] != "report"
        });
        assert_eq!(progress["params"]["value"]["kind"], kind);
    }
    server.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": server.uri("x.nix") } })).expect("an answer");
    assert!(!server.inbox.iter().any(|message| message["id"] == id), "{:#?}", server.inbox);
    let uri = server.open("good.nix", "{ a = nowhere; }");
    assert_eq!(shown(&part(&mut server, "parts")), ["good.nix: full sema-undefined-variable"]);
    assert_eq!(server.answer(id), Ok(json!({ "items": [] })));
    // It can be taken back at any time, in both ways, and ends with the server.
    server.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    let id = ask(&mut server, known.clone());
    server.notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(server.answer(id).expect_err("cancelled")["code"], -32800);
    let id = ask(&mut server, known);
    server.request("shutdown", Value::Null).expect("shut down");
    let error = server.answer(id).expect_err("nothing comes any more");
    assert_eq!((error["code"].clone(), error["data"]["retriggerRequest"].clone()), (json!(-32802), json!(false)));
}

#[test]
fn other_documents_come_along() {
    let mut server = server(json!({}));
    let pull = |server: &mut Server, uri: &str| {
        server.request("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } })).expect("a report")
    };
    let one = server.open("default.nix", "{ x = (import ./dep.nix).a; }");
    let other = server.open("dep.nix", "{ a = 1; }");
    assert_eq!(pull(&mut server, &one)["items"], json!([]));
    pull(&mut server, &other);
    server.change(&other, 2, [0, 2, 0, 3], "b");
    server.wait_for("a reason to ask again", |message| message["method"] == "workspace/diagnostic/refresh");
    let report = pull(&mut server, &other);
    let related = &report["relatedDocuments"][&one];
    assert_eq!(related["kind"], "full", "{report:#}");
    assert!(!related["items"].as_array().expect("a list").is_empty());
    assert!(related["resultId"].is_string());
    // It is told once.
    assert_eq!(pull(&mut server, &other).get("relatedDocuments"), None);
}

/// The names of the workspace that begin with `root_`.
fn roots(server: &mut Server) -> Vec<String> {
    let found = server.request("workspace/symbol", json!({ "query": "root_" })).unwrap();
    let mut names: Vec<String> = found.as_array().unwrap().iter().map(|symbol| symbol["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn folders_come_and_go() {
    let mut server = Server::start();
    for name in ["one", "two", "three"] {
        server.file(&format!("{name}/default.nix"), &format!("{{ root_{name} = 1; }}"));
    }
    let folder = |server: &Server, name: &str| json!({ "uri": server.uri(name), "name": name });
    let folders = json!([folder(&server, "one"), folder(&server, "two")]);
    server.request("initialize", json!({ "capabilities": {}, "rootUri": server.uri("one"), "workspaceFolders": folders })).unwrap();
    server.notify("initialized", json!({}));
    assert_eq!(roots(&mut server), ["root_one", "root_two"]);
    let event = json!({ "added": [folder(&server, "three"), folder(&server, "two")], "removed": [folder(&server, "one")] });
    server.notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    assert_eq!(roots(&mut server), ["root_three", "root_two"]);
    // What is open is looked at wherever it is.
    let uri = server.open("one/default.nix", "{ root_open = 1; }");
    assert_eq!(roots(&mut server), ["root_open", "root_three", "root_two"]);
    server.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    let all = json!({ "added": [], "removed": [folder(&server, "three"), folder(&server, "two"), folder(&server, "one")] });
    server.notify("workspace/didChangeWorkspaceFolders", json!({ "event": all }));
    assert_eq!(roots(&mut server), [""; 0]);
}
