//! What an evaluation may read.

use std::path::{Path, PathBuf};

use nival_source::System;

use crate::config::{EngineConfig, Trust};

/// The rules that follow from purity and trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Pure evaluation was asked for: no environment, clock, system or search path.
    pub pure: bool,
    /// `restrict-eval`: no environment.
    pub restricted: bool,
    /// The user does not vouch for the files.
    pub untrusted: bool,
    /// Folders whose files may be read, canonical; the store always may. `None` is everything.
    pub readable: Option<Vec<PathBuf>>,
    pub import_from_derivation: bool,
}

impl Policy {
    /// Without trust the workspace and what the *user's* search path names may be read: neither is a choice of the files.
    pub fn new(config: &EngineConfig, system: &dyn System) -> Self {
        let untrusted = config.trust == Trust::Untrusted;
        let restricted = config.evaluation.restricted;
        let readable = (config.is_pure() || restricted).then(|| {
            let here = system.current_dir().unwrap_or_else(|_| "/".into());
            let search_path = config.search_path.iter().filter(|_| !config.pure).map(|entry| here.join(&entry.path));
            let workspace = config.roots.iter().filter(|_| untrusted || config.workspace_readable).cloned();
            workspace.chain(search_path).map(|folder| system.canonicalize(&folder).unwrap_or(folder)).collect()
        });
        Policy { pure: config.pure, restricted, untrusted, readable, import_from_derivation: config.may_import_from_derivation() }
    }

    /// Whether an entry of a folder may be seen: of a folder above a readable one, only the way there.
    pub fn shows(&self, folder: &Path, name: &std::ffi::OsStr) -> bool {
        let Some(readable) = &self.readable else { return true };
        let entry = folder.join(name);
        readable.iter().any(|root| folder.starts_with(root) || root.starts_with(&entry))
    }

    /// Nix's refusal, if the path may not be read. A symbolic link counts as what it leads to, so that none leads out.
    pub fn refusal(&self, path: &Path, system: &dyn System) -> Option<String> {
        let readable = self.readable.as_ref()?;
        let inside = |path: &Path| readable.iter().any(|root| path.starts_with(root));
        // The folders above a readable one may be asked about, or nothing below could be found.
        let above = readable.iter().any(|root| root.starts_with(path));
        let allowed = above || inside(&resolve(path, system));
        if allowed {
            return None;
        }
        let reason = if self.restricted {
            "is forbidden in restricted mode"
        } else if self.pure {
            "is forbidden in pure evaluation mode (use '--impure' to override)"
        } else {
            "is forbidden, because this workspace is not trusted"
        };
        Some(format!("access to absolute path '{}' {reason}", path.display()))
    }
}

/// The canonical path, or of what exists of it.
fn resolve(path: &Path, system: &dyn System) -> PathBuf {
    let mut at = path;
    let mut rest = Vec::new();
    loop {
        if let Ok(mut found) = system.canonicalize(at) {
            found.extend(rest.iter().rev());
            return found;
        }
        match (at.parent(), at.file_name()) {
            (Some(parent), Some(name)) => {
                rest.push(name);
                at = parent;
            }
            _ => return path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use nival_source::MemorySystem;

    use super::*;
    use crate::config::SearchPathEntry;

    #[test]
    fn no_way_out_of_the_workspace() {
        let system = MemorySystem::new();
        system.write("/w/a.nix", "1");
        system.write("/etc/passwd", "x");
        system.write("/n/default.nix", "1");
        system.symlink("/w/out", "/etc");
        let mut config = EngineConfig::editor("x86_64-linux".into());
        config.roots = vec!["/w".into()];
        config.search_path = vec![SearchPathEntry::parse("nixpkgs=/n")];
        let policy = Policy::new(&config, &system);
        let refused = |path: &str| policy.refusal(Path::new(path), &system).is_some();
        assert!(!refused("/w/a.nix") && !refused("/w/missing/x.nix") && !refused("/n/default.nix") && !refused("/w") && !refused("/"));
        assert!(refused("/etc/passwd") && refused("/w/out/passwd") && refused("/w/out/missing") && refused("/wx"));
        config.trust = Trust::Trusted;
        assert_eq!(Policy::new(&config, &system).refusal(Path::new("/etc/passwd"), &system), None);
    }
}
