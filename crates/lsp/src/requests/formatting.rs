//! `textDocument/formatting`: the whole document, by the built-in formatter or the program that the user chose.

use std::path::Path;

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::encoding::Text;
use crate::pool::Intent;

pub struct Formatting;

impl ReadRequest for Formatting {
    type Lsp = lsp::request::Formatting;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::DocumentFormattingParams) -> Result<Option<Vec<lsp::TextEdit>>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return Ok(None) };
        let Some(text) = context.text(&path) else { return Ok(None) };
        let command = context.settings.formatting.command.as_deref().unwrap_or_default();
        let edits = match command.split_first() {
            Some((program, arguments)) if ide::may_run_programs(&context.snapshot) => {
                match ide::format_with(program, arguments, text.text(), folder(&path), &context.token) {
                    Ok(edits) => edits,
                    Err(error) => {
                        context.client.show(lsp::MessageType::WARNING, format!("nival: formatting with {program}: {error}"));
                        return Ok(None);
                    }
                }
            }
            _ => {
                let found = ide::format_document(text.text(), &context.settings.formatting.options(), &context.token);
                if found == Err(ide::FormatError::Cancelled) {
                    return Err(RequestError::Cancelled);
                }
                let Some(edits) = edits_or_log(context, found) else { return Ok(None) };
                edits
            }
        };
        Ok(Some(to_lsp(context, &text, edits)))
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// What a formatter found; a text with errors has its diagnostics and needs no other message.
pub fn edits_or_log(
    context: &ReadContext,
    found: Result<Vec<ide::formatting::TextEdit>, ide::FormatError>,
) -> Option<Vec<ide::formatting::TextEdit>> {
    match found {
        Ok(edits) => Some(edits),
        Err(ide::FormatError::Syntax(_)) => None,
        Err(error) => {
            context.client.log(lsp::MessageType::WARNING, error.to_string());
            None
        }
    }
}

pub fn to_lsp(context: &ReadContext, text: &Text, edits: Vec<ide::formatting::TextEdit>) -> Vec<lsp::TextEdit> {
    let mut range = text.ranges(context.encoding);
    edits.into_iter().map(|edit| lsp::TextEdit { range: range(edit.range), new_text: edit.insert }).collect()
}
