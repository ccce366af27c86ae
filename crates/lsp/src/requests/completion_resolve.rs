//! `completionItem/resolve`: what a candidate is, and its documentation.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::completion::CompletionData;
use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct CompletionResolve;

impl ReadRequest for CompletionResolve {
    type Lsp = lsp::request::ResolveCompletionItem;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, mut item: lsp::CompletionItem) -> Result<lsp::CompletionItem, RequestError> {
        // Of a candidate without data everything was said.
        let Some(data) = item.data.clone() else { return Ok(item) };
        let data: CompletionData = serde_json::from_value(data).map_err(|error| RequestError::InvalidParams(error.to_string()))?;
        let place =
            lsp::TextDocumentPositionParams { text_document: lsp::TextDocumentIdentifier { uri: data.uri }, position: data.position };
        let Some((_, position)) = convert::position(context, &place) else { return Ok(item) };
        if let Some((shape, documentation)) = ide::completion_details(&context.snapshot, &position, &item.label)? {
            item.detail = shape.or(item.detail);
            item.documentation = documentation.map(|text| lsp::Documentation::MarkupContent(convert::markdown(text)));
        }
        Ok(item)
    }
}
