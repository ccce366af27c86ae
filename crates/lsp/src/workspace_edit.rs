//! A [`SourceChange`] as the client can apply it.

use std::collections::HashMap;
use std::path::Path;

use nival_ide::{FileOperation, SourceChange, TextRange, TextSize};
use tower_lsp_server::ls_types as lsp;

use crate::capabilities::EditFeatures;
use crate::convert;
use crate::encoding::Text;
use crate::requests::ReadContext;

/// Whether the client can do what the change needs.
pub fn can_apply(features: EditFeatures, change: &SourceChange) -> bool {
    change.operations().iter().all(|operation| match operation {
        FileOperation::Create { .. } => features.create,
        FileOperation::Rename { .. } => features.rename,
        FileOperation::Delete { .. } => features.delete,
    })
}

/// The change in the client's terms: with the versions of open documents where it checks them. `None` where it cannot apply it, or a
/// file cannot be read.
pub fn workspace_edit(context: &ReadContext, change: &SourceChange) -> Option<lsp::WorkspaceEdit> {
    if !can_apply(context.features.edits, change) {
        return None;
    }
    let mut files = Vec::new();
    for (path, edits) in change.edits() {
        let text = context.text(path)?;
        // The text is looked through once, and only where it matters.
        let crlf = edits.iter().any(|edit| edit.insert.contains('\n')) && text.text().contains("\r\n");
        files.push((path, edits.iter().map(|edit| text_edit(context, &text, crlf, edit.range, &edit.insert)).collect::<Vec<_>>()));
    }
    if !context.features.edits.versions {
        let changes =
            files.into_iter().map(|(path, edits)| Some((convert::uri(context, path)?, edits))).collect::<Option<HashMap<_, _>>>()?;
        return Some(lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() });
    }
    let mut all = Vec::new();
    for (path, edits) in files {
        let version = context.documents.get(path).map(|document| document.version);
        all.push(lsp::DocumentChangeOperation::Edit(document_edit(convert::uri(context, path)?, version, edits)));
    }
    for operation in change.operations() {
        operate(context, operation, &mut all)?;
    }
    Some(lsp::WorkspaceEdit { document_changes: Some(lsp::DocumentChanges::Operations(all)), ..lsp::WorkspaceEdit::default() })
}

/// One edit. Lines end as those of the text do: `crlf` says whether that is with two characters.
fn text_edit(context: &ReadContext, text: &Text, crlf: bool, range: TextRange, insert: &str) -> lsp::TextEdit {
    let new_text = if crlf { insert.replace("\r\n", "\n").replace('\n', "\r\n") } else { insert.to_owned() };
    lsp::TextEdit { range: text.range(range, context.encoding), new_text }
}

fn document_edit(uri: lsp::Uri, version: Option<i32>, edits: Vec<lsp::TextEdit>) -> lsp::TextDocumentEdit {
    lsp::TextDocumentEdit {
        text_document: lsp::OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.into_iter().map(lsp::OneOf::Left).collect(),
    }
}

fn operate(context: &ReadContext, operation: &FileOperation, all: &mut Vec<lsp::DocumentChangeOperation>) -> Option<()> {
    let uri = |path: &Path| convert::uri(context, path);
    let add = |all: &mut Vec<_>, operation| all.push(lsp::DocumentChangeOperation::Op(operation));
    match operation {
        FileOperation::Create { path, text } => {
            let options = lsp::CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(false) };
            add(all, lsp::ResourceOp::Create(lsp::CreateFile { uri: uri(path)?, options: Some(options), annotation_id: None }));
            let empty = Text::new("");
            let start = TextRange::empty(TextSize::new(0));
            let edit = document_edit(uri(path)?, None, vec![text_edit(context, &empty, false, start, text)]);
            all.push(lsp::DocumentChangeOperation::Edit(edit));
        }
        FileOperation::Rename { from, to } => {
            let options = lsp::RenameFileOptions { overwrite: Some(false), ignore_if_exists: Some(false) };
            let rename = lsp::RenameFile { old_uri: uri(from)?, new_uri: uri(to)?, options: Some(options), annotation_id: None };
            add(all, lsp::ResourceOp::Rename(rename));
        }
        FileOperation::Delete { path } => {
            let options = lsp::DeleteFileOptions { recursive: Some(false), ignore_if_not_exists: Some(true) };
            add(all, lsp::ResourceOp::Delete(lsp::DeleteFile { uri: uri(path)?, options: Some(options), annotation_id: None }));
        }
    }
    Some(())
}
