//! The overlays of the workspace: those that its flakes, modules and files of overlays list. They are found by their text, so that asking
//! which there are needs no value, and an edit in one file looks only at that file again.

use std::path::Path;
use std::sync::Arc;

use nival_hir::module::{BinaryOp, Const, Expr, ExprId, Param};
use nival_source::{Db, SourceFile};
use nival_syntax::Name;

use crate::eval::ambient;
use crate::nixpkgs::Folder;
use crate::options::Walk;
use crate::value::*;
use crate::{config, files, nixpkgs};

/// A function `final: prev: { … }`, where it is written.
pub(crate) type Overlay = (SourceFile, ExprId);

/// How far lists, names and imports are followed.
const MOST: u32 = 16;
/// A part of a workspace has no more overlays than this.
const MAX_OVERLAYS: usize = 256;

/// The part of the workspace whose overlays a file's packages have, if there are any. Within a nixpkgs tree there are none.
pub(crate) fn scope_of(db: &dyn Db, file: SourceFile) -> Option<Arc<Path>> {
    let scope: Arc<Path> = config::scope(db, file.path(db))?.into();
    let is_nixpkgs = || nixpkgs::root_of(db, file).is_some_and(|(_, tree)| tree.packages);
    (has_some(db, Folder::new(db, scope.clone())) && !is_nixpkgs()).then_some(scope)
}

#[salsa::tracked(returns(copy))]
fn has_some<'db>(db: &'db dyn Db, scope: Folder<'db>) -> bool {
    !of_scope(db, scope).is_empty()
}

/// The overlays of a part of the workspace, as a value.
pub(crate) fn list<'db>(db: &'db dyn Db, scope: &Arc<Path>) -> Value<'db> {
    let found = of_scope(db, Folder::new(db, scope.clone())).iter();
    let items = found.map(|&(file, expr)| Thunk::Expr(Closure { file, expr, env: ambient(db, file, expr) }));
    // Which of them a package set is made with, nobody said.
    Value { shape: Shape::List(Some(items.collect())), sure: false }
}

/// Which of the overlays of its part of the workspace a function is.
pub(crate) fn number(db: &dyn Db, file: SourceFile, function: ExprId) -> Option<u32> {
    let scope = Folder::new(db, Arc::<Path>::from(config::scope(db, file.path(db))?));
    of_scope(db, scope).iter().zip(0..).find(|(overlay, _)| **overlay == (file, function)).map(|(_, number)| number)
}

#[salsa::tracked(returns(ref))]
fn of_scope<'db>(db: &'db dyn Db, scope: Folder<'db>) -> Vec<Overlay> {
    let mut found: Vec<Overlay> = Vec::new();
    let Some(surroundings) = config::Surroundings::try_get(db) else { return found };
    for path in surroundings.overlay_files(db) {
        if config::scope(db, path).as_deref() != Some(&**scope.path(db)) {
            continue;
        }
        for overlay in files::existing(db, path).into_iter().flat_map(|file| in_file(db, file)) {
            if !found.contains(overlay) && found.len() < MAX_OVERLAYS {
                found.push(*overlay);
            }
        }
    }
    found
}

/// The overlays that a file lists.
#[salsa::tracked(returns(ref))]
fn in_file(db: &dyn Db, file: SourceFile) -> Vec<Overlay> {
    let walk = Walk::new(db, file);
    let mut found = Vec::new();
    if is_named(file.path(db)) {
        look(&walk, walk.module.root, &mut found, MOST);
    }
    for attr in walk.module.attrsets.iter().flat_map(|set| &set.attrs) {
        if matches!(attr.name.as_bytes(), b"overlays" | b"overlay") {
            look(&walk, attr.value, &mut found, MOST);
        }
    }
    found
}

/// Whether a file is one of overlays by where it is: `overlay.nix`, `overlays.nix`, `overlays/x.nix`, `overlays/x/default.nix`.
fn is_named(path: &Path) -> bool {
    let named = |path: Option<&Path>, name: &str| path.and_then(Path::file_name).is_some_and(|found| found == name);
    let folder = path.parent();
    let is = |name| named(Some(path), name);
    let inside = || named(folder, "overlays") || is("default.nix") && named(folder.and_then(Path::parent), "overlays");
    is("overlay.nix") || is("overlays.nix") || inside()
}

/// Overlays that an expression is, or is a list or set of.
fn look(walk: &Walk<'_>, expr: ExprId, found: &mut Vec<Overlay>, most: u32) {
    let (module, Some(most)) = (walk.module, most.checked_sub(1)) else { return };
    if found.len() >= MAX_OVERLAYS {
        return;
    }
    let mut each = |exprs: &[ExprId]| exprs.iter().for_each(|&expr| look(walk, expr, found, most));
    match module.exprs.get(expr.0 as usize) {
        Some(&Expr::Lambda(lambda)) => match module.lambdas.get(lambda as usize).map(|lit| (&*lit.params, lit.body)) {
            Some(([Param::Name(..), _], _)) => found.push((walk.file, expr)),
            // A file of overlays is often given the inputs of the flake.
            Some(([_], body)) => each(&[body]),
            _ => {}
        },
        Some(&Expr::List(items)) => each(module.list(items)),
        Some(&Expr::Binary { op: BinaryOp::Concat | BinaryOp::Update, lhs, rhs }) => each(&[lhs, rhs]),
        Some(&Expr::If { then_branch, else_branch, .. }) => each(&[then_branch, else_branch]),
        Some(&(Expr::With { body, .. } | Expr::Assert { body, .. })) => each(&[body]),
        Some(&Expr::Let(index)) => module.lets.get(index as usize).into_iter().for_each(|lit| each(&[lit.body])),
        Some(&Expr::Attrs(index)) => {
            module.attrsets.get(index as usize).into_iter().flat_map(|set| &set.attrs).for_each(|attr| each(&[attr.value]));
        }
        Some(Expr::Local(_) | Expr::Outer { .. }) => match walk.variable(expr) {
            value if value != expr => each(&[value]),
            _ => {}
        },
        Some(&Expr::Call { function, args }) => {
            let args = module.list(args);
            match (walk.called(function).map(Name::as_bytes), args) {
                (Some(b"optional" | b"optionals" | b"mkIf" | b"mkOrder"), &[_, value]) => each(&[value]),
                (Some(b"mkDefault" | b"mkForce" | b"mkBefore" | b"mkAfter" | b"attrValues" | b"composeManyExtensions"), &[value]) => {
                    each(&[value]);
                }
                (Some(b"composeExtensions"), args) => each(args),
                _ => imported(walk, walk.import(expr), found, most),
            }
        }
        Some(&Expr::Const(constant)) => {
            if let Some(Const::Path(kind, text)) = module.consts.get(constant as usize) {
                let file = files::literal(walk.db, walk.file, kind, text).and_then(|path| files::imported(walk.db, &path));
                imported(walk, file, found, most);
            }
        }
        _ => {}
    }
}

fn imported(walk: &Walk<'_>, file: Option<SourceFile>, found: &mut Vec<Overlay>, most: u32) {
    if let Some(file) = file.filter(|file| *file != walk.file) {
        let there = Walk::new(walk.db, file);
        look(&there, there.module.root, found, most);
    }
}
