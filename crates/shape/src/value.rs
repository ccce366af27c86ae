//! What is known of a value without running code: [`Value`], and [`Thunk`] for one that nobody has asked about yet.

use std::path::Path;
use std::sync::Arc;

use nival_hir::module::ExprId;
use nival_source::SourceFile;
use nival_syntax::Name;

/// A value to be asked about by [`crate::value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub enum Thunk<'db> {
    Unknown,
    Expr(Closure<'db>),
    Made(Made<'db>),
}

/// An expression and the arguments of the functions around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub struct Closure<'db> {
    pub file: SourceFile,
    pub expr: ExprId,
    pub env: Env<'db>,
}

/// A closure as the key of a query.
#[salsa::interned(debug)]
pub struct Interned<'db> {
    #[returns(copy)]
    pub closure: Closure<'db>,
}

/// The arguments of one call, and of those around it. Names that `let` and `rec` bind are not in it: they follow from the text.
#[salsa::interned(debug)]
pub struct Env<'db> {
    #[returns(ref)]
    pub frame: Frame<'db>,
}

/// See [`Env`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub struct Frame<'db> {
    /// Index into `Module::lambdas`; none for the frame of the file.
    pub lambda: Option<u32>,
    pub args: Box<[Thunk<'db>]>,
    pub parent: Option<Env<'db>>,
    /// How many calls are behind it: a bound of recursion that does not depend on who asks.
    pub depth: u32,
}

/// A value that no expression stands for.
#[salsa::interned(debug)]
pub struct Made<'db> {
    #[returns(ref)]
    pub kind: MadeKind<'db>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub enum MadeKind<'db> {
    Known(Known),
    Apply {
        function: Thunk<'db>,
        arg: Thunk<'db>,
    },
    Attr {
        base: Thunk<'db>,
        name: Name,
    },
    Update {
        lhs: Thunk<'db>,
        rhs: Thunk<'db>,
    },
    /// Those attributes of `of` that `names` has.
    Intersect {
        names: Thunk<'db>,
        of: Thunk<'db>,
    },
    /// One of several.
    OneOf(Box<[Thunk<'db>]>),
    List(Box<[Thunk<'db>]>),
    /// A set with these attributes, sorted by name.
    Set(Box<[Attr<'db>]>),
    /// The file at a path, imported.
    Import(Arc<Path>),
    /// A formal: an attribute of the argument, or else its default.
    Formal {
        file: SourceFile,
        env: Env<'db>,
        formal: u32,
    },
    /// A parameter of a function of which no call is known.
    Param {
        file: SourceFile,
        lambda: u32,
        index: u32,
    },
    Builtin(&'static str),
    /// See [`Model`].
    Model(Model<'db>),
    /// The package set of the nixpkgs tree at a folder, imported with an argument.
    Packages {
        root: Arc<Path>,
        args: Thunk<'db>,
        /// With only the first so many of the overlays: what the next one is given as `prev`.
        first: Option<u32>,
    },
    /// A flake or a tree of the workspace, by the folder and index of [`crate::Flake::nodes`].
    Flake {
        folder: Arc<Path>,
        node: u32,
    },
    /// A path.
    Folder(Arc<Path>),
    /// The overlays of a part of the workspace: a list.
    Overlays(Arc<Path>),
    /// What modules around a file, or around a submodule in it, make of the options at a path.
    Config {
        around: Modules,
        path: Box<[Name]>,
        /// With the options that functions declare. No value of a file refers to one of these: what functions declare may depend on it.
        all: bool,
    },
    /// What a function gives when it is given that itself.
    Fix(Thunk<'db>),
    /// What a package set is with an overlay on it: its `final`.
    Overlaid {
        overlay: Thunk<'db>,
        base: Thunk<'db>,
    },
    /// What a package is built or run on.
    Platform,
    /// The standard environment of a package set.
    Stdenv(Thunk<'db>),
    /// What `stdenv.mkDerivation` gives for an argument.
    Derivation(Thunk<'db>),
}

/// Modules that are evaluated together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub struct Modules {
    /// Those around this file.
    pub file: SourceFile,
    /// Or else only this function in it, which is a submodule.
    pub submodule: Option<u32>,
}

/// Plain values.
#[derive(Debug, Clone, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub enum Known {
    Bool,
    Int(Option<i64>),
    Float,
    Str(Option<Arc<[u8]>>),
    Path,
    Null,
    List,
    /// A set of which no attribute is known.
    Set,
    Function,
}

/// A function whose result is told by a rule of its own: its body says too little, or too much for the time there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub enum Model<'db> {
    /// `callPackage`, which takes arguments from a set.
    CallPackage(Thunk<'db>),
    /// As `callPackage`, of several packages in a set.
    CallPackages(Thunk<'db>),
    /// `newScope` of a set.
    NewScope(Thunk<'db>),
    MkDerivation,
    /// A function that makes something anew with other arguments: `override`.
    Override(Thunk<'db>),
    /// `overrideAttrs` of the derivation with these arguments.
    OverrideAttrs(Thunk<'db>),
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq, salsa::SalsaValue)]
pub struct Value<'db> {
    pub shape: Shape<'db>,
    /// Whether it follows from the text alone. If not, some of it was taken for granted: what a parameter called `pkgs` is.
    pub sure: bool,
}

/// What is known of a value; what an attribute or item is, is asked on its own.
#[derive(Debug, Clone, PartialEq, Eq, salsa::SalsaValue)]
pub enum Shape<'db> {
    /// Could be anything.
    Unknown,
    /// There is none: the evaluation ends in an error.
    Never,
    Bool(Option<bool>),
    Int(Option<i64>),
    Float,
    Str(Option<Arc<[u8]>>),
    /// An absolute path.
    Path(Option<Arc<Path>>),
    Null,
    /// The items, if they are known one by one.
    List(Option<Arc<[Thunk<'db>]>>),
    Function(Function<'db>),
    Set(Set<'db>),
    /// One of a few.
    OneOf(Arc<[Shape<'db>]>),
}

#[derive(Debug, Clone, PartialEq, Eq, salsa::SalsaValue)]
pub struct Function<'db> {
    pub kind: FunctionKind<'db>,
    /// The arguments that it was given so far, fewer than it takes.
    pub args: Arc<[Thunk<'db>]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub enum FunctionKind<'db> {
    /// Of the module of `file`, made in `env`.
    Lambda {
        file: SourceFile,
        lambda: u32,
        env: Env<'db>,
    },
    /// The name is that of the attribute of `builtins`.
    Builtin(&'static str),
    Model(Model<'db>),
    /// Nothing but that it is a function.
    Any,
}

/// An attribute set: layers of attributes, of which later ones hide earlier ones, as `//` does.
#[derive(Debug, Clone, PartialEq, Eq, salsa::SalsaValue)]
pub struct Set<'db> {
    pub layers: Arc<[Layer<'db>]>,
    pub derivation: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, salsa::SalsaValue)]
pub enum Layer<'db> {
    /// The static attributes of a set literal: index into `Module::attrsets`.
    Literal { file: SourceFile, set: u32, env: Env<'db> },
    /// Sorted by name.
    Attrs(Arc<[Attr<'db>]>),
    /// The attributes of a set, each given to a function together with its name.
    Mapped { of: Set<'db>, function: Thunk<'db> },
    /// Of one of these sets.
    Either(Arc<[Set<'db>]>),
    /// All but some attributes of a set. Sorted.
    Without { of: Set<'db>, names: Arc<[Name]> },
    /// The packages in folders by their names.
    ByName { root: Arc<Path>, packages: Thunk<'db> },
    /// Values of the options below a path.
    Options { around: Modules, path: Arc<[Name]>, all: bool },
    /// Any attributes.
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub struct Attr<'db> {
    pub name: Name,
    pub value: Thunk<'db>,
    pub place: Option<Place>,
}

/// Where something is written, free of positions: see [`crate::place_range`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub struct Place {
    pub file: SourceFile,
    pub kind: PlaceKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub enum PlaceKind {
    /// The file itself.
    File,
    /// A name in `Module::attrsets[set].attrs`.
    Attr { set: u32, attr: u32 },
    /// A name in the pattern of a function.
    Formal { lambda: u32, formal: u32 },
    /// A parameter of a function.
    Param { lambda: u32, index: u32 },
    /// An expression, whose start it is.
    Expr(u32),
}

impl<'db> Value<'db> {
    pub fn unknown() -> Self {
        Value { shape: Shape::Unknown, sure: true }
    }

    pub fn sure(shape: Shape<'db>) -> Self {
        Value { shape, sure: true }
    }

    /// The same, known no better than `sure`.
    #[must_use]
    pub fn if_sure(self, sure: bool) -> Self {
        Value { sure: self.sure && sure, ..self }
    }
}

impl<'db> From<&Known> for Shape<'db> {
    fn from(known: &Known) -> Self {
        match known {
            Known::Bool => Shape::Bool(None),
            Known::Int(int) => Shape::Int(*int),
            Known::Float => Shape::Float,
            Known::Str(text) => Shape::Str(text.clone()),
            Known::Path => Shape::Path(None),
            Known::Null => Shape::Null,
            Known::List => Shape::List(None),
            Known::Set => Shape::Set(Set::open()),
            Known::Function => Shape::Function(Function { kind: FunctionKind::Any, args: Arc::from([]) }),
        }
    }
}

impl<'db> Set<'db> {
    pub fn new(layers: impl Into<Arc<[Layer<'db>]>>) -> Self {
        Set { layers: layers.into(), derivation: false }
    }

    pub fn empty() -> Self {
        Set::new([])
    }

    pub fn open() -> Self {
        Set::new([Layer::Open])
    }
}

impl<'db> Function<'db> {
    pub fn new(kind: FunctionKind<'db>) -> Self {
        Function { kind, args: Arc::from([]) }
    }
}
