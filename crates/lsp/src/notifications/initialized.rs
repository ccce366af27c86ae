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
        state.watch_files();
        if state.features.configuration_registration {
            let options = json!({ "section": SECTIONS });
            let registration = json!({ "id": "nival-settings", "method": "workspace/didChangeConfiguration", "registerOptions": options });
            state.client.request("client/registerCapability", json!({ "registrations": [registration] }));
        }
        state.pull_configuration();
    }
}
