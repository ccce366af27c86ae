//! `workspace/willDeleteFiles`: lists of modules and overlays do without the files that go.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;
use crate::workspace_edit::workspace_edit;

pub struct WillDeleteFiles;

impl ReadRequest for WillDeleteFiles {
    type Lsp = lsp::request::WillDeleteFiles;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::DeleteFilesParams) -> Result<Option<lsp::WorkspaceEdit>, RequestError> {
        let deleted: Vec<_> = params.files.iter().filter_map(|file| file.uri.parse().ok().and_then(|uri| convert::path(&uri))).collect();
        let change = ide::file_deletes(&context.snapshot, &deleted)?;
        Ok(if change.is_empty() { None } else { workspace_edit(context, &change) })
    }
}
