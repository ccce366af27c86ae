//! The inputs of a flake as a graph: from the lock file as far as it goes, else from what is on this machine.

use std::collections::BTreeMap;

use nival_eval::builtins::flake::reference::{Attr, FlakeRef};
use nival_eval::{Ctx, ErrorKind, Root, Value};

use crate::call::tree_value;
use crate::declared::{Declared, Input};
use crate::error::FlakeError;
use crate::lock::{LockEdge, LockFile};

/// Flakes that declare inputs that are not locked, within each other.
const MAX_DEPTH: usize = 32;

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

/// An edge before `follows` are resolved.
#[derive(Debug, Clone)]
enum Edge {
    Node(usize),
    Follows(Vec<String>),
}

struct Builder<'c, 'e> {
    ctx: &'c mut Ctx<'e>,
    nodes: Vec<Node>,
    edges: Vec<BTreeMap<String, Edge>>,
}

impl Graph {
    /// Inputs of the flake in `tree` (what `fetchTree` gave), which lies in `subdir` of it. `shown` names it in messages.
    pub fn load(ctx: &mut Ctx<'_>, tree: Value, subdir: &str, shown: &str) -> Result<Graph, FlakeError> {
        let dir = directory(ctx, tree, subdir)?;
        let declared = Declared::read(ctx, dir.as_bytes(), shown)?;
        let lock = read_lock(ctx, &dir)?;
        let root = Node { source: Source::Tree(ctx.root(tree)), subdir: subdir.to_owned(), is_flake: true, inputs: BTreeMap::new() };
        let mut builder = Builder { ctx, nodes: vec![root], edges: vec![BTreeMap::new()] };
        builder.declare(0, &declared.inputs, &[], lock.as_ref(), &BTreeMap::new(), &dir, 0)?;
        builder.resolve()
    }

    /// Inputs that are neither locked nor local, with their references.
    pub fn missing(&self) -> impl Iterator<Item = (&str, &str)> {
        self.nodes.iter().filter_map(|node| match &node.source {
            Source::Missing { input, reference, .. } => Some((input.as_str(), reference.as_str())),
            _ => None,
        })
    }
}

impl Builder<'_, '_> {
    fn add(&mut self, source: Source, subdir: &str, is_flake: bool) -> usize {
        self.nodes.push(Node { source, subdir: subdir.to_owned(), is_flake, inputs: BTreeMap::new() });
        self.edges.push(BTreeMap::new());
        self.nodes.len() - 1
    }

    fn connect(&mut self, from: usize, name: &str, edge: Edge) {
        if let Some(edges) = self.edges.get_mut(from) {
            edges.insert(name.to_owned(), edge);
        }
    }

    /// Adds the declared inputs of `node`. `path` leads to it from the root, `lock` is its own lock file, `overrides` are
    /// what flakes above declared for inputs at a path below `path`.
    #[allow(clippy::too_many_arguments)]
    fn declare(
        &mut self,
        node: usize,
        inputs: &BTreeMap<String, Input>,
        path: &[String],
        lock: Option<&LockFile>,
        overrides: &BTreeMap<Vec<String>, Input>,
        dir: &str,
        depth: usize,
    ) -> Result<(), FlakeError> {
        if depth > MAX_DEPTH {
            return Err(FlakeError::TooDeep(MAX_DEPTH));
        }
        let mut overrides = overrides.clone();
        for (name, input) in inputs {
            collect_overrides(&join(path, name), input, path, &mut overrides);
        }
        let mut copied = BTreeMap::new();
        for (name, declared) in inputs {
            let here = join(path, name);
            let overridden = overrides.get(&here);
            if let Some(follows) = overridden.and_then(|input| input.follows.clone()) {
                self.connect(node, name, Edge::Follows(follows));
                continue;
            }
            if let Some(follows) = &declared.follows {
                self.connect(node, name, Edge::Follows([path, follows].concat()));
                continue;
            }
            let input = overridden.filter(|input| input.reference.is_some()).unwrap_or(declared);
            let by_name = FlakeRef::parse(name);
            let Some(reference) = input.reference.as_ref().or(by_name.as_ref().ok()) else { continue };
            let locked = lock.and_then(|lock| Some((lock, lock.root_node()?.inputs.get(name)?)));
            let child = match locked {
                Some((lock, LockEdge::Node(key))) if is_locked_from(lock, key, reference) => {
                    self.copy(lock, key, node, path, &here, &overrides, &mut copied)?
                }
                _ => self.lock_now(reference, input.is_flake, node, &here, &overrides, dir, depth)?,
            };
            self.connect(node, name, Edge::Node(child));
        }
        Ok(())
    }

    /// Copies a node of a lock file with everything below it.
    #[allow(clippy::too_many_arguments)]
    fn copy(
        &mut self,
        lock: &LockFile,
        key: &str,
        root: usize,
        root_path: &[String],
        here: &[String],
        overrides: &BTreeMap<Vec<String>, Input>,
        copied: &mut BTreeMap<String, usize>,
    ) -> Result<usize, FlakeError> {
        // A stack of its own: a lock file may be as deep as it likes.
        let mut todo = vec![(key.to_owned(), here.to_vec())];
        let mut order = Vec::new();
        while let Some((key, here)) = todo.pop() {
            let Some(node) = lock.nodes.get(&key).filter(|_| !copied.contains_key(&key)) else { continue };
            // The tree of a relative path is filled in when its parent is known.
            let source = Source::Locked { input: here.join("/"), reference: without_dir(&node.locked) };
            let index = self.add(source, dir_of(&node.locked), node.is_flake);
            copied.insert(key.clone(), index);
            for (name, edge) in &node.inputs {
                if let LockEdge::Node(child) = edge {
                    todo.push((child.clone(), join(&here, name)));
                }
            }
            order.push((key, here));
        }
        for (key, here) in &order {
            let (Some(node), Some(&index)) = (lock.nodes.get(key), copied.get(key)) else { continue };
            for (name, edge) in &node.inputs {
                let overridden = overrides.get(&join(here, name)).and_then(|input| input.follows.clone());
                let edge = match (overridden, edge) {
                    (Some(follows), _) => Edge::Follows(follows),
                    (None, LockEdge::Follows(path)) => Edge::Follows([root_path, path].concat()),
                    (None, LockEdge::Node(child)) => match copied.get(child) {
                        Some(&child) => Edge::Node(child),
                        None => continue,
                    },
                };
                self.connect(index, name, edge);
            }
            if let Some(path) = relative_path(&node.locked) {
                let parent = node.parent.as_ref().and_then(|parent| find_in_lock(lock, parent, copied, root)).unwrap_or(root);
                if let Some(node) = self.nodes.get_mut(index) {
                    node.source = Source::Within { parent, path };
                }
            }
        }
        copied.get(key).copied().ok_or_else(|| FlakeError::BadLock { path: key.to_owned(), reason: "missing node".to_owned() })
    }

    /// An input that no lock file knows, or knows as something else.
    #[allow(clippy::too_many_arguments)]
    fn lock_now(
        &mut self,
        reference: &FlakeRef,
        is_flake: bool,
        parent: usize,
        here: &[String],
        overrides: &BTreeMap<Vec<String>, Input>,
        parent_dir: &str,
        depth: usize,
    ) -> Result<usize, FlakeError> {
        let shown = reference.to_url().unwrap_or_default();
        let subdir = dir_of(reference).to_owned();
        let (source, dir) = if let Some(path) = relative_path(reference) {
            let dir = normalise_text(&format!("{parent_dir}/{path}/{subdir}"));
            (Source::Within { parent, path }, dir)
        } else {
            let tree = match tree_value(self.ctx, &without_dir(reference)) {
                Ok(tree) => tree,
                Err(error) if is_local(reference) || is_cancelled(&error) => return Err(error),
                // Only who needs it has to know.
                Err(error) => {
                    let missing = Source::Missing { input: here.join("/"), reference: shown, reason: error.to_string() };
                    return Ok(self.add(missing, &subdir, is_flake));
                }
            };
            let dir = directory(self.ctx, tree, &subdir)?;
            (Source::Tree(self.ctx.root(tree)), dir)
        };
        let index = self.add(source, &subdir, is_flake);
        if is_flake {
            let declared = Declared::read(self.ctx, dir.as_bytes(), &shown)?;
            let lock = read_lock(self.ctx, &dir)?;
            self.declare(index, &declared.inputs, here, lock.as_ref(), overrides, &dir, depth + 1)?;
        }
        Ok(index)
    }

    /// Follows every `follows`.
    fn resolve(mut self) -> Result<Graph, FlakeError> {
        for index in 0..self.nodes.len() {
            let edges = self.edges.get(index).cloned().unwrap_or_default();
            for (name, edge) in edges {
                let target = match &edge {
                    Edge::Node(target) => *target,
                    Edge::Follows(path) => self
                        .find(path, &mut Vec::new())?
                        .ok_or_else(|| FlakeError::FollowsNothing { input: name.clone(), follows: path.join("/") })?,
                };
                if let Some(node) = self.nodes.get_mut(index) {
                    node.inputs.insert(name, target);
                }
            }
        }
        Ok(Graph { nodes: self.nodes })
    }

    fn find(&self, path: &[String], visited: &mut Vec<Vec<String>>) -> Result<Option<usize>, FlakeError> {
        if visited.iter().any(|visited| visited == path) {
            visited.push(path.to_vec());
            let cycle = visited.iter().skip_while(|visited| *visited != path).map(|path| path.join("/"));
            return Err(FlakeError::FollowCycle(cycle.collect::<Vec<_>>().join(" -> ")));
        }
        if visited.len() > 1000 {
            return Err(FlakeError::TooDeep(1000));
        }
        visited.push(path.to_vec());
        let mut at = 0;
        for name in path {
            at = match self.edges.get(at).and_then(|edges| edges.get(name)) {
                None => return Ok(None),
                Some(Edge::Node(next)) => *next,
                Some(Edge::Follows(follows)) => match self.find(follows, visited)? {
                    None => return Ok(None),
                    Some(next) => next,
                },
            };
        }
        visited.pop();
        Ok(Some(at))
    }
}

/// Whether the lock file's node stands for the declared reference.
fn is_locked_from(lock: &LockFile, key: &str, declared: &FlakeRef) -> bool {
    lock.nodes.get(key).is_some_and(|node| node.original == *declared || node.original.to_url().ok() == declared.to_url().ok())
}

/// The node of a lock file at a path of inputs, among those that were copied.
fn find_in_lock(lock: &LockFile, path: &[String], copied: &BTreeMap<String, usize>, root: usize) -> Option<usize> {
    let mut at = lock.root.as_str();
    let mut steps = 0;
    let mut todo: Vec<&String> = path.iter().rev().collect();
    while let Some(name) = todo.pop() {
        steps += 1;
        if steps > 10_000 {
            return None;
        }
        match lock.nodes.get(at)?.inputs.get(name)? {
            LockEdge::Node(key) => at = key,
            LockEdge::Follows(path) => {
                at = lock.root.as_str();
                todo.extend(path.iter().rev());
            }
        }
    }
    if at == lock.root { Some(root) } else { copied.get(at).copied() }
}

/// Declarations for inputs of inputs, by path from the root; those of flakes further up come first.
fn collect_overrides(here: &[String], input: &Input, declaring: &[String], out: &mut BTreeMap<Vec<String>, Input>) {
    for (name, over) in &input.overrides {
        let path = join(here, name);
        let mut absolute = over.clone();
        absolute.follows = absolute.follows.map(|follows| [declaring, &follows].concat());
        collect_overrides(&path, over, declaring, out);
        out.entry(path).or_insert(absolute);
    }
}

fn read_lock(ctx: &mut Ctx<'_>, dir: &str) -> Result<Option<LockFile>, FlakeError> {
    let path = format!("{dir}/flake.lock");
    if ctx.host().file_type(path.as_bytes())?.is_none() {
        return Ok(None);
    }
    let text = ctx.host().read_file(path.as_bytes())?;
    LockFile::parse(&text, &path).map(Some)
}

/// The folder of a flake, as the evaluator names it.
fn directory(ctx: &mut Ctx<'_>, tree: Value, subdir: &str) -> Result<String, FlakeError> {
    let set = ctx.expect_attrs(tree, || "while evaluating a source tree".to_owned())?;
    let name = ctx.name(b"outPath");
    let out = ctx.attr(set, name)?;
    let out = ctx.expect_string(out, || "while evaluating the path of a source tree".to_owned())?;
    Ok(normalise_text(&format!("{}/{subdir}", out.to_str())))
}

fn normalise_text(path: &str) -> String {
    crate::installable::normalise(std::path::Path::new(path)).display().to_string()
}

fn join(path: &[String], name: &str) -> Vec<String> {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

fn dir_of(reference: &FlakeRef) -> &str {
    match reference.attrs.get("dir") {
        Some(Attr::Text(dir)) => dir,
        _ => "",
    }
}

fn without_dir(reference: &FlakeRef) -> FlakeRef {
    let mut reference = reference.clone();
    reference.attrs.remove("dir");
    reference
}

fn path_of(reference: &FlakeRef) -> Option<&str> {
    match (reference.attrs.get("type"), reference.attrs.get("path")) {
        (Some(Attr::Text(kind)), Some(Attr::Text(path))) if kind == "path" => Some(path),
        _ => None,
    }
}

fn relative_path(reference: &FlakeRef) -> Option<String> {
    path_of(reference).filter(|path| !path.starts_with('/')).map(str::to_owned)
}

fn is_cancelled(error: &FlakeError) -> bool {
    matches!(error, FlakeError::Eval(error) if error.kind == ErrorKind::Cancelled)
}

/// Whether nothing has to be fetched from elsewhere.
fn is_local(reference: &FlakeRef) -> bool {
    let text = |name: &str| match reference.attrs.get(name) {
        Some(Attr::Text(text)) => text.as_str(),
        _ => "",
    };
    path_of(reference).is_some()
        || (text("type") == "git" && text("url").starts_with("file:") && text("rev").is_empty() && text("ref").is_empty())
}
