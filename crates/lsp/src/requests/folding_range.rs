//! `textDocument/foldingRange`.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct FoldingRanges;

impl ReadRequest for FoldingRanges {
    type Lsp = lsp::request::FoldingRangeRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::FoldingRangeParams) -> Result<Option<Vec<lsp::FoldingRange>>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return Ok(None) };
        let Some(document) = context.documents.get(&path) else { return Ok(None) };
        let folds = ide::folding_ranges(&context.snapshot, &path)?;
        let mut positions = document.text.ranges(context.encoding);
        let folds = folds.iter().map(|fold| {
            let range = positions(fold.range);
            lsp::FoldingRange {
                start_line: range.start.line,
                start_character: Some(range.start.character),
                end_line: range.end.line,
                end_character: Some(range.end.character),
                kind: match fold.kind {
                    ide::FoldKind::Code => None,
                    ide::FoldKind::Comment => Some(lsp::FoldingRangeKind::Comment),
                    ide::FoldKind::Imports => Some(lsp::FoldingRangeKind::Imports),
                    ide::FoldKind::Region => Some(lsp::FoldingRangeKind::Region),
                },
                collapsed_text: None,
            }
        });
        Ok(Some(folds.collect()))
    }
}
