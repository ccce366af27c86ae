//! Derivations as `nix derivation show` prints them (format version 4). Keys come in sorted order.

use serde_json::{Map, Value, json};
use thiserror::Error;

use super::{Derivation, DerivationOutput, InputNode};
use crate::store_path::StorePath;

/// The version of the format.
pub const DERIVATION_JSON_VERSION: u64 = 4;

#[derive(Debug, Error)]
pub enum DerivationJsonError {
    #[error("cannot print derivation '{drv}' as JSON: '{text}' is not valid UTF-8")]
    NotUtf8 { drv: String, text: String },
    #[error("structured attributes of derivation '{drv}' are not valid JSON: {error}")]
    StructuredAttrs { drv: String, error: serde_json::Error },
}

impl Derivation {
    /// One derivation, without the wrapper that [`derivations_to_json`] puts around several.
    pub fn to_json(&self) -> Result<Value, DerivationJsonError> {
        let text = |bytes: &[u8]| match str::from_utf8(bytes) {
            Ok(text) => Ok(Value::from(text)),
            Err(_) => Err(DerivationJsonError::NotUtf8 { drv: self.name.clone(), text: String::from_utf8_lossy(bytes).into_owned() }),
        };
        let mut out = Map::new();
        out.insert("args".to_owned(), self.args.iter().map(|arg| text(arg)).collect::<Result<Vec<_>, _>>()?.into());
        out.insert("builder".to_owned(), text(&self.builder)?);
        let mut env = Map::new();
        for (key, value) in self.env.iter().filter(|(key, _)| key.as_slice() != b"__json") {
            if let Value::String(key) = text(key)? {
                env.insert(key, text(value)?);
            }
        }
        out.insert("env".to_owned(), env.into());
        let drvs: Map<String, Value> =
            self.input_drvs.iter().map(|(path, node)| (path.base_name().to_owned(), node_to_json(node))).collect();
        let srcs: Vec<&str> = self.input_srcs.iter().map(StorePath::base_name).collect();
        out.insert("inputs".to_owned(), json!({ "drvs": drvs, "srcs": srcs }));
        out.insert("name".to_owned(), self.name.as_str().into());
        let outputs: Map<String, Value> = self.outputs.iter().map(|(name, output)| (name.clone(), output_to_json(output))).collect();
        out.insert("outputs".to_owned(), outputs.into());
        if let Some(attrs) = self.structured_attrs() {
            let parsed: Value =
                serde_json::from_slice(attrs).map_err(|error| DerivationJsonError::StructuredAttrs { drv: self.name.clone(), error })?;
            out.insert("structuredAttrs".to_owned(), sorted(parsed));
        }
        out.insert("system".to_owned(), text(&self.platform)?);
        out.insert("version".to_owned(), DERIVATION_JSON_VERSION.into());
        Ok(out.into())
    }
}

/// What `nix derivation show` prints for several derivations.
pub fn derivations_to_json<'a>(drvs: impl IntoIterator<Item = (&'a StorePath, &'a Derivation)>) -> Result<Value, DerivationJsonError> {
    let mut sorted: Vec<_> = drvs.into_iter().collect();
    sorted.sort_by_key(|(path, _)| *path);
    let mut out = Map::new();
    for (path, drv) in sorted {
        out.insert(path.base_name().to_owned(), drv.to_json()?);
    }
    Ok(json!({ "derivations": out, "version": DERIVATION_JSON_VERSION }))
}

fn output_to_json(output: &DerivationOutput) -> Value {
    match output {
        DerivationOutput::InputAddressed(path) => json!({ "path": path.base_name() }),
        DerivationOutput::CaFixed(ca) => json!({ "hash": ca.hash.sri(), "method": ca.method.name() }),
        DerivationOutput::CaFloating { method, algo } => json!({ "hashAlgo": algo.name(), "method": method.name() }),
        DerivationOutput::Deferred => json!({}),
        DerivationOutput::Impure { method, algo } => json!({ "hashAlgo": algo.name(), "impure": true, "method": method.name() }),
    }
}

fn node_to_json(node: &InputNode) -> Value {
    let dynamic: Map<String, Value> = node.dynamic.iter().map(|(output, child)| (output.clone(), node_to_json(child))).collect();
    json!({ "dynamicOutputs": dynamic, "outputs": node.outputs })
}

/// Objects in key order, as Nix keeps them. The depth is bounded by the JSON parser's own limit.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}
