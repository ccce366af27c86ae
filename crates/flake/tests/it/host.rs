//! A host that puts trees into a store in a temporary folder, and fixtures of several files.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use expect_test::Expect;
use nival_eval::host::{AddPath, FetchRequest, Fetched, SearchPathEntry};
use nival_eval::{Bounds, Evaluator, FileType, Host, HostError, HostResult, Options};
use nival_fetch::{Fetcher, NoObserver, Place, Settings};
use nival_flake::{Doors, FlakeRef, LockFlags, Rules, Shelf};
use nival_store::nar::{DiskSource, FileKind};
use nival_store::{ContentAddressMethod, HashAlgo, LocalStore, StoreConfig, StorePathSet};

pub struct TestHost {
    store: LocalStore,
    fetcher: Fetcher,
}

/// A folder with files, and a store beside it.
pub struct Fixture {
    pub dir: PathBuf,
    evaluator: Arc<Evaluator>,
    host: Arc<TestHost>,
    _dir: tempfile::TempDir,
}

impl Fixture {
    /// `//- name` begins each file. All files are of the same time.
    pub fn new(text: &str) -> Fixture {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path().canonicalize().unwrap().join("flake");
        fs::create_dir(&dir).unwrap();
        let (mut name, mut contents) = (None, String::new());
        for line in text.lines().map(str::trim).chain(["//- end"]) {
            match line.strip_prefix("//- ") {
                None => contents.push_str(&format!("{line}\n")),
                Some(next) => {
                    if let Some(name) = name.replace(next.to_owned()) {
                        write(&dir.join(name), contents.as_bytes());
                    }
                    contents.clear();
                }
            }
        }
        set_times(&dir);
        let store_dir = temporary.path().join("store");
        let store = LocalStore::open(StoreConfig::chroot(&store_dir)).unwrap();
        let mut settings = Settings::new(temporary.path().join("cache"));
        settings.refuse_network = Some("in a test".to_owned());
        let fetcher = Fetcher::new(settings);
        let host = Arc::new(TestHost { store, fetcher });
        let mut table = nival_eval::builtins::table();
        nival_flake::install(&mut table, true);
        let evaluator = Evaluator::new(host.clone(), Options::default(), table);
        Fixture { dir, evaluator, host, _dir: temporary }
    }

    /// Puts a folder below the fixture's into the store, as a fetched tree; gives its NAR hash.
    pub fn add_to_store(&self, name: &str) -> String {
        let none = StorePathSet::new();
        let path = self.dir.join(name);
        let info =
            self.host.store.add_path("source", &DiskSource, &path, ContentAddressMethod::Nar, HashAlgo::Sha256, &none, None).unwrap();
        info.nar_hash.sri()
    }

    pub fn reference(&self) -> String {
        format!("path:{}", self.dir.display())
    }

    /// The value of `expr`, in which `flake` is the flake, as JSON; or the error.
    pub fn eval(&self, expr: &str) -> String {
        self.eval_reference(&self.reference(), expr)
    }

    pub fn eval_reference(&self, reference: &str, expr: &str) -> String {
        let result = self.evaluator.enter(Arc::default(), |ctx| -> Result<String, Box<nival_eval::EvalError>> {
            let reference = FlakeRef::parse(reference).map_err(nival_flake::FlakeError::from)?;
            let flake = nival_flake::call_flake(ctx, &reference, &LockFlags::default(), None)?;
            let text = format!("builtins.toJSON ({expr})");
            let name = ctx.name(b"flake");
            let value = ctx.eval_text(text.as_bytes(), b"/", "«test»", &[(name, flake)])?;
            let json = ctx.expect_string(value, || "in a test".to_owned())?;
            Ok(json.to_str().into_owned())
        });
        let text = match result {
            Ok(json) => json,
            Err(error) => format!("error: {}", error.message),
        };
        text.replace(&self.dir.display().to_string(), "<dir>")
    }

    pub fn check(&self, expr: &str, expected: Expect) {
        expected.assert_eq(&self.eval(expr));
    }
}

pub fn write(path: &Path, contents: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}

pub fn set_times(path: &Path) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| set_times(&entry.unwrap().path()));
    }
    let time = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    fs::File::open(path).unwrap().set_modified(time).unwrap();
}

fn os(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

fn failed(error: impl std::fmt::Display) -> HostError {
    HostError::Io(error.to_string())
}

fn kind(kind: fs::FileType) -> FileType {
    match (kind.is_dir(), kind.is_symlink()) {
        (true, _) => FileType::Directory,
        (_, true) => FileType::Symlink,
        _ => FileType::Regular,
    }
}

impl TestHost {
    fn real(&self, path: &[u8]) -> PathBuf {
        self.store.config().to_real(os(path))
    }
}

impl Shelf for TestHost {
    fn shelve(&self, store_path: &str, name: &str, place: &Place, _recursive: bool) -> HostResult<()> {
        let kept = match place {
            Place::Local { kept, .. } => kept.as_ref(),
            Place::Cached(_) => None,
        };
        let mut keep = |path: &Path, _: FileKind| {
            let relative = path.strip_prefix(place.path()).unwrap_or(path);
            Ok(kept.is_none_or(|kept| kept.contains(relative.as_os_str().as_bytes())))
        };
        let none = StorePathSet::new();
        let added = self
            .store
            .add_path(name, &DiskSource, place.path(), ContentAddressMethod::Nar, HashAlgo::Sha256, &none, Some(&mut keep))
            .map_err(failed)?;
        assert_eq!(self.store.store_dir().print(&added.path), store_path);
        Ok(())
    }
}

impl Host for TestHost {
    fn read_file(&self, path: &[u8], _bounds: &Bounds) -> HostResult<Arc<[u8]>> {
        fs::read(self.real(path)).map(Into::into).map_err(|_| HostError::NotFound(os(path).display().to_string()))
    }

    fn file_type(&self, path: &[u8]) -> HostResult<Option<FileType>> {
        Ok(fs::symlink_metadata(self.real(path)).ok().map(|meta| kind(meta.file_type())))
    }

    fn read_link(&self, path: &[u8]) -> HostResult<Vec<u8>> {
        fs::read_link(self.real(path)).map(|target| target.into_os_string().into_vec()).map_err(failed)
    }

    fn read_dir(&self, path: &[u8]) -> HostResult<Vec<(Vec<u8>, FileType)>> {
        let entries = fs::read_dir(self.real(path)).map_err(failed)?;
        Ok(entries.flatten().map(|entry| (entry.file_name().into_vec(), kind(entry.file_type().unwrap()))).collect())
    }

    fn env_var(&self, _name: &[u8]) -> HostResult<Option<Vec<u8>>> {
        Ok(None)
    }

    fn home_dir(&self) -> HostResult<Vec<u8>> {
        Ok(b"/home/me".to_vec())
    }

    fn current_time(&self) -> Option<i64> {
        None
    }

    fn current_system(&self) -> Option<String> {
        None
    }

    fn store_dir(&self) -> &str {
        "/nix/store"
    }

    fn search_path(&self) -> Vec<SearchPathEntry> {
        Vec::new()
    }

    fn resolve_search_path(&self, _entry: &SearchPathEntry) -> HostResult<Option<Vec<u8>>> {
        Ok(None)
    }

    fn add_path(&self, request: AddPath<'_>) -> HostResult<String> {
        let mut filter = request.filter;
        let mut keep = |path: &Path, kind: FileKind| {
            let kind = if kind == FileKind::Directory { FileType::Directory } else { FileType::Regular };
            filter.as_mut().map_or(Ok(true), |filter| filter(path.as_os_str().as_bytes(), kind).map_err(Into::into))
        };
        let (path, none) = (self.real(request.path), StorePathSet::new());
        let info = self
            .store
            .add_path(request.name, &DiskSource, &path, ContentAddressMethod::Nar, HashAlgo::Sha256, &none, Some(&mut keep))
            .map_err(failed)?;
        Ok(self.store.store_dir().print(&info.path))
    }

    fn add_text(&self, name: &str, contents: &[u8], _references: &[String]) -> HostResult<String> {
        let path = self.store.add_text(name, contents, &StorePathSet::new()).map_err(failed)?;
        Ok(self.store.store_dir().print(&path))
    }

    fn write_derivation(&self, _store_path: &Arc<str>, _aterm: &[u8], _references: Option<&[String]>) -> HostResult<()> {
        Ok(())
    }

    fn read_derivation(&self, store_path: &str) -> HostResult<Arc<[u8]>> {
        self.read_file(store_path.as_bytes(), &Bounds::default())
    }

    fn realise(&self, _drv: &str, _outputs: &[String]) -> HostResult<Vec<(String, String)>> {
        Err(failed("nothing is built here"))
    }

    fn ensure_store_path(&self, store_path: &str) -> HostResult<()> {
        let path = self.store.store_dir().parse(store_path).map_err(failed)?;
        match self.store.is_valid(&path) {
            Ok(true) => Ok(()),
            _ => Err(failed(format!("path '{store_path}' is not valid"))),
        }
    }

    fn fetch(&self, request: FetchRequest) -> HostResult<Fetched> {
        let rules = Rules::default();
        let doors = Doors {
            host: self,
            files: &DiskSource,
            unsaved: &|_| false,
            folder: None,
            fetcher: &self.fetcher,
            observer: &NoObserver,
            shelf: self,
            rules: &rules,
            overrides: &[],
            store: &|| Err(failed("nothing is written here")),
        };
        Ok(nival_flake::fetch(doors, &request)?)
    }

    fn trace(&self, _message: &str) {}

    fn warn(&self, _message: &str) {}
}
