//! `textDocument/rangesFormatting`: several selections at once. It is of the protocol's next version; clients that have it say so.

use nival_ide as ide;
use serde::{Deserialize, Serialize};
use tower_lsp_server::ls_types as lsp;

use super::formatting::{edits_or_log, to_lsp};
use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct RangesFormatting;

pub enum Method {}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Params {
    pub text_document: lsp::TextDocumentIdentifier,
    pub ranges: Vec<lsp::Range>,
}

impl lsp::request::Request for Method {
    type Params = Params;
    type Result = Option<Vec<lsp::TextEdit>>;
    const METHOD: &'static str = "textDocument/rangesFormatting";
}

/// More selections than this are not formatted.
const MAX_RANGES: usize = 100;

impl ReadRequest for RangesFormatting {
    type Lsp = Method;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: Params) -> Result<Option<Vec<lsp::TextEdit>>, RequestError> {
        let Some(text) = convert::path(&params.text_document.uri).and_then(|path| context.text(&path)) else { return Ok(None) };
        if params.ranges.len() > MAX_RANGES {
            return Err(RequestError::failed(format!("{} ranges; the limit is {MAX_RANGES}", params.ranges.len())));
        }
        let mut all: Vec<ide::formatting::TextEdit> = Vec::new();
        for range in params.ranges {
            context.snapshot.check()?;
            let range = text.text_range(range, context.encoding);
            let found = ide::format_range(text.text(), range, &context.settings.formatting.options());
            let Some(edits) = edits_or_log(context, found) else { return Ok(None) };
            all.extend(edits);
        }
        all.sort_by_key(|edit| (edit.range.start(), edit.range.end()));
        // Two selections in one binding have the same edits.
        let mut end = None;
        all.retain(|edit| {
            let apart = end.is_none_or(|end| edit.range.start() >= end && !(edit.range.is_empty() && edit.range.start() == end));
            if apart {
                end = Some(edit.range.end());
            }
            apart
        });
        Ok(Some(to_lsp(context, &text, all)))
    }
}
