//! `textDocument/diagnostic`: what is wrong with a document, for clients that ask.

use std::hash::{DefaultHasher, Hasher};

use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::{self, RequestError};
use crate::convert;
use crate::diagnostics;
use crate::pool::Intent;

pub struct DocumentDiagnostics;

impl ReadRequest for DocumentDiagnostics {
    type Lsp = lsp::request::DocumentDiagnosticRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::DocumentDiagnosticParams) -> Result<lsp::DocumentDiagnosticReportResult, RequestError> {
        let (mut items, mut opening) = (Vec::new(), 0);
        if let Some(path) = convert::path(&params.text_document.uri)
            && let Some(document) = context.documents.get(&path)
        {
            opening = document.opening;
            items = diagnostics::of_text(context, &path, document)?;
            items.extend(context.evaluated.get(&path).into_iter().flat_map(|found| found.iter().cloned()));
        }
        let result_id = result_id(opening, &items)?;
        let report: lsp::DocumentDiagnosticReport = if params.previous_result_id.as_ref() == Some(&result_id) {
            let unchanged_document_diagnostic_report = lsp::UnchangedDocumentDiagnosticReport { result_id };
            lsp::RelatedUnchangedDocumentDiagnosticReport { related_documents: None, unchanged_document_diagnostic_report }.into()
        } else {
            let full_document_diagnostic_report = lsp::FullDocumentDiagnosticReport { result_id: Some(result_id), items };
            lsp::RelatedFullDocumentDiagnosticReport { related_documents: None, full_document_diagnostic_report }.into()
        };
        Ok(report.into())
    }
}

/// The same for the same diagnostics of a document that stayed open, and so unchanged where they are, whatever else has changed.
pub fn result_id(opening: u64, items: &[lsp::Diagnostic]) -> Result<String, RequestError> {
    let mut hasher = DefaultHasher::new();
    hasher.write(&answer::json(&items)?);
    Ok(format!("{opening}-{:016x}", hasher.finish()))
}
