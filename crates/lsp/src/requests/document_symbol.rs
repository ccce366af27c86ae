//! `textDocument/documentSymbol`: the outline.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::{self, RequestError};
use crate::convert;
use crate::pool::Intent;

/// Symbols nested deeper than this are left out: a client's JSON parser may recurse.
const MAX_DEPTH: usize = 48;

pub struct DocumentSymbols;

impl ReadRequest for DocumentSymbols {
    type Lsp = lsp::request::DocumentSymbolRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::DocumentSymbolParams) -> Result<Option<lsp::DocumentSymbolResponse>, RequestError> {
        let json = Self::run_json(context, params)?;
        serde_json::from_slice(&json).map_err(|error| RequestError::Internal(error.to_string()))
    }

    fn run_json(context: &ReadContext, params: lsp::DocumentSymbolParams) -> Result<Vec<u8>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return answer::json(&()) };
        let Some(document) = context.documents.get(&path) else { return answer::json(&()) };
        let symbols = ide::document_symbols(&context.snapshot, &path)?;
        if context.features.hierarchical_symbols {
            let mut writer = Writer { json: Vec::new(), positions: document.text.ranges(context.encoding) };
            writer.list(&symbols, 1).map_err(|error| RequestError::Internal(error.to_string()))?;
            return Ok(writer.json);
        }
        let mut flat = Vec::new();
        for symbol in symbols {
            flatten(context, document, symbol, None, &mut flat);
        }
        answer::json(&lsp::DocumentSymbolResponse::Flat(flat))
    }
}

/// Writes symbols as `DocumentSymbol`s: a file of a megabyte has ten thousand of them.
struct Writer<P> {
    json: Vec<u8>,
    positions: P,
}

impl<P: FnMut(ide::TextRange) -> lsp::Range> Writer<P> {
    fn list(&mut self, symbols: &[ide::Symbol], depth: usize) -> Result<(), serde_json::Error> {
        self.json.push(b'[');
        for (index, symbol) in symbols.iter().enumerate() {
            if index > 0 {
                self.json.push(b',');
            }
            self.symbol(symbol, depth)?;
        }
        self.json.push(b']');
        Ok(())
    }

    fn symbol(&mut self, symbol: &ide::Symbol, depth: usize) -> Result<(), serde_json::Error> {
        // Some clients reject an empty name.
        let name = if symbol.name.is_empty() { "\"\"" } else { symbol.name.as_str() };
        self.field("{\"name\":", name)?;
        if let Some(detail) = &symbol.detail {
            self.field(",\"detail\":", detail)?;
        }
        self.field(",\"kind\":", &convert::symbol_kind(symbol.kind))?;
        self.range(",\"range\":", symbol.range)?;
        self.range(",\"selectionRange\":", symbol.name_range)?;
        if !symbol.children.is_empty() && depth < MAX_DEPTH {
            self.json.extend_from_slice(b",\"children\":");
            self.list(&symbol.children, depth + 1)?;
        }
        self.json.push(b'}');
        Ok(())
    }

    fn field(&mut self, before: &str, value: &(impl serde::Serialize + ?Sized)) -> Result<(), serde_json::Error> {
        self.json.extend_from_slice(before.as_bytes());
        serde_json::to_writer(&mut self.json, value)
    }

    fn range(&mut self, before: &str, range: ide::TextRange) -> Result<(), serde_json::Error> {
        let lsp::Range { start, end } = (self.positions)(range);
        self.json.extend_from_slice(before.as_bytes());
        self.field("{\"start\":{\"line\":", &start.line)?;
        self.field(",\"character\":", &start.character)?;
        self.field("},\"end\":{\"line\":", &end.line)?;
        self.field(",\"character\":", &end.character)?;
        self.json.extend_from_slice(b"}}");
        Ok(())
    }
}

fn flatten(
    context: &ReadContext,
    document: &crate::document::Document,
    symbol: ide::Symbol,
    container: Option<&str>,
    into: &mut Vec<lsp::SymbolInformation>,
) {
    #[allow(deprecated, reason = "the field has no default")]
    into.push(lsp::SymbolInformation {
        name: symbol.name.clone(),
        kind: convert::symbol_kind(symbol.kind),
        tags: None,
        deprecated: None,
        location: lsp::Location { uri: document.uri.clone(), range: document.text.range(symbol.range, context.encoding) },
        container_name: container.map(str::to_owned),
    });
    for child in symbol.children {
        flatten(context, document, child, Some(&symbol.name), into);
    }
}
