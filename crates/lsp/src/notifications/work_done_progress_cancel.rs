//! `window/workDoneProgress/cancel`: the user pressed the cancel button of a build, a request or the index.

use std::sync::PoisonError;

use tower_lsp_server::ls_types::{NumberOrString, WorkDoneProgressCancelParams, notification};

use super::Heeded;
use crate::state::State;

pub struct Cancel;

impl Heeded for Cancel {
    type Lsp = notification::WorkDoneProgressCancel;

    fn run(state: &mut State, params: WorkDoneProgressCancelParams) {
        let token = match params.token {
            NumberOrString::String(token) => token,
            NumberOrString::Number(number) => number.to_string(),
        };
        if token == crate::indexing::TOKEN {
            state.indexing.cancel();
        }
        if let Some(build) = state.builds.get(&token) {
            build.cancel();
        }
        if let Some(request) = state.works.lock().unwrap_or_else(PoisonError::into_inner).get(&token) {
            request.cancel();
        }
        state.drop_cancelled_pulls();
    }
}
