//! [`Marker`]: finds what the roots reach.
//!
//! A collection that is not full takes for granted that old objects, those that an earlier one reached, live. It looks at
//! young ones only, and at the old ones that may refer to them, which are noted: those given a new reference
//! (`Region::wrote`, called where thunks get their values, and where what is bound or was forced is put into slots of a frame that
//! may be old), and those that a stack referred to at the last collection, which whoever held
//! them may have gone on filling.

use std::sync::MutexGuard;

use super::Kind;
use super::block::{HOLE, KIND, MARK, NOTED, map_byte};
use super::layout::{Visitor, address_in, visit};
use super::region::Heap;
use super::space::Space;
use super::verify::verify;
use crate::value::{TAG_MASK, Value};

/// What a collection does to find mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checks {
    None,
    /// Overwrite what is freed.
    Poison,
    /// That, and look at everything twice.
    Verify,
}

/// One collection: roots are shown to it, then it is finished.
pub(crate) struct Marker<'h> {
    heap: &'h Heap,
    space: MutexGuard<'h, Space>,
    work: Vec<usize>,
    /// What the stacks refer to.
    held: Vec<usize>,
    full: bool,
    live: usize,
    checks: Checks,
    roots: Vec<usize>,
}

impl Visitor for Marker<'_> {
    #[inline(always)]
    fn object(&mut self, address: usize, _: &'static [Kind]) {
        if address != 0 {
            self.work.push(address);
        }
    }

    /// A reference to a thunk is looked at later, by its slot.
    #[inline(always)]
    unsafe fn slots(&mut self, object: *mut u64, from: usize, to: usize) {
        self.work.reserve(to - from);
        for index in from..to {
            // SAFETY: by the caller.
            let (slot, word) = unsafe { (object.add(index), *object.add(index)) };
            if word & TAG_MASK == 0 {
                if word != 0 {
                    self.work.push(slot as usize | SLOT);
                }
            } else {
                self.value(Value(word));
            }
        }
    }
}

impl<'h> Marker<'h> {
    /// `full`: look at everything, not only at what was made since the last collection.
    ///
    /// # Safety
    /// Every thread inside the evaluator stands still and has flushed its region.
    pub(crate) unsafe fn new(heap: &'h Heap, full: bool, checks: Checks) -> Self {
        let mut space = heap.space();
        let (noted, work) = (std::mem::take(&mut space.noted), std::mem::take(&mut space.work));
        if full {
            space.unmark();
        }
        let live = if full { 0 } else { heap.live() };
        let mut marker = Marker { heap, space, work, held: Vec::new(), full, live, checks, roots: Vec::new() };
        if !full {
            for address in noted {
                // SAFETY: an old object, which is still there.
                unsafe { *map_byte(address) &= !NOTED };
                marker.scan(address);
            }
        }
        marker
    }

    /// Keeps what `word` points into, if that is an object of this heap.
    #[inline]
    pub(crate) fn word(&mut self, word: u64) {
        if let Some(object) = self.space.object_at(word as usize) {
            self.held.push(object);
        }
    }

    /// Keeps a value.
    pub(crate) fn root(&mut self, value: Value) {
        self.value(value);
        if self.checks == Checks::Verify {
            self.roots.push(address_in(value));
        }
    }

    /// Where a slot refers to a finished thunk, its value takes its place, so that the thunk itself need not live; except
    /// for what can be told apart by its place.
    #[inline(always)]
    fn shorten(slot: *mut u64) -> usize {
        // SAFETY: a word of a live object; no other thread runs. Whoever holds the old word keeps the thunk by it.
        unsafe {
            let word = *slot;
            if word & TAG_MASK != 0 {
                // Met before: some objects are looked at twice.
                return address_in(Value(word));
            }
            let inner = Value(*(word as *const u64));
            if inner.0 & TAG_MASK == 0 || inner.known_by_place() {
                return word as usize;
            }
            *slot = inner.0;
            address_in(inner)
        }
    }

    /// Marks and scans what was noted, until nothing is left. What is taken from the stack waits in a short queue, so that its
    /// memory is in the cache when it is looked at.
    fn drain(&mut self) {
        let mut queue = [0usize; QUEUE];
        let mut at = 0;
        let mut waiting = 0;
        loop {
            let next = match self.work.pop() {
                Some(item) => {
                    let target = if item & SLOT != 0 {
                        // SAFETY: a word of a live object.
                        unsafe { *((item & !SLOT) as *const u64) as usize }
                    } else {
                        item
                    };
                    prefetch(target);
                    prefetch(map_byte(target) as usize);
                    waiting += 1;
                    item
                }
                None if waiting == 0 => return,
                None => 0,
            };
            let item = std::mem::replace(&mut queue[at % QUEUE], next);
            at += 1;
            if item == 0 {
                continue;
            }
            waiting -= 1;
            let address = if item & SLOT != 0 {
                let slot = (item & !SLOT) as *mut u64;
                // SAFETY: a word of a live object.
                let thunk = unsafe { *slot } as usize;
                let address = Self::shorten(slot);
                if address != thunk {
                    // Not what was fetched.
                    if address != 0 {
                        self.work.push(address);
                    }
                    continue;
                }
                address
            } else {
                item
            };
            let byte = map_byte(address);
            // SAFETY: words of objects and roots are addresses of objects, whose blocks have a map.
            unsafe {
                debug_assert!(*byte & KIND > HOLE, "no object is at {address:#x}: {:#x}", *byte);
                if *byte & MARK != 0 {
                    continue;
                }
                *byte |= MARK;
            }
            self.live += self.scan(address);
        }
    }

    /// Notes what an object refers to; its size.
    #[inline]
    fn scan(&mut self, address: usize) -> usize {
        // SAFETY: addresses that come here are those of live objects, and no other thread runs.
        unsafe { visit(address, self) }
    }

    /// Reaches everything that the roots reach, then frees the rest.
    pub(crate) fn finish(mut self) {
        self.held.sort_unstable();
        self.held.dedup();
        let held = std::mem::take(&mut self.held);
        for &address in &held {
            // SAFETY: `word` found an object here.
            if unsafe { *map_byte(address) } & MARK == 0 {
                self.work.push(address);
            } else {
                // Old, and perhaps being filled.
                self.scan(address);
            }
        }
        self.drain();
        if self.checks == Checks::Verify {
            self.roots.extend(&held);
            // SAFETY: everything is marked.
            unsafe { verify(&self.space, &self.roots, self.full) };
        }
        for &address in &held {
            // SAFETY: as above.
            unsafe { *map_byte(address) |= NOTED };
        }
        self.space.noted = held;
        self.space.work = std::mem::take(&mut self.work);
        let live = self.live;
        self.heap.sweep(&mut self.space, live, self.full, self.checks != Checks::None);
    }
}

/// Set in a work item that is the address of a slot.
const SLOT: usize = 1;
/// How many objects are being fetched while another is looked at.
const QUEUE: usize = 16;

#[inline(always)]
fn prefetch(address: usize) {
    // SAFETY: a hint, for any address.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address as *const i8);
    }
    let _ = address;
}
