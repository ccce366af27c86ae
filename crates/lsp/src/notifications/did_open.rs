//! `textDocument/didOpen`: from now on the client has the text, not the disk.

use tower_lsp_server::ls_types::{DidOpenTextDocumentParams, notification};

use super::Heeded;
use crate::convert;
use crate::document::Document;
use crate::state::State;

pub struct DidOpen;

impl Heeded for DidOpen {
    type Lsp = notification::DidOpenTextDocument;

    fn run(state: &mut State, params: DidOpenTextDocumentParams) {
        let item = params.text_document;
        let Some(path) = convert::path(&item.uri) else { return };
        let document = Document::new(item.uri, item.version, item.text);
        state.change().set_buffer(&path, document.text.text().clone());
        state.documents.insert(path.clone(), document);
        state.document_changed(&path);
    }
}
