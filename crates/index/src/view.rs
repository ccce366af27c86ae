//! [`View`]: the index with the open files as they are in their editors.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_syntax::Name;
use rustc_hash::FxHashMap;

use crate::index::{Caller, Index, resolve};
use crate::kind::{FileKind, Shape};
use crate::summary::{FileSummary, Reach};

/// See the module documentation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct View {
    index: Arc<Index>,
    open: Arc<FxHashMap<Arc<Path>, Arc<FileSummary>>>,
}

impl View {
    pub fn new(index: Arc<Index>, open: impl IntoIterator<Item = (Arc<Path>, Arc<FileSummary>)>) -> View {
        View { index, open: Arc::new(open.into_iter().collect()) }
    }

    pub fn roots(&self) -> &[PathBuf] {
        self.index.roots()
    }

    pub fn get(&self, path: &Path) -> Option<&Arc<FileSummary>> {
        self.open.get(path).or_else(|| self.index.get(path))
    }

    /// All files, in no certain order.
    pub fn files(&self) -> impl Iterator<Item = (&Arc<Path>, &Arc<FileSummary>)> {
        self.index.files().filter(|(path, _)| !self.open.contains_key(*path)).chain(self.open.iter())
    }

    /// The files that say the name of an attribute, sorted.
    pub fn mentioning(&self, name: Name) -> Vec<Arc<Path>> {
        let mut found: Vec<Arc<Path>> =
            self.files().filter(|(_, summary)| summary.mentions(name)).map(|(path, _)| Arc::clone(path)).collect();
        found.sort();
        found
    }

    /// Who names a file: by its path, or a `default.nix` by its folder. Sorted by path.
    pub fn callers(&self, path: &Path) -> Vec<Caller> {
        let folder = path.parent().filter(|_| path.file_name().is_some_and(|name| name == "default.nix"));
        let mut found: Vec<Caller> = Vec::new();
        for target in [Some(path), folder].into_iter().flatten() {
            found.extend(self.index.naming(target).filter(|caller| !self.open.contains_key(&caller.path)));
        }
        for (from, summary) in self.open.iter() {
            for (number, edge) in summary.edges.iter().enumerate() {
                let target = resolve(from, edge, self.index.home());
                if target.as_deref().is_some_and(|target| target == path || Some(target) == folder) {
                    found.push(Caller { path: Arc::clone(from), summary: Arc::clone(summary), edge: number as u32 });
                }
            }
        }
        found.sort_by(|a, b| (&a.path, a.edge).cmp(&(&b.path, b.edge)));
        found
    }

    /// The file of the workspace that a path leads to as code: itself, or `default.nix` in it.
    pub fn file_at(&self, path: &Path) -> Option<Arc<Path>> {
        [path.to_owned(), path.join("default.nix")].into_iter().find(|path| self.get(path).is_some()).map(Arc::from)
    }

    /// The file that an edge of a file leads to.
    pub fn target(&self, from: &Path, edge: &crate::Edge) -> Option<Arc<Path>> {
        self.file_at(&resolve(from, edge, self.index.home())?)
    }

    /// The attribute by which a file of `pkgs/by-name/xx/name/package.nix` is found.
    pub fn by_name(path: &Path) -> Option<&str> {
        let mut parts = path.iter().rev();
        let (file, name, prefix, folder) = (parts.next()?, parts.next()?.to_str()?, parts.next()?.to_str()?, parts.next()?);
        let start: String = name.chars().take(2).flat_map(char::to_lowercase).collect();
        (file == "package.nix" && folder == "by-name" && start == prefix).then_some(name)
    }

    /// What a file is.
    pub fn kind(&self, path: &Path) -> FileKind {
        let Some(summary) = self.get(path) else { return FileKind::Plain };
        if path.file_name().is_some_and(|name| name == "flake.nix") && summary.shape == Shape::Flake {
            return FileKind::Flake;
        }
        let callers = self.callers(path);
        let reached = |how: Reach| callers.iter().filter_map(Caller::edge).any(|edge| edge.how == how);
        match summary.shape {
            Shape::PackageSet => FileKind::PackageSet,
            Shape::Overlay => FileKind::Overlay,
            _ if reached(Reach::Module) => FileKind::Module,
            _ if reached(Reach::CallPackage) || View::by_name(path).is_some() => FileKind::Package,
            Shape::Module => FileKind::Module,
            Shape::Package => FileKind::Package,
            Shape::Library => FileKind::Library,
            Shape::Flake | Shape::Plain => FileKind::Plain,
        }
    }
}
