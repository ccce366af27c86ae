//! The choice of a store. Looks at the disk, creates nothing.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::{ConfigError, Environment, StoreConfig, StoreKind, StoreReference, StoreSettings, StoreUri};
use crate::store_path::StoreDir;

pub(super) fn discover(uri: Option<&str>, env: &Environment) -> Result<StoreConfig, ConfigError> {
    // Root may create what is missing inside /nix, but /nix/store itself is not ours to create unasked.
    discover_with(uri, env, |native| writable(&native.real_store_dir) && creatable(&native.state_dir))
}

/// `usable` tells whether the native store can be used without being asked for.
fn discover_with(uri: Option<&str>, env: &Environment, usable: impl Fn(&StoreConfig) -> bool) -> Result<StoreConfig, ConfigError> {
    let text = match (uri, env.get("NIX_REMOTE")) {
        (Some(uri), _) => uri,
        (None, Some(remote)) => utf8(remote)?,
        (None, None) => "auto",
    };
    let reference = StoreReference::parse(text)?;
    let mut config = match &reference.uri {
        StoreUri::Auto => automatic(env, usable)?,
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

fn automatic(env: &Environment, usable: impl Fn(&StoreConfig) -> bool) -> Result<StoreConfig, ConfigError> {
    let named = ["NIX_STORE_DIR", "NIX_STORE", "NIX_STATE_DIR"].iter().any(|name| env.get(name).is_some());
    let config = native(env)?;
    if named || usable(&config) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// `env` is `NAME=value` by spaces; the native store is usable if there is a `+`.
    fn check(uri: Option<&str>, env: &str, expected: Expect) {
        let vars = env.split(' ').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.into(), value.into()));
        let env_struct = Environment::new(vars, "/work/dir");
        let shown = match discover_with(uri, &env_struct, |_| env.contains('+')) {
            Ok(config) => {
                let [real, state, log] = [&config.real_store_dir, &config.state_dir, &config.log_dir].map(|path| path.display());
                format!("{:?} {} at {real}, state {state}, log {log}", config.kind, config.store_dir)
            }
            Err(error) => format!("error: {error}"),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn without_a_word() {
        check(None, "+ HOME=/home/me", expect!["Native /nix/store at /nix/store, state /nix/var/nix, log /nix/var/log/nix"]);
        check(
            None,
            "HOME=/home/me",
            expect![
                "Embedded /nix/store at /home/me/.local/share/nival/root/nix/store, state /home/me/.local/share/nival/root/nix/var/nix, log /home/me/.local/share/nival/root/nix/var/log/nix"
            ],
        );
        check(
            None,
            "HOME=/home/me XDG_DATA_HOME=/data",
            expect![
                "Embedded /nix/store at /data/nival/root/nix/store, state /data/nival/root/nix/var/nix, log /data/nival/root/nix/var/log/nix"
            ],
        );
        check(
            None,
            "",
            expect![
                "error: cannot find a folder for the store: neither 'XDG_DATA_HOME' nor 'HOME' is set; set one, or name a store folder with '--store /path/to/folder'"
            ],
        );
        check(
            None,
            "HOME=/home/me NIX_STORE_DIR=/s/store NIX_STATE_DIR=/s/var NIX_LOG_DIR=/s/log",
            expect!["Native /s/store at /s/store, state /s/var, log /s/log"],
        );
        check(None, "HOME=/home/me NIX_STORE_DIR=relative", expect![[r#"error: not an absolute path: "relative""#]]);
        check(
            None,
            "HOME=/home/me NIX_REMOTE=",
            expect![
                "Embedded /nix/store at /home/me/.local/share/nival/root/nix/store, state /home/me/.local/share/nival/root/nix/var/nix, log /home/me/.local/share/nival/root/nix/var/log/nix"
            ],
        );
    }

    #[test]
    fn asked_for() {
        check(Some("local"), "HOME=/home/me", expect!["Native /nix/store at /nix/store, state /nix/var/nix, log /nix/var/log/nix"]);
        check(
            Some("/a/./root/"),
            "HOME=/home/me",
            expect!["Chroot /nix/store at /a/root/nix/store, state /a/root/nix/var/nix, log /a/root/nix/var/log/nix"],
        );
        check(
            Some("./root"),
            "",
            expect!["Chroot /nix/store at /work/dir/root/nix/store, state /work/dir/root/nix/var/nix, log /work/dir/root/nix/var/log/nix"],
        );
        check(
            Some("local?root=/r"),
            "NIX_REMOTE=daemon",
            expect!["Chroot /nix/store at /r/nix/store, state /r/nix/var/nix, log /r/nix/var/log/nix"],
        );
        check(Some("local?root=relative"), "", expect![[r#"error: not an absolute path: "relative""#]]);
        check(Some("local?store=/s&state=/t&log=/l&real=/r"), "", expect!["Native /s at /r, state /t, log /l"]);
        check(
            None,
            "NIX_REMOTE=/r NIX_STORE_DIR=/s/store",
            expect!["Chroot /s/store at /r/s/store, state /r/nix/var/nix, log /r/nix/var/log/nix"],
        );
        check(
            None,
            "NIX_REMOTE=daemon",
            expect!["error: stores of the kind 'daemon' are not supported yet (in 'daemon'); use 'local', a folder, or 'auto'"],
        );
        check(
            Some("ssh-ng://host"),
            "",
            expect!["error: stores of the kind 'ssh-ng' are not supported yet (in 'ssh-ng://host'); use 'local', a folder, or 'auto'"],
        );
        check(
            Some("https://cache.nixos.org"),
            "",
            expect![
                "error: stores of the kind 'https' are not supported yet (in 'https://cache.nixos.org'); use 'local', a folder, or 'auto'"
            ],
        );
        check(Some("what"), "", expect!["error: Cannot parse Nix store 'what'"]);
    }
}
