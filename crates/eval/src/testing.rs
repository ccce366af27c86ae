//! [`MemoryHost`]: files in memory, for tests of this and higher crates.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::bounds::Bounds;
use crate::host::{AddPath, Aside, FetchRequest, Fetched, FileType, Host, HostError, HostResult, SearchPathEntry};
use crate::ops::path::base_name;
use crate::{CodeCache, Collect, Options};

/// Options of an evaluator that collects as `collect` says, code included.
pub fn collecting(collect: Collect) -> Options {
    let code = if collect == Collect::Never { CodeCache::default() } else { CodeCache::keeping_nothing() };
    // Only where nobody else can be inside is code put aside.
    let single_threaded = collect != Collect::Never;
    Options { collect, code: Arc::new(code), single_threaded, ..Options::default() }
}

/// Files by absolute path; folders exist where files lie in them. No store, no network.
#[derive(Debug, Default)]
pub struct MemoryHost {
    files: Mutex<BTreeMap<Vec<u8>, Arc<[u8]>>>,
    /// Symbolic links at the end of paths: where they lead to.
    links: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    /// Files below this folder are being edited: see [`Host::read_tracked`].
    pub edited: Option<Vec<u8>>,
    pub search_path: Vec<SearchPathEntry>,
    /// Lines of `trace` and `warn`.
    pub messages: Mutex<Vec<String>>,
    /// What is put aside is lost.
    pub forgetful: bool,
    /// How much was.
    pub put_aside: AtomicUsize,
}

#[derive(Debug)]
struct Lost;

impl Aside for Lost {
    fn bytes(&self) -> Option<Arc<[u8]>> {
        None
    }
}

impl MemoryHost {
    /// `//- /path/of/file` begins each file; text before the first such line is `/main.nix`.
    pub fn new(fixture: &str) -> MemoryHost {
        let host = MemoryHost::default();
        let (mut path, mut text) = ("/main.nix".to_owned(), String::new());
        for line in fixture.split_inclusive('\n') {
            match line.strip_prefix("//- ") {
                Some(next) => {
                    host.add(&path, &text);
                    path = next.trim().to_owned();
                    text.clear();
                }
                None => text.push_str(line),
            }
        }
        host.add(&path, &text);
        host
    }

    fn add(&self, path: &str, text: &str) {
        if !text.is_empty() {
            self.write(path, text);
        }
    }

    /// Gives a file another text.
    pub fn write(&self, path: &str, text: &str) {
        self.files().insert(path.into(), text.as_bytes().into());
    }

    pub fn remove(&self, path: &str) {
        self.files().remove(path.as_bytes());
    }

    /// Puts a symbolic link in the place of a file.
    pub fn link(&self, path: &str, target: &str) {
        self.remove(path);
        self.links.lock().unwrap_or_else(|e| e.into_inner()).insert(path.into(), target.into());
    }

    fn target(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.links.lock().unwrap_or_else(|e| e.into_inner()).get(path).cloned()
    }

    fn files(&self) -> std::sync::MutexGuard<'_, BTreeMap<Vec<u8>, Arc<[u8]>>> {
        self.files.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn below(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let rest_of = |file: &Vec<u8>| {
            let rest = file.strip_prefix(path)?;
            if path == b"/" { Some(rest.to_vec()) } else { rest.strip_prefix(b"/").map(<[u8]>::to_vec) }
        };
        self.files().keys().filter_map(rest_of).collect()
    }
}

fn none<T>(what: &str) -> HostResult<T> {
    Err(HostError::Forbidden(format!("{what} is not available in memory")))
}

impl Host for MemoryHost {
    fn read_file(&self, path: &[u8], _bounds: &Bounds) -> HostResult<Arc<[u8]>> {
        let target = self.target(path);
        self.files()
            .get(target.as_deref().unwrap_or(path))
            .cloned()
            .ok_or_else(|| HostError::NotFound(String::from_utf8_lossy(path).into_owned()))
    }

    fn read_tracked(&self, path: &[u8], _bounds: &Bounds) -> HostResult<Option<Arc<[u8]>>> {
        match &self.edited {
            Some(folder) if path.starts_with(folder) => self.read_file(path, &Bounds::default()).map(Some),
            _ => Ok(None),
        }
    }

    fn file_type(&self, path: &[u8]) -> HostResult<Option<FileType>> {
        if self.target(path).is_some() {
            return Ok(Some(FileType::Symlink));
        }
        if self.files().contains_key(path) {
            return Ok(Some(FileType::Regular));
        }
        Ok(self.below(path).first().map(|_| FileType::Directory))
    }

    fn read_link(&self, path: &[u8]) -> HostResult<Vec<u8>> {
        self.target(path).map_or_else(|| none("a link"), Ok)
    }

    fn read_dir(&self, path: &[u8]) -> HostResult<Vec<(Vec<u8>, FileType)>> {
        let entries: BTreeMap<Vec<u8>, FileType> = self
            .below(path)
            .iter()
            .filter_map(|rest| {
                let name = rest.split(|&b| b == b'/').next()?;
                Some((name.to_vec(), if name.len() == rest.len() { FileType::Regular } else { FileType::Directory }))
            })
            .collect();
        Ok(entries.into_iter().collect())
    }

    fn env_var(&self, _name: &[u8]) -> HostResult<Option<Vec<u8>>> {
        Ok(None)
    }

    fn home_dir(&self) -> HostResult<Vec<u8>> {
        Ok(b"/home/me".to_vec())
    }

    fn current_time(&self) -> Option<i64> {
        Some(1_700_000_000)
    }

    fn current_system(&self) -> Option<String> {
        Some("x86_64-linux".into())
    }

    fn store_dir(&self) -> &str {
        "/nix/store"
    }

    fn search_path(&self) -> Vec<SearchPathEntry> {
        self.search_path.clone()
    }

    fn resolve_search_path(&self, entry: &SearchPathEntry) -> HostResult<Option<Vec<u8>>> {
        Ok(self.file_type(&entry.path)?.map(|_| entry.path.clone()))
    }

    /// A store path with the source's name and a hash part of zeros.
    fn add_path(&self, request: AddPath<'_>) -> HostResult<String> {
        if self.file_type(request.path)?.is_none() {
            return Err(HostError::NotFound(String::from_utf8_lossy(request.path).into_owned()));
        }
        Ok(format!("/nix/store/00000000000000000000000000000000-{}", String::from_utf8_lossy(base_name(request.path))))
    }

    fn add_text(&self, name: &str, _contents: &[u8], _references: &[String]) -> HostResult<String> {
        Ok(format!("/nix/store/11111111111111111111111111111111-{name}"))
    }

    fn write_derivation(&self, _store_path: &Arc<str>, _aterm: &[u8], _references: Option<&[String]>) -> HostResult<()> {
        Ok(())
    }

    fn put_aside(&self, _bytes: &[u8]) -> Option<Box<dyn Aside>> {
        self.put_aside.fetch_add(1, Ordering::Relaxed);
        self.forgetful.then(|| Box::new(Lost) as Box<dyn Aside>)
    }

    fn read_derivation(&self, store_path: &str) -> HostResult<Arc<[u8]>> {
        Err(HostError::NotFound(store_path.to_owned()))
    }

    fn realise(&self, _drv: &str, _outputs: &[String]) -> HostResult<Vec<(String, String)>> {
        none("building")
    }

    fn ensure_store_path(&self, _store_path: &str) -> HostResult<()> {
        Ok(())
    }

    fn fetch(&self, _request: FetchRequest) -> HostResult<Fetched> {
        none("fetching")
    }

    fn trace(&self, message: &str) {
        self.messages.lock().unwrap_or_else(|e| e.into_inner()).push(format!("trace: {message}"));
    }

    fn warn(&self, message: &str) {
        self.messages.lock().unwrap_or_else(|e| e.into_inner()).push(format!("warning: {message}"));
    }
}
