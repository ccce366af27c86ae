//! `initialize`: agree on an encoding, learn the workspace and the settings.

use tower_lsp_server::ls_types::InitializeParams;

use crate::answer::RequestError;
use crate::capabilities::{ClientFeatures, offered};
use crate::convert;
use crate::encoding::Encoding;
use crate::settings::{Read, Settings};
use crate::state::State;
use crate::watch::watch_client;

/// Runs on the main loop, once.
pub fn initialize(state: &mut State, params: serde_json::Value) -> Result<serde_json::Value, RequestError> {
    let raw = params.get("capabilities").cloned().unwrap_or_default();
    let params: InitializeParams = serde_json::from_value(params).map_err(|error| RequestError::InvalidParams(error.to_string()))?;
    state.features = ClientFeatures::new(&params.capabilities, &raw, params.client_info.as_ref().map(|client| client.name.as_str()));
    let encodings = params.capabilities.general.as_ref().and_then(|general| general.position_encodings.as_deref());
    state.encoding = Encoding::negotiate(encodings);
    #[allow(deprecated, reason = "clients without workspace folders still send it")]
    let root = params.root_uri.as_ref().and_then(convert::path);
    let folders = params.workspace_folders.unwrap_or_default();
    state.roots = folders.iter().filter_map(|folder| convert::path(&folder.uri)).collect();
    if state.roots.is_empty() {
        state.roots.extend(root);
    }
    state.trace = params.trace.unwrap_or_default();
    state.options = params.initialization_options.unwrap_or_default();
    let Read { settings, problems } = Settings::from_json(&state.options);
    state.tell_of_settings(problems);
    state.configure(settings);
    state.flush();
    if let Some(process) = params.process_id {
        watch_client(process, state.events.clone());
    }
    state.initialized = true;
    Ok(serde_json::json!({
        "capabilities": offered(state.encoding, &state.features),
        "serverInfo": { "name": "nival", "version": state.version },
    }))
}
