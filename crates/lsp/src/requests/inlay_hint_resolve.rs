//! `inlayHint/resolve`: what a hint is about, for who looks at it.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::inlay_hint::HintData;
use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct InlayHintResolve;

impl ReadRequest for InlayHintResolve {
    type Lsp = lsp::request::InlayHintResolveRequest;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, mut hint: lsp::InlayHint) -> Result<lsp::InlayHint, RequestError> {
        // Of a hint without data everything was said.
        let Some(data) = hint.data.clone() else { return Ok(hint) };
        let data: HintData = serde_json::from_value(data).map_err(|error| RequestError::InvalidParams(error.to_string()))?;
        let Some(path) = convert::path(&data.uri) else { return Ok(hint) };
        // The text has changed since: the client will ask for other hints.
        let Some(document) = context.documents.get(&path).filter(|document| document.version == data.version) else { return Ok(hint) };
        let offset = document.text.offset(hint.position, context.encoding);
        let position = ide::FilePosition { path: path.into(), offset };
        let Some(details) = ide::hint_details(&context.snapshot, &position, data.kind(), &context.interactive())? else { return Ok(hint) };
        let location = details.target.as_ref().and_then(|target| convert::location(context, target));
        if let (Some(location), lsp::InlayHintLabel::String(label)) = (location, &hint.label) {
            let part = lsp::InlayHintLabelPart { value: label.clone(), location: Some(location), ..lsp::InlayHintLabelPart::default() };
            hint.label = lsp::InlayHintLabel::LabelParts(vec![part]);
        }
        hint.tooltip = details.documentation.map(|text| lsp::InlayHintTooltip::MarkupContent(convert::markdown(text)));
        Ok(hint)
    }
}
