//! `textDocument/rangeFormatting`: the bindings and list items that a selection touches.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::formatting::{edits_or_log, to_lsp};
use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct RangeFormatting;

impl ReadRequest for RangeFormatting {
    type Lsp = lsp::request::RangeFormatting;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::DocumentRangeFormattingParams) -> Result<Option<Vec<lsp::TextEdit>>, RequestError> {
        let Some(text) = convert::path(&params.text_document.uri).and_then(|path| context.text(&path)) else { return Ok(None) };
        let range = text.text_range(params.range, context.encoding);
        let found = ide::format_range(text.text(), range, &context.settings.formatting.options());
        Ok(edits_or_log(context, found).map(|edits| to_lsp(context, &text, edits)))
    }
}
