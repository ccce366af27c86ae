//! `workspace/didCreateFiles`: files that the client made.

use tower_lsp_server::ls_types::{CreateFilesParams, notification};

use super::Heeded;
use crate::convert;
use crate::state::State;

pub struct DidCreateFiles;

impl Heeded for DidCreateFiles {
    type Lsp = notification::DidCreateFiles;

    fn run(state: &mut State, params: CreateFilesParams) {
        for uri in params.files.iter().map(|file| &file.uri) {
            if let Some(path) = uri.parse().ok().and_then(|uri| convert::path(&uri)) {
                state.disk_changed(&path);
            }
        }
        state.disk_settled();
    }
}
