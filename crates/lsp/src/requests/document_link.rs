//! `textDocument/documentLink`: addresses at once, files when they are wanted.

use nival_ide as ide;
use serde::{Deserialize, Serialize};
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct DocumentLinks;

/// What a link that is not resolved remembers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkData {
    pub uri: lsp::Uri,
    pub text: String,
    /// It stands between `<` and `>`.
    pub search: bool,
}

impl ReadRequest for DocumentLinks {
    type Lsp = lsp::request::DocumentLinkRequest;
    const INTENT: Intent = Intent::Latency;

    fn run(context: &ReadContext, params: lsp::DocumentLinkParams) -> Result<Option<Vec<lsp::DocumentLink>>, RequestError> {
        let uri = params.text_document.uri;
        let Some(path) = convert::path(&uri) else { return Ok(None) };
        let Some(document) = context.documents.get(&path) else { return Ok(None) };
        let mut range = document.text.ranges(context.encoding);
        let links = ide::links(&context.snapshot, &path)?.into_iter().map(|link| {
            let range = range(link.range);
            let (target, data) = match link.to {
                ide::LinkTo::Url(url) => (url.parse().ok(), None),
                ide::LinkTo::Path(text) => (None, Some(LinkData { uri: uri.clone(), text, search: false })),
                ide::LinkTo::SearchPath(text) => (None, Some(LinkData { uri: uri.clone(), text, search: true })),
            };
            let data = data.and_then(|data| serde_json::to_value(data).ok());
            lsp::DocumentLink { range, target, tooltip: None, data }
        });
        // An address that is none is no link.
        Ok(Some(links.filter(|link| link.target.is_some() || link.data.is_some()).collect()))
    }
}
