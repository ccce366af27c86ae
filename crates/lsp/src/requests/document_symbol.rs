//! `textDocument/documentSymbol`: the outline.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

/// Symbols nested deeper than this are left out: a client's JSON parser may recurse.
const MAX_DEPTH: usize = 48;

pub struct DocumentSymbols;

impl ReadRequest for DocumentSymbols {
    type Lsp = lsp::request::DocumentSymbolRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::DocumentSymbolParams) -> Result<Option<lsp::DocumentSymbolResponse>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return Ok(None) };
        let Some(document) = context.documents.get(&path) else { return Ok(None) };
        let symbols = ide::document_symbols(&context.snapshot, &path)?;
        if context.features.hierarchical_symbols {
            let mut range = document.text.ranges(context.encoding);
            let nested = symbols.into_iter().map(|symbol| nested(&mut range, symbol, 1)).collect();
            return Ok(Some(lsp::DocumentSymbolResponse::Nested(nested)));
        }
        let mut flat = Vec::new();
        for symbol in symbols {
            flatten(context, document, symbol, None, &mut flat);
        }
        Ok(Some(lsp::DocumentSymbolResponse::Flat(flat)))
    }
}

fn nested(positions: &mut dyn FnMut(ide::TextRange) -> lsp::Range, symbol: ide::Symbol, depth: usize) -> lsp::DocumentSymbol {
    let (range, selection_range) = (positions(symbol.range), positions(symbol.name_range));
    let shown = if depth < MAX_DEPTH { symbol.children } else { Vec::new() };
    let children: Vec<_> = shown.into_iter().map(|child| nested(positions, child, depth + 1)).collect();
    #[allow(deprecated, reason = "the field has no default")]
    lsp::DocumentSymbol {
        // Some clients reject an empty name.
        name: if symbol.name.is_empty() { "\"\"".to_owned() } else { symbol.name },
        detail: symbol.detail,
        kind: convert::symbol_kind(symbol.kind),
        tags: None,
        deprecated: None,
        range,
        selection_range,
        children: (!children.is_empty()).then_some(children),
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
