//! Which store to use and how: the store's folders, its settings, and how they are found from `--store`, the
//! environment and the disk.

mod discover;
mod settings;
mod uri;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::store_path::{StoreDir, StorePath};

pub use settings::StoreSettings;
pub use uri::{StoreReference, StoreUri};

/// The part of a process's surroundings that decides which store is used. Filled in by the caller.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    pub vars: BTreeMap<OsString, OsString>,
    /// Where relative store paths start.
    pub working_dir: PathBuf,
}

impl Environment {
    /// `vars` as from `std::env::vars_os()`.
    pub fn new(vars: impl IntoIterator<Item = (OsString, OsString)>, working_dir: impl Into<PathBuf>) -> Environment {
        Environment { vars: vars.into_iter().collect(), working_dir: working_dir.into() }
    }

    /// A variable; one that is set to nothing counts as unset.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.vars.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }
}

/// Why no store can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    #[error("Cannot parse Nix store '{0}'")]
    BadUri(String),
    #[error("stores of the kind '{scheme}' are not supported yet (in '{uri}'); use 'local', a folder, or 'auto'")]
    Unsupported { scheme: String, uri: String },
    #[error("not an absolute path: \"{0}\"")]
    RelativePath(String),
    #[error("path \"{0}\" is not valid UTF-8")]
    NotUtf8(String),
    #[error("invalid percent-encoded parameter '{0}'")]
    BadEncoding(String),
    #[error(
        "cannot find a folder for the store: neither 'XDG_DATA_HOME' nor 'HOME' is set; set one, or name a store folder with '--store /path/to/folder'"
    )]
    NoHome,
}

/// What was chosen, for messages and for the builder (which enters chroot stores by namespaces).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// The store directory is where it says it is.
    Native,
    /// The store lies below a root folder that the user named.
    Chroot,
    /// The store lies below the user's data folder, because there is no usable `/nix/store`.
    Embedded,
}

/// The folders of a local store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    pub kind: StoreKind,
    /// Logical store directory.
    pub store_dir: StoreDir,
    /// Where the store directory is on this machine.
    pub real_store_dir: PathBuf,
    /// Root folder of a chroot or embedded store.
    pub root: Option<PathBuf>,
    /// `<root>/nix/var/nix`.
    pub state_dir: PathBuf,
    /// `<root>/nix/var/log/nix`.
    pub log_dir: PathBuf,
    /// Folder of `nix.conf`.
    pub conf_dir: PathBuf,
    pub read_only: bool,
    pub settings: StoreSettings,
}

impl StoreConfig {
    /// A store below `root`, laid out as Nix's chroot stores: `<root>/nix/store`, `<root>/nix/var/nix`.
    pub fn chroot(root: impl Into<PathBuf>) -> StoreConfig {
        let root = root.into();
        StoreConfig {
            kind: StoreKind::Chroot,
            store_dir: StoreDir::default(),
            real_store_dir: root.join("nix/store"),
            state_dir: root.join("nix/var/nix"),
            log_dir: root.join("nix/var/log/nix"),
            conf_dir: PathBuf::from("/etc/nix"),
            root: Some(root),
            read_only: false,
            settings: StoreSettings::default(),
        }
    }

    /// Finds the store to use. `uri` is what `--store` says; without it `NIX_REMOTE` counts, and without that `auto`:
    /// the folders named by `NIX_STORE_DIR` and friends; else `/nix/store` where it exists and is writable; else the
    /// embedded store below `${XDG_DATA_HOME:-~/.local/share}/nival/root`. Creates nothing.
    pub fn discover(uri: Option<&str>, env: &Environment) -> Result<StoreConfig, ConfigError> {
        discover::discover(uri, env)
    }

    /// Where the files of a store object are on this machine.
    pub fn real_path(&self, path: &StorePath) -> PathBuf {
        self.real_store_dir.join(path.base_name())
    }

    /// Translates a logical path below the store directory to this machine; others stay as they are.
    pub fn to_real(&self, logical: &Path) -> PathBuf {
        match logical.strip_prefix(self.store_dir.as_str()) {
            Ok(rest) if rest.as_os_str().is_empty() => self.real_store_dir.clone(),
            Ok(rest) => self.real_store_dir.join(rest),
            Err(_) => logical.to_owned(),
        }
    }

    pub fn gc_roots_dir(&self) -> PathBuf {
        self.state_dir.join("gcroots")
    }

    pub fn profiles_dir(&self) -> PathBuf {
        self.state_dir.join("profiles")
    }
}
