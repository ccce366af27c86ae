//! `flake.lock`, versions 5 to 7. Hostile input: everything is checked, nothing is believed.

use std::collections::BTreeMap;

use nival_eval::builtins::flake::reference::{Attr, FlakeRef};
use serde_json::{Map, Value};

use crate::error::FlakeError;

/// A lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    pub root: String,
    pub nodes: BTreeMap<String, LockNode>,
}

/// What one input is locked to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockNode {
    /// Empty for the root.
    pub locked: FlakeRef,
    pub original: FlakeRef,
    pub is_flake: bool,
    pub inputs: BTreeMap<String, LockEdge>,
    /// For a relative path: the input (by path from the root) whose tree it is in.
    pub parent: Option<Vec<String>>,
}

/// Where an input of a node leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockEdge {
    Node(String),
    /// To where this path of inputs, from the root, leads.
    Follows(Vec<String>),
}

impl LockFile {
    /// `path` is for messages.
    pub fn parse(text: &[u8], path: &str) -> Result<LockFile, FlakeError> {
        let bad = |reason: String| FlakeError::BadLock { path: path.to_owned(), reason };
        let json: Value = serde_json::from_slice(text).map_err(|error| bad(error.to_string()))?;
        let json = json.as_object().ok_or_else(|| bad("it is not an object".to_owned()))?;
        let version = json.get("version").and_then(Value::as_i64).unwrap_or(0);
        if !(5..=7).contains(&version) {
            return Err(FlakeError::LockVersion { path: path.to_owned(), version });
        }
        let root = json.get("root").and_then(Value::as_str).ok_or_else(|| bad("it has no 'root'".to_owned()))?.to_owned();
        let nodes = json.get("nodes").and_then(Value::as_object).ok_or_else(|| bad("it has no 'nodes'".to_owned()))?;
        let mut lock = LockFile { root, nodes: BTreeMap::new() };
        for (key, value) in nodes {
            let node = LockNode::parse(value, *key == lock.root).map_err(|reason| bad(format!("node '{key}': {reason}")))?;
            lock.nodes.insert(key.clone(), node);
        }
        if !lock.nodes.contains_key(&lock.root) {
            return Err(bad(format!("lock file references missing node '{}'", lock.root)));
        }
        for edge in lock.nodes.values().flat_map(|node| node.inputs.values()) {
            if let LockEdge::Node(key) = edge {
                if !lock.nodes.contains_key(key) {
                    return Err(bad(format!("lock file references missing node '{key}'")));
                }
                if *key == lock.root {
                    return Err(bad("lock file contains cycle to root node".to_owned()));
                }
            }
        }
        Ok(lock)
    }

    pub fn root_node(&self) -> Option<&LockNode> {
        self.nodes.get(&self.root)
    }
}

impl LockNode {
    fn parse(value: &Value, is_root: bool) -> Result<LockNode, String> {
        let node = value.as_object().ok_or("it is not an object")?;
        let mut out = LockNode { is_flake: true, ..LockNode::default() };
        if !is_root {
            out.locked = reference(node.get("locked").ok_or("attribute 'locked' missing in lock file")?)?;
            // Version 5 kept a part of it elsewhere.
            if let Some(info) = node.get("info") {
                out.locked.attrs.extend(reference(info)?.attrs);
            }
            out.original = reference(node.get("original").ok_or("attribute 'original' missing in lock file")?)?;
        }
        if let Some(flake) = node.get("flake") {
            out.is_flake = flake.as_bool().ok_or("'flake' is not a Boolean")?;
        }
        if let Some(parent) = node.get("parent") {
            out.parent = Some(input_path(parent)?);
        }
        let inputs = match node.get("inputs") {
            None => &Map::new(),
            Some(inputs) => inputs.as_object().ok_or("'inputs' is not an object")?,
        };
        for (name, edge) in inputs {
            let edge = match edge {
                Value::String(key) => LockEdge::Node(key.clone()),
                other => LockEdge::Follows(input_path(other)?),
            };
            out.inputs.insert(name.clone(), edge);
        }
        Ok(out)
    }
}

fn input_path(value: &Value) -> Result<Vec<String>, String> {
    let path = value.as_array().and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
    path.ok_or_else(|| "an input path is not a list of names".to_owned())
}

pub(crate) fn reference(value: &Value) -> Result<FlakeRef, String> {
    let mut out = FlakeRef::default();
    for (name, value) in value.as_object().ok_or("a reference is not an object")? {
        let attr = match value {
            Value::String(text) => Attr::Text(text.clone()),
            Value::Bool(bool) => Attr::Bool(*bool),
            Value::Number(number) => Attr::Int(number.as_i64().ok_or_else(|| format!("the number '{name}' is no integer"))?),
            _ => return Err(format!("the attribute '{name}' is neither a text, a number nor a Boolean")),
        };
        out.attrs.insert(name.clone(), attr);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_answered(text: String, value in "[\\[{]{0,3}(1|true|\"r\"|\"a\":\"r\"|\"locked\":\\{)[\\]}]{0,4}") {
            let _ = LockFile::parse(text.as_bytes(), "flake.lock");
            for place in ["nodes", "root"] {
                let lock = format!("{{\"version\":7,\"root\":\"r\",\"nodes\":{{\"r\":{{}}}},\"{place}\":{value}}}");
                let _ = LockFile::parse(lock.as_bytes(), "flake.lock");
            }
            let lock = format!("{{\"version\":7,\"root\":\"r\",\"nodes\":{{\"r\":{{\"inputs\":{value}}}}}}}");
            let _ = LockFile::parse(lock.as_bytes(), "flake.lock");
        }
    }
}
