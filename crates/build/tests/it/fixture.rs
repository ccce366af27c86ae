//! A store in a temporary folder, and derivations whose builder is a script.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use expect_test::Expect;
use nival_build::{BuildConfig, BuildEvent, BuildResult, Builder, Cancel, CancelToken, DerivedPath, SandboxPath};
use nival_store::{
    ContentAddress, ContentAddressMethod, Derivation, DerivationOutput, Hash, HashAlgo, InputNode, LocalStore, StoreConfig, StoreDir,
    StorePath, StorePathSet,
};

pub struct Fixture {
    pub store: Arc<LocalStore>,
    pub root: PathBuf,
    pub config: BuildConfig,
    _dir: tempfile::TempDir,
}

/// A derivation that is about to be written.
pub struct Draft<'f> {
    fixture: &'f Fixture,
    drv: Derivation,
}

impl Fixture {
    pub fn new() -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_owned();
        let config = BuildConfig { max_jobs: 2, cores: 3, system: "x86_64-linux".to_owned(), ..BuildConfig::default() };
        Fixture { store: Arc::new(LocalStore::open(StoreConfig::chroot(&root)).unwrap()), root, config, _dir: dir }
    }

    /// A store whose files are where it says.
    pub fn native() -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let mut config = StoreConfig::chroot(&root);
        config.store_dir = StoreDir::new(config.real_store_dir.to_str().unwrap()).unwrap();
        let store = Arc::new(LocalStore::open(config).unwrap());
        let config = BuildConfig { system: "x86_64-linux".to_owned(), ..BuildConfig::default() };
        Fixture { store, root, config, _dir: dir }
    }

    /// Also puts programs of busybox below `/bin`.
    pub fn with_tools(tools: &[&str]) -> Fixture {
        let mut fixture = Fixture::new();
        let busybox = nival_build::find_sandbox_shell(None).unwrap_or_else(|error| panic!("{error}"));
        assert!(busybox.to_string_lossy().contains("busybox"), "this test needs busybox: run 'apt-get install busybox-static'");
        let path = |tool: &&str| SandboxPath::parse(&format!("/bin/{tool}={}", busybox.display()));
        fixture.config.sandbox_paths = tools.iter().map(path).collect();
        fixture
    }

    /// A script for `/bin/sh`, with `out` as its output.
    pub fn draft(&self, name: &str, script: &str) -> Draft<'_> {
        let mut drv = Derivation {
            name: name.to_owned(),
            platform: b"x86_64-linux".to_vec(),
            builder: b"/bin/sh".to_vec(),
            args: ["-e", "-c", script].map(|arg| arg.as_bytes().to_vec()).into(),
            ..Derivation::default()
        };
        drv.outputs.insert("out".to_owned(), DerivationOutput::Deferred);
        Draft { fixture: self, drv }.env("name", name)
    }

    pub fn builder(&self) -> Builder {
        Builder::new(self.store.clone(), self.config.clone())
    }

    pub fn realise(&self, drv: &StorePath) -> BuildResult {
        self.realise_all(&[drv]).remove(0)
    }

    pub fn realise_all(&self, drvs: &[&StorePath]) -> Vec<BuildResult> {
        let wanted: Vec<_> = drvs.iter().map(|drv| DerivedPath::all((*drv).clone())).collect();
        self.builder().realise(&wanted, &nival_build::Silent, &CancelToken::new()).unwrap()
    }

    /// Everything a run tells, as text: events, results, and every output with its contents and references.
    pub fn transcript(&self, drvs: &[&StorePath], cancel: &dyn Cancel) -> String {
        let wanted: Vec<_> = drvs.iter().map(|drv| DerivedPath::all((*drv).clone())).collect();
        let out = Mutex::new(String::new());
        let observer = |event: &BuildEvent<'_>| {
            let line = match event {
                BuildEvent::Plan { will_build } => {
                    format!("plan: {}", will_build.iter().map(StorePath::name).collect::<Vec<_>>().join(" "))
                }
                BuildEvent::Started { drv } => format!("start {}", drv.name()),
                BuildEvent::LogLine { drv, line } => format!("{}> {}", drv.name(), String::from_utf8_lossy(line)),
                BuildEvent::Phase { drv, phase } => format!("{} in {phase}", drv.name()),
                BuildEvent::Finished { drv, failure: None } => format!("done {}", drv.name()),
                BuildEvent::Finished { drv, failure: Some(failure) } => format!("failed {} ({:?})", drv.name(), failure.status),
                other => format!("{other:?}"),
            };
            out.lock().unwrap().push_str(&format!("{line}\n"));
        };
        let results = self.builder().realise(&wanted, &observer, cancel);
        let mut out = out.into_inner().unwrap();
        match results {
            Err(error) => out.push_str(&format!("error: {error}\n")),
            Ok(results) => results.iter().for_each(|result| out.push_str(&self.show(result))),
        }
        self.anonymous(&out)
    }

    fn show(&self, result: &BuildResult) -> String {
        let mut out = String::new();
        match &result.outcome {
            Err(failure) => out.push_str(&format!("error: {failure}\n")),
            Ok(status) => {
                out.push_str(&format!("{status:?}\n"));
                for (name, path) in &result.outputs {
                    let info = self.store.path_info(path).unwrap().unwrap();
                    let references: Vec<_> = info.references.iter().map(|path| path.name()).collect();
                    let contents = fs::read_to_string(self.store.real_path(path)).unwrap_or_else(|_| "not a text\n".to_owned());
                    out.push_str(&format!("{name} -> [{}] {contents}", references.join(" ")));
                }
            }
        }
        out
    }

    /// Hash parts and temporary folders are not the same everywhere.
    pub fn anonymous(&self, text: &str) -> String {
        let text = match self.store.config().store_dir.as_str() {
            "/nix/store" => text.replace(&self.root.display().to_string(), "<root>"),
            native => text.replace(native, "/nix/store"),
        };
        let mut out = String::new();
        for (i, part) in text.split("/nix/store/").enumerate() {
            if i == 0 {
                out.push_str(part);
                continue;
            }
            out.push_str("/nix/store/");
            match part.get(..33) {
                Some(hash) if hash.ends_with('-') => out.push_str(&part[32..]),
                _ => out.push_str(part),
            }
        }
        out
    }

    pub fn check(&self, drvs: &[&StorePath], expected: Expect) {
        expected.assert_eq(&self.transcript(drvs, &CancelToken::new()));
    }

    /// Checks every file of the store against the database, and that no build left anything behind.
    pub fn verify(&self) {
        let mut errors = Vec::new();
        self.store
            .verify(true, &mut |message| {
                if message.is_error() {
                    errors.push(message.to_string());
                }
            })
            .unwrap();
        assert!(errors.is_empty(), "{errors:#?}");
        let valid: Vec<String> = self.store.all_valid_paths().unwrap().iter().map(|path| path.base_name().to_owned()).collect();
        let left: Vec<String> = names(&self.store.config().real_store_dir)
            .into_iter()
            .filter(|name| !valid.contains(name) && !name.ends_with(".lock") && name != ".links")
            .collect();
        assert!(left.is_empty(), "left in the store: {left:?}");
    }

    pub fn log_of(&self, drv: &StorePath) -> String {
        fs::read_to_string(self.store.log_path(drv)).unwrap()
    }
}

pub fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

impl Draft<'_> {
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.drv.env.insert(name.into(), value.into());
        self
    }

    pub fn outputs(mut self, names: &[&str]) -> Self {
        self.drv.outputs = names.iter().map(|name| ((*name).to_owned(), DerivationOutput::Deferred)).collect();
        self.env("outputs", &names.join(" "))
    }

    /// Makes the outputs of `input` inputs, and its `out` a variable.
    pub fn input(mut self, variable: &str, input: &StorePath) -> Self {
        let drv = self.fixture.store.read_derivation(input).unwrap();
        self.drv.input_drvs.insert(input.clone(), InputNode::new(drv.outputs.keys().cloned()));
        let out = drv.outputs["out"].path(self.fixture.store.store_dir(), &drv.name, "out").unwrap().unwrap();
        let out = self.fixture.store.store_dir().print(&out);
        self.env(variable, &out)
    }

    pub fn source(mut self, variable: &str, source: &StorePath) -> Self {
        self.drv.input_srcs.insert(source.clone());
        let source = self.fixture.store.store_dir().print(source);
        self.env(variable, &source)
    }

    pub fn structured(self, json: &str) -> Self {
        self.env("__json", json)
    }

    pub fn platform(mut self, platform: &str) -> Self {
        self.drv.platform = platform.into();
        self
    }

    pub fn program(mut self, builder: &str) -> Self {
        self.drv.builder = builder.into();
        self
    }

    /// Writes it as a fixed-output derivation.
    pub fn fixed(mut self, method: ContentAddressMethod, hash: Hash) -> StorePath {
        let output = DerivationOutput::CaFixed(ContentAddress { method, hash });
        let dir = self.fixture.store.store_dir();
        let path = output.path(dir, &self.drv.name, "out").unwrap().unwrap();
        self.drv.env.insert("out".into(), dir.print(&path).into());
        self.drv.outputs = BTreeMap::from([("out".to_owned(), output)]);
        self.fixture.store.write_derivation(&self.drv).unwrap()
    }

    /// Writes it, with output paths by its inputs.
    pub fn add(mut self) -> StorePath {
        let store = &self.fixture.store;
        let modulo = store.modulo_hashes();
        modulo.load_inputs(store.store_dir(), &self.drv, &mut *store.derivation_reader()).unwrap();
        modulo.fill_in_outputs(store.store_dir(), &mut self.drv).unwrap();
        store.write_derivation(&self.drv).unwrap()
    }
}

pub fn sha256(text: &str) -> Hash {
    HashAlgo::Sha256.hash(text)
}

pub fn no_references() -> StorePathSet {
    StorePathSet::new()
}
