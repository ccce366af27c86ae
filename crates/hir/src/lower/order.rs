//! The order in which Nix would meet the errors of a text: first what its parser refuses, then undefined names in the order in
//! which it binds variables, which is not that of the text.

use nival_syntax::TextRange;
use rustc_hash::FxHashMap;

use crate::module::*;
use crate::result::{LowerError, LowerErrorKind};

use super::Met;
use super::names::LocalNames;

pub(super) fn sort_errors(module: &Module, ranges: &[TextRange], names: &LocalNames<'_>, mut met: Vec<Met>) -> Vec<LowerError> {
    if met.len() > 1 {
        let undefined = |met: &Met| matches!(met.error.kind, LowerErrorKind::UndefinedVariable(_));
        let several = met.iter().filter(|met| undefined(met)).count() > 1;
        let ranks = if several { binding_order(module, ranges, names) } else { FxHashMap::default() };
        met.sort_by_key(|met| {
            let rank = if undefined(met) { ranks.get(&met.error.range).copied().unwrap_or(u32::MAX) } else { 0 };
            // Of functions that end at the same place, Nix's parser finishes the inner one first.
            let start = i64::from(u32::from(met.error.range.start()));
            let inner_first = matches!(met.error.kind, LowerErrorKind::DuplicateFormal { .. });
            (undefined(met), rank, met.at, if inner_first { -start } else { start })
        });
    }
    met.into_iter().map(|met| met.error).collect()
}

/// The number of each undefined name, by its place. Nix binds the attributes of a set by the age of their names: those of
/// builtins are as old as the process, others are made as its parser meets them.
fn binding_order(module: &Module, ranges: &[TextRange], names: &LocalNames<'_>) -> FxHashMap<TextRange, u32> {
    let ages = names.ages();
    let age = |attr: &AttrDef| (crate::globals::global(attr.name.as_bytes()).is_none(), ages.get(&attr.name).copied());
    let mut order = FxHashMap::default();
    let mut stack = vec![module.root];
    let mut children = Vec::new();
    while let Some(id) = stack.pop() {
        let Some(&expr) = module.exprs.get(id.0 as usize) else { continue };
        children.clear();
        match expr {
            Expr::Undefined(_) => {
                let next = order.len() as u32;
                order.entry(ranges.get(id.0 as usize).copied().unwrap_or_default()).or_insert(next);
            }
            Expr::Attrs(index) if let Some(set) = module.attrsets.get(index as usize) => {
                let mut attrs: Vec<&AttrDef> = set.attrs.iter().collect();
                attrs.sort_by_key(|attr| age(attr));
                children.extend(set.sources.iter().map(|source| source.1));
                children.extend(attrs.iter().map(|attr| attr.value));
                children.extend(set.dynamic.iter().flat_map(|dynamic| [dynamic.name, dynamic.value]));
            }
            _ => module.children(id, |child| children.push(child)),
        }
        stack.extend(children.iter().rev());
    }
    order
}
