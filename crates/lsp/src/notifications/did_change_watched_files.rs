//! `workspace/didChangeWatchedFiles`: files that others created, changed or deleted.

use tower_lsp_server::ls_types::{DidChangeWatchedFilesParams, FileChangeType, notification};

use super::Heeded;
use crate::convert;
use crate::state::State;

pub struct DidChangeWatchedFiles;

impl Heeded for DidChangeWatchedFiles {
    type Lsp = notification::DidChangeWatchedFiles;

    fn run(state: &mut State, params: DidChangeWatchedFilesParams) {
        for event in &params.changes {
            if let Some(path) = convert::path(&event.uri) {
                match event.typ {
                    FileChangeType::CHANGED => state.disk_edited(&path),
                    _ => state.disk_changed(&path),
                }
            }
        }
        state.disk_settled();
    }
}
