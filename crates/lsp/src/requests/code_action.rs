//! `textDocument/codeAction`: quick fixes and refactorings at a selection.

use nival_ide as ide;
use serde::{Deserialize, Serialize};
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::commands;
use crate::convert;
use crate::document::Document;
use crate::pool::Intent;
use crate::workspace_edit::workspace_edit;

/// What an action remembers until it is resolved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionData {
    pub uri: lsp::Uri,
    /// Of the text that the action was offered for: it is not applied to another.
    pub version: i32,
    /// The selection, in bytes.
    pub start: u32,
    pub end: u32,
    pub explicit: bool,
    pub name: String,
    pub index: u32,
}

pub struct CodeActions;

impl ReadRequest for CodeActions {
    type Lsp = lsp::request::CodeActionRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::CodeActionParams) -> Result<Option<lsp::CodeActionResponse>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return Ok(None) };
        let Some(document) = context.documents.get(&path).cloned() else { return Ok(None) };
        if !context.features.code_actions {
            return Ok(None);
        }
        let only = params.context.only.filter(|only| !only.is_empty());
        let known = params.context.diagnostics;
        let kinds = convert::wanted_kinds(only.as_deref());
        let path = path.into();
        let range = document.text.text_range(params.range, context.encoding);
        let query = ide::ActionQuery { path: &path, range, kinds: &kinds, explicit: only.is_some() };
        let mut actions = Vec::new();
        let offered: Vec<_> = if context.features.code_action_resolve {
            ide::code_actions(&context.snapshot, &query)?.into_iter().map(|action| (action, None)).collect()
        } else {
            ide::code_actions_with_changes(&context.snapshot, &query)?
        };
        // Some refactorings are fixes of what is reported here, too: one of the two is enough.
        let fixes: Vec<String> =
            offered.iter().filter(|(action, _)| action.diagnostic.is_some()).map(|(action, _)| action.title.clone()).collect();
        for (action, change) in offered {
            if action.diagnostic.is_none() && fixes.contains(&action.title) {
                continue;
            }
            if action.disabled.is_some() && !context.features.disabled_actions {
                continue;
            }
            let mut shown = lsp::CodeAction {
                title: action.title.clone(),
                kind: Some(convert::action_kind(action.kind)),
                diagnostics: action.diagnostic.as_ref().map(|found| vec![of_client(context, &document, &known, found)]),
                is_preferred: action.preferred.then_some(true),
                disabled: action.disabled.clone().map(|reason| lsp::CodeActionDisabled { reason }),
                ..lsp::CodeAction::default()
            };
            match &action.effect {
                _ if action.disabled.is_some() => {}
                ide::ActionEffect::Open { url } if context.features.show_document => {
                    let arguments = Some(vec![url.as_str().into()]);
                    let command = commands::OPEN_PAGE.to_owned();
                    shown.command = Some(lsp::Command { title: action.title.clone(), command, arguments });
                }
                ide::ActionEffect::Change { operations } if !operations || context.features.edits.create => {
                    if context.features.code_action_resolve {
                        shown.data = serde_json::to_value(ActionData {
                            uri: document.uri.clone(),
                            version: document.version,
                            start: range.start().into(),
                            end: range.end().into(),
                            explicit: query.explicit,
                            name: action.id.name.clone(),
                            index: action.id.index,
                        })
                        .ok();
                    } else {
                        let Some(change) = change else { continue };
                        let Some(edit) = workspace_edit(context, &change) else { continue };
                        shown.edit = Some(edit);
                    }
                }
                _ => continue,
            }
            actions.push(lsp::CodeActionOrCommand::CodeAction(shown));
        }
        Ok(Some(actions))
    }
}

/// A diagnostic as the client has it, which knows it by what it sent along; else as it would be sent now.
fn of_client(context: &ReadContext, document: &Document, known: &[lsp::Diagnostic], found: &ide::Diagnostic) -> lsp::Diagnostic {
    let shown = convert::diagnostic(context, &document.text, found);
    let is_same = |diagnostic: &&lsp::Diagnostic| {
        let data = diagnostic.data.clone().and_then(|data| serde_json::from_value::<convert::DiagnosticData>(data).ok());
        data.is_some_and(|data| data.rule == found.code) && diagnostic.range == shown.range
    };
    known.iter().find(is_same).cloned().unwrap_or(shown)
}
