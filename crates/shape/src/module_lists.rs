//! The modules that NixOS, home-manager and nix-darwin consist of, in a tree of theirs.

use std::path::Path;
use std::sync::Arc;

use nival_hir::globals::GLOBALS;
use nival_hir::module::{BinaryOp, Const, Expr, ExprId, Module, PathKind};
use nival_hir::queries;
use nival_source::{Db, FileKind, SourceFile};
use rustc_hash::FxHashSet;

use crate::config::{self, Surroundings};
use crate::nixpkgs::{self, Folder};
use crate::{files, flakes};

/// What modules are evaluated by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, salsa::SalsaValue)]
pub enum ModuleClass {
    NixOs,
    /// home-manager.
    Home,
    /// nix-darwin.
    Darwin,
}

/// The modules of a tree.
#[salsa::interned(debug)]
pub(crate) struct Lists<'db> {
    #[returns(copy)]
    pub class: ModuleClass,
    #[returns(copy)]
    pub folder: Folder<'db>,
    /// The tree that home-manager takes some modules of NixOS from.
    #[returns(copy)]
    pub nixpkgs: Option<Folder<'db>>,
}

/// What is in [`Lists`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Members {
    pub files: Vec<SourceFile>,
    /// Those that are there under a condition.
    pub maybe: Vec<SourceFile>,
    /// There are others, or there is no list.
    pub unknown: bool,
}

/// What kind of module a file is, as the workspace says.
pub(crate) fn listed(db: &dyn Db, file: SourceFile) -> Option<ModuleClass> {
    let modules = Surroundings::try_get(db)?.modules(db);
    let index = modules.binary_search_by(|(path, _)| path.as_path().cmp(file.path(db))).ok()?;
    modules.get(index).map(|(_, class)| *class)
}

/// What kind of module a file is if it is one.
pub(crate) fn class_of(db: &dyn Db, file: SourceFile) -> ModuleClass {
    listed(db, file).or_else(|| tree_class(db, file)).unwrap_or(ModuleClass::NixOs)
}

/// The kind of the modules of the tree that a file is part of.
pub(crate) fn tree_class(db: &dyn Db, file: SourceFile) -> Option<ModuleClass> {
    let own = |class| own_tree(db, file, class).is_some().then_some(class);
    let nixpkgs = || nixpkgs::root_of(db, file).filter(|(_, tree)| tree.packages).map(|_| ModuleClass::NixOs);
    own(ModuleClass::Home).or_else(|| own(ModuleClass::Darwin)).or_else(nixpkgs)
}

/// The modules of the tree that a module of a kind is evaluated with.
pub(crate) fn lists_for<'db>(db: &'db dyn Db, file: SourceFile, class: ModuleClass) -> Option<Lists<'db>> {
    let nixpkgs = nixpkgs::tree_for(db, file).map(|root| Folder::new(db, root));
    let folder = match class {
        ModuleClass::NixOs => nixpkgs?,
        _ => Folder::new(db, tree_for(db, file, class)?),
    };
    Some(Lists::new(db, class, folder, nixpkgs.filter(|_| class == ModuleClass::Home)))
}

fn tree_for(db: &dyn Db, file: SourceFile, class: ModuleClass) -> Option<Arc<Path>> {
    let is_one = |folder: &Arc<Path>| is_tree(db, Folder::new(db, folder.clone()), class);
    let named = || {
        let names = if class == ModuleClass::Home { ["home-manager", "hm"] } else { ["darwin", "nix-darwin"] };
        names.into_iter().find_map(|name| config::find_file(db, name).filter(is_one))
    };
    own_tree(db, file, class).or_else(|| flakes::inputs_on_disk(db, file.path(db)).into_iter().find(is_one)).or_else(named)
}

/// The tree that a file is part of.
fn own_tree(db: &dyn Db, file: SourceFile, class: ModuleClass) -> Option<Arc<Path>> {
    let folders = file.path(db).ancestors().skip(1).filter(|folder| folder.file_name().is_some_and(|name| name == "modules"));
    let mut trees = folders.filter_map(Path::parent).map(Arc::<Path>::from);
    trees.find(|tree| class != ModuleClass::NixOs && is_tree(db, Folder::new(db, tree.clone()), class))
}

/// Whether a folder is a tree of this kind.
#[salsa::tracked(returns(copy))]
pub(crate) fn is_tree<'db>(db: &'db dyn Db, folder: Folder<'db>, class: ModuleClass) -> bool {
    let has = |path: &str| files::existing(db, &folder.path(db).join(path)).is_some();
    match class {
        ModuleClass::NixOs => nixpkgs::is_packages(db, folder),
        ModuleClass::Home => has("modules/modules.nix") && has("modules/lib/stdlib-extended.nix"),
        ModuleClass::Darwin => has("modules/module-list.nix") && has("eval-config.nix"),
    }
}

/// The modules of a tree.
#[salsa::tracked(returns(ref))]
pub(crate) fn members<'db>(db: &'db dyn Db, lists: Lists<'db>) -> Members {
    let folder = lists.folder(db).path(db);
    let mut found = Members::default();
    let list = match lists.class(db) {
        ModuleClass::NixOs => "nixos/modules/module-list.nix",
        ModuleClass::Darwin => "modules/module-list.nix",
        ModuleClass::Home => {
            match files::existing(db, &folder.join("modules/modules.nix")) {
                Some(list) => of_home(db, list, lists.nixpkgs(db), &mut found),
                None => found.unknown = true,
            }
            return found;
        }
    };
    // Its contribution is its elements.
    match files::existing(db, &folder.join(list)) {
        Some(list) => found.files.push(list),
        None => found.unknown = true,
    }
    found
}

/// The list of home-manager's modules is worked out, from paths that it names: modules, and folders of them.
fn of_home<'db>(db: &'db dyn Db, list: SourceFile, nixpkgs: Option<Folder<'db>>, found: &mut Members) {
    let module = queries::module(db, list);
    let (imported, maybe) = (arguments(module, is_import), below(module, &conditional(module)));
    for (expr, number) in module.exprs.iter().zip(0..) {
        let expr_id = ExprId(number);
        let mut add = |file: SourceFile| {
            if !found.files.contains(&file) {
                found.files.push(file);
                found.maybe.extend(maybe.contains(&expr_id).then_some(file));
            }
        };
        match *expr {
            Expr::Const(constant) if !imported.contains(&expr_id) => {
                let Some(Const::Path(PathKind::Relative, text)) = module.consts.get(constant as usize) else { continue };
                let Some(path) = files::literal(db, list, PathKind::Relative, text) else { continue };
                match files::imported(db, &path) {
                    Some(file) => add(file),
                    None => children(db, Folder::new(db, path)).iter().filter_map(|path| files::imported(db, path)).for_each(add),
                }
            }
            // `pkgs.path + "/nixos/modules/misc/meta.nix"`
            Expr::Binary { op: BinaryOp::Add, rhs, .. } => {
                let Some(&Expr::Const(constant)) = module.exprs.get(rhs.0 as usize) else { continue };
                let Some(Const::Str(text)) = module.consts.get(constant as usize) else { continue };
                if !text.starts_with(b"/nixos/modules/") {
                    continue;
                }
                let path = nixpkgs.and_then(|tree| files::append(tree.path(db), text));
                match path.and_then(|path| files::imported(db, &path)) {
                    Some(file) => add(file),
                    None => found.unknown = true,
                }
            }
            _ => {}
        }
    }
}

fn is_import(module: &Module, function: ExprId) -> bool {
    matches!(module.exprs.get(function.0 as usize), Some(Expr::Global(index)) if GLOBALS.get(usize::from(*index)) == Some(&"import"))
}

fn arguments(module: &Module, wanted: impl Fn(&Module, ExprId) -> bool) -> FxHashSet<ExprId> {
    let calls = module.exprs.iter().filter_map(|expr| match *expr {
        Expr::Call { function, args } if wanted(module, function) => module.list(args).first().copied(),
        _ => None,
    });
    calls.collect()
}

/// Branches, and arguments of functions that leave them out at times.
fn conditional(module: &Module) -> Vec<ExprId> {
    let mut found = Vec::new();
    for expr in &module.exprs {
        match *expr {
            Expr::If { then_branch, else_branch, .. } => found.extend([then_branch, else_branch]),
            Expr::Call { function, args } if is_optional(module, function) => found.extend(module.list(args)),
            _ => {}
        }
    }
    found
}

fn is_optional(module: &Module, function: ExprId) -> bool {
    let name = match module.exprs.get(function.0 as usize) {
        Some(Expr::Get { name, .. }) => *name,
        Some(&Expr::WithVar(index)) => match module.withs.get(index as usize) {
            Some(var) => var.name,
            None => return false,
        },
        // A function of the list's own: `loadModule ./x.nix { condition = …; }`.
        Some(Expr::Local(_) | Expr::Outer { .. }) => return true,
        _ => return false,
    };
    name.as_bytes().starts_with(b"optional")
}

fn below(module: &Module, roots: &[ExprId]) -> FxHashSet<ExprId> {
    let (mut seen, mut open) = (FxHashSet::default(), roots.to_vec());
    while let Some(expr) = open.pop() {
        if seen.insert(expr) {
            module.children(expr, |child| open.push(child));
        }
    }
    seen
}

/// The modules in a folder: files of code, and folders.
#[salsa::tracked(returns(ref))]
fn children<'db>(db: &'db dyn Db, folder: Folder<'db>) -> Vec<Arc<Path>> {
    // Nobody tells when the folder changes: it is looked at anew in each revision, and mostly nothing follows.
    db.report_untracked_read();
    let folder = folder.path(db);
    let entries = db.system().read_dir(folder).unwrap_or_default();
    let is_module = |name: &std::ffi::OsStr, kind: FileKind| {
        kind == FileKind::Directory || kind == FileKind::Regular && Path::new(name).extension().is_some_and(|extension| extension == "nix")
    };
    let found = entries.iter().filter(|entry| is_module(&entry.name, entry.kind));
    let mut found: Vec<Arc<Path>> = found.map(|entry| folder.join(&entry.name).into()).collect();
    found.sort();
    found
}
