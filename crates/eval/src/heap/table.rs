//! [`Table`]: an append-only array that threads read without a lock.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// As many as a table of the fewest first entries needs.
const CHUNKS: usize = 26;

/// The first 2^`BITS` entries are a step away. Behind them chunk k holds 2^(k+`BITS`), so that entries never move and references to
/// them stay good as long as the table.
#[derive(Debug)]
pub struct Table<T, const BITS: u32 = 6> {
    first: Box<[Slot<T>]>,
    chunks: [OnceLock<Box<[Slot<T>]>>; CHUNKS],
    len: AtomicU32,
}

/// All zeros while it is empty: the part of a chunk that is not used yet is memory that nobody has touched.
#[derive(Debug)]
struct Slot<T> {
    ready: AtomicBool,
    /// Written once, before `ready` is set, by the one that was given its index.
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: the value is only read once `ready` says that it is written, and then never written again.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

impl<T> Slot<T> {
    #[inline]
    fn get(&self) -> Option<&T> {
        // SAFETY: `ready` is set after the value was written.
        self.ready.load(Ordering::Acquire).then(|| unsafe { (*self.value.get()).assume_init_ref() })
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        if *self.ready.get_mut() {
            // SAFETY: it is written, and nobody reads it any more.
            unsafe { self.value.get_mut().assume_init_drop() }
        }
    }
}

/// So many empty slots.
fn empty<T>(len: usize) -> Box<[Slot<T>]> {
    // SAFETY: zeros are an empty slot.
    unsafe { Box::new_zeroed_slice(len).assume_init() }
}

impl<T, const BITS: u32> Default for Table<T, BITS> {
    fn default() -> Self {
        const { assert!(BITS >= 32 - CHUNKS as u32 && BITS < 32) };
        Table { first: empty(1 << BITS), chunks: std::array::from_fn(|_| OnceLock::new()), len: AtomicU32::new(0) }
    }
}

impl<T, const BITS: u32> Table<T, BITS> {
    /// The chunk of an entry that is none of the first, and its place there.
    fn place(index: u32) -> (usize, usize) {
        let bit = 31 - index.leading_zeros();
        ((bit - BITS) as usize, (index - (1 << bit)) as usize)
    }

    /// Appends what `make` builds from its own index.
    pub fn push_with(&self, make: impl FnOnce(u32) -> T) -> (u32, &T) {
        let index = self.len.fetch_add(1, Ordering::Relaxed);
        let slot = match self.first.get(index as usize) {
            Some(slot) => slot,
            None => {
                let (chunk, offset) = Self::place(index);
                &self.chunks[chunk].get_or_init(|| empty(1 << (chunk as u32 + BITS)))[offset]
            }
        };
        let value = make(index);
        // SAFETY: only this call was given the index, and nobody reads the slot before it is ready.
        let written = unsafe { (*slot.value.get()).write(value) };
        slot.ready.store(true, Ordering::Release);
        (index, written)
    }

    #[inline]
    pub fn get(&self, index: u32) -> Option<&T> {
        match self.first.get(index as usize) {
            Some(slot) => slot.get(),
            None => self.get_behind(index),
        }
    }

    #[inline]
    fn get_behind(&self, index: u32) -> Option<&T> {
        let (chunk, offset) = Self::place(index);
        self.chunks.get(chunk)?.get()?.get(offset)?.get()
    }

    pub fn len(&self) -> u32 {
        self.len.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stay_where_they_are() {
        let table = Table::<String>::default();
        let first: *const String = table.push_with(|i| format!("{i}")).1;
        for _ in 0..1000 {
            table.push_with(|i| format!("{i}"));
        }
        assert_eq!(table.get(1000).map(String::as_str), Some("1000"));
        assert!(std::ptr::eq(first, table.get(0).unwrap()));
        assert!(table.get(1001).is_none());
        assert_eq!(table.len(), 1001);
    }
}
