//! `workspace/didChangeWorkspaceFolders`.

use tower_lsp_server::ls_types::{DidChangeWorkspaceFoldersParams, notification};

use super::Heeded;
use crate::convert;
use crate::state::State;

pub struct DidChangeWorkspaceFolders;

impl Heeded for DidChangeWorkspaceFolders {
    type Lsp = notification::DidChangeWorkspaceFolders;

    fn run(state: &mut State, params: DidChangeWorkspaceFoldersParams) {
        let removed: Vec<_> = params.event.removed.iter().filter_map(|folder| convert::path(&folder.uri)).collect();
        state.roots.retain(|root| !removed.contains(root));
        for folder in params.event.added.iter().filter_map(|folder| convert::path(&folder.uri)) {
            if !state.roots.contains(&folder) {
                state.roots.push(folder);
            }
        }
        state.configure(state.settings.as_ref().clone());
        if state.features.relative_patterns {
            state.watch_files();
        }
    }
}
