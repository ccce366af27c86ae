//! Opening: folders, the lock against schema changes, the database.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::RwLock;

use nix::fcntl::{FlockArg, posix_fallocate};
use nix::unistd::{AccessFlags, access};
use rustc_hash::FxHashMap;

use super::db::Db;
use super::lock::{lock, open_lock_file};
use super::temp_roots::TempRoots;
use super::{LocalStore, SCHEMA_VERSION};
use crate::config::{StoreConfig, StoreKind};
use crate::derivation::ModuloHashes;
use crate::error::{StoreError, StoreResult};

/// Bytes that a garbage collector can free first when the disk is so full that the database cannot be opened.
const RESERVED: i64 = 8 * 1024 * 1024;

impl LocalStore {
    /// Opens a store, making folders and database where they are missing (not when it is read-only).
    pub fn open(mut config: StoreConfig) -> StoreResult<LocalStore> {
        let db_dir = config.state_dir.join("db");
        if !config.read_only {
            make_folders(&config)?;
        }
        if config.kind == StoreKind::Native {
            refuse_links(&config.real_store_dir)?;
        } else if let Ok(real) = config.real_store_dir.canonicalize() {
            // A home folder may be behind a link; objects must not be.
            config.real_store_dir = real;
        }
        let big_lock = if config.read_only {
            None
        } else {
            reserve(&db_dir.join("reserved"));
            let path = db_dir.join("big-lock");
            let file = open_lock_file(&path).map_err(|error| unwritable(&db_dir, error))?;
            Some(lock(file, FlockArg::LockShared).map_err(StoreError::io("acquiring lock", &path))?)
        };
        let schema_path = db_dir.join("schema");
        let schema = read_schema(&schema_path)?;
        match schema {
            Some(version) if version > SCHEMA_VERSION => return Err(StoreError::SchemaTooNew(version)),
            Some(version) if version < SCHEMA_VERSION => return Err(StoreError::SchemaTooOld { db: db_dir, version }),
            _ => {}
        }
        let db = Db::open(&db_dir, &config, schema.is_none() && !config.read_only)?;
        if schema.is_none() && !config.read_only {
            write_schema(&schema_path)?;
        }
        let temp_roots = TempRoots::open(&config.state_dir);
        Ok(LocalStore {
            config,
            db,
            temp_roots,
            modulo: ModuloHashes::new(),
            cache: RwLock::new(FxHashMap::default()),
            _big_lock: big_lock,
        })
    }
}

fn make_folders(config: &StoreConfig) -> StoreResult<()> {
    let state = &config.state_dir;
    let folders = [
        config.real_store_dir.clone(),
        config.real_store_dir.join(".links"),
        state.join("profiles/per-user"),
        state.join("gcroots/per-user"),
        state.join("gcroots/auto"),
        state.join("temproots"),
        state.join("db"),
    ];
    for folder in &folders {
        make_folder(folder)?;
    }
    for folder in [&config.real_store_dir, &state.join("db")] {
        access(folder, AccessFlags::W_OK | AccessFlags::X_OK)
            .map_err(|error| StoreError::Unwritable { dir: folder.clone(), error: error.into() })?;
    }
    Ok(())
}

fn make_folder(folder: &Path) -> StoreResult<()> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(|error| {
        // Name the folder that the user has to do something about, which is the last one that exists.
        let existing = folder.ancestors().skip(1).find(|ancestor| ancestor.exists()).unwrap_or(folder);
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StoreError::Unwritable { dir: existing.to_owned(), error },
            _ => StoreError::io("cannot create directory", folder)(error),
        }
    })
}

fn unwritable(dir: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Io { error, .. } if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            StoreError::Unwritable { dir: dir.to_owned(), error }
        }
        other => other,
    }
}

fn refuse_links(store: &Path) -> StoreResult<()> {
    match store.ancestors().find(|ancestor| fs::symlink_metadata(ancestor).is_ok_and(|metadata| metadata.is_symlink())) {
        Some(link) => Err(StoreError::SymlinkedStore(link.to_owned())),
        None => Ok(()),
    }
}

/// Failure is no error: it only makes a later garbage collection on a full disk harder.
fn reserve(path: &Path) {
    if fs::metadata(path).is_ok_and(|metadata| metadata.size() == RESERVED as u64) {
        return;
    }
    if let Ok(file) = File::options().write(true).create(true).truncate(false).mode(0o600).open(path) {
        let _ = posix_fallocate(&file, 0, RESERVED);
    }
}

fn read_schema(path: &Path) -> StoreResult<Option<u32>> {
    match fs::read_to_string(path) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_| StoreError::CorruptSchema(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("cannot read", path)(error)),
    }
}

/// Written whole or not at all, and only once the tables are there.
fn write_schema(path: &Path) -> StoreResult<()> {
    let temporary = path.with_extension(format!("tmp-{}", std::process::id()));
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(SCHEMA_VERSION.to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(StoreError::io("cannot write", path))
}
