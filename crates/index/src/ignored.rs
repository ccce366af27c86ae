//! What `.gitignore` files leave out of a workspace.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use nival_source::System;

/// A larger file holds no rules that anybody wrote.
const MAX_BYTES: u64 = 1 << 20;
/// Folders above a root that are looked into for the top of its repository.
const MAX_ABOVE: usize = 32;

/// The rules that hold in a folder: those of its own file and of the folders above. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ignored {
    /// Outermost first.
    rules: Vec<Arc<Gitignore>>,
}

impl Ignored {
    /// The rules from above a folder: up to the top of its repository, or else to the root that it is below.
    pub fn above(system: &dyn System, roots: &[PathBuf], folder: &Path) -> Ignored {
        let is_top = |folder: &Path| system.metadata(&folder.join(".git")).is_ok();
        let mut above: Vec<&Path> = Vec::new();
        if !is_top(folder) {
            for parent in folder.ancestors().skip(1).take(MAX_ABOVE) {
                above.push(parent);
                if is_top(parent) {
                    break;
                }
            }
            if !above.last().is_some_and(|last| is_top(last)) {
                above.retain(|parent| roots.iter().any(|root| parent.starts_with(root)));
            }
        }
        above.iter().rev().fold(Ignored::default(), |rules, parent| rules.enter(system, parent))
    }

    /// The rules in a folder, of which these are the ones from above.
    #[must_use]
    pub fn enter(&self, system: &dyn System, folder: &Path) -> Ignored {
        let mut inside = self.clone();
        let file = folder.join(".gitignore");
        let Ok(text) = system.metadata(&file).and_then(|found| match found.len {
            0..=MAX_BYTES => system.read_file(&file),
            _ => Ok(Vec::new()),
        }) else {
            return inside;
        };
        let mut builder = GitignoreBuilder::new(folder);
        for line in String::from_utf8_lossy(&text).lines() {
            // A line that cannot be read is none, as git has it.
            let _ = builder.add_line(None, line);
        }
        if let Ok(rules) = builder.build()
            && !rules.is_empty()
        {
            inside.rules.push(Arc::new(rules));
        }
        inside
    }

    /// Whether an entry of the folder is left out. The innermost rule counts, and of one file the last.
    pub fn is_out(&self, path: &Path, is_folder: bool) -> bool {
        let found = self.rules.iter().rev().map(|rules| rules.matched(path, is_folder)).find(|found| !found.is_none());
        found.is_some_and(|found| found.is_ignore())
    }
}

/// Whether a file below the roots is left out, by its own name or by a folder that it is in.
pub fn is_ignored(system: &dyn System, roots: &[PathBuf], path: &Path) -> bool {
    let Some(root) = roots.iter().filter(|root| path.starts_with(root)).min() else { return false };
    let mut rules = Ignored::above(system, roots, root);
    let mut folder = root.clone();
    let Ok(rest) = path.strip_prefix(root) else { return false };
    let mut parts = rest.components().peekable();
    while let Some(part) = parts.next() {
        rules = rules.enter(system, &folder);
        folder.push(part);
        if rules.is_out(&folder, parts.peek().is_some()) {
            return true;
        }
    }
    false
}
