//! Formatting through the protocol; the style is tested where it is made.

use serde_json::{Value, json};

use crate::harness::Server;

/// The text after the edits of an answer.
fn apply(text: &str, edits: &Value) -> String {
    let offset = |position: &Value| {
        let (line, character) = (position["line"].as_u64().unwrap() as usize, position["character"].as_u64().unwrap() as usize);
        text.split_inclusive('\n').take(line).map(str::len).sum::<usize>() + character
    };
    let mut changed = text.to_owned();
    for edit in edits.as_array().unwrap().iter().rev() {
        let range = offset(&edit["range"]["start"])..offset(&edit["range"]["end"]);
        changed.replace_range(range, edit["newText"].as_str().unwrap());
    }
    changed
}

const OPTIONS: fn() -> Value = || json!({ "tabSize": 2, "insertSpaces": true });

#[test]
fn whole_documents_by_their_lines() {
    let mut server = Server::new();
    let text = "{\n  a = 1;\n  b=2;\n}\n";
    let uri = server.open("a.nix", text);
    let edits = server.request("textDocument/formatting", json!({ "textDocument": { "uri": uri }, "options": OPTIONS() })).unwrap();
    assert_eq!(
        edits,
        json!([{ "range": { "start": { "line": 2, "character": 0 }, "end": { "line": 3, "character": 0 } }, "newText": "  b = 2;\n" }])
    );
    let broken = server.open("b.nix", "{ a = ");
    let none = server.request("textDocument/formatting", json!({ "textDocument": { "uri": broken }, "options": OPTIONS() }));
    assert_eq!(none, Ok(Value::Null));
}

#[test]
fn ranges_and_typing() {
    let mut server = Server::new();
    let text = "{\n  a=1;\n  b=[1 2];\n  c = ;\n}\n";
    let uri = server.open("a.nix", text);
    let range = json!({ "start": { "line": 2, "character": 3 }, "end": { "line": 2, "character": 4 } });
    let params = json!({ "textDocument": { "uri": uri }, "range": range, "options": OPTIONS() });
    let edits = server.request("textDocument/rangeFormatting", params).unwrap();
    assert_eq!(apply(text, &edits), "{\n  a=1;\n  b = [\n    1\n    2\n  ];\n  c = ;\n}\n");
    let text = "{\n  a = {\n\n  };\n}\n";
    let uri = server.open("b.nix", text);
    let position = json!({ "line": 2, "character": 0 });
    let params = json!({ "textDocument": { "uri": uri }, "position": position, "ch": "\n", "options": OPTIONS() });
    let edits = server.request("textDocument/onTypeFormatting", params).unwrap();
    assert_eq!(apply(text, &edits), "{\n  a = {\n    \n  };\n}\n");
}

#[test]
fn programs_only_where_the_user_trusts() {
    let format = |trusted: bool, command: &[&str]| {
        let options = json!({ "trusted": trusted, "formatting": { "command": command } });
        let mut server = Server::with(options, json!(["utf-8"]));
        let text = "{a=1;}\n";
        let uri = server.open("a.nix", text);
        let edits = server.request("textDocument/formatting", json!({ "textDocument": { "uri": uri }, "options": OPTIONS() })).unwrap();
        (!edits.is_null()).then(|| apply(text, &edits))
    };
    assert_eq!(format(true, &["tr", "a", "b"]).as_deref(), Some("{b=1;}\n"));
    assert_eq!(format(false, &["tr", "a", "b"]).as_deref(), Some("{ a = 1; }\n"));
    assert_eq!(format(true, &["false"]), None);
    assert_eq!(format(true, &["/nonexistent/formatter"]), None);
}

#[test]
fn settings_of_the_style() {
    let mut server = Server::with(json!({ "formatting": { "indent": 4 } }), json!(["utf-8"]));
    let uri = server.open("a.nix", "{\na=1;}\n");
    let edits = server.request("textDocument/formatting", json!({ "textDocument": { "uri": uri }, "options": OPTIONS() })).unwrap();
    assert_eq!(apply("{\na=1;}\n", &edits), "{\n    a = 1;\n}\n");
}
