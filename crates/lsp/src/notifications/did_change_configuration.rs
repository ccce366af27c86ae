//! `workspace/didChangeConfiguration`: the client pushes its section `nival`.

use tower_lsp_server::ls_types::{DidChangeConfigurationParams, MessageType, notification};

use super::Heeded;
use crate::settings::Settings;
use crate::state::State;

pub struct DidChangeConfiguration;

impl Heeded for DidChangeConfiguration {
    type Lsp = notification::DidChangeConfiguration;

    fn run(state: &mut State, params: DidChangeConfigurationParams) {
        // An empty message asks the server to fetch what it wants; nothing has changed that it was told of.
        if params.settings.is_null() {
            return;
        }
        // Trust is given once, at the start; a section that does not speak of it does not take it away.
        let read = Settings::from_json(&params.settings).map(|new| Settings { trusted: new.trusted.or(state.settings.trusted), ..new });
        match read {
            Ok(settings) if settings == state.settings => {}
            Ok(settings) => {
                state.configure(settings);
                state.refresh_code_lenses();
            }
            Err(error) => state.client.show(MessageType::WARNING, format!("nival: invalid settings are ignored: {error}")),
        }
    }
}
