//! `textDocument/declaration`: where a name is introduced.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::definition::targets;
use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct Declaration;

impl ReadRequest for Declaration {
    type Lsp = lsp::request::GotoDeclaration;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::GotoDefinitionParams) -> Result<Option<lsp::GotoDefinitionResponse>, RequestError> {
        let Some((document, position)) = convert::position(context, &params.text_document_position_params) else { return Ok(None) };
        let found = ide::declaration(&context.snapshot, &position, &context.interactive())?;
        Ok(Some(targets(context, &document, &found)))
    }
}
