//! Beginning, end, and messages that nobody should send.

use expect_test::expect;
use serde_json::json;

use crate::harness::{Server, at};

#[test]
fn initialize_says_what_the_server_can_do() {
    let mut server = Server::start();
    let capabilities = json!({ "general": { "positionEncodings": ["utf-32", "utf-8", "utf-16"] } });
    let result = server.request("initialize", json!({ "processId": null, "capabilities": capabilities })).unwrap();
    expect![[r#"
        {
          "positionEncoding": "utf-8",
          "textDocumentSync": {
            "openClose": true,
            "change": 2,
            "save": {
              "includeText": false
            }
          },
          "selectionRangeProvider": true,
          "hoverProvider": true,
          "completionProvider": {
            "resolveProvider": true,
            "triggerCharacters": [
              ".",
              "/",
              "<",
              "\""
            ]
          },
          "signatureHelpProvider": {
            "triggerCharacters": [
              " ",
              "{"
            ]
          },
          "definitionProvider": true,
          "typeDefinitionProvider": true,
          "implementationProvider": true,
          "referencesProvider": {
            "workDoneProgress": true
          },
          "documentHighlightProvider": true,
          "documentSymbolProvider": true,
          "workspaceSymbolProvider": {
            "workDoneProgress": true,
            "resolveProvider": true
          },
          "codeActionProvider": {
            "codeActionKinds": [
              "quickfix",
              "refactor",
              "refactor.extract",
              "refactor.inline",
              "refactor.rewrite",
              "source.fixAll.nival",
              "refactor.rewrite.sort",
              "source.fixAll"
            ],
            "resolveProvider": true
          },
          "codeLensProvider": {
            "resolveProvider": true
          },
          "documentFormattingProvider": true,
          "documentRangeFormattingProvider": true,
          "documentOnTypeFormattingProvider": {
            "firstTriggerCharacter": "\n",
            "moreTriggerCharacter": [
              ";",
              "}",
              "]",
              ")"
            ]
          },
          "renameProvider": {
            "prepareProvider": true,
            "workDoneProgress": true
          },
          "documentLinkProvider": {
            "resolveProvider": true
          },
          "foldingRangeProvider": true,
          "declarationProvider": true,
          "executeCommandProvider": {
            "commands": [
              "nival.build",
              "nival.inspect",
              "nival.cancelBuild",
              "nival.openPage"
            ],
            "workDoneProgress": true
          },
          "workspace": {
            "workspaceFolders": {
              "supported": true,
              "changeNotifications": true
            },
            "fileOperations": {
              "didCreate": {
                "filters": [
                  {
                    "scheme": "file",
                    "pattern": {
                      "glob": "**"
                    }
                  }
                ]
              },
              "didRename": {
                "filters": [
                  {
                    "scheme": "file",
                    "pattern": {
                      "glob": "**"
                    }
                  }
                ]
              },
              "willRename": {
                "filters": [
                  {
                    "scheme": "file",
                    "pattern": {
                      "glob": "**"
                    }
                  }
                ]
              },
              "didDelete": {
                "filters": [
                  {
                    "scheme": "file",
                    "pattern": {
                      "glob": "**"
                    }
                  }
                ]
              },
              "willDelete": {
                "filters": [
                  {
                    "scheme": "file",
                    "pattern": {
                      "glob": "**"
                    }
                  }
                ]
              }
            }
          },
          "callHierarchyProvider": true,
          "semanticTokensProvider": {
            "legend": {
              "tokenTypes": [
                "comment",
                "escapeSequence",
                "function",
                "keyword",
                "namespace",
                "number",
                "operator",
                "parameter",
                "path",
                "property",
                "string",
                "unresolvedReference",
                "variable"
              ],
              "tokenModifiers": [
                "definition",
                "readonly",
                "deprecated",
                "documentation",
                "defaultLibrary",
                "fromWith"
              ]
            },
            "range": true,
            "full": {
              "delta": true
            }
          },
          "linkedEditingRangeProvider": true,
          "inlayHintProvider": {
            "resolveProvider": true
          },
          "experimental": {
            "parentModule": true
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&result["capabilities"]).unwrap());
    assert_eq!(result["serverInfo"]["name"], "nival");
    assert_eq!(server.request("initialize", json!({ "capabilities": {} })).unwrap_err()["code"], -32600);
}

#[test]
fn requests_have_their_time() {
    let mut server = Server::start();
    assert_eq!(server.request("textDocument/hover", at("file:///x.nix", 0, 0)).unwrap_err()["code"], -32002);
    server.request("initialize", json!({ "capabilities": {} })).unwrap();
    server.notify("initialized", json!({}));
    assert_eq!(server.request("textDocument/hover", at("file:///not/open.nix", 0, 0)), Ok(json!(null)));
    assert_eq!(server.request("textDocument/hover", at("untitled:Untitled-1", 0, 0)), Ok(json!(null)));
    assert_eq!(server.request("no/such", json!({})).unwrap_err()["code"], -32601);
    assert_eq!(server.request("textDocument/hover", json!({ "textDocument": 7 })).unwrap_err()["code"], -32602);
    assert_eq!(server.request("shutdown", json!(null)), Ok(json!(null)));
    assert_eq!(server.request("textDocument/hover", at("file:///x.nix", 0, 0)).unwrap_err()["code"], -32600);
    server.notify("exit", json!(null));
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn a_client_that_dies_takes_the_server_with_it() {
    assert_eq!(Server::new().disconnect(), 1);
    let mut server = Server::new();
    server.notify("exit", json!(null));
    assert_eq!(server.exit_code(), 1);
}

#[test]
fn a_dead_process_is_noticed_though_its_pipe_is_open() {
    let mut child = std::process::Command::new("true").spawn().expect("true runs");
    let process = child.id();
    child.wait().expect("it ends");
    let mut server = Server::start();
    server.request("initialize", json!({ "processId": process, "capabilities": {} })).unwrap();
    assert_eq!(server.exit_code(), 1);
}

#[test]
fn nonsense_is_answered_and_survived() {
    let mut server = Server::new();
    for nonsense in [
        "{",
        "[]",
        "null",
        r#"{"jsonrpc":"2.0"}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"x"}"#,
        "\u{0}",
        r#"[{"jsonrpc":"2.0","id":9,"method":"x"}]"#,
    ] {
        server.send_bytes(format!("Content-Length: {}\r\nContent-Type: x\r\n\r\n{nonsense}", nonsense.len()).as_bytes());
        let answer = server.wait_for(nonsense, |message| message.get("error").is_some());
        assert_eq!((answer["id"].clone(), answer["error"]["code"].clone()), (json!(null), json!(-32700)), "{nonsense}");
    }
    server.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": "file:///never/opened.nix", "version": 1 }, "contentChanges": [] }),
    );
    server.notify("textDocument/didOpen", json!({ "textDocument": 1 }));
    server.notify("no/such/notification", json!([1]));
    server.notify("$/cancelRequest", json!({ "id": { "not": "an id" } }));
    assert!(server.notification("window/logMessage")["message"].as_str().unwrap().contains("not open"));
    assert_eq!(server.request("textDocument/hover", at("file:///x.nix", 0, 0)), Ok(json!(null)));
}

#[test]
fn invalid_options_are_told_of_and_the_others_count() {
    let mut server =
        Server::with(json!({ "trusted": "of course", "diagnostics": { "ignored": ["sema-undefined-variable"] } }), json!(["utf-8"]));
    expect![[r#""These settings of nival are ignored: nival.trusted: invalid type: string \"of course\", expected a boolean""#]]
        .assert_eq(&server.notification("window/showMessage")["message"].to_string());
    server.open("a.nix", "nowhere");
    assert_eq!(server.notification("textDocument/publishDiagnostics")["diagnostics"], json!([]));
}

/// A message whose rest never comes, however big it says that it is.
#[test]
fn input_that_ends_within_a_message_is_the_end() {
    for length in ["100", "4294967296", "18446744073709551615"] {
        let mut server = Server::new();
        server.send_bytes(format!("Content-Length: {length}\r\n\r\n{{\"jsonrpc\":").as_bytes());
        assert_eq!(server.disconnect(), 1, "{length}");
    }
    let mut server = Server::new();
    server.send_bytes(b"Content-Le");
    assert_eq!(server.disconnect(), 1);
}

/// What is too big is skipped, and told of.
#[test]
fn a_message_that_is_too_big_costs_only_itself() {
    let mut server = Server::new();
    let length = (128 << 20) + 1;
    server.send_bytes(format!("Content-Length: {length}\r\n\r\n").as_bytes());
    let part = vec![b' '; 1 << 20];
    for _ in 0..128 {
        server.send_bytes(&part);
    }
    server.send_bytes(b" ");
    let answer = server.wait_for("an error", |message| message.get("error").is_some());
    assert_eq!((answer["id"].clone(), answer["error"]["code"].clone()), (json!(null), json!(-32700)));
    assert_eq!(server.request("textDocument/hover", at("file:///x.nix", 0, 0)), Ok(json!(null)));
}

const ENDLESS: &str = "let f = n: f (n + 1); in { a = f 0; }";

#[test]
fn shutdown_ends_what_runs() {
    let mut server = Server::with(json!({ "trusted": true, "evaluation": { "seconds": 1000 } }), json!(["utf-8"]));
    let uri = server.open("endless.nix", ENDLESS);
    let busy: Vec<i64> = (0..6).map(|_| server.send_request("textDocument/hover", at(&uri, 0, 27))).collect();
    assert_eq!(server.request("shutdown", json!(null)), Ok(json!(null)));
    server.notify("exit", json!(null));
    let begin = std::time::Instant::now();
    assert_eq!(server.exit_code(), 0);
    assert!(begin.elapsed() < std::time::Duration::from_secs(10), "{:?}", begin.elapsed());
    // Those who still listen get their answers.
    for id in busy {
        assert!(server.answer(id).is_err());
    }
}

#[test]
fn a_client_that_dies_does_not_wait_for_what_runs() {
    let mut server = Server::with(json!({ "trusted": true, "evaluation": { "seconds": 1000 } }), json!(["utf-8"]));
    let uri = server.open("endless.nix", ENDLESS);
    for _ in 0..6 {
        server.send_request("textDocument/hover", at(&uri, 0, 27));
    }
    let begin = std::time::Instant::now();
    assert_eq!(server.disconnect(), 1);
    assert!(begin.elapsed() < std::time::Duration::from_secs(10), "{:?}", begin.elapsed());
}

/// Whatever is taken back, and whenever, is answered once.
#[test]
fn anything_can_be_cancelled() {
    let mut server = Server::start();
    let cancel = |server: &mut Server, id: i64| server.notify("$/cancelRequest", json!({ "id": id }));
    let first = server.send_request("initialize", json!({ "capabilities": {} }));
    cancel(&mut server, first);
    let initialized = server.answer(first);
    if let Err(error) = initialized {
        assert_eq!(error["code"], -32800);
        server.request("initialize", json!({ "capabilities": {} })).expect_err("already initialized");
    }
    server.notify("initialized", json!({}));
    let uri = server.open("a.nix", "let name = 1; in name");
    let document = json!({ "textDocument": { "uri": uri } });
    for method in ["no/such", "textDocument/hover", "workspace/symbol", "workspace/executeCommand", "textDocument/documentSymbol"] {
        let params = if method == "workspace/symbol" { json!({ "query": "a" }) } else { document.clone() };
        let id = server.send_request(method, params.clone());
        cancel(&mut server, id);
        cancel(&mut server, id);
        let _ = server.answer(id);
        // Over already, and of nobody.
        cancel(&mut server, id);
        cancel(&mut server, id + 1_000);
    }
    let last = server.send_request("shutdown", json!(null));
    cancel(&mut server, last);
    let _ = server.answer(last);
    assert!(server.inbox.iter().all(|message| message.get("method").is_some()), "{:#?}", server.inbox);
    server.notify("exit", json!(null));
    server.exit_code();
}

#[test]
fn the_same_id_twice_is_refused() {
    let mut server = Server::new();
    let uri = server.open("a.nix", "1");
    for _ in 0..2 {
        server.send(
            &json!({ "jsonrpc": "2.0", "id": "twin", "method": "textDocument/codeLens", "params": { "textDocument": { "uri": uri } } }),
        );
    }
    // Either the first was answered before the second came, or the second is refused: never fewer answers than requests.
    for _ in 0..2 {
        server.wait_for("an answer", |message| message.get("id") == Some(&json!("twin")));
    }
}

#[test]
fn a_session_in_one_burst_is_answered_though_input_has_ended() {
    let mut server = Server::start();
    let first = server.send_request("initialize", json!({ "capabilities": {} }));
    server.notify("initialized", json!({}));
    let last = server.send_request("shutdown", json!(null));
    server.notify("exit", json!(null));
    server.close_input();
    assert!(server.answer(first).unwrap().get("capabilities").is_some());
    assert!(server.answer(last).unwrap().is_null());
    assert_eq!(server.exit_code(), 0);
}
