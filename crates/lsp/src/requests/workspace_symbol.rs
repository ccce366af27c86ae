//! `workspace/symbol`: names of the whole workspace. Where in their files they are is said at once only to clients that do not ask for it.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct WorkspaceSymbols;

impl ReadRequest for WorkspaceSymbols {
    type Lsp = lsp::request::WorkspaceSymbolRequest;
    const INTENT: Intent = Intent::Interactive;
    const TITLE: Option<&'static str> = Some("Searching symbols");
    const PARTS: bool = true;

    fn run(context: &ReadContext, params: lsp::WorkspaceSymbolParams) -> Result<Option<lsp::WorkspaceSymbolResponse>, RequestError> {
        let found = ide::workspace_symbols(&context.snapshot, &params.query)?;
        if context.features.symbol_resolve {
            let symbols = found.into_iter().filter_map(|symbol| {
                let (start, end): (u32, u32) = (symbol.place.range.start().into(), symbol.place.range.end().into());
                Some(lsp::WorkspaceSymbol {
                    location: lsp::OneOf::Right(lsp::WorkspaceLocation { uri: convert::uri(context, &symbol.place.path)? }),
                    name: symbol.name,
                    kind: convert::symbol_kind(symbol.kind),
                    tags: None,
                    container_name: symbol.container,
                    data: serde_json::to_value((start, end)).ok(),
                })
            });
            return Ok(Some(lsp::WorkspaceSymbolResponse::Nested(symbols.collect())));
        }
        let mut places = convert::Places::new(context);
        let symbols = found.into_iter().filter_map(|symbol| {
            #[allow(deprecated, reason = "the field has no default")]
            Some(lsp::SymbolInformation {
                location: places.location(&symbol.place)?,
                name: symbol.name,
                kind: convert::symbol_kind(symbol.kind),
                tags: None,
                deprecated: None,
                container_name: symbol.container,
            })
        });
        Ok(Some(lsp::WorkspaceSymbolResponse::Flat(symbols.collect())))
    }
}
