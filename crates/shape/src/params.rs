//! What the parameters of a function are that nobody in sight calls: told from their names and the place of the file.
//! None of it is certain.

use nival_hir::module::{AttrName, Expr, ExprId, Module, Param, Pattern};
use nival_hir::queries;
use nival_source::{Db, SourceFile};
use nival_syntax::Name;

use crate::builtins::known;
use crate::eval::{ambient, whnf};
use crate::nixpkgs::{bare_packages_for, lib_for, packages_before, packages_for, root_of};
use crate::value::*;
use crate::{flakes, set};

/// The value of a parameter.
pub(crate) fn guess<'db>(db: &'db dyn Db, file: SourceFile, lambda: u32, index: u32) -> Value<'db> {
    let module = queries::module(db, file);
    let Some(lit) = module.lambdas.get(lambda as usize) else { return Value::unknown() };
    let value = match lit.params.get(index as usize) {
        _ if index == 0 && flakes::is_outputs(db, file, module, lambda) => flakes::argument(db, file),
        Some(Param::Name(name, _)) => match name.as_bytes() {
            b"lib" => lib_for(db, file),
            b"pkgs" => packages_for(db, file),
            b"inputs" => flakes::inputs(db, file),
            _ => of_role(db, file, module, lambda, index),
        }
        .map_or_else(Value::unknown, |thunk| whnf(db, thunk)),
        Some(Param::Pattern(pattern)) => argument(db, file, module, lambda, pattern),
        None => Value::unknown(),
    };
    Value { sure: false, ..value }
}

/// What a parameter is by what the function is for: an overlay, a change of a package, the argument of a fixpoint.
fn of_role<'db>(db: &'db dyn Db, file: SourceFile, module: &Module, lambda: u32, index: u32) -> Option<Thunk<'db>> {
    let params = &module.lambdas.get(lambda as usize)?.params;
    let name = |index: usize| match params.get(index) {
        Some(Param::Name(name, _)) => name.as_bytes(),
        _ => b"",
    };
    let two = params.len() == 2;
    let is_pair = two && matches!((name(0), name(1)), (b"self" | b"final", b"super" | b"prev") | (b"_", b"super" | b"prev"));
    if !is_pair && params.len() > 2 {
        return None;
    }
    let (function, call) = *roles(db, file).get(lambda as usize)?;
    let function = function?;
    let is_root = root_lambda(module) == Some(lambda);
    let overlay = Thunk::Expr(Closure { file, expr: function, env: ambient(db, file, function) });
    let on = |base| Thunk::Made(Made::new(db, MadeKind::Overlaid { overlay, base }));
    let number = crate::overlays::number(db, file, function).filter(|_| two);
    if number.is_some() || is_pair && (is_root || is_listed(module, function)) {
        let base = number.map_or_else(|| bare_packages_for(db, file), |number| packages_before(db, file, number));
        let all = packages_for(db, file).filter(|_| number.is_some());
        return if index == 0 { all.or_else(|| Some(on(base.unwrap_or_else(|| known(db, Known::Set))))) } else { base };
    }
    if let Some(of) = call.and_then(|call| changed(db, file, module, call)) {
        return Some(of);
    }
    match name(index as usize) {
        b"self" | b"final" if is_pair && index == 0 => Some(on(known(db, Known::Set))),
        b"self" | b"final" if index == 0 => of_fixpoint(db, file, module, function, call),
        _ => None,
    }
}

/// Of each function of a file: its expression, and the call of which it is the last argument.
#[salsa::tracked(returns(ref), lru = 64)]
fn roles(db: &dyn Db, file: SourceFile) -> Vec<(Option<ExprId>, Option<ExprId>)> {
    let module = queries::module(db, file);
    let mut roles = vec![(None, None); module.lambdas.len()];
    let lambda = |expr: ExprId| match module.exprs.get(expr.0 as usize) {
        Some(&Expr::Lambda(lambda)) => Some(lambda as usize),
        _ => None,
    };
    for (expr, number) in module.exprs.iter().zip(0..) {
        match expr {
            Expr::Lambda(index) => {
                if let Some(role) = roles.get_mut(*index as usize) {
                    role.0 = Some(ExprId(number));
                }
            }
            Expr::Call { args, .. } => {
                let last = module.list(*args).last().and_then(|&last| lambda(last));
                if let Some(role) = last.and_then(|last| roles.get_mut(last)) {
                    role.1 = Some(ExprId(number));
                }
            }
            _ => {}
        }
    }
    roles
}

/// Whether a function stands where overlays are listed: `overlays = [ … ]`, `overlays.name = …`, `overlay = …`.
fn is_listed(module: &Module, function: ExprId) -> bool {
    let inside = |value: ExprId| match module.exprs.get(value.0 as usize) {
        Some(Expr::List(items)) => module.list(*items).contains(&function),
        Some(Expr::Attrs(set)) => module.attrsets.get(*set as usize).is_some_and(|set| set.attrs.iter().any(|a| a.value == function)),
        _ => false,
    };
    module.attrsets.iter().flat_map(|set| &set.attrs).any(|attr| match attr.name.as_bytes() {
        b"overlays" => inside(attr.value),
        b"overlay" => attr.value == function,
        _ => false,
    })
}

/// What a call of `overrideAttrs` and its kin changes.
fn changed<'db>(db: &'db dyn Db, file: SourceFile, module: &Module, call: ExprId) -> Option<Thunk<'db>> {
    const CHANGING: [&[u8]; 3] = [b"overrideAttrs", b"overrideDerivation", b"overridePythonAttrs"];
    let Some(&Expr::Call { function, args }) = module.exprs.get(call.0 as usize) else { return None };
    if module.list(args).len() != 1 {
        return None;
    }
    let at = |expr: ExprId| Thunk::Expr(Closure { file, expr, env: ambient(db, file, expr) });
    match *module.exprs.get(function.0 as usize)? {
        Expr::Get { base, name, .. } => CHANGING.contains(&name.as_bytes()).then(|| at(base)),
        Expr::Select { base, path, .. } => {
            let (last, before) = module.paths.get(path as usize)?.parts.split_last()?;
            if !matches!(last, AttrName::Static(name) if CHANGING.contains(&name.as_bytes())) {
                return None;
            }
            before.iter().try_fold(at(base), |base, part| match part {
                AttrName::Static(name) => Some(Thunk::Made(Made::new(db, MadeKind::Attr { base, name: *name }))),
                AttrName::Dynamic(_) => None,
            })
        }
        _ => None,
    }
}

/// What a function that is an argument of a call, itself or by a name, is given as `self`: what the call gives, if that is a set. So
/// it is with `fix`, `makeExtensible`, `makeScope` and their like.
fn of_fixpoint<'db>(db: &'db dyn Db, file: SourceFile, module: &Module, function: ExprId, call: Option<ExprId>) -> Option<Thunk<'db>> {
    let env = ambient(db, file, function);
    let is_it = |arg: ExprId| match module.exprs.get(arg.0 as usize) {
        Some(Expr::Local(slot)) => {
            let value = Thunk::Expr(Closure { file, expr: function, env });
            ambient(db, file, arg) == env && crate::eval::slot_thunk(db, file, env, *slot) == Some(value)
        }
        _ => arg == function,
    };
    let is_call = |found: &Expr| matches!(found, Expr::Call { args, .. } if module.list(*args).last().is_some_and(|&arg| is_it(arg)));
    let call = call.or_else(|| module.exprs.iter().position(is_call).map(|number| ExprId(number as u32)))?;
    let result = Thunk::Expr(Closure { file, expr: call, env: ambient(db, file, call) });
    match (whnf(db, result).shape, module.exprs.get(call.0 as usize)?) {
        (Shape::Set(_), _) => Some(result),
        // A library of which nothing is known has these, too.
        (Shape::Unknown, &Expr::Call { function: of, .. }) => {
            let name = crate::eval::called_name(db, Closure { file, expr: of, env: ambient(db, file, of) }, of)?;
            let is_known = matches!(name.as_bytes(), b"makeScope" | b"makeExtensible" | b"fix" | b"fix'");
            is_known.then(|| Thunk::Made(Made::new(db, MadeKind::Fix(Thunk::Expr(Closure { file, expr: function, env })))))
        }
        _ => None,
    }
}

/// The function that a file is.
pub(crate) fn root_lambda(module: &Module) -> Option<u32> {
    let mut at = module.root;
    for _ in 0..8 {
        at = match *module.exprs.get(at.0 as usize)? {
            Expr::Lambda(lambda) => return Some(lambda),
            Expr::Let(index) => module.lets.get(index as usize)?.body,
            Expr::With { body, .. } | Expr::Assert { body, .. } => body,
            _ => return None,
        };
    }
    None
}

fn has(pattern: &Pattern, name: &[u8]) -> bool {
    pattern.formals.iter().any(|formal| formal.name.as_bytes() == name)
}

/// Whether a function is a module of NixOS, home-manager and their like.
pub(crate) fn is_module(module: &Module, lambda: u32) -> bool {
    let Some(pattern) = crate::apply::pattern(module, lambda) else { return false };
    let body = module.lambdas.get(lambda as usize).map(|lit| lit.body);
    pattern.ellipsis
        && root_lambda(module) == Some(lambda)
        && (has(pattern, b"config") || body.is_some_and(|body| makes_module(module, body)))
}

/// Whether an expression is a set with `options`, `config` or `imports`.
fn makes_module(module: &Module, mut at: ExprId) -> bool {
    for _ in 0..8 {
        at = match module.exprs.get(at.0 as usize) {
            Some(&Expr::Let(index)) => match module.lets.get(index as usize) {
                Some(lit) => lit.body,
                None => return false,
            },
            Some(&(Expr::With { body, .. } | Expr::Assert { body, .. })) => body,
            Some(&Expr::Attrs(index)) => {
                let names = module.attrsets.get(index as usize).map(|set| set.attrs.iter().map(|attr| attr.name.as_bytes()));
                return names.is_some_and(|mut names| names.any(|name| matches!(name, b"options" | b"config" | b"imports")));
            }
            _ => return false,
        };
    }
    false
}

/// The argument of a function with a pattern.
fn argument<'db>(db: &'db dyn Db, file: SourceFile, module: &Module, lambda: u32, pattern: &Pattern) -> Value<'db> {
    let attr = |name: &str, value: Thunk<'db>| Attr { name: Name::new(name.as_bytes()), value, place: None };
    let mut attrs = Vec::new();
    attrs.extend(lib_for(db, file).map(|lib| attr("lib", lib)));
    let packages = packages_for(db, file);
    attrs.extend(packages.map(|packages| attr("pkgs", packages)));
    // What flakes hand on to their modules and packages.
    if has(pattern, b"inputs") {
        attrs.extend(flakes::inputs(db, file).map(|inputs| attr("inputs", inputs)));
    }
    if has(pattern, b"self") {
        attrs.extend(flakes::own(db, file).map(|own| attr("self", own)));
    }
    let root = root_lambda(module) == Some(lambda);
    let body = module.lambdas.get(lambda as usize).map(|lit| lit.body);
    let is_submodule = !root && has(pattern, b"config") && body.is_some_and(|body| makes_module(module, body));
    if is_submodule {
        attrs.push(attr("name", known(db, Known::Str(None))));
    }
    if is_submodule || is_module(module, lambda) {
        let around = Modules { file, submodule: is_submodule.then_some(lambda) };
        attrs.push(attr("config", Thunk::Made(Made::new(db, MadeKind::Config { around, path: Box::default(), all: false }))));
        attrs.push(attr("options", known(db, Known::Set)));
        attrs.push(attr("modulesPath", known(db, Known::Path)));
    } else if root
        && let Some(packages) = packages
        && called_as_package(db, file, pattern)
        && let Shape::Set(set) = whnf(db, packages).shape
    {
        return Value { shape: Shape::Set(set), sure: false };
    }
    let own = set::of_attrs(attrs);
    let layers: Vec<Layer<'db>> = [Layer::Open].into_iter().chain(own.layers.iter().cloned()).collect();
    Value { shape: Shape::Set(Set::new(layers)), sure: false }
}

/// Whether a function takes its arguments from the package set: it wants what only that has.
fn called_as_package(db: &dyn Db, file: SourceFile, pattern: &Pattern) -> bool {
    const SIGNS: [&[u8]; 9] = [
        b"stdenv",
        b"stdenvNoCC",
        b"fetchurl",
        b"fetchFromGitHub",
        b"fetchgit",
        b"callPackage",
        b"runCommand",
        b"buildGoModule",
        b"rustPlatform",
    ];
    if SIGNS.iter().any(|sign| has(pattern, sign)) {
        return true;
    }
    let path = file.path(db).to_string_lossy();
    path.ends_with("/package.nix")
        || root_of(db, file).is_some_and(|(_, tree)| tree.packages) && path.contains("/pkgs/") && !path.contains("/pkgs/top-level/")
}
