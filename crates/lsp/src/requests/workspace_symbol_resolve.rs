//! `workspaceSymbol/resolve`: where in its file a symbol is.

use nival_engine::FileRange;
use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct WorkspaceSymbolResolve;

impl ReadRequest for WorkspaceSymbolResolve {
    type Lsp = lsp::request::WorkspaceSymbolResolve;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, mut symbol: lsp::WorkspaceSymbol) -> Result<lsp::WorkspaceSymbol, RequestError> {
        let lsp::OneOf::Right(lsp::WorkspaceLocation { uri }) = &symbol.location else { return Ok(symbol) };
        let invalid = || RequestError::InvalidParams("the symbol is none of this server's".to_owned());
        let path = convert::path(uri).ok_or_else(invalid)?;
        let (start, end): (u32, u32) = serde_json::from_value(symbol.data.clone().unwrap_or_default()).map_err(|_| invalid())?;
        if start > end {
            return Err(invalid());
        }
        let place = FileRange { path: path.into(), range: ide::TextRange::new(start.into(), end.into()) };
        if let Some(location) = convert::Places::new(context).location(&place) {
            symbol.location = lsp::OneOf::Left(location);
        }
        Ok(symbol)
    }
}
