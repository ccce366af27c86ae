//! `workspace/didDeleteFiles`: files that the client deleted.

use tower_lsp_server::ls_types::{DeleteFilesParams, notification};

use super::Heeded;
use crate::convert;
use crate::state::State;

pub struct DidDeleteFiles;

impl Heeded for DidDeleteFiles {
    type Lsp = notification::DidDeleteFiles;

    fn run(state: &mut State, params: DeleteFilesParams) {
        for uri in params.files.iter().map(|file| &file.uri) {
            if let Some(path) = uri.parse().ok().and_then(|uri| convert::path(&uri)) {
                state.disk_changed(&path);
            }
        }
        state.disk_settled();
    }
}
