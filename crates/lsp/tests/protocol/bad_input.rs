//! Documents that nobody should write: each gets its diagnostics, and the server answers on.

use serde_json::json;

use crate::harness::{Server, at};

/// Opens a text and asks everything about it; the errors among its diagnostics.
fn survives(text: &str) -> Vec<String> {
    let mut server = Server::new();
    let uri = server.open("bad.nix", text);
    let shown = server.notification("textDocument/publishDiagnostics");
    let document = json!({ "textDocument": { "uri": uri } });
    for method in ["textDocument/documentSymbol", "textDocument/codeLens", "textDocument/foldingRange"] {
        server.request(method, document.clone()).unwrap_or_else(|error| panic!("{method}: {error}"));
    }
    for (line, character) in [(0, 0), (0, 5), (0, u32::MAX), (3, 1), (u32::MAX, 0)] {
        for method in ["textDocument/hover", "textDocument/definition", "textDocument/completion", "textDocument/documentHighlight"] {
            server.request(method, at(&uri, line, character)).unwrap_or_else(|error| panic!("{method} at {line}:{character}: {error}"));
        }
    }
    server.change(&uri, 2, [0, 0, u32::MAX, 0], "1");
    let mended = server.wait_for("diagnostics of the mended text", |message| message["params"]["version"] == 2);
    assert_eq!(mended["params"]["diagnostics"], json!([]));
    let errors = shown["diagnostics"].as_array().expect("a list").iter().filter(|diagnostic| diagnostic["severity"] == 1);
    errors.map(|diagnostic| diagnostic["message"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn garbage() {
    assert!(!survives("}}}} \u{0} ]]]] in let ${ '' \" /*").is_empty());
    assert!(!survives("").is_empty());
    assert!(!survives("{ a = \"").is_empty());
    assert!(!survives(&"\u{1f980}'".repeat(1000)).is_empty());
}

#[test]
fn deep_nesting() {
    for (open, close) in [("[", "]"), ("(", ")"), ("{a=", ";}"), ("\"${", "}\""), ("x: ", ""), ("!", "")] {
        let text = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        survives(&text);
    }
}

#[test]
fn ten_megabytes_on_one_line() {
    // Not `survives`: a build without optimization takes seconds for each question about such a text.
    let mut server = Server::with(json!({ "evaluation": { "diagnostics": false } }), json!(["utf-16"]));
    let uri = server.open("long.nix", &format!("[ {}\"{}\" nowhere ]", "1 ".repeat(1 << 20), "é".repeat(4 << 20)));
    let shown = server.notification("textDocument/publishDiagnostics");
    assert_eq!(shown["diagnostics"][0]["range"]["start"], json!({ "line": 0, "character": 2 + (2 << 20) + 2 + (4 << 20) + 1 }), "{shown}");
    server.request("textDocument/hover", at(&uri, 0, 3 << 20)).expect("an answer");
}

#[test]
fn endless_evaluations_do_not_hold_the_server_up() {
    let mut server = Server::with(json!({ "trusted": true, "evaluation": { "seconds": 2, "memory": 512 } }), json!(["utf-8"]));
    let text = "let f = n: f (n + 1); g = n: [ n ] ++ g (n + 1); in rec { a = f 0; b = builtins.length (g 0); c = let x = x; in x; d = 7; e = builtins.genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }; h = e.x; }";
    let uri = server.open("endless.nix", text);
    let column = |name: &str| text.find(name).expect("in the text") as u32;
    let hover = server.send_request("textDocument/hover", at(&uri, 0, column("a = f")));
    // The text alone answers at once, while evaluation goes on.
    let symbols = server.request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } })).expect("symbols");
    assert!(symbols.as_array().is_some_and(|symbols| !symbols.is_empty()));
    server.answer(hover).expect("an answer");
    server.request("textDocument/hover", at(&uri, 0, column("e = builtins"))).expect("an answer");
    server.request("textDocument/completion", at(&uri, 0, column("e.x") + 2)).expect("an answer");
    let finite = server.request("textDocument/hover", at(&uri, 0, column("d = 7"))).expect("a hover");
    assert!(finite["contents"]["value"].as_str().is_some_and(|value| value.contains('7')), "{finite}");
}

/// Data has no derivations, however long one looks for them; an edit ends the search.
#[test]
fn lenses_of_much_data() {
    let mut server = Server::with(json!({ "evaluation": { "diagnostics": false } }), json!(["utf-8"]));
    let data: String = (0..20_000).map(|n| format!("  p{n} = {{ a = 1; b.c = \"{n}\"; }};\n")).collect();
    let uri = server.open("data.nix", &format!("{{\n{data}}}\n"));
    let lenses = json!({ "textDocument": { "uri": uri } });
    assert_eq!(server.request("textDocument/codeLens", lenses.clone()), Ok(json!([])));
    let overtaken = server.send_request("textDocument/codeLens", lenses);
    server.change(&uri, 2, [1, 2, 1, 2], " ");
    // Of one text or of none.
    let _ = server.answer(overtaken);
}
