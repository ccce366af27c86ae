//! `$/setTrace`: whether the client wants to hear of every answer and how long it took.

use tower_lsp_server::ls_types::{SetTraceParams, notification};

use super::Heeded;
use crate::state::State;

pub struct SetTrace;

impl Heeded for SetTrace {
    type Lsp = notification::SetTrace;

    fn run(state: &mut State, params: SetTraceParams) {
        state.trace = params.value;
    }
}
