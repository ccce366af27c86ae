//! `textDocument/signatureHelp`: the function that is being called, and which of its parameters comes next.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct SignatureHelp;

impl ReadRequest for SignatureHelp {
    type Lsp = lsp::request::SignatureHelpRequest;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::SignatureHelpParams) -> Result<Option<lsp::SignatureHelp>, RequestError> {
        let Some((_, position)) = convert::position(context, &params.text_document_position_params) else { return Ok(None) };
        let Some(help) = ide::signature_help(&context.snapshot, &position)? else { return Ok(None) };
        // Places in the label are counted in UTF-16.
        let place = |at: usize| help.label.get(..at).map_or(0, |before| before.encode_utf16().count() as u32);
        let documentation = |text: &Option<String>| text.clone().map(|text| lsp::Documentation::MarkupContent(convert::markdown(text)));
        let parameters = help.parameters.iter().map(|parameter| lsp::ParameterInformation {
            label: lsp::ParameterLabel::LabelOffsets([place(parameter.range.start), place(parameter.range.end)]),
            documentation: documentation(&parameter.documentation),
        });
        let active_parameter = help.active.map(|active| active as u32);
        let signature = lsp::SignatureInformation {
            parameters: Some(parameters.collect()),
            documentation: documentation(&help.documentation),
            active_parameter,
            label: help.label.clone(),
        };
        Ok(Some(lsp::SignatureHelp { signatures: vec![signature], active_signature: Some(0), active_parameter }))
    }
}
