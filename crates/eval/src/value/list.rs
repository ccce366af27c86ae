//! [`List`]: object `len`, then one slot per element.

use super::{Slots, TAG_LIST, Value};
use crate::heap::{Kind, Region};

/// A list. Elements may be thunks.
#[derive(Clone, Copy)]
pub struct List(u64);

impl List {
    #[inline(always)]
    pub(crate) fn from_word(word: u64) -> List {
        List(word & !7)
    }

    /// A list with the slots that are to be written before anybody sees it.
    #[inline(always)]
    pub(crate) fn alloc(region: &mut Region, len: usize) -> (Value, Slots) {
        let object = region.alloc(Kind::List, 1 + len);
        // SAFETY: that many words were just allocated; zero is a valid `Value`.
        unsafe {
            *object = len as u64;
            (Value(object as u64 | TAG_LIST), Slots::new(object.add(1), len))
        }
    }

    /// A list of `len` elements that `fill` writes (each one) before anybody sees it.
    #[inline]
    pub(crate) fn alloc_with(region: &mut Region, len: usize, fill: impl FnOnce(&mut [Value])) -> Value {
        let object = region.alloc(Kind::List, 1 + len);
        // SAFETY: `1 + len` words were just allocated; zero is a valid `Value`.
        unsafe {
            *object = len as u64;
            fill(std::slice::from_raw_parts_mut(object.add(1).cast::<Value>(), len));
        }
        Value(object as u64 | TAG_LIST)
    }

    #[inline(always)]
    pub fn len(self) -> usize {
        // SAFETY: by construction the address of a list object.
        unsafe { *(self.0 as *const u64) as usize }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    #[inline(always)]
    pub fn elements(self) -> &'static [Value] {
        // SAFETY: by construction the address of a list object; elements never change.
        unsafe { std::slice::from_raw_parts((self.0 as *const Value).add(1), self.len()) }
    }

    pub fn get(self, index: usize) -> Option<Value> {
        self.elements().get(index).copied()
    }

    pub fn value(self) -> Value {
        Value(self.0 | TAG_LIST)
    }
}

impl std::fmt::Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{} elements]", self.len())
    }
}
