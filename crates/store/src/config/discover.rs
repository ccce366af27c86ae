//! The choice of a store. Looks at the disk, creates nothing.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::{ConfigError, Environment, StoreConfig, StoreKind, StoreReference, StoreSettings, StoreUri};
use crate::store_path::StoreDir;

pub(super) fn discover(uri: Option<&str>, env: &Environment) -> Result<StoreConfig, ConfigError> {
    let text = match (uri, env.get("NIX_REMOTE")) {
        (Some(uri), _) => uri,
        (None, Some(remote)) => utf8(remote)?,
        (None, None) => "auto",
    };
    let reference = StoreReference::parse(text)?;
    let mut config = match &reference.uri {
        StoreUri::Auto => automatic(env)?,
        StoreUri::Local => native(env)?,
        StoreUri::Root(root) => with_root(&env.working_dir.join(root), env)?,
        StoreUri::Daemon => return Err(ConfigError::Unsupported { scheme: "daemon".to_owned(), uri: text.to_owned() }),
        StoreUri::Other { scheme, .. } => {
            return Err(ConfigError::Unsupported { scheme: scheme.clone(), uri: text.to_owned() });
        }
    };
    if let Some(root) = reference.params.get("root").filter(|root| !root.is_empty()) {
        config = with_root(&absolute(root)?, env)?;
    }
    for (key, value) in &reference.params {
        match key.as_str() {
            "store" => {
                let relocated = StoreDir::new(value).ok_or_else(|| ConfigError::RelativePath(value.clone()))?;
                config.real_store_dir = match &config.root {
                    Some(root) => root.join(relocated.as_str().trim_start_matches('/')),
                    None => PathBuf::from(relocated.as_str()),
                };
                config.store_dir = relocated;
            }
            "state" => config.state_dir = absolute(value)?,
            "log" => config.log_dir = absolute(value)?,
            "read-only" => config.read_only = value == "true",
            "require-sigs" => config.settings.require_sigs = value == "true",
            _ => {}
        }
    }
    // After the loop, because `store` moves the real directory too.
    if let Some(real) = reference.params.get("real") {
        config.real_store_dir = absolute(real)?;
    }
    Ok(config)
}

fn automatic(env: &Environment) -> Result<StoreConfig, ConfigError> {
    let named = ["NIX_STORE_DIR", "NIX_STORE", "NIX_STATE_DIR"].iter().any(|name| env.get(name).is_some());
    let config = native(env)?;
    // Root may create what is missing inside /nix, but /nix itself is not ours to create unasked.
    if named || (writable(&config.real_store_dir) && creatable(&config.state_dir)) {
        return Ok(config);
    }
    let data = match (env.get("XDG_DATA_HOME"), env.get("HOME")) {
        (Some(data), _) if Path::new(data).is_absolute() => PathBuf::from(data),
        (_, Some(home)) => Path::new(home).join(".local/share"),
        _ => return Err(ConfigError::NoHome),
    };
    let mut config = with_root(&env.working_dir.join(data).join("nival/root"), env)?;
    config.kind = StoreKind::Embedded;
    Ok(config)
}

/// The folders that the environment names, else Nix's own.
fn native(env: &Environment) -> Result<StoreConfig, ConfigError> {
    let store_dir = logical_store_dir(env)?;
    let folder = |name: &str, default: &str| env.get(name).map_or_else(|| PathBuf::from(default), |value| env.working_dir.join(value));
    Ok(StoreConfig {
        kind: StoreKind::Native,
        real_store_dir: PathBuf::from(store_dir.as_str()),
        store_dir,
        root: None,
        state_dir: folder("NIX_STATE_DIR", "/nix/var/nix"),
        log_dir: folder("NIX_LOG_DIR", "/nix/var/log/nix"),
        conf_dir: folder("NIX_CONF_DIR", "/etc/nix"),
        read_only: false,
        settings: StoreSettings::default(),
    })
}

fn with_root(root: &Path, env: &Environment) -> Result<StoreConfig, ConfigError> {
    let store_dir = logical_store_dir(env)?;
    let root = normal(root);
    Ok(StoreConfig {
        real_store_dir: root.join(store_dir.as_str().trim_start_matches('/')),
        conf_dir: env.get("NIX_CONF_DIR").map_or_else(|| PathBuf::from("/etc/nix"), PathBuf::from),
        store_dir,
        ..StoreConfig::chroot(root)
    })
}

fn logical_store_dir(env: &Environment) -> Result<StoreDir, ConfigError> {
    match env.get("NIX_STORE_DIR").or_else(|| env.get("NIX_STORE")) {
        None => Ok(StoreDir::default()),
        Some(dir) => {
            let dir = utf8(dir)?;
            StoreDir::new(dir).ok_or_else(|| ConfigError::RelativePath(dir.to_owned()))
        }
    }
}

fn absolute(path: &str) -> Result<PathBuf, ConfigError> {
    if path.starts_with('/') { Ok(normal(Path::new(path))) } else { Err(ConfigError::RelativePath(path.to_owned())) }
}

/// Drops `.` components and slashes at the end.
fn normal(path: &Path) -> PathBuf {
    path.components().collect()
}

fn utf8(text: &OsStr) -> Result<&str, ConfigError> {
    str::from_utf8(text.as_bytes()).map_err(|_| ConfigError::NotUtf8(text.to_string_lossy().into_owned()))
}

fn writable(dir: &Path) -> bool {
    dir.is_dir() && access(dir, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
}

/// Whether `dir` is writable, or its nearest existing ancestor is.
fn creatable(dir: &Path) -> bool {
    dir.ancestors().find(|ancestor| ancestor.exists()).is_some_and(writable)
}
