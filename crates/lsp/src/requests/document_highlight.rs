//! `textDocument/documentHighlight`: all places of the name under the cursor in its file.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct DocumentHighlight;

impl ReadRequest for DocumentHighlight {
    type Lsp = lsp::request::DocumentHighlightRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::DocumentHighlightParams) -> Result<Option<Vec<lsp::DocumentHighlight>>, RequestError> {
        let Some((document, position)) = convert::position(context, &params.text_document_position_params) else { return Ok(None) };
        let found = ide::highlights(&context.snapshot, &position)?;
        let highlights = found.iter().map(|highlight| lsp::DocumentHighlight {
            range: document.text.range(highlight.range, context.encoding),
            kind: Some(if highlight.definition { lsp::DocumentHighlightKind::WRITE } else { lsp::DocumentHighlightKind::READ }),
        });
        let mut highlights: Vec<_> = highlights.collect();
        if highlights.is_empty() {
            let keywords = ide::keyword_pair(&context.snapshot, &position)?;
            highlights.extend(keywords.into_iter().map(|keyword| lsp::DocumentHighlight {
                range: document.text.range(keyword, context.encoding),
                kind: Some(lsp::DocumentHighlightKind::TEXT),
            }));
        }
        Ok(Some(highlights))
    }
}
