//! The flakes of the workspace and their inputs: what `outputs` is given, and what a module or package gets as `inputs` and `self`.
//! Only trees that are on the disk are known. What a lock file says may not be what is evaluated in the end: nothing here is certain.

use std::path::Path;
use std::sync::Arc;

use nival_hir::module::{Expr, Module};
use nival_source::{Db, SourceFile};
use nival_syntax::Name;

use crate::builtins::known;
use crate::config::{self, Flake, FlakeNode, Surroundings};
use crate::eval::whnf;
use crate::nixpkgs::{self, Folder, known_set};
use crate::set::{self, Lookup};
use crate::value::*;

/// Systems whose packages flakes have.
const SYSTEMS: [&str; 10] = [
    "x86_64-linux",
    "aarch64-darwin",
    "aarch64-linux",
    "armv6l-linux",
    "armv7l-linux",
    "i686-linux",
    "powerpc64le-linux",
    "riscv64-linux",
    "x86_64-darwin",
    "x86_64-freebsd",
];

/// The names of systems, the one that is shown first.
pub(crate) fn systems() -> impl Iterator<Item = Name> {
    SYSTEMS.iter().map(|name| Name::new(name.as_bytes()))
}

fn flake(db: &dyn Db, folder: &Path) -> Option<Arc<Flake>> {
    let flakes = Surroundings::try_get(db)?.flakes(db);
    flakes.binary_search_by(|flake| flake.folder.as_path().cmp(folder)).ok().and_then(|index| flakes.get(index)).cloned()
}

/// The flake that a file is part of.
fn around(db: &dyn Db, path: &Path) -> Option<Arc<Flake>> {
    flake(db, &config::scope(db, path)?)
}

/// The nixpkgs tree among the inputs of the flake around a file.
pub(crate) fn nixpkgs_for(db: &dyn Db, path: &Path) -> Option<Arc<Path>> {
    let flake = around(db, path)?;
    let mut inputs: Vec<&(String, usize)> = flake.nodes.first()?.inputs.iter().filter(|(name, _)| is_nixpkgs(name)).collect();
    inputs.sort_by_key(|(name, _)| (name != "nixpkgs", name));
    inputs.into_iter().find_map(|(_, node)| nixpkgs_at(db, flake.nodes.get(*node)?))
}

/// The inputs of the flake around a file that are there, its own first.
pub(crate) fn inputs_on_disk(db: &dyn Db, path: &Path) -> Vec<Arc<Path>> {
    let Some(flake) = around(db, path) else { return Vec::new() };
    let own = flake.nodes.first().into_iter().flat_map(|node| &node.inputs).map(|(_, node)| *node);
    let all = own.chain(1..flake.nodes.len()).filter_map(|node| flake.nodes.get(node)?.folder.as_deref().map(Arc::from));
    all.collect()
}

fn is_nixpkgs(name: &str) -> bool {
    name.starts_with("nixpkgs") || name == "pkgs"
}

fn nixpkgs_at(db: &dyn Db, node: &FlakeNode) -> Option<Arc<Path>> {
    let folder: Arc<Path> = node.folder.as_deref()?.into();
    nixpkgs::is_packages(db, Folder::new(db, folder.clone())).then_some(folder)
}

/// The flake around a file, as a value.
pub(crate) fn own<'db>(db: &'db dyn Db, file: SourceFile) -> Option<Thunk<'db>> {
    let folder = around(db, file.path(db))?.folder.as_path().into();
    Some(Thunk::Made(Made::new(db, MadeKind::Flake { folder, node: 0 })))
}

/// The inputs of the flake around a file, as it hands them on: what `outputs` is given.
pub(crate) fn inputs<'db>(db: &'db dyn Db, file: SourceFile) -> Option<Thunk<'db>> {
    let flake = around(db, file.path(db))?;
    Some(arguments(db, &flake.folder.as_path().into(), &flake, 0))
}

/// Whether the function with this number is `outputs` of the flake that a file is.
pub(crate) fn is_outputs(db: &dyn Db, file: SourceFile, module: &Module, lambda: u32) -> bool {
    let path = file.path(db);
    let outputs = || {
        let Some(Expr::Attrs(set)) = module.exprs.get(module.root.0 as usize) else { return false };
        let attrs = module.attrsets.get(*set as usize).map_or(&[][..], |set| &set.attrs);
        let found = attrs.iter().find(|attr| attr.name.as_bytes() == b"outputs");
        found.is_some_and(|found| module.exprs.get(found.value.0 as usize) == Some(&Expr::Lambda(lambda)))
    };
    path.ends_with("flake.nix") && outputs() && path.parent().is_some_and(|folder| flake(db, folder).is_some())
}

/// What `outputs` of a flake is called with.
pub(crate) fn argument<'db>(db: &'db dyn Db, file: SourceFile) -> Value<'db> {
    let of = || {
        let folder = file.path(db).parent()?;
        let flake = flake(db, folder)?;
        Some(whnf(db, arguments(db, &folder.into(), &flake, 0)))
    };
    Value { sure: false, ..of().unwrap_or_else(Value::unknown) }
}

fn node<'db>(db: &'db dyn Db, folder: &Arc<Path>, node: usize) -> Thunk<'db> {
    Thunk::Made(Made::new(db, MadeKind::Flake { folder: folder.clone(), node: node as u32 }))
}

/// The inputs of a node and itself.
fn arguments<'db>(db: &'db dyn Db, folder: &Arc<Path>, flake: &Flake, of: usize) -> Thunk<'db> {
    let inputs = flake.nodes.get(of).map_or(&[][..], |node| &node.inputs);
    let inputs = inputs.iter().map(|(name, input)| (name.as_str(), node(db, folder, *input)));
    known_set(db, inputs.chain([("self", node(db, folder, of))]))
}

/// What is known of a flake: its outputs and what it says of its tree.
pub(crate) fn value<'db>(db: &'db dyn Db, folder: &Arc<Path>, number: u32) -> Value<'db> {
    let unknown = Value { shape: Shape::Set(Set::open()), sure: false };
    let Some(flake) = flake(db, folder) else { return unknown };
    let Some(node) = flake.nodes.get(number as usize) else { return unknown };
    let named = flake.nodes.iter().flat_map(|node| &node.inputs).find(|(_, to)| *to == number as usize).map(|(name, _)| name.as_str());
    // What is not there yet is most likely much like what the search path has.
    let instead = || config::find_file(db, "nixpkgs").filter(|_| named.is_some_and(is_nixpkgs));
    let Some(tree) = node.folder.as_deref().map(Arc::from).or_else(instead) else { return unknown };
    let file = Thunk::Made(Made::new(db, MadeKind::Import(tree.join("flake.nix").into())));
    let function = Thunk::Made(Made::new(db, MadeKind::Attr { base: file, name: Name::new(b"outputs") }));
    let arg = arguments(db, folder, &flake, number as usize);
    let outputs = Thunk::Made(Made::new(db, MadeKind::Apply { function, arg }));
    let text = || known(db, Known::Str(None));
    let inputs = node.inputs.iter().map(|(name, input)| (name.as_str(), self::node(db, folder, *input)));
    let mut own = vec![
        ("_type", text()),
        ("inputs", known_set(db, inputs)),
        ("lastModified", known(db, Known::Int(None))),
        ("lastModifiedDate", text()),
        ("narHash", text()),
        ("outPath", Thunk::Made(Made::new(db, MadeKind::Folder(tree.clone())))),
        ("outputs", outputs),
        ("rev", text()),
        ("shortRev", text()),
        ("sourceInfo", known(db, Known::Set)),
    ];
    let mut layers = vec![Layer::Open];
    if node.is_flake {
        let made = whnf(db, outputs);
        layers.extend(set::layers(&made.shape).iter().filter(|layer| **layer != Layer::Open).cloned());
        if nixpkgs::is_packages(db, Folder::new(db, tree.clone())) {
            layers.push(of_nixpkgs(db, &tree, &made));
        }
    } else {
        own.retain(|(name, _)| !matches!(*name, "_type" | "inputs" | "outputs"));
    }
    layers.extend(crate::models::attrs(own).layers.iter().cloned());
    Value { shape: Shape::Set(Set::new(layers)), sure: false }
}

/// The package sets of nixpkgs, for which its own text takes a long way.
fn of_nixpkgs<'db>(db: &'db dyn Db, tree: &Arc<Path>, outputs: &Value<'db>) -> Layer<'db> {
    let packages = Thunk::Made(Made::new(db, MadeKind::Packages { root: tree.clone(), args: Thunk::Unknown, first: None }));
    let systems = known_set(db, SYSTEMS.iter().map(|&system| (system, packages)));
    let attr = |name: &str, value: Thunk<'db>| {
        let name = Name::new(name.as_bytes());
        let place = match set::lookup(db, outputs, name) {
            Lookup::Found(found) => found.place,
            Lookup::Missing { .. } => None,
        };
        Attr { name, value, place }
    };
    let mut attrs = vec![attr("legacyPackages", systems)];
    if !matches!(set::lookup(db, outputs, Name::new(b"lib")), Lookup::Found(_)) {
        attrs.push(attr("lib", nixpkgs::lib_of(db, tree)));
    }
    attrs.sort_by_key(|attr| attr.name);
    Layer::Attrs(attrs.into())
}
