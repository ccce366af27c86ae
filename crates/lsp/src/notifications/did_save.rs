//! `textDocument/didSave`: the disk has changed, which counts for what reads the file from there.

use tower_lsp_server::ls_types::{DidSaveTextDocumentParams, notification};

use super::Heeded;
use crate::convert;
use crate::state::State;

pub struct DidSave;

impl Heeded for DidSave {
    type Lsp = notification::DidSaveTextDocument;

    fn run(state: &mut State, params: DidSaveTextDocumentParams) {
        let Some(path) = convert::path(&params.text_document.uri) else { return };
        state.disk_edited(&path);
        state.disk_settled();
    }
}
