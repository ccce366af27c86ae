//! [`Scopes`]: which names a text binds, where each is visible, and what every use of a name means.

use nival_syntax::{Name, TextRange, TextSize};

use crate::globals::GLOBALS;
use crate::module::{ExprId, Slot};

/// Index of a [`Binding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BindingId(pub u32);

/// Index of a [`Scope`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BindingKind {
    /// Given by `LowerOptions::scope`; it has no place in the text.
    Extra,
    /// `let x = …` or `let inherit x`.
    Let,
    /// An attribute of `rec { … }` or of `let { … }`.
    Rec,
    /// `x: …`.
    Param,
    /// `{ x }: …`.
    Formal,
    /// `x@{ … }: …`.
    PatternBind,
}

/// A name bound in a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    pub name: Name,
    pub kind: BindingKind,
    /// The name at its definition (the first one, of a merged set).
    pub range: TextRange,
    pub scope: ScopeId,
    /// Where its value is in the frame of `Scope::lambda`.
    pub slot: Slot,
    /// Whether it comes from an `inherit`.
    pub inherited: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    File,
    Let,
    Rec,
    /// One parameter of a function.
    Lambda,
    /// Of what `namespace` evaluates to.
    With {
        namespace: ExprId,
    },
}

/// A stretch of text in which names are visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    pub kind: ScopeKind,
    pub parent: Option<ScopeId>,
    /// Where its names are visible. For `let` and `rec` that is the whole construct.
    pub range: TextRange,
    /// The function whose frame holds its slots (index into `Module::lambdas`); none for the frame of the file.
    pub lambda: Option<u32>,
    /// Its bindings are the ones from here…
    pub first_binding: u32,
    pub bindings: u32,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    Binding(BindingId),
    /// An index into [`GLOBALS`].
    Global(u16),
    /// Whatever the `with` of this scope, or one around it, provides.
    With(ScopeId),
    Undefined,
}

/// A use of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Empty where the name is not written: `a - b` uses `__sub`.
    pub range: TextRange,
    pub expr: ExprId,
    pub name: Name,
    pub target: Target,
    /// Written in an `inherit`, where it is also the name of what is defined.
    pub inherit: bool,
}

/// A name that is visible at some place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisibleName {
    pub name: Name,
    pub target: Target,
}

/// The scopes of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes {
    pub(crate) scopes: Box<[Scope]>,
    pub(crate) bindings: Box<[Binding]>,
    /// Sorted by the start of their ranges.
    pub(crate) references: Box<[Reference]>,
}

impl Scopes {
    /// Every scope; one comes after the one around it.
    pub fn scopes(&self) -> impl Iterator<Item = (ScopeId, &Scope)> {
        self.scopes.iter().enumerate().map(|(i, scope)| (ScopeId(i as u32), scope))
    }

    pub fn scope(&self, id: ScopeId) -> Option<&Scope> {
        self.scopes.get(id.0 as usize)
    }

    pub fn bindings(&self) -> impl Iterator<Item = (BindingId, &Binding)> {
        self.bindings.iter().enumerate().map(|(i, binding)| (BindingId(i as u32), binding))
    }

    pub fn binding(&self, id: BindingId) -> Option<&Binding> {
        self.bindings.get(id.0 as usize)
    }

    /// The bindings of one scope.
    pub fn bindings_of(&self, scope: &Scope) -> impl Iterator<Item = (BindingId, &Binding)> {
        let first = scope.first_binding as usize;
        let run = self.bindings.get(first..first + scope.bindings as usize).unwrap_or_default();
        run.iter().enumerate().map(move |(i, binding)| (BindingId((first + i) as u32), binding))
    }

    /// Every use of a name, in the order of the text.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The uses of one binding, in the order of the text.
    pub fn references_to(&self, target: Target) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(move |reference| reference.target == target)
    }

    /// The use of a name that holds `offset` or ends there.
    pub fn reference_at(&self, offset: TextSize) -> Option<&Reference> {
        let after = self.references.partition_point(|reference| reference.range.start() <= offset);
        let before = self.references.get(..after)?;
        before.iter().rev().take(2).find(|reference| reference.range.contains_inclusive(offset))
    }

    /// The binding whose name, at its definition, holds `offset` or ends there.
    pub fn binding_at(&self, offset: TextSize) -> Option<BindingId> {
        self.bindings().find(|(_, b)| b.kind != BindingKind::Extra && b.range.contains_inclusive(offset)).map(|(id, _)| id)
    }

    /// The innermost scope at `offset`.
    pub fn scope_at(&self, offset: TextSize) -> Option<ScopeId> {
        self.scopes().filter(|(_, scope)| scope.range.contains_inclusive(offset)).max_by_key(|&(id, _)| id).map(|(id, _)| id)
    }

    /// The scopes at `offset`, innermost first.
    pub fn scopes_at(&self, offset: TextSize) -> impl Iterator<Item = (ScopeId, &Scope)> {
        let first = self.scope_at(offset);
        std::iter::successors(first, |&id| self.scope(id).and_then(|scope| scope.parent)).filter_map(|id| Some((id, self.scope(id)?)))
    }

    /// Every name visible at `offset`, without the names of `with`s: innermost scope first, then globals; shadowed ones left out.
    pub fn names_at(&self, offset: TextSize) -> Vec<VisibleName> {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut names = Vec::new();
        for (_, scope) in self.scopes_at(offset) {
            for (id, binding) in self.bindings_of(scope) {
                if seen.insert(binding.name) {
                    names.push(VisibleName { name: binding.name, target: Target::Binding(id) });
                }
            }
        }
        for (index, global) in GLOBALS.iter().enumerate() {
            let name = Name::new(global);
            if seen.insert(name) {
                names.push(VisibleName { name, target: Target::Global(index as u16) });
            }
        }
        names
    }
}
