//! `textDocument/codeLens`: Build and Inspect on each attribute that is a derivation.

use nival_ide as ide;
use serde::{Deserialize, Serialize};
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::commands;
use crate::convert;
use crate::pool::Intent;

/// What a lens remembers until it is resolved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LensData {
    pub command: String,
    pub uri: lsp::Uri,
    pub attr_path: String,
    pub name: String,
    pub out_path: Option<String>,
}

impl LensData {
    pub fn command(&self, title: String) -> lsp::Command {
        let arguments = vec![self.uri.as_str().into(), self.attr_path.clone().into()];
        lsp::Command { title, command: self.command.clone(), arguments: Some(arguments) }
    }
}

pub struct CodeLens;

impl ReadRequest for CodeLens {
    type Lsp = lsp::request::CodeLensRequest;
    const INTENT: Intent = Intent::Background;

    fn run(context: &ReadContext, params: lsp::CodeLensParams) -> Result<Option<Vec<lsp::CodeLens>>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return Ok(None) };
        let Some(document) = context.documents.get(&path) else { return Ok(None) };
        let found = ide::code_lenses(&context.snapshot, &path, &context.background())?;
        let mut lenses = Vec::with_capacity(found.len() * 2);
        for lens in found {
            let range = document.text.range(lens.range, context.encoding);
            let uri = if lens.target.file == path { Some(document.uri.clone()) } else { convert::uri(context, &lens.target.file) };
            let Some(uri) = uri else { continue };
            for command in [commands::BUILD, commands::INSPECT] {
                let data = LensData {
                    command: command.to_owned(),
                    uri: uri.clone(),
                    attr_path: lens.target.attr_path.clone(),
                    name: lens.name.clone(),
                    out_path: lens.out_path.clone(),
                };
                // What needs no look into the store is shown at once.
                let command = (data.command == commands::BUILD).then(|| data.command(format!("Build {}", data.name)));
                lenses.push(lsp::CodeLens { range, command, data: serde_json::to_value(data).ok() });
            }
        }
        Ok(Some(lenses))
    }
}
