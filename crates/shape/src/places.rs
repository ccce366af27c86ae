//! Where things are written, and what a use of a name leads to.

use nival_hir::module::{Expr, Param};
use nival_hir::queries;
use nival_source::Db;
use nival_syntax::TextRange;

use crate::eval::{outer, path_thunk, slot_thunk, whnf, with_lookup};
use crate::set::{self, Lookup, Selected};
use crate::value::*;

/// What the expression of a closure is taken from: the attribute that it selects, the value of the variable that it is.
pub(crate) fn next<'db>(db: &'db dyn Db, closure: Closure<'db>) -> Option<Selected<'db>> {
    let module = queries::module(db, closure.file);
    match *module.exprs.get(closure.expr.0 as usize)? {
        Expr::Get { base, name, .. } => set::select(db, &whnf(db, closure.at(base)), name),
        Expr::Select { base, path, .. } => match path_thunk(db, closure, module, base, path, usize::MAX) {
            Lookup::Found(found) => Some(found),
            Lookup::Missing { .. } => None,
        },
        Expr::WithVar(index) => with_lookup(db, closure, module, module.withs.get(index as usize)?),
        Expr::Local(slot) => variable(db, slot_thunk(db, closure.file, closure.env, slot)?),
        Expr::Outer { depth, slot } => variable(db, slot_thunk(db, closure.file, outer(db, closure.env, depth)?, slot)?),
        _ => None,
    }
}

/// A variable leads to the argument that a formal gets; a name that is bound in the file is found by its scopes.
pub(crate) fn variable<'db>(db: &'db dyn Db, thunk: Thunk<'db>) -> Option<Selected<'db>> {
    let Thunk::Made(made) = thunk else {
        let Thunk::Expr(closure) = thunk else { return None };
        // `let inherit (e) x`
        return match queries::module(db, closure.file).exprs.get(closure.expr.0 as usize)? {
            Expr::Get { .. } | Expr::WithVar(_) => next(db, closure),
            _ => None,
        };
    };
    let MadeKind::Formal { file, env, formal } = made.kind(db) else { return None };
    let frame = env.frame(db);
    let module = queries::module(db, *file);
    let formal = crate::apply::pattern(module, frame.lambda?)?.formals.get(*formal as usize)?;
    set::select(db, &whnf(db, *frame.args.last()?), formal.name)
}

/// Where a place is in the present text of its file.
pub fn place_range(db: &dyn Db, place: Place) -> TextRange {
    let map = queries::source_map(db, place.file);
    let params = |lambda: u32| queries::module(db, place.file).lambdas.get(lambda as usize).map_or(0, |lit| lit.params.len());
    match place.kind {
        PlaceKind::File => TextRange::default(),
        PlaceKind::Attr { set, attr } => map.attr(set, attr).name,
        PlaceKind::Formal { lambda, formal } => map.formal_range(lambda, params(lambda), formal),
        PlaceKind::Param { lambda, index } => map.param_range(lambda, index),
        PlaceKind::Expr(expr) => map.expr_range(nival_hir::module::ExprId(expr)),
    }
}

/// The parameters of a function that are not given yet.
pub(crate) fn params<'db>(db: &'db dyn Db, function: &Function<'db>) -> Option<(nival_source::SourceFile, u32, &'db [Param])> {
    let FunctionKind::Lambda { file, lambda, .. } = function.kind else { return None };
    let lit = queries::module(db, file).lambdas.get(lambda as usize)?;
    Some((file, lambda, lit.params.get(function.args.len()..)?))
}
