//! `nival.openPage`: has the client show a page of the web.

use serde_json::{Value, json};

use crate::answer::RequestError;
use crate::state::State;

/// The argument is a URL.
pub fn run(state: &State, arguments: &[Value]) -> Result<(), RequestError> {
    let url = arguments.first().and_then(Value::as_str).filter(|url| url.starts_with("https://"));
    let url = url.ok_or_else(|| RequestError::InvalidParams("the argument is an https URL".to_owned()))?;
    state.client.request("window/showDocument", json!({ "uri": url, "external": true }));
    Ok(())
}
