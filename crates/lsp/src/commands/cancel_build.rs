//! `nival.cancelBuild`: stops the build with the given progress token, or all of them.

use crate::answer::RequestError;
use crate::state::State;

/// How many builds were stopped.
pub fn run(state: &State, arguments: &[serde_json::Value]) -> Result<serde_json::Value, RequestError> {
    let wanted = arguments.first().and_then(|token| token.as_str());
    let stopped =
        state.builds.iter().filter(|(token, _)| wanted.is_none_or(|wanted| wanted == *token)).map(|(_, build)| build.cancel()).count();
    Ok(serde_json::json!({ "cancelled": stopped }))
}
