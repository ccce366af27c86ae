//! What analysis is told beside the files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_source::Db;

use crate::module_lists::ModuleClass;

/// What the workspace says of its surroundings. Without one, no search path is known.
#[salsa::input(singleton)]
pub struct Surroundings {
    /// The search path: a prefix (maybe empty) and an absolute path each.
    #[returns(ref)]
    pub search_path: Vec<(String, PathBuf)>,
    /// The folders of the workspace.
    #[default]
    #[returns(ref)]
    pub roots: Vec<PathBuf>,
    /// Files of the workspace that may say which overlays there are, sorted. Those of nixpkgs trees are not among them.
    #[default]
    #[returns(ref)]
    pub overlay_files: Vec<PathBuf>,
    /// The modules of the workspace, sorted by path.
    #[default]
    #[returns(ref)]
    pub modules: Vec<(PathBuf, ModuleClass)>,
    /// The flakes of the workspace, sorted by their folders.
    #[default]
    #[returns(ref)]
    pub flakes: Vec<Arc<Flake>>,
}

/// A flake of the workspace, with its inputs as far as they are on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flake {
    /// Where its `flake.nix` is.
    pub folder: PathBuf,
    /// The flake itself, its inputs, and theirs.
    pub nodes: Vec<FlakeNode>,
}

/// A flake, or a tree that is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlakeNode {
    /// The folder with its `flake.nix`; `None` where it is not on the disk.
    pub folder: Option<PathBuf>,
    pub is_flake: bool,
    /// By name: an index into [`Flake::nodes`].
    pub inputs: Vec<(String, usize)>,
}

/// The part of the workspace that a file is in: the innermost flake, else the innermost folder that was opened.
pub(crate) fn scope(db: &dyn Db, path: &Path) -> Option<PathBuf> {
    let surroundings = Surroundings::try_get(db)?;
    let flakes = surroundings.flakes(db).iter().map(|flake| &flake.folder);
    let around = |folders: &mut dyn Iterator<Item = &PathBuf>| folders.filter(|folder| path.starts_with(folder)).max().cloned();
    around(&mut flakes.into_iter()).or_else(|| around(&mut surroundings.roots(db).iter()))
}

/// Where `<name>` leads.
pub fn find_file(db: &dyn Db, name: &str) -> Option<Arc<Path>> {
    let surroundings = Surroundings::try_get(db)?;
    surroundings.search_path(db).iter().find_map(|(prefix, path)| {
        let rest = match name.strip_prefix(prefix.as_str()) {
            Some("") if !prefix.is_empty() => return Some(Arc::from(path.as_path())),
            Some(rest) if prefix.is_empty() => rest,
            Some(rest) => rest.strip_prefix('/')?,
            None => return None,
        };
        let found = path.join(rest);
        // Of several entries the first that has the file counts.
        db.system().metadata(&found).is_ok().then(|| found.into())
    })
}
