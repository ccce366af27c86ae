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
              "<"
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
fn invalid_options_are_reported_and_ignored() {
    let mut server = Server::with(json!({ "trusted": "of course" }), json!(["utf-8"]));
    expect![[r#""nival: invalid initializationOptions are ignored: invalid type: string \"of course\", expected a boolean""#]]
        .assert_eq(&server.notification("window/showMessage")["message"].to_string());
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
