//! `textDocument/didClose`: the disk has the text again.

use tower_lsp_server::ls_types::{DidCloseTextDocumentParams, notification};

use super::Heeded;
use crate::convert;
use crate::state::State;

pub struct DidClose;

impl Heeded for DidClose {
    type Lsp = notification::DidCloseTextDocument;

    fn run(state: &mut State, params: DidCloseTextDocumentParams) {
        let Some(path) = convert::path(&params.text_document.uri) else { return };
        let Some(document) = state.documents.remove(&path) else { return };
        state.change().close_buffer(&path);
        state.former.forget(&path);
        state.document_closed(&path, document.uri.clone());
    }
}
