//! `textDocument/completion`: names in scope and attributes, also those that only evaluation knows.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

/// More candidates than this are not sent; the list is then incomplete, and the client asks again as the user types.
const MAX_ITEMS: usize = ide::MAX_CANDIDATES - 1;

pub struct Completion;

/// What a candidate brings back when the client asks for more of it.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct CompletionData {
    pub uri: lsp::Uri,
    pub position: lsp::Position,
}

impl ReadRequest for Completion {
    type Lsp = lsp::request::Completion;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::CompletionParams) -> Result<Option<lsp::CompletionResponse>, RequestError> {
        let Some((document, position)) = convert::position(context, &params.text_document_position) else { return Ok(None) };
        let candidates = ide::completion(&context.snapshot, &position, &context.interactive())?;
        let is_incomplete = candidates.len() > MAX_ITEMS;
        let data = serde_json::to_value(CompletionData {
            uri: params.text_document_position.text_document.uri.clone(),
            position: params.text_document_position.position,
        });
        let data = data.map_err(|error| RequestError::Internal(error.to_string()))?;
        let items = candidates.into_iter().take(MAX_ITEMS).map(|candidate| lsp::CompletionItem {
            data: candidate.lazy.then(|| data.clone()),
            insert_text_format: (context.features.snippets && candidate.snippet.is_some()).then_some(lsp::InsertTextFormat::SNIPPET),
            sort_text: Some(format!("{:08x}{}", candidate.rank, candidate.label)),
            filter_text: (candidate.insert != candidate.label).then(|| candidate.insert.clone()),
            kind: Some(convert::completion_kind(candidate.kind)),
            detail: candidate.detail,
            documentation: candidate.documentation.map(|text| lsp::Documentation::MarkupContent(convert::markdown(text))),
            text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit {
                range: document.text.range(candidate.replace, context.encoding),
                new_text: candidate.snippet.filter(|_| context.features.snippets).unwrap_or(candidate.insert),
            })),
            label: candidate.label,
            ..lsp::CompletionItem::default()
        });
        Ok(Some(lsp::CompletionResponse::List(lsp::CompletionList { is_incomplete, items: items.collect() })))
    }
}
