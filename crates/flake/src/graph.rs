//! The inputs of a flake as a graph.

use std::collections::BTreeMap;

use nival_eval::Root;
use nival_eval::builtins::flake::reference::FlakeRef;

/// Where the tree of a node comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Fetched already.
    Tree(Root),
    /// To be fetched when it is needed: the path of inputs that leads to it, and the attributes for `fetchTree`.
    Locked { input: String, reference: FlakeRef },
    /// In the tree of another node, at this path (as it is written).
    Within { parent: usize, path: String },
    /// Neither locked nor to be had now.
    Missing { input: String, reference: String, reason: String },
}

/// One flake, or one tree that is none.
#[derive(Debug, Clone)]
pub struct Node {
    pub source: Source,
    /// Folder of the flake in its tree; empty for the root.
    pub subdir: String,
    pub is_flake: bool,
    pub inputs: BTreeMap<String, usize>,
}

/// The nodes; the first is the flake itself.
#[derive(Debug, Clone)]
pub struct Graph {
    pub nodes: Vec<Node>,
}

impl Graph {
    /// Inputs that are neither locked nor to be had, with their references.
    pub fn missing(&self) -> impl Iterator<Item = (&str, &str)> {
        self.nodes.iter().filter_map(|node| match &node.source {
            Source::Missing { input, reference, .. } => Some((input.as_str(), reference.as_str())),
            _ => None,
        })
    }
}
