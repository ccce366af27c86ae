//! `textDocument/rename`.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;
use crate::workspace_edit::workspace_edit;

pub struct Rename;

impl ReadRequest for Rename {
    type Lsp = lsp::request::Rename;
    const INTENT: Intent = Intent::Interactive;
    const TITLE: Option<&'static str> = Some("Renaming");

    fn run(context: &ReadContext, params: lsp::RenameParams) -> Result<Option<lsp::WorkspaceEdit>, RequestError> {
        let Some((_, position)) = convert::position(context, &params.text_document_position) else { return Ok(None) };
        let change = ide::rename(&context.snapshot, &position, &params.new_name)?;
        Ok(workspace_edit(context, &change))
    }
}

impl From<ide::RenameError> for RequestError {
    fn from(error: ide::RenameError) -> Self {
        match error {
            ide::RenameError::Cancelled => RequestError::Stale,
            refused => RequestError::failed(refused.to_string()),
        }
    }
}
