//! `textDocument/semanticTokens/full/delta`: what has changed among the tokens of a document since the client got them.

use tower_lsp_server::ls_types as lsp;

use super::semantic_tokens_full::{Kept, all};
use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;
use crate::semantic;

pub struct Delta;

impl ReadRequest for Delta {
    type Lsp = lsp::request::SemanticTokensFullDeltaRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(
        context: &ReadContext,
        params: lsp::SemanticTokensDeltaParams,
    ) -> Result<Option<lsp::SemanticTokensFullDeltaResult>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return Ok(None) };
        let former = context.former.get(&path, &params.previous_result_id);
        let Some(Kept { result_id, data }) = all(context, &path)? else { return Ok(None) };
        let result_id = Some(result_id);
        Ok(Some(match former {
            Some(former) => lsp::SemanticTokensDelta { result_id, edits: semantic::difference(&former, &data) }.into(),
            // All of them, where it is not known any more what the client has.
            None => lsp::SemanticTokens { result_id, data: data.to_vec() }.into(),
        }))
    }
}
