//! `textDocument/definition`: also across `import` and `callPackage`.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::document::Document;
use crate::pool::Intent;

pub struct Definition;

impl ReadRequest for Definition {
    type Lsp = lsp::request::GotoDefinition;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::GotoDefinitionParams) -> Result<Option<lsp::GotoDefinitionResponse>, RequestError> {
        let Some((document, position)) = convert::position(context, &params.text_document_position_params) else { return Ok(None) };
        let targets = ide::definition(&context.snapshot, &position, &context.interactive())?;
        Ok(Some(self::targets(context, &document, &targets)))
    }
}

/// Places to go to, as the client can take them.
pub fn targets(context: &ReadContext, document: &Document, targets: &[ide::NavigationTarget]) -> lsp::GotoDefinitionResponse {
    if context.features.definition_links {
        let link =
            |target: &ide::NavigationTarget| convert::location_link(context, document.text.range(target.source, context.encoding), target);
        return lsp::GotoDefinitionResponse::Link(targets.iter().filter_map(link).collect());
    }
    let place = |target: &ide::NavigationTarget| ide::FileRange { path: target.full.path.clone(), range: target.focus };
    let locations = targets.iter().filter_map(|target| convert::location(context, &place(target)));
    lsp::GotoDefinitionResponse::Array(locations.collect())
}
