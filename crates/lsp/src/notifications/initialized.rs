//! `initialized`: ask to hear of files that change on disk, and for the settings.

use serde_json::json;
use tower_lsp_server::ls_types::{InitializedParams, notification};

use super::Heeded;
use crate::settings::SECTIONS;
use crate::state::State;

pub struct Initialized;

impl Heeded for Initialized {
    type Lsp = notification::Initialized;

    fn run(state: &mut State, _: InitializedParams) {
        state.start_indexing();
        if state.features.watched_files_registration {
            // Evaluation may read any file; those in version control's own folder are not among them.
            let watchers = ["**/*.nix", "**/flake.lock", "**/*.{json,toml,sh,patch}"].map(|glob| json!({ "globPattern": glob }));
            let options = json!({ "watchers": watchers });
            let registration = json!({ "id": "nival-files", "method": "workspace/didChangeWatchedFiles", "registerOptions": options });
            state.client.request("client/registerCapability", json!({ "registrations": [registration] }));
        }
        if state.features.configuration_registration {
            let options = json!({ "section": SECTIONS });
            let registration = json!({ "id": "nival-settings", "method": "workspace/didChangeConfiguration", "registerOptions": options });
            state.client.request("client/registerCapability", json!({ "registrations": [registration] }));
        }
        state.pull_configuration();
    }
}
