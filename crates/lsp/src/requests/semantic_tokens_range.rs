//! `textDocument/semanticTokens/range`: what the words of a part of a document are.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;
use crate::semantic;

pub struct Range;

impl ReadRequest for Range {
    type Lsp = lsp::request::SemanticTokensRangeRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::SemanticTokensRangeParams) -> Result<Option<lsp::SemanticTokensRangeResult>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return Ok(None) };
        let Some(document) = context.documents.get(&path) else { return Ok(None) };
        let range = document.text.text_range(params.range, context.encoding);
        let tokens = ide::semantic_tokens(&context.snapshot, &path, Some(range))?;
        let data = semantic::encode(&document.text, context.encoding, &tokens, context.features.multiline_tokens);
        Ok(Some(lsp::SemanticTokensRangeResult::Tokens(lsp::SemanticTokens { result_id: None, data })))
    }
}
