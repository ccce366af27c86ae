//! `textDocument/linkedEditingRange`: places of a local name that change together.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

/// What may be typed there.
const NAME: &str = "[a-zA-Z_][a-zA-Z0-9_'-]*";

pub struct LinkedEditing;

impl ReadRequest for LinkedEditing {
    type Lsp = lsp::request::LinkedEditingRange;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::LinkedEditingRangeParams) -> Result<Option<lsp::LinkedEditingRanges>, RequestError> {
        let Some((document, position)) = convert::position(context, &params.text_document_position_params) else { return Ok(None) };
        let places = ide::linked_editing(&context.snapshot, &position)?;
        let ranges = places.into_iter().map(|place| document.text.range(place, context.encoding)).collect::<Vec<_>>();
        Ok((ranges.len() > 1).then(|| lsp::LinkedEditingRanges { ranges, word_pattern: Some(NAME.to_owned()) }))
    }
}
