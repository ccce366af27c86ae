//! Path literals, and what is done with them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nival_source::clean_path;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::globals::GLOBALS;
use crate::module::*;
use crate::scopes::Scopes;

const CALL_PACKAGE: &[u8] = b"callPackage";

/// A path literal without interpolation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Import {
    /// The literal; its range is in the source map.
    pub expr: ExprId,
    pub kind: ImportKind,
    pub base: PathKind,
    /// As in [`Const::Path`].
    pub path: Box<[u8]>,
}

/// How a path literal is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportKind {
    /// `import ./x.nix`.
    Import,
    /// `callPackage ./x.nix { }`, and other functions whose name begins so.
    CallPackage,
    /// `imports = [ ./x.nix ];` of a module.
    Module,
    /// Any other.
    Path,
}

/// The path literals of a module, by their `ExprId`s.
pub fn import_paths(module: &Module, scopes: &Scopes) -> Vec<Import> {
    // A module does not know what its variables are called.
    let variables: FxHashSet<ExprId> =
        scopes.references().iter().filter(|used| used.name.as_bytes().starts_with(CALL_PACKAGE)).map(|used| used.expr).collect();
    let mut kinds: FxHashMap<ExprId, ImportKind> = FxHashMap::default();
    for expr in &module.exprs {
        if let Expr::Call { function, args } = *expr
            && let Some(&first) = module.list(args).first()
            && let Some(kind) = caller(module, &variables, function)
        {
            kinds.insert(first, kind);
        }
    }
    for attr in module.attrsets.iter().flat_map(|set| &set.attrs) {
        if attr.name.as_bytes() == b"imports"
            && let Some(Expr::List(items)) = module.exprs.get(attr.value.0 as usize)
        {
            kinds.extend(module.list(*items).iter().map(|&item| (item, ImportKind::Module)));
        }
    }
    let literals = module.exprs.iter().enumerate().filter_map(|(index, expr)| match expr {
        Expr::Const(constant) => match module.consts.get(*constant as usize)? {
            Const::Path(base, path) => Some((ExprId(index as u32), base, path)),
            _ => None,
        },
        _ => None,
    });
    let parts: FxHashSet<ExprId> = module
        .exprs
        .iter()
        .filter_map(|expr| match expr {
            Expr::PathInterpolate(parts) => module.list(*parts).first().copied(),
            _ => None,
        })
        .collect();
    literals
        .filter(|(expr, ..)| !parts.contains(expr))
        .map(|(expr, base, path)| Import { expr, kind: kinds.get(&expr).copied().unwrap_or(ImportKind::Path), base, path: path.into() })
        .collect()
}

fn caller(module: &Module, variables: &FxHashSet<ExprId>, function: ExprId) -> Option<ImportKind> {
    let name = match *module.exprs.get(function.0 as usize)? {
        Expr::Global(index) => GLOBALS.get(index as usize)?.as_bytes(),
        Expr::WithVar(index) => module.withs.get(index as usize)?.name.as_bytes(),
        Expr::Get { name, .. } => name.as_bytes(),
        Expr::Select { path, .. } => match module.paths.get(path as usize)?.parts.last()? {
            AttrName::Static(name) => name.as_bytes(),
            AttrName::Dynamic(_) => return None,
        },
        Expr::Local(_) | Expr::Outer { .. } if variables.contains(&function) => CALL_PACKAGE,
        _ => return None,
    };
    match name {
        b"import" | b"scopedImport" => Some(ImportKind::Import),
        name if name.starts_with(CALL_PACKAGE) => Some(ImportKind::CallPackage),
        _ => None,
    }
}

/// The absolute path that a literal in the file `from` means. A path below the home folder needs `home`.
pub fn resolve(from: &Path, import: &Import, home: Option<&Path>) -> Option<PathBuf> {
    absolute(from, import.base, &import.path, || home.map(Path::to_owned))
}

/// The absolute path that a text means which a literal of this kind in the file `from` is made of. `home` is asked only for a path below it.
pub fn absolute(from: &Path, base: PathKind, written: &[u8], home: impl FnOnce() -> Option<PathBuf>) -> Option<PathBuf> {
    let written = Path::new(OsStr::from_bytes(written));
    Some(clean_path(&match base {
        PathKind::Absolute => written.to_owned(),
        PathKind::Relative => from.parent()?.join(written),
        PathKind::Home => home()?.join(written),
    }))
}
