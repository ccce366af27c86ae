//! Collects the entries of a set or a `let` and merges nested paths as Nix's parser does:
//! `a.b = 1; a = { c = 2; };` is `a = { b = 1; c = 2; };`.

use nival_syntax::flat::Node;
use nival_syntax::{SyntaxKind, TextRange, TextSize};
use rustc_hash::FxHashMap;

use super::names::Local;
use super::{Lowerer, only_child, unparen};
use crate::lexical::is_recursive;
use crate::result::{LowerErrorKind, quoted};

/// A set being collected.
#[derive(Default)]
pub(super) struct SetBuilder<'t> {
    pub recursive: bool,
    pub defs: Vec<Def<'t>>,
    pub dynamics: Vec<DynamicEntry<'t>>,
    pub sources: Vec<Node<'t>>,
    /// Values of definitions that are errors: they are lowered for what is in them.
    pub dropped: Vec<Node<'t>>,
    /// Which of `defs` has a name, once there are so many that looking through them is slow.
    index: FxHashMap<Local, u32>,
}

pub(super) struct Def<'t> {
    pub local: Local,
    pub name: TextRange,
    /// What `unsafeGetAttrPos` answers.
    pub position: TextSize,
    pub value: Value<'t>,
}

pub(super) struct DynamicEntry<'t> {
    pub name: Node<'t>,
    pub position: TextSize,
    pub value: Value<'t>,
}

pub(super) enum Value<'t> {
    /// As written; `None` where it is missing.
    Expr(Option<Node<'t>>),
    /// `inherit x;`.
    Inherited,
    /// `inherit (e) x;`: from this one of the sources.
    From(u32),
    /// Made of nested paths, or merged.
    Set(Box<SetBuilder<'t>>),
}

/// From this many on, names are looked up by hash.
const INDEXED: usize = 12;

impl<'t> SetBuilder<'t> {
    pub fn clear(&mut self) {
        self.recursive = false;
        self.defs.clear();
        self.dynamics.clear();
        self.sources.clear();
        self.dropped.clear();
        if !self.index.is_empty() {
            self.index.clear();
        }
    }

    fn find(&mut self, local: Local) -> Option<usize> {
        if self.defs.len() < INDEXED {
            return self.defs.iter().position(|def| def.local == local);
        }
        if self.index.is_empty() {
            self.index.extend(self.defs.iter().enumerate().map(|(i, def)| (def.local, i as u32)));
        }
        self.index.get(&local).map(|&i| i as usize)
    }

    /// Adds a definition whose name was not found.
    fn push(&mut self, def: Def<'t>) {
        if !self.index.is_empty() {
            self.index.insert(def.local, self.defs.len() as u32);
        }
        self.defs.push(def);
    }
}

impl<'t, const ANALYSIS: bool> Lowerer<'t, ANALYSIS> {
    pub fn new_builder(&mut self) -> Box<SetBuilder<'t>> {
        self.free_builders.pop().unwrap_or_default()
    }

    pub fn free_builder(&mut self, mut builder: Box<SetBuilder<'t>>) {
        // A few are enough, and huge ones would only hold memory.
        if self.free_builders.len() < 32 && builder.defs.capacity() < 4096 {
            builder.clear();
            self.free_builders.push(builder);
        }
    }

    /// Collects the entries below a set or a `let`.
    pub fn collect(&mut self, node: Node<'t>, builder: &mut SetBuilder<'t>) {
        for entry in node.children() {
            self.collect_entry(entry, builder);
        }
    }

    pub fn collect_entry(&mut self, entry: Node<'t>, builder: &mut SetBuilder<'t>) {
        let end = self.range(entry).end();
        let outer = std::mem::replace(&mut self.entry_end, end);
        match entry.kind() {
            SyntaxKind::BINDING => self.collect_binding(entry, builder),
            SyntaxKind::INHERIT => self.collect_inherit(entry, builder),
            _ => {}
        }
        self.entry_end = outer;
    }

    fn collect_binding(&mut self, entry: Node<'t>, builder: &mut SetBuilder<'t>) {
        let mut children = entry.children();
        let Some(path) = children.next().filter(|child| child.kind() == SyntaxKind::ATTRPATH) else { return };
        let value = children.next();
        let position = self.range(entry).start();
        let mut names = path.children().peekable();
        let mut set = builder;
        let mut trail: Vec<Option<Local>> = Vec::new();
        while let Some(name) = names.next() {
            let local = self.static_name(name);
            if names.peek().is_none() {
                match local {
                    Some(local) => {
                        let def = Def { local, name: self.range(name), position, value: Value::Expr(value) };
                        self.define(set, def, &trail);
                    }
                    None => set.dynamics.push(DynamicEntry { name, position, value: Value::Expr(value) }),
                }
                return;
            }
            trail.push(local);
            let nested = match local {
                Some(local) => {
                    let at = match set.find(local) {
                        Some(at) => at,
                        None => {
                            set.push(Def { local, name: self.range(name), position, value: Value::Set(Box::default()) });
                            set.defs.len() - 1
                        }
                    };
                    let def = &mut set.defs[at];
                    self.open_literal(&mut def.value);
                    match &mut def.value {
                        Value::Set(nested) => nested,
                        _ => {
                            let previous = TextRange::new(def.position, def.name.end());
                            let range = TextRange::new(position, self.range(name).end());
                            let path = self.show_path(&trail, None);
                            set.dropped.extend(value);
                            return self.error(self.entry_end, range, LowerErrorKind::DuplicateAttr { path, previous });
                        }
                    }
                }
                None => {
                    set.dynamics.push(DynamicEntry { name, position, value: Value::Set(Box::default()) });
                    match set.dynamics.last_mut().map(|entry| &mut entry.value) {
                        Some(Value::Set(nested)) => nested,
                        _ => return,
                    }
                }
            };
            set = nested;
        }
    }

    /// Adds a definition at the end of `trail`, merging sets.
    fn define(&mut self, set: &mut SetBuilder<'t>, mut def: Def<'t>, trail: &[Option<Local>]) {
        let Some(at) = set.find(def.local) else { return set.push(def) };
        let old = &mut set.defs[at];
        if is_set(&old.value) && is_set(&def.value) {
            self.open_literal(&mut old.value);
            self.open_literal(&mut def.value);
            if let (Value::Set(old), Value::Set(new)) = (&mut old.value, def.value) {
                let mut trail = trail.to_vec();
                trail.push(Some(def.local));
                stacker::maybe_grow(64 << 10, 1 << 20, || self.merge(old, *new, &trail));
            }
            return;
        }
        let previous = TextRange::new(old.position, old.name.end());
        let range = TextRange::new(def.position.min(def.name.start()), def.name.end());
        let path = self.show_path(trail, Some(def.local));
        if let Value::Expr(Some(value)) = def.value {
            set.dropped.push(value);
        }
        self.error(self.entry_end, range, LowerErrorKind::DuplicateAttr { path, previous });
    }

    /// Moves the entries of `new` into `old`. Whether `new` is recursive is forgotten, as in Nix.
    fn merge(&mut self, old: &mut SetBuilder<'t>, new: SetBuilder<'t>, trail: &[Option<Local>]) {
        let shift = old.sources.len() as u32;
        old.sources.extend(new.sources);
        for mut def in new.defs {
            if let Value::From(source) = &mut def.value {
                *source += shift;
            }
            self.define(old, def, trail);
        }
        old.dynamics.extend(new.dynamics);
        old.dropped.extend(new.dropped);
    }

    /// Turns a set written as such into a collected one.
    fn open_literal(&mut self, value: &mut Value<'t>) {
        if let Value::Expr(Some(node)) = value {
            let node = unparen(*node);
            if node.kind() == SyntaxKind::ATTR_SET {
                let mut builder = Box::new(SetBuilder { recursive: is_recursive(node), ..SetBuilder::default() });
                stacker::maybe_grow(64 << 10, 1 << 20, || self.collect(node, &mut builder));
                *value = Value::Set(builder);
            }
        }
    }

    fn collect_inherit(&mut self, entry: Node<'t>, builder: &mut SetBuilder<'t>) {
        let mut source = None;
        for child in entry.children() {
            if child.kind() == SyntaxKind::INHERIT_FROM {
                source = Some(builder.sources.len() as u32);
                builder.sources.push(child);
                continue;
            }
            // What is not static is reported by the parser.
            let Some(local) = self.static_name(child) else { continue };
            let name = self.range(child);
            if let Some(at) = builder.find(local) {
                let old = &builder.defs[at];
                let previous = TextRange::new(old.position, old.name.end());
                let path = self.show_path(&[], Some(local));
                self.error(self.entry_end, name, LowerErrorKind::DuplicateAttr { path, previous });
                continue;
            }
            let value = source.map_or(Value::Inherited, Value::From);
            builder.push(Def { local, name, position: name.start(), value });
        }
    }

    fn show_path(&self, trail: &[Option<Local>], last: Option<Local>) -> String {
        let mut text = String::new();
        for local in trail.iter().copied().chain(last.map(Some)) {
            if !text.is_empty() {
                text.push('.');
            }
            match local {
                Some(local) => text.push_str(&quoted(self.name(local).as_bytes())),
                None => text.push_str("\"${...}\""),
            }
        }
        text
    }
}

/// Whether Nix's parser sees a set here.
fn is_set(value: &Value<'_>) -> bool {
    match value {
        Value::Set(_) => true,
        Value::Expr(Some(node)) => unparen(*node).kind() == SyntaxKind::ATTR_SET,
        _ => false,
    }
}

/// The expression of an `INHERIT_FROM`.
pub(super) fn source_expr(node: Node<'_>) -> Option<Node<'_>> {
    only_child(node)
}
