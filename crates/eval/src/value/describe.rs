//! What a function says of itself: its name, its place, its parameters.

use nival_hir::module::Param;
use nival_syntax::Name;

use super::{Closure, Partial, Value, View};
use crate::error::Pos;

impl Closure {
    /// What it was bound to where it was written: `f = x: x`.
    pub fn name(self) -> Option<Name> {
        self.lambda().name()
    }

    pub fn position(self) -> Pos {
        self.lambda().pos()
    }

    /// Where the function begins that is left after `given` arguments.
    pub fn position_after(self, given: usize) -> Pos {
        Pos::param(self.lambda().linked().id, self.lambda().index, given)
    }

    /// Where the formal number `index` of the pattern was written.
    pub fn formal_position(self, index: usize) -> Pos {
        let (linked, number) = (self.lambda().linked(), self.lambda().index);
        let first = linked.formal_starts.get(number as usize).copied().unwrap_or_default();
        Pos::formal(linked.id, first + index as u32)
    }

    /// The parameter that follows `given` arguments. `a: b: c` has two of them.
    pub fn param(self, given: usize) -> Option<&'static Param> {
        self.lambda().lambda().params.get(given)
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
