//! The package set of a nixpkgs tree, put together from its files without the stages by which it comes about.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_hir::module::Expr;
use nival_hir::queries;
use nival_source::{Db, SourceFile};
use nival_syntax::Name;

use crate::builtins::known;
use crate::eval::whnf;
use crate::models::{self, attrs};
use crate::value::*;
use crate::{config, files, overlays, set};

/// A folder as the key of a query.
#[salsa::interned(debug)]
pub(crate) struct Folder<'db> {
    #[returns(ref)]
    pub(crate) path: Arc<Path>,
}

/// What of nixpkgs a folder has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tree {
    pub lib: bool,
    pub packages: bool,
}

#[salsa::tracked(returns(copy))]
fn tree<'db>(db: &'db dyn Db, folder: Folder<'db>) -> Tree {
    let has = |path: &str| files::existing(db, &folder.path(db).join(path)).is_some();
    let lib = has("lib/default.nix") && has("lib/trivial.nix");
    Tree { lib, packages: lib && has("pkgs/top-level/all-packages.nix") }
}

/// Folders right below the top of a tree that are not called so elsewhere as a rule.
const TOP: [&str; 5] = ["pkgs", "nixos", "lib", "maintainers", "doc"];

/// The nixpkgs tree that a file is part of.
pub(crate) fn root_of(db: &dyn Db, file: SourceFile) -> Option<(Arc<Path>, Tree)> {
    let path = file.path(db);
    let mut root = PathBuf::new();
    for component in path.components() {
        if component.as_os_str().to_str().is_some_and(|name| TOP.contains(&name)) {
            let found = tree(db, Folder::new(db, Arc::from(root.as_path())));
            if found.lib {
                return Some((root.into(), found));
            }
        }
        root.push(component);
    }
    None
}

/// Whether a folder is a nixpkgs tree with packages.
pub(crate) fn is_packages<'db>(db: &'db dyn Db, folder: Folder<'db>) -> bool {
    tree(db, folder).packages
}

/// The tree that packages come from for a file: its own, else that of its flake, else that of the search path.
pub(crate) fn tree_for(db: &dyn Db, file: SourceFile) -> Option<Arc<Path>> {
    let own = root_of(db, file).filter(|(_, tree)| tree.packages).map(|(root, _)| root);
    let own = own.or_else(|| crate::flakes::nixpkgs_for(db, file.path(db)));
    own.or_else(|| config::find_file(db, "nixpkgs").filter(|root| tree(db, Folder::new(db, root.clone())).packages))
}

/// The package set for a file: with the overlays of the workspace around it.
pub(crate) fn packages_for<'db>(db: &'db dyn Db, file: SourceFile) -> Option<Thunk<'db>> {
    with_overlays(db, file, None)
}

/// What an overlay of the workspace is given as `prev`: the package set with the overlays before it.
pub(crate) fn packages_before<'db>(db: &'db dyn Db, file: SourceFile, overlay: u32) -> Option<Thunk<'db>> {
    with_overlays(db, file, Some(overlay))
}

fn with_overlays<'db>(db: &'db dyn Db, file: SourceFile, first: Option<u32>) -> Option<Thunk<'db>> {
    let root = tree_for(db, file)?;
    let Some(scope) = overlays::scope_of(db, file) else { return bare_packages_for(db, file) };
    let args = known_set(db, [("overlays", Thunk::Made(Made::new(db, MadeKind::Overlays(scope))))]);
    Some(Thunk::Made(Made::new(db, MadeKind::Packages { root, args, first })))
}

/// The package set for a file as nixpkgs has it.
pub(crate) fn bare_packages_for<'db>(db: &'db dyn Db, file: SourceFile) -> Option<Thunk<'db>> {
    let root = tree_for(db, file)?;
    Some(Thunk::Made(Made::new(db, MadeKind::Packages { root, args: Thunk::Unknown, first: None })))
}

/// The library for a file.
pub(crate) fn lib_for<'db>(db: &'db dyn Db, file: SourceFile) -> Option<Thunk<'db>> {
    let root = root_of(db, file).map(|(root, _)| root).or_else(|| tree_for(db, file))?;
    Some(lib_of(db, &root))
}

/// The library of a tree.
pub(crate) fn lib_of<'db>(db: &'db dyn Db, root: &Path) -> Thunk<'db> {
    import(db, &root.join("lib/default.nix"))
}

fn import<'db>(db: &'db dyn Db, path: &Path) -> Thunk<'db> {
    Thunk::Made(Made::new(db, MadeKind::Import(path.into())))
}

/// What the call of a function in a tree gives, where that is known without following it.
pub(crate) fn known_call<'db>(db: &'db dyn Db, file: SourceFile, lambda: u32, args: &[Thunk<'db>]) -> Option<Value<'db>> {
    let path = file.path(db).as_os_str().as_encoded_bytes();
    let known = [&b"/pkgs/top-level/impure.nix"[..], b"/pkgs/top-level/default.nix"];
    if !known.iter().any(|end| path.ends_with(end)) {
        return None;
    }
    let module = queries::module(db, file);
    let (root, tree) = root_of(db, file)?;
    let is_root = module.exprs.get(module.root.0 as usize) == Some(&Expr::Lambda(lambda));
    let &[args] = args else { return None };
    (is_root && tree.packages).then(|| whnf(db, Thunk::Made(Made::new(db, MadeKind::Packages { root, args, first: None }))))
}

fn apply<'db>(db: &'db dyn Db, function: Thunk<'db>, args: impl IntoIterator<Item = Thunk<'db>>) -> Thunk<'db> {
    args.into_iter().fold(function, |function, arg| Thunk::Made(Made::new(db, MadeKind::Apply { function, arg })))
}

pub(crate) fn known_set<'a, 'db>(db: &'db dyn Db, attrs: impl IntoIterator<Item = (&'a str, Thunk<'db>)>) -> Thunk<'db> {
    let attr = |(name, value): (&str, Thunk<'db>)| Attr { name: Name::new(name.as_bytes()), value, place: None };
    let mut attrs: Vec<Attr<'db>> = attrs.into_iter().map(attr).collect();
    attrs.sort_by_key(|attr| attr.name);
    attrs.dedup_by_key(|attr| attr.name);
    Thunk::Made(Made::new(db, MadeKind::Set(attrs.into())))
}

/// The package set of a tree, with all of the overlays that it is made with, or the `first` of them.
pub(crate) fn packages<'db>(db: &'db dyn Db, root: &Arc<Path>, args: Thunk<'db>, first: Option<u32>) -> Value<'db> {
    let with = |first| Thunk::Made(Made::new(db, MadeKind::Packages { root: root.clone(), args, first }));
    // What an overlay is given as `prev` has its own attributes, and refers to the set that comes about in the end.
    let itself = with(None);
    let lib = import(db, &root.join("lib/default.nix"));
    let open = known(db, Known::Set);
    let config = open;
    let top = root.join("pkgs/top-level");
    let mut layers = vec![Layer::Open];
    let mut add = |thunk: Thunk<'db>| {
        if let Shape::Set(set) = whnf(db, thunk).shape {
            layers.extend(set.layers.iter().filter(|layer| **layer != Layer::Open).cloned());
        }
    };
    let builders = ["trivial-builders/default.nix", "trivial-builders.nix"].map(|name| root.join("pkgs/build-support").join(name));
    if let Some(path) = builders.iter().find(|path| files::existing(db, path).is_some()) {
        add(apply(db, import(db, path), [itself]));
    }
    add(apply(db, import(db, &top.join("aliases.nix")), [lib, itself, itself]));
    layers.push(Layer::ByName { root: root.clone(), packages: itself });
    let mut add = |thunk: Thunk<'db>| {
        if let Shape::Set(set) = whnf(db, thunk).shape {
            layers.extend(set.layers.iter().filter(|layer| **layer != Layer::Open).cloned());
        }
    };
    let given =
        known_set(db, [("lib", lib), ("config", config), ("noSysDirs", known(db, Known::Bool)), ("overlays", known(db, Known::List))]);
    add(apply(db, import(db, &top.join("all-packages.nix")), [given, itself, itself, itself]));
    let model = |model| Thunk::Made(Made::new(db, MadeKind::Model(model)));
    let platform = || Thunk::Made(Made::new(db, MadeKind::Platform));
    let own = attrs([
        ("appendOverlays", model(Model::Override(itself))),
        ("buildPackages", itself),
        ("buildPlatform", platform()),
        ("callPackage", model(Model::CallPackage(itself))),
        ("callPackages", model(Model::CallPackages(itself))),
        ("config", config),
        ("extend", model(Model::Override(itself))),
        ("hostPlatform", platform()),
        ("lib", lib),
        ("newScope", model(Model::NewScope(itself))),
        ("overlays", known(db, Known::List)),
        ("pkgs", itself),
        ("pkgsBuildBuild", itself),
        ("pkgsBuildHost", itself),
        ("pkgsBuildTarget", itself),
        ("pkgsHostHost", itself),
        ("pkgsHostTarget", itself),
        ("pkgsMusl", itself),
        ("pkgsStatic", itself),
        ("pkgsTargetTarget", itself),
        ("pkgsi686Linux", itself),
        ("stdenv", Thunk::Made(Made::new(db, MadeKind::Stdenv(itself)))),
        ("system", known(db, Known::Str(None))),
        ("targetPackages", itself),
        ("targetPlatform", platform()),
    ]);
    layers.extend(own.layers.iter().map(|layer| match layer {
        Layer::Attrs(attrs) => Layer::Attrs(attrs.iter().map(|attr| Attr { place: written(db, root, attr.name), ..*attr }).collect()),
        other => other.clone(),
    }));
    let most = first.map_or(usize::MAX, |first| first as usize);
    for (overlay, number) in given_overlays(db, args).into_iter().take(most).zip(0..) {
        if let Shape::Set(set) = whnf(db, apply(db, overlay, [itself, with(Some(number))])).shape {
            layers.extend(set.layers.iter().cloned());
        }
    }
    // Settings and overlays that nobody sees can replace anything.
    Value { shape: Shape::Set(Set::new(layers)), sure: false }
}

/// Which files give the package set the attributes that are made up here; what they make them of says less.
const WRITTEN: [(&str, &[&str]); 2] = [
    ("pkgs/top-level/splice.nix", &["callPackage", "callPackages", "newScope"]),
    (
        "pkgs/top-level/stage.nix",
        &[
            "appendOverlays",
            "buildPackages",
            "buildPlatform",
            "extend",
            "hostPlatform",
            "pkgs",
            "pkgsBuildBuild",
            "pkgsBuildHost",
            "pkgsBuildTarget",
            "pkgsHostHost",
            "pkgsHostTarget",
            "pkgsMusl",
            "pkgsStatic",
            "pkgsTargetTarget",
            "pkgsi686Linux",
            "targetPackages",
            "targetPlatform",
        ],
    ),
];

/// Where the tree writes such an attribute.
fn written(db: &dyn Db, root: &Path, name: Name) -> Option<Place> {
    if name.as_bytes() == b"lib" {
        let file = files::existing(db, &root.join("lib/default.nix"))?;
        return Some(Place { file, kind: PlaceKind::File });
    }
    let (path, _) = WRITTEN.iter().find(|(_, names)| names.iter().any(|written| written.as_bytes() == name.as_bytes()))?;
    let file = files::existing(db, &root.join(path))?;
    let sets = queries::module(db, file).attrsets.iter().zip(0..);
    let mut found = sets.filter_map(|(literal, set)| {
        let attr = literal.attrs.binary_search_by_key(&name, |attr| attr.name).ok()?;
        Some(PlaceKind::Attr { set, attr: attr as u32 })
    });
    Some(Place { file, kind: found.next()? })
}

/// `import nixpkgs { overlays = [ … ]; }`
fn given_overlays<'db>(db: &'db dyn Db, args: Thunk<'db>) -> Vec<Thunk<'db>> {
    if args == Thunk::Unknown {
        return Vec::new();
    }
    let Some(list) = set::select(db, &whnf(db, args), Name::new(b"overlays")) else { return Vec::new() };
    match whnf(db, list.value).shape {
        Shape::List(Some(items)) => items.iter().take(32).copied().collect(),
        _ => Vec::new(),
    }
}

/// `callPackage function { }`
pub(crate) fn called<'db>(db: &'db dyn Db, packages: Thunk<'db>, function: Thunk<'db>) -> Thunk<'db> {
    let nothing = known_set(db, []);
    Thunk::Made(Made::new(db, MadeKind::Apply { function: models::call_of(db, packages, function), arg: nothing }))
}

/// The file of a package in `pkgs/by-name`.
pub(crate) fn by_name_file(db: &dyn Db, root: &Path, name: Name) -> Option<SourceFile> {
    let name = std::str::from_utf8(name.as_bytes()).ok()?;
    if name.len() < 2 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-+'.".contains(&b)) {
        return None;
    }
    let shard = name.get(..2)?.to_ascii_lowercase();
    let folder = root.join("pkgs/by-name");
    // Trees from before it was there.
    if !has_by_name(db, Folder::new(db, Arc::from(root))) {
        return None;
    }
    files::existing(db, &folder.join(shard).join(name).join("package.nix"))
}

#[salsa::tracked(returns(copy))]
fn has_by_name<'db>(db: &'db dyn Db, root: Folder<'db>) -> bool {
    let folder = root.path(db).join("pkgs/by-name");
    files::existing(db, &folder.join("README.md")).is_some() || files::existing(db, &folder.join("he/hello/package.nix")).is_some()
}

/// All packages in `pkgs/by-name`, by looking now.
pub(crate) fn by_name_names(db: &dyn Db, root: &Path) -> Vec<Name> {
    if !has_by_name(db, Folder::new(db, Arc::from(root))) {
        return Vec::new();
    }
    let system = db.system();
    let shards = system.read_dir(&root.join("pkgs/by-name")).unwrap_or_default();
    let inside = shards.iter().flat_map(|shard| system.read_dir(&root.join("pkgs/by-name").join(&shard.name)).unwrap_or_default());
    inside.filter_map(|entry| Some(Name::new(entry.name.to_str()?.as_bytes()))).collect()
}
