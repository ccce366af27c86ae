//! What a derivation's attributes ask of its builder: output checks, files, features. From the environment, or from
//! structured attributes where there are any.

use std::collections::{BTreeMap, BTreeSet};

use nival_store::{Derivation, StoreDir, StorePath};
use serde_json::{Map, Value};
use thiserror::Error;

/// Attributes that cannot be understood.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum OptionsError {
    #[error("cannot process __json attribute: {0}")]
    Json(String),
    #[error("attribute '{0}' must be a {1}")]
    Type(String, &'static str),
    #[error("odd number of tokens in 'exportReferencesGraph': '{0}'")]
    OddExportReferencesGraph(String),
    #[error("invalid file name '{0}' in 'exportReferencesGraph'")]
    BadFileName(String),
    #[error("'{0}' in 'exportReferencesGraph' is not a store path")]
    NotAStorePath(String),
}

/// A reference allowed or forbidden: a store path, or the name of an output of the same derivation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefSpec {
    Path(StorePath),
    Output(String),
}

/// What must hold for an output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutputChecks {
    pub ignore_self_refs: bool,
    /// Bytes of the NAR.
    pub max_size: Option<u64>,
    pub max_closure_size: Option<u64>,
    pub allowed_references: Option<Vec<RefSpec>>,
    pub disallowed_references: Vec<RefSpec>,
    pub allowed_requisites: Option<Vec<RefSpec>>,
    pub disallowed_requisites: Vec<RefSpec>,
}

/// The options of one derivation.
#[derive(Debug, Clone, Default)]
pub struct DerivationOptions {
    pub structured: Option<Map<String, Value>>,
    /// For every output, unless [`DerivationOptions::checks_by_output`] is set.
    pub checks: OutputChecks,
    pub checks_by_output: Option<BTreeMap<String, OutputChecks>>,
    pub unsafe_discard_references: BTreeMap<String, bool>,
    pub pass_as_file: BTreeSet<Vec<u8>>,
    /// File (or JSON key) and the paths whose closure it describes.
    pub export_references_graph: BTreeMap<String, BTreeSet<StorePath>>,
    pub no_chroot: bool,
    pub impure_host_deps: Vec<String>,
    pub impure_env_vars: Vec<String>,
    pub required_system_features: BTreeSet<String>,
}

impl DerivationOptions {
    pub fn parse(dir: &StoreDir, drv: &Derivation) -> Result<DerivationOptions, OptionsError> {
        let structured = match drv.structured_attrs() {
            None => None,
            Some(json) => match serde_json::from_slice(json) {
                Ok(Value::Object(map)) => Some(map),
                Ok(_) => return Err(OptionsError::Json("it is not an object".to_owned())),
                Err(error) => return Err(OptionsError::Json(error.to_string())),
            },
        };
        let attrs = Attrs { dir, drv, json: structured.as_ref() };
        let mut options = DerivationOptions {
            no_chroot: attrs.boolean("__noChroot")?,
            impure_host_deps: attrs.strings("__impureHostDeps")?.unwrap_or_default(),
            impure_env_vars: attrs.strings("impureEnvVars")?.unwrap_or_default(),
            required_system_features: attrs.strings("requiredSystemFeatures")?.unwrap_or_default().into_iter().collect(),
            ..DerivationOptions::default()
        };
        match &structured {
            Some(json) => {
                options.checks_by_output = Some(attrs.checks_by_output(json)?);
                options.export_references_graph = attrs.structured_graph(json)?;
                for (output, value) in object(json, "unsafeDiscardReferences")?.into_iter().flatten() {
                    let on = value.as_bool().ok_or_else(|| OptionsError::Type(format!("unsafeDiscardReferences.{output}"), "boolean"))?;
                    options.unsafe_discard_references.insert(output.clone(), on);
                }
            }
            None => {
                options.checks = OutputChecks {
                    ignore_self_refs: true,
                    allowed_references: attrs.refs("allowedReferences")?,
                    disallowed_references: attrs.refs("disallowedReferences")?.unwrap_or_default(),
                    allowed_requisites: attrs.refs("allowedRequisites")?,
                    disallowed_requisites: attrs.refs("disallowedRequisites")?.unwrap_or_default(),
                    ..OutputChecks::default()
                };
                let names = drv.env.get(b"passAsFile".as_slice()).map_or(&[][..], Vec::as_slice);
                options.pass_as_file = names.split(u8::is_ascii_whitespace).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect();
                options.export_references_graph = attrs.graph()?;
            }
        }
        options.structured = structured;
        Ok(options)
    }

    /// The checks for one output.
    pub fn checks_for(&self, output: &str) -> Option<&OutputChecks> {
        match &self.checks_by_output {
            Some(by_output) => by_output.get(output),
            None => Some(&self.checks),
        }
    }
}

struct Attrs<'a> {
    dir: &'a StoreDir,
    drv: &'a Derivation,
    json: Option<&'a Map<String, Value>>,
}

impl Attrs<'_> {
    fn env(&self, name: &str) -> Option<String> {
        self.drv.env.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    fn boolean(&self, name: &str) -> Result<bool, OptionsError> {
        match self.json {
            None => Ok(self.env(name).as_deref() == Some("1")),
            Some(json) => match json.get(name) {
                None => Ok(false),
                Some(value) => value.as_bool().ok_or_else(|| OptionsError::Type(name.to_owned(), "boolean")),
            },
        }
    }

    fn strings(&self, name: &str) -> Result<Option<Vec<String>>, OptionsError> {
        match self.json {
            None => Ok(self.env(name).map(|value| value.split_ascii_whitespace().map(str::to_owned).collect())),
            Some(json) => json.get(name).map(|value| string_list(value, name)).transpose(),
        }
    }

    fn refs(&self, name: &str) -> Result<Option<Vec<RefSpec>>, OptionsError> {
        Ok(self.strings(name)?.map(|names| names.into_iter().map(|name| self.ref_spec(name)).collect()))
    }

    fn ref_spec(&self, text: String) -> RefSpec {
        match self.dir.parse(&text) {
            Ok(path) => RefSpec::Path(path),
            Err(_) => RefSpec::Output(text),
        }
    }

    fn checks_by_output(&self, json: &Map<String, Value>) -> Result<BTreeMap<String, OutputChecks>, OptionsError> {
        let mut out = BTreeMap::new();
        for (output, value) in object(json, "outputChecks")?.into_iter().flatten() {
            let what = format!("outputChecks.{output}");
            let checks = value.as_object().ok_or_else(|| OptionsError::Type(what.clone(), "set"))?;
            let refs = |name: &str| -> Result<Option<Vec<RefSpec>>, OptionsError> {
                let Some(value) = checks.get(name) else { return Ok(None) };
                let names = string_list(value, &format!("{what}.{name}"))?;
                Ok(Some(names.into_iter().map(|name| self.ref_spec(name)).collect()))
            };
            let size = |name: &str| match checks.get(name) {
                None => Ok(None),
                Some(value) => value.as_u64().map(Some).ok_or_else(|| OptionsError::Type(format!("{what}.{name}"), "number")),
            };
            let checks = OutputChecks {
                ignore_self_refs: false,
                max_size: size("maxSize")?,
                max_closure_size: size("maxClosureSize")?,
                allowed_references: refs("allowedReferences")?,
                disallowed_references: refs("disallowedReferences")?.unwrap_or_default(),
                allowed_requisites: refs("allowedRequisites")?,
                disallowed_requisites: refs("disallowedRequisites")?.unwrap_or_default(),
            };
            out.insert(output.clone(), checks);
        }
        Ok(out)
    }

    fn graph(&self) -> Result<BTreeMap<String, BTreeSet<StorePath>>, OptionsError> {
        let text = self.env("exportReferencesGraph").unwrap_or_default();
        let tokens: Vec<&str> = text.split_ascii_whitespace().collect();
        let mut out = BTreeMap::new();
        for pair in tokens.chunks(2) {
            let [file, path] = pair else { return Err(OptionsError::OddExportReferencesGraph(text)) };
            let mut bytes = file.bytes();
            let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            if !(first && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))) {
                return Err(OptionsError::BadFileName((*file).to_owned()));
            }
            out.insert((*file).to_owned(), BTreeSet::from([self.graph_path(path)?]));
        }
        Ok(out)
    }

    fn structured_graph(&self, json: &Map<String, Value>) -> Result<BTreeMap<String, BTreeSet<StorePath>>, OptionsError> {
        let Some(Value::Object(graph)) = json.get("exportReferencesGraph") else { return Ok(BTreeMap::new()) };
        let mut out = BTreeMap::new();
        for (key, value) in graph {
            let mut paths = BTreeSet::new();
            self.flatten(value, &mut paths)?;
            out.insert(key.clone(), paths);
        }
        Ok(out)
    }

    /// The parser of the JSON bounds the depth.
    fn flatten(&self, value: &Value, out: &mut BTreeSet<StorePath>) -> Result<(), OptionsError> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.flatten(item, out)),
            Value::String(text) => {
                out.insert(self.graph_path(text)?);
                Ok(())
            }
            _ => Err(OptionsError::Type("exportReferencesGraph".to_owned(), "list of store paths")),
        }
    }

    /// The store object that a path is at or in.
    fn graph_path(&self, text: &str) -> Result<StorePath, OptionsError> {
        self.dir.split(text).map(|(path, _)| path).map_err(|_| OptionsError::NotAStorePath(text.to_owned()))
    }
}

fn object<'v>(json: &'v Map<String, Value>, name: &str) -> Result<Option<&'v Map<String, Value>>, OptionsError> {
    match json.get(name) {
        None => Ok(None),
        Some(value) => value.as_object().map(Some).ok_or_else(|| OptionsError::Type(name.to_owned(), "set")),
    }
}

fn string_list(value: &Value, name: &str) -> Result<Vec<String>, OptionsError> {
    let list = value.as_array().and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
    list.ok_or_else(|| OptionsError::Type(name.to_owned(), "list of strings"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_attributes_are_answered(name in "passAsFile|exportReferencesGraph|allowedReferences|requiredSystemFeatures|__json", value: String) {
            let mut drv = Derivation::default();
            drv.env.insert(name.into(), value.into());
            let _ = DerivationOptions::parse(&StoreDir::default(), &drv);
        }

        #[test]
        fn any_structured_attributes_are_answered(
            name in "outputChecks|exportReferencesGraph|unsafeDiscardReferences|__noChroot|impureEnvVars",
            value in "[\\[{]{0,3}(1|true|\"x\"|\"out\":\\{\"maxSize\":1)[\\]}]{0,4}",
        ) {
            let mut drv = Derivation::default();
            drv.env.insert("__json".into(), format!("{{\"{name}\":{value}}}").into());
            let _ = DerivationOptions::parse(&StoreDir::default(), &drv);
        }
    }
}
