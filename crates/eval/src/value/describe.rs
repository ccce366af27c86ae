//! What a function says of itself: its name, its place, its parameters.

use nival_hir::module::{Lambda, Param};
use nival_syntax::Name;

use super::{Closure, Partial, Value, View};
use crate::error::Pos;
use crate::linked::Linked;

impl Closure {
    fn parts(self) -> Option<(&'static Linked, &'static Lambda, u32)> {
        let lambda = self.lambda();
        // SAFETY: a lambda's module is linked as long as the evaluator lives, which outlives every closure.
        let linked: &'static Linked = unsafe { &*lambda.linked };
        Some((linked, linked.module.lambdas.get(lambda.index as usize)?, lambda.index))
    }

    /// What it was bound to where it was written: `f = x: x`.
    pub fn name(self) -> Option<Name> {
        self.parts()?.1.name
    }

    pub fn position(self) -> Pos {
        self.parts().map_or(Pos::NONE, |(linked, _, index)| Pos::lambda(linked.id, index))
    }

    /// Where the formal number `index` of the parameter after `given` arguments was written.
    pub(crate) fn formal_position(self, given: usize, index: usize) -> Pos {
        let Some((linked, lambda, _)) = self.parts() else { return Pos::NONE };
        if !matches!(lambda.params.get(given), Some(Param::Pattern(_))) {
            return Pos::NONE;
        }
        // Formals are numbered over all patterns of the module, in the order of its lambdas.
        let before = linked.module.lambdas.iter().take_while(|other| !std::ptr::eq(*other, lambda)).flat_map(|other| other.params.iter());
        let before: usize = before.map(|param| if let Param::Pattern(pattern) = param { pattern.formals.len() } else { 0 }).sum();
        Pos::formal(linked.id, (before + index) as u32)
    }

    /// The parameter that follows `given` arguments. `a: b: c` has two of them.
    pub fn param(self, given: usize) -> Option<&'static Param> {
        self.parts()?.1.params.get(given)
    }
}

impl Partial {
    /// The lambda, where it is one that lacks arguments, and how many it has.
    pub fn as_closure(self) -> Option<(Closure, usize)> {
        match self.function().view() {
            View::Closure(closure) => Some((closure, self.args().len())),
            _ => None,
        }
    }
}

impl Value {
    /// A closure with the number of arguments it already has.
    pub fn as_lambda(self) -> Option<(Closure, usize)> {
        match self.view() {
            View::Closure(closure) => Some((closure, 0)),
            View::Partial(partial) => partial.as_closure(),
            _ => None,
        }
    }
}
