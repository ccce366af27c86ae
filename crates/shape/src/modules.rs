//! Sets of modules that are evaluated together, as far as all of their options are known; and what is certainly wrong with what the
//! modules set and declare.
//!
//! A set is *closed* if every module in it is found by its text: each element of each `imports` is a path, a function that renames an
//! option, or a module that is written there. What a text does not spell out (options that a function makes, a module that is worked
//! out) makes the place in the tree of options where it stands, or the whole set, opaque: nothing is missing there.

use std::sync::Arc;

use nival_hir::globals::GLOBALS;
use nival_hir::module::{BinaryOp, Const, Expr, ExprId, Module};
use nival_source::{Db, SourceFile};
use nival_syntax::Name;
use rustc_hash::FxHashSet;

use crate::checks::similar;
use crate::configurations::{self, Configuration};
use crate::eval::whnf;
use crate::module_lists::{self, Lists};
use crate::options::{MOST, Node, Walk};
use crate::types::{self, Accepts, Literal};
use crate::value::*;
use crate::{files, nixpkgs};

/// What one file gives to a set of modules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Contribution {
    pub options: Node,
    pub imports: Vec<SourceFile>,
    /// More may come from it than was found.
    pub unknown: bool,
    /// It takes other modules away.
    pub disables: bool,
}

/// Modules that are evaluated together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModuleSet {
    pub(crate) options: Arc<Node>,
    members: FxHashSet<SourceFile>,
    /// Members that are there under a condition.
    maybe: FxHashSet<SourceFile>,
    /// Members that may bring more than was found.
    unknown: Vec<SourceFile>,
    disables: bool,
    /// The file that lists the modules.
    listed: Option<SourceFile>,
    /// Modules that are written in files that are no members: a file and an expression in it.
    written: Vec<(SourceFile, u32)>,
}

impl ModuleSet {
    /// Whether a module of it is written in a file, such as that of a user of home-manager in a module of NixOS.
    pub fn has_written(&self, file: SourceFile) -> bool {
        self.written.iter().any(|(there, _)| *there == file)
    }

    pub(crate) fn listed(&self) -> Option<SourceFile> {
        self.listed
    }

    /// Whether all of its options are known but those at places that are opaque.
    pub fn is_closed(&self) -> bool {
        self.unknown.is_empty()
    }

    /// The files because of which not all options are known.
    pub fn unknown(&self) -> &[SourceFile] {
        &self.unknown
    }

    /// The paths at which there may be more options than are known, of one file.
    pub fn opaque(db: &dyn Db, file: SourceFile) -> Vec<Vec<Name>> {
        fn look(node: &Node, path: &mut Vec<Name>, found: &mut Vec<Vec<Name>>) {
            if node.opaque && node.declared.is_empty() {
                return found.push(path.clone());
            }
            for (name, child) in &node.children {
                path.push(*name);
                look(child, path, found);
                path.pop();
            }
        }
        let mut found = Vec::new();
        look(&contribution(db, file).options, &mut Vec::new(), &mut found);
        found
    }

    pub fn contains(&self, file: SourceFile) -> bool {
        self.members.contains(&file)
    }

    /// The files of it, in no certain order.
    pub fn members(&self) -> impl Iterator<Item = SourceFile> {
        self.members.iter().copied()
    }
}

/// Files as the key of a query, sorted.
#[salsa::interned(debug)]
struct Roots<'db> {
    #[returns(copy)]
    lists: Option<Lists<'db>>,
    #[returns(ref)]
    files: Vec<SourceFile>,
    /// A list of modules: a file and an expression in it.
    #[returns(copy)]
    listed: Option<(SourceFile, u32)>,
    /// Modules that are written somewhere: a file and an expression in it.
    #[returns(ref)]
    written: Vec<(SourceFile, u32)>,
}

/// The modules of a tree with these, which are written somewhere, and all that they import.
pub(crate) fn of_modules<'db>(db: &'db dyn Db, lists: Lists<'db>, written: Vec<(SourceFile, u32)>) -> &'db Arc<ModuleSet> {
    set_of(db, Roots::new(db, Some(lists), Vec::<SourceFile>::new(), None, written))
}

/// What a module that is written in a file gives to a set of modules.
#[salsa::tracked(returns(ref), cycle_result = nothing_known_of_list)]
fn of_written(db: &dyn Db, file: SourceFile, expr: u32) -> Arc<Contribution> {
    let mut found = Contribution::default();
    a_module(&Walk::evaluating(db, file), ExprId(expr), &mut found, MOST);
    Arc::new(found)
}

/// The modules of a configuration of a flake.
pub(crate) fn of_configuration<'db>(db: &'db dyn Db, file: SourceFile, of: Configuration<'db>) -> &'db Arc<ModuleSet> {
    set_of(db, Roots::new(db, Some(of.lists), Vec::<SourceFile>::new(), Some((file, of.modules.0)), Vec::new()))
}

/// What the elements of a list give to a set of modules.
#[salsa::tracked(returns(ref), cycle_result = nothing_known_of_list)]
fn of_list(db: &dyn Db, file: SourceFile, list: u32) -> Arc<Contribution> {
    let mut found = Contribution::default();
    listed(&Walk::evaluating(db, file), ExprId(list), &mut found, MOST);
    Arc::new(found)
}

fn nothing_known_of_list(_: &dyn Db, _: salsa::Id, _: SourceFile, _: u32) -> Arc<Contribution> {
    Arc::new(Contribution { unknown: true, ..Contribution::default() })
}

/// The modules of a tree, if one is given, with these and all that they import.
pub(crate) fn module_set<'db>(db: &'db dyn Db, lists: Option<Lists<'db>>, mut files: Vec<SourceFile>) -> &'db Arc<ModuleSet> {
    files.sort_by(|a, b| a.path(db).cmp(b.path(db)));
    files.dedup();
    set_of(db, Roots::new(db, lists, files, None, Vec::new()))
}

#[salsa::tracked(returns(ref), lru = 8)]
fn set_of<'db>(db: &'db dyn Db, roots: Roots<'db>) -> Arc<ModuleSet> {
    let (mut set, mut options) = (ModuleSet::default(), Node::default());
    let mut open = roots.files(db).clone();
    if let Some(lists) = roots.lists(db) {
        let members = module_lists::members(db, lists);
        if members.unknown {
            set.unknown.extend(members.files.first().or(open.first()));
        }
        open.extend(&members.files);
        set.maybe.extend(&members.maybe);
    }
    let listed = roots.listed(db).map(|(file, list)| (file, of_list(db, file, list)));
    set.listed = listed.map(|(file, _)| file);
    set.written.clone_from(roots.written(db));
    let written = set.written.iter().map(|&(file, expr)| (file, of_written(db, file, expr)));
    for (file, own) in listed.into_iter().chain(written.collect::<Vec<_>>()) {
        options.merge(&own.options);
        set.unknown.extend(own.unknown.then_some(file));
        set.disables |= own.disables;
        open.extend(&own.imports);
    }
    while let Some(file) = open.pop() {
        if !set.members.insert(file) {
            continue;
        }
        db.unwind_if_revision_cancelled();
        let own = contribution(db, file);
        options.merge(&own.options);
        set.unknown.extend(own.unknown.then_some(file));
        set.disables |= own.disables;
        open.extend(&own.imports);
    }
    set.options = Arc::new(options);
    Arc::new(set)
}

fn nothing_known(_: &dyn Db, _: salsa::Id, _: SourceFile) -> Arc<Contribution> {
    Arc::new(Contribution { unknown: true, ..Contribution::default() })
}

/// See [`Contribution`].
#[salsa::tracked(returns(ref), cycle_result = nothing_known)]
pub(crate) fn contribution(db: &dyn Db, file: SourceFile) -> Arc<Contribution> {
    let walk = Walk::evaluating(db, file);
    let module = walk.module;
    let mut found = Contribution::default();
    // A list of modules, as `module-list.nix` is.
    match module.exprs.get(module.root.0 as usize) {
        Some(Expr::List(_)) => listed(&walk, module.root, &mut found, MOST),
        _ => a_module(&walk, module.root, &mut found, MOST),
    }
    Arc::new(found)
}

/// A module: a set, a function that gives one, a path, or the work of a function that is known.
fn a_module(walk: &Walk<'_>, expr: ExprId, found: &mut Contribution, most: u32) {
    let (module, Some(most)) = (walk.module, most.checked_sub(1)) else { return found.unknown = true };
    match module.exprs.get(expr.0 as usize) {
        Some(&Expr::Lambda(lambda)) if module.lambdas.get(lambda as usize).is_some() => {
            module.lambdas.get(lambda as usize).into_iter().for_each(|lit| a_module(walk, lit.body, found, most));
        }
        Some(&Expr::Let(index)) => module.lets.get(index as usize).into_iter().for_each(|lit| a_module(walk, lit.body, found, most)),
        Some(&(Expr::With { body, .. } | Expr::Assert { body, .. })) => a_module(walk, body, found, most),
        Some(&Expr::If { then_branch, else_branch, .. }) => {
            a_module(walk, then_branch, found, most);
            a_module(walk, else_branch, found, most);
        }
        Some(&Expr::Attrs(index)) => a_set(walk, index, found, most),
        Some(&Expr::Const(constant)) => match module.consts.get(constant as usize) {
            Some(Const::Path(kind, text)) => {
                let file = files::literal(walk.db, walk.file, kind, text).and_then(|path| files::imported(walk.db, &path));
                found.imports.extend(file);
                found.unknown |= file.is_none();
            }
            _ => found.unknown = true,
        },
        Some(&Expr::Call { function, args }) => {
            let args = module.list(args);
            match walk.called(function).map(Name::as_bytes) {
                Some(
                    b"mkRenamedOptionModule"
                    | b"mkRemovedOptionModule"
                    | b"mkAliasOptionModule"
                    | b"mkChangedOptionModule"
                    | b"mkRenamedOptionModuleWith"
                    | b"mkMergedOptionModule"
                    | b"mkAliasOptionModuleMD",
                ) => renamed(walk, args.first().copied(), found),
                _ => match (walk.import(expr), walk.called_own(function, args)) {
                    (Some(file), _) => found.imports.push(file),
                    (None, Some((inside, body))) => a_module(&inside, body, found, most),
                    (None, None) => a_value(walk.db, walk.value(expr), false, found, most),
                },
            }
        }
        Some(Expr::Get { .. } | Expr::Select { .. } | Expr::WithVar(_)) => {
            // What an input of a flake is, is not certain in general; where its tree is known, its modules are.
            a_value(walk.db, walk.value(expr), configurations::is_from_inputs(walk, expr), found, most);
        }
        Some(Expr::Local(_) | Expr::Outer { .. }) => match walk.variable(expr) {
            value if value != expr => a_module(walk, value, found, most),
            _ => found.unknown = true,
        },
        Some(&(Expr::Binary { op: BinaryOp::Add, .. } | Expr::Interpolate(_))) => match of_modules_path(walk, expr) {
            Some(file) => found.imports.push(file),
            None => found.unknown = true,
        },
        _ => found.unknown = true,
    }
}

fn a_set(walk: &Walk<'_>, index: u32, found: &mut Contribution, most: u32) {
    let module = walk.module;
    let Some(set) = module.attrsets.get(index as usize) else { return found.unknown = true };
    found.unknown |= !set.dynamic.is_empty() || set.overrides;
    for attr in &set.attrs {
        match attr.name.as_bytes() {
            b"options" => walk.options(attr.value, None, &mut found.options, most),
            b"imports" | b"require" => listed(walk, attr.value, found, most),
            b"disabledModules" => found.disables = true,
            b"freeformType" => found.options.opaque = true,
            b"_module" => found.options.opaque |= mentions(module, attr.value, b"freeformType"),
            b"config" => {
                let inner = set_at(module, attr.value).and_then(|set| set.attrs.iter().find(|a| a.name.as_bytes() == b"_module"));
                found.options.opaque |= inner.is_some_and(|inner| mentions(module, inner.value, b"freeformType"));
            }
            _ => {}
        }
    }
}

/// A module that is worked out: what shapes say that it is. If they are not certain, and it is not to be `trusted`, there may be more.
fn a_value<'db>(db: &'db dyn Db, value: Thunk<'db>, trusted: bool, found: &mut Contribution, most: u32) {
    let Some(most) = most.checked_sub(1) else { return found.unknown = true };
    let value = whnf(db, value);
    found.unknown |= !value.sure && !trusted;
    match value.shape {
        Shape::Path(Some(path)) => match files::imported(db, &path) {
            Some(file) => found.imports.push(file),
            None => found.unknown = true,
        },
        Shape::Function(Function { kind: FunctionKind::Lambda { file, lambda, env }, args }) if args.is_empty() => {
            match Walk::inside(db, file, lambda, env) {
                Some((there, body)) => a_module(&there, body, found, most),
                None => found.unknown = true,
            }
        }
        Shape::Set(Set { layers, derivation: false }) => match layers[..] {
            [Layer::Literal { file, set, env }] => a_set(&Walk::within(db, file, env), set, found, most),
            _ => found.unknown = true,
        },
        _ => found.unknown = true,
    }
}

/// `modulesPath + "/x.nix"`, `"${modulesPath}/x.nix"`: a module of the tree.
fn of_modules_path(walk: &Walk<'_>, expr: ExprId) -> Option<SourceFile> {
    let module = walk.module;
    let (base, rest) = match *module.exprs.get(expr.0 as usize)? {
        Expr::Binary { lhs, rhs, .. } => (lhs, rhs),
        Expr::Interpolate(parts) => match *module.list(parts) {
            [base, rest] => (base, rest),
            _ => return None,
        },
        _ => return None,
    };
    let Expr::Const(constant) = *module.exprs.get(rest.0 as usize)? else { return None };
    let Const::Str(rest) = module.consts.get(constant as usize)? else { return None };
    if walk.called(base)?.as_bytes() != b"modulesPath" || !rest.starts_with(b"/") {
        return None;
    }
    let folder = nixpkgs::tree_for(walk.db, walk.file)?.join("nixos/modules");
    files::imported(walk.db, &files::append(&folder, rest)?)
}

/// A list of modules.
fn listed(walk: &Walk<'_>, expr: ExprId, found: &mut Contribution, most: u32) {
    let (module, Some(most)) = (walk.module, most.checked_sub(1)) else { return found.unknown = true };
    match module.exprs.get(expr.0 as usize) {
        Some(&Expr::List(items)) => module.list(items).iter().for_each(|&item| a_module(walk, item, found, most)),
        Some(&Expr::Binary { op: BinaryOp::Concat, lhs, rhs }) => {
            listed(walk, lhs, found, most);
            listed(walk, rhs, found, most);
        }
        Some(&(Expr::With { body, .. } | Expr::Assert { body, .. })) => listed(walk, body, found, most),
        Some(&Expr::Let(index)) => module.lets.get(index as usize).into_iter().for_each(|lit| listed(walk, lit.body, found, most)),
        Some(&Expr::Call { function, args }) if is_settings_rename(walk, function) => settings_renamed(walk, module.list(args), found),
        // `map (name: mkRemovedOptionModule [ … name ] …) names`, in either order.
        Some(&Expr::Call { args, .. }) => {
            let lambdas = module.list(args).iter().filter_map(|&arg| match module.exprs.get(walk.variable(arg).0 as usize) {
                Some(&Expr::Lambda(lambda)) => module.lambdas.get(lambda as usize),
                _ => None,
            });
            match lambdas.collect::<Vec<_>>()[..] {
                [lit] => a_module(walk, lit.body, found, most),
                _ => each_of(walk, expr, found, most),
            }
        }
        Some(Expr::Local(_) | Expr::Outer { .. }) => match walk.variable(expr) {
            value if value != expr => listed(walk, value, found, most),
            _ => found.unknown = true,
        },
        Some(Expr::Get { .. } | Expr::Select { .. } | Expr::WithVar(_)) => each_of(walk, expr, found, most),
        _ => found.unknown = true,
    }
}

/// The elements of a list that is worked out.
fn each_of(walk: &Walk<'_>, expr: ExprId, found: &mut Contribution, most: u32) {
    let Value { shape: Shape::List(Some(items)), sure } = whnf(walk.db, walk.value(expr)) else { return found.unknown = true };
    found.unknown |= !sure;
    for &item in items.iter() {
        match item {
            Thunk::Expr(there) => a_module(&Walk::within(walk.db, there.file, there.env), there.expr, found, most),
            _ => a_value(walk.db, item, false, found, most),
        }
    }
}

/// home-manager's function that renames several options of a set: `f oldPrefix newPrefix { } [ "a" [ "b" "c" ] { old = "d"; … } ]`.
fn is_settings_rename(walk: &Walk<'_>, function: ExprId) -> bool {
    walk.called(function).is_some_and(|name| name.as_bytes().starts_with(b"mkSettingsRenamedOptionModule"))
}

fn settings_renamed(walk: &Walk<'_>, args: &[ExprId], found: &mut Contribution) {
    let (Some(prefix), Some(&names)) = (args.first().and_then(|&prefix| walk.texts(prefix)), args.last()) else {
        return found.unknown = true;
    };
    let node = prefix.into_iter().fold(&mut found.options, |node, name| node.children.entry(name).or_default());
    let Some(&Expr::List(items)) = walk.module.exprs.get(walk.variable(names).0 as usize) else { return node.opaque = true };
    for &item in walk.module.list(items) {
        let old = set_at(walk.module, item).and_then(|set| set.attrs.iter().find(|attr| attr.name.as_bytes() == b"old"));
        let first = |expr: ExprId| match walk.module.exprs.get(expr.0 as usize) {
            Some(&Expr::List(names)) => walk.module.list(names).first().copied(),
            _ => Some(expr),
        };
        match first(old.map_or(item, |old| old.value)).and_then(|name| walk.text(name)) {
            Some(name) => {
                let node = node.children.entry(name).or_default();
                (node.opaque, node.former) = (true, true);
            }
            None => node.opaque = true,
        }
    }
}

/// The option that a function renames is there, and whatever is below it.
fn renamed(walk: &Walk<'_>, path: Option<ExprId>, found: &mut Contribution) {
    let at = |expr: ExprId| match walk.module.exprs.get(walk.variable(expr).0 as usize) {
        // `path "name"` of a function that gives a list.
        Some(&Expr::Call { function, .. }) => {
            walk.own_function(function).and_then(|own| walk.module.exprs.get(walk.variable(own.body).0 as usize))
        }
        other => other,
    };
    let mut path = path.and_then(at);
    // Of `[ "a" ] ++ names` the beginning says enough.
    while let Some(&Expr::Binary { op: BinaryOp::Concat, lhs, .. }) = path {
        path = at(lhs);
    }
    let Some(Expr::List(items)) = path else { return found.unknown = true };
    let items = walk.module.list(*items);
    // `mkMergedOptionModule` takes several.
    if items.iter().any(|&item| matches!(at(item), Some(Expr::List(_) | Expr::Binary { .. }))) {
        return items.iter().for_each(|&item| renamed(walk, Some(item), found));
    }
    let mut node = &mut found.options;
    for item in items {
        let Some(name) = walk.text(*item) else { break };
        node = node.children.entry(name).or_default();
    }
    (node.opaque, node.former) = (true, true);
}

fn set_at(module: &Module, expr: ExprId) -> Option<&nival_hir::module::AttrsLit> {
    match module.exprs.get(expr.0 as usize)? {
        Expr::Attrs(index) => module.attrsets.get(*index as usize),
        _ => None,
    }
}

/// Whether a set has an attribute, or is none that is written out.
fn mentions(module: &Module, expr: ExprId, name: &[u8]) -> bool {
    set_at(module, expr).is_none_or(|set| !set.dynamic.is_empty() || set.attrs.iter().any(|attr| attr.name.as_bytes() == name))
}

/// Something that is certainly wrong with a module of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionProblem {
    pub kind: OptionProblemKind,
    /// The names of the option, outermost first.
    pub path: Vec<Name>,
    /// Where: the name, in the file that was asked about.
    pub place: Place,
    /// A name that is like the last one and is there.
    pub suggestion: Option<Name>,
    /// The declaration that it does not fit, or what is above it.
    pub declared: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionProblemKind {
    /// Nothing declares the option.
    Unknown,
    /// Two modules declare it, and cannot both.
    Duplicate,
    /// The value is a literal of a kind (the second text) that the type (the first) does not take.
    WrongType(&'static str, String),
}

/// What is certainly wrong with a module of a closed set. Nothing of other files.
pub(crate) fn problems(db: &dyn Db, set: &ModuleSet, file: SourceFile) -> Vec<OptionProblem> {
    look(db, set, file).found
}

/// What is certainly wrong with the modules of a closed set that are written in a file that is none itself.
pub(crate) fn problems_written(db: &dyn Db, set: &ModuleSet, file: SourceFile) -> Vec<OptionProblem> {
    let mut check = Check { walk: Walk::new(db, file), set, path: Vec::new(), found: Vec::new(), settings: 0 };
    if set.is_closed() {
        set.written.iter().filter(|(there, _)| *there == file).for_each(|&(_, expr)| check.module(ExprId(expr), MOST));
    }
    check.found
}

/// How many values of options a module of a closed set sets that were looked at.
pub(crate) fn settings(db: &dyn Db, set: &ModuleSet, file: SourceFile) -> usize {
    look(db, set, file).settings
}

fn look<'a>(db: &'a dyn Db, set: &'a ModuleSet, file: SourceFile) -> Check<'a> {
    let walk = Walk::new(db, file);
    let module = walk.module;
    let mut check = Check { walk, set, path: Vec::new(), found: Vec::new(), settings: 0 };
    if set.is_closed() && set.contains(file) {
        check.module(module.root, MOST);
        if !set.disables {
            check.duplicates(&contribution(db, file).options, &set.options);
        }
    }
    check
}

struct Check<'a> {
    walk: Walk<'a>,
    set: &'a ModuleSet,
    path: Vec<Name>,
    found: Vec<OptionProblem>,
    settings: usize,
}

/// Attributes of a module that are not what it sets.
const OF_MODULE: [&[u8]; 9] =
    [b"_class", b"_file", b"_module", b"disabledModules", b"freeformType", b"imports", b"key", b"options", b"require"];

impl Check<'_> {
    fn module(&mut self, expr: ExprId, most: u32) {
        let (module, Some(most)) = (self.walk.module, most.checked_sub(1)) else { return };
        match module.exprs.get(expr.0 as usize) {
            Some(&Expr::Lambda(lambda)) => {
                let body = module.lambdas.get(lambda as usize).map(|lit| lit.body);
                body.into_iter().for_each(|body| self.module(body, most));
            }
            Some(&Expr::Let(index)) => module.lets.get(index as usize).into_iter().for_each(|lit| self.module(lit.body, most)),
            Some(&(Expr::With { body, .. } | Expr::Assert { body, .. })) => self.module(body, most),
            Some(&Expr::Attrs(index)) => {
                let Some(set) = module.attrsets.get(index as usize) else { return };
                let options = &[&*self.set.options][..];
                match set.attrs.iter().find(|attr| attr.name.as_bytes() == b"config") {
                    Some(config) => self.values(config.value, options, None, most),
                    None if set.attrs.iter().any(|attr| attr.name.as_bytes() == b"options") => {}
                    None => self.attrs(index, options, None, most, &OF_MODULE),
                }
            }
            _ => {}
        }
    }

    /// `nodes` are the options below a path, and those that may be there because a name is worked out.
    fn attrs(&mut self, index: u32, nodes: &[&Node], declared: Option<Place>, most: u32, but: &[&[u8]]) {
        let Some(set) = self.walk.module.attrsets.get(index as usize) else { return };
        if nodes.iter().any(|node| node.opaque || !node.declared.is_empty()) {
            return;
        }
        for (attr, number) in set.attrs.iter().zip(0..).filter(|(attr, _)| !but.contains(&attr.name.as_bytes())) {
            let place = Place { file: self.walk.file, kind: PlaceKind::Attr { set: index, attr: number } };
            self.path.push(attr.name);
            let children = nodes.iter().filter_map(|node| node.children.get(&attr.name));
            let children: Vec<&Node> = children.chain(nodes.iter().filter_map(|node| node.computed.as_deref())).collect();
            let options: Vec<_> = children.iter().flat_map(|child| &child.declared).collect();
            self.settings += usize::from(children.is_empty() || !options.is_empty());
            match (&children[..], &options[..]) {
                (children, _) if children.iter().any(|child| child.opaque) => {}
                ([_, ..], []) => self.values(attr.value, &children, declared, most),
                ([_], [option]) => self.value(attr.value, **option, place, most),
                ([_, ..], _) => {}
                ([], _) => {
                    let others: Vec<Name> = nodes.iter().flat_map(|node| node.children.keys().copied()).collect();
                    let problem = OptionProblem {
                        kind: OptionProblemKind::Unknown,
                        path: self.path.clone(),
                        place,
                        suggestion: similar(attr.name, &others),
                        declared,
                    };
                    self.found.push(problem);
                }
            }
            self.path.pop();
        }
    }

    /// What is set below a path at which there is no option.
    fn values(&mut self, expr: ExprId, nodes: &[&Node], declared: Option<Place>, most: u32) {
        let Some(most) = most.checked_sub(1) else { return };
        self.each(expr, most, &mut |check, expr, most| {
            if let Some(&Expr::Attrs(index)) = check.walk.module.exprs.get(expr.0 as usize) {
                let but: &[&[u8]] = if check.path.is_empty() { &[b"_module"] } else { &[] };
                check.attrs(index, nodes, declared, most, but);
            }
        });
    }

    /// The values that an expression comes down to, below conditions, priorities and merges.
    fn each(&mut self, expr: ExprId, most: u32, look: &mut dyn FnMut(&mut Self, ExprId, u32)) {
        let (module, Some(most)) = (self.walk.module, most.checked_sub(1)) else { return };
        match module.exprs.get(expr.0 as usize) {
            Some(&Expr::Let(index)) => module.lets.get(index as usize).into_iter().for_each(|lit| self.each(lit.body, most, look)),
            Some(&(Expr::With { body, .. } | Expr::Assert { body, .. })) => self.each(body, most, look),
            Some(&Expr::If { then_branch, else_branch, .. }) => {
                self.each(then_branch, most, look);
                self.each(else_branch, most, look);
            }
            Some(&Expr::Call { function, args }) => {
                let args = module.list(args);
                match (self.walk.called(function).map(Name::as_bytes), args) {
                    (Some(b"mkDefault" | b"mkForce" | b"mkBefore" | b"mkAfter" | b"mkVMOverride" | b"mkImageMediaOverride"), &[value])
                    | (Some(b"mkIf" | b"mkOverride" | b"mkOrder"), &[_, value]) => self.each(value, most, look),
                    (Some(b"mkMerge"), &[list]) => {
                        if let Some(&Expr::List(items)) = module.exprs.get(list.0 as usize) {
                            module.list(items).iter().for_each(|&item| self.each(item, most, look));
                        }
                    }
                    _ => {}
                }
            }
            _ => look(self, expr, most),
        }
    }

    /// A value of an option that one module declares.
    fn value(&mut self, expr: ExprId, option: crate::options::Declared, place: Place, most: u32) {
        let db = self.walk.db;
        let Some(accepts) = types::of_option(db, option) else { return };
        self.each(expr, most, &mut |check, expr, _| {
            let Some(literal) = literal(check.walk.module, expr) else { return };
            if let Some(problem) = mismatch(&accepts, &literal) {
                let problem =
                    OptionProblem { kind: problem, path: check.path.clone(), place, suggestion: None, declared: Some(option.place) };
                if !check.found.contains(&problem) {
                    check.found.push(problem);
                }
            }
        });
    }

    /// Options of this file that another one of the set declares, too, so that evaluating either fails.
    fn duplicates(&mut self, own: &Node, all: &Node) {
        if own.opaque {
            return;
        }
        for declared in own.declared.iter().filter(|declared| declared.place.file == self.walk.file) {
            // What is there under a condition may be there instead of the other.
            let maybe = |file| self.set.maybe.contains(&file);
            let others = all.declared.iter().filter(|other| other.place.file != self.walk.file);
            let others = others.filter(|other| !maybe(self.walk.file) && !maybe(other.place.file));
            let other = others.into_iter().find(|other| types::clash(self.walk.db, *declared, **other));
            if let Some(other) = other {
                self.found.push(OptionProblem {
                    kind: OptionProblemKind::Duplicate,
                    path: self.path.clone(),
                    place: declared.place,
                    suggestion: None,
                    declared: Some(other.place),
                });
            }
        }
        for (name, child) in &own.children {
            if let Some(all) = all.children.get(name) {
                self.path.push(*name);
                self.duplicates(child, all);
                self.path.pop();
            }
        }
    }
}

/// What a literal is.
fn literal(module: &Module, expr: ExprId) -> Option<Literal> {
    Some(match *module.exprs.get(expr.0 as usize)? {
        Expr::Const(constant) => match module.consts.get(constant as usize)? {
            Const::Int(_) => Literal::Int,
            Const::Float(_) => Literal::Float,
            Const::Str(text) => Literal::Str(Some(text.to_vec())),
            Const::Path(..) => Literal::Path,
        },
        Expr::Interpolate(_) => Literal::Str(None),
        Expr::List(_) => Literal::List,
        // One with a type may be what the module system takes for something else.
        Expr::Attrs(index) if !module.attrsets.get(index as usize)?.attrs.iter().any(|attr| attr.name.as_bytes() == b"_type") => {
            Literal::Set
        }
        Expr::Global(index) => match *GLOBALS.get(usize::from(index))? {
            "true" | "false" => Literal::Bool,
            "null" => Literal::Null,
            _ => return None,
        },
        _ => return None,
    })
}

fn mismatch(accepts: &Accepts, literal: &Literal) -> Option<OptionProblemKind> {
    (!accepts.takes(literal)).then(|| OptionProblemKind::WrongType(literal.name(), accepts.to_string()))
}
