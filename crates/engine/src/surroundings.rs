//! What analysis is told beside the files (see `nival_shape::Surroundings`): which files of the workspace list overlays, and where the
//! inputs of its flakes are on the disk. Worked out when the index has changed, away from typing; nothing is fetched.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_flake::lock::LockEdge;
use nival_flake::{FlakeAttr, LockFile};
use nival_hir::module::{AttrsLit, Const, Expr, ExprId, Module};
use nival_index::Index;
use nival_index::kind::Shape;
use nival_shape::{Flake, FlakeNode, ModuleClass, Surroundings};
use nival_source::{System, clean_path};
use nival_store::store_path::{StoreReferences, make_fixed_output_path};
use nival_store::{ContentAddress, ContentAddressMethod, Hash};
use nival_syntax::Name;
use rustc_hash::FxHashMap;
use salsa::Setter;

use crate::config::EngineConfig;
use crate::db::RootDb;
use crate::world::store_access::StoreAccess;

/// Larger files are no lock files of anybody.
const MAX_BYTES: u64 = 16 << 20;
/// A flake has no more inputs than this, theirs included.
const MAX_NODES: usize = 4096;
/// How far flakes that are folders are followed from one to the next where no lock file says where they lead.
const MAX_DEPTH: usize = 4;
/// So many names are looked up to find where one input leads: inputs that follow others, which follow others, name few.
const MAX_FOLLOWS: usize = 256;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    overlay_files: Vec<PathBuf>,
    modules: Vec<(PathBuf, ModuleClass)>,
    flakes: Vec<Arc<Flake>>,
}

/// What of the search path is known without fetching.
pub(crate) fn known_search_path(config: &EngineConfig) -> Vec<(String, PathBuf)> {
    let absolute = config.search_path.iter().filter(|entry| entry.path.starts_with('/'));
    absolute.map(|entry| (entry.prefix.clone(), PathBuf::from(&entry.path))).collect()
}

/// Tells a new database.
pub(crate) fn begin(db: &RootDb, config: &EngineConfig, facts: &Facts) {
    // It is the only one of its kind: nobody keeps it.
    let _ = Surroundings::builder(known_search_path(config))
        .roots(config.roots.clone())
        .overlay_files(facts.overlay_files.clone())
        .modules(facts.modules.clone())
        .flakes(facts.flakes.clone())
        .new(db);
}

/// Whether a database is to be told something.
pub(crate) fn is_due(db: &RootDb, config: &EngineConfig, facts: &Facts) -> bool {
    let told = Surroundings::get(db);
    *told.overlay_files(db) != facts.overlay_files
        || *told.modules(db) != facts.modules
        || *told.flakes(db) != facts.flakes
        || *told.roots(db) != config.roots
}

/// Tells a database what is not known to it yet.
pub(crate) fn update(db: &mut RootDb, config: &EngineConfig, facts: &Facts) {
    let told = Surroundings::get(db);
    let search_path = known_search_path(config);
    if *told.search_path(db) != search_path {
        told.set_search_path(db).to(search_path);
    }
    if *told.roots(db) != config.roots {
        told.set_roots(db).to(config.roots.clone());
    }
    if *told.overlay_files(db) != facts.overlay_files {
        told.set_overlay_files(db).to(facts.overlay_files.clone());
    }
    if *told.modules(db) != facts.modules {
        told.set_modules(db).to(facts.modules.clone());
    }
    if *told.flakes(db) != facts.flakes {
        told.set_flakes(db).to(facts.flakes.clone());
    }
}

/// What an index says.
pub(crate) fn facts(index: &Index, system: &dyn System, store: &StoreAccess) -> Facts {
    let mut files: Vec<_> = index.files().collect();
    files.sort_by_key(|file| file.0);
    let trees: Vec<&Path> = files.iter().filter_map(|(path, _)| nixpkgs_of(path)).collect();
    files.retain(|(path, _)| !trees.iter().any(|tree| path.starts_with(tree)));
    let (overlays, overlay) = (Name::new(b"overlays"), Name::new(b"overlay"));
    let mut facts = Facts::default();
    for (path, summary) in files {
        if summary.shape == Shape::Overlay || summary.mentions(overlays) || summary.mentions(overlay) || is_list_of_overlays(path) {
            facts.overlay_files.push(path.to_path_buf());
        }
        if let Some(folder) = path.parent().filter(|_| path.ends_with("flake.nix")) {
            facts.flakes.push(Arc::new(Flake { folder: folder.to_path_buf(), nodes: nodes(system, store, folder, MAX_DEPTH) }));
        }
    }
    let class = |class| match class {
        nival_index::ModuleClass::NixOs => ModuleClass::NixOs,
        nival_index::ModuleClass::Home => ModuleClass::Home,
        nival_index::ModuleClass::Darwin => ModuleClass::Darwin,
    };
    let modules = nival_index::modules(index).into_iter().filter(|(path, _)| !trees.iter().any(|tree| path.starts_with(tree)));
    facts.modules = modules.map(|(path, of)| (path, class(of))).collect();
    facts.flakes.sort_by(|a, b| a.folder.cmp(&b.folder));
    facts
}

fn nixpkgs_of(path: &Path) -> Option<&Path> {
    path.ends_with("pkgs/top-level/all-packages.nix").then(|| path.ancestors().nth(3)).flatten()
}

/// Lists need not say the word.
fn is_list_of_overlays(path: &Path) -> bool {
    path.ends_with("overlays.nix") || path.parent().is_some_and(|folder| folder.ends_with("overlays"))
}

/// The flake in a folder, and its inputs.
fn nodes(system: &dyn System, store: &StoreAccess, folder: &Path, depth: usize) -> Vec<FlakeNode> {
    let lock = read(system, &folder.join("flake.lock")).and_then(|text| LockFile::parse(&text, "flake.lock").ok());
    let mut nodes = lock.filter(|lock| lock.nodes.len() <= MAX_NODES).map(|lock| locked(system, store, folder, &lock)).unwrap_or_default();
    if nodes.is_empty() {
        nodes.push(FlakeNode { folder: Some(folder.to_path_buf()), is_flake: true, inputs: Vec::new() });
    }
    declared(system, store, folder, &mut nodes, depth);
    nodes
}

fn read(system: &dyn System, path: &Path) -> Option<Vec<u8>> {
    (system.metadata(path).ok()?.len <= MAX_BYTES).then(|| system.read_file(path).ok()).flatten()
}

/// What a lock file says, the flake itself first.
fn locked(system: &dyn System, store: &StoreAccess, folder: &Path, lock: &LockFile) -> Vec<FlakeNode> {
    let mut keys: Vec<&String> = lock.nodes.keys().collect();
    keys.sort_by_key(|key| (**key != lock.root, *key));
    let numbers: FxHashMap<&str, usize> = keys.iter().map(|key| key.as_str()).zip(0..).collect();
    let mut nodes: Vec<FlakeNode> = Vec::with_capacity(keys.len());
    for key in &keys {
        let Some(node) = lock.nodes.get(*key) else { continue };
        let inputs =
            node.inputs.iter().filter_map(|(name, edge)| Some((name.clone(), *numbers.get(target(lock, edge, &mut { MAX_FOLLOWS })?)?)));
        let tree =
            if **key == lock.root { Some(folder.to_path_buf()) } else { tree_of(system, store, folder, lock, key, &mut { MAX_FOLLOWS }) };
        nodes.push(FlakeNode { folder: tree, is_flake: node.is_flake, inputs: inputs.collect() });
    }
    nodes
}

/// The key of the node that an input leads to. Takes what it looks up from `most`.
fn target<'l>(lock: &'l LockFile, edge: &'l LockEdge, most: &mut usize) -> Option<&'l str> {
    match edge {
        LockEdge::Node(key) => Some(key),
        LockEdge::Follows(path) => at(lock, path, most),
    }
}

/// The key of the node at a path of inputs from the root.
fn at<'l>(lock: &'l LockFile, path: &'l [String], most: &mut usize) -> Option<&'l str> {
    path.iter().try_fold(lock.root.as_str(), |key, name| {
        *most = most.checked_sub(1)?;
        target(lock, lock.nodes.get(key)?.inputs.get(name)?, most)
    })
}

/// The folder of the flake that a node is locked to, if it is on the disk.
fn tree_of(system: &dyn System, store: &StoreAccess, folder: &Path, lock: &LockFile, key: &str, most: &mut usize) -> Option<PathBuf> {
    let node = lock.nodes.get(key)?;
    let text = |name: &str| match node.locked.attrs.get(name) {
        Some(FlakeAttr::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let path = || text("path").filter(|_| text("type") == Some("path")).map(Path::new);
    let there = |folder: PathBuf| system.metadata(&folder).is_ok().then_some(folder);
    let tree = match (&node.parent, path()) {
        // In the tree of another one, and not beside it.
        (Some(parent), Some(path)) if path.is_relative() => {
            *most = most.checked_sub(1)?;
            let parent = at(lock, parent, most)?;
            let base = if parent == lock.root { folder.to_path_buf() } else { tree_of(system, store, folder, lock, parent, most)? };
            there(clean_path(&base.join(path)))?
        }
        (_, path) => {
            let stored = text("narHash").and_then(|hash| store_path(store, hash)).and_then(there);
            stored.or_else(|| path.filter(|path| path.is_absolute()).map(Path::to_path_buf).and_then(there))?
        }
    };
    Some(match text("dir") {
        Some(dir) => contained(&tree, dir)?,
        None => tree,
    })
}

/// A folder below another one.
fn contained(folder: &Path, below: &str) -> Option<PathBuf> {
    let path = clean_path(&folder.join(below));
    path.starts_with(folder).then_some(path)
}

/// Where a tree with this hash is in the store, if it is there.
fn store_path(store: &StoreAccess, hash: &str) -> Option<PathBuf> {
    let address = ContentAddress { method: ContentAddressMethod::Nar, hash: Hash::parse_sri(hash).ok()? };
    let dir = store.store_dir();
    let path = make_fixed_output_path(&dir, "source", &address, &StoreReferences::default()).ok()?;
    Some(store.to_real(Path::new(&dir.print(&path))))
}

/// Adds inputs of the flake itself that only its text names: those that are folders, and those that others stand for.
fn declared(system: &dyn System, store: &StoreAccess, folder: &Path, nodes: &mut Vec<FlakeNode>, depth: usize) {
    let Some(text) = read(system, &folder.join("flake.nix")) else { return };
    let contents = nival_source::Contents::from_bytes(text);
    let tree = nival_syntax::flat::parse(contents.text().as_bytes());
    let lowered = nival_hir::lower(&tree, &nival_hir::LowerOptions::default());
    let module = &lowered.module;
    let Some(inputs) = set_at(module, module.root).and_then(|flake| set_at(module, attr(flake, b"inputs")?)) else { return };
    // What stands for an input of a node: a path of inputs from the flake itself.
    let mut follows: Vec<(usize, String, String)> = Vec::new();
    for input in &inputs.attrs {
        let name = input.name.to_str().into_owned();
        if nodes.len() >= MAX_NODES || nodes.first().is_some_and(|root| root.inputs.iter().any(|(known, _)| *known == name)) {
            continue;
        }
        let set = set_at(module, input.value);
        let text = |name: &[u8]| text_at(module, attr(set?, name)?);
        if let Some(other) = text(b"follows") {
            follows.push((0, name, other));
            continue;
        }
        let url = text(b"url");
        let path = url.as_deref().map(|url| url.strip_prefix("path:").unwrap_or(url)).map(|url| url.split('?').next().unwrap_or(url));
        let path = path.filter(|path| path.starts_with('/') || path.starts_with("./") || path.starts_with("../"));
        let place = path.map(|path| clean_path(&folder.join(path))).filter(|path| system.metadata(path).is_ok());
        let is_flake = !set.and_then(|set| attr(set, b"flake")).is_some_and(|value| is_false(module, value));
        let number = nodes.len();
        let mut inner = match (&place, depth.checked_sub(1)) {
            (Some(place), Some(depth)) if is_flake => self::nodes(system, store, place, depth),
            _ => vec![FlakeNode { folder: place, is_flake, inputs: Vec::new() }],
        };
        inner.iter_mut().flat_map(|node| &mut node.inputs).for_each(|(_, to)| *to += number);
        nodes.append(&mut inner);
        nodes.iter_mut().take(1).for_each(|root| root.inputs.push((name.clone(), number)));
        for of in set.and_then(|set| set_at(module, attr(set, b"inputs")?)).map_or(&[][..], |set| &set.attrs) {
            if let Some(other) = set_at(module, of.value).and_then(|set| text_at(module, attr(set, b"follows")?)) {
                follows.push((number, of.name.to_str().into_owned(), other));
            }
        }
    }
    for (of, name, path) in follows {
        let input = |node: usize, name: &str| nodes.get(node)?.inputs.iter().find(|(other, _)| other == name).map(|(_, node)| *node);
        if let Some(to) = path.split('/').try_fold(0, input)
            && let Some(node) = nodes.get_mut(of)
        {
            node.inputs.retain(|(other, _)| *other != name);
            node.inputs.push((name, to));
        }
    }
    nodes.iter_mut().for_each(|node| node.inputs.sort());
}

fn set_at(module: &Module, expr: ExprId) -> Option<&AttrsLit> {
    match module.exprs.get(expr.0 as usize)? {
        Expr::Attrs(index) => module.attrsets.get(*index as usize),
        _ => None,
    }
}

fn attr(set: &AttrsLit, name: &[u8]) -> Option<ExprId> {
    set.attrs.iter().find(|attr| attr.name.as_bytes() == name).map(|attr| attr.value)
}

fn text_at(module: &Module, expr: ExprId) -> Option<String> {
    match module.exprs.get(expr.0 as usize)? {
        Expr::Const(constant) => match module.consts.get(*constant as usize)? {
            Const::Str(text) => Some(String::from_utf8_lossy(text).into_owned()),
            Const::Path(nival_hir::module::PathKind::Relative, text) => Some(format!("./{}", String::from_utf8_lossy(text))),
            _ => None,
        },
        _ => None,
    }
}

fn is_false(module: &Module, expr: ExprId) -> bool {
    matches!(module.exprs.get(expr.0 as usize), Some(Expr::Global(index)) if nival_hir::globals::GLOBALS.get(usize::from(*index)) == Some(&"false"))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use nival_source::MemorySystem;

    use super::*;

    /// Where the inputs of the flake itself lead: the numbers of nodes.
    fn inputs(lock: &str) -> String {
        let system = MemorySystem::new();
        let store = StoreAccess::new(EngineConfig::editor("x86_64-linux".into()).store, &system);
        let lock = LockFile::parse(lock.as_bytes(), "flake.lock").unwrap();
        let nodes = locked(&system, &store, Path::new("/w"), &lock);
        let inputs = nodes[0].inputs.iter().map(|(name, node)| format!("{name} {node}"));
        inputs.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn inputs_follow_inputs() {
        let tree = r#""locked": { "type": "path", "path": "/x" }, "original": { "type": "path", "path": "/x" }"#;
        let lock = |root: &str, a: &str| {
            format!(
                r#"{{ "version": 7, "root": "root", "nodes": {{ "root": {{ "inputs": {{ {root} }} }},
                    "a": {{ "inputs": {{ {a} }}, {tree} }}, "b": {{ {tree} }} }} }}"#
            )
        };
        assert_eq!(inputs(&lock(r#""a": "a", "c": ["a", "d"]"#, r#""d": ["e"]"#)), "a 1");
        assert_eq!(inputs(&lock(r#""a": "a", "b": "b", "c": ["a", "d"]"#, r#""d": ["b"]"#)), "a 1, b 2, c 2");
        assert_eq!(inputs(&lock(r#""b": ["b"]"#, "")), "");
        // Each name takes twice as long as the one before it.
        let many = |name: &str| {
            let twice = |number: usize| format!(r#", "{name}{number}": ["y{0}", "x{0}"]"#, number - 1);
            format!(r#""{name}0": "a"{}"#, (1..=60).map(twice).collect::<String>())
        };
        let begin = Instant::now();
        let found = inputs(&lock(&many("y"), &many("x")));
        assert!(found.contains("y0 1, y1 1") && !found.contains("y60"), "{found}");
        assert!(begin.elapsed().as_secs() < 10);
    }
}
