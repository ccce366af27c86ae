//! `textDocument/onTypeFormatting`: the indentation of the line that is being typed.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::formatting::to_lsp;
use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct OnTypeFormatting;

impl ReadRequest for OnTypeFormatting {
    type Lsp = lsp::request::OnTypeFormatting;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::DocumentOnTypeFormattingParams) -> Result<Option<Vec<lsp::TextEdit>>, RequestError> {
        let place = params.text_document_position;
        let Some(text) = convert::path(&place.text_document.uri).and_then(|path| context.text(&path)) else { return Ok(None) };
        let Some(typed) = params.ch.chars().next_back() else { return Ok(None) };
        let at = text.offset(place.position, context.encoding);
        let edits = ide::format_on_type(text.text(), at, typed, &context.settings.formatting.options());
        Ok(Some(to_lsp(context, &text, edits)))
    }
}
