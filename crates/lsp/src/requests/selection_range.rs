//! `textDocument/selectionRange`: growing selections along the tree.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct SelectionRanges;

impl ReadRequest for SelectionRanges {
    type Lsp = lsp::request::SelectionRangeRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::SelectionRangeParams) -> Result<Option<Vec<lsp::SelectionRange>>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return Ok(None) };
        let Some(document) = context.documents.get(&path) else { return Ok(None) };
        let ranges = params.positions.iter().map(|position| {
            let offset = document.text.offset(*position, context.encoding);
            let found = ide::selection_ranges(&context.snapshot, &path, offset)?;
            Ok(convert::selection_range(&document.text, context.encoding, &found, *position))
        });
        Ok(Some(ranges.collect::<Result<_, RequestError>>()?))
    }
}
