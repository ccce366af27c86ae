//! `textDocument/didChange`: incremental edits.

use tower_lsp_server::ls_types::{DidChangeTextDocumentParams, MessageType, notification};

use super::Heeded;
use crate::convert;
use crate::state::State;

pub struct DidChange;

impl Heeded for DidChange {
    type Lsp = notification::DidChangeTextDocument;

    fn run(state: &mut State, params: DidChangeTextDocumentParams) {
        let Some(path) = convert::path(&params.text_document.uri) else { return };
        let encoding = state.encoding;
        let Some(document) = state.documents.get_mut(&path) else {
            state.client.log(MessageType::ERROR, format!("a change of {}, which is not open, is ignored", path.display()));
            return;
        };
        document.edit(params.text_document.version, params.content_changes, encoding);
        let text = document.text.text().clone();
        state.change().set_buffer(&path, text);
        state.document_changed(&path);
    }
}
