//! [`Names`]: the sorted names of an attribute set, and what is found out about them only when it is wanted.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use nival_syntax::Name;

use super::{NOT_FOUND, Shape, ShapeRef};
use crate::error::Result;
use crate::steps::sort_in_steps;

/// There is one for all sets that have these names.
pub(super) struct Names {
    pub(super) names: &'static [Name],
    pub(super) id: u32,
    pub(super) hash: u32,
    /// The shape without positions, or null.
    pub(super) plain: AtomicPtr<Shape>,
    /// Permutation of the indices into the order of the names' bytes.
    alphabetical: Late<u32>,
    /// Where a name is, plus 1, by [`hash_of`]: open addressing, at most half full. For many names that are searched often.
    index: Late<u16>,
    /// How often a name was looked for, until there is an index.
    searched: AtomicU32,
}

/// From so many names on an index pays.
const MIN_INDEXED: usize = 16;
/// More are not indexed: their numbers would not fit.
const MAX_INDEXED: usize = u16::MAX as usize;

impl Names {
    pub(super) fn new(names: &'static [Name], id: u32, hash: u32) -> Names {
        let plain = AtomicPtr::default();
        Names { names, id, hash, plain, alphabetical: Late::default(), index: Late::default(), searched: AtomicU32::new(0) }
    }

    pub(super) fn plain(&self) -> Option<ShapeRef> {
        // SAFETY: null, or the address of a shape, which lives as long as the evaluator.
        unsafe { self.plain.load(Ordering::Acquire).as_ref() }
    }

    /// Index of `name`, or [`NOT_FOUND`].
    #[inline(never)]
    pub(super) fn find(&self, name: Name) -> u32 {
        match self.index.get(index_len(self.names.len())) {
            Some(index) => self.find_indexed(index, name),
            None => self.find_counting(name),
        }
    }

    #[inline]
    fn find_indexed(&self, index: &[u16], name: Name) -> u32 {
        let mut at = hash_of(name, index.len());
        loop {
            match index[at] {
                0 => return NOT_FOUND,
                found if self.names[usize::from(found) - 1] == name => return u32::from(found) - 1,
                _ => at = (at + 1) & (index.len() - 1),
            }
        }
    }

    fn find_counting(&self, name: Name) -> u32 {
        let len = self.names.len();
        if (MIN_INDEXED..=MAX_INDEXED).contains(&len) {
            // Threads that lose a count here do no harm.
            let searched = self.searched.load(Ordering::Relaxed) + 1;
            self.searched.store(searched, Ordering::Relaxed);
            if searched as usize > len / 4 {
                self.index.set(index(self.names));
            }
        }
        self.search(name)
    }

    /// As [`Names::find`], of what is asked for seldom: makes no index.
    pub(super) fn search(&self, name: Name) -> u32 {
        match self.index.get(index_len(self.names.len())) {
            Some(index) => self.find_indexed(index, name),
            None => self.names.binary_search(&name).map_or(NOT_FOUND, |i| i as u32),
        }
    }

    pub(super) fn alphabetical(&self) -> &[u32] {
        self.alphabetical.get(self.names.len()).unwrap_or_else(|| {
            let mut keyed = self.keyed();
            keyed.sort_unstable();
            self.set_alphabetical(keyed)
        })
    }

    fn keyed(&self) -> Vec<(&'static [u8], u32)> {
        self.names.iter().zip(0..).map(|(n, i)| (n.as_bytes(), i)).collect()
    }

    fn set_alphabetical(&self, keyed: Vec<(&'static [u8], u32)>) -> &[u32] {
        self.alphabetical.set(keyed.into_iter().map(|(_, i)| i).collect())
    }

    pub(super) fn sort_in_steps(&self, pause: impl FnMut(usize) -> Result<()>) -> Result<()> {
        if self.alphabetical.get(self.names.len()).is_none() {
            let mut keyed = self.keyed();
            sort_in_steps(&mut keyed, Ord::cmp, pause)?;
            self.set_alphabetical(keyed);
        }
        Ok(())
    }

    /// Frees what was found out.
    ///
    /// # Safety
    /// Nobody uses the names any more.
    pub(super) unsafe fn clear(&self) {
        // SAFETY: these are the lengths that they were set with; nobody holds what was found out.
        unsafe {
            self.alphabetical.clear(self.names.len());
            self.index.clear(index_len(self.names.len()));
        }
    }
}

fn index_len(names: usize) -> usize {
    (2 * names).next_power_of_two()
}

/// Where to begin to look for a name in an index of `len` places, a power of two.
#[inline]
fn hash_of(name: Name, len: usize) -> usize {
    ((name.index() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & (len - 1)
}

fn index(names: &[Name]) -> Box<[u16]> {
    let mut index = vec![0; index_len(names.len())].into_boxed_slice();
    for (&name, number) in names.iter().zip(1..) {
        let mut at = hash_of(name, index.len());
        while index[at] != 0 {
            at = (at + 1) & (index.len() - 1);
        }
        index[at] = number;
    }
    index
}

/// A slice that is made once, in one word: who asks knows how long it is.
#[derive(Default)]
struct Late<T>(AtomicPtr<T>);

impl<T> Late<T> {
    #[inline]
    fn get(&self, len: usize) -> Option<&[T]> {
        let slice = self.0.load(Ordering::Acquire);
        // SAFETY: `set` stored the address of a box of `len` values, which nobody changes.
        if slice.is_null() { None } else { Some(unsafe { std::slice::from_raw_parts(slice, len) }) }
    }

    /// Where two threads make it, the first one's stays.
    fn set(&self, made: Box<[T]>) -> &[T] {
        let len = made.len();
        let new = Box::into_raw(made);
        let slice = match self.0.compare_exchange(std::ptr::null_mut(), new.cast(), Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => new.cast(),
            Err(other) => {
                // SAFETY: nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
                other
            }
        };
        // SAFETY: as in `get`.
        unsafe { std::slice::from_raw_parts(slice, len) }
    }

    /// # Safety
    /// `len` is that of what was set, if anything was, and nobody uses that any more.
    unsafe fn clear(&self, len: usize) {
        let slice = self.0.swap(std::ptr::null_mut(), Ordering::AcqRel);
        if !slice.is_null() {
            // SAFETY: it came from such a box.
            drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(slice, len)) });
        }
    }
}
