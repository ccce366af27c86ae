//! [`List`]: object `len`, then one slot per element.
//!
//! A view, the end of another list: `len` with [`VIEW`] set, address of the first slot, address of the list whose slots
//! they are (which is no view).

use super::{Slots, TAG_LIST, Value};
use crate::heap::{Kind, Region};

/// A list. Elements may be thunks.
#[derive(Clone, Copy)]
pub struct List(u64);

/// Set in the length of a view.
const VIEW: u64 = 1 << 63;

/// Up to so many elements are copied: the copy is no larger than a view.
const COPIED: usize = 3;

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
        (unsafe { *(self.0 as *const u64) } & !VIEW) as usize
    }

    /// The list without its first `skipped` elements, of which it has more. Takes the same time for every length.
    pub(crate) fn skip(self, region: &mut Region, skipped: usize) -> Value {
        let rest = self.elements().get(skipped..).unwrap_or_default();
        if rest.len() <= COPIED {
            return List::alloc_with(region, rest.len(), |slots| slots.copy_from_slice(rest));
        }
        // SAFETY: by construction the address of a list object; the third word of a view is the address of another.
        let base = unsafe {
            let object = self.0 as *const u64;
            if *object & VIEW == 0 { self.0 } else { *object.add(2) }
        };
        let object = region.alloc(Kind::View, 3);
        // SAFETY: three words were just allocated.
        unsafe {
            *object = rest.len() as u64 | VIEW;
            *object.add(1) = rest.as_ptr() as u64;
            *object.add(2) = base;
        }
        Value(object as u64 | TAG_LIST)
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    #[inline(always)]
    pub fn elements(self) -> &'static [Value] {
        // SAFETY: by construction the address of a list object; elements never change, and a view keeps the list that has
        // them alive.
        unsafe {
            let object = self.0 as *const u64;
            let first = if *object & VIEW == 0 { object.add(1) } else { *object.add(1) as *const u64 };
            std::slice::from_raw_parts(first.cast(), (*object & !VIEW) as usize)
        }
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
