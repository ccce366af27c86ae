//! `textDocument/prepareRename`: whether the name under the cursor can be renamed, and what is offered for a start.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct PrepareRename;

impl ReadRequest for PrepareRename {
    type Lsp = lsp::request::PrepareRenameRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::TextDocumentPositionParams) -> Result<Option<lsp::PrepareRenameResponse>, RequestError> {
        let Some((document, position)) = convert::position(context, &params) else { return Ok(None) };
        let offered = ide::prepare_rename(&context.snapshot, &position)?;
        let range = document.text.range(offered.range, context.encoding);
        Ok(Some(lsp::PrepareRenameResponse::RangeWithPlaceholder { range, placeholder: offered.name }))
    }
}
