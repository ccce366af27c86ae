//! `workspace/didChangeConfiguration`: the client pushes its sections, or says that they are to be asked for.

use tower_lsp_server::ls_types::{DidChangeConfigurationParams, notification};

use super::Heeded;
use crate::settings::{Read, Settings};
use crate::state::State;

pub struct DidChangeConfiguration;

impl Heeded for DidChangeConfiguration {
    type Lsp = notification::DidChangeConfiguration;

    fn run(state: &mut State, params: DidChangeConfigurationParams) {
        // Who can be asked is asked: what comes with the message may be parts, or nothing.
        if params.settings.is_null() || state.features.configuration && !Settings::is_mentioned(&params.settings) {
            state.pull_configuration();
            return;
        }
        let Read { settings, problems } = Settings::from_pushed(&state.options, &params.settings);
        state.tell_of_settings(problems);
        state.settings_changed(settings);
    }
}
