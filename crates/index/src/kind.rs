//! What a file is, by its content and by how it is reached.

use nival_hir::module::{Const, Expr, ExprId, Module, Param, Pattern};
use nival_syntax::Name;

use crate::summary::{FileSummary, Reach, SymbolKind, called};

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// `flake.nix`.
    Flake,
    /// Of NixOS, home-manager and the like.
    Module,
    /// `final: prev: { … }`.
    Overlay,
    /// A function for `callPackage`.
    Package,
    /// Many packages.
    PackageSet,
    /// Mostly functions.
    Library,
    Plain,
}

/// What the text alone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Shape {
    /// A set with `outputs`.
    Flake,
    Module,
    Overlay,
    /// A function of named arguments that calls something like `mkDerivation`.
    Package,
    PackageSet,
    Library,
    #[default]
    Plain,
}

/// What a value comes down to: below `let`, `with` and `assert`.
fn core(module: &Module, mut id: ExprId) -> Option<Expr> {
    loop {
        match *module.exprs.get(id.0 as usize)? {
            Expr::Let(index) => id = module.lets.get(index as usize)?.body,
            Expr::With { body, .. } | Expr::Assert { body, .. } => id = body,
            expr => return Some(expr),
        }
    }
}

/// The pattern of the file's function.
fn pattern(module: &Module) -> Option<&Pattern> {
    let Expr::Lambda(index) = core(module, module.root)? else { return None };
    match module.lambdas.get(index as usize)?.params.as_ref() {
        [Param::Pattern(pattern)] => Some(pattern),
        _ => None,
    }
}

pub(crate) fn formals(module: &Module) -> Box<[Name]> {
    pattern(module).map(|pattern| pattern.formals.iter().map(|formal| formal.name).collect()).unwrap_or_default()
}

pub(crate) fn symbol_kind(module: &Module, value: ExprId) -> SymbolKind {
    match core(module, value) {
        Some(Expr::Attrs(_)) => SymbolKind::Set,
        Some(Expr::Lambda(_)) => SymbolKind::Function,
        Some(Expr::List(_)) => SymbolKind::List,
        Some(Expr::Interpolate(_)) => SymbolKind::Str,
        Some(Expr::PathInterpolate(_)) => SymbolKind::Path,
        Some(Expr::Call { .. }) => SymbolKind::Call,
        Some(Expr::Const(index)) => match module.consts.get(index as usize) {
            Some(Const::Int(_) | Const::Float(_)) => SymbolKind::Number,
            Some(Const::Str(_)) => SymbolKind::Str,
            Some(Const::Path(..)) => SymbolKind::Path,
            None => SymbolKind::Other,
        },
        _ => SymbolKind::Other,
    }
}

/// From this many packages on a file is a set of them.
const MANY_PACKAGES: usize = 3;

pub(crate) fn shape(module: &Module, summary: &FileSummary, variable: &mut dyn FnMut(ExprId) -> Option<Name>) -> Shape {
    let root = core(module, module.root);
    let (body, params) = match root {
        Some(Expr::Lambda(index)) => match module.lambdas.get(index as usize) {
            Some(lambda) => (core(module, lambda.body), &*lambda.params),
            None => (None, &[][..]),
        },
        other => (other, &[][..]),
    };
    if let [Param::Name(first, _), Param::Name(second, _)] = params {
        let names = (first.as_bytes(), second.as_bytes());
        if matches!(names, (b"self" | b"final" | b"_self", b"super" | b"prev" | b"_super" | b"_prev" | b"old") | (b"_", b"super" | b"prev"))
        {
            return Shape::Overlay;
        }
    }
    if summary.edges.iter().filter(|edge| edge.how == Reach::CallPackage).count() >= MANY_PACKAGES {
        return Shape::PackageSet;
    }
    if let Some(Expr::Attrs(index)) = body
        && let Some(set) = module.attrsets.get(index as usize)
    {
        let has = |name: &[u8]| set.attrs.iter().any(|attr| attr.name.as_bytes() == name);
        if params.is_empty() && has(b"outputs") && (has(b"inputs") || has(b"description")) {
            return Shape::Flake;
        }
        let open = pattern(module).is_some_and(|pattern| pattern.ellipsis);
        if (params.is_empty() || open) && (has(b"options") || has(b"config") || has(b"imports")) || open && wants_config(module) {
            return Shape::Module;
        }
        let functions = set.attrs.iter().filter(|attr| symbol_kind(module, attr.value) == SymbolKind::Function).count();
        if functions * 2 > set.attrs.len() {
            return Shape::Library;
        }
    }
    if let (Some(Expr::Call { function, .. }), Some(_)) = (body, pattern(module))
        && let Some(name) = called(module, function, variable)
        && (name.starts_with("mk") || name.starts_with("build") || name.starts_with("runCommand") || name.ends_with("Derivation"))
    {
        return Shape::Package;
    }
    Shape::Plain
}

/// `{ config, … }:` is what only modules are called with.
fn wants_config(module: &Module) -> bool {
    pattern(module).is_some_and(|pattern| pattern.formals.iter().any(|formal| matches!(formal.name.as_bytes(), b"config" | b"options")))
}
