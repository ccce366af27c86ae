//! `textDocument/inlayHint`: what is not written and good to know.

use std::time::Duration;

use nival_engine::{Budget, Control};
use nival_ide as ide;
use serde::{Deserialize, Serialize};
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

/// Bindings of fewer lines show their name anyway.
const MIN_LINES: u32 = 25;
/// How long versions of packages are waited for: what is not known by then is known the next time.
const PATIENCE: Duration = Duration::from_millis(200);

pub struct InlayHints;

impl ReadRequest for InlayHints {
    type Lsp = lsp::request::InlayHintRequest;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::InlayHintParams) -> Result<Option<Vec<lsp::InlayHint>>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return Ok(None) };
        let Some(document) = context.documents.get(&path) else { return Ok(None) };
        let wanted = &context.settings.inlay_hints;
        let min_lines = wanted.binding_end_min_lines.unwrap_or(MIN_LINES).max(1);
        let settings = ide::HintSettings {
            binding_end_min_lines: wanted.binding_end.unwrap_or(true).then_some(min_lines),
            parameter_names: wanted.parameter_names.unwrap_or(false),
            package_versions: wanted.package_versions.unwrap_or(false),
        };
        let budget = context.snapshot.config().budget.min(Budget { time: Some(PATIENCE), ..Budget::INTERACTIVE });
        let control = Control::request(context.token.clone(), budget);
        let range = document.text.text_range(params.range, context.encoding);
        let hints = ide::inlay_hints(&context.snapshot, &path, range, settings, &control)?;
        Ok(Some(hints.into_iter().map(|hint| shown(context, document, hint)).collect()))
    }
}

/// What a hint remembers until it is resolved.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HintData {
    pub uri: lsp::Uri,
    pub version: i32,
    kind: String,
}

/// What kinds of hints are called until they are resolved.
const KINDS: [(ide::HintKind, &str); 3] =
    [(ide::HintKind::BindingEnd, "bindingEnd"), (ide::HintKind::Parameter, "parameter"), (ide::HintKind::Version, "version")];

impl HintData {
    pub fn kind(&self) -> ide::HintKind {
        KINDS.iter().find(|(_, name)| *name == self.kind).map_or(ide::HintKind::BindingEnd, |(kind, _)| *kind)
    }

    /// Of a hint of which there is more to be said.
    fn of(document: &crate::document::Document, kind: ide::HintKind) -> Option<serde_json::Value> {
        let (_, name) = KINDS.iter().find(|(of, _)| *of == kind)?;
        serde_json::to_value(HintData { uri: document.uri.clone(), version: document.version, kind: (*name).to_owned() }).ok()
    }
}

fn shown(context: &ReadContext, document: &crate::document::Document, hint: ide::InlayHint) -> lsp::InlayHint {
    let kind = hint.kind;
    let text = match kind {
        ide::HintKind::Parameter => format!("{}:", hint.label),
        ide::HintKind::BindingEnd | ide::HintKind::Version => hint.label,
    };
    // The name behind an end leads to where it begins.
    let label = match hint.target {
        None => lsp::InlayHintLabel::String(text),
        Some(target) => {
            let range = document.text.range(target, context.encoding);
            let location = Some(lsp::Location { uri: document.uri.clone(), range });
            lsp::InlayHintLabel::LabelParts(vec![lsp::InlayHintLabelPart { value: text, location, ..lsp::InlayHintLabelPart::default() }])
        }
    };
    lsp::InlayHint {
        position: document.text.position(hint.offset, context.encoding),
        label,
        kind: (kind == ide::HintKind::Parameter).then_some(lsp::InlayHintKind::PARAMETER),
        text_edits: None,
        tooltip: None,
        padding_left: Some(kind != ide::HintKind::Parameter),
        padding_right: Some(kind == ide::HintKind::Parameter),
        data: context.features.inlay_hint_resolve.then(|| HintData::of(document, kind)).flatten(),
    }
}
