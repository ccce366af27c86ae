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
        let mut symbols = ide::document_symbols(&context.snapshot, &path)?;
        let left_out = limit(&mut symbols, context.settings.document_symbols.limit());
        if left_out > 0 {
            let message = format!("the outline of {} leaves out {left_out} of its symbols (nival.documentSymbols.limit)", path.display());
            context.client.log(lsp::MessageType::INFO, message);
        }
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

/// Keeps as many whole levels as there may be symbols, from the outermost; of the outermost alone, the first ones. How many were left out.
fn limit(symbols: &mut Vec<ide::Symbol>, most: usize) -> usize {
    let mut levels = Vec::new();
    count(symbols, 0, &mut levels);
    let total: usize = levels.iter().sum();
    if total <= most {
        return 0;
    }
    let mut kept = 0;
    let depth = levels.iter().take_while(|&&level| {
        let fits = kept + level <= most;
        kept += if fits { level } else { 0 };
        fits
    });
    match depth.count() {
        0 => {
            symbols.truncate(most);
            symbols.iter_mut().for_each(|symbol| symbol.children.clear());
            total - symbols.len()
        }
        depth => {
            cut(symbols, depth);
            total - kept
        }
    }
}

/// The number of symbols of each level that is shown.
fn count(symbols: &[ide::Symbol], depth: usize, levels: &mut Vec<usize>) {
    if symbols.is_empty() || depth == MAX_DEPTH {
        return;
    }
    if levels.len() == depth {
        levels.push(0);
    }
    levels[depth] += symbols.len();
    symbols.iter().for_each(|symbol| count(&symbol.children, depth + 1, levels));
}

fn cut(symbols: &mut [ide::Symbol], depth: usize) {
    for symbol in symbols {
        match depth {
            1 => symbol.children.clear(),
            _ => cut(&mut symbol.children, depth - 1),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(name: &str, children: Vec<ide::Symbol>) -> ide::Symbol {
        let range = ide::TextRange::default();
        ide::Symbol { name: name.to_owned(), kind: ide::SymbolKind::Set, detail: None, range, name_range: range, children }
    }

    fn shown(symbols: &[ide::Symbol]) -> String {
        let one = |symbol: &ide::Symbol| match symbol.children.is_empty() {
            true => symbol.name.clone(),
            false => format!("{}({})", symbol.name, shown(&symbol.children)),
        };
        symbols.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn whole_levels_are_kept() {
        let check = |most: usize, expected: (&str, usize)| {
            let leaf = |name| symbol(name, Vec::new());
            let mut symbols =
                vec![symbol("a", vec![leaf("b"), symbol("c", vec![leaf("d"), leaf("e")])]), symbol("f", vec![leaf("g")]), leaf("h")];
            let left_out = limit(&mut symbols, most);
            assert_eq!((shown(&symbols).as_str(), left_out), expected);
        };
        check(8, ("a(b c(d e)) f(g) h", 0));
        check(7, ("a(b c) f(g) h", 2));
        check(6, ("a(b c) f(g) h", 2));
        check(5, ("a f h", 5));
        check(2, ("a f", 6));
        check(0, ("", 8));
    }
}
