//! The order in which Nix would meet the errors of a text: first what its parser refuses, then undefined names in the order in
//! which it binds variables, which is not that of the text.

use nival_syntax::TextRange;
use rustc_hash::FxHashMap;

use crate::module::*;
use crate::result::{LowerError, LowerErrorKind};

pub(super) fn sort_errors(module: &Module, ranges: &[TextRange], mut errors: Vec<LowerError>) -> Vec<LowerError> {
    if errors.len() < 2 {
        return errors;
    }
    let undefined = |error: &LowerError| matches!(error.kind, LowerErrorKind::UndefinedVariable(_));
    let ranks =
        if errors.iter().filter(|error| undefined(error)).count() > 1 { binding_order(module, ranges) } else { FxHashMap::default() };
    errors.sort_by_key(|error| {
        let rank = if undefined(error) { ranks.get(&error.range).copied().unwrap_or(u32::MAX) } else { 0 };
        (undefined(error), rank, error.range.start())
    });
    errors
}

/// The number of each undefined name, by its place.
fn binding_order(module: &Module, ranges: &[TextRange]) -> FxHashMap<TextRange, u32> {
    let mut order = FxHashMap::default();
    let mut stack = vec![module.root];
    let mut children = Vec::new();
    while let Some(id) = stack.pop() {
        let Some(expr) = module.exprs.get(id.0 as usize) else { continue };
        if let Expr::Undefined(_) = expr {
            let next = order.len() as u32;
            order.entry(ranges.get(id.0 as usize).copied().unwrap_or_default()).or_insert(next);
        }
        children.clear();
        module.children(id, |child| children.push(child));
        stack.extend(children.iter().rev());
    }
    order
}
