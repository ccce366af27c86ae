//! What evaluation named a store path for but did not write: trees, texts and derivations, written when they are needed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nival_store::{ContentAddressMethod, Derivation, StoreDir};
use rustc_hash::{FxHashMap, FxHashSet};

use super::texts::{Text, Texts};

/// Something whose store path is known. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Pending {
    Tree(Arc<Tree>),
    File(Arc<MadeFile>),
    /// Tens of thousands of them may be pending: usually all else is in the text.
    Derivation {
        aterm: Text,
        /// Only where the text cannot be asked.
        references: Option<Box<[String]>>,
    },
}

/// A file or folder to copy.
#[derive(Debug)]
pub struct Tree {
    pub source: PathBuf,
    pub name: String,
    pub recursive: bool,
    /// What a filter left of the tree, the root not included; everything where there was no filter.
    pub kept: Option<Arc<FxHashSet<PathBuf>>>,
    pub references: Vec<String>,
}

/// A file that evaluation itself made.
#[derive(Debug)]
pub struct MadeFile {
    pub name: String,
    pub method: ContentAddressMethod,
    pub contents: Text,
    pub references: Vec<String>,
}

impl Pending {
    /// The store paths that it refers to; `path` is its own.
    ///
    /// # Errors
    /// The text cannot be read.
    pub fn references(&self, dir: &StoreDir, path: &str) -> io::Result<Cow<'_, [String]>> {
        Ok(match self {
            Pending::Tree(tree) => Cow::Borrowed(&tree.references),
            Pending::File(file) => Cow::Borrowed(&file.references),
            Pending::Derivation { references: Some(references), .. } => Cow::Borrowed(references),
            Pending::Derivation { aterm, references: None } => {
                let name = dir.parse_canonical(path).ok().and_then(|path| path.derivation_name().map(str::to_owned));
                let aterm = aterm.bytes()?;
                // What is no derivation will not be written under its path either.
                let drv = name.and_then(|name| Derivation::parse(dir, &name, &aterm).ok());
                drv.map_or_else(Cow::default, |drv| drv.references().iter().map(|path| dir.print(path)).collect())
            }
        })
    }
}

/// By store path (`/nix/store/…`, without anything below).
#[derive(Debug, Default)]
pub struct PendingTable {
    items: Mutex<FxHashMap<Arc<str>, Pending>>,
    texts: Arc<Texts>,
}

/// Where to read a path below the store from.
pub enum Redirect {
    /// The file of a pending tree.
    Source(PathBuf),
    /// The text itself.
    Contents(Text),
    /// Left out by the filter of its tree.
    Hidden,
}

impl PendingTable {
    fn lock(&self) -> MutexGuard<'_, FxHashMap<Arc<str>, Pending>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn insert(&self, store_path: impl Into<Arc<str>>, pending: Pending) {
        self.lock().insert(store_path.into(), pending);
    }

    /// A text that something pending consists of.
    pub fn text(&self, bytes: &[u8]) -> Text {
        self.texts.keep(bytes)
    }

    /// The same, while `work` is done: to write a long one takes milliseconds, which another thread may spend.
    pub fn text_while<T>(&self, bytes: &[u8], work: impl FnOnce() -> T) -> (Text, T) {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("text".into()).stack_size(256 << 10);
            match thread.spawn_scoped(scope, || self.text(bytes)) {
                Ok(writing) => {
                    let done = work();
                    (writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), done)
                }
                // There can be no more threads.
                Err(_) => (self.text(bytes), work()),
            }
        })
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
        match table.get(&*format!("{store_dir}/{base}"))? {
            Pending::Tree(tree) => {
                let file = if rest.as_os_str().is_empty() { tree.source.clone() } else { tree.source.join(rest) };
                match &tree.kept {
                    Some(kept) if file != tree.source && !kept.contains(&file) => Some(Redirect::Hidden),
                    _ => Some(Redirect::Source(file)),
                }
            }
            // Nothing is below a file.
            Pending::File(_) | Pending::Derivation { .. } if !rest.as_os_str().is_empty() => Some(Redirect::Hidden),
            Pending::File(file) => Some(Redirect::Contents(file.contents.clone())),
            Pending::Derivation { aterm, .. } => Some(Redirect::Contents(aterm.clone())),
        }
    }

    /// What of the folder at `path` counts, if it is in a pending tree that was filtered: the paths of what a filter kept.
    pub fn kept(&self, path: &Path, store_dir: &str) -> Option<(PathBuf, Arc<FxHashSet<PathBuf>>)> {
        let below = path.strip_prefix(store_dir).ok()?;
        let mut components = below.components();
        let base = components.next()?.as_os_str().to_str()?;
        match self.lock().get(&*format!("{store_dir}/{base}"))? {
            Pending::Tree(tree) => Some((tree.source.join(components.as_path()), Arc::clone(tree.kept.as_ref()?))),
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

    /// Everything pending that `roots` need, with its references, what is referred to first. What is not pending is taken to be in the
    /// store.
    ///
    /// # Errors
    /// A text cannot be read.
    pub fn closure(&self, dir: &StoreDir, roots: &[String]) -> io::Result<Vec<(String, Pending, Vec<String>)>> {
        let table = self.lock();
        let mut order = Vec::new();
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        // (path, its references once they are on the stack)
        let known = |path: &String| table.get_key_value(path.as_str()).map(|(path, pending)| (&**path, pending, None));
        let mut stack: Vec<(&str, &Pending, Option<Vec<String>>)> = roots.iter().rev().filter_map(known).collect();
        while let Some((path, pending, visited)) = stack.pop() {
            if let Some(references) = visited {
                order.push((path.to_owned(), pending.clone(), references));
            } else if seen.insert(path) {
                let references = pending.references(dir, path)?;
                let below: Vec<_> = references.iter().rev().filter_map(known).collect();
                stack.push((path, pending, Some(references.into_owned())));
                stack.extend(below);
            }
        }
        Ok(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, references: &[&str]) -> Pending {
        Pending::File(Arc::new(MadeFile {
            name: name.into(),
            method: ContentAddressMethod::Text,
            contents: Text::Memory(name.as_bytes().into()),
            references: references.iter().map(|r| r.to_string()).collect(),
        }))
    }

    #[test]
    fn references_come_first_and_once() {
        let table = PendingTable::default();
        table.insert("/s/a", text("a", &["/s/b", "/s/c", "/s/there"]));
        table.insert("/s/b", text("b", &["/s/c", "/s/b"]));
        table.insert("/s/c", text("c", &[]));
        table.insert("/s/other", text("other", &[]));
        let closure = table.closure(&StoreDir::default(), &["/s/a".into()]).unwrap();
        let order: Vec<String> = closure.into_iter().map(|(path, ..)| path).collect();
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
    fn a_text_is_kept_while_something_else_is_done() {
        let table = PendingTable::default();
        let long: Vec<u8> = (0..3_000_000u32).map(|i| (i % 251) as u8).collect();
        let (text, ones) = table.text_while(&long, || long.iter().filter(|&&byte| byte == 1).count());
        assert!(*text.bytes().unwrap() == *long);
        assert_eq!(ones, 3_000_000usize.div_ceil(251));
    }

    #[test]
    fn files_of_pending_trees_are_read_where_they_are() {
        let table = PendingTable::default();
        let kept = Some(Arc::new(FxHashSet::from_iter([PathBuf::from("/src/a.nix")])));
        let tree = Tree { source: "/src".into(), name: "src".into(), recursive: true, kept, references: Vec::new() };
        table.insert("/s/x-src", Pending::Tree(Arc::new(tree)));
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
