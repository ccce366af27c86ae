//! Names of a `with` that a binding outside hides.

use nival_hir::module::{Expr, ExprId, Module};
use nival_hir::scopes::{BindingKind, Scope, ScopeId, ScopeKind, Target};
use rustc_hash::FxHashSet;

use super::Context;
use crate::rules::names::WITH_SHADOWED;

/// Each is looked through for itself, and they may lie inside each other.
const MAX_WITHS: usize = 100;

/// Uses of a binding from outside of a `with` whose set has the name for certain.
pub(super) fn shadowed(context: &mut Context<'_>) {
    let (scopes, module) = (context.scopes(), &*context.lowered.module);
    let known: Vec<(&Scope, ScopeId, Vec<&[u8]>)> = scopes
        .scopes()
        .filter_map(|(id, scope)| match scope.kind {
            ScopeKind::With { namespace } => Some((scope, id, provided(module, namespace)?)),
            _ => None,
        })
        .take(MAX_WITHS)
        .collect();
    let mut reported = FxHashSet::default();
    for (scope, with, provided) in known {
        let references = scopes.references();
        let first = references.partition_point(|reference| reference.range.start() < scope.range.start());
        let inside = references.iter().skip(first).take_while(|reference| reference.range.start() < scope.range.end());
        for reference in inside {
            let Target::Binding(id) = reference.target else { continue };
            let Some(binding) = scopes.binding(id) else { continue };
            // Bound outside of the `with`, which is a scope of its own and comes after those around it.
            if binding.kind == BindingKind::Extra || binding.scope >= with || !encloses(context, binding.scope, with) {
                continue;
            }
            if provided.binary_search(&reference.name.as_bytes()).is_ok()
                && in_body(context, scope, reference.range)
                && reported.insert(reference.range)
            {
                let name = nival_hir::quoted(reference.name.as_bytes());
                let message = format!("'{name}' is the binding outside of this `with`, not the attribute of its set");
                let diagnostic = context.report(&WITH_SHADOWED, reference.range, message);
                *diagnostic = diagnostic.clone().related(binding.range, "bound here");
            }
        }
    }
}

fn encloses(context: &Context<'_>, outer: ScopeId, inner: ScopeId) -> bool {
    let scopes = context.scopes();
    std::iter::successors(Some(inner), |id| scopes.scope(*id)?.parent).any(|id| id == outer)
}

/// Whether a place is in the body of a `with` and not in its set.
fn in_body(context: &Context<'_>, scope: &Scope, place: nival_syntax::TextRange) -> bool {
    match scope.kind {
        ScopeKind::With { namespace } => !context.lowered.source_map.expr_range(namespace).contains_range(place),
        _ => false,
    }
}

/// The names of a set that is written down. (Those of `builtins` are known, too, but nobody expects them to win over an argument.)
fn provided(module: &Module, namespace: ExprId) -> Option<Vec<&[u8]>> {
    let Expr::Attrs(index) = module.exprs.get(namespace.0 as usize)? else { return None };
    let set = module.attrsets.get(*index as usize)?;
    let mut names: Vec<&[u8]> = set.attrs.iter().map(|attr| attr.name.as_bytes()).collect();
    names.sort_unstable();
    Some(names)
}
