//! Fetching for evaluations: settings from the configuration, what is fetched as pending paths, cancellation.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nival_eval::HostResult;
use nival_eval::host::{FetchArg, FetchRequest, Fetched, Host, SearchPathEntry};
use nival_fetch::{Fetcher, Observer, Place, Settings};
use nival_flake::{Doors, FlakeError, FlakeRef, LockWriter, Rules, Shelf};
use nival_source::System;
use rustc_hash::FxHashMap;

use super::host::EngineHost;
use super::pending::{Pending, Tree};
use super::policy::Policy;
use crate::cancel::CancelToken;
use crate::config::EngineConfig;

const GLOBAL_REGISTRY: &str = "https://channels.nixos.org/flake-registry.json";

/// What one generation of values fetches with. A question is answered once: the same fetch gives the same for all of them.
pub struct Fetching {
    fetcher: Fetcher,
    rules: Rules,
    answers: Mutex<FxHashMap<String, Fetched>>,
    /// What names of flakes stand for, of this command alone.
    overrides: Mutex<Vec<(FlakeRef, FlakeRef)>>,
}

impl Fetching {
    pub fn new(config: &EngineConfig, policy: &Policy, system: &dyn System) -> Fetching {
        let on = |name: &str| config.options.get(name).is_some_and(|value| matches!(value.as_str(), "true" | "yes" | "1"));
        let rules = Rules {
            pure: policy.pure,
            confined: policy.untrusted,
            trusted_public_keys: trusted_keys(config),
            require_sigs: config.options.get("require-sigs").is_none_or(|value| crate::settings::table::boolean(value) != Some(false)),
            restricted: policy.restricted,
            allowed_uris: config
                .options
                .get("allowed-uris")
                .map_or_else(Vec::new, |uris| uris.split_whitespace().map(str::to_owned).collect()),
            trust_forges: config.options.get("trust-tarballs-from-git-forges").is_none_or(|value| value != "false"),
            registries: registries(system),
            global_registry: config.options.get("flake-registry").cloned().unwrap_or_else(|| GLOBAL_REGISTRY.to_owned()),
        };
        let mut settings = settings(config, system);
        if policy.untrusted {
            settings.refuse_network = Some("because this workspace is not trusted; trust it to let it download".to_owned());
        } else if on("offline") {
            settings.refuse_network = Some("because of '--offline'; leave that out to download".to_owned());
        }
        Fetching {
            fetcher: Fetcher::new(settings),
            rules,
            answers: Mutex::default(),
            overrides: Mutex::new(config.flake_overrides.clone()),
        }
    }
}

/// `trusted-public-keys`, with what `extra-trusted-public-keys` adds.
fn trusted_keys(config: &EngineConfig) -> Vec<String> {
    let words = |name: &str| config.options.get(name).map(|keys| keys.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let mut keys = words("trusted-public-keys").unwrap_or_else(|| nival_store::StoreSettings::default().trusted_public_keys);
    keys.extend(words("extra-trusted-public-keys").unwrap_or_default());
    keys
}

fn settings(config: &EngineConfig, system: &dyn System) -> Settings {
    let folder = |name: &str| system.env_var(OsStr::new(name)).map(PathBuf::from).filter(|path| path.is_absolute());
    let mut settings =
        Settings::new(crate::code_cache::cache_folder(system).unwrap_or_else(|| PathBuf::from("/var/empty/.cache")).join("nival/fetch"));
    settings.ssl_cert_file = folder("NIX_SSL_CERT_FILE").or_else(|| folder("SSL_CERT_FILE"));
    settings.netrc_file = Some(folder("NIX_CONF_DIR").unwrap_or_else(|| PathBuf::from("/etc/nix")).join("netrc"));
    for (name, value) in &config.options {
        settings.set(name, value);
    }
    for (name, value) in &config.options {
        // `nival.forge-url.github.com = http://…`: a mirror of a forge.
        if let Some(host) = name.strip_prefix("forge-url.") {
            settings.base_urls.insert(host.to_owned(), value.clone());
        }
    }
    if config.options.contains_key("refresh") {
        settings.tarball_ttl = Duration::ZERO;
    }
    settings
}

/// The user's, then the system's.
fn registries(system: &dyn System) -> Vec<PathBuf> {
    let variable = |name: &str| system.env_var(OsStr::new(name)).map(PathBuf::from).filter(|path| path.is_absolute());
    let user = variable("XDG_CONFIG_HOME").or_else(|| system.home_dir().map(|home| home.join(".config")));
    let site = variable("NIX_CONF_DIR").unwrap_or_else(|| PathBuf::from("/etc/nix"));
    user.map(|folder| folder.join("nix/registry.json")).into_iter().chain([site.join("registry.json")]).collect()
}

/// Whoever evaluates on this thread.
struct Waiting<'a> {
    host: &'a EngineHost,
    cancel: CancelToken,
}

impl Observer for Waiting<'_> {
    fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    fn warn(&self, message: &str) {
        self.host.notice(message);
    }
}

impl Shelf for EngineHost {
    fn shelve(&self, store_path: &str, name: &str, place: &Place, recursive: bool) -> HostResult<()> {
        let source = place.path().to_owned();
        let kept = match place {
            Place::Cached(_) => None,
            Place::Local { path, kept } => {
                self.note_tree(path);
                kept.as_ref().map(|kept| kept.0.iter().map(|name| path.join(OsStr::from_bytes(name))).collect())
            }
        };
        let tree = Tree { source, name: name.to_owned(), recursive, kept: kept.map(Arc::new), references: Vec::new() };
        self.pending.insert(store_path, Pending::Tree(Arc::new(tree)));
        Ok(())
    }
}

impl LockWriter for EngineHost {
    fn folder(&self, reference: &FlakeRef) -> Option<PathBuf> {
        self.fetching.fetcher.folder(&nival_flake::fetching::input(reference))
    }

    fn put(&self, reference: &FlakeRef, file: &str, text: &str, commit: Option<&str>) -> Result<(), FlakeError> {
        let observer = Waiting { host: self, cancel: crate::session::current_cancel() };
        let input = nival_flake::fetching::input(reference);
        let written = self.fetching.fetcher.put_file(&input, file, text.as_bytes(), commit, &observer);
        // The tree is another one from now on.
        self.fetching.answers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        written.map_err(|error| FlakeError::Fetch { input: None, error })
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), FlakeError> {
        self.fetching.fetcher.write_file(path, text.as_bytes()).map_err(|error| FlakeError::Fetch { input: None, error })
    }

    fn exists(&self, path: &Path) -> bool {
        self.view().system.symlink_metadata(path).is_ok()
    }
}

impl EngineHost {
    /// From now on these names of flakes stand for these references.
    pub(crate) fn override_flakes(&self, overrides: impl IntoIterator<Item = (FlakeRef, FlakeRef)>) {
        self.fetching.overrides.lock().unwrap_or_else(PoisonError::into_inner).extend(overrides);
    }

    /// `by_user`: of something that the user named, whatever evaluation may fetch.
    pub(super) fn fetch_now(&self, request: &FetchRequest, by_user: bool) -> HostResult<Fetched> {
        let key = format!("{request:?}");
        let answers = || self.fetching.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = answers().get(&key) {
            return Ok(known.clone());
        }
        let view = self.view();
        let folder = self.current_dir();
        // A file of this machine may change like any other.
        if let Some(FetchArg::String(url)) = request.args.iter().find(|(name, _)| name == "url").map(|(_, url)| url) {
            let path = url.strip_prefix(b"file://").map(|path| PathBuf::from(OsStr::from_bytes(path)));
            // Also one that is relative to the folder that the process works in.
            let written = || nival_fetch::git_url(&String::from_utf8_lossy(url)).ok();
            let path = path.or_else(|| nival_fetch::git_relative_to(&written()?, folder.as_deref()?));
            path.into_iter().for_each(|path| self.note_read(&path));
        }
        let unsaved = |path: &Path| view.buffers.contains_key(path);
        let observer = Waiting { host: self, cancel: crate::session::current_cancel() };
        let overrides = self.fetching.overrides.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut rules = self.fetching.rules.clone();
        rules.restricted &= !by_user;
        let doors = Doors {
            host: self,
            files: &view,
            unsaved: &unsaved,
            folder: folder.as_deref(),
            fetcher: &self.fetching.fetcher,
            observer: &observer,
            shelf: self,
            rules: &rules,
            overrides: &overrides,
            store: &|| self.writable_store(),
        };
        let fetched = nival_flake::fetch(doors, request)?;
        answers().insert(key, fetched.clone());
        Ok(fetched)
    }

    /// What an entry of the search path that is no file name stands for; `None` where it cannot be had.
    pub(super) fn fetch_entry(&self, entry: &SearchPathEntry) -> HostResult<Option<Vec<u8>>> {
        let text = String::from_utf8_lossy(&entry.path).into_owned();
        let string = |text: &str| FetchArg::String(text.as_bytes().to_vec());
        let request = match text.strip_prefix("flake:") {
            Some(reference) => {
                let reference = nival_flake::FlakeRef::parse(reference).map_err(nival_flake::FlakeError::from)?;
                let attr = |attr: &nival_flake::FlakeAttr| match attr {
                    nival_flake::FlakeAttr::Text(text) => string(text),
                    nival_flake::FlakeAttr::Int(int) => FetchArg::Int(*int),
                    nival_flake::FlakeAttr::Bool(bool) => FetchArg::Bool(*bool),
                };
                let args = reference.attrs.iter().map(|(name, value)| (name.clone(), attr(value))).collect();
                FetchRequest { builtin: nival_flake::fetching::FETCH_FLAKE, args }
            }
            None => {
                let args = vec![("url".to_owned(), string(&text)), ("name".to_owned(), string("source"))];
                FetchRequest { builtin: "fetchTarball", args }
            }
        };
        match self.fetch_now(&request, true) {
            Ok(fetched) => Ok(Some(fetched.store_path.into_bytes())),
            Err(nival_eval::HostError::Eval(error))
                if !matches!(error.kind, nival_eval::ErrorKind::Cancelled | nival_eval::ErrorKind::Forbidden) =>
            {
                self.warn(&format!("Nix search path entry '{text}' cannot be downloaded, ignoring: {}", error.message));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether an entry of the search path is to be fetched.
pub(super) fn is_remote(path: &[u8]) -> bool {
    ["http://", "https://", "file://", "channel:", "flake:", "git://", "s3://", "ssh://"]
        .iter()
        .any(|start| path.starts_with(start.as_bytes()))
}
