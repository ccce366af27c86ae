//! What the parameters of a function are that nobody in sight calls: told from their names and the place of the file.
//! None of it is certain.

use nival_hir::module::{Expr, ExprId, Module, Param, Pattern};
use nival_hir::queries;
use nival_source::{Db, SourceFile};
use nival_syntax::Name;

use crate::builtins::known;
use crate::eval::{ambient, whnf};
use crate::nixpkgs::{lib_for, packages_for, root_of};
use crate::set;
use crate::value::*;

/// The value of a parameter.
pub(crate) fn guess<'db>(db: &'db dyn Db, file: SourceFile, lambda: u32, index: u32) -> Value<'db> {
    let module = queries::module(db, file);
    let Some(lit) = module.lambdas.get(lambda as usize) else { return Value::unknown() };
    let value = match lit.params.get(index as usize) {
        Some(Param::Name(name, _)) => {
            let is_overlay = || {
                let names: Vec<&[u8]> = lit
                    .params
                    .iter()
                    .filter_map(|param| match param {
                        Param::Name(name, _) => Some(name.as_bytes()),
                        Param::Pattern(_) => None,
                    })
                    .collect();
                matches!(names[..], [b"self", b"super"] | [b"final", b"prev"]) && root_lambda(module) == Some(lambda)
            };
            match name.as_bytes() {
                b"lib" => lib_for(db, file),
                b"pkgs" => packages_for(db, file),
                b"self" | b"super" | b"final" | b"prev" if is_overlay() => packages_for(db, file),
                b"self" | b"final" if index == 0 => of_fixpoint(db, file, module, lambda),
                _ => None,
            }
            .map_or_else(Value::unknown, |thunk| whnf(db, thunk))
        }
        Some(Param::Pattern(pattern)) => argument(db, file, module, lambda, pattern),
        None => Value::unknown(),
    };
    Value { sure: false, ..value }
}

/// What a function that is an argument of a call is given as `self`: what the call gives, if that is a set. So it is with `fix`,
/// `makeExtensible`, `makeScope` and their like.
fn of_fixpoint<'db>(db: &'db dyn Db, file: SourceFile, module: &Module, lambda: u32) -> Option<Thunk<'db>> {
    let expr = |number: usize| ExprId(number as u32);
    let function = expr(module.exprs.iter().position(|found| *found == Expr::Lambda(lambda))?);
    let is_call = |found: &Expr| matches!(found, Expr::Call { args, .. } if module.list(*args).last() == Some(&function));
    let call = expr(module.exprs.iter().position(is_call)?);
    let result = Thunk::Expr(Closure { file, expr: call, env: ambient(db, file, call) });
    matches!(whnf(db, result).shape, Shape::Set(_)).then_some(result)
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
    let root = root_lambda(module) == Some(lambda);
    if is_module(module, lambda) {
        attrs.push(attr("config", Thunk::Made(Made::new(db, MadeKind::Config { file, path: Box::default() }))));
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
