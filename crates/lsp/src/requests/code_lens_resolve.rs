//! `codeLens/resolve`: the title of a lens, which says whether the store has the output, and its command.

use tower_lsp_server::ls_types as lsp;

use super::code_lens::LensData;
use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::commands;
use crate::pool::Intent;

pub struct CodeLensResolve;

impl ReadRequest for CodeLensResolve {
    type Lsp = lsp::request::CodeLensResolve;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, mut lens: lsp::CodeLens) -> Result<lsp::CodeLens, RequestError> {
        let data = lens.data.clone().unwrap_or_default();
        let data: LensData = serde_json::from_value(data).map_err(|error| RequestError::InvalidParams(error.to_string()))?;
        let title = match data.command.as_str() {
            commands::BUILD => format!("Build {}", data.name),
            _ => {
                let valid = data
                    .out_path
                    .as_ref()
                    .and_then(|path| context.snapshot.session().inspect(path).ok())
                    .is_some_and(|details| details.valid);
                if valid { "Inspect (built)".to_owned() } else { "Inspect".to_owned() }
            }
        };
        lens.command = Some(data.command(title));
        Ok(lens)
    }
}
