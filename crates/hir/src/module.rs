//! [`Module`]: the one intermediate form of a file. Analysis reads it and the evaluator runs it.
//!
//! A module holds no positions (those are in the `SourceMap` beside it), so that two texts that differ only in
//! layout or comments lower to equal modules. It owns no reference to its file: relative paths stay relative.
//!
//! # Frames
//! At run time there is one *frame* (an array of value slots with a link to the frame of the enclosing function) for the
//! file and one for each call of a [`Lambda`]. Everything that a body binds outside of nested functions takes a slot in
//! that frame: parameters, formals, `let` and `rec` names, the sets of `with`, the sources of `inherit (e)`.
//! This is sound because an expression is evaluated at most once per frame (a thunk runs once; if it failed and runs
//! again it writes equal values). A variable is therefore `(depth, slot)`, where depth counts enclosing functions.
//!
//! # Functions
//! `a: b: { c }: body` is one [`Lambda`] of three parameters with one frame: a parameter that is a plain name is fused
//! with the function that its body consists of. A pattern is always the last parameter of its lambda, because applying
//! a function to it checks the argument at once.

mod consts;
mod memory;

use nival_syntax::Name;

pub use self::consts::{Const, Consts};

/// Index into [`Module::exprs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub u32);

/// Index of a slot in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// A run of [`Module::lists`]: the parts of a string, the items of a list, the arguments of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExprRange {
    pub start: u32,
    pub len: u32,
}

/// A lowered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    pub exprs: Box<[Expr]>,
    /// Backing store of every [`ExprRange`].
    pub lists: Box<[ExprId]>,
    pub consts: Consts,
    pub lambdas: Box<[Lambda]>,
    /// The first one, [`Module::EMPTY_SET`], is every `{ }`: half of the sets of package lists.
    pub attrsets: Box<[AttrsLit]>,
    pub lets: Box<[LetLit]>,
    pub paths: Box<[AttrPath]>,
    pub withs: Box<[WithVar]>,
    pub with_links: Box<[WithLink]>,
    /// None but in a module that was lowered to be changed in parts: see `LowerOptions::patchable`.
    pub patches: Box<[Patch]>,
    /// How many inline-cache sites ([`Expr::Get`] and friends) the module has; sites are numbered from 0.
    pub sites: u32,
    /// Slots of the file's own frame. The first ones hold the names given in `LowerOptions::scope`, in order.
    pub frame_size: u32,
    pub root: ExprId,
}

/// An expression; 16 bytes. Children are indices, so that the tree is flat and comparable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expr {
    /// Stands where the text had an error. A module with errors is not evaluated as a whole file.
    Missing,
    Const(u32),
    /// A slot of the current frame.
    Local(Slot),
    /// A slot of the frame `depth` (at least 1) functions up.
    Outer {
        depth: u32,
        slot: Slot,
    },
    /// A name of the initial scope: index into [`crate::globals::GLOBALS`].
    Global(u16),
    /// A name that only enclosing `with`s can provide: index into [`Module::withs`].
    WithVar(u32),
    /// A name that nothing can provide. Reported as an error of the file, as Nix does.
    Undefined(Name),
    /// `"a${b}c"`: parts are string constants and expressions. At least one part is not a constant.
    Interpolate(ExprRange),
    /// `./a/${b}`: the first part is a path constant.
    PathInterpolate(ExprRange),
    List(ExprRange),
    Attrs(u32),
    Let(u32),
    With {
        slot: Slot,
        namespace: ExprId,
        body: ExprId,
    },
    Lambda(u32),
    /// Application to one or more arguments: `f a b` is one call.
    Call {
        function: ExprId,
        args: ExprRange,
    },
    /// `base.name`, the commonest selection. `site` numbers its inline cache.
    Get {
        base: ExprId,
        name: Name,
        site: u32,
    },
    /// `base.a.${b}` and `base.a or default`: index into [`Module::paths`].
    Select {
        base: ExprId,
        path: u32,
        default: Option<ExprRef>,
    },
    HasAttr {
        base: ExprId,
        path: u32,
    },
    If {
        condition: ExprId,
        then_branch: ExprId,
        else_branch: ExprId,
    },
    Assert {
        condition: ExprId,
        body: ExprId,
    },
    Not(ExprId),
    /// `-x`, where `__sub` is not shadowed.
    Negate(ExprId),
    Binary {
        op: BinaryOp,
        lhs: ExprId,
        rhs: ExprId,
    },
    CurPos,
    /// The value of a binding in a patchable module, which can be replaced by another while the rest goes on as it is: index
    /// into [`Module::patches`].
    Patch(u32),
}

/// See [`Expr::Patch`]. Its body has a frame of its own, so that nothing around it depends on how many slots the body takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patch {
    pub body: ExprId,
    pub frame_size: u32,
}

/// An [`ExprId`] plus one, so that `Option` of it takes four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExprRef(pub std::num::NonZeroU32);

impl ExprRef {
    pub fn new(id: ExprId) -> Self {
        ExprRef(std::num::NonZeroU32::MIN.saturating_add(id.0))
    }
    pub fn get(self) -> ExprId {
        ExprId(self.0.get() - 1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Concat,
    Add,
    Sub,
    Mul,
    Div,
    Update,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    Implies,
}

/// What the text of a path constant is relative to. `<a/b>` is not a constant but a call of `__findFile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PathKind {
    Absolute,
    /// To the folder of the file.
    Relative,
    /// `~/x`: the text after `~/`, relative to the user's home; an error in pure evaluation.
    Home,
}

/// A function. See the module documentation for fusing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lambda {
    /// At least one. Only the last may be a pattern.
    pub params: Box<[Param]>,
    pub body: ExprId,
    /// All slots of a call's frame. The slot of the parameter number i, where it is a plain name, is i.
    pub frame_size: u32,
    /// The name it is bound to, for messages: `f = x: x`.
    pub name: Option<Name>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    Name(Name, Slot),
    Pattern(Box<Pattern>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Sorted by [`Name`] (not alphabetically). Defaults see all formals and the `@` name.
    pub formals: Box<[Formal]>,
    pub ellipsis: bool,
    /// `args@{ ... }`.
    pub bind: Option<(Name, Slot)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formal {
    pub name: Name,
    pub slot: Slot,
    pub default: Option<ExprId>,
}

/// An attribute set, nested paths already merged (`a.b = 1; a.c = 2;` is `a = { b = 1; c = 2; }`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttrsLit {
    /// Sorted by [`Name`], without duplicates.
    pub attrs: Box<[AttrDef]>,
    /// In the order of the text; evaluated after the static ones are in place.
    pub dynamic: Box<[DynamicDef]>,
    /// Sources of `inherit (e)`: a lazy value each, put into its slot before any attribute.
    pub sources: Box<[(Slot, ExprId)]>,
    pub recursive: bool,
    /// `rec { __overrides = ...; }` was written.
    pub overrides: bool,
}

impl AttrsLit {
    /// `{ }`.
    pub(crate) fn empty() -> AttrsLit {
        AttrsLit { attrs: Box::default(), dynamic: Box::default(), sources: Box::default(), recursive: false, overrides: false }
    }

    /// `{ }` or `rec { }`.
    pub fn is_empty(&self) -> bool {
        self.attrs.is_empty() && self.dynamic.is_empty() && self.sources.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttrDef {
    pub name: Name,
    /// For `inherit x` the variable in the outer scope; for `inherit (e) x` a [`Expr::Get`] on the source's slot.
    pub value: ExprId,
    /// In a recursive set, the slot through which its own expressions see it.
    pub slot: Option<Slot>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynamicDef {
    /// Evaluates to a string, or to null, which leaves the attribute out.
    pub name: ExprId,
    pub value: ExprId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetLit {
    pub sources: Box<[(Slot, ExprId)]>,
    pub defs: Box<[(Slot, ExprId)]>,
    pub body: ExprId,
}

/// `a."b".${c}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttrPath {
    pub parts: Box<[AttrName]>,
    /// The inline-cache site of the first part; part i has `site + i`.
    pub site: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttrName {
    Static(Name),
    Dynamic(ExprId),
}

/// A name looked up in the enclosing `with`s, innermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithVar {
    pub name: Name,
    /// How many functions the name is inside of.
    pub level: u32,
    /// The innermost `with`: index into [`Module::with_links`].
    pub innermost: u32,
    /// The inline-cache site of the first link; see [`WithVar::site_of`].
    pub site: u32,
}

/// A `with`, and the one around it. A list of links and not a list in each [`WithVar`], so that a deep text stays small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithLink {
    /// How many functions the `with` is inside of.
    pub level: u32,
    /// Its set, in the frame of the innermost of these functions.
    pub slot: Slot,
    /// Index of the next link outwards, which is smaller than the index of this one.
    pub next: Option<u32>,
}

impl WithVar {
    /// Links with a site of their own. Those farther out share the last.
    pub const SITES: u32 = 8;

    /// The inline-cache site of link `link`.
    pub fn site_of(&self, link: u32) -> u32 {
        self.site + link.min(Self::SITES - 1)
    }
}

impl Module {
    /// Where `{ }` is in [`Module::attrsets`].
    pub const EMPTY_SET: u32 = 0;

    /// The `with`s that may have a name, innermost first: `(depth, slot)` of the set of each; depth 0 is the current frame.
    pub fn with_chain(&self, var: &WithVar) -> impl Iterator<Item = (u32, Slot)> + '_ {
        let level = var.level;
        let first = self.with_links.get(var.innermost as usize);
        std::iter::successors(first, |link| link.next.and_then(|next| self.with_links.get(next as usize)))
            .map(move |link| (level.saturating_sub(link.level), link.slot))
    }

    /// The expressions of a run; none for one out of bounds.
    pub fn list(&self, range: ExprRange) -> &[ExprId] {
        self.lists.get(range.start as usize..range.start as usize + range.len as usize).unwrap_or_default()
    }

    /// Calls `visit` with each direct child of an expression, in the order in which Nix binds their variables.
    pub fn children(&self, id: ExprId, mut visit: impl FnMut(ExprId)) {
        let Some(&expr) = self.exprs.get(id.0 as usize) else { return };
        match expr {
            Expr::Missing
            | Expr::Const(_)
            | Expr::Local(_)
            | Expr::Outer { .. }
            | Expr::Global(_)
            | Expr::WithVar(_)
            | Expr::Undefined(_)
            | Expr::CurPos => {}
            Expr::Interpolate(range) | Expr::PathInterpolate(range) | Expr::List(range) => self.list(range).iter().copied().for_each(visit),
            Expr::Attrs(index) => {
                let Some(set) = self.attrsets.get(index as usize) else { return };
                set.sources.iter().for_each(|source| visit(source.1));
                set.attrs.iter().for_each(|attr| visit(attr.value));
                for dynamic in &set.dynamic {
                    visit(dynamic.name);
                    visit(dynamic.value);
                }
            }
            Expr::Let(index) => {
                let Some(lets) = self.lets.get(index as usize) else { return };
                lets.sources.iter().chain(&lets.defs).for_each(|def| visit(def.1));
                visit(lets.body);
            }
            Expr::With { namespace, body, .. } => [namespace, body].into_iter().for_each(visit),
            Expr::Lambda(index) => {
                let Some(lambda) = self.lambdas.get(index as usize) else { return };
                if let Some(Param::Pattern(pattern)) = lambda.params.last() {
                    pattern.formals.iter().filter_map(|formal| formal.default).for_each(&mut visit);
                }
                visit(lambda.body);
            }
            Expr::Call { function, args } => {
                visit(function);
                self.list(args).iter().copied().for_each(visit);
            }
            Expr::Get { base, .. } => visit(base),
            Expr::Select { base, path, default } => {
                visit(base);
                default.map(ExprRef::get).into_iter().for_each(&mut visit);
                self.dynamic_parts(path).for_each(visit);
            }
            Expr::HasAttr { base, path } => {
                visit(base);
                self.dynamic_parts(path).for_each(visit);
            }
            Expr::If { condition, then_branch, else_branch } => [condition, then_branch, else_branch].into_iter().for_each(visit),
            Expr::Assert { condition, body } => [condition, body].into_iter().for_each(visit),
            Expr::Not(operand) | Expr::Negate(operand) => visit(operand),
            Expr::Binary { lhs, rhs, .. } => [lhs, rhs].into_iter().for_each(visit),
            Expr::Patch(index) => self.patches.get(index as usize).map(|patch| patch.body).into_iter().for_each(visit),
        }
    }

    fn dynamic_parts(&self, path: u32) -> impl Iterator<Item = ExprId> + '_ {
        let parts = self.paths.get(path as usize).map_or(&[][..], |path| &path.parts);
        parts.iter().filter_map(|part| match part {
            AttrName::Dynamic(id) => Some(*id),
            AttrName::Static(_) => None,
        })
    }
}

const _: () = assert!(size_of::<Expr>() == 16);
