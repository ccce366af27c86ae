//! The requests that are asked: one row each.

use serde_json::{Value, json};

use super::document::Document;
use crate::fuzz::rng::Rng;

/// What a row makes parameters of.
pub struct Question<'a> {
    pub document: &'a Document,
    pub encoding: &'a str,
    /// In bytes.
    pub place: usize,
    pub rng: &'a mut Rng,
    /// One of the items of the answer to [`Row::of`]; for differences the id of the last result.
    pub item: Value,
}

impl Question<'_> {
    fn document(&self) -> Value {
        json!({ "uri": self.document.uri })
    }

    fn position(&self) -> Value {
        self.document.position(self.place, self.encoding)
    }

    fn range(&mut self) -> Value {
        let end = self.document.text.floor_char_boundary((self.place + self.rng.below(400)).min(self.document.text.len()));
        self.document.range(self.place, end.max(self.place), self.encoding)
    }
}

pub struct Row {
    pub method: &'static str,
    /// Where the capabilities of the server say that it is there.
    pub capability: &'static str,
    /// The method whose answer has the items that this one is about.
    pub of: Option<&'static str>,
    pub params: fn(&mut Question) -> Value,
}

const fn at_place(method: &'static str, capability: &'static str) -> Row {
    Row { method, capability, of: None, params: |q| json!({ "textDocument": q.document(), "position": q.position() }) }
}

const fn of_document(method: &'static str, capability: &'static str) -> Row {
    Row { method, capability, of: None, params: |q| json!({ "textDocument": q.document() }) }
}

const fn of_range(method: &'static str, capability: &'static str) -> Row {
    Row { method, capability, of: None, params: |q| json!({ "textDocument": q.document(), "range": q.range() }) }
}

const fn of_item(method: &'static str, capability: &'static str, of: &'static str) -> Row {
    Row { method, capability, of: Some(of), params: |q| q.item.take() }
}

const fn in_item(method: &'static str, capability: &'static str, of: &'static str) -> Row {
    Row { method, capability, of: Some(of), params: |q| json!({ "item": q.item.take() }) }
}

/// Every request about a document, and about a workspace without effects. A row whose capability is not offered is not asked.
pub const ROWS: &[Row] = &[
    Row {
        method: "textDocument/codeAction",
        capability: "/codeActionProvider",
        of: None,
        params: |q| json!({ "textDocument": q.document(), "range": q.range(), "context": { "diagnostics": [] } }),
    },
    of_item("codeAction/resolve", "/codeActionProvider/resolveProvider", "textDocument/codeAction"),
    of_document("textDocument/codeLens", "/codeLensProvider"),
    of_item("codeLens/resolve", "/codeLensProvider/resolveProvider", "textDocument/codeLens"),
    at_place("textDocument/completion", "/completionProvider"),
    of_item("completionItem/resolve", "/completionProvider/resolveProvider", "textDocument/completion"),
    at_place("textDocument/declaration", "/declarationProvider"),
    at_place("textDocument/definition", "/definitionProvider"),
    of_document("textDocument/diagnostic", "/diagnosticProvider"),
    Row {
        method: "workspace/diagnostic",
        capability: "/diagnosticProvider/workspaceDiagnostics",
        of: None,
        params: |_| json!({ "previousResultIds": [] }),
    },
    at_place("textDocument/documentHighlight", "/documentHighlightProvider"),
    of_document("textDocument/documentLink", "/documentLinkProvider"),
    of_item("documentLink/resolve", "/documentLinkProvider/resolveProvider", "textDocument/documentLink"),
    of_document("textDocument/documentSymbol", "/documentSymbolProvider"),
    of_document("textDocument/foldingRange", "/foldingRangeProvider"),
    Row {
        method: "textDocument/formatting",
        capability: "/documentFormattingProvider",
        of: None,
        params: |q| json!({ "textDocument": q.document(), "options": { "tabSize": 2, "insertSpaces": true } }),
    },
    at_place("textDocument/hover", "/hoverProvider"),
    at_place("textDocument/implementation", "/implementationProvider"),
    of_range("textDocument/inlayHint", "/inlayHintProvider"),
    of_item("inlayHint/resolve", "/inlayHintProvider/resolveProvider", "textDocument/inlayHint"),
    at_place("textDocument/linkedEditingRange", "/linkedEditingRangeProvider"),
    Row {
        method: "textDocument/onTypeFormatting",
        capability: "/documentOnTypeFormattingProvider",
        of: None,
        params: |q| {
            json!({ "textDocument": q.document(), "position": q.position(), "ch": q.rng.pick(&["}", ";", "\n", "]"]),
                    "options": { "tabSize": 2, "insertSpaces": true } })
        },
    },
    at_place("textDocument/prepareCallHierarchy", "/callHierarchyProvider"),
    in_item("callHierarchy/incomingCalls", "/callHierarchyProvider", "textDocument/prepareCallHierarchy"),
    in_item("callHierarchy/outgoingCalls", "/callHierarchyProvider", "textDocument/prepareCallHierarchy"),
    at_place("textDocument/prepareRename", "/renameProvider/prepareProvider"),
    Row {
        method: "textDocument/rangeFormatting",
        capability: "/documentRangeFormattingProvider",
        of: None,
        params: |q| json!({ "textDocument": q.document(), "range": q.range(), "options": { "tabSize": 2, "insertSpaces": true } }),
    },
    Row {
        method: "textDocument/rangesFormatting",
        capability: "/documentRangeFormattingProvider/rangesSupport",
        of: None,
        params: |q| json!({ "textDocument": q.document(), "ranges": [q.range(), q.range()], "options": { "tabSize": 2, "insertSpaces": true } }),
    },
    Row {
        method: "textDocument/references",
        capability: "/referencesProvider",
        of: None,
        params: |q| json!({ "textDocument": q.document(), "position": q.position(), "context": { "includeDeclaration": q.rng.one_in(2) } }),
    },
    Row {
        method: "textDocument/rename",
        capability: "/renameProvider",
        of: None,
        params: |q| json!({ "textDocument": q.document(), "position": q.position(), "newName": "renamed" }),
    },
    Row {
        method: "textDocument/selectionRange",
        capability: "/selectionRangeProvider",
        of: None,
        params: |q| json!({ "textDocument": q.document(), "positions": [q.position()] }),
    },
    of_document("textDocument/semanticTokens/full", "/semanticTokensProvider/full"),
    Row {
        method: "textDocument/semanticTokens/full/delta",
        capability: "/semanticTokensProvider/full/delta",
        of: Some("textDocument/semanticTokens/full"),
        params: |q| json!({ "textDocument": q.document(), "previousResultId": q.item }),
    },
    of_range("textDocument/semanticTokens/range", "/semanticTokensProvider/range"),
    at_place("textDocument/signatureHelp", "/signatureHelpProvider"),
    at_place("textDocument/typeDefinition", "/typeDefinitionProvider"),
    Row {
        method: "workspace/symbol",
        capability: "/workspaceSymbolProvider",
        of: None,
        params: |q| {
            let word = q.document.text[q.place..].chars().take_while(|c| c.is_ascii_alphanumeric()).take(6).collect::<String>();
            json!({ "query": word })
        },
    },
    Row {
        method: "workspace/executeCommand",
        capability: "/executeCommandProvider/commands",
        of: None,
        params: |q| json!({ "command": "nival.inspect", "arguments": [q.document.uri, q.rng.pick(&["", "hello", "a.b"])] }),
    },
    Row {
        method: "workspace/willDeleteFiles",
        capability: "/workspace/fileOperations/willDelete",
        of: None,
        params: |q| json!({ "files": [{ "uri": format!("{}/{}", q.document.folder(), q.rng.pick(&["default.nix", "other.nix", "."])) }] }),
    },
    Row {
        method: "workspace/willRenameFiles",
        capability: "/workspace/fileOperations/willRename",
        of: None,
        params: |q| {
            let moved = format!("{}/moved/{}", q.document.folder(), q.rng.pick(&["a.nix", "b/default.nix"]));
            json!({ "files": [{ "oldUri": q.document.uri, "newUri": moved }] })
        },
    },
    at_place("experimental/parentModule", "/experimental/parentModule"),
    of_item("workspaceSymbol/resolve", "/workspaceSymbolProvider/resolveProvider", "workspace/symbol"),
];

/// What is offered that no request of a client is for: notifications, of which a [session](super::session) sends some between its
/// requests, and names for what others offer.
const NOT_ASKED: &[&str] = &[
    "/positionEncoding",
    "/semanticTokensProvider/legend",
    "/textDocumentSync",
    "/workspace/fileOperations/didCreate",
    "/workspace/fileOperations/didDelete",
    "/workspace/fileOperations/didRename",
    "/workspace/workspaceFolders",
];

/// What says how something is offered, and offers nothing itself.
const DETAILS: &[&str] = &[
    "codeActionKinds",
    "firstTriggerCharacter",
    "identifier",
    "interFileDependencies",
    "moreTriggerCharacter",
    "retriggerCharacters",
    "triggerCharacters",
    "workDoneProgress",
];

/// The row of a method.
pub fn row(method: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.method == method)
}

/// The items that other requests are about, in an answer.
pub fn items(method: &str, answer: &Value) -> Vec<Value> {
    match method {
        "textDocument/semanticTokens/full" => answer.get("resultId").cloned().into_iter().collect(),
        _ => {
            let list = answer.get("items").unwrap_or(answer);
            list.as_array().cloned().unwrap_or_default()
        }
    }
}

/// An answer without what differs between two servers that say the same.
pub fn comparable(method: &str, mut answer: Value) -> Value {
    let strip = |value: &mut Value| {
        if let Some(fields) = value.as_object_mut() {
            fields.remove("resultId");
        }
    };
    match method {
        "workspace/diagnostic" => answer["items"].as_array_mut().into_iter().flatten().for_each(strip),
        _ if method.starts_with("textDocument/semanticTokens") || method == "textDocument/diagnostic" => strip(&mut answer),
        _ => {}
    }
    answer
}

/// What is offered and has neither a row nor a reason: every capability, down to the last `true`.
pub fn not_covered(capabilities: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(capabilities, String::new(), &mut found);
    found
}

fn collect(offered: &Value, pointer: String, found: &mut Vec<String>) {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    if *offered == json!(false) || NOT_ASKED.contains(&pointer.as_str()) || DETAILS.contains(&name) {
        return;
    }
    let has_row = ROWS.iter().any(|row| row.capability == pointer);
    match offered {
        Value::Object(fields) if !has_row || fields.values().any(|field| field.is_boolean() || field.is_object()) => {
            // Rows for parts of it, such as the second half of a hierarchy, are rows for it.
            let has_parts = ROWS.iter().any(|row| row.capability.starts_with(&format!("{pointer}/")));
            if !has_row && !has_parts && !pointer.is_empty() {
                found.push(pointer.clone());
            }
            fields.iter().for_each(|(name, field)| collect(field, format!("{pointer}/{name}"), found));
        }
        _ if has_row => {}
        _ => found.push(pointer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_row_is_found() {
        let offered = json!({
            "hoverProvider": true,
            "colorProvider": true,
            "typeHierarchyProvider": false,
            "inlayHintProvider": { "resolveProvider": true, "workDoneProgress": true },
            "foldingRangeProvider": { "resolveProvider": true },
            "monikerProvider": {},
            "executeCommandProvider": { "commands": ["x"] },
            "workspace": { "fileOperations": { "willRename": { "filters": [] }, "willCreate": { "filters": [] } } },
        });
        let found = not_covered(&offered);
        assert_eq!(
            found,
            [
                "/colorProvider",
                "/foldingRangeProvider/resolveProvider",
                "/monikerProvider",
                "/workspace/fileOperations/willCreate",
                "/workspace/fileOperations/willCreate/filters"
            ]
        );
    }
}
