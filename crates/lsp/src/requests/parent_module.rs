//! `experimental/parentModule`: the places that reach this file. Other servers for Nix have the same request.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct ParentModule;

pub enum Method {}

impl lsp::request::Request for Method {
    type Params = lsp::TextDocumentPositionParams;
    type Result = Option<Vec<lsp::Location>>;
    const METHOD: &'static str = "experimental/parentModule";
}

impl ReadRequest for ParentModule {
    type Lsp = Method;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::TextDocumentPositionParams) -> Result<Option<Vec<lsp::Location>>, RequestError> {
        let Some(path) = convert::path(&params.text_document.uri) else { return Ok(None) };
        let mut places = convert::Places::new(context);
        let found = ide::reached_by(&context.snapshot, &path)?;
        Ok(Some(found.iter().filter_map(|found| places.location(&found.place)).collect()))
    }
}
