//! What the value of an expression is, as far as it can be told without running anything that could go on for long.

use std::sync::Arc;

use nival_hir::globals::GLOBALS;
use nival_hir::module::{AttrName, BinaryOp, Const, Expr, ExprId, ExprRef, Module, Slot, WithVar};
use nival_hir::queries;
use nival_source::{Db, SourceFile};
use nival_syntax::Name;

use crate::apply::apply;
use crate::builtins;
use crate::files;
use crate::frames::{SlotDef, frames};
use crate::fuel;
use crate::models;
use crate::set::{self, Selected};
use crate::value::*;

/// Calls within calls that are followed.
pub(crate) const MAX_DEPTH: u32 = 120;

/// How many alternatives of a value are kept apart.
const MAX_ALTERNATIVES: usize = 6;

/// The code of a file that the query which runs has asked for already.
type Near<'db> = (SourceFile, &'db Arc<Module>);

/// What is known of a value.
pub(crate) fn whnf<'db>(db: &'db dyn Db, thunk: Thunk<'db>) -> Value<'db> {
    whnf_near(db, thunk, None)
}

/// As [`whnf`]. Asking for a module is a good part of the work of a step, so that it is asked for once for each file.
fn whnf_near<'db>(db: &'db dyn Db, mut thunk: Thunk<'db>, mut near: Option<Near<'db>>) -> Value<'db> {
    // A chain of names that each stand for the next has no end where they stand for each other.
    for _ in 0..MAX_DEPTH {
        let closure = match thunk {
            Thunk::Unknown => return Value::unknown(),
            Thunk::Made(made) => return made_value(db, made).clone(),
            Thunk::Expr(closure) => closure,
        };
        let module = match near {
            Some((file, module)) if file == closure.file => module,
            _ => queries::module(db, closure.file),
        };
        near = Some((closure.file, module));
        let Some(&expr) = module.exprs.get(closure.expr.0 as usize) else { return Value::unknown() };
        thunk = match expr {
            Expr::Const(constant) => return constant_value(db, closure.file, module, constant),
            Expr::List(items) => {
                let items = module.list(items).iter().map(|&item| closure.at(item));
                return Value::sure(Shape::List(Some(items.collect())));
            }
            // Computed names are looked at, and may need the set itself: a query of its own.
            Expr::Attrs(set) if module.attrsets.get(set as usize).is_some_and(|lit| lit.dynamic.is_empty()) => {
                return Value::sure(Shape::Set(literal(db, module, closure, set)));
            }
            Expr::Lambda(lambda) => {
                let kind = FunctionKind::Lambda { file: closure.file, lambda, env: closure.env };
                return Value::sure(Shape::Function(Function::new(kind)));
            }
            Expr::Local(slot) => match slot_thunk(db, closure.file, closure.env, slot) {
                Some(thunk) => thunk,
                None => return Value::unknown(),
            },
            Expr::Outer { depth, slot } => {
                let env = outer(db, closure.env, depth);
                match env.and_then(|env| slot_thunk(db, closure.file, env, slot)) {
                    Some(thunk) => thunk,
                    None => return Value::unknown(),
                }
            }
            Expr::Global(index) => return builtins::global(db, GLOBALS.get(usize::from(index)).copied().unwrap_or_default()),
            Expr::Let(index) => match module.lets.get(index as usize) {
                Some(lit) => closure.at(lit.body),
                None => return Value::unknown(),
            },
            Expr::With { body, .. } | Expr::Assert { body, .. } => closure.at(body),
            Expr::Patch(index) => match module.patches.get(index as usize) {
                Some(patch) => closure.at(patch.body),
                None => return Value::unknown(),
            },
            Expr::Missing | Expr::Undefined(_) | Expr::CurPos => return Value::unknown(),
            _ => return expr_value(db, Interned::new(db, closure)).clone(),
        };
    }
    Value::unknown()
}

impl<'db> Closure<'db> {
    /// Another expression in the same frame.
    pub(crate) fn at(self, expr: ExprId) -> Thunk<'db> {
        Thunk::Expr(Closure { expr, ..self })
    }
}

fn cycle<'db>(_: &'db dyn Db, _: salsa::Id, _: Interned<'db>) -> Value<'db> {
    Value::unknown()
}

fn made_cycle<'db>(_: &'db dyn Db, _: salsa::Id, _: Made<'db>) -> Value<'db> {
    Value::unknown()
}

#[salsa::tracked(returns(ref), cycle_result = cycle)]
fn expr_value<'db>(db: &'db dyn Db, key: Interned<'db>) -> Value<'db> {
    fuel::step(db, || compute(db, key.closure(db)))
}

#[salsa::tracked(returns(ref), cycle_result = made_cycle)]
fn made_value<'db>(db: &'db dyn Db, made: Made<'db>) -> Value<'db> {
    fuel::step(db, || models::made(db, made))
}

fn compute<'db>(db: &'db dyn Db, closure: Closure<'db>) -> Value<'db> {
    let module = queries::module(db, closure.file);
    let Some(&expr) = module.exprs.get(closure.expr.0 as usize) else { return Value::unknown() };
    let part = |expr: ExprId| whnf_near(db, closure.at(expr), Some((closure.file, module)));
    match expr {
        Expr::WithVar(index) => match module.withs.get(index as usize).and_then(|var| with_lookup(db, closure, module, var)) {
            Some(found) => whnf(db, found.value).if_sure(found.sure),
            None => Value::unknown(),
        },
        Expr::Interpolate(_) => Value::sure(Shape::Str(interpolated(db, closure))),
        Expr::Attrs(set) => Value::sure(Shape::Set(literal(db, module, closure, set))),
        Expr::PathInterpolate(_) => Value::sure(Shape::Path(None)),
        Expr::Call { function, args } => {
            let mut value = part(function);
            if matches!(value.shape, Shape::Unknown)
                && let Some(model) = called_name(db, closure, function).and_then(models::by_name)
            {
                value = Value { shape: Shape::Function(Function::new(FunctionKind::Model(model))), sure: false };
            }
            for &arg in module.list(args) {
                value = apply(db, &value, closure.at(arg));
            }
            value
        }
        Expr::Get { base, name, .. } => {
            let of = part(base);
            match set::select(db, &of, name) {
                Some(found) => whnf(db, found.value).if_sure(found.sure),
                None => Value::unknown(),
            }
        }
        Expr::Select { base, path, default } => select_path(db, closure, module, base, path, default),
        Expr::HasAttr { base, path } => Value::sure(Shape::Bool(has_attr(db, closure, module, base, path))),
        Expr::If { condition, then_branch, else_branch } => match truth(db, closure.at(condition)) {
            Some(true) => part(then_branch),
            Some(false) => part(else_branch),
            None => one_of(db, [part(then_branch), part(else_branch)]),
        },
        Expr::Not(operand) => Value::sure(Shape::Bool(truth(db, closure.at(operand)).map(|truth| !truth))),
        Expr::Negate(operand) => match part(operand) {
            Value { shape: Shape::Int(int), sure } => Value { shape: Shape::Int(int.and_then(i64::checked_neg)), sure },
            Value { shape: Shape::Float, sure } => Value { shape: Shape::Float, sure },
            _ => Value::unknown(),
        },
        Expr::Binary { op, lhs, rhs } => binary(db, op, closure.at(lhs), closure.at(rhs)),
        _ => Value::unknown(),
    }
}

/// `Some` only if it is certain.
pub(crate) fn truth<'db>(db: &'db dyn Db, thunk: Thunk<'db>) -> Option<bool> {
    match whnf(db, thunk) {
        Value { shape: Shape::Bool(truth), sure: true } => truth,
        _ => None,
    }
}

/// One of several values.
pub(crate) fn one_of<'db>(_: &'db dyn Db, values: impl IntoIterator<Item = Value<'db>>) -> Value<'db> {
    let (mut shapes, mut all_sure): (Vec<Shape<'db>>, bool) = (Vec::new(), true);
    for Value { shape, sure } in values {
        all_sure &= sure;
        let alternatives = match &shape {
            Shape::OneOf(shapes) => shapes.iter().cloned().collect(),
            Shape::Never => Vec::new(),
            _ => vec![shape],
        };
        for shape in alternatives {
            let shape = match shapes.iter_mut().find(|known| same_kind(known, &shape)) {
                // Two texts are a text.
                Some(known) => {
                    if *known != shape {
                        *known = without_value(&shape);
                    }
                    continue;
                }
                None => shape,
            };
            shapes.push(shape);
        }
    }
    if shapes.len() > MAX_ALTERNATIVES {
        shapes.truncate(MAX_ALTERNATIVES);
        shapes.push(Shape::Unknown);
    }
    let shape = match shapes.len() {
        0 => Shape::Never,
        1 => shapes.pop().unwrap_or(Shape::Unknown),
        _ => Shape::OneOf(shapes.into()),
    };
    Value { shape, sure: all_sure }
}

fn same_kind(a: &Shape<'_>, b: &Shape<'_>) -> bool {
    match (a, b) {
        (Shape::Set(_) | Shape::Function(_) | Shape::List(_), _) => a == b,
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

fn without_value<'db>(shape: &Shape<'db>) -> Shape<'db> {
    match shape {
        Shape::Bool(_) => Shape::Bool(None),
        Shape::Int(_) => Shape::Int(None),
        Shape::Str(_) => Shape::Str(None),
        Shape::Path(_) => Shape::Path(None),
        other => other.clone(),
    }
}

fn constant_value<'db>(db: &'db dyn Db, file: SourceFile, module: &Module, index: u32) -> Value<'db> {
    Value::sure(match module.consts.get(index as usize) {
        Some(Const::Int(int)) => Shape::Int(Some(int)),
        Some(Const::Float(_)) => Shape::Float,
        // Long texts are not names or paths of anything.
        Some(Const::Str(text)) if text.len() > 256 => Shape::Str(None),
        Some(Const::Str(text)) => Shape::Str(Some(text.into())),
        Some(Const::Path(kind, text)) => Shape::Path(files::literal(db, file, kind, text)),
        None => Shape::Unknown,
    })
}

fn interpolated<'db>(db: &'db dyn Db, closure: Closure<'db>) -> Option<Arc<[u8]>> {
    let module = queries::module(db, closure.file);
    let Some(&Expr::Interpolate(parts)) = module.exprs.get(closure.expr.0 as usize) else { return None };
    let parts = module.list(parts);
    // Only what is short can be the name of something.
    if parts.len() > 4 {
        return None;
    }
    let mut text = Vec::new();
    for &part in parts {
        match module.exprs.get(part.0 as usize)? {
            Expr::Const(constant) => match module.consts.get(*constant as usize)? {
                Const::Str(part) if part.len() < 128 => text.extend_from_slice(part),
                _ => return None,
            },
            Expr::Local(_) | Expr::Outer { .. } => match whnf(db, closure.at(part)) {
                Value { shape: Shape::Str(Some(part)), sure: true } => text.extend_from_slice(&part),
                _ => return None,
            },
            _ => return None,
        }
    }
    (text.len() <= 256).then(|| text.into())
}

fn literal<'db>(db: &'db dyn Db, module: &Module, closure: Closure<'db>, index: u32) -> Set<'db> {
    let Some(set) = module.attrsets.get(index as usize) else { return Set::open() };
    let own = Layer::Literal { file: closure.file, set: index, env: closure.env };
    if set.overrides {
        return Set::new([own, Layer::Open]);
    }
    if set.dynamic.is_empty() {
        return Set::new([own]);
    }
    // A computed name is never one that is written out.
    let (mut named, mut open) = (Vec::new(), set.dynamic.len() > 16);
    for dynamic in set.dynamic.iter().take(16) {
        match module.exprs.get(dynamic.name.0 as usize) {
            // What may go on for long is not asked for a name.
            Some(Expr::Local(_) | Expr::Outer { .. } | Expr::Interpolate(_) | Expr::Const(_)) => {}
            _ => {
                open = true;
                continue;
            }
        }
        match whnf(db, closure.at(dynamic.name)) {
            Value { shape: Shape::Str(Some(text)), sure: true } => {
                let place = Place { file: closure.file, kind: PlaceKind::Expr(dynamic.name.0) };
                named.push(Attr { name: Name::new(&text), value: closure.at(dynamic.value), place: Some(place) });
            }
            _ => open = true,
        }
    }
    let open = open.then_some(Layer::Open);
    let named = set::of_attrs(named).layers;
    Set::new(open.into_iter().chain(named.iter().cloned()).chain([own]).collect::<Vec<_>>())
}

/// The frame some functions out.
pub(crate) fn outer<'db>(db: &'db dyn Db, env: Env<'db>, depth: u32) -> Option<Env<'db>> {
    (0..depth).try_fold(env, |env, _| env.frame(db).parent)
}

/// What a variable stands for.
pub(crate) fn slot_thunk<'db>(db: &'db dyn Db, file: SourceFile, env: Env<'db>, slot: Slot) -> Option<Thunk<'db>> {
    let frame = env.frame(db);
    Some(match frames(db, file).slot(frame.lambda, slot)? {
        SlotDef::Param(index) => *frame.args.get(index as usize)?,
        SlotDef::Bind => *frame.args.last()?,
        SlotDef::Formal(formal) => Thunk::Made(Made::new(db, MadeKind::Formal { file, env, formal })),
        SlotDef::Expr(expr) => Thunk::Expr(Closure { file, expr, env }),
    })
}

/// The attribute that a name means which only `with`s can provide.
pub(crate) fn with_lookup<'db>(db: &'db dyn Db, closure: Closure<'db>, module: &Module, var: &WithVar) -> Option<Selected<'db>> {
    let mut certain = true;
    let mut best: Option<Selected<'db>> = None;
    for (depth, slot) in module.with_chain(var) {
        let namespace = outer(db, closure.env, depth).and_then(|env| slot_thunk(db, closure.file, env, slot));
        let namespace = namespace.map_or_else(Value::unknown, |namespace| whnf(db, namespace));
        match set::lookup(db, &namespace, var.name) {
            set::Lookup::Found(found) => {
                let found = Selected { sure: found.sure && certain, ..found };
                if found.sure || best.is_none() {
                    best = Some(found);
                }
                if best.as_ref().is_some_and(|best| best.firm) {
                    return best;
                }
                certain = false;
            }
            set::Lookup::Missing { sure: true } => {}
            set::Lookup::Missing { sure: false } => certain = false,
        }
    }
    best
}

fn select_path<'db>(
    db: &'db dyn Db,
    closure: Closure<'db>,
    module: &Module,
    base: ExprId,
    path: u32,
    default: Option<ExprRef>,
) -> Value<'db> {
    let found = path_thunk(db, closure, module, base, path, usize::MAX);
    let default = |db| default.map(|default| whnf(db, closure.at(default.get())));
    match found {
        set::Lookup::Found(found) => {
            let value = whnf(db, found.value).if_sure(found.sure);
            if found.sure {
                return value;
            }
            match default(db) {
                Some(default) => one_of(db, [value, default]),
                None => value,
            }
        }
        set::Lookup::Missing { sure: true } => default(db).unwrap_or_else(Value::unknown),
        set::Lookup::Missing { sure: false } => match default(db) {
            Some(default) => one_of(db, [default, Value::unknown()]),
            None => Value::unknown(),
        },
    }
}

/// What the first `parts` names of a path lead to.
pub(crate) fn path_thunk<'db>(
    db: &'db dyn Db,
    closure: Closure<'db>,
    module: &Module,
    base: ExprId,
    path: u32,
    parts: usize,
) -> set::Lookup<'db> {
    let mut at = Selected { value: closure.at(base), sure: true, firm: true, place: None };
    for part in module.paths.get(path as usize).into_iter().flat_map(|path| &path.parts).take(parts) {
        let of = whnf(db, at.value).if_sure(at.sure);
        let found = match static_name(db, closure, *part) {
            Some(name) => set::lookup(db, &of, name),
            None => set::computed(db, &of),
        };
        match found {
            set::Lookup::Found(found) => at = Selected { sure: found.sure && at.sure, firm: found.firm && at.firm, ..found },
            missing => return missing,
        }
    }
    set::Lookup::Found(at)
}

/// A name of a path, if it is known.
pub(crate) fn static_name<'db>(db: &'db dyn Db, closure: Closure<'db>, part: AttrName) -> Option<Name> {
    match part {
        AttrName::Static(name) => Some(name),
        AttrName::Dynamic(expr) => match whnf(db, closure.at(expr)) {
            Value { shape: Shape::Str(Some(text)), sure: true } => Some(Name::new(&text)),
            _ => None,
        },
    }
}

fn has_attr<'db>(db: &'db dyn Db, closure: Closure<'db>, module: &Module, base: ExprId, path: u32) -> Option<bool> {
    match path_thunk(db, closure, module, base, path, usize::MAX) {
        set::Lookup::Found(found) => found.sure.then_some(true),
        set::Lookup::Missing { sure } => sure.then_some(false),
    }
}

fn binary<'db>(db: &'db dyn Db, op: BinaryOp, lhs: Thunk<'db>, rhs: Thunk<'db>) -> Value<'db> {
    let both = |db| (whnf(db, lhs), whnf(db, rhs));
    match op {
        BinaryOp::Update => set::update(&whnf(db, lhs), &whnf(db, rhs)),
        BinaryOp::Concat => match both(db) {
            (Value { shape: Shape::List(Some(a)), sure }, Value { shape: Shape::List(Some(b)), sure: other })
                if a.len() + b.len() < 4096 =>
            {
                Value { shape: Shape::List(Some(a.iter().chain(b.iter()).copied().collect())), sure: sure && other }
            }
            _ => Value::sure(Shape::List(None)),
        },
        BinaryOp::Add => {
            let (a, b) = both(db);
            let sure = a.sure && b.sure;
            let shape = match (a.shape, b.shape) {
                (Shape::Int(a), Shape::Int(b)) => Shape::Int(a.zip(b).and_then(|(a, b)| a.checked_add(b))),
                (Shape::Float | Shape::Int(_), Shape::Float | Shape::Int(_)) => Shape::Float,
                (Shape::Str(a), Shape::Str(b)) => {
                    Shape::Str(a.zip(b).map(|(a, b)| [&*a, &*b].concat()).filter(|t| t.len() <= 256).map(Arc::from))
                }
                (Shape::Path(Some(a)), Shape::Str(Some(b))) => Shape::Path(files::append(&a, &b)),
                (Shape::Path(_), _) => Shape::Path(None),
                (Shape::Str(_), _) => Shape::Str(None),
                _ => Shape::Unknown,
            };
            Value { shape, sure }
        }
        BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => {
            let (a, b) = both(db);
            let sure = a.sure && b.sure;
            let shape = match (a.shape, b.shape) {
                (Shape::Int(a), Shape::Int(b)) => Shape::Int(a.zip(b).and_then(|(a, b)| match op {
                    BinaryOp::Sub => a.checked_sub(b),
                    BinaryOp::Mul => a.checked_mul(b),
                    _ => a.checked_div(b),
                })),
                (Shape::Float, Shape::Float | Shape::Int(_)) | (Shape::Int(_), Shape::Float) => Shape::Float,
                _ => Shape::Unknown,
            };
            Value { shape, sure }
        }
        BinaryOp::Equal => Value::sure(Shape::Bool(equal(&whnf(db, lhs), &whnf(db, rhs)))),
        BinaryOp::NotEqual => Value::sure(Shape::Bool(equal(&whnf(db, lhs), &whnf(db, rhs)).map(|equal| !equal))),
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => Value::sure(Shape::Bool(match both(db) {
            (Value { shape: Shape::Int(Some(a)), sure: true }, Value { shape: Shape::Int(Some(b)), sure: true }) => Some(match op {
                BinaryOp::Less => a < b,
                BinaryOp::LessEqual => a <= b,
                BinaryOp::Greater => a > b,
                _ => a >= b,
            }),
            _ => None,
        })),
        BinaryOp::And => Value::sure(Shape::Bool(match truth(db, lhs) {
            Some(false) => Some(false),
            Some(true) => truth(db, rhs),
            None => None,
        })),
        BinaryOp::Or => Value::sure(Shape::Bool(match truth(db, lhs) {
            Some(true) => Some(true),
            Some(false) => truth(db, rhs),
            None => None,
        })),
        BinaryOp::Implies => Value::sure(Shape::Bool(match truth(db, lhs) {
            Some(false) => Some(true),
            Some(true) => truth(db, rhs),
            None => None,
        })),
    }
}

/// Only of values that are known, or that are of kinds that are never equal.
fn equal(a: &Value<'_>, b: &Value<'_>) -> Option<bool> {
    if !a.sure || !b.sure {
        return None;
    }
    match (&a.shape, &b.shape) {
        (Shape::Bool(a), Shape::Bool(b)) => Some((*a)? == (*b)?),
        (Shape::Int(a), Shape::Int(b)) => Some((*a)? == (*b)?),
        (Shape::Str(a), Shape::Str(b)) => Some(a.as_ref()? == b.as_ref()?),
        (Shape::Null, Shape::Null) => Some(true),
        (Shape::List(a), Shape::List(b)) => {
            let (a, b) = (a.as_ref()?, b.as_ref()?);
            if a.len() != b.len() { Some(false) } else { a.is_empty().then_some(true) }
        }
        (Shape::Unknown | Shape::OneOf(_) | Shape::Never, _) | (_, Shape::Unknown | Shape::OneOf(_) | Shape::Never) => None,
        (Shape::Int(_) | Shape::Float, Shape::Int(_) | Shape::Float) | (Shape::Path(_), Shape::Path(_)) => None,
        (Shape::Set(_), Shape::Set(_)) | (Shape::Function(_), Shape::Function(_)) => None,
        _ => Some(false),
    }
}

/// The last name of the function of a call, as written.
pub(crate) fn called_name<'db>(db: &'db dyn Db, closure: Closure<'db>, function: ExprId) -> Option<Name> {
    let module = queries::module(db, closure.file);
    match *module.exprs.get(function.0 as usize)? {
        Expr::Get { name, .. } => Some(name),
        Expr::WithVar(index) => Some(module.withs.get(index as usize)?.name),
        Expr::Select { path, .. } => match module.paths.get(path as usize)?.parts.last()? {
            AttrName::Static(name) => Some(*name),
            AttrName::Dynamic(_) => None,
        },
        Expr::Local(slot) => variable_name(db, closure.file, closure.env, slot),
        Expr::Outer { depth, slot } => variable_name(db, closure.file, outer(db, closure.env, depth)?, slot),
        _ => None,
    }
}

fn variable_name<'db>(db: &'db dyn Db, file: SourceFile, env: Env<'db>, slot: Slot) -> Option<Name> {
    let frame = env.frame(db);
    let module = queries::module(db, file);
    match frames(db, file).slot(frame.lambda, slot)? {
        SlotDef::Formal(formal) => {
            crate::apply::pattern(module, frame.lambda?).and_then(|p| p.formals.get(formal as usize)).map(|f| f.name)
        }
        SlotDef::Expr(value) => match *module.exprs.get(value.0 as usize)? {
            Expr::Get { name, .. } => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The frame in which an expression stands, where no call of the functions around it is known.
pub(crate) fn ambient<'db>(db: &'db dyn Db, file: SourceFile, expr: ExprId) -> Env<'db> {
    ambient_in(db, file, expr, None)
}

/// As [`ambient`], where the call of one of the functions around is known.
pub(crate) fn ambient_in<'db>(db: &'db dyn Db, file: SourceFile, expr: ExprId, known: Option<Env<'db>>) -> Env<'db> {
    let frames = frames(db, file);
    let mut around = Vec::new();
    let mut owner = frames.owner(expr);
    let mut env = root_env(db);
    while let Some(lambda) = owner {
        if let Some(known) = known.filter(|known| known.frame(db).lambda == Some(lambda)) {
            env = known;
            break;
        }
        around.push(lambda);
        owner = frames.parent(lambda);
    }
    let module = queries::module(db, file);
    for (lambda, depth) in around.into_iter().rev().zip(1..) {
        let params = module.lambdas.get(lambda as usize).map_or(0, |lit| lit.params.len() as u32);
        let args = (0..params).map(|index| Thunk::Made(Made::new(db, MadeKind::Param { file, lambda, index })));
        // How deeply a text is nested is no recursion.
        let depth = u32::min(depth, 1);
        env = Env::new(db, Frame { lambda: Some(lambda), args: args.collect(), parent: Some(env), depth });
    }
    env
}

/// The frame of a file.
pub(crate) fn root_env(db: &dyn Db) -> Env<'_> {
    Env::new(db, Frame { lambda: None, args: Box::default(), parent: None, depth: 0 })
}

/// The value of a file.
pub(crate) fn file_thunk<'db>(db: &'db dyn Db, file: SourceFile) -> Thunk<'db> {
    Thunk::Expr(Closure { file, expr: queries::module(db, file).root, env: root_env(db) })
}
