//! Which bindings are used by more than unused ones.
//!
//! A use in the value of another binding of the same `let`, or of one inside of it, counts only if that one is used. What lies in an
//! unused binding is looked at as if that were used: one mistake is reported once.

use nival_hir::scopes::{BindingId, BindingKind, Reference, Target};
use nival_syntax::TextRange;
use rustc_hash::FxHashMap;

use crate::checks::Context;

pub(super) struct Live {
    live: Vec<bool>,
    /// Bindings that something outside of their own value uses.
    by_others: Vec<bool>,
}

/// A plain entry of a `let`.
struct Owner {
    binding: BindingId,
    value: TextRange,
    /// The innermost entry whose value this lies in.
    parent: Option<u32>,
}

impl Live {
    pub fn new(context: &mut Context<'_>) -> Live {
        let scopes = context.scopes();
        let mut entries = std::mem::take(&mut context.let_entries);
        entries.sort_unstable_by_key(|(name, _)| name.start());
        let count = scopes.bindings().count();
        let mut state = Live { live: vec![false; count], by_others: vec![false; count] };
        let lets: FxHashMap<TextRange, BindingId> =
            scopes.bindings().filter(|(_, binding)| binding.kind == BindingKind::Let).map(|(id, binding)| (binding.range, id)).collect();
        let mut owners: Vec<Owner> = Vec::new();
        let mut open: Vec<u32> = Vec::new();
        let mut entries = entries.into_iter().peekable();
        // Uses that wait for a binding to be found used.
        let mut waiting: FxHashMap<u32, Vec<(BindingId, Option<u32>)>> = FxHashMap::default();
        for Reference { range, target, .. } in scopes.references() {
            let Target::Binding(used) = *target else { continue };
            // Values that begin before this use.
            while let Some((name, value)) = entries.next_if(|(_, value)| value.start() <= range.start()) {
                open.retain(|owner| owners.get(*owner as usize).is_some_and(|owner| owner.value.end() > value.start()));
                if let Some(&binding) = lets.get(&name) {
                    owners.push(Owner { binding, value, parent: open.last().copied() });
                    open.push(owners.len() as u32 - 1);
                }
            }
            while open.last().is_some_and(|owner| owners.get(*owner as usize).is_none_or(|owner| owner.value.end() <= range.start())) {
                open.pop();
            }
            let owner = open.last().copied();
            let mut in_itself = false;
            let mut around = owner;
            while let Some(found) = around.and_then(|index| owners.get(index as usize)) {
                in_itself |= found.binding == used;
                around = found.parent;
            }
            if !in_itself && let Some(by_others) = state.by_others.get_mut(used.0 as usize) {
                *by_others = true;
            }
            state.settle(context, &owners, &mut waiting, used, owner);
        }
        state
    }

    /// A use of a binding, in the value of `owner`.
    fn settle(
        &mut self,
        context: &Context<'_>,
        owners: &[Owner],
        waiting: &mut FxHashMap<u32, Vec<(BindingId, Option<u32>)>>,
        used: BindingId,
        owner: Option<u32>,
    ) {
        let scopes = context.scopes();
        let mut uses = vec![(used, owner)];
        while let Some((used, owner)) = uses.pop() {
            if self.is_live(used) {
                continue;
            }
            let Some(binding) = scopes.binding(used) else { continue };
            let scope = scopes.scope(binding.scope).map(|scope| scope.range).unwrap_or_default();
            let mut around = owner;
            let mut waits_for = None;
            while let Some(found) = around.and_then(|index| owners.get(index as usize)) {
                // The value that is the whole `let` is around it.
                if binding.kind != BindingKind::Let || !scope.contains_range(found.value) || scope == found.value {
                    break;
                }
                if !self.is_live(found.binding) {
                    waits_for = Some(found.binding);
                    break;
                }
                around = found.parent;
            }
            match waits_for {
                Some(unused) => waiting.entry(unused.0).or_default().push((used, owner)),
                None => {
                    if let Some(live) = self.live.get_mut(used.0 as usize) {
                        *live = true;
                    }
                    uses.extend(waiting.remove(&used.0).into_iter().flatten());
                }
            }
        }
    }

    pub fn is_live(&self, id: BindingId) -> bool {
        self.live.get(id.0 as usize).copied().unwrap_or(true)
    }

    /// Whether a binding is used in its own value at most.
    pub fn only_itself(&self, id: BindingId) -> bool {
        !self.by_others.get(id.0 as usize).copied().unwrap_or(true)
    }
}
