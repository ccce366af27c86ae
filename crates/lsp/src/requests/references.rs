//! `textDocument/references`: all uses of the thing under the cursor, in the workspace.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct References;

impl ReadRequest for References {
    type Lsp = lsp::request::References;
    const INTENT: Intent = Intent::Interactive;
    const TITLE: Option<&'static str> = Some("Finding references");
    const PARTS: bool = true;

    fn run(context: &ReadContext, params: lsp::ReferenceParams) -> Result<Option<Vec<lsp::Location>>, RequestError> {
        let Some((_, position)) = convert::position(context, &params.text_document_position) else { return Ok(None) };
        let found = ide::references(&context.snapshot, &position, params.context.include_declaration)?;
        let mut places = convert::Places::new(context);
        Ok(Some(found.iter().filter_map(|place| places.location(place)).collect()))
    }
}
