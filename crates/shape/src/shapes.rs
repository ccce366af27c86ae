//! [`Shapes`]: the questions that editor features ask.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_hir::module::{AttrName, Expr, ExprId, Param, Slot};
use nival_source::{Db, SourceFile};
use nival_syntax::Name;

use crate::eval::{ambient, file_thunk, whnf};
use crate::module_lists::{self, ModuleClass};
use crate::modules::{self, ModuleSet, OptionProblem};
use crate::places::{self, params};
use crate::set::{self, Lookup, Selected};
use crate::value::*;
use crate::{builtins, config, configurations, files, fuel, options, print};

/// Asks about values. Each question has a bound; see [`fuel`](crate::within).
#[derive(Clone, Copy)]
pub struct Shapes<'db> {
    db: &'db dyn Db,
}

/// An attribute of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'db> {
    pub name: Name,
    pub value: Thunk<'db>,
    /// Where it is defined: not the `inherit` that hands it on.
    pub place: Option<Place>,
    /// Whether that is certain.
    pub sure: bool,
}

/// The attributes of a set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes {
    /// Each once, in no order.
    pub names: Vec<(Name, Option<Place>)>,
    /// There are no others, as far as what is taken for granted holds.
    pub complete: bool,
    /// There are no others, for certain.
    pub closed: bool,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glance {
    Function,
    Package,
    /// A set, list, text or number that is written out.
    Data,
}

/// What is known of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionFacts {
    /// Where it is declared, and the argument of `mkOption` there.
    pub declared: Vec<(Place, Option<ExprId>)>,
    pub kind: options::Kind,
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    Name(Name),
    Pattern { formals: Vec<Formal>, ellipsis: bool, bind: Option<Name> },
}

/// A name in a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formal {
    pub name: Name,
    /// Its default, in the file of `place`.
    pub default: Option<ExprId>,
    pub place: Place,
}

impl<'db> Shapes<'db> {
    pub fn new(db: &'db dyn Db) -> Self {
        Shapes { db }
    }

    /// An expression where it stands in a file.
    pub fn expr(self, file: SourceFile, expr: ExprId) -> Thunk<'db> {
        Thunk::Expr(Closure { file, expr, env: ambient(self.db, file, expr) })
    }

    /// The function of a call: what its name says where nothing else does.
    pub fn callee(self, file: SourceFile, function: ExprId) -> Thunk<'db> {
        let thunk = self.expr(file, function);
        let Thunk::Expr(closure) = thunk else { return thunk };
        let named = || crate::eval::called_name(self.db, closure, function).and_then(crate::models::by_name);
        match self.value(thunk).shape {
            Shape::Unknown => named().map_or(thunk, |model| Thunk::Made(Made::new(self.db, MadeKind::Model(model)))),
            _ => thunk,
        }
    }

    /// What a function gives for an argument.
    pub fn applied(self, function: Thunk<'db>, arg: Thunk<'db>) -> Thunk<'db> {
        Thunk::Made(Made::new(self.db, MadeKind::Apply { function, arg }))
    }

    /// What a file gives when it is imported.
    pub fn file(self, file: SourceFile) -> Thunk<'db> {
        file_thunk(self.db, file)
    }

    /// What is known of a value.
    pub fn value(self, thunk: Thunk<'db>) -> Value<'db> {
        fuel::within(fuel::EDITOR, || whnf(self.db, thunk))
    }

    /// The attribute of a value at a path of names, of which those that are worked out are empty. `Err(true)` if there certainly is none.
    pub fn attribute(self, base: Thunk<'db>, path: &[Name]) -> Result<Attribute<'db>, bool> {
        let found = self.attribute_of(base, path);
        // Of options that functions declare, only what nobody spells out is asked: it takes all modules.
        let is_known = found.as_ref().is_ok_and(|found| found.place.is_some() || !matches!(self.value(found.value).shape, Shape::Unknown));
        if is_known || path.is_empty() {
            return found;
        }
        let all = (0..path.len()).find_map(|count| {
            let before = self.attribute_of(base, path.get(..count)?).ok()?;
            Some((self.with_all_options(before.value)?, path.get(count..)?))
        });
        let found_there = all.and_then(|(base, rest)| self.attribute_of(base, rest).ok());
        found_there.map_or(found, Ok)
    }

    /// The values of the options that a value has, with those that functions declare.
    fn with_all_options(self, of: Thunk<'db>) -> Option<Thunk<'db>> {
        let Shape::Set(set) = self.value(of).shape else { return None };
        let (around, path) = set.layers.iter().find_map(|layer| match layer {
            Layer::Options { around, path, all: false } if around.submodule.is_none() => Some((*around, path.clone())),
            _ => None,
        })?;
        // Now, and not within the steps of a question.
        options::all_trees(self.db, around.file);
        Some(Thunk::Made(Made::new(self.db, MadeKind::Config { around, path: path.iter().copied().collect(), all: true })))
    }

    fn attribute_of(self, base: Thunk<'db>, path: &[Name]) -> Result<Attribute<'db>, bool> {
        fuel::within(fuel::EDITOR, || {
            let mut at = Selected { value: base, sure: true, firm: true, place: None };
            for &name in path {
                let of = whnf(self.db, at.value);
                // One that is worked out has no name.
                let found = if name.as_bytes().is_empty() { set::computed(self.db, &of) } else { set::lookup(self.db, &of, name) };
                match found {
                    Lookup::Found(found) => at = Selected { sure: found.sure && at.sure, ..found },
                    Lookup::Missing { sure } => return Err(sure && at.sure),
                }
            }
            let name = path.last().copied().unwrap_or_else(|| Name::new(b""));
            Ok(Attribute { name, value: at.value, place: set::origin(self.db, at), sure: at.sure })
        })
    }

    /// The attributes of a value.
    pub fn attributes(self, of: Thunk<'db>) -> Attributes {
        let of = self.with_all_options(of).unwrap_or(of);
        fuel::within(fuel::EDITOR, || {
            let value = whnf(self.db, of);
            let (names, complete) = set::names(self.db, &value);
            Attributes { names, complete, closed: complete && value.sure }
        })
    }

    /// What the use of a name or a selection leads to, if it is an attribute or an argument that is known.
    pub fn target(self, file: SourceFile, expr: ExprId) -> Option<Attribute<'db>> {
        fuel::within(fuel::EDITOR, || {
            let Thunk::Expr(closure) = self.expr(file, expr) else { return None };
            let found = places::next(self.db, closure)?;
            Some(Attribute { name: Name::new(b""), value: found.value, place: set::origin(self.db, found), sure: found.sure })
        })
    }

    /// What kind of value an attribute is by the look of its text, without asking further.
    pub fn glance(self, base: Thunk<'db>, name: Name) -> Option<Glance> {
        let found = fuel::within(fuel::EDITOR, || set::select(self.db, &whnf(self.db, base), name))?;
        let closure = match found.value {
            Thunk::Expr(closure) => closure,
            Thunk::Made(made) => {
                return match made.kind(self.db) {
                    MadeKind::Builtin(_) | MadeKind::Model(_) => Some(Glance::Function),
                    MadeKind::Apply { function: Thunk::Made(function), .. } => match function.kind(self.db) {
                        MadeKind::Apply { function: Thunk::Made(callee), .. } if matches!(callee.kind(self.db), MadeKind::Model(_)) => {
                            Some(Glance::Package)
                        }
                        _ => None,
                    },
                    _ => None,
                };
            }
            Thunk::Unknown => return None,
        };
        let module = nival_hir::queries::module(self.db, closure.file);
        Some(match *module.exprs.get(closure.expr.0 as usize)? {
            Expr::Lambda(_) => Glance::Function,
            Expr::Call { function, .. } => {
                let name = crate::eval::called_name(self.db, closure, function)?;
                let name = name.as_bytes();
                if !name.starts_with(b"callPackage") && !name.starts_with(b"mkDerivation") {
                    return None;
                }
                Glance::Package
            }
            Expr::Const(_) | Expr::Interpolate(_) | Expr::List(_) | Expr::Attrs(_) => Glance::Data,
            _ => return None,
        })
    }

    /// The parameters that a function still takes.
    pub fn parameters(self, of: Thunk<'db>) -> Option<Vec<Parameter>> {
        let value = self.value(of);
        let function = match &value.shape {
            Shape::Function(function) => function.clone(),
            Shape::OneOf(shapes) => shapes.iter().find_map(|shape| match shape {
                Shape::Function(function) => Some(function.clone()),
                _ => None,
            })?,
            // A set that can be called, as `makeOverridable` and `setFunctionArgs` make them.
            Shape::Set(_) => {
                let functor = set::select(self.db, &value, Name::new(b"__functor"))?;
                let itself = whnf(self.db, functor.value);
                match crate::apply::apply(self.db, &itself, of).shape {
                    Shape::Function(function) => function,
                    _ => return None,
                }
            }
            _ => return None,
        };
        match function.kind {
            FunctionKind::Lambda { .. } => self.lambda_parameters(function),
            // `callPackage ./x.nix` takes what the function in the file takes.
            FunctionKind::Model(Model::CallPackage(_) | Model::CallPackages(_)) => {
                let &file = function.args.first()?;
                let callee = match fuel::within(fuel::EDITOR, || builtins::import(self.db, &[file])).shape {
                    Shape::Unknown => self.value(file).shape,
                    shape => shape,
                };
                match callee {
                    Shape::Function(callee) => self.lambda_parameters(callee),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn lambda_parameters(self, function: Function<'db>) -> Option<Vec<Parameter>> {
        let mut function = function;
        let mut found = Vec::new();
        // A pattern ends a function; what it gives may be one again.
        for _ in 0..4 {
            let Some((file, lambda, rest)) = params(self.db, &function) else { break };
            for param in rest {
                found.push(match param {
                    Param::Name(name, _) => Parameter::Name(*name),
                    Param::Pattern(pattern) => {
                        let formals = pattern.formals.iter().zip(0..).map(|(formal, index)| Formal {
                            name: formal.name,
                            default: formal.default,
                            place: Place { file, kind: PlaceKind::Formal { lambda, formal: index } },
                        });
                        let mut formals: Vec<Formal> = formals.collect();
                        formals.sort_by_key(|formal| places::place_range(self.db, formal.place).start());
                        Parameter::Pattern { formals, ellipsis: pattern.ellipsis, bind: pattern.bind.map(|(name, _)| name) }
                    }
                });
            }
            let FunctionKind::Lambda { env, .. } = function.kind else { break };
            let module = nival_hir::queries::module(self.db, file);
            let Some(body) = module.lambdas.get(lambda as usize).map(|lit| lit.body) else { break };
            let args = vec![Thunk::Unknown; function.args.len() + rest.len()];
            let inner = Env::new(
                self.db,
                Frame { lambda: Some(lambda), args: args.into(), parent: Some(env), depth: env.frame(self.db).depth + 1 },
            );
            match fuel::within(200, || whnf(self.db, Thunk::Expr(Closure { file, expr: body, env: inner }))).shape {
                Shape::Function(next) => function = next,
                _ => break,
            }
        }
        Some(found)
    }

    /// Where a function is written.
    pub fn function_place(self, of: Thunk<'db>) -> Option<Place> {
        match self.value(of).shape {
            Shape::Function(Function { kind: FunctionKind::Lambda { file, lambda, .. }, .. }) => {
                Some(Place { file, kind: PlaceKind::Param { lambda, index: 0 } })
            }
            _ => None,
        }
    }

    /// What a name stands for that a function, a `let` or a `rec` binds: its slot in the frame of a function, or of the file.
    pub fn variable(self, file: SourceFile, lambda: Option<u32>, slot: Slot) -> Option<Thunk<'db>> {
        let module = nival_hir::queries::module(self.db, file);
        let inside = match lambda {
            Some(lambda) => module.lambdas.get(lambda as usize)?.body,
            None => module.root,
        };
        let Thunk::Expr(closure) = self.expr(file, inside) else { return None };
        crate::eval::slot_thunk(self.db, file, closure.env, slot)
    }

    /// Where the argument comes from that a formal gets, if that is known.
    pub fn argument_place(self, formal: Thunk<'db>) -> Option<Place> {
        fuel::within(fuel::EDITOR, || set::origin(self.db, places::variable(self.db, formal)?))
    }

    /// Everything that provides an attribute, what counts first: the sets that were put over each other with `//` and by overlays.
    pub fn providers(self, base: Thunk<'db>, path: &[Name]) -> Vec<Place> {
        fuel::within(fuel::EDITOR, || {
            let Some((&last, before)) = path.split_last() else { return Vec::new() };
            let Ok(of) = self.attribute(base, before) else { return Vec::new() };
            set::providers(self.db, &whnf(self.db, of.value), last)
        })
    }

    /// Where a value is made: the function, the set.
    pub fn value_place(self, of: Thunk<'db>) -> Option<Place> {
        self.function_place(of).or_else(|| fuel::within(fuel::EDITOR, || set::written(self.db, &whnf(self.db, of))))
    }

    /// The name of the builtin that a function is, and how many arguments it has already.
    pub fn builtin(self, of: Thunk<'db>) -> Option<(&'static str, usize)> {
        match self.value(of).shape {
            Shape::Function(Function { kind: FunctionKind::Builtin(name), args }) => Some((name, args.len())),
            _ => None,
        }
    }

    /// What `callPackage` and its kin, or `import`, give for an argument that is a path literal: the function in the file.
    pub fn imported(self, path: &Path) -> Option<Thunk<'db>> {
        files::imported(self.db, path).map(|file| file_thunk(self.db, file))
    }

    /// The folder that `<name>` means.
    pub fn find_file(self, name: &str) -> Option<PathBuf> {
        config::find_file(self.db, name).map(|path| path.to_path_buf())
    }

    /// Whether a file is a module of NixOS or its like.
    pub fn is_module(self, file: SourceFile) -> bool {
        options::is_module(self.db, file)
    }

    /// Whether the workspace names a file as a module, without a look at its text.
    pub fn is_listed_module(self, file: SourceFile) -> bool {
        module_lists::listed(self.db, file).is_some()
    }

    /// What a file is evaluated by if it is a module.
    pub fn module_class(self, file: SourceFile) -> ModuleClass {
        module_lists::class_of(self.db, file)
    }

    /// Of which project's tree a file is part: nixpkgs', home-manager's or nix-darwin's.
    pub fn tree_class(self, file: SourceFile) -> Option<ModuleClass> {
        module_lists::tree_class(self.db, file)
    }

    /// The options that a path in a module is one of, and the path among them: a user's in NixOS are those of home-manager.
    fn options_around(self, file: SourceFile, path: &[Name]) -> (Vec<Arc<options::Node>>, &[Name]) {
        if let [manager, users, _, rest @ ..] = path
            && (manager.as_bytes(), users.as_bytes()) == (b"home-manager", b"users")
            && self.module_class(file) != ModuleClass::Home
            && let Some(lists) = module_lists::lists_for(self.db, file, ModuleClass::Home)
        {
            // A module of its own, which may say `config`.
            let rest = rest.strip_prefix(&[Name::new(b"config")]).unwrap_or(rest);
            return (vec![modules::module_set(self.db, Some(lists), Vec::new()).options.clone()], rest);
        }
        (options::all_trees(self.db, file), path)
    }

    /// The names that options have next at a path, for a module.
    pub fn options(self, file: SourceFile, path: &[Name]) -> Vec<Name> {
        let (trees, path) = self.options_around(file, path);
        options::names(&trees, path).into_iter().map(|(name, _)| name).collect()
    }

    /// The option at a path, for a module.
    pub fn option(self, file: SourceFile, path: &[Name]) -> Option<OptionFacts> {
        let (trees, path) = self.options_around(file, path);
        let nodes = options::at(&trees, path);
        let mut declared: Vec<options::Declared> = Vec::new();
        for found in nodes.iter().flat_map(|node| &node.declared) {
            if !declared.contains(found) {
                declared.push(*found);
            }
        }
        let kind = nodes.iter().map(|node| node.kind.clone()).find(|kind| *kind != options::Kind::Unknown).unwrap_or_default();
        (!declared.is_empty()).then(|| OptionFacts { declared: declared.iter().map(|d| (d.place, d.argument)).collect(), kind })
    }

    /// The modules of NixOS, home-manager or nix-darwin with some more and all that they import, if the tree is known that a file is
    /// evaluated with.
    pub fn module_set(self, file: SourceFile, class: ModuleClass, more: Vec<SourceFile>) -> Option<&'db ModuleSet> {
        let lists = module_lists::lists_for(self.db, file, class)?;
        Some(modules::module_set(self.db, Some(lists), more))
    }

    /// The modules of each configuration that a flake's text spells out and whose tree of modules is on the disk.
    pub fn configurations(self, flake: SourceFile) -> Vec<&'db ModuleSet> {
        let found = configurations::of_flake(self.db, flake).into_iter();
        found.map(|of| &**modules::of_configuration(self.db, flake, of)).collect()
    }

    /// What is certainly wrong with a module of a set; nothing where the set is not closed.
    pub fn option_problems(self, set: &ModuleSet, file: SourceFile) -> Vec<OptionProblem> {
        modules::problems(self.db, set, file)
    }

    /// The modules of home-manager's users in a configuration of NixOS or nix-darwin, if all of them are in sight.
    pub fn users(self, set: &ModuleSet) -> Option<&'db ModuleSet> {
        crate::users::of_set(self.db, set).map(|set| &**set)
    }

    /// What is certainly wrong with the modules of a set that are written in a file which is none of its members.
    pub fn written_option_problems(self, set: &ModuleSet, file: SourceFile) -> Vec<OptionProblem> {
        modules::problems_written(self.db, set, file)
    }

    /// How many values of options a module of a closed set gives that were looked at.
    pub fn settings(self, set: &ModuleSet, file: SourceFile) -> usize {
        modules::settings(self.db, set, file)
    }

    /// The package set of a nixpkgs tree.
    pub fn packages(self, root: &Path) -> Thunk<'db> {
        Thunk::Made(Made::new(self.db, MadeKind::Packages { root: root.into(), args: Thunk::Unknown, first: None }))
    }

    /// The library of functions for a file that does not say which one it has.
    pub fn lib(self, file: SourceFile) -> Option<Thunk<'db>> {
        crate::nixpkgs::lib_for(self.db, file)
    }

    /// What a parameter of this name is taken for where nobody in sight calls its function, without a look at the file's own text.
    pub fn parameter_called(self, file: SourceFile, name: &[u8]) -> Option<Thunk<'db>> {
        match name {
            b"lib" => crate::nixpkgs::lib_for(self.db, file),
            b"pkgs" => crate::nixpkgs::packages_for(self.db, file),
            b"inputs" if !file.path(self.db).ends_with("flake.nix") => crate::flakes::inputs(self.db, file),
            _ => None,
        }
    }

    /// In one line: `{ a, b, … }`, `x: { lib, stdenv ? …, ... }: derivation`.
    pub fn describe(self, of: Thunk<'db>) -> Option<String> {
        fuel::within(fuel::EDITOR, || print::describe(self.db, &whnf(self.db, of)))
    }

    /// In a word or two, without looking further: `set`, `function`, `string`.
    pub fn kind(self, of: Thunk<'db>) -> Option<&'static str> {
        fuel::within(fuel::EDITOR, || print::kind(&whnf(self.db, of).shape))
    }

    /// A name of an attribute path; empty if it is not known.
    pub fn name_of(self, file: SourceFile, owner: ExprId, part: AttrName) -> Name {
        let known = match self.expr(file, owner) {
            Thunk::Expr(closure) => fuel::within(fuel::EDITOR, || crate::eval::static_name(self.db, closure, part)),
            _ => None,
        };
        known.unwrap_or_else(|| Name::new(b""))
    }

    /// A builtin by the name of its attribute.
    pub fn builtin_thunk(self, name: &'static str) -> Option<Thunk<'db>> {
        builtins::arity(name)?;
        Some(Thunk::Made(Made::new(self.db, MadeKind::Builtin(name))))
    }
}
