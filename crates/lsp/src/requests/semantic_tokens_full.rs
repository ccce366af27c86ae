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
        let Some(Kept { result_id, data }) = all(context, &path)? else { return Ok(None) };
        Ok(Some(lsp::SemanticTokens { result_id: Some(result_id), data: data.to_vec() }.into()))
    }
}

/// A result that later ones may be told by.
pub struct Kept {
    pub result_id: String,
    pub data: Arc<Vec<lsp::SemanticToken>>,
}

/// The tokens of an open document. What an edit left alone is not looked at again.
pub fn all(context: &ReadContext, path: &Path) -> Result<Option<Kept>, RequestError> {
    let Some(document) = context.documents.get(path) else { return Ok(None) };
    let (encoding, multiline) = (context.encoding, context.features.multiline_tokens);
    let former = context.former.basis(path);
    let (mut basis, mut found) = ide::semantic_tokens_after(&context.snapshot, path, former.as_ref().map(|former| &former.tokens))?;
    // A file may be open under two names.
    if basis.as_ref().is_some_and(|basis| !basis.is_of(document.text.text())) {
        basis = None;
        found = ide::Tokens::All(ide::semantic_tokens(&context.snapshot, path, None)?);
    }
    let data = match (found, former) {
        (ide::Tokens::Same, Some(former)) => former.encoded.clone(),
        (ide::Tokens::Part { old, new, tokens }, Some(former)) => {
            let part = semantic::Part { old, new, tokens: &tokens };
            Arc::new(part.encode(&former.text, &former.encoded, &document.text, encoding, multiline))
        }
        (ide::Tokens::All(tokens), _) => Arc::new(semantic::encode(&document.text, encoding, &tokens, multiline)),
        // Only what is known can be added to.
        (ide::Tokens::Same | ide::Tokens::Part { .. }, None) => return Ok(None),
    };
    let basis = basis.map(|tokens| semantic::Basis { tokens, text: document.text.clone(), encoded: data.clone() });
    Ok(Some(Kept { result_id: context.former.keep(path, data.clone(), basis), data }))
}
