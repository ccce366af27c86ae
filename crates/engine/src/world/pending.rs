//! What evaluation named a store path for but did not write: trees, texts and derivations, written when they are needed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

/// Something whose store path is known.
#[derive(Debug, Clone)]
pub enum Pending {
    /// A file or folder to copy.
    Tree {
        source: PathBuf,
        name: String,
        recursive: bool,
        /// What a filter left of the tree, the root not included; everything where there was no filter.
        kept: Option<Arc<FxHashSet<PathBuf>>>,
        references: Vec<String>,
    },
    /// A file that evaluation itself made, added again under another name or method.
    File {
        name: String,
        recursive: bool,
        contents: Arc<[u8]>,
        references: Vec<String>,
    },
    Text {
        name: String,
        contents: Arc<[u8]>,
        references: Vec<String>,
    },
    Derivation {
        name: String,
        aterm: Arc<[u8]>,
        references: Vec<String>,
    },
}

impl Pending {
    pub fn references(&self) -> &[String] {
        match self {
            Pending::Tree { references, .. }
            | Pending::File { references, .. }
            | Pending::Text { references, .. }
            | Pending::Derivation { references, .. } => references,
        }
    }
}

/// By store path (`/nix/store/…`, without anything below).
#[derive(Debug, Default)]
pub struct PendingTable(Mutex<FxHashMap<String, Pending>>);

/// Where to read a path below the store from.
pub enum Redirect {
    /// The file of a pending tree.
    Source(PathBuf),
    /// The text itself.
    Contents(Arc<[u8]>),
    /// Left out by the filter of its tree.
    Hidden,
}

impl PendingTable {
    fn lock(&self) -> MutexGuard<'_, FxHashMap<String, Pending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn insert(&self, store_path: &str, pending: Pending) {
        self.lock().insert(store_path.to_owned(), pending);
    }

    pub fn get(&self, store_path: &str) -> Option<Pending> {
        self.lock().get(store_path).cloned()
    }

    /// Where to find `path`, if its store path is pending. `store_dir` has no slash at its end.
    pub fn redirect(&self, path: &Path, store_dir: &str) -> Option<Redirect> {
        let below = path.strip_prefix(store_dir).ok()?;
        let mut components = below.components();
        let base = components.next()?.as_os_str().to_str()?;
        let rest = components.as_path();
        let table = self.lock();
        match table.get(&format!("{store_dir}/{base}"))? {
            Pending::Tree { source, kept, .. } => {
                let file = if rest.as_os_str().is_empty() { source.clone() } else { source.join(rest) };
                match kept {
                    Some(kept) if file != *source && !kept.contains(&file) => Some(Redirect::Hidden),
                    _ => Some(Redirect::Source(file)),
                }
            }
            // Nothing is below a file.
            Pending::Text { .. } | Pending::File { .. } | Pending::Derivation { .. } if !rest.as_os_str().is_empty() => {
                Some(Redirect::Hidden)
            }
            Pending::Text { contents, .. } | Pending::File { contents, .. } | Pending::Derivation { aterm: contents, .. } => {
                Some(Redirect::Contents(contents.clone()))
            }
        }
    }

    /// What of the folder at `path` counts, if it is in a pending tree that was filtered: the paths of what a filter kept.
    pub fn kept(&self, path: &Path, store_dir: &str) -> Option<(PathBuf, Arc<FxHashSet<PathBuf>>)> {
        let below = path.strip_prefix(store_dir).ok()?;
        let mut components = below.components();
        let base = components.next()?.as_os_str().to_str()?;
        match self.lock().get(&format!("{store_dir}/{base}"))? {
            Pending::Tree { source, kept: Some(kept), .. } => Some((source.join(components.as_path()), Arc::clone(kept))),
            _ => None,
        }
    }

    /// The pending store paths that a text names.
    pub fn named_in(&self, text: &[u8], store_dir: &str) -> Vec<String> {
        let table = self.lock();
        if table.is_empty() {
            return Vec::new();
        }
        let mut found = BTreeSet::new();
        for at in memchr::memmem::find_iter(text, store_dir) {
            let rest = text.get(at + store_dir.len()..).unwrap_or_default();
            let name = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._?=".contains(byte);
            let length = rest.iter().skip(1).take_while(|byte| name(byte)).count();
            // In prose a full stop may follow.
            let path = text.get(at..=at + store_dir.len() + length).and_then(|path| std::str::from_utf8(path).ok()).unwrap_or_default();
            let candidates = [path, path.trim_end_matches(['.', '?'])];
            found.extend(candidates.into_iter().filter(|path| table.contains_key(*path)).map(str::to_owned));
        }
        found.into_iter().collect()
    }

    /// Everything pending that `roots` need, what is referred to first. What is not pending is taken to be in the store.
    pub fn closure(&self, roots: &[String]) -> Vec<(String, Pending)> {
        let table = self.lock();
        let mut order = Vec::new();
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        // (path, whether its references were visited)
        let mut stack: Vec<(&str, bool)> = roots.iter().rev().map(|root| (root.as_str(), false)).collect();
        while let Some((path, ready)) = stack.pop() {
            let Some(pending) = table.get(path) else { continue };
            if ready {
                order.push((path.to_owned(), pending.clone()));
            } else if seen.insert(path) {
                stack.push((path, true));
                stack.extend(pending.references().iter().rev().map(|reference| (reference.as_str(), false)));
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, references: &[&str]) -> Pending {
        Pending::Text {
            name: name.into(),
            contents: name.as_bytes().into(),
            references: references.iter().map(|r| r.to_string()).collect(),
        }
    }

    #[test]
    fn references_come_first_and_once() {
        let table = PendingTable::default();
        table.insert("/s/a", text("a", &["/s/b", "/s/c", "/s/there"]));
        table.insert("/s/b", text("b", &["/s/c", "/s/b"]));
        table.insert("/s/c", text("c", &[]));
        table.insert("/s/other", text("other", &[]));
        let order: Vec<String> = table.closure(&["/s/a".into()]).into_iter().map(|(path, _)| path).collect();
        assert_eq!(order, ["/s/c", "/s/b", "/s/a"]);
    }

    #[test]
    fn store_paths_in_a_text() {
        let table = PendingTable::default();
        for path in ["/s/a-x", "/s/b-y.drv", "/s/c"] {
            table.insert(path, text("t", &[]));
        }
        let text = b"\"/s/a-x/bin\" \xff/s/b-y.drv. see /s/d, /s/ and /s/cc /s";
        assert_eq!(table.named_in(text, "/s"), ["/s/a-x", "/s/b-y.drv"]);
        assert_eq!(PendingTable::default().named_in(text, "/s"), [""; 0]);
    }

    #[test]
    fn files_of_pending_trees_are_read_where_they_are() {
        let table = PendingTable::default();
        let kept = Some(Arc::new(FxHashSet::from_iter([PathBuf::from("/src/a.nix")])));
        table
            .insert("/s/x-src", Pending::Tree { source: "/src".into(), name: "src".into(), recursive: true, kept, references: Vec::new() });
        let shown = |path: &str| match table.redirect(Path::new(path), "/s") {
            Some(Redirect::Source(file)) => file.display().to_string(),
            Some(Redirect::Hidden) => "hidden".into(),
            Some(Redirect::Contents(_)) => "text".into(),
            None => "none".into(),
        };
        assert_eq!(
            [shown("/s/x-src"), shown("/s/x-src/a.nix"), shown("/s/x-src/b.nix"), shown("/s/y")],
            ["/src", "/src/a.nix", "hidden", "none"]
        );
    }
}
