//! `workspace/willRenameFiles`: paths follow the files that move.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;
use crate::workspace_edit::workspace_edit;

pub struct WillRenameFiles;

impl ReadRequest for WillRenameFiles {
    type Lsp = lsp::request::WillRenameFiles;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::RenameFilesParams) -> Result<Option<lsp::WorkspaceEdit>, RequestError> {
        let path = |uri: &str| uri.parse().ok().and_then(|uri| convert::path(&uri));
        let moves: Vec<_> = params.files.iter().filter_map(|file| Some((path(&file.old_uri)?, path(&file.new_uri)?))).collect();
        let change = ide::file_renames(&context.snapshot, &moves)?;
        Ok(if change.is_empty() { None } else { workspace_edit(context, &change) })
    }
}
