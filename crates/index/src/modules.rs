//! Which files of the workspace are modules, and of what: NixOS, home-manager or nix-darwin, as far as paths and names say it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_syntax::Name;

use crate::index::{Index, resolve};
use crate::summary::{Edge, FileSummary, Reach};

/// What a module is evaluated by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModuleClass {
    NixOs,
    /// home-manager.
    Home,
    /// nix-darwin.
    Darwin,
}

use ModuleClass::{Darwin, Home, NixOs};

/// Names of attributes below which there are modules of one kind, and whether they are lists of them or modules themselves.
const PLACES: [(&[&[u8]], ModuleClass, bool); 8] = [
    (&[b"homeConfigurations"], Home, false),
    (&[b"homeModules"], Home, true),
    (&[b"homeManagerModules"], Home, true),
    (&[b"home-manager", b"users"], Home, true),
    (&[b"darwinConfigurations"], Darwin, false),
    (&[b"darwinModules"], Darwin, true),
    (&[b"nixosConfigurations"], NixOs, false),
    (&[b"nixosModules"], NixOs, true),
];

/// Files that begin a configuration by their name.
const NAMES: [(&str, ModuleClass); 3] = [("configuration.nix", NixOs), ("darwin-configuration.nix", Darwin), ("home.nix", Home)];

/// The modules among the files, sorted by path. A file that several kinds of configurations have is of the one that is told first: by
/// where it is named, then by its own name, then by the module that imports it.
pub fn modules(index: &Index) -> Vec<(PathBuf, ModuleClass)> {
    let mut files: Vec<_> = index.files().collect();
    files.sort_by_key(|file| file.0);
    let mut found: BTreeMap<Arc<Path>, ModuleClass> = BTreeMap::new();
    let mut open: Vec<Arc<Path>> = Vec::new();
    let mut add = |path: Arc<Path>, class: ModuleClass, open: &mut Vec<Arc<Path>>| {
        if !found.contains_key(&path) {
            found.insert(path.clone(), class);
            open.push(path);
        }
    };
    for (path, summary) in &files {
        for edge in &summary.edges {
            if let Some((class, target)) = placed(summary, edge).and_then(|class| Some((class, target(index, path, edge)?))) {
                add(target, class, &mut open);
            }
        }
    }
    for (path, _) in &files {
        if let Some((_, class)) = NAMES.iter().find(|(name, _)| path.file_name().is_some_and(|own| own == *name)) {
            add(Arc::clone(path), *class, &mut open);
        }
    }
    follow(index, &mut found, open);
    // Lists of modules that are called something else are most often those of NixOS.
    let mut open = Vec::new();
    for (path, summary) in &files {
        for edge in summary.edges.iter().filter(|edge| edge.how == Reach::Module) {
            if let Some(target) = target(index, path, edge).filter(|target| !found.contains_key(target)) {
                found.insert(target.clone(), NixOs);
                open.push(target);
            }
        }
    }
    follow(index, &mut found, open);
    found.into_iter().map(|(path, class)| (path.to_path_buf(), class)).collect()
}

/// What modules import is of their kind.
fn follow(index: &Index, found: &mut BTreeMap<Arc<Path>, ModuleClass>, mut open: Vec<Arc<Path>>) {
    open.reverse();
    while let Some(path) = open.pop() {
        let (Some(&class), Some(summary)) = (found.get(&path), index.get(&path)) else { continue };
        for edge in summary.edges.iter().filter(|edge| edge.how == Reach::Module && placed(summary, edge).is_none()) {
            if let Some(target) = target(index, &path, edge).filter(|target| !found.contains_key(target)) {
                found.insert(target.clone(), class);
                open.push(target);
            }
        }
    }
}

/// Of which kind a path is a module by the names around it.
fn placed(summary: &FileSummary, edge: &Edge) -> Option<ModuleClass> {
    let names: Vec<Name> = summary.attr_path(edge.symbol?);
    let is_below = |wanted: &[&[u8]]| {
        names.windows(wanted.len()).any(|names| names.iter().zip(wanted).all(|(name, wanted)| name.as_bytes() == *wanted))
    };
    let (_, class, itself) = PLACES.iter().rev().find(|(wanted, ..)| is_below(wanted))?;
    let is_one = edge.how == Reach::Module || *itself && matches!(edge.how, Reach::Import | Reach::Path);
    is_one.then_some(*class)
}

fn target(index: &Index, from: &Path, edge: &Edge) -> Option<Arc<Path>> {
    let path = resolve(from, edge, index.home())?;
    [path.join("default.nix"), path].into_iter().find(|path| index.get(path).is_some()).map(Arc::from)
}
