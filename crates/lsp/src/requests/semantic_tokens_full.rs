//! `textDocument/semanticTokens/full`: what every word of a document is.

use std::path::Path;
use std::sync::Arc;

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;
use crate::semantic;

pub struct Full;

impl ReadRequest for Full {
    type Lsp = lsp::request::SemanticTokensFullRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::SemanticTokensParams) -> Result<Option<lsp::SemanticTokensResult>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return Ok(None) };
        let Some(data) = all(context, &path)? else { return Ok(None) };
        let result_id = context.former.keep(&path, data.clone());
        Ok(Some(lsp::SemanticTokens { result_id: Some(result_id), data: data.to_vec() }.into()))
    }
}

/// The tokens of an open document.
pub fn all(context: &ReadContext, path: &Path) -> Result<Option<Arc<[lsp::SemanticToken]>>, RequestError> {
    let Some(document) = context.documents.get(path) else { return Ok(None) };
    let tokens = ide::semantic_tokens(&context.snapshot, path, None)?;
    Ok(Some(semantic::encode(&document.text, context.encoding, &tokens, context.features.multiline_tokens).into()))
}
