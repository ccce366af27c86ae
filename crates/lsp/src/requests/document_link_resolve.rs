//! `documentLink/resolve`: which file a path means.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::document_link::LinkData;
use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct DocumentLinkResolve;

impl ReadRequest for DocumentLinkResolve {
    type Lsp = lsp::request::DocumentLinkResolve;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, mut link: lsp::DocumentLink) -> Result<lsp::DocumentLink, RequestError> {
        let Some(data) = link.data.clone() else { return Ok(link) };
        let data: LinkData = serde_json::from_value(data).map_err(|error| RequestError::InvalidParams(error.to_string()))?;
        let Some(path) = convert::path(&data.uri) else { return Ok(link) };
        let to = if data.search { ide::LinkTo::SearchPath(data.text) } else { ide::LinkTo::Path(data.text) };
        if let Some(target) = ide::link_target(&context.snapshot, &path, &to)? {
            link.target = convert::uri(context, &target);
        }
        Ok(link)
    }
}
