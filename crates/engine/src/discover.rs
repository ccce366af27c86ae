//! What a folder is: which file is evaluated when a person names only the folder.

use std::path::{Path, PathBuf};

/// Something that can be evaluated, found in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub kind: ProjectKind,
    /// The file to evaluate.
    pub file: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProjectKind {
    /// `flake.nix`
    Flake,
    /// `default.nix`
    Default,
    /// `shell.nix`
    Shell,
    /// `configuration.nix`
    NixOs,
    /// `home.nix`
    HomeManager,
}

/// The files that make a folder a project, in the order in which faces prefer them.
const MARKERS: [(&str, ProjectKind); 5] = [
    ("flake.nix", ProjectKind::Flake),
    ("default.nix", ProjectKind::Default),
    ("shell.nix", ProjectKind::Shell),
    ("configuration.nix", ProjectKind::NixOs),
    ("home.nix", ProjectKind::HomeManager),
];

/// The projects of a folder, preferred first. `is_file` says whether a path is a file (or an unsaved buffer).
pub fn projects(folder: &Path, mut is_file: impl FnMut(&Path) -> bool) -> Vec<Project> {
    let mut found = Vec::new();
    for (name, kind) in MARKERS {
        let file = folder.join(name);
        if is_file(&file) {
            found.push(Project { kind, file });
        }
    }
    found
}

/// What kind of project file this is by its name.
pub fn kind_of(file: &Path) -> Option<ProjectKind> {
    let name = file.file_name()?;
    MARKERS.iter().find(|(marker, _)| name == *marker).map(|&(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flake_comes_first() {
        let found = projects(Path::new("/p"), |p| p.ends_with("default.nix") || p.ends_with("flake.nix"));
        assert_eq!(found.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProjectKind::Flake, ProjectKind::Default]);
        assert_eq!(found[0].file, Path::new("/p/flake.nix"));
    }
}
