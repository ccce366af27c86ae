//! Frames, scopes and what a name means at the place that is being lowered.

use nival_syntax::{Name, TextRange};
use rustc_hash::FxHashMap;

use super::names::{LastWith, Local, LocalNames, UNBOUND};
use super::pieces::Mark;
use crate::module::{Expr, Slot, WithLink, WithVar};
use crate::scopes::{Binding, BindingId, BindingKind, Scope, ScopeId, ScopeKind, Scopes, Target};

/// The frame of the file or of one function.
struct Frame {
    next_slot: u32,
    lambda: Option<u32>,
    /// Distinct for every frame of the text.
    id: u32,
}

/// A binding that is in scope.
struct Bound {
    local: Local,
    /// What the name was bound to before.
    shadows: u32,
    frame: u32,
    slot: Slot,
    binding: BindingId,
}

struct With {
    link: u32,
    scope: ScopeId,
}

/// To undo [`Env::open`] with.
#[must_use]
pub(super) struct OpenScope {
    bound: usize,
    parent: Option<ScopeId>,
    pub id: ScopeId,
}

/// A binding about to come into scope.
pub(super) struct NewBinding {
    pub local: Local,
    pub range: TextRange,
    pub slot: Slot,
    pub kind: BindingKind,
    pub inherited: bool,
}

/// With `ANALYSIS`, scopes and bindings are kept; without, they are only counted.
pub(super) struct Env<'t, const ANALYSIS: bool> {
    pub names: LocalNames<'t>,
    frames: Vec<Frame>,
    frame_count: u32,
    bound: Vec<Bound>,
    withs: Vec<With>,
    pub with_links: Vec<WithLink>,
    scope: Option<ScopeId>,
    scope_count: u32,
    pub scopes: Vec<Scope>,
    pub bindings: Vec<Binding>,
    /// By name, innermost `with` and frame: in one function all uses of a name below the same `with`s share a lookup.
    with_vars: FxHashMap<(Local, ScopeId, u32), u32>,
}

impl<'t, const ANALYSIS: bool> Env<'t, ANALYSIS> {
    pub fn new(names: LocalNames<'t>) -> Self {
        Env {
            names,
            frames: Vec::new(),
            frame_count: 0,
            bound: Vec::new(),
            withs: Vec::new(),
            scope: None,
            scope_count: 0,
            scopes: Vec::new(),
            bindings: Vec::new(),
            with_vars: FxHashMap::default(),
            with_links: Vec::new(),
        }
    }

    pub fn push_frame(&mut self, lambda: Option<u32>) {
        self.frames.push(Frame { next_slot: 0, lambda, id: self.frame_count });
        self.frame_count += 1;
    }

    /// Ends a frame and gives its size.
    pub fn pop_frame(&mut self) -> u32 {
        self.frames.pop().map_or(0, |frame| frame.next_slot)
    }

    pub fn new_slot(&mut self) -> Slot {
        match self.frames.last_mut() {
            Some(frame) => {
                frame.next_slot += 1;
                Slot(frame.next_slot - 1)
            }
            None => Slot(0),
        }
    }

    /// So many slots, one after the other; the first of them.
    pub fn new_slots(&mut self, count: usize) -> u32 {
        match self.frames.last_mut() {
            Some(frame) => {
                frame.next_slot += count as u32;
                frame.next_slot - count as u32
            }
            None => 0,
        }
    }

    fn depth(&self) -> u32 {
        self.frames.len() as u32 - 1
    }

    /// How many scopes there are, the next slot of the frame, and the scope that is open.
    pub fn mark(&self) -> (u32, u32, u32) {
        (self.scope_count, self.frames.last().map_or(0, |frame| frame.next_slot), self.scope.map_or(0, |scope| scope.0))
    }

    /// Opens the scopes that were open at a mark, whose tables are there as far as the mark says. Of the names in them only `wanted` come
    /// into scope; those looked up in the innermost `with` before share their lookups, which are all that have its link and level. `None`
    /// if functions inside of the `with` have lookups of that kind, too.
    pub fn resume(
        &mut self,
        scopes: &Scopes,
        mark: &Mark,
        wanted: &FxHashMap<Name, Local>,
        withs: &[WithVar],
    ) -> Option<Option<(u32, u32)>> {
        let mut chain: Vec<(ScopeId, &Scope)> =
            std::iter::successors(Some(ScopeId(mark.scope)), |&id| scopes.scope(id).and_then(|scope| scope.parent))
                .map(|id| Some((id, scopes.scope(id)?)))
                .collect::<Option<_>>()?;
        chain.reverse();
        for (id, scope) in chain {
            if self.frames.last().is_none_or(|frame| frame.lambda != scope.lambda) {
                self.push_frame(scope.lambda);
            }
            let frame = self.depth();
            for (binding, bound) in scopes.bindings_of(scope) {
                let Some(&local) = wanted.get(&bound.name) else { continue };
                let entry = self.names.get_mut(local);
                self.bound.push(Bound { local, shadows: entry.head, frame, slot: bound.slot, binding });
                entry.head = self.bound.len() as u32 - 1;
            }
            if matches!(scope.kind, ScopeKind::With { .. }) {
                let before = scopes.scopes().take(id.0 as usize);
                let link = before.filter(|(_, scope)| matches!(scope.kind, ScopeKind::With { .. })).count() as u32;
                self.withs.push(With { link, scope: id });
            }
            self.scope = Some(id);
        }
        self.scope_count = mark.scopes;
        let frame = self.frames.last_mut()?;
        frame.next_slot = mark.slot;
        let (frame, level) = (frame.id, self.frames.len() as u32 - 1);
        let Some(innermost) = self.withs.last() else { return Some(None) };
        let (link, scope) = (innermost.link, innermost.scope);
        if self.with_links.get(link as usize)?.level != level {
            return None;
        }
        for (index, var) in (0..mark.withs).zip(withs) {
            if var.innermost == link
                && var.level == level
                && let Some(&local) = wanted.get(&var.name)
            {
                self.names.get_mut(local).with_var = Some(LastWith { scope, frame, index });
            }
        }
        Some(Some((link, level)))
    }

    /// Opens a scope in the current frame. Of equal names the later hides the earlier.
    pub fn open(&mut self, kind: ScopeKind, range: TextRange, new: impl IntoIterator<Item = NewBinding>) -> OpenScope {
        let id = ScopeId(self.scope_count);
        self.scope_count += 1;
        let open = OpenScope { bound: self.bound.len(), parent: self.scope, id };
        let first_binding = self.bindings.len() as u32;
        let frame = self.depth();
        for NewBinding { local, range, slot, kind, inherited } in new {
            let binding = BindingId(self.bindings.len() as u32);
            let entry = self.names.get_mut(local);
            self.bound.push(Bound { local, shadows: entry.head, frame, slot, binding });
            entry.head = self.bound.len() as u32 - 1;
            if ANALYSIS {
                self.bindings.push(Binding { name: entry.name, kind, range, scope: id, slot, inherited });
            }
        }
        if ANALYSIS {
            let lambda = self.frames.last().and_then(|frame| frame.lambda);
            let bindings = self.bindings.len() as u32 - first_binding;
            self.scopes.push(Scope { kind, parent: self.scope, range, lambda, first_binding, bindings });
        }
        self.scope = Some(id);
        open
    }

    pub fn close(&mut self, open: OpenScope) {
        while self.bound.len() > open.bound {
            if let Some(bound) = self.bound.pop() {
                self.names.get_mut(bound.local).head = bound.shadows;
            }
        }
        self.scope = open.parent;
    }

    pub fn push_with(&mut self, slot: Slot, scope: ScopeId) {
        let next = self.withs.last().map(|with| with.link);
        let link = self.with_links.len() as u32;
        self.with_links.push(WithLink { level: self.depth(), slot, next });
        self.withs.push(With { link, scope });
    }

    /// How many `with`s are around.
    pub fn with_count(&self) -> u32 {
        self.withs.len() as u32
    }

    pub fn pop_with(&mut self) {
        self.withs.pop();
    }

    /// What the name means here. `with_var` makes a new lookup through the `with`s around.
    #[inline]
    pub fn resolve(&mut self, local: Local, with_var: impl FnOnce(WithVar) -> u32) -> (Expr, Target) {
        let entry = self.names.get(local);
        if entry.head != UNBOUND {
            let bound = &self.bound[entry.head as usize];
            let depth = self.depth() - bound.frame;
            let expr = if depth == 0 { Expr::Local(bound.slot) } else { Expr::Outer { depth, slot: bound.slot } };
            return (expr, Target::Binding(bound.binding));
        }
        if let Some(index) = self.names.global(local) {
            return (Expr::Global(index), Target::Global(index));
        }
        let name = self.names.name(local);
        let (Some(innermost), Some(frame)) = (self.withs.last(), self.frames.last()) else {
            return (Expr::Undefined(name), Target::Undefined);
        };
        let depth = self.frames.len() as u32 - 1;
        let (scope, frame) = (innermost.scope, frame.id);
        // The hash is asked only for names that were looked up in another function or `with` since.
        let last = self.names.get(local).with_var;
        let index = match last {
            Some(last) if last.scope == scope && last.frame == frame => last.index,
            _ => {
                let new = || with_var(WithVar { name, level: depth, innermost: innermost.link, site: 0 });
                let index = match last {
                    Some(last) => {
                        self.with_vars.entry((local, last.scope, last.frame)).or_insert(last.index);
                        *self.with_vars.entry((local, scope, frame)).or_insert_with(new)
                    }
                    None => new(),
                };
                self.names.get_mut(local).with_var = Some(LastWith { scope, frame, index });
                index
            }
        };
        (Expr::WithVar(index), Target::With(scope))
    }
}
