//! `textDocument/diagnostic`: what is wrong with a document, for clients that ask, and with others that it has changed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;
use std::time::Duration;

use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::{self, RequestError};
use crate::convert;
use crate::diagnostics;
use crate::pool::Intent;
use crate::problems;

pub struct DocumentDiagnostics;

impl ReadRequest for DocumentDiagnostics {
    type Lsp = lsp::request::DocumentDiagnosticRequest;
    const INTENT: Intent = Intent::Latency;
    const RETRIGGER: bool = true;

    fn run(context: &ReadContext, params: lsp::DocumentDiagnosticParams) -> Result<lsp::DocumentDiagnosticReportResult, RequestError> {
        let (mut items, mut opening, mut related_documents) = (Vec::new(), 0, None);
        if let Some(path) = convert::path(&params.text_document.uri) {
            match context.documents.get(&path) {
                Some(document) => {
                    opening = document.opening;
                    items = diagnostics::of_document(context, &path, document)?;
                    related_documents = related(context, &path)?;
                    context.told.tell(&context.evaluated, &path);
                }
                // A document that was closed just now is one of the workspace's.
                None if context.features.workspace_diagnostics => {
                    let project = context.snapshot.project(Duration::ZERO)?;
                    items = problems::of_closed_file(context, &project, &path)?.map(|report| report.items().to_vec()).unwrap_or_default();
                }
                None => {}
            }
        }
        let result_id = result_id(opening, &items)?;
        let report: lsp::DocumentDiagnosticReport = if params.previous_result_id.as_ref() == Some(&result_id) {
            let unchanged_document_diagnostic_report = lsp::UnchangedDocumentDiagnosticReport { result_id };
            lsp::RelatedUnchangedDocumentDiagnosticReport { related_documents, unchanged_document_diagnostic_report }.into()
        } else {
            let full_document_diagnostic_report = lsp::FullDocumentDiagnosticReport { result_id: Some(result_id), items };
            lsp::RelatedFullDocumentDiagnosticReport { related_documents, full_document_diagnostic_report }.into()
        };
        Ok(report.into())
    }
}

type Related = HashMap<lsp::Uri, lsp::DocumentDiagnosticReportKind>;

/// Other open documents of which evaluation has found something else since the client was told.
fn related(context: &ReadContext, path: &Path) -> Result<Option<Related>, RequestError> {
    if !context.features.related_documents {
        return Ok(None);
    }
    let mut found = HashMap::new();
    for other in context.told.outdated(&context.evaluated, path) {
        let Some(document) = context.documents.get(&other) else { continue };
        let items = diagnostics::of_document(context, &other, document)?;
        let result_id = Some(result_id(document.opening, &items)?);
        found.insert(document.uri.clone(), lsp::FullDocumentDiagnosticReport { result_id, items }.into());
        context.told.tell(&context.evaluated, &other);
    }
    Ok((!found.is_empty()).then_some(found))
}

/// The same for the same diagnostics of a document that stayed open, and so unchanged where they are, whatever else has changed.
pub fn result_id(opening: u64, items: &[lsp::Diagnostic]) -> Result<String, RequestError> {
    let mut hasher = DefaultHasher::new();
    hasher.write(&answer::json(&items)?);
    Ok(format!("{opening}-{:016x}", hasher.finish()))
}
