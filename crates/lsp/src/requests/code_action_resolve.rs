//! `codeAction/resolve`: what an action changes.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::code_action::ActionData;
use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;
use crate::workspace_edit::workspace_edit;

pub struct CodeActionResolve;

impl ReadRequest for CodeActionResolve {
    type Lsp = lsp::request::CodeActionResolveRequest;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, mut action: lsp::CodeAction) -> Result<lsp::CodeAction, RequestError> {
        // One that only opens a page, or that cannot be taken.
        let Some(data) = action.data.clone() else { return Ok(action) };
        let data: ActionData = serde_json::from_value(data).map_err(|error| RequestError::InvalidParams(error.to_string()))?;
        let path = convert::path(&data.uri).ok_or_else(|| RequestError::InvalidParams(format!("{} is not a file", data.uri.as_str())))?;
        let document = context.documents.get(&path);
        if document.is_none_or(|document| document.version != data.version) {
            return Err(RequestError::Stale);
        }
        if data.start > data.end {
            return Err(RequestError::InvalidParams("the selection ends before it starts".to_owned()));
        }
        let range = ide::TextRange::new(data.start.into(), data.end.into());
        // The kinds only filter: the action was offered under one of them.
        let query = ide::ActionQuery { path: &path.into(), range, kinds: &ide::ActionKind::ALL, explicit: data.explicit };
        let id = ide::ActionId { name: data.name, index: data.index };
        let change = ide::resolve_action(&context.snapshot, &query, &id)?;
        let edit = change.and_then(|change| workspace_edit(context, &change));
        action.edit = Some(edit.ok_or_else(|| RequestError::failed(format!("{}: this is not possible here any more", action.title)))?);
        Ok(action)
    }
}
