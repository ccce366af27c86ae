//! [`Closure`]: object `lambda address, frame`; [`Partial`]: object `kind | count << 8, function, arguments…`.

use super::{BOX_PARTIAL, Frame, TAG_BOXED, TAG_CLOSURE, Value, View};
use crate::heap::{Kind, Region};
use crate::linked::LinkedLambda;

/// A lambda with the frame it was made in.
#[derive(Clone, Copy)]
pub struct Closure(u64);

impl Closure {
    #[inline(always)]
    pub(crate) fn from_word(word: u64) -> Closure {
        Closure(word & !7)
    }

    #[inline(always)]
    pub(crate) fn alloc(region: &mut Region, lambda: &LinkedLambda, frame: Frame) -> Value {
        let object = region.alloc(Kind::Closure, 2);
        // SAFETY: two words were just allocated.
        unsafe {
            *object = lambda as *const LinkedLambda as u64;
            *object.add(1) = frame.0;
        }
        Value(object as u64 | TAG_CLOSURE)
    }

    #[inline(always)]
    pub(crate) fn lambda(self) -> &'static LinkedLambda {
        // SAFETY: the first word is the address of a lambda of a linked module, which lives as long as the evaluator.
        unsafe { &*(*(self.0 as *const u64) as *const LinkedLambda) }
    }

    #[inline(always)]
    pub(crate) fn frame(self) -> Frame {
        // SAFETY: by construction the address of a closure.
        Frame(unsafe { *(self.0 as *const u64).add(1) })
    }

    pub fn value(self) -> Value {
        Value(self.0 | TAG_CLOSURE)
    }
}

impl std::fmt::Debug for Closure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Closure({:#x})", self.0)
    }
}

/// A function with fewer arguments than it takes.
#[derive(Clone, Copy)]
pub struct Partial(u64);

impl Partial {
    pub(crate) fn from_word(word: u64) -> Partial {
        Partial(word & !7)
    }

    pub(crate) fn alloc(region: &mut Region, function: Value, first: &[Value], more: &[Value]) -> Value {
        let count = first.len() + more.len();
        let object = region.alloc(Kind::Partial, 2 + count);
        // SAFETY: that many words were just allocated.
        unsafe {
            *object = BOX_PARTIAL | (count as u64) << 8;
            *object.add(1) = function.0;
            let args = object.add(2).cast::<Value>();
            std::ptr::copy_nonoverlapping(first.as_ptr(), args, first.len());
            std::ptr::copy_nonoverlapping(more.as_ptr(), args.add(first.len()), more.len());
        }
        Value(object as u64 | TAG_BOXED)
    }

    /// A lambda or builtin, never another partial application.
    #[inline]
    pub fn function(self) -> Value {
        // SAFETY: by construction the address of a partial application.
        Value(unsafe { *(self.0 as *const u64).add(1) })
    }

    #[inline]
    pub fn args(self) -> &'static [Value] {
        // SAFETY: by construction the address of a partial application.
        unsafe {
            let object = self.0 as *const u64;
            std::slice::from_raw_parts(object.add(2).cast::<Value>(), (*object >> 8) as usize)
        }
    }
}

impl Partial {
    /// The lambda, where that many arguments more are all that it lacks.
    #[inline]
    pub(crate) fn is_completed_by(self, more: usize) -> Option<Closure> {
        match self.function().view() {
            View::Closure(closure) if closure.lambda().arity as usize == self.args().len() + more => Some(closure),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Partial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Partial({:#x})", self.0)
    }
}
