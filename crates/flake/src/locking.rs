//! From what flakes declare, what a lock file says and what a user asks for to the inputs of a flake, all of them locked.

use std::collections::{BTreeMap, BTreeSet};

use nival_eval::builtins::flake::reference::{Attr, FlakeRef};
use nival_eval::{Ctx, ErrorKind, Root, Value};

use crate::call::{reference_args, tree_value};
use crate::declared::{Declared, Input};
use crate::error::FlakeError;
use crate::fetching::{FETCH_FLAKE, REGISTRIES};
use crate::graph::{Graph, Node, Source};
use crate::lock::{LockEdge, LockFile, LockNode};
use crate::write::Registries;

/// Flakes that declare inputs, within each other; also what a lock file nests.
const MAX_DEPTH: usize = 200;

/// A way from the flake to one of its inputs, by names.
pub type InputPath = Vec<String>;

/// What a user asks of locking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFlags {
    /// Nothing of the old lock file is used.
    pub recreate: bool,
    /// Whether a lock file may be changed.
    pub update: bool,
    /// Whether a changed lock file is written.
    pub write: bool,
    /// Whether it is committed, too.
    pub commit: bool,
    /// Whether inputs that are not locked may be.
    pub allow_unlocked: bool,
    /// Whether names are looked up in the registries of the user and of everybody.
    pub use_registries: bool,
    /// Whether a lock file may say what is not locked itself (`allow-dirty-locks`).
    pub allow_dirty: bool,
    /// Inputs that cannot be had are errors where they are used, not before.
    pub lenient: bool,
    pub overrides: BTreeMap<InputPath, FlakeRef>,
    /// Inputs that are to be locked anew.
    pub updates: BTreeSet<InputPath>,
    /// The text of another lock file to start from.
    pub reference: Option<Vec<u8>>,
    /// Where to write the lock file instead.
    pub output: Option<std::path::PathBuf>,
    /// First line of the message of a commit.
    pub commit_summary: String,
}

impl Default for LockFlags {
    /// As for an editor: nothing is written, and what cannot be had is missed when it is needed.
    fn default() -> Self {
        LockFlags {
            recreate: false,
            update: true,
            write: false,
            commit: false,
            allow_unlocked: true,
            use_registries: true,
            allow_dirty: false,
            lenient: true,
            overrides: BTreeMap::new(),
            updates: BTreeSet::new(),
            reference: None,
            output: None,
            commit_summary: String::new(),
        }
    }
}

/// A flake with its inputs.
#[derive(Debug)]
pub struct Locked {
    pub graph: Graph,
    /// As the user named it.
    pub reference: FlakeRef,
    /// What gives the same tree again.
    pub locked: FlakeRef,
    pub old: LockFile,
    /// What the lock file has to say now.
    pub new: LockFile,
    /// An input that is not locked even so: a working tree with changes.
    pub unlocked: Option<String>,
}

impl Locked {
    pub fn is_changed(&self) -> bool {
        self.old != self.new
    }
}

/// A tree that was fetched, what gives it again, and where its flake is.
pub(crate) struct Tree {
    pub value: Root,
    pub locked: FlakeRef,
    pub dir: String,
}

/// An input while the graph is being made.
struct Draft {
    locked: FlakeRef,
    original: FlakeRef,
    is_flake: bool,
    /// For a relative path: whose tree it is in.
    parent: Option<InputPath>,
    source: Source,
    edges: BTreeMap<String, LockEdgeTo>,
}

/// Where an input leads, `follows` from the root.
#[derive(Debug, Clone)]
enum LockEdgeTo {
    Node(usize),
    Follows(InputPath),
}

/// What a flake further up, or the user, says of an input.
#[derive(Clone)]
struct Override {
    input: Input,
    /// The flake that says it, for relative paths.
    dir: String,
    declared_by: InputPath,
    by_user: bool,
}

/// A node of a lock file.
#[derive(Clone, Copy)]
struct Old<'l> {
    file: &'l LockFile,
    key: &'l str,
}

impl<'l> Old<'l> {
    fn root(file: &'l LockFile) -> Old<'l> {
        Old { file, key: &file.root }
    }

    fn node(self) -> Option<&'l LockNode> {
        self.file.nodes.get(self.key)
    }

    fn input(self, name: &str) -> Option<Old<'l>> {
        match self.node()?.inputs.get(name)? {
            LockEdge::Node(key) => Some(Old { file: self.file, key }),
            LockEdge::Follows(_) => None,
        }
    }
}

/// Where the inputs of one flake are being declared.
struct Place<'a> {
    node: usize,
    path: &'a [String],
    /// Folder of the flake.
    dir: &'a str,
    old: Option<Old<'a>>,
    /// What `follows` in the old lock file are relative to.
    follows_from: &'a [String],
    /// The inputs are those of the lock file itself.
    from_lock: bool,
    depth: usize,
}

struct Locking<'c, 'e, 'f> {
    ctx: &'c mut Ctx<'e>,
    flags: &'f LockFlags,
    drafts: Vec<Draft>,
    overrides: BTreeMap<InputPath, Override>,
    used: BTreeSet<InputPath>,
    /// References of the flakes on the way, against circles.
    parents: Vec<FlakeRef>,
}

/// Finds the inputs of the flake that `reference` names. Writes nothing.
pub fn lock_flake(ctx: &mut Ctx<'_>, reference: &FlakeRef, flags: &LockFlags) -> Result<Locked, FlakeError> {
    let tree = fetch_tree(ctx, reference, if flags.use_registries { Registries::All } else { Registries::None })?;
    let shown = reference.to_url()?;
    let declared = absolute(Declared::read(ctx, tree.dir.as_bytes(), &shown)?.inputs, &[]);
    let old = match &flags.reference {
        Some(text) if text.is_empty() => LockFile::default(),
        Some(text) => LockFile::parse(text, "flake.lock")?,
        None => read_lock(ctx, &tree.dir)?.unwrap_or_default(),
    };
    let by_user = |reference: &FlakeRef| Override {
        input: Input { reference: Some(reference.clone()), is_flake: true, ..Input::default() },
        dir: String::new(),
        declared_by: Vec::new(),
        by_user: true,
    };
    let overrides = flags.overrides.iter().map(|(path, reference)| (path.clone(), by_user(reference))).collect();
    let subdir = dir_of(&tree.locked).to_owned();
    let root = Draft {
        locked: FlakeRef::default(),
        original: FlakeRef::default(),
        is_flake: true,
        parent: None,
        source: Source::Tree(tree.value),
        edges: BTreeMap::new(),
    };
    let mut locking = Locking { ctx, flags, drafts: vec![root], overrides, used: BTreeSet::new(), parents: Vec::new() };
    let start = Old::root(&old);
    let place = Place {
        node: 0,
        path: &[],
        dir: &tree.dir,
        old: (!flags.recreate).then_some(start),
        follows_from: &[],
        from_lock: false,
        depth: 0,
    };
    locking.declare(&declared, &place)?;
    locking.warn_of_unused();
    let new = locking.lock_file();
    let unlocked = locking.drafts.iter().skip(1).find(|draft| draft.is_unlocked()).map(|draft| draft.locked.to_url().unwrap_or_default());
    let graph = locking.graph(&subdir)?;
    Ok(Locked { graph, reference: reference.clone(), locked: tree.locked, old: old.canonical(), new, unlocked })
}

impl Draft {
    fn is_unlocked(&self) -> bool {
        relative_path(&self.locked).is_none() && !crate::fetching::is_locked(&self.locked)
    }
}

impl Locking<'_, '_, '_> {
    /// Adds the inputs of the flake at `place`.
    fn declare(&mut self, inputs: &BTreeMap<String, Input>, place: &Place<'_>) -> Result<(), FlakeError> {
        if place.depth > MAX_DEPTH {
            return Err(FlakeError::TooDeep(MAX_DEPTH));
        }
        for (name, input) in inputs {
            collect_overrides(&join(place.path, name), input, place, &mut self.overrides);
        }
        for path in self.overrides.keys() {
            if let Some((name, parent)) = path.split_last()
                && parent == place.path
                && !inputs.contains_key(name)
            {
                let message = format!("input '{}' has an override for a non-existent input '{name}'", parent.join("/"));
                self.ctx.host().notice(&message);
            }
        }
        for (name, input) in inputs {
            let edge = self.input(name, input, place)?;
            if let (Some(edge), Some(draft)) = (edge, self.drafts.get_mut(place.node)) {
                draft.edges.insert(name.clone(), edge);
            }
        }
        Ok(())
    }

    fn input(&mut self, name: &str, declared: &Input, place: &Place<'_>) -> Result<Option<LockEdgeTo>, FlakeError> {
        let here = join(place.path, name);
        self.used.insert(here.clone());
        let overriding = self.overrides.get(&here).cloned();
        let by_user = overriding.as_ref().is_some_and(|over| over.by_user);
        let (mut input, dir, declared_by) = match overriding {
            Some(over) if by_user || over.input.reference.is_some() || over.input.follows.is_some() => {
                let dir = if by_user { place.dir.to_owned() } else { over.dir };
                (over.input, dir, over.declared_by)
            }
            _ => (declared.clone(), place.dir.to_owned(), place.path.to_vec()),
        };
        input.is_flake = declared.is_flake;
        if let Some(follows) = input.follows {
            return Ok(Some(LockEdgeTo::Follows(follows)));
        }
        let by_name = FlakeRef::parse(name);
        let Some(reference) = input.reference.or(by_name.ok()) else { return Ok(None) };
        let parent = relative_path(&reference).map(|_| declared_by);
        let old = place.old.filter(|_| !self.flags.updates.contains(&here)).and_then(|old| old.input(name));
        if let Some(old) = old
            && let Some(node) = old.node()
            && !by_user
            && is_same(&node.original, &reference)
            && node.parent == parent
        {
            return self.keep(old, node, &here, place).map(|node| Some(LockEdgeTo::Node(node)));
        }
        if !self.flags.allow_unlocked && relative_path(&reference).is_none() && !crate::fetching::is_locked(&reference) {
            return Err(FlakeError::UnlockedInput(here.join("/")));
        }
        // What the user overrides is still what the flake asks for: the override is not meant to stay.
        let original = if by_user { declared.reference.clone().unwrap_or_else(|| reference.clone()) } else { reference.clone() };
        let draft = Draft {
            locked: FlakeRef::default(),
            original,
            is_flake: input.is_flake,
            parent,
            source: Source::Within { parent: 0, path: String::new() },
            edges: BTreeMap::new(),
        };
        self.lock_now(draft, &reference, &here, &dir, old, place, by_user).map(|node| Some(LockEdgeTo::Node(node)))
    }

    /// Takes an input from the lock file, with what it says of that one's inputs.
    fn keep(&mut self, old: Old<'_>, node: &LockNode, here: &[String], place: &Place<'_>) -> Result<usize, FlakeError> {
        let index = self.drafts.len();
        self.drafts.push(Draft {
            locked: node.locked.clone(),
            original: node.original.clone(),
            is_flake: node.is_flake,
            parent: node.parent.clone(),
            // What is relative finds its parent at the end.
            source: Source::Locked { input: here.join("/"), reference: without_dir(&node.locked) },
            edges: BTreeMap::new(),
        });
        // Something below is to be locked anew, so that it must be known what is declared there.
        let mut refetch = self.flags.updates.iter().any(|path| path.len() > here.len() && path.starts_with(here));
        let mut inputs = BTreeMap::new();
        for (name, edge) in node.inputs.iter().filter(|_| !refetch).collect::<Vec<_>>() {
            let input = match edge {
                LockEdge::Node(key) => {
                    let Some(child) = old.file.nodes.get(key) else { continue };
                    Input { reference: Some(child.original.clone()), is_flake: child.is_flake, ..Input::default() }
                }
                LockEdge::Follows(path) => {
                    // The flake may not say so any more.
                    if !place.from_lock && !self.overrides.contains_key(&join(here, name)) {
                        refetch = true;
                        break;
                    }
                    Input { follows: Some([place.follows_from, path].concat()), is_flake: true, ..Input::default() }
                }
            };
            inputs.insert(name.clone(), input);
        }
        let (dir, follows_from) = (place.dir, place.follows_from);
        let inner = Place { node: index, path: here, dir, old: Some(old), follows_from, from_lock: true, depth: place.depth + 1 };
        if !refetch || !node.is_flake {
            self.declare(&inputs, &inner)?;
            return Ok(index);
        }
        let dir = match relative_path(&node.locked) {
            Some(path) => normalise_text(&format!("{}/{path}/{}", place.dir, dir_of(&node.locked))),
            None => {
                let tree = fetch_tree(self.ctx, &node.locked, Registries::None)?;
                self.set_source(index, Source::Tree(tree.value));
                tree.dir
            }
        };
        let declared = absolute(Declared::read(self.ctx, dir.as_bytes(), &node.locked.to_url()?)?.inputs, here);
        self.declare(&declared, &Place { dir: &dir, from_lock: false, ..inner })?;
        Ok(index)
    }

    /// Fetches an input that no lock file knows, or knows as something else.
    #[allow(clippy::too_many_arguments)]
    fn lock_now(
        &mut self,
        mut draft: Draft,
        reference: &FlakeRef,
        here: &[String],
        declared_in: &str,
        old: Option<Old<'_>>,
        place: &Place<'_>,
        by_user: bool,
    ) -> Result<usize, FlakeError> {
        let index = self.drafts.len();
        let shown = reference.to_url().unwrap_or_default();
        let is_flake = draft.is_flake;
        let dir = if let Some(path) = relative_path(reference) {
            draft.locked = reference.clone();
            normalise_text(&format!("{declared_in}/{path}/{}", dir_of(reference)))
        } else {
            let registries = match (self.flags.use_registries, by_user) {
                (false, _) => Registries::None,
                (true, false) => Registries::Limited,
                (true, true) => Registries::All,
            };
            match fetch_tree(self.ctx, reference, registries) {
                Ok(tree) => {
                    draft.locked = tree.locked;
                    draft.source = Source::Tree(tree.value);
                    tree.dir
                }
                // Only who needs it has to know.
                Err(error) if self.flags.lenient && !is_local(reference) && !is_cancelled(&error) => {
                    draft.locked = reference.clone();
                    draft.source = Source::Missing { input: here.join("/"), reference: shown, reason: error.to_string() };
                    self.drafts.push(draft);
                    return Ok(index);
                }
                Err(error) => return Err(error),
            }
        };
        self.drafts.push(draft);
        if !is_flake {
            return Ok(index);
        }
        if self.parents.contains(reference) {
            return Err(FlakeError::CircularImport(shown));
        }
        self.parents.push(reference.clone());
        let declared = absolute(Declared::read(self.ctx, dir.as_bytes(), &shown)?.inputs, here);
        let own = if old.is_none() { read_lock(self.ctx, &dir)?.unwrap_or_default() } else { LockFile::default() };
        let (old, follows_from) = match old {
            Some(old) => (old, place.follows_from),
            None => (Old::root(&own), here),
        };
        let inner = Place { node: index, path: here, dir: &dir, old: Some(old), follows_from, from_lock: false, depth: place.depth + 1 };
        self.declare(&declared, &inner)?;
        self.parents.pop();
        Ok(index)
    }

    fn set_source(&mut self, index: usize, source: Source) {
        if let Some(draft) = self.drafts.get_mut(index) {
            draft.source = source;
        }
    }

    fn warn_of_unused(&mut self) {
        for (path, reference) in &self.flags.overrides {
            if !self.used.contains(path) {
                let (path, reference) = (path.join("/"), reference.to_url().unwrap_or_default());
                self.ctx.host().notice(&format!("the flag '--override-input {path} {reference}' does not match any input"));
            }
        }
        for path in &self.flags.updates {
            if !self.used.contains(path) {
                self.ctx.host().notice(&format!("'{}' does not match any input of this flake", path.join("/")));
            }
        }
    }

    /// What the lock file has to say.
    fn lock_file(&self) -> LockFile {
        let mut file = LockFile { root: "0".to_owned(), nodes: BTreeMap::new() };
        for (index, draft) in self.drafts.iter().enumerate() {
            let edge = |edge: &LockEdgeTo| match edge {
                LockEdgeTo::Node(node) => LockEdge::Node(node.to_string()),
                LockEdgeTo::Follows(path) => LockEdge::Follows(path.clone()),
            };
            let node = LockNode {
                locked: draft.locked.clone(),
                original: draft.original.clone(),
                is_flake: draft.is_flake,
                inputs: draft.edges.iter().map(|(name, to)| (name.clone(), edge(to))).collect(),
                parent: draft.parent.clone(),
            };
            file.nodes.insert(index.to_string(), node);
        }
        file.canonical()
    }

    /// The nodes with every `follows` followed.
    fn graph(self, subdir: &str) -> Result<Graph, FlakeError> {
        let mut nodes = Vec::with_capacity(self.drafts.len());
        for (index, draft) in self.drafts.iter().enumerate() {
            let mut inputs = BTreeMap::new();
            for (name, edge) in &draft.edges {
                let target = match edge {
                    LockEdgeTo::Node(target) => *target,
                    LockEdgeTo::Follows(path) => self
                        .find(path, &mut Vec::new())?
                        .ok_or_else(|| FlakeError::FollowsNothing { input: name.clone(), follows: path.join("/") })?,
                };
                inputs.insert(name.clone(), target);
            }
            let source = match relative_path(&draft.locked) {
                Some(path) => {
                    let parent = draft.parent.as_deref().unwrap_or_default();
                    Source::Within { parent: self.find(parent, &mut Vec::new())?.unwrap_or(0), path }
                }
                None => draft.source.clone(),
            };
            let subdir = if index == 0 { subdir } else { dir_of(&draft.locked) };
            nodes.push(Node { source, subdir: subdir.to_owned(), is_flake: draft.is_flake, inputs });
        }
        Ok(Graph { nodes })
    }

    fn find(&self, path: &[String], visited: &mut Vec<InputPath>) -> Result<Option<usize>, FlakeError> {
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
            at = match self.drafts.get(at).and_then(|draft| draft.edges.get(name)) {
                None => return Ok(None),
                Some(LockEdgeTo::Node(next)) => *next,
                Some(LockEdgeTo::Follows(follows)) => match self.find(follows, visited)? {
                    None => return Ok(None),
                    Some(next) => next,
                },
            };
        }
        visited.pop();
        Ok(Some(at))
    }
}

/// `follows` from the root, where `declaring` leads to the flake that declares the inputs.
fn absolute(inputs: BTreeMap<String, Input>, declaring: &[String]) -> BTreeMap<String, Input> {
    let from_root = |(name, mut input): (String, Input)| {
        input.follows = input.follows.map(|follows| [declaring, &follows].concat());
        input.overrides = absolute(input.overrides, declaring);
        (name, input)
    };
    inputs.into_iter().map(from_root).collect()
}

/// Declarations for inputs of inputs; those of flakes further up come first.
fn collect_overrides(here: &[String], input: &Input, place: &Place<'_>, out: &mut BTreeMap<InputPath, Override>) {
    for (name, over) in &input.overrides {
        let path = join(here, name);
        if over.reference.is_some() || over.follows.is_some() {
            out.entry(path.clone()).or_insert_with(|| Override {
                input: over.clone(),
                dir: place.dir.to_owned(),
                declared_by: place.path.to_vec(),
                by_user: false,
            });
        }
        collect_overrides(&path, over, place, out);
    }
}

/// Fetches what a reference names. The registry may name a folder in it.
pub(crate) fn fetch_tree(ctx: &mut Ctx<'_>, reference: &FlakeRef, registries: Registries) -> Result<Tree, FlakeError> {
    let is_indirect = matches!(reference.attrs.get("type"), Some(Attr::Text(kind)) if kind == "indirect");
    let mut asked = without_dir(reference);
    if is_indirect {
        asked.attrs.insert(REGISTRIES.to_owned(), Attr::Text(registries.name().to_owned()));
    }
    let fetched = ctx.host().fetch(nival_eval::host::FetchRequest { builtin: FETCH_FLAKE, args: reference_args(&asked) })?;
    let value = tree_value(ctx, &asked)?;
    let mut locked = FlakeRef::default();
    for (name, arg) in fetched.locked {
        use nival_eval::host::FetchArg;
        let attr = match arg {
            FetchArg::String(text) => Attr::Text(String::from_utf8_lossy(&text).into_owned()),
            FetchArg::Int(int) => Attr::Int(int),
            FetchArg::Bool(bool) => Attr::Bool(bool),
            FetchArg::Null => continue,
        };
        locked.attrs.insert(name, attr);
    }
    if let Some(dir) = reference.attrs.get("dir") {
        locked.attrs.insert("dir".to_owned(), dir.clone());
    }
    let dir = directory(ctx, value, dir_of(&locked))?;
    Ok(Tree { value: ctx.root(value), locked, dir })
}

fn is_same(original: &FlakeRef, declared: &FlakeRef) -> bool {
    original == declared || original.to_url().ok().is_some_and(|url| declared.to_url().ok() == Some(url))
}

fn read_lock(ctx: &mut Ctx<'_>, dir: &str) -> Result<Option<LockFile>, FlakeError> {
    let path = format!("{dir}/flake.lock");
    if ctx.host().file_type(path.as_bytes())?.is_none() {
        return Ok(None);
    }
    let text = ctx.host().read_file(path.as_bytes(), &ctx.bounds())?;
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
    nival_source::clean_path(std::path::Path::new(path)).display().to_string()
}

fn join(path: &[String], name: &str) -> InputPath {
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
