//! Lock files as text, and what changed from one to the next in words.

use std::collections::{BTreeMap, BTreeSet};

use nival_eval::builtins::flake::reference::{Attr, FlakeRef};
use serde_json::{Map, Value};

use crate::fetching::date;
use crate::lock::{LockEdge, LockFile, LockNode};

impl Default for LockFile {
    /// Of a flake that has none.
    fn default() -> Self {
        let root = "root".to_owned();
        let node = LockNode { is_flake: true, ..LockNode::default() };
        LockFile { nodes: BTreeMap::from([(root.clone(), node)]), root }
    }
}

impl LockFile {
    /// The same with every node named after the input that leads to it first, in the order in which Nix meets them.
    pub fn canonical(&self) -> LockFile {
        let mut names: BTreeMap<&str, String> = BTreeMap::from([(self.root.as_str(), "root".to_owned())]);
        let mut taken = BTreeSet::from(["root".to_owned()]);
        // Each node with its inputs that are still to be named; its own stack, as lock files may be deep.
        let inputs = |key: &str| self.nodes.get(key).into_iter().flat_map(|node| node.inputs.iter().rev()).collect::<Vec<_>>();
        let mut stack = vec![inputs(&self.root)];
        while let Some(open) = stack.last_mut() {
            let Some((input, edge)) = open.pop() else {
                stack.pop();
                continue;
            };
            let LockEdge::Node(key) = edge else { continue };
            if names.contains_key(key.as_str()) {
                continue;
            }
            let mut name = input.clone();
            let mut number = 2;
            while !taken.insert(name.clone()) {
                name = format!("{input}_{number}");
                number += 1;
            }
            names.insert(key, name);
            stack.push(inputs(key));
        }
        let mut nodes = BTreeMap::new();
        for (key, name) in &names {
            let Some(mut node) = self.nodes.get(*key).cloned() else { continue };
            for edge in node.inputs.values_mut() {
                if let LockEdge::Node(key) = edge
                    && let Some(name) = names.get(key.as_str())
                {
                    *key = name.clone();
                }
            }
            nodes.insert(name.clone(), node);
        }
        LockFile { root: "root".to_owned(), nodes }
    }

    /// The text of `flake.lock`.
    pub fn print(&self) -> String {
        let node = |(key, node): (&String, &LockNode)| (key.clone(), node.json(*key == self.root));
        let nodes = Value::Object(self.nodes.iter().map(node).collect());
        let file = object([("nodes", nodes), ("root", Value::from(self.root.as_str())), ("version", Value::from(7))]);
        format!("{file:#}\n")
    }

    /// Every input by the path that leads to it; each node once.
    fn inputs(&self) -> BTreeMap<Vec<String>, &LockEdge> {
        let mut found = BTreeMap::new();
        let mut seen = BTreeSet::from([self.root.as_str()]);
        let mut todo: Vec<(Vec<String>, &str)> = vec![(Vec::new(), &self.root)];
        while let Some((path, key)) = todo.pop() {
            let Some(node) = self.nodes.get(key) else { continue };
            let mut inner = Vec::new();
            for (name, edge) in &node.inputs {
                let path: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
                found.insert(path.clone(), edge);
                if let LockEdge::Node(key) = edge
                    && seen.insert(key)
                {
                    inner.push((path, key.as_str()));
                }
            }
            todo.extend(inner.into_iter().rev());
        }
        found
    }

    fn show(&self, edge: &LockEdge) -> String {
        match edge {
            LockEdge::Follows(path) => format!("follows '{}'", path.join("/")),
            LockEdge::Node(key) => {
                let Some(node) = self.nodes.get(key) else { return String::new() };
                let day = match node.locked.attrs.get("lastModified") {
                    Some(Attr::Int(seconds)) => {
                        let date = date(*seconds);
                        let (year, rest) = date.split_at(date.len().saturating_sub(10));
                        format!(" ({year}-{}-{})", rest.get(..2).unwrap_or_default(), rest.get(2..4).unwrap_or_default())
                    }
                    _ => String::new(),
                };
                format!("'{}'{day}", node.locked.to_url().unwrap_or_default())
            }
        }
    }

    fn same(&self, edge: &LockEdge, other: &LockFile, theirs: &LockEdge) -> bool {
        match (edge, theirs) {
            (LockEdge::Node(a), LockEdge::Node(b)) => {
                self.nodes.get(a).map(|node| &node.locked) == other.nodes.get(b).map(|node| &node.locked)
            }
            (LockEdge::Follows(a), LockEdge::Follows(b)) => a == b,
            _ => false,
        }
    }

    /// What changed from `old`, a line or more for each input.
    pub fn changes_since(&self, old: &LockFile) -> String {
        let (before, after) = (old.inputs(), self.inputs());
        let paths: BTreeSet<&Vec<String>> = before.keys().chain(after.keys()).collect();
        let mut out = String::new();
        for path in paths {
            let name = path.join("/");
            out += &match (before.get(path), after.get(path)) {
                (None, Some(new)) => format!("• Added input '{name}':\n    {}\n", self.show(new)),
                (Some(_), None) => format!("• Removed input '{name}'\n"),
                (Some(was), Some(new)) if !old.same(was, self, new) => {
                    format!("• Updated input '{name}':\n    {}\n  → {}\n", old.show(was), self.show(new))
                }
                _ => String::new(),
            };
        }
        out
    }
}

impl LockNode {
    fn json(&self, is_root: bool) -> Value {
        let mut out = Vec::new();
        if !self.is_flake {
            out.push(("flake", Value::Bool(false)));
        }
        if !self.inputs.is_empty() {
            let edge = |edge: &LockEdge| match edge {
                LockEdge::Node(key) => Value::from(key.as_str()),
                LockEdge::Follows(path) => Value::from(path.as_slice()),
            };
            out.push(("inputs", Value::Object(self.inputs.iter().map(|(name, to)| (name.clone(), edge(to))).collect())));
        }
        if !is_root {
            out.push(("locked", reference_json(&self.locked)));
            out.push(("original", reference_json(&self.original)));
        }
        if let Some(parent) = &self.parent {
            out.push(("parent", Value::from(parent.as_slice())));
        }
        object(out)
    }
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

fn reference_json(reference: &FlakeRef) -> Value {
    let value = |attr: &Attr| match attr {
        Attr::Text(text) => Value::from(text.as_str()),
        Attr::Int(int) => Value::from(*int),
        Attr::Bool(bool) => Value::from(*bool),
    };
    Value::Object(reference.attrs.iter().map(|(name, attr)| (name.clone(), value(attr))).collect())
}
