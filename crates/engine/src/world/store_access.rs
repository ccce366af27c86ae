//! The store and the builder, opened when they are first needed: an editor that only evaluates never opens either.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use nival_source::System;
use nival_store::{ConfigError, ContentAddressMethod, Environment, HashAlgo, LocalStore, Store, StoreConfig, StoreDir};

use super::overlay::Overlay;
use super::pending::{Pending, PendingTable, Tree};
use super::texts::Text;
use super::trees;
use crate::config::StoreSettings;
use crate::report::{Report, ReportKind};

/// Which store it is, and the store itself once it is open.
pub struct StoreAccess {
    config: Result<StoreConfig, ConfigError>,
    settings: StoreSettings,
    opened: OnceLock<Result<Arc<LocalStore>, Report>>,
}

/// What the choice of a store depends on.
const VARIABLES: [&str; 10] = [
    "HOME",
    "NIX_CONF_DIR",
    "NIX_LOCALSTATE_DIR",
    "NIX_LOG_DIR",
    "NIX_REMOTE",
    "NIX_STATE_DIR",
    "NIX_STORE",
    "NIX_STORE_DIR",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
];

impl StoreAccess {
    /// Looks for the store; opens and creates nothing.
    pub fn new(settings: StoreSettings, system: &dyn System) -> Self {
        let variables = VARIABLES.iter().filter_map(|name| Some(((*name).into(), system.env_var(name.as_ref())?)));
        let environment = Environment::new(variables, system.current_dir().unwrap_or_else(|_| PathBuf::from("/")));
        let config = StoreConfig::discover(settings.uri.as_deref(), &environment);
        StoreAccess { config, settings, opened: OnceLock::new() }
    }

    /// `/nix/store` where no store could be chosen, so that evaluation still works.
    pub fn store_dir(&self) -> StoreDir {
        self.config.as_ref().map(|config| config.store_dir.clone()).unwrap_or_default()
    }

    /// The store's folder by the name that values have for it, and where it really is.
    pub fn folders(&self) -> [PathBuf; 2] {
        [PathBuf::from(self.store_dir().as_str()), self.to_real(Path::new(self.store_dir().as_str()))]
    }

    /// Where a logical path below the store directory is on this machine.
    pub fn to_real(&self, path: &Path) -> PathBuf {
        self.config.as_ref().map_or_else(|_| path.to_owned(), |config| config.to_real(path))
    }
}

impl StoreAccess {
    /// The store, opened on first use.
    ///
    /// # Errors
    /// No store could be chosen or opened.
    pub fn open(&self) -> Result<Arc<LocalStore>, Report> {
        let open = || {
            let mut config = self.config.clone().map_err(|e| Report::new(ReportKind::Store, e.to_string()))?;
            config.read_only |= self.settings.read_only;
            LocalStore::open(config).map(Arc::new).map_err(|e| Report::new(ReportKind::Store, e.to_string()))
        };
        self.opened.get_or_init(open).clone()
    }

    /// The store for what is written at once, whatever evaluation may write: what `fetchClosure` copies.
    ///
    /// # Errors
    /// As [`StoreAccess::open`].
    pub fn open_writable(&self) -> Result<Arc<LocalStore>, Report> {
        if !self.settings.read_only {
            return self.open();
        }
        let config = self.config.clone().map_err(|e| Report::new(ReportKind::Store, e.to_string()))?;
        LocalStore::open(config).map(Arc::new).map_err(|e| Report::new(ReportKind::Store, e.to_string()))
    }

    /// The choice of store, for messages.
    ///
    /// # Errors
    /// No store could be chosen.
    pub fn config(&self) -> Result<&StoreConfig, Report> {
        self.config.as_ref().map_err(|e| Report::new(ReportKind::Store, e.to_string()))
    }

    /// Writes everything that evaluation left pending and `roots` need.
    ///
    /// # Errors
    /// The store cannot be written, or a source has changed since it was evaluated.
    pub fn write_pending(&self, pending: &PendingTable, files: &Overlay, roots: &[String]) -> Result<(), Report> {
        let dir = self.store_dir();
        let wanted = pending.closure(&dir, roots).map_err(|error| {
            Report::new(ReportKind::Store, format!("cannot read the derivations that were evaluated in their temporary file: {error}"))
        })?;
        if wanted.is_empty() {
            return Ok(());
        }
        let store = self.open()?;
        for (path, item, references) in wanted {
            write_one(&*store, files, &path, item, &references).map_err(|message| Report::new(ReportKind::Store, message))?;
        }
        Ok(())
    }
}

fn write_one(store: &dyn Store, files: &Overlay, path: &str, item: Pending, references: &[String]) -> Result<(), String> {
    let dir = store.store_dir();
    let parse = |path: &str| dir.parse(path).map_err(|e| e.to_string());
    let expected = parse(path)?;
    if store.is_valid(&expected).map_err(|e| e.to_string())? {
        return store.add_temp_root(&expected).map_err(|e| e.to_string());
    }
    let references = references.iter().map(|r| parse(r)).collect::<Result<_, _>>()?;
    let read = |text: &Text| text.bytes().map_err(|error| trees::unreadable(path.as_bytes(), &error).to_string());
    let written = match item {
        Pending::Derivation { aterm, .. } => store.add_text(expected.name(), &read(&aterm)?, &references),
        Pending::File(file) if file.method == ContentAddressMethod::Text => store.add_text(&file.name, &read(&file.contents)?, &references),
        Pending::File(file) => {
            let source = MemoryFile(read(&file.contents)?);
            let added = store.add_path(&file.name, &source, Path::new("/"), file.method, HashAlgo::Sha256, &references, None);
            added.map(|info| info.path.clone())
        }
        Pending::Tree(tree) => {
            let Tree { source, name, recursive, kept, .. } = &*tree;
            let mut keep = |path: &Path, _| Ok(kept.as_ref().is_none_or(|kept| kept.contains(path)));
            let filter: Option<&mut nival_store::nar::PathFilter<'_>> = if kept.is_some() { Some(&mut keep) } else { None };
            let added = store.add_path(name, files, source, trees::method(*recursive), HashAlgo::Sha256, &references, filter);
            let added = added.map(|info| info.path.clone());
            if let Ok(added) = &added
                && *added != expected
            {
                return Err(format!("'{}' changed while it was evaluated: try again", source.display()));
            }
            added
        }
    };
    match written {
        Ok(written) if written == expected => Ok(()),
        Ok(written) => Err(format!("'{}' was written where '{path}' was expected", dir.print(&written))),
        Err(error) => Err(error.to_string()),
    }
}

/// One file in memory as something to add to a store.
struct MemoryFile(Arc<[u8]>);

impl nival_store::nar::FileSource for MemoryFile {
    fn kind(&self, _path: &Path) -> std::io::Result<nival_store::nar::FileKind> {
        Ok(nival_store::nar::FileKind::Regular { executable: false })
    }
    fn entries(&self, _path: &Path) -> std::io::Result<Vec<Vec<u8>>> {
        Ok(Vec::new())
    }
    fn read_link(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, format!("'{}' is no symbolic link", path.display())))
    }
    fn open<'a>(&'a self, _path: &Path) -> std::io::Result<(u64, Box<dyn std::io::Read + 'a>)> {
        Ok((self.0.len() as u64, Box::new(&self.0[..])))
    }
}
