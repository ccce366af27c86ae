//! `textDocument/hover`: kind, documentation and the evaluated value.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct Hover;

impl ReadRequest for Hover {
    type Lsp = lsp::request::HoverRequest;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::HoverParams) -> Result<Option<lsp::Hover>, RequestError> {
        let Some((document, position)) = convert::position(context, &params.text_document_position_params) else { return Ok(None) };
        let Some(hover) = ide::hover(&context.snapshot, &position, &context.interactive())? else { return Ok(None) };
        let mut contents = convert::markdown(hover.markdown());
        if !context.features.markdown_hover {
            contents.kind = lsp::MarkupKind::PlainText;
        }
        let range = document.text.range(hover.range, context.encoding);
        Ok(Some(lsp::Hover { contents: lsp::HoverContents::Markup(contents), range: Some(range) }))
    }
}
