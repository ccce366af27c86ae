//! Functions and their arguments.

use std::sync::Arc;

use nival_hir::module::{Module, Param, Pattern};
use nival_hir::queries;
use nival_source::{Db, SourceFile};
use nival_syntax::Name;

use crate::eval::{MAX_DEPTH, one_of, whnf};
use crate::set::{self, Lookup};
use crate::value::*;
use crate::{builtins, models, nixpkgs};

/// The pattern of a function, if it has one.
pub(crate) fn pattern(module: &Module, lambda: u32) -> Option<&Pattern> {
    match module.lambdas.get(lambda as usize)?.params.last()? {
        Param::Pattern(pattern) => Some(pattern),
        Param::Name(..) => None,
    }
}

/// What a function gives for one more argument.
pub(crate) fn apply<'db>(db: &'db dyn Db, function: &Value<'db>, arg: Thunk<'db>) -> Value<'db> {
    let value = match &function.shape {
        Shape::Function(callee) => call(db, callee, arg),
        Shape::Set(_) => match set::select(db, function, Name::new(b"__functor")) {
            Some(functor) => {
                let made = whnf(db, functor.value).if_sure(functor.sure);
                let itself = thunk_of(db, function);
                let bound = match itself {
                    Some(itself) => apply(db, &made, itself),
                    None => Value::unknown(),
                };
                apply(db, &bound, arg)
            }
            None => Value::unknown(),
        },
        Shape::OneOf(shapes) => {
            let results =
                shapes.iter().filter(|shape| matches!(shape, Shape::Function(_) | Shape::Set(_) | Shape::Unknown)).map(
                    |shape| match shape {
                        Shape::Function(callee) => call(db, callee, arg),
                        _ => Value::unknown(),
                    },
                );
            one_of(db, results.collect::<Vec<_>>())
        }
        Shape::Never => Value::sure(Shape::Never),
        _ => Value::unknown(),
    };
    value.if_sure(function.sure)
}

/// A set as something that can be handed on: what is known of it, attribute by attribute.
fn thunk_of<'db>(db: &'db dyn Db, value: &Value<'db>) -> Option<Thunk<'db>> {
    let Shape::Set(set) = &value.shape else { return None };
    let (names, closed) = set::names(db, value);
    if names.len() > 64 || !closed && set.layers.len() > 8 {
        return None;
    }
    let attr = |(name, place)| Some(Attr { name, value: set::select(db, value, name)?.value, place });
    let mut attrs: Vec<Attr<'db>> = names.into_iter().filter_map(attr).collect();
    attrs.sort_by_key(|attr| attr.name);
    Some(Thunk::Made(Made::new(db, MadeKind::Set(attrs.into()))))
}

fn call<'db>(db: &'db dyn Db, function: &Function<'db>, arg: Thunk<'db>) -> Value<'db> {
    let mut args: Vec<Thunk<'db>> = function.args.to_vec();
    args.push(arg);
    let partial = |args: Vec<Thunk<'db>>| Value::sure(Shape::Function(Function { kind: function.kind, args: args.into() }));
    match function.kind {
        FunctionKind::Lambda { file, lambda, env } => {
            let module = queries::module(db, file);
            let Some(lit) = module.lambdas.get(lambda as usize) else { return Value::unknown() };
            if let Some(value) = nixpkgs::known_call(db, file, lambda, &args) {
                return value;
            }
            if args.len() < lit.params.len() {
                return partial(args);
            }
            let depth = 1 + args.iter().map(|&arg| depth_of(db, arg, 4)).chain([env.frame(db).depth]).max().unwrap_or(0);
            if depth > MAX_DEPTH {
                return Value { sure: false, ..Value::unknown() };
            }
            let env = Env::new(db, Frame { lambda: Some(lambda), args: args.into(), parent: Some(env), depth });
            whnf(db, Thunk::Expr(Closure { file, expr: lit.body, env }))
        }
        FunctionKind::Builtin(name) => match builtins::arity(name) {
            Some(arity) if args.len() < arity => partial(args),
            _ => builtins::call(db, name, &args),
        },
        FunctionKind::Model(model) => {
            if args.len() < models::arity(model) {
                return partial(args);
            }
            models::call(db, model, &args)
        }
        FunctionKind::Any => Value::unknown(),
    }
}

fn depth_of<'db>(db: &'db dyn Db, thunk: Thunk<'db>, most: u32) -> u32 {
    match thunk {
        Thunk::Expr(closure) => closure.env.frame(db).depth,
        Thunk::Made(made) if most > 0 => match made.kind(db) {
            MadeKind::Apply { function, arg } => 1 + depth_of(db, *function, most - 1).max(depth_of(db, *arg, most - 1)),
            MadeKind::Attr { base, .. } => 1 + depth_of(db, *base, most - 1),
            MadeKind::Update { lhs, rhs } => 1 + depth_of(db, *lhs, most - 1).max(depth_of(db, *rhs, most - 1)),
            MadeKind::Formal { env, .. } => env.frame(db).depth,
            _ => 1,
        },
        _ => 0,
    }
}

/// The value of a formal in a call.
pub(crate) fn formal<'db>(db: &'db dyn Db, file: SourceFile, env: Env<'db>, index: u32) -> Value<'db> {
    let frame = env.frame(db);
    let module = queries::module(db, file);
    let Some(formal) = frame.lambda.and_then(|lambda| pattern(module, lambda)).and_then(|p| p.formals.get(index as usize)) else {
        return Value::unknown();
    };
    let default = formal.default.map(|expr| Thunk::Expr(Closure { file, expr, env }));
    let argument = frame.args.last().map_or_else(Value::unknown, |&argument| whnf(db, argument));
    match (set::lookup(db, &argument, formal.name), default) {
        (Lookup::Found(found), None) => whnf(db, found.value).if_sure(found.sure),
        (Lookup::Found(found), Some(default)) => {
            let value = whnf(db, found.value).if_sure(found.sure);
            if found.firm { value } else { one_of(db, [value, whnf(db, default)]) }
        }
        (Lookup::Missing { sure: true }, Some(default)) => whnf(db, default),
        (Lookup::Missing { sure: false }, Some(default)) => match whnf(db, default) {
            // An argument is most often what the default is; `null` says only that there may be none.
            Value { shape: Shape::Null | Shape::Never, .. } => Value { sure: false, ..Value::unknown() },
            value => Value { sure: false, shape: forget(value.shape) },
        },
        (Lookup::Missing { .. }, None) => Value { sure: false, ..Value::unknown() },
    }
}

/// A default says what kind of value is wanted.
fn forget(shape: Shape<'_>) -> Shape<'_> {
    match shape {
        Shape::Bool(_) => Shape::Bool(None),
        Shape::Int(_) => Shape::Int(None),
        Shape::Str(_) => Shape::Str(None),
        Shape::List(_) => Shape::List(None),
        Shape::Set(set) if set.layers.is_empty() => Shape::Set(Set::open()),
        Shape::Set(set) => {
            let open: Arc<[Layer<'_>]> = std::iter::once(Layer::Open).chain(set.layers.iter().cloned()).collect();
            Shape::Set(Set { layers: open, derivation: set.derivation })
        }
        other => other,
    }
}
