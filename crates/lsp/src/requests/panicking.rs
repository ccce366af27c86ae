//! A request that panics: what one costs is tested over the wire.

use std::io::{BufRead, BufReader, Write};

use serde_json::{Value, json};
use tower_lsp_server::ls_types::request::Request;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::pool::Intent;

pub enum Panic {}

impl Request for Panic {
    type Params = Value;
    type Result = ();
    const METHOD: &'static str = "nival/panic";
}

pub struct Panicking;

impl ReadRequest for Panicking {
    type Lsp = Panic;
    const INTENT: Intent = Intent::Latency;

    fn run(_: &ReadContext, params: Value) -> Result<(), RequestError> {
        panic!("asked for: {params}")
    }
}

fn read(output: &mut impl BufRead) -> Value {
    let mut length = 0;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).expect("a header");
        match line.trim() {
            "" => break,
            header => length = header.strip_prefix("Content-Length: ").expect("a length").parse().expect("a number"),
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).expect("a body");
    serde_json::from_slice(&body).expect("JSON")
}

/// More panics than there are threads: the threads live on, and documents keep what was typed.
#[test]
fn a_panic_costs_only_its_request() {
    let (theirs, mut input) = std::io::pipe().expect("a pipe");
    let (output, ours) = std::io::pipe().expect("a pipe");
    let mut output = BufReader::new(output);
    let config = nival_engine::EngineConfig::editor("x86_64-linux".to_owned());
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(crate::serve(theirs, ours, config.into()))
    });
    let mut send = |mut message: Value| {
        message["jsonrpc"] = json!("2.0");
        let body = message.to_string();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("the server reads");
    };
    // Answers come in any order.
    let mut answers = std::collections::HashMap::new();
    let mut answer = |id: i64| {
        while !answers.contains_key(&id) {
            let message = read(&mut output);
            if let (Some(id), None) = (message["id"].as_i64(), message.get("method")) {
                assert!(answers.insert(id, message).is_none(), "two answers to {id}");
            }
        }
        answers[&id].clone()
    };
    send(json!({ "id": 0, "method": "initialize", "params": { "capabilities": {} } }));
    send(json!({ "method": "initialized", "params": {} }));
    let uri = "file:///panic/a.nix";
    let item = json!({ "uri": uri, "languageId": "nix", "version": 1, "text": "let name = 1; in name" });
    send(json!({ "method": "textDocument/didOpen", "params": { "textDocument": item } }));
    assert!(answer(0).get("result").is_some());
    for id in 1..=40 {
        send(json!({ "id": id, "method": "nival/panic", "params": id }));
    }
    for id in 1..=40 {
        let error = answer(id)["error"].clone();
        assert_eq!(
            (error["code"].clone(), error["message"].clone()),
            (json!(-32603), json!(format!("nival has a defect: asked for: {id}")))
        );
    }
    let place = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 18 } });
    send(json!({ "id": 41, "method": "textDocument/documentHighlight", "params": place }));
    assert_eq!(answer(41)["result"].as_array().map(Vec::len), Some(2));
    send(json!({ "id": 42, "method": "shutdown" }));
    assert!(answer(42)["error"].is_null());
    send(json!({ "method": "exit" }));
    assert_eq!(server.join().expect("no panic outside of the request"), 0);
}
