//! Notifications: they run on the main loop, in order, one file each.

mod did_change;
mod did_change_configuration;
mod did_change_watched_files;
mod did_change_workspace_folders;
mod did_close;
mod did_create_files;
mod did_delete_files;
mod did_open;
mod did_rename_files;
mod did_save;
mod initialized;
mod set_trace;
mod work_done_progress_cancel;

use tower_lsp_server::ls_types::MessageType;
use tower_lsp_server::ls_types::notification::Notification;

use crate::state::State;

/// A notification that the server heeds. To add one, imitate `did_save.rs` and name it in [`TABLE`].
pub trait Heeded {
    type Lsp: Notification;

    fn run(state: &mut State, params: <Self::Lsp as Notification>::Params);
}

struct Entry {
    method: &'static str,
    run: fn(&mut State, serde_json::Value) -> Result<(), serde_json::Error>,
}

const fn entry<N: Heeded>() -> Entry {
    Entry {
        method: N::Lsp::METHOD,
        run: |state, params| {
            N::run(state, serde_json::from_value(params)?);
            Ok(())
        },
    }
}

const TABLE: &[Entry] = &[
    entry::<did_change::DidChange>(),
    entry::<did_change_configuration::DidChangeConfiguration>(),
    entry::<did_change_watched_files::DidChangeWatchedFiles>(),
    entry::<did_change_workspace_folders::DidChangeWorkspaceFolders>(),
    entry::<did_close::DidClose>(),
    entry::<did_create_files::DidCreateFiles>(),
    entry::<did_delete_files::DidDeleteFiles>(),
    entry::<did_open::DidOpen>(),
    entry::<did_rename_files::DidRenameFiles>(),
    entry::<did_save::DidSave>(),
    entry::<initialized::Initialized>(),
    entry::<set_trace::SetTrace>(),
    entry::<work_done_progress_cancel::Cancel>(),
];

/// Runs a notification's handler. Unknown notifications are ignored, as the protocol allows.
pub fn dispatch(state: &mut State, method: &str, params: serde_json::Value) {
    let Some(entry) = TABLE.iter().find(|entry| entry.method == method) else { return };
    // A notification without parameters has none at all, where the types expect an object.
    let params = if params.is_null() { serde_json::json!({}) } else { params };
    if let Err(error) = (entry.run)(state, params) {
        state.client.log(MessageType::ERROR, format!("{method} is ignored: {error}"));
    }
}
