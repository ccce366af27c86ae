//! `textDocument/prepareCallHierarchy`, and the calls to and from an item.

use nival_ide as ide;
use tower_lsp_server::ls_types as lsp;

use super::{ReadContext, ReadRequest};
use crate::answer::RequestError;
use crate::convert;
use crate::pool::Intent;

pub struct Prepare;
pub struct Incoming;
pub struct Outgoing;

fn item(places: &mut convert::Places<'_>, item: &ide::CallItem) -> Option<lsp::CallHierarchyItem> {
    let mut place = |range| places.location(&nival_engine::FileRange { path: item.path.clone(), range: ide::CallItem::text_range(range) });
    let (whole, selection) = (place(item.range)?, place(item.selection)?);
    let kind = match item.kind {
        ide::CallKind::Function => lsp::SymbolKind::FUNCTION,
        ide::CallKind::File => lsp::SymbolKind::FILE,
    };
    let detail = item.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let data = serde_json::to_value((item.range, item.selection)).ok();
    let (name, range, selection_range) = (item.name.clone(), whole.range, selection.range);
    Some(lsp::CallHierarchyItem { name, kind, tags: None, detail, uri: whole.uri, range, selection_range, data })
}

/// The item that the client sends back.
fn known(item: lsp::CallHierarchyItem) -> Result<ide::CallItem, RequestError> {
    let invalid = || RequestError::InvalidParams("the item is none of this server's".to_owned());
    let path = convert::path(&item.uri).ok_or_else(invalid)?;
    let (range, selection) = serde_json::from_value(item.data.unwrap_or_default()).map_err(|_| invalid())?;
    let kind = if item.kind == lsp::SymbolKind::FILE { ide::CallKind::File } else { ide::CallKind::Function };
    Ok(ide::CallItem { kind, name: item.name, path: path.into(), range, selection })
}

/// Places in a file that is open or not.
fn ranges(places: &mut convert::Places<'_>, path: &std::sync::Arc<std::path::Path>, ranges: &[ide::TextRange]) -> Vec<lsp::Range> {
    let place = |&range| Some(places.location(&nival_engine::FileRange { path: path.clone(), range })?.range);
    ranges.iter().filter_map(place).collect()
}

impl ReadRequest for Prepare {
    type Lsp = lsp::request::CallHierarchyPrepare;
    const INTENT: Intent = Intent::Interactive;

    fn run(context: &ReadContext, params: lsp::CallHierarchyPrepareParams) -> Result<Option<Vec<lsp::CallHierarchyItem>>, RequestError> {
        let Some((_, position)) = convert::position(context, &params.text_document_position_params) else { return Ok(None) };
        let found = ide::call_item(&context.snapshot, &position)?;
        Ok(found.and_then(|found| item(&mut convert::Places::new(context), &found)).map(|item| vec![item]))
    }
}

impl ReadRequest for Incoming {
    type Lsp = lsp::request::CallHierarchyIncomingCalls;
    const INTENT: Intent = Intent::Interactive;

    fn run(
        context: &ReadContext,
        params: lsp::CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<lsp::CallHierarchyIncomingCall>>, RequestError> {
        let calls = ide::incoming_calls(&context.snapshot, &known(params.item)?)?;
        let mut places = convert::Places::new(context);
        let call = |call: &ide::Call| {
            let from_ranges = ranges(&mut places, &call.item.path, &call.ranges);
            Some(lsp::CallHierarchyIncomingCall { from: item(&mut places, &call.item)?, from_ranges })
        };
        Ok(Some(calls.iter().filter_map(call).collect()))
    }
}

impl ReadRequest for Outgoing {
    type Lsp = lsp::request::CallHierarchyOutgoingCalls;
    const INTENT: Intent = Intent::Interactive;

    fn run(
        context: &ReadContext,
        params: lsp::CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<lsp::CallHierarchyOutgoingCall>>, RequestError> {
        let caller = known(params.item)?;
        let calls = ide::outgoing_calls(&context.snapshot, &caller)?;
        let mut places = convert::Places::new(context);
        let call = |call: &ide::Call| {
            let from_ranges = ranges(&mut places, &caller.path, &call.ranges);
            Some(lsp::CallHierarchyOutgoingCall { to: item(&mut places, &call.item)?, from_ranges })
        };
        Ok(Some(calls.iter().filter_map(call).collect()))
    }
}
