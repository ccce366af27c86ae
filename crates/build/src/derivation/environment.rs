//! The environment of a builder and the files it finds in its build directory. Names and values are Nix's.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use nival_store::store_path::output_placeholder;
use nival_store::{Derivation, HashAlgo, LocalStore, StoreError, StorePath, StorePathSet};
use serde_json::{Value, json};
use thiserror::Error;

use super::options::DerivationOptions;
use super::structured;
use crate::config::BuildConfig;
use crate::sandbox::HOME_DIR;

#[derive(Debug, Error)]
pub enum EnvironmentError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot export references of path '{0}' because it is not in the input closure of the derivation")]
    NotInInputs(String),
}

/// What the environment is made from.
pub struct EnvironmentInput<'a> {
    pub store: &'a LocalStore,
    pub drv: &'a Derivation,
    pub options: &'a DerivationOptions,
    pub config: &'a BuildConfig,
    /// The closure of the inputs.
    pub inputs: &'a StorePathSet,
    pub outputs: &'a BTreeMap<String, StorePath>,
    /// As the builder sees it.
    pub build_dir: &'a str,
    pub fixed: bool,
    pub network: bool,
}

/// Variables and files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    pub vars: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Below the build directory.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Placeholders of outputs and what they stand for, in variables, files and arguments alike.
    pub rewrites: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Environment {
    pub fn new(input: &EnvironmentInput<'_>) -> Result<Environment, EnvironmentError> {
        let dir = input.store.store_dir();
        let mut env = Environment {
            rewrites: input.outputs.iter().map(|(name, path)| (output_placeholder(name).into(), dir.print(path).into())).collect(),
            ..Environment::default()
        };
        env.set("PATH", "/path-not-set");
        env.set("HOME", HOME_DIR);
        env.set("NIX_STORE", dir.as_str());
        env.set("NIX_BUILD_CORES", input.config.build_cores().to_string());
        env.attributes(input)?;
        env.set("NIX_BUILD_TOP", input.build_dir);
        for name in ["TMPDIR", "TEMPDIR", "TMP", "TEMP", "PWD"] {
            env.set(name, input.build_dir);
        }
        if input.fixed {
            env.set("NIX_OUTPUT_CHECKED", "1");
        }
        if input.network {
            for name in &input.options.impure_env_vars {
                let value = input.config.impure_env.get(OsStr::new(name)).map_or(&b""[..], |value| value.as_bytes());
                env.set(name, value);
            }
        }
        env.set("NIX_LOG_FD", "2");
        env.set("TERM", "xterm-256color");
        let Environment { vars, files, rewrites } = &mut env;
        vars.values_mut().for_each(|value| rewrite(rewrites, value));
        files.values_mut().for_each(|value| rewrite(rewrites, value));
        Ok(env)
    }

    fn set(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.vars.insert(name.as_ref().to_vec(), value.as_ref().to_vec());
    }

    fn attributes(&mut self, input: &EnvironmentInput<'_>) -> Result<(), EnvironmentError> {
        if let Some(attrs) = &input.options.structured {
            let mut attrs = attrs.clone();
            let outputs = input.outputs.keys().map(|name| (name.clone(), Value::String(output_placeholder(name))));
            attrs.insert("outputs".to_owned(), Value::Object(outputs.collect()));
            for (key, paths) in &input.options.export_references_graph {
                attrs.insert(key.clone(), graph_json(input.store, &exported(input, paths)?)?);
            }
            self.file(input, "NIX_ATTRS_SH_FILE", ".attrs.sh".to_owned(), structured::to_shell(&attrs).into());
            self.file(input, "NIX_ATTRS_JSON_FILE", ".attrs.json".to_owned(), structured::to_json(&attrs).into());
            return Ok(());
        }
        for (name, value) in &input.drv.env {
            if input.options.pass_as_file.contains(name) {
                let file = format!(".attr-{}", HashAlgo::Sha256.hash(name).nix32());
                let mut variable = name.clone();
                variable.extend(b"Path");
                self.file(input, variable, file, value.clone());
            } else {
                self.set(name, value);
            }
        }
        for (file, paths) in &input.options.export_references_graph {
            self.files.insert(file.clone(), registration(input.store, &exported(input, paths)?)?.into());
        }
        Ok(())
    }

    fn file(&mut self, input: &EnvironmentInput<'_>, variable: impl AsRef<[u8]>, name: String, contents: Vec<u8>) {
        self.set(variable, format!("{}/{name}", input.build_dir));
        self.files.insert(name, contents);
    }
}

/// Replaces every occurrence of each placeholder.
pub fn rewrite(rewrites: &[(Vec<u8>, Vec<u8>)], text: &mut Vec<u8>) {
    for (from, to) in rewrites {
        let finder = memchr::memmem::Finder::new(from);
        if finder.find(text).is_none() {
            continue;
        }
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text.as_slice();
        while let Some(at) = finder.find(rest) {
            let (before, after) = rest.split_at(at);
            out.extend_from_slice(before);
            out.extend_from_slice(to);
            rest = after.get(from.len()..).unwrap_or_default();
        }
        out.extend_from_slice(rest);
        *text = out;
    }
}

/// The closure of `paths`, with the outputs of derivations in it.
fn exported(input: &EnvironmentInput<'_>, paths: &BTreeSet<StorePath>) -> Result<StorePathSet, EnvironmentError> {
    let dir = input.store.store_dir();
    if let Some(path) = paths.iter().find(|path| !input.inputs.contains(*path)) {
        return Err(EnvironmentError::NotInInputs(dir.print(path)));
    }
    let mut out = input.store.closure(paths)?;
    let mut outputs = StorePathSet::new();
    for drv in out.iter().filter(|path| path.is_derivation()) {
        outputs.extend(input.store.derivation_outputs(drv)?.into_values().flatten());
    }
    let outputs = input.store.query_valid_paths(&outputs)?;
    out.extend(input.store.closure(&outputs)?);
    Ok(out)
}

/// For each path: the path, its deriver (not told), the number of its references, and these.
fn registration(store: &LocalStore, paths: &StorePathSet) -> Result<String, StoreError> {
    let dir = store.store_dir();
    let mut out = String::new();
    for path in paths {
        let info = store.require_path_info(path)?;
        out.push_str(&format!("{}\n\n{}\n", dir.display(path), info.references.len()));
        for reference in &info.references {
            out.push_str(&format!("{}\n", dir.display(reference)));
        }
    }
    Ok(out)
}

fn graph_json(store: &LocalStore, paths: &StorePathSet) -> Result<Value, StoreError> {
    let dir = store.store_dir();
    let mut list = Vec::new();
    for path in paths {
        let info = store.require_path_info(path)?;
        let mut entry = json!({
            "narHash": info.nar_hash.print(nival_store::HashFormat::Nix32, true),
            "narSize": info.nar_size,
            "references": info.references.iter().map(|path| dir.print(path)).collect::<Vec<_>>(),
            "path": dir.print(path),
            "valid": true,
            "closureSize": store.closure_size(path)?,
        });
        if let (Some(ca), Value::Object(map)) = (&info.ca, &mut entry) {
            map.insert("ca".to_owned(), Value::String(ca.to_string()));
        }
        list.push(entry);
    }
    Ok(Value::Array(list))
}
