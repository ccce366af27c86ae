//! Options of NixOS, home-manager and their like: which ones a tree of modules declares, and of which types.
//!
//! Declarations are found by their look (`mkOption { type = types.attrsOf …; }`), file by file, so that an edit of one module leaves
//! what the others declare as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use nival_hir::module::{AttrName, Const, Expr, ExprId, Module};
use nival_hir::queries;
use nival_source::{Db, SourceFile};
use nival_syntax::Name;
use rustc_hash::FxHashSet;

use crate::eval::{ambient, called_name, slot_thunk};
use crate::files;
use crate::module_lists::{self, Lists};
use crate::value::*;

/// Options below a path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Node {
    /// By `mkOption`; several modules may declare an option together.
    pub declared: Vec<Declared>,
    pub kind: Kind,
    pub children: BTreeMap<Name, Node>,
    /// What any other name has: the type of `attrsOf`.
    pub any: Option<Box<Node>>,
    /// What some other names have that are worked out: `services.${name}`.
    pub computed: Option<Box<Node>>,
    /// There may be more than was found here, and below.
    pub opaque: bool,
    /// A name that an option had once.
    pub former: bool,
}

/// A declaration of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    pub place: Place,
    /// The argument of `mkOption`, in the file of `place`.
    pub argument: Option<ExprId>,
}

/// The type of an option as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Unknown,
    Bool,
    Int,
    Float,
    Str,
    Path,
    Package,
    List,
    Set,
    Function,
    /// One of these texts.
    Enum(Vec<Arc<str>>),
}

/// How deeply types and sets are looked into.
pub(crate) const MOST: u32 = 24;

/// What one file declares.
#[salsa::tracked(returns(ref))]
pub(crate) fn declared(db: &dyn Db, file: SourceFile) -> Arc<Node> {
    let module = queries::module(db, file);
    let mut node = Node::default();
    if let Some(set) = body(module)
        && let Some(attr) = set.attrs.iter().find(|attr| attr.name.as_bytes() == b"options")
    {
        Walk::new(db, file).options(attr.value, None, &mut node, MOST);
    }
    Arc::new(node)
}

/// What a function in a file declares that is a submodule.
#[salsa::tracked(returns(ref))]
fn of_submodule(db: &dyn Db, file: SourceFile, lambda: u32) -> Arc<Node> {
    let module = queries::module(db, file);
    let mut node = Node::default();
    if let Some(lit) = module.lambdas.get(lambda as usize) {
        Walk::new(db, file).submodule(lit.body, &mut node, MOST);
    }
    Arc::new(node)
}

/// The modules that a file names in `imports`, and those that they name.
#[salsa::tracked(returns(ref))]
fn imports(db: &dyn Db, file: SourceFile) -> Vec<SourceFile> {
    let module = queries::module(db, file);
    let mut found = Vec::new();
    // A list of modules, as `module-list.nix` is.
    if let Some(Expr::List(_)) = module.exprs.get(module.root.0 as usize) {
        paths(db, file, module, module.root, &mut found);
    }
    if let Some(attr) = body(module).and_then(|set| set.attrs.iter().find(|attr| attr.name.as_bytes() == b"imports")) {
        paths(db, file, module, attr.value, &mut found);
    }
    found
}

fn paths(db: &dyn Db, file: SourceFile, module: &Module, list: ExprId, found: &mut Vec<SourceFile>) {
    match module.exprs.get(list.0 as usize) {
        Some(Expr::List(items)) => {
            for item in module.list(*items) {
                if let Some(Expr::Const(constant)) = module.exprs.get(item.0 as usize)
                    && let Some(Const::Path(kind, text)) = module.consts.get(*constant as usize)
                    && let Some(path) = files::literal(db, file, kind, text)
                {
                    found.extend(files::imported(db, &path));
                }
            }
        }
        Some(&Expr::Binary { lhs, rhs, .. }) => {
            paths(db, file, module, lhs, found);
            paths(db, file, module, rhs, found);
        }
        _ => {}
    }
}

/// What the modules of a tree declare, and those that they import, as far as it is written out.
#[salsa::tracked(returns(ref))]
fn of_tree<'db>(db: &'db dyn Db, lists: Lists<'db>) -> Arc<Node> {
    let mut all = Node::default();
    let mut open = module_lists::members(db, lists).files.clone();
    let mut seen: FxHashSet<SourceFile> = open.iter().copied().collect();
    open.reverse();
    while let Some(file) = open.pop() {
        db.unwind_if_revision_cancelled();
        all.merge(declared(db, file));
        let inner = imports(db, file).iter().copied().filter(|file| seen.insert(*file));
        open.extend(inner.collect::<Vec<_>>().into_iter().rev());
    }
    Arc::new(all)
}

/// What the modules around a file declare: those of the tree that it is evaluated with, itself, and those that it imports. Nothing is
/// asked for that is worked out, so that values may ask for it.
pub(crate) fn trees(db: &dyn Db, around: Modules) -> Vec<Arc<Node>> {
    let file = around.file;
    if let Some(lambda) = around.submodule {
        return vec![of_submodule(db, file, lambda).clone()];
    }
    let mut trees = Vec::new();
    if let Some(lists) = module_lists::lists_for(db, file, module_lists::class_of(db, file)) {
        trees.push(of_tree(db, lists).clone());
    }
    let own = with_imports(db, file).into_iter().map(|file| declared(db, file));
    trees.extend(own.filter(|own| !own.children.is_empty()).cloned());
    trees
}

/// As [`trees`], with what is worked out. Nothing that values need may ask for it.
pub(crate) fn all_trees(db: &dyn Db, file: SourceFile) -> Vec<Arc<Node>> {
    let lists = module_lists::lists_for(db, file, module_lists::class_of(db, file));
    let more = lists.map(|lists| crate::modules::module_set(db, Some(lists), Vec::new()).options.clone());
    let own = trees(db, Modules { file, submodule: None }).into_iter().skip(usize::from(lists.is_some()));
    // What the file and its imports work out, after what they spell out.
    let worked_out = with_imports(db, file).into_iter().map(|file| Arc::new(crate::modules::contribution(db, file).options.clone()));
    more.into_iter().chain(own).chain(worked_out.filter(|node| !node.children.is_empty())).collect()
}

/// As [`all_trees`] or [`trees`].
pub(crate) fn of(db: &dyn Db, around: Modules, all: bool) -> Vec<Arc<Node>> {
    match around.submodule {
        None if all => all_trees(db, around.file),
        _ => trees(db, around),
    }
}

/// A file, and the modules that it imports.
fn with_imports(db: &dyn Db, file: SourceFile) -> Vec<SourceFile> {
    let (mut found, mut open) = (Vec::new(), vec![file]);
    let mut seen = FxHashSet::from_iter([file]);
    while let Some(file) = open.pop() {
        found.push(file);
        open.extend(imports(db, file).iter().copied().filter(|file| seen.len() < 200 && seen.insert(*file)));
    }
    found
}

/// The options at a path, in each tree that has some.
pub(crate) fn at<'t>(trees: &'t [Arc<Node>], path: &[Name]) -> Vec<&'t Node> {
    trees.iter().filter_map(|tree| tree.at(path)).collect()
}

impl Node {
    fn at(&self, path: &[Name]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.children.get(name).or(node.any.as_deref()))
    }

    pub(crate) fn merge(&mut self, other: &Node) {
        self.opaque |= other.opaque;
        self.former |= other.former;
        for declared in &other.declared {
            if !self.declared.contains(declared) {
                self.declared.push(*declared);
            }
        }
        if self.kind == Kind::Unknown {
            self.kind = other.kind.clone();
        }
        for (name, child) in &other.children {
            self.children.entry(*name).or_default().merge(child);
        }
        if let Some(computed) = &other.computed {
            self.computed.get_or_insert_default().merge(computed);
        }
        if let Some(any) = &other.any {
            self.any.get_or_insert_default().merge(any);
        }
    }
}

/// The set that a module is, or that its function gives.
fn body(module: &Module) -> Option<&nival_hir::module::AttrsLit> {
    let mut at = module.root;
    for _ in 0..8 {
        at = match *module.exprs.get(at.0 as usize)? {
            Expr::Lambda(lambda) => module.lambdas.get(lambda as usize)?.body,
            Expr::Let(index) => module.lets.get(index as usize)?.body,
            Expr::With { body, .. } | Expr::Assert { body, .. } => body,
            Expr::Attrs(index) => return module.attrsets.get(index as usize),
            _ => return None,
        };
    }
    None
}

/// Whether a file is a module: the workspace names it as one, or it is a set, or a function that gives one, with `options`, `config` or
/// `imports`; or a function of `config`.
pub(crate) fn is_module(db: &dyn Db, file: SourceFile) -> bool {
    if module_lists::listed(db, file).is_some() {
        return true;
    }
    let module = queries::module(db, file);
    let named = |names: &[&[u8]]| body(module).is_some_and(|set| set.attrs.iter().any(|attr| names.contains(&attr.name.as_bytes())));
    let root = crate::params::root_lambda(module);
    named(&[b"options", b"imports"])
        || named(&[b"config"]) && is_given(module)
        || root.is_some_and(|root| crate::params::is_module(module, root))
}

/// Whether the set of a file is given by one function, or by the last of several as modules have it. A package set, which may have
/// `config` among its attributes, is given by functions of one name each.
fn is_given(module: &Module) -> bool {
    let (mut at, mut last) = (module.root, None);
    for _ in 0..8 {
        at = match module.exprs.get(at.0 as usize) {
            Some(&Expr::Lambda(lambda)) => {
                last = Some(lambda);
                match module.lambdas.get(lambda as usize) {
                    Some(lit) => lit.body,
                    None => return false,
                }
            }
            Some(&Expr::Let(index)) => match module.lets.get(index as usize) {
                Some(lit) => lit.body,
                None => return false,
            },
            Some(&(Expr::With { body, .. } | Expr::Assert { body, .. })) => body,
            _ => break,
        };
    }
    let is_open = |last| crate::apply::pattern(module, last).is_some_and(|pattern| pattern.ellipsis);
    last.is_some_and(|last| crate::params::root_lambda(module) == Some(last) || is_open(last))
}

/// Reads declarations in one file.
pub(crate) struct Walk<'db> {
    pub db: &'db dyn Db,
    pub file: SourceFile,
    pub module: &'db Module,
    /// The frame of the call that is looked into, if one is.
    env: Option<Env<'db>>,
    /// Whether names and sets that are worked out are asked for. What `config` is, values may need, and follows from declarations: those
    /// are read without asking for values.
    evaluates: bool,
}

impl<'db> Walk<'db> {
    pub fn new(db: &'db dyn Db, file: SourceFile) -> Self {
        Walk { db, file, module: queries::module(db, file), env: None, evaluates: false }
    }

    /// One that asks for values.
    pub fn evaluating(db: &'db dyn Db, file: SourceFile) -> Self {
        Walk { evaluates: true, ..Walk::new(db, file) }
    }

    /// In the frame of a call.
    pub fn within(db: &'db dyn Db, file: SourceFile, env: Env<'db>) -> Self {
        Walk { env: Some(env), ..Walk::evaluating(db, file) }
    }

    /// In the function that a value is, whose argument is what modules are given.
    pub fn inside(db: &'db dyn Db, file: SourceFile, lambda: u32, env: Env<'db>) -> Option<(Self, ExprId)> {
        let lit = queries::module(db, file).lambdas.get(lambda as usize)?;
        let args = (0..lit.params.len() as u32).map(|index| Thunk::Made(Made::new(db, MadeKind::Param { file, lambda, index })));
        let depth = env.frame(db).depth + 1;
        let env = Env::new(db, Frame { lambda: Some(lambda), args: args.collect(), parent: Some(env), depth });
        Some((Walk::within(db, file, env), lit.body))
    }

    /// An expression where it stands, as a value.
    pub fn value(&self, expr: ExprId) -> Thunk<'db> {
        Thunk::Expr(Closure { file: self.file, expr, env: crate::eval::ambient_in(self.db, self.file, expr, self.env) })
    }

    /// A text, if it is certain.
    pub fn text(&self, expr: ExprId) -> Option<Name> {
        if let Some(&Expr::Const(constant)) = self.module.exprs.get(expr.0 as usize) {
            return match self.module.consts.get(constant as usize) {
                Some(Const::Str(text)) => Some(Name::new(text)),
                _ => None,
            };
        }
        if !self.evaluates {
            return None;
        }
        match crate::eval::whnf(self.db, self.value(expr)) {
            Value { shape: Shape::Str(Some(text)), sure: true } => Some(Name::new(&text)),
            _ => None,
        }
    }

    /// A list of texts, if it is certain.
    pub fn texts(&self, expr: ExprId) -> Option<Vec<Name>> {
        if !self.evaluates {
            return None;
        }
        let Value { shape: Shape::List(Some(items)), sure: true } = crate::eval::whnf(self.db, self.value(expr)) else { return None };
        let text = |item: &Thunk<'db>| match crate::eval::whnf(self.db, *item) {
            Value { shape: Shape::Str(Some(text)), sure: true } => Some(Name::new(&text)),
            _ => None,
        };
        items.iter().map(text).collect()
    }

    /// The body of a function of the file itself in the frame of a call of it.
    pub fn called_own(&self, function: ExprId, args: &[ExprId]) -> Option<(Walk<'db>, ExprId)> {
        let function = self.variable(function);
        let Expr::Lambda(lambda) = *self.module.exprs.get(function.0 as usize)? else { return None };
        let lit = self.module.lambdas.get(lambda as usize).filter(|lit| lit.params.len() == args.len())?;
        let parent = crate::eval::ambient_in(self.db, self.file, function, self.env);
        let args = args.iter().map(|&arg| self.value(arg)).collect();
        let depth = parent.frame(self.db).depth + 1;
        let env = Env::new(self.db, Frame { lambda: Some(lambda), args, parent: Some(parent), depth });
        Some((Walk::within(self.db, self.file, env), lit.body))
    }

    /// The function of the file itself that is called.
    pub fn own_function(&self, function: ExprId) -> Option<&'db nival_hir::module::Lambda> {
        match *self.module.exprs.get(self.variable(function).0 as usize)? {
            Expr::Lambda(lambda) => self.module.lambdas.get(lambda as usize),
            _ => None,
        }
    }

    /// The last name of what is called, or of any other name.
    pub fn called(&self, function: ExprId) -> Option<Name> {
        let env = ambient(self.db, self.file, function);
        called_name(self.db, Closure { file: self.file, expr: function, env }, function)
    }

    /// What a variable of a `let` is.
    pub fn variable(&self, expr: ExprId) -> ExprId {
        let slot = match self.module.exprs.get(expr.0 as usize) {
            Some(&Expr::Local(slot)) => (0, slot),
            Some(&Expr::Outer { depth, slot }) => (depth, slot),
            _ => return expr,
        };
        let env = crate::eval::outer(self.db, ambient(self.db, self.file, expr), slot.0);
        match env.and_then(|env| slot_thunk(self.db, self.file, env, slot.1)) {
            Some(Thunk::Expr(closure)) if closure.file == self.file => closure.expr,
            _ => expr,
        }
    }

    /// The options of a set of options. What cannot be read makes its node opaque.
    pub fn options(&self, expr: ExprId, place: Option<Place>, node: &mut Node, most: u32) {
        let Some(most) = most.checked_sub(1) else { return node.opaque = true };
        let Some(&at) = self.module.exprs.get(expr.0 as usize) else { return node.opaque = true };
        match at {
            Expr::Attrs(index) => self.set_of_options(index, node, most),
            Expr::Let(index) => {
                if let Some(lit) = self.module.lets.get(index as usize) {
                    self.options(lit.body, place, node, most);
                }
            }
            Expr::With { body, .. } | Expr::Assert { body, .. } => self.options(body, place, node, most),
            Expr::Binary { lhs, rhs, .. } => {
                self.options(lhs, place, node, most);
                self.options(rhs, place, node, most);
            }
            Expr::If { then_branch, else_branch, .. } => {
                self.options(then_branch, place, node, most);
                self.options(else_branch, place, node, most);
            }
            Expr::Local(_) | Expr::Outer { .. } => match self.variable(expr) {
                value if value != expr => self.options(value, place, node, most),
                _ => node.opaque = true,
            },
            Expr::Call { function, args } => {
                let args = self.module.list(args);
                match self.called(function).map(Name::as_bytes) {
                    Some(b"mkOption") => self.declare(args.first().copied(), place, node, most),
                    Some(b"mkEnableOption") => {
                        node.kind = Kind::Bool;
                        node.declared.extend(place.map(|place| Declared { place, argument: None }));
                    }
                    Some(b"mkPackageOption" | b"mkPackageOptionMD") => {
                        node.kind = Kind::Package;
                        node.declared.extend(place.map(|place| Declared { place, argument: None }));
                    }
                    Some(b"mkIf" | b"optionalAttrs" | b"literalExample") => {
                        if let Some(&last) = args.last() {
                            self.options(last, place, node, most);
                        }
                    }
                    Some(b"setAttrByPath") if args.len() == 2 => match (self.texts(args[0]), args.get(1)) {
                        (Some(path), Some(&set)) => {
                            let node = path.into_iter().fold(node, |node, name| node.children.entry(name).or_default());
                            self.options(set, place, node, most);
                        }
                        _ => node.opaque = true,
                    },
                    _ => self.worked_out(expr, node, most),
                }
            }
            Expr::WithVar(_) | Expr::Get { .. } => match self.selected(expr).or_else(|| self.imported(expr)) {
                Some((there, value)) => there.options(value, place, node, most),
                None => node.opaque = true,
            },
            _ => node.opaque = true,
        }
    }

    fn set_of_options(&self, index: u32, node: &mut Node, most: u32) {
        let Some(set) = self.module.attrsets.get(index as usize) else { return };
        node.opaque |= set.overrides;
        for dynamic in &set.dynamic {
            let place = Place { file: self.file, kind: PlaceKind::Expr(dynamic.name.0) };
            let child = match self.text(dynamic.name) {
                Some(name) => node.children.entry(name).or_default(),
                None => node.computed.get_or_insert_default(),
            };
            self.options(dynamic.value, Some(place), child, most);
        }
        for (attr, number) in set.attrs.iter().zip(0..) {
            let place = Place { file: self.file, kind: PlaceKind::Attr { set: index, attr: number } };
            self.options(attr.value, Some(place), node.children.entry(attr.name).or_default(), most);
        }
    }

    /// Options that a call gives: of a set that is certain, those that are written somewhere.
    fn worked_out(&self, expr: ExprId, node: &mut Node, most: u32) {
        if !self.evaluates {
            return node.opaque = true;
        }
        let value = crate::eval::whnf(self.db, self.value(expr));
        let Value { shape: Shape::Set(set), sure: true } = &value else { return node.opaque = true };
        if set.derivation {
            return node.opaque = true;
        }
        if let [Layer::Literal { file, set, env }] = set.layers[..] {
            return Walk::within(self.db, file, env).set_of_options(set, node, most);
        }
        let (names, closed) = crate::set::names(self.db, &value);
        if !closed || names.is_empty() || names.len() > 256 {
            return node.opaque = true;
        }
        for (name, place) in names {
            let child = node.children.entry(name).or_default();
            match crate::set::lookup(self.db, &value, name) {
                crate::set::Lookup::Found(crate::set::Selected { value: Thunk::Expr(there), sure: true, .. }) => {
                    Walk::within(self.db, there.file, there.env).options(there.expr, place, child, most);
                }
                _ => child.opaque = true,
            }
        }
    }

    /// What a selection leads to, if it is certain: an expression, and the frame that it is in.
    fn selected(&self, expr: ExprId) -> Option<(Walk<'db>, ExprId)> {
        let Thunk::Expr(closure) = self.value(expr) else { return None };
        if !self.evaluates {
            return None;
        }
        match crate::places::next(self.db, closure)? {
            crate::set::Selected { value: Thunk::Expr(there), sure: true, .. } => {
                Some((Walk::within(self.db, there.file, there.env), there.expr))
            }
            _ => None,
        }
    }

    /// What a name stands for that comes from a file: `with import ./x.nix { }; name`, `(import ./x.nix { }).name`.
    fn imported(&self, expr: ExprId) -> Option<(Walk<'db>, ExprId)> {
        let of = |from: ExprId, name: Name| {
            let file = self.import(from)?;
            let module = queries::module(self.db, file);
            let attr = body(module)?.attrs.iter().find(|attr| attr.name == name)?;
            Some((Walk { evaluates: self.evaluates, ..Walk::new(self.db, file) }, attr.value))
        };
        match *self.module.exprs.get(expr.0 as usize)? {
            Expr::Get { base, name, .. } => of(self.variable(base), name),
            Expr::WithVar(index) => {
                let var = self.module.withs.get(index as usize)?;
                let env = ambient(self.db, self.file, expr);
                self.module.with_chain(var).find_map(|(depth, slot)| {
                    let env = crate::eval::outer(self.db, env, depth)?;
                    match slot_thunk(self.db, self.file, env, slot)? {
                        Thunk::Expr(closure) if closure.file == self.file => of(closure.expr, var.name),
                        _ => None,
                    }
                })
            }
            _ => None,
        }
    }

    /// The other file that `import ./options.nix …` reads.
    pub fn import(&self, expr: ExprId) -> Option<SourceFile> {
        let Expr::Call { function, args } = *self.module.exprs.get(expr.0 as usize)? else { return None };
        let first = self.module.exprs.get(self.module.list(args).first()?.0 as usize)?;
        let (None, Expr::Const(constant)) = (self.called(function), first) else { return None };
        let Const::Path(kind, text) = self.module.consts.get(*constant as usize)? else { return None };
        let file = files::imported(self.db, &files::literal(self.db, self.file, kind, text)?)?;
        (file != self.file).then_some(file)
    }

    fn declare(&self, argument: Option<ExprId>, place: Option<Place>, node: &mut Node, most: u32) {
        node.declared.extend(place.map(|place| Declared { place, argument }));
        let Some(Expr::Attrs(index)) = argument.and_then(|argument| self.module.exprs.get(argument.0 as usize)) else { return };
        let Some(set) = self.module.attrsets.get(*index as usize) else { return };
        if let Some(attr) = set.attrs.iter().find(|attr| attr.name.as_bytes() == b"type") {
            self.of_type(attr.value, node, most);
        }
    }

    /// What values of a type have.
    fn of_type(&self, expr: ExprId, node: &mut Node, most: u32) {
        let Some(most) = most.checked_sub(1) else { return };
        let expr = self.variable(expr);
        let Some(&at) = self.module.exprs.get(expr.0 as usize) else { return };
        let name = match at {
            Expr::Call { function, args } => return self.of_called_type(function, self.module.list(args), node, most),
            Expr::With { body, .. } => return self.of_type(body, node, most),
            Expr::Get { name, .. } => name,
            Expr::WithVar(index) => match self.module.withs.get(index as usize) {
                Some(var) => var.name,
                None => return,
            },
            Expr::Select { path, .. } => match self.module.paths.get(path as usize).and_then(|path| path.parts.last()) {
                Some(AttrName::Static(name)) => *name,
                _ => return,
            },
            _ => return,
        };
        node.kind = match name.as_bytes() {
            b"bool" | b"boolByOr" => Kind::Bool,
            b"int" | b"port" | b"unsigned" | b"positive" | b"u8" | b"u16" | b"u32" | b"s8" | b"s16" | b"s32" => Kind::Int,
            b"float" | b"number" => Kind::Float,
            b"str" | b"string" | b"lines" | b"commas" | b"envVar" | b"nonEmptyStr" | b"singleLineStr" => Kind::Str,
            b"path" | b"pathInStore" => Kind::Path,
            b"package" | b"shellPackage" => Kind::Package,
            b"attrs" => Kind::Set,
            _ => return,
        };
    }

    fn of_called_type(&self, function: ExprId, args: &[ExprId], node: &mut Node, most: u32) {
        let Some(&last) = args.last() else { return };
        match self.called(function).map(Name::as_bytes) {
            Some(b"nullOr" | b"uniq" | b"unique" | b"addCheck" | b"coercedTo") => {
                let inner =
                    if self.called(function).is_some_and(|name| name.as_bytes() == b"addCheck") { args.first() } else { Some(&last) };
                if let Some(&inner) = inner {
                    self.of_type(inner, node, most);
                }
            }
            Some(b"listOf" | b"nonEmptyListOf") => node.kind = Kind::List,
            Some(b"functionTo") => node.kind = Kind::Function,
            Some(b"attrsOf" | b"lazyAttrsOf" | b"loaOf") => {
                node.kind = Kind::Set;
                self.of_type(last, node.any.get_or_insert_default(), most);
            }
            Some(b"enum") => {
                if let Some(Expr::List(items)) = self.module.exprs.get(last.0 as usize) {
                    let texts = self.module.list(*items).iter().map(|item| match self.module.exprs.get(item.0 as usize)? {
                        Expr::Const(constant) => match self.module.consts.get(*constant as usize)? {
                            Const::Str(text) => Some(Arc::from(std::str::from_utf8(text).ok()?)),
                            _ => None,
                        },
                        _ => None,
                    });
                    node.kind = texts.collect::<Option<Vec<_>>>().map_or(Kind::Unknown, Kind::Enum);
                }
            }
            Some(b"strMatching" | b"separatedString") => node.kind = Kind::Str,
            Some(b"between") => node.kind = Kind::Int,
            Some(b"submodule") => {
                node.kind = Kind::Set;
                self.submodule(last, node, most);
            }
            _ => {}
        }
    }

    /// The options of a submodule: a module, or several.
    fn submodule(&self, expr: ExprId, node: &mut Node, most: u32) {
        let Some(most) = most.checked_sub(1) else { return };
        let expr = self.variable(expr);
        match self.module.exprs.get(expr.0 as usize) {
            Some(&Expr::Lambda(lambda)) => {
                if let Some(lit) = self.module.lambdas.get(lambda as usize) {
                    self.submodule(lit.body, node, most);
                }
            }
            Some(&Expr::Let(index)) => {
                if let Some(lit) = self.module.lets.get(index as usize) {
                    self.submodule(lit.body, node, most);
                }
            }
            Some(&(Expr::With { body, .. } | Expr::Assert { body, .. })) => self.submodule(body, node, most),
            Some(&Expr::List(items)) => self.module.list(items).iter().for_each(|&item| self.submodule(item, node, most)),
            Some(&Expr::Attrs(index)) => {
                let set = self.module.attrsets.get(index as usize);
                if let Some(attr) = set.and_then(|set| set.attrs.iter().find(|attr| attr.name.as_bytes() == b"options")) {
                    self.options(attr.value, None, node, most);
                }
            }
            Some(Expr::Call { .. }) => {
                if let Some(file) = self.import(expr) {
                    node.merge(declared(self.db, file));
                }
            }
            Some(Expr::WithVar(_) | Expr::Get { .. }) => {
                if let Some((there, value)) = self.imported(expr) {
                    there.submodule(value, node, most);
                }
            }
            _ => {}
        }
    }
}

/// What is known of `config` at a path, in a module.
pub(crate) fn config<'db>(db: &'db dyn Db, around: Modules, path: &[Name], all: bool) -> Value<'db> {
    let trees = of(db, around, all);
    let nodes = at(&trees, path);
    let kind = nodes.iter().map(|node| &node.kind).find(|kind| **kind != Kind::Unknown);
    let deeper = path.is_empty() || nodes.iter().any(|node| !node.children.is_empty() || node.any.is_some());
    let shape = match kind {
        _ if deeper => Shape::Set(Set::new([Layer::Open, Layer::Options { around, path: path.into(), all }])),
        Some(Kind::Bool) => Shape::Bool(None),
        Some(Kind::Int) => Shape::Int(None),
        Some(Kind::Float) => Shape::Float,
        Some(Kind::Str | Kind::Enum(_)) => Shape::Str(None),
        Some(Kind::Path) => Shape::Path(None),
        Some(Kind::Package) => Shape::Set(Set { derivation: true, ..Set::open() }),
        Some(Kind::List) => Shape::List(None),
        Some(Kind::Set) => Shape::Set(Set::open()),
        Some(Kind::Function) => Shape::from(&Known::Function),
        Some(Kind::Unknown) | None => Shape::Unknown,
    };
    // Other modules than those in sight may be there, and other types.
    Value { shape, sure: false }
}

/// Where the option at a path is declared, what counts first.
pub(crate) fn place(trees: &[Arc<Node>], path: &[Name]) -> Option<Place> {
    at(trees, path).iter().find_map(|node| node.declared.first()).map(|declared| declared.place)
}

/// Whether there is an option at a path, or one below it.
pub(crate) fn exists(trees: &[Arc<Node>], path: &[Name]) -> bool {
    !at(trees, path).is_empty()
}

/// The names that options at a path have next.
pub(crate) fn names(trees: &[Arc<Node>], path: &[Name]) -> Vec<(Name, Option<Place>)> {
    let children = at(trees, path).into_iter().flat_map(|node| &node.children);
    // Former names are no candidates.
    let children = children.filter(|(_, node)| !node.former || !node.declared.is_empty() || !node.children.is_empty());
    let mut names: BTreeMap<Name, Option<Place>> = BTreeMap::new();
    for (name, node) in children {
        let place = names.entry(*name).or_default();
        *place = place.or_else(|| node.declared.first().map(|declared| declared.place));
    }
    names.into_iter().collect()
}
