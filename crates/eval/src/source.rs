//! [`Source`]: the text and the positions of a module. Evaluation needs neither while nothing fails and nobody asks for a
//! position, so that positions are made when they are first wanted, by lowering the text once more, and a big file's text
//! is read again then.

use std::hash::Hasher as _;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use nival_hir::{LowerOptions, SourceMap};
use nival_syntax::Name;
use rustc_hash::FxHasher;

use crate::bounds::Bounds;
use crate::host::Host;
use crate::linked::Linked;

/// Positions of a lowered text; shared by all that run it.
pub(crate) type Positions = Arc<OnceLock<Arc<SourceMap>>>;

/// From this many bytes on, texts of files are not kept.
const LARGE: usize = 256;

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Source {
    text: Text,
    /// As in `LowerOptions`.
    scope: Box<[Name]>,
    positions: Positions,
}

#[derive(Debug)]
enum Text {
    Kept(Arc<[u8]>),
    OnDisk {
        len: usize,
        hash: u64,
        /// Read again, and its positions.
        again: Mutex<Again>,
    },
}

#[derive(Debug)]
enum Again {
    NotYet,
    Here(Arc<[u8]>, Arc<SourceMap>),
    /// The file is another one by now.
    Lost,
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    hasher.finish()
}

impl Source {
    /// `on_disk`: the host gives the text again.
    pub(crate) fn new(text: Arc<[u8]>, on_disk: bool, scope: Box<[Name]>, positions: Positions) -> Source {
        let text = match text.len() {
            len @ LARGE.. if on_disk => Text::OnDisk { len, hash: hash(&text), again: Mutex::new(Again::NotYet) },
            _ => Text::Kept(text),
        };
        Source { text, scope, positions }
    }

    /// Length of the text in bytes.
    pub(crate) fn len(&self) -> usize {
        match &self.text {
            Text::Kept(text) => text.len(),
            Text::OnDisk { len, .. } => *len,
        }
    }

    fn again(again: &Mutex<Again>) -> MutexGuard<'_, Again> {
        again.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The text; read again where it is not kept. `None` if the file is another one by now.
    pub(crate) fn text(&self, file: Option<&[u8]>, host: &dyn Host) -> Option<Arc<[u8]>> {
        match &self.text {
            Text::Kept(text) => Some(Arc::clone(text)),
            Text::OnDisk { len, hash: known, .. } => {
                host.read_file(file?, &Bounds::default()).ok().filter(|text| text.len() == *len && hash(text) == *known)
            }
        }
    }

    pub(crate) fn options(&self) -> LowerOptions {
        LowerOptions { scope: self.scope.to_vec(), ..LowerOptions::default() }
    }

    /// Frees what can be made again.
    pub(crate) fn forget(&self) {
        if let Text::OnDisk { again, .. } = &self.text {
            let mut again = Source::again(again);
            if matches!(*again, Again::Here(..)) {
                *again = Again::NotYet;
            }
        }
    }

    /// Made by lowering the text once more.
    fn map(&self, text: &[u8]) -> Arc<SourceMap> {
        let make = || nival_hir::lower(&nival_syntax::flat::parse(text), &self.options()).source_map;
        match &self.text {
            Text::Kept(_) => self.positions.get_or_init(make).clone(),
            Text::OnDisk { .. } => self.positions.get().cloned().unwrap_or_else(make),
        }
    }
}

impl Linked {
    /// The text and where the parts of the module stand in it. `None` where the file has changed since it was evaluated:
    /// no position is better than a wrong one. Lowers the text when it is first called, and after [`Source::forget`].
    pub(crate) fn positions(&self, host: &dyn Host) -> Option<(Arc<[u8]>, Arc<SourceMap>)> {
        let source = &self.source;
        let text = || source.text(self.origin.file.as_deref(), host);
        let again = match &source.text {
            Text::Kept(text) => return Some((Arc::clone(text), source.map(text))),
            Text::OnDisk { again, .. } => again,
        };
        let mut again = Source::again(again);
        if let Again::NotYet = *again {
            *again = match text() {
                Some(text) => {
                    let map = source.map(&text);
                    Again::Here(text, map)
                }
                None => Again::Lost,
            };
        }
        match &*again {
            Again::Here(text, map) => Some((Arc::clone(text), Arc::clone(map))),
            Again::NotYet | Again::Lost => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::bounds::Bounds;
    use crate::builtins;
    use crate::evaluator::{Evaluator, Options};
    use crate::host::{AddPath, FetchRequest, Fetched, FileType, HostResult, SearchPathEntry};
    use crate::testing::MemoryHost;
    use crate::{CodeCache, HostError};

    /// One file that can be another one when it is read the second time.
    struct Changing(Mutex<Vec<Vec<u8>>>, MemoryHost);

    impl Host for Changing {
        fn read_file(&self, path: &[u8], _bounds: &Bounds) -> HostResult<Arc<[u8]>> {
            self.0.lock().unwrap().pop().map(Arc::from).ok_or_else(|| HostError::NotFound(String::from_utf8_lossy(path).into_owned()))
        }
        fn file_type(&self, _: &[u8]) -> HostResult<Option<FileType>> {
            Ok(Some(FileType::Regular))
        }
        fn read_link(&self, path: &[u8]) -> HostResult<Vec<u8>> {
            self.1.read_link(path)
        }
        fn read_dir(&self, path: &[u8]) -> HostResult<Vec<(Vec<u8>, FileType)>> {
            self.1.read_dir(path)
        }
        fn env_var(&self, name: &[u8]) -> HostResult<Option<Vec<u8>>> {
            self.1.env_var(name)
        }
        fn home_dir(&self) -> HostResult<Vec<u8>> {
            self.1.home_dir()
        }
        fn current_time(&self) -> Option<i64> {
            self.1.current_time()
        }
        fn current_system(&self) -> Option<String> {
            self.1.current_system()
        }
        fn store_dir(&self) -> &str {
            self.1.store_dir()
        }
        fn search_path(&self) -> Vec<SearchPathEntry> {
            self.1.search_path()
        }
        fn resolve_search_path(&self, entry: &SearchPathEntry) -> HostResult<Option<Vec<u8>>> {
            self.1.resolve_search_path(entry)
        }
        fn add_path(&self, request: AddPath<'_>) -> HostResult<String> {
            self.1.add_path(request)
        }
        fn add_text(&self, name: &str, contents: &[u8], references: &[String]) -> HostResult<String> {
            self.1.add_text(name, contents, references)
        }
        fn write_derivation(&self, path: &Arc<str>, aterm: &[u8], references: Option<&[String]>) -> HostResult<()> {
            self.1.write_derivation(path, aterm, references)
        }
        fn read_derivation(&self, path: &str) -> HostResult<Arc<[u8]>> {
            self.1.read_derivation(path)
        }
        fn realise(&self, drv: &str, outputs: &[String]) -> HostResult<Vec<(String, String)>> {
            self.1.realise(drv, outputs)
        }
        fn ensure_store_path(&self, path: &str) -> HostResult<()> {
            self.1.ensure_store_path(path)
        }
        fn fetch(&self, request: FetchRequest) -> HostResult<Fetched> {
            self.1.fetch(request)
        }
        fn trace(&self, message: &str) {
            self.1.trace(message);
        }
        fn warn(&self, message: &str) {
            self.1.warn(message);
        }
    }

    /// The position of an error in a file that is `first`, and `second` when it is read again.
    fn position(first: String, second: String, code: CodeCache) -> String {
        let host = Arc::new(Changing(Mutex::new(vec![second.into(), first.into()]), MemoryHost::new("")));
        let options = Options { code: Arc::new(code), ..Options::default() };
        let evaluator = Evaluator::new(host, options, builtins::table());
        let error = evaluator.enter(Arc::default(), |ctx| ctx.import(b"/big.nix")).unwrap_err();
        evaluator.locate(error.pos).map_or("nowhere".to_owned(), |place| place.to_string())
    }

    #[test]
    fn texts_that_are_not_kept_are_read_again() {
        let text = |wrong: &str| format!("let a = [\n{}]; in\na.{wrong}", "  1\n".repeat(LARGE));
        let at = format!("/big.nix:{}:1", LARGE + 3);
        assert_eq!(position(text("b"), text("b"), CodeCache::keeping_nothing()), at);
        assert_eq!(position(text("b"), text("c"), CodeCache::keeping_nothing()), "nowhere");
        assert_eq!(position(text("b"), text("c"), CodeCache::default()), at);
        let small = |wrong: &str| format!("1 + {wrong}");
        assert_eq!(position(small("[ ]"), small("{ }"), CodeCache::keeping_nothing()), "/big.nix:1:3");
    }
}
