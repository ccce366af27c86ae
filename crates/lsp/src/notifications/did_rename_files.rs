//! `workspace/didRenameFiles`: files that the client moved.

use tower_lsp_server::ls_types::{RenameFilesParams, notification};

use super::Heeded;
use crate::convert;
use crate::state::State;

pub struct DidRenameFiles;

impl Heeded for DidRenameFiles {
    type Lsp = notification::DidRenameFiles;

    fn run(state: &mut State, params: RenameFilesParams) {
        for uri in params.files.iter().flat_map(|file| [&file.old_uri, &file.new_uri]) {
            if let Some(path) = uri.parse().ok().and_then(|uri| convert::path(&uri)) {
                state.disk_changed(&path);
            }
        }
        state.disk_settled();
    }
}
