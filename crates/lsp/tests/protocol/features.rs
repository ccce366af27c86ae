//! Each feature once through the protocol; their many cases are tests of `ide`.

use expect_test::expect;
use serde_json::{Value, json};

use crate::harness::{Server, at};

const PACKAGES: &str = "\
let
  # Makes a package.
  make = name: derivation { inherit name; system = \"x86_64-linux\"; builder = \"/bin/sh\"; };
in
{
  hello = make \"hello\";
  number = 6 * 7;
  other = (import ./other.nix);
}
";

fn server() -> (Server, String) {
    let mut server = Server::with(json!({ "trusted": true }), json!(["utf-16"]));
    server.file("other.nix", "{ deep = { value = \"there\"; }; }\n");
    let uri = server.open("default.nix", PACKAGES);
    (server, uri)
}

fn short(value: &Value, server: &Server) -> String {
    serde_json::to_string_pretty(value).expect("JSON").replace(&server.uri(""), "file:///")
}

#[test]
fn hover_shows_the_value() {
    let (mut server, uri) = server();
    let hover = server.request("textDocument/hover", at(&uri, 6, 4)).unwrap();
    assert_eq!(hover["range"], json!({ "start": { "line": 6, "character": 2 }, "end": { "line": 6, "character": 8 } }));
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(text.contains("42"), "{text}");
    assert_eq!(server.request("textDocument/hover", at(&uri, 4, 1)), Ok(json!(null)));
}

#[test]
fn definition_across_files() {
    let (mut server, uri) = server();
    let links = server.request("textDocument/definition", at(&uri, 7, 20)).unwrap();
    expect![[r#"
        [
          "file:///other.nix"
        ]"#]]
    .assert_eq(&short(&links.as_array().unwrap().iter().map(|link| link["targetUri"].clone()).collect::<Vec<_>>().into(), &server));
    let links = server.request("textDocument/definition", at(&uri, 5, 11)).unwrap();
    assert_eq!(links[0]["targetSelectionRange"], json!({ "start": { "line": 2, "character": 2 }, "end": { "line": 2, "character": 6 } }));
    assert_eq!(links[0]["originSelectionRange"]["start"], json!({ "line": 5, "character": 10 }));
}

#[test]
fn completion_of_evaluated_attributes() {
    let (mut server, uri) = server();
    server.change(&uri, 2, [7, 30, 7, 30], ".deep.");
    let list = server.request("textDocument/completion", at(&uri, 7, 36)).unwrap();
    let item = list["items"].as_array().unwrap().iter().find(|item| item["label"] == "value").unwrap_or_else(|| panic!("{list:#}"));
    assert_eq!(item["textEdit"]["newText"], "value");
    assert_eq!(item["textEdit"]["range"]["start"], json!({ "line": 7, "character": 36 }));
}

#[test]
fn symbols_highlights_and_references() {
    let (mut server, uri) = server();
    let symbols = server.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } })).unwrap();
    let names: Vec<_> = symbols.as_array().unwrap().iter().map(|symbol| symbol["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["make", "hello", "number", "other"]);
    let highlights = server.request("textDocument/documentHighlight", at(&uri, 2, 3)).unwrap();
    let kinds: Vec<_> = highlights
        .as_array()
        .unwrap()
        .iter()
        .map(|highlight| (highlight["range"]["start"]["line"].as_u64(), highlight["kind"].as_u64()))
        .collect();
    assert_eq!(kinds, [(Some(2), Some(3)), (Some(5), Some(2))]);
    let mut params = at(&uri, 5, 11);
    params["context"] = json!({ "includeDeclaration": false });
    assert_eq!(server.request("textDocument/references", params).unwrap().as_array().unwrap().len(), 1);
}

#[test]
fn names_are_renamed() {
    let (mut server, uri) = server();
    let offered = server.request("textDocument/prepareRename", at(&uri, 5, 12)).unwrap();
    assert_eq!((&offered["placeholder"], &offered["range"]["start"]["character"]), (&json!("make"), &json!(10)));
    let mut params = at(&uri, 5, 12);
    params["newName"] = json!("package");
    let edit = server.request("textDocument/rename", params.clone()).unwrap();
    let edits = edit["documentChanges"][0]["edits"].as_array().unwrap();
    let places: Vec<_> = edits.iter().map(|edit| (edit["range"]["start"]["line"].clone(), edit["newText"].clone())).collect();
    assert_eq!(places, [(json!(2), json!("package")), (json!(5), json!("package"))]);
    params["newName"] = json!("derivation");
    let refused = server.request("textDocument/rename", params).unwrap_err();
    assert_eq!((&refused["code"], &refused["message"]), (&json!(-32803), &json!("the `derivation` in line 3 would mean the renamed one")));
    assert_eq!(server.request("textDocument/prepareRename", at(&uri, 2, 24)).unwrap_err()["message"], "`derivation` is built in");
}

#[test]
fn symbols_of_the_workspace() {
    let (mut server, uri) = server();
    let found = server.request("workspace/symbol", json!({ "query": "dval" })).unwrap();
    assert_eq!(found, json!([]));
    let found = server.request("workspace/symbol", json!({ "query": "deep.val" })).unwrap();
    let other = server.uri("other.nix");
    let range = json!({ "start": { "line": 0, "character": 11 }, "end": { "line": 0, "character": 16 } });
    assert_eq!(found, json!([{ "name": "value", "kind": 15, "containerName": "deep", "location": { "uri": other, "range": range } }]));
    // What is typed counts, also before it is saved.
    server.change(&uri, 2, [7, 2, 7, 7], "another");
    let found = server.request("workspace/symbol", json!({ "query": "another" })).unwrap();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["location"]["uri"]), (1, &json!(uri)));
}

#[test]
fn links_lead_to_files() {
    let (mut server, uri) = server();
    let links = server.request("textDocument/documentLink", json!({ "textDocument": { "uri": uri } })).unwrap();
    let links = links.as_array().unwrap().clone();
    assert_eq!(links.len(), 1, "{links:?}");
    let link = server.request("documentLink/resolve", links[0].clone()).unwrap();
    assert_eq!((&link["target"], &link["range"]["start"]["character"]), (&json!(server.uri("other.nix")), &json!(18)));
}

#[test]
fn paths_follow_files_that_move() {
    let (mut server, uri) = server();
    let (old, new) = (server.uri("other.nix"), server.uri("lib/new.nix"));
    let parents = server.request("experimental/parentModule", at(&old, 0, 0)).unwrap();
    assert_eq!((parents.as_array().unwrap().len(), &parents[0]["uri"]), (1, &json!(uri)));
    let edit = server.request("workspace/willRenameFiles", json!({ "files": [{ "oldUri": old, "newUri": new }] })).unwrap();
    let files = edit["documentChanges"].as_array().unwrap();
    assert_eq!(
        (files.len(), &files[0]["textDocument"]["uri"], &files[0]["edits"][0]["newText"]),
        (1, &json!(uri), &json!("./lib/new.nix"))
    );
    server.notify("workspace/didRenameFiles", json!({ "files": [{ "oldUri": old, "newUri": new }] }));
    assert_eq!(server.request("workspace/willRenameFiles", json!({ "files": [] })), Ok(json!(null)));
}

#[test]
fn references_are_found_in_other_files() {
    let (mut server, _) = server();
    let user = server.open("user.nix", "(import ./other.nix).deep.value");
    let mut params = at(&user, 0, 22);
    params["context"] = json!({ "includeDeclaration": true });
    let found = server.request("textDocument/references", params).unwrap();
    let uris: Vec<_> = found.as_array().unwrap().iter().map(|place| place["uri"].clone()).collect();
    assert_eq!(uris, [json!(user), json!(server.uri("other.nix"))]);
    let mut params = at(&user, 0, 22);
    params["newName"] = json!("deeper");
    let edit = server.request("textDocument/rename", params).unwrap();
    let files: Vec<_> = edit["documentChanges"].as_array().unwrap().iter().map(|file| file["textDocument"]["uri"].clone()).collect();
    assert_eq!(files, [json!(server.uri("other.nix")), json!(user)]);
}

#[test]
fn calls_and_callers() {
    let (mut server, uri) = server();
    let items = server.request("textDocument/prepareCallHierarchy", at(&uri, 5, 12)).unwrap();
    assert_eq!((&items[0]["name"], &items[0]["kind"]), (&json!("make"), &json!(12)));
    let calls = server.request("callHierarchy/incomingCalls", json!({ "item": items[0] })).unwrap();
    assert_eq!((&calls[0]["from"]["name"], &calls[0]["fromRanges"][0]["start"]["line"]), (&json!("hello"), &json!(5)));
    assert_eq!(server.request("callHierarchy/outgoingCalls", json!({ "item": items[0] })), Ok(json!([])));
}

#[test]
fn lenses_stand_on_derivations() {
    let (mut server, uri) = server();
    let lenses = server.request("textDocument/codeLens", json!({ "textDocument": { "uri": uri } })).unwrap();
    let lenses = lenses.as_array().unwrap().clone();
    let resolved: Vec<_> = lenses.into_iter().map(|lens| server.request("codeLens/resolve", lens).unwrap()).collect();
    let shown: Vec<_> = resolved
        .iter()
        .map(|lens| {
            json!([lens["range"]["start"]["line"], lens["command"]["title"], lens["command"]["command"], lens["command"]["arguments"][1]])
        })
        .collect();
    assert_eq!(shown, [json!([5, "Build hello", "nival.build", "hello"]), json!([5, "Inspect", "nival.inspect", "hello"])]);
}

#[test]
fn commands_check_their_arguments() {
    let (mut server, uri) = server();
    let mut error = |arguments: Value| {
        let error = server.request("workspace/executeCommand", arguments).unwrap_err();
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().lines().next().unwrap().to_owned())
    };
    let command = |command: &str, arguments: Value| json!({ "command": command, "arguments": arguments });
    assert_eq!(error(command("nival.build", json!([]))).0, -32602);
    assert_eq!(error(command("nival.build", json!(["https://example.org/x.nix", "a"]))).0, -32602);
    assert_eq!(error(command("nival.no-such", json!([uri, "a"]))).0, -32602);
    assert_eq!(error(command("nival.build", json!([uri, "number"]))), (-32803, "number is not a derivation".to_owned()));
    assert_eq!(
        error(command("nival.inspect", json!([uri, "nowhere"]))),
        (-32803, "attribute 'nowhere' in selection path 'nowhere' not found".to_owned())
    );
}

#[test]
fn without_trust_nothing_is_built() {
    let mut server = Server::new();
    let uri = server.open("default.nix", PACKAGES);
    let build = json!({ "command": "nival.build", "arguments": [{ "uri": uri, "attrPath": "hello" }] });
    let error = server.request("workspace/executeCommand", build.clone()).unwrap_err();
    assert_eq!((error["code"].clone(), error["data"]["kind"].clone()), (json!(-32803), json!("trust")), "{error:#}");
    // A setting that does not speak of trust does not give it.
    server.notify("workspace/didChangeConfiguration", json!({ "settings": { "nival": { "system": "x86_64-linux" } } }));
    assert_eq!(server.request("workspace/executeCommand", build).unwrap_err()["data"]["kind"], "trust");
    // A progress that has begun has ended.
    let kinds: Vec<_> = server
        .inbox
        .iter()
        .filter(|message| message["method"] == "$/progress")
        .map(|message| message["params"]["value"]["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "begin").count(), kinds.iter().filter(|kind| *kind == "end").count(), "{kinds:?}");
}

#[test]
fn a_change_on_disk_is_noticed() {
    let (mut server, uri) = server();
    server.change(&uri, 2, [7, 30, 7, 30], ".deep.value");
    assert!(server.request("textDocument/hover", at(&uri, 7, 3)).unwrap().to_string().contains("there"));
    let other = server.file("other.nix", "{ deep.value = \"elsewhere\"; }\n");
    server.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": other, "type": 2 }] }));
    assert!(server.request("textDocument/hover", at(&uri, 7, 3)).unwrap().to_string().contains("elsewhere"));
    // An unsaved buffer counts more than the disk.
    server.open("other.nix", "{ deep.value = \"in the buffer\"; }\n");
    assert!(server.request("textDocument/hover", at(&uri, 7, 3)).unwrap().to_string().contains("in the buffer"));
    server.notify("textDocument/didClose", json!({ "textDocument": { "uri": other } }));
    assert!(server.request("textDocument/hover", at(&uri, 7, 3)).unwrap().to_string().contains("elsewhere"));
}

#[test]
fn an_evaluation_error_is_a_diagnostic() {
    let mut server = Server::new();
    let uri = server.open("default.nix", "{ a = 1 + \"x\"; }");
    let shown = server.wait_for("an evaluation error", |message| {
        message["method"] == "textDocument/publishDiagnostics" && message["params"]["diagnostics"] != json!([])
    });
    let diagnostic = &shown["params"]["diagnostics"][0];
    assert_eq!((diagnostic["severity"].clone(), diagnostic["range"]["start"]["line"].clone()), (json!(1), json!(0)), "{diagnostic:#}");
    server.change(&uri, 2, [0, 10, 0, 13], "2");
    let shown =
        server.wait_for("version 2", |message| message["method"] == "textDocument/publishDiagnostics" && message["params"]["version"] == 2);
    assert_eq!(shown["params"]["diagnostics"], json!([]));
}

#[test]
fn semantic_tokens_and_their_differences() {
    let (mut server, uri) = server();
    let document = json!({ "textDocument": { "uri": uri } });
    let full = server.request("textDocument/semanticTokens/full", document.clone()).unwrap();
    let mut data: Vec<u64> = serde_json::from_value(full["data"].clone()).unwrap();
    let mut id = full["resultId"].clone();
    for (version, (range, text)) in
        [([2, 2, 2, 2], "# x\n  "), ([0, 0, 0, 0], "\n"), ([0, 0, 1, 0], ""), ([2, 0, 3, 0], "")].into_iter().enumerate()
    {
        server.change(&uri, version as i32 + 2, range, text);
        let params = json!({ "textDocument": { "uri": uri }, "previousResultId": id });
        let delta = server.request("textDocument/semanticTokens/full/delta", params).unwrap();
        for edit in delta["edits"].as_array().unwrap() {
            let (start, count) = (edit["start"].as_u64().unwrap() as usize, edit["deleteCount"].as_u64().unwrap() as usize);
            data.splice(start..start + count, serde_json::from_value::<Vec<u64>>(edit["data"].clone()).unwrap());
        }
        id = delta["resultId"].clone();
        let full = server.request("textDocument/semanticTokens/full", document.clone()).unwrap();
        assert_eq!(json!(data), full["data"]);
    }
    let unknown = json!({ "textDocument": { "uri": uri }, "previousResultId": "none" });
    assert_eq!(server.request("textDocument/semanticTokens/full/delta", unknown).unwrap()["data"], json!(data));
    let range = json!({ "start": { "line": 4, "character": 0 }, "end": { "line": 6, "character": 0 } });
    let part = server.request("textDocument/semanticTokens/range", json!({ "textDocument": { "uri": uri }, "range": range })).unwrap();
    // `hello = make "hello";`
    assert_eq!(part["data"], json!([5, 2, 5, 9, 1, 0, 8, 4, 2, 0, 0, 5, 7, 10, 0]));
}

#[test]
fn hints_links_and_keywords() {
    let mut server = Server::with(json!({ "inlayHints": { "bindingEndMinLines": 2, "parameterNames": true } }), json!(["utf-16"]));
    let uri = server.open("default.nix", "let\n  make = name: {\n    \"é\" = name; };\nin make \"x\"\n");
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9, "character": 0 } });
    let hints = server.request("textDocument/inlayHint", json!({ "textDocument": { "uri": uri }, "range": range })).unwrap();
    let shown: Vec<_> = hints.as_array().unwrap().iter().map(|hint| json!([hint["position"]["line"], hint["label"]])).collect();
    let made = json!({ "start": { "line": 1, "character": 2 }, "end": { "line": 1, "character": 6 } });
    assert_eq!(shown, [json!([2, [{ "value": "make", "location": { "uri": uri, "range": made } }]]), json!([3, "name:"])], "{hints:#}");
    let linked = server.request("textDocument/linkedEditingRange", at(&uri, 1, 9)).unwrap();
    assert_eq!(linked["ranges"].as_array().unwrap().len(), 2, "{linked}");
    assert_eq!(server.request("textDocument/linkedEditingRange", at(&uri, 2, 4)), Ok(json!(null)));
    let keywords = server.request("textDocument/documentHighlight", at(&uri, 3, 1)).unwrap();
    let kinds: Vec<_> = keywords.as_array().unwrap().iter().map(|keyword| keyword["kind"].clone()).collect();
    assert_eq!(kinds, [1, 1]);
}

/// A server for a client that completes what it shows when somebody looks at it.
fn resolving() -> Server {
    let mut server = Server::start();
    server.file("other.nix", "{ alpha = 1; }\n");
    let root = server.uri("");
    let capabilities = json!({
        "workspace": {
            "symbol": { "resolveSupport": { "properties": ["location.range"] } },
            "didChangeWatchedFiles": { "dynamicRegistration": true, "relativePatternSupport": true },
        },
        "textDocument": {
            "inlayHint": { "resolveSupport": { "properties": ["tooltip", "label.location"] } },
            "rangeFormatting": { "rangesSupport": true },
        },
    });
    let options = json!({ "inlayHints": { "parameterNames": true } });
    let params = json!({ "processId": null, "rootUri": root, "capabilities": capabilities, "initializationOptions": options });
    let initialized = server.request("initialize", params).expect("initialize");
    assert_eq!(initialized["capabilities"]["documentRangeFormattingProvider"], json!({ "rangesSupport": true }));
    server.notify("initialized", json!({}));
    server
}

#[test]
fn hints_and_symbols_are_completed_later() {
    let mut server = resolving();
    let uri = server.open("main.nix", "let\n  /** Adds. */\n  add = first: second: first + second;\nin\nadd 1 (2)\n");
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9, "character": 0 } });
    let asked = json!({ "textDocument": { "uri": uri }, "range": range });
    let hints = server.request("textDocument/inlayHint", asked).expect("hints");
    let hint = hints[1].clone();
    assert_eq!((hint["label"].clone(), hint.get("tooltip")), (json!("second:"), None));
    let resolved = server.request("inlayHint/resolve", hint.clone()).expect("a hint");
    assert_eq!(resolved["tooltip"]["value"], "```\nadd: first second\n```\n\nAdds.");
    assert_eq!(resolved["label"][0]["location"]["range"]["start"], json!({ "line": 2, "character": 8 }));
    // Of a text before an edit nothing more is said.
    server.change(&uri, 2, [0, 0, 0, 0], "\n");
    assert_eq!(server.request("inlayHint/resolve", hint.clone()), Ok(hint));
    let found = server.request("workspace/symbol", json!({ "query": "alpha" })).expect("symbols");
    assert_eq!(found[0]["location"], json!({ "uri": server.uri("other.nix") }));
    let resolved = server.request("workspaceSymbol/resolve", found[0].clone()).expect("a symbol");
    assert_eq!(resolved["location"]["range"]["start"], json!({ "line": 0, "character": 2 }));
}

#[test]
fn lists_come_in_parts_and_ranges_together() {
    let mut server = resolving();
    let uri = server.open("main.nix", "{\n  a   = 1;\n  b = 2;\n  c   = 3;\n  d   =  4;\n}\n");
    let range = |line: u32| json!({ "start": { "line": line, "character": 2 }, "end": { "line": line, "character": 4 } });
    let params = json!({ "textDocument": { "uri": uri }, "ranges": [range(3), range(1), range(1)], "options": { "tabSize": 2, "insertSpaces": true } });
    let edits = server.request("textDocument/rangesFormatting", params).expect("edits");
    let lines: Vec<_> = edits.as_array().expect("a list").iter().map(|edit| edit["range"]["start"]["line"].clone()).collect();
    assert_eq!(lines, [json!(1), json!(3)]);
    let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 1, "character": 2 },
                         "context": { "includeDeclaration": true }, "partialResultToken": 7 });
    assert_eq!(server.request("textDocument/references", params), Ok(json!([])));
    let part = server.notification("$/progress");
    assert_eq!((part["token"].clone(), part["value"].as_array().map(Vec::len)), (json!(7), Some(1)));
}

#[test]
fn files_of_the_folders_are_watched() {
    let mut server = resolving();
    let watchers = |server: &mut Server| {
        let asked = server.wait_for("a registration", |message| message["method"] == "client/registerCapability");
        let registration = &asked["params"]["registrations"][0];
        let bases = registration["registerOptions"]["watchers"].as_array().expect("a list").iter();
        let mut bases: Vec<_> = bases.map(|watcher| watcher["globPattern"]["baseUri"].as_str().expect("an address").to_owned()).collect();
        bases.dedup();
        (registration["id"].as_str().expect("an id").to_owned(), bases.len())
    };
    assert_eq!(watchers(&mut server), ("nival-files".to_owned(), 1));
    let added = json!({ "event": { "added": [{ "uri": "file:///nowhere", "name": "nowhere" }], "removed": [] } });
    server.notify("workspace/didChangeWorkspaceFolders", added);
    let taken_back = server.wait_for("the former one to go", |message| message["method"] == "client/unregisterCapability");
    assert_eq!(taken_back["params"]["unregisterations"][0]["id"], "nival-files");
    assert_eq!(watchers(&mut server), ("nival-files".to_owned(), 2));
}

#[test]
fn lists_do_without_deleted_modules() {
    let mut server = Server::new();
    let uri = server.file("configuration.nix", "{\n  imports = [\n    ./a.nix\n    ./b.nix\n  ];\n}\n");
    let deleted = server.file("a.nix", "{ }");
    server.file("b.nix", "{ }");
    let edit = server.request("workspace/willDeleteFiles", json!({ "files": [{ "uri": deleted }] })).unwrap();
    let edits = &edit["documentChanges"][0];
    assert_eq!((edits["textDocument"]["uri"].as_str(), edits["edits"].as_array().map(Vec::len)), (Some(uri.as_str()), Some(1)), "{edit}");
    let elsewhere = server.uri("nowhere.nix");
    assert_eq!(server.request("workspace/willDeleteFiles", json!({ "files": [{ "uri": elsewhere }] })), Ok(json!(null)));
}
