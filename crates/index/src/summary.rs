//! [`FileSummary`]: what is kept of one file.

use nival_hir::Lowered;
use nival_hir::globals::GLOBALS;
use nival_hir::module::{AttrName, BinaryOp, Const, Expr, ExprId, Module, Param, PathKind, Slot};
use nival_hir::scopes::BindingKind;
use nival_syntax::{Name, TextRange, TextSize};
use rustc_hash::FxHashMap;

use crate::kind::{self, Shape};

/// See [`summarise`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileSummary {
    /// What the text alone says the file is.
    pub shape: Shape,
    /// The paths that it names, in the order of the text.
    pub edges: Box<[Edge]>,
    /// What it defines; outer ones before what is in them.
    pub symbols: Box<[Symbol]>,
    /// The names of attributes that it defines, selects, inherits, takes as an argument or looks up in a `with`. Sorted by
    /// [`Name`]: a file without a name among them has no reference to an attribute of that name.
    pub names: Box<[Name]>,
    /// The arguments that the file's function names, sorted by [`Name`].
    pub formals: Box<[Name]>,
    /// Somewhere it asks whether a path exists, or catches an error: what a missing path means here is not certain.
    pub guards: bool,
}

/// A path in a file, and how it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    pub how: Reach,
    pub base: PathKind,
    /// As in [`Const::Path`], with what is added to it (`./. + "/x.nix"`).
    pub path: Box<[u8]>,
    /// The literal, or the sum.
    pub range: TextRange,
    /// What is defined as the file: index into [`FileSummary::symbols`].
    pub symbol: Option<u32>,
    /// What the file gives is called at once: `import ./x { }`.
    pub applied: bool,
    /// In a branch of an `if`, or in an argument of `optional` and the like.
    pub conditional: bool,
    /// The value of the file cannot be known without that of the path's file. Not every such edge has it.
    pub strict: bool,
}

/// How a path is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    /// `import ./x`.
    Import,
    /// `callPackage ./x { }` and functions called alike.
    CallPackage,
    /// An element of `imports = [ … ]`, `modules = [ … ]` and the like.
    Module,
    /// An element of `overlays = [ … ]`.
    Overlay,
    /// `readDir ./x`: what is below is found by its name.
    Folder,
    /// `pathExists ./x`.
    Asked,
    /// Any other: a source, a patch, a file that is read.
    Path,
}

impl Reach {
    /// Whether the file is code that is run.
    pub fn runs(self) -> bool {
        matches!(self, Reach::Import | Reach::CallPackage | Reach::Module | Reach::Overlay)
    }
}

/// A definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    pub name: Name,
    /// Index of the symbol that it is in.
    pub parent: Option<u32>,
    /// Where the name is.
    start: u32,
    len: u16,
    pub kind: SymbolKind,
    flags: u8,
}

impl Symbol {
    const LOCAL: u8 = 1;
    const ARGUMENT: u8 = 2;

    /// The name at its definition.
    pub fn range(&self) -> TextRange {
        TextRange::at(TextSize::new(self.start), TextSize::new(self.len.into()))
    }

    /// Bound by `let`, and not seen from outside.
    pub fn is_local(&self) -> bool {
        self.flags & Self::LOCAL != 0
    }

    /// In a set that a function is called with.
    pub fn is_argument(&self) -> bool {
        self.flags & Self::ARGUMENT != 0
    }
}

/// What the value looks like, without evaluating it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    Set,
    Function,
    List,
    Str,
    Number,
    Path,
    /// The result of a call.
    Call,
    Other,
}

/// Everything that the index keeps of a file. Pure; any text gives a summary.
pub fn summarise(lowered: &Lowered) -> FileSummary {
    let module = &*lowered.module;
    let mut variables: Vec<Option<Name>> = vec![None; module.exprs.len()];
    for reference in lowered.scopes.references() {
        if let Some(place) = variables.get_mut(reference.expr.0 as usize) {
            *place = Some(reference.name);
        }
    }
    let mut symbols = Vec::new();
    let mut locals = FxHashMap::default();
    for (_, binding) in lowered.scopes.bindings().filter(|(_, b)| b.kind == BindingKind::Let && !b.inherited) {
        let lambda = lowered.scopes.scope(binding.scope).and_then(|scope| scope.lambda);
        locals.insert((lambda, binding.slot), symbols.len() as u32);
        symbols.push(Symbol {
            name: binding.name,
            parent: None,
            start: binding.range.start().into(),
            len: u16::try_from(u32::from(binding.range.len())).unwrap_or(u16::MAX),
            kind: SymbolKind::Other,
            flags: Symbol::LOCAL,
        });
    }
    let mut walk = Walk { lowered, module, variables, locals, stack: Vec::new(), found: FileSummary::default(), names: Vec::new() };
    walk.run(symbols);
    let Walk { mut found, mut names, mut variables, .. } = { walk };
    names.sort_unstable();
    names.dedup();
    found.names = names.into();
    found.formals = kind::formals(module);
    found.shape = kind::shape(module, &found, &mut |id| variables.get_mut(id.0 as usize).and_then(|name| *name));
    found
}

/// What a value is an element of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    Modules,
    Overlays,
    /// The argument of a function that is called.
    Argument(Reach, bool),
}

#[derive(Clone, Copy)]
struct Visit {
    expr: ExprId,
    symbol: Option<u32>,
    place: Place,
    conditional: bool,
    /// Whether it is below the argument of a call; `None` where definitions are not worth keeping.
    argument: Option<bool>,
    /// Evaluated whenever the file is.
    strict: bool,
    /// The innermost function around.
    lambda: Option<u32>,
}

struct Walk<'a> {
    lowered: &'a Lowered,
    module: &'a Module,
    /// What variables are called, by expression.
    variables: Vec<Option<Name>>,
    /// The symbols of what `let` binds: by the function around and the place in its frame.
    locals: FxHashMap<(Option<u32>, Slot), u32>,
    stack: Vec<Visit>,
    found: FileSummary,
    names: Vec<Name>,
}

/// Attributes whose lists hold modules.
const MODULE_LISTS: [&[u8]; 6] = [b"imports", b"modules", b"baseModules", b"extraModules", b"sharedModules", b"specialModules"];
const OVERLAY_LISTS: [&[u8]; 2] = [b"overlays", b"crossOverlays"];
/// Functions whose arguments are not definitions of anything: their attributes are never looked for by name.
const DULL: [&str; 6] = ["fetch", "mkOption", "mkEnableOption", "callPackage", "import", "override"];

impl Walk<'_> {
    /// `symbols` are those that there are already.
    fn run(&mut self, mut symbols: Vec<Symbol>) {
        let mut edges = Vec::new();
        let root = Visit {
            expr: self.module.root,
            symbol: None,
            place: Place::Anywhere,
            conditional: false,
            argument: Some(false),
            strict: true,
            lambda: None,
        };
        self.stack.push(root);
        while let Some(visit) = self.stack.pop() {
            self.visit(visit, &mut edges, &mut symbols);
        }
        edges.sort_by_key(|edge| edge.range.start());
        self.found.edges = edges.into();
        self.found.symbols = symbols.into();
    }

    fn visit(&mut self, visit: Visit, edges: &mut Vec<Edge>, symbols: &mut Vec<Symbol>) {
        let module = self.module;
        let Some(&expr) = module.exprs.get(visit.expr.0 as usize) else { return };
        match expr {
            Expr::Const(index) => {
                if let Some(Const::Path(base, path)) = module.consts.get(index as usize) {
                    edges.push(self.edge(visit, base, path.into()));
                }
            }
            Expr::Attrs(index) => self.attrs(Visit { strict: false, ..visit }, index, symbols),
            Expr::List(items) => {
                for &item in module.list(items).iter().rev() {
                    // A list in an argument is not the argument.
                    let place = if matches!(visit.place, Place::Argument(..)) { Place::Anywhere } else { visit.place };
                    self.stack.push(Visit { expr: item, place, strict: false, ..visit });
                }
            }
            Expr::Call { function, args } => self.call(visit, function, module.list(args)),
            Expr::Binary { op: BinaryOp::Add, lhs, rhs } if self.sum(visit, lhs, rhs, edges) => {}
            Expr::Binary { op: BinaryOp::Concat, lhs, rhs } => {
                self.stack.extend([rhs, lhs].map(|expr| Visit { expr, ..visit }));
            }
            Expr::Let(index) => {
                let Some(lets) = module.lets.get(index as usize) else { return };
                self.stack.push(Visit { expr: lets.body, ..visit });
                let inside = Visit { symbol: None, place: Place::Anywhere, argument: None, strict: false, ..visit };
                self.stack.extend(lets.sources.iter().map(|&(_, expr)| Visit { expr, ..inside }));
                for &(slot, expr) in lets.defs.iter().rev() {
                    // A package set or a library often has a name first.
                    let symbol = self.locals.get(&(visit.lambda, slot)).copied();
                    self.stack.push(Visit { expr, symbol, argument: symbol.map(|_| false), ..inside });
                }
            }
            Expr::With { namespace, body, .. } => {
                self.stack.push(Visit { expr: body, ..visit });
                self.stack.push(Visit { expr: namespace, place: Place::Anywhere, strict: false, ..visit });
            }
            Expr::Assert { condition, body } => {
                self.stack.push(Visit { expr: body, ..visit });
                self.stack.push(Visit { expr: condition, place: Place::Anywhere, ..visit });
            }
            Expr::If { condition, then_branch, else_branch } => {
                self.stack.extend([else_branch, then_branch].map(|expr| Visit { expr, conditional: true, strict: false, ..visit }));
                self.stack.push(Visit { expr: condition, place: Place::Anywhere, ..visit });
            }
            Expr::Lambda(index) => {
                let Some(lambda) = module.lambdas.get(index as usize) else { return };
                let visit = Visit { lambda: Some(index), ..visit };
                self.stack.push(Visit { expr: lambda.body, strict: false, ..visit });
                if let Some(Param::Pattern(pattern)) = lambda.params.last() {
                    self.names.extend(pattern.formals.iter().map(|formal| formal.name));
                    let defaults = pattern.formals.iter().filter_map(|formal| formal.default);
                    self.stack.extend(defaults.map(|expr| Visit {
                        expr,
                        place: Place::Anywhere,
                        conditional: true,
                        strict: false,
                        ..visit
                    }));
                }
            }
            Expr::WithVar(index) => self.names.extend(module.withs.get(index as usize).map(|var| var.name)),
            _ => {
                match expr {
                    Expr::Get { name, .. } => self.names.push(name),
                    Expr::Select { path, .. } | Expr::HasAttr { path, .. } => {
                        let parts = module.paths.get(path as usize).map_or(&[][..], |path| &path.parts);
                        self.names.extend(parts.iter().filter_map(|part| match part {
                            AttrName::Static(name) => Some(*name),
                            AttrName::Dynamic(_) => None,
                        }));
                    }
                    _ => {}
                }
                let stack = &mut self.stack;
                // The base of a selection, and the operands of what needs both.
                let is_operator =
                    matches!(expr, Expr::Binary { op, .. } if !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Implies));
                let is_selection = matches!(expr, Expr::Get { .. } | Expr::Select { .. } | Expr::HasAttr { .. });
                let strict = visit.strict && (is_operator || is_selection);
                let mut first = true;
                module.children(visit.expr, |expr| {
                    stack.push(Visit { expr, place: Place::Anywhere, strict: strict && (first || is_operator), ..visit });
                    first = false;
                });
            }
        }
    }

    fn edge(&self, visit: Visit, base: PathKind, path: Box<[u8]>) -> Edge {
        let (how, applied) = match visit.place {
            Place::Anywhere => (Reach::Path, false),
            Place::Modules => (Reach::Module, false),
            Place::Overlays => (Reach::Overlay, false),
            Place::Argument(how, applied) => (how, applied),
        };
        let range = self.lowered.source_map.expr_range(visit.expr);
        Edge { how, base, path, range, symbol: visit.symbol, applied, conditional: visit.conditional, strict: visit.strict }
    }

    /// `./. + "/x.nix"` is a path, too.
    fn sum(&self, visit: Visit, lhs: ExprId, rhs: ExprId, edges: &mut Vec<Edge>) -> bool {
        let constant = |id: ExprId| match self.module.exprs.get(id.0 as usize) {
            Some(Expr::Const(index)) => self.module.consts.get(*index as usize),
            _ => None,
        };
        let (Some(Const::Path(base, path)), Some(Const::Str(rest))) = (constant(lhs), constant(rhs)) else { return false };
        if !rest.starts_with(b"/") {
            return false;
        }
        edges.push(self.edge(visit, base, [path, rest].concat().into()));
        true
    }

    fn attrs(&mut self, visit: Visit, index: u32, symbols: &mut Vec<Symbol>) {
        let Some(set) = self.module.attrsets.get(index as usize) else { return };
        // Sets are sorted by numbers that differ from process to process.
        let mut places: Vec<_> = (0..set.attrs.len()).map(|number| (self.lowered.source_map.attr(index, number as u32), number)).collect();
        places.sort_by_key(|(place, _)| place.name.start());
        for (place, attr) in places.into_iter().filter_map(|(place, number)| Some((place, set.attrs.get(number)?))) {
            self.names.push(attr.name);
            // A set that is written as a path stands where its name does, too.
            let set = matches!(self.module.exprs.get(attr.value.0 as usize), Some(Expr::Attrs(_)));
            let inherited = !set && self.lowered.source_map.expr_range(attr.value) == place.name;
            let mut symbol = visit.symbol;
            if let Some(argument) = visit.argument
                && !inherited
            {
                symbol = Some(symbols.len() as u32);
                symbols.push(Symbol {
                    name: attr.name,
                    parent: visit.symbol,
                    start: place.name.start().into(),
                    len: u16::try_from(u32::from(place.name.len())).unwrap_or(u16::MAX),
                    kind: kind::symbol_kind(self.module, attr.value),
                    flags: if argument { Symbol::ARGUMENT } else { 0 },
                });
            }
            let name = attr.name.as_bytes();
            let place = match () {
                () if MODULE_LISTS.contains(&name) => Place::Modules,
                () if OVERLAY_LISTS.contains(&name) => Place::Overlays,
                () => Place::Anywhere,
            };
            self.stack.push(Visit { expr: attr.value, symbol, place, ..visit });
        }
        for source in &set.sources {
            self.stack.push(Visit { expr: source.1, place: Place::Anywhere, ..visit });
        }
        for dynamic in &set.dynamic {
            self.stack.push(Visit { expr: dynamic.value, place: Place::Anywhere, ..visit });
            self.stack.push(Visit { expr: dynamic.name, place: Place::Anywhere, ..visit });
        }
    }

    /// What a function is called, if it is a variable or selected by a name.
    fn name_of(&self, function: ExprId) -> Option<&'static str> {
        called(self.module, function, |id| self.variables.get(id.0 as usize).and_then(|name| *name))
    }

    fn call(&mut self, visit: Visit, function: ExprId, args: &[ExprId]) {
        let name = self.name_of(function).unwrap_or_default();
        let (position, how) = match name {
            "import" => (0, Reach::Import),
            "scopedImport" => (1, Reach::Import),
            "readDir" | "listFilesRecursive" => (0, Reach::Folder),
            "pathExists" => (0, Reach::Asked),
            "callPackageWith" | "callPackagesWith" | "newScope" => (1, Reach::CallPackage),
            name if name.starts_with("callPackage") || name.ends_with("CallPackage") => (0, Reach::CallPackage),
            _ => (usize::MAX, Reach::Path),
        };
        self.found.guards |= matches!(name, "pathExists" | "tryEval" | "readDir" | "readFileType");
        let conditional = visit.conditional || name.starts_with("optional") || matches!(name, "mkIf" | "tryEval");
        let dull = DULL.iter().any(|dull| name.starts_with(dull));
        let in_list = matches!(visit.place, Place::Modules | Place::Overlays);
        for (number, &expr) in args.iter().enumerate() {
            let place = match () {
                () if number == position => Place::Argument(how, args.len() > position + 1 || how == Reach::CallPackage),
                () if in_list => visit.place,
                () => Place::Anywhere,
            };
            // A module that is imported is reached as an import.
            let argument = if dull { None } else { visit.argument.map(|_| true) };
            // What is imported is known for its path; other arguments may not be needed.
            let strict = visit.strict && how == Reach::Import && number == position;
            self.stack.push(Visit { expr, place, conditional, argument, strict, ..visit });
        }
        self.stack.push(Visit { expr: function, place: Place::Anywhere, ..visit });
    }
}

/// The last name of what is called: `lib.callPackageWith`, `callPackage`.
pub(crate) fn called(module: &Module, function: ExprId, variable: impl FnOnce(ExprId) -> Option<Name>) -> Option<&'static str> {
    let name = match *module.exprs.get(function.0 as usize)? {
        Expr::Global(index) => return GLOBALS.get(index as usize).map(|name| name.trim_start_matches("__")),
        Expr::Local(_) | Expr::Outer { .. } | Expr::WithVar(_) => variable(function)?,
        Expr::Get { name, .. } | Expr::Undefined(name) => name,
        Expr::Select { path, .. } => match module.paths.get(path as usize)?.parts.last()? {
            AttrName::Static(name) => *name,
            AttrName::Dynamic(_) => return None,
        },
        _ => return None,
    };
    std::str::from_utf8(name.as_bytes()).ok()
}
