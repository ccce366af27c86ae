//! [`Marker`]: finds what the roots reach.
//!
//! A collection that is not full takes for granted that old objects, those that an earlier one reached, live. It looks at
//! young ones only, and at the old ones that may refer to them, which are noted: those given a new reference
//! (`Region::wrote`, called where thunks get their values, and where what is bound or was forced is put into slots of a frame that
//! may be old), and those that a stack referred to at the last collection, which whoever held
//! them may have gone on filling.

use std::sync::{Mutex, MutexGuard};

use super::Kind;
use super::block::{GRANULE, HOLE, KIND, MARK, NOTED, load_byte, map_byte, store_byte};
use super::evacuate::Mover;
use super::layout::{Visitor, address_in, load_word, store_word, visit};
use super::pool::{Pool, Worker};
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

/// What a collection looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    /// What was made since the last collection, which is moved: see `evacuate.rs`.
    Young,
    /// Nothing: all that was made becomes old.
    Nothing,
}

/// One collection: roots are shown to it, then it is finished.
pub(crate) struct Marker<'h> {
    heap: &'h Heap,
    space: MutexGuard<'h, Space>,
    tracer: Tracer,
    /// What the stacks refer to.
    held: Vec<usize>,
    /// Old objects that may refer to young ones.
    noted: Vec<usize>,
    /// What stays where it is because roots refer to it.
    pinned: Vec<usize>,
    scope: Scope,
    /// Bytes that lived before.
    old: usize,
    checks: Checks,
    roots: Vec<usize>,
}

impl<'h> Marker<'h> {
    /// # Safety
    /// Every thread inside the evaluator stands still and has flushed its region. What they hold is shown to the marker.
    pub(crate) unsafe fn new(heap: &'h Heap, scope: Scope, checks: Checks) -> Self {
        let mut space = heap.space();
        let (mut noted, work) = (std::mem::take(&mut space.noted), std::mem::take(&mut space.work));
        let full = scope == Scope::All;
        if full {
            space.unmark();
            noted.clear();
        }
        let old = if full { 0 } else { heap.live() };
        let tracer = Tracer { work, live: 0 };
        Marker { heap, space, tracer, held: Vec::new(), noted, pinned: Vec::new(), scope, old, checks, roots: Vec::new() }
    }

    /// Keeps what `word` points into, if that is an object of this heap. Where objects move, it keeps the
    /// one that ends there as well, and one that begins a word behind: compilers may count from there, and have nothing else of a reference.
    #[inline]
    pub(crate) fn word(&mut self, word: u64) {
        let word = word as usize;
        self.held.extend(self.space.object_at(word));
        if self.scope != Scope::All && self.space.contains(word) {
            match word % GRANULE {
                0 => self.held.extend(self.space.object_at(word - 1)),
                8 => self.held.extend(self.space.object_at(word + 8)),
                _ => {}
            }
        }
    }

    /// Keeps a value.
    pub(crate) fn root(&mut self, value: Value) {
        match self.scope {
            Scope::Nothing => {}
            Scope::All => self.tracer.value(value),
            Scope::Young => self.pinned.extend(Some(address_in(value)).filter(|&address| address != 0)),
        }
        if self.checks == Checks::Verify {
            self.roots.push(address_in(value));
        }
    }

    /// Reaches everything that the roots reach, then frees the rest.
    pub(crate) fn finish(mut self) {
        self.held.sort_unstable();
        self.held.dedup();
        let held = std::mem::take(&mut self.held);
        let full = self.scope == Scope::All;
        let live = self.old
            + match self.scope {
                Scope::All => self.trace(&held),
                Scope::Young => self.evacuate(&held),
                Scope::Nothing => self.keep_all(),
            };
        if self.checks == Checks::Verify {
            self.roots.extend(&held);
            // SAFETY: everything is marked.
            unsafe { verify(&self.space, &self.roots, full) };
        }
        for &address in &held {
            // SAFETY: `word` found an object here, which lives.
            unsafe { *map_byte(address) |= NOTED };
        }
        self.space.noted = held;
        self.space.work = std::mem::take(&mut self.tracer.work);
        self.space.work.shrink_to(KEPT_WORK);
        self.heap.sweep(&mut self.space, live, full, self.checks != Checks::None);
    }

    /// Makes everything old; how many bytes became that.
    fn keep_all(&mut self) -> usize {
        for address in self.noted.drain(..) {
            // SAFETY: an old object. Nothing is young that it could refer to.
            unsafe { *map_byte(address) &= !NOTED };
        }
        self.space.mark_all();
        self.heap.allocated()
    }

    /// Moves what is young and reached, with another thread where one may help; how many bytes became old.
    fn evacuate(&mut self, held: &[usize]) -> usize {
        // In a small heap a block more, which a second thread takes, would show.
        let together = self.space.has_help() && self.space.is_big();
        let space = Mutex::new(&mut *self.space);
        let mut mover = Mover::new(&space, std::mem::take(&mut self.tracer.work), together);
        // SAFETY: by the caller of `new`. Nothing is moved before everything is pinned.
        unsafe {
            for &address in held {
                let byte = map_byte(address);
                // It may be old, and being filled.
                if !mover.pin(address) && *byte & NOTED == 0 {
                    *byte |= NOTED;
                    self.noted.push(address);
                }
            }
            for &address in &self.pinned {
                mover.pin(address);
            }
            mover.look_at(&self.noted);
            mover.scan_pinned();
        }
        let mut live = 0;
        if together {
            let mut other = Mover::new(&space, Vec::new(), true);
            Pool::together(&mut mover, &mut other);
            live = other.finish().1;
        } else {
            mover.drain(None);
        }
        let (work, moved) = mover.finish();
        self.tracer.work = work;
        live + moved
    }

    /// Marks everything that is reached, with another thread where one may help; how many bytes.
    fn trace(&mut self, held: &[usize]) -> usize {
        self.tracer.work.extend(held);
        if !self.space.has_help() {
            self.tracer.drain(None);
            return self.tracer.live;
        }
        let mut other = Tracer::default();
        Pool::together(&mut self.tracer, &mut other);
        self.tracer.live + other.live
    }
}

/// What one thread has yet to look at.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    pub work: Vec<usize>,
    /// Bytes marked. An object that two threads came to at once counts twice.
    pub live: usize,
}

impl Visitor for Tracer {
    #[inline(always)]
    unsafe fn field(&mut self, word: *mut u64, _: &'static [Kind]) {
        // SAFETY: by the caller.
        self.object(unsafe { load_word(word) } as usize);
    }

    /// A reference to a thunk is looked at later, by its slot.
    #[inline(always)]
    unsafe fn slots(&mut self, object: *mut u64, from: usize, to: usize) {
        self.work.reserve(to - from);
        for index in from..to {
            // SAFETY: by the caller.
            let (slot, word) = unsafe { (object.add(index), load_word(object.add(index))) };
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

impl Tracer {
    #[inline(always)]
    fn object(&mut self, address: usize) {
        if address != 0 {
            self.work.push(address);
        }
    }

    #[inline(always)]
    fn value(&mut self, value: Value) {
        self.object(address_in(value));
    }

    /// Where a slot refers to a finished thunk, its value takes its place, so that the thunk itself need not live; except
    /// for what can be told apart by its place. Two threads that do this to one slot write the same.
    #[inline(always)]
    fn shorten(slot: *mut u64, word: u64) -> usize {
        if word & TAG_MASK != 0 {
            // Met before: some objects are looked at twice.
            return address_in(Value(word));
        }
        // SAFETY: words of live objects; only markers run. Whoever holds the old word keeps the thunk by it.
        unsafe {
            let inner = Value(load_word(word as *mut u64));
            if inner.0 & TAG_MASK == 0 || inner.known_by_place() {
                return word as usize;
            }
            store_word(slot, inner.0);
            address_in(inner)
        }
    }

    /// Notes what an object refers to; its size.
    #[inline]
    fn scan(&mut self, address: usize) -> usize {
        // SAFETY: addresses that come here are those of live objects, and only markers run.
        unsafe { visit(address, self) }
    }
}

impl Worker for Tracer {
    fn work(&mut self) -> &mut Vec<usize> {
        &mut self.work
    }

    /// Marks and scans what was noted. What is taken from the stack waits in a short queue, so that its memory is in the cache when it is
    /// looked at.
    fn drain(&mut self, pool: Option<&Pool>) {
        let mut queue = [0usize; QUEUE];
        let mut at = 0;
        let mut waiting = 0;
        loop {
            if at % SHARING == 0
                && self.work.len() > SHARING
                && let Some(pool) = pool
            {
                pool.share(&mut self.work);
            }
            let next = match self.work.pop() {
                Some(item) => {
                    let target = if item & SLOT != 0 {
                        // SAFETY: a word of a live object.
                        unsafe { load_word((item & !SLOT) as *mut u64) as usize }
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
                let word = unsafe { load_word(slot) };
                let address = Self::shorten(slot, word);
                if address as u64 != word {
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
            // SAFETY: words of objects and roots are addresses of objects, whose blocks have a map. Where another marker has the
            // same object now, both look at it, which does no harm.
            unsafe {
                let before = load_byte(byte);
                debug_assert!(before & KIND > HOLE, "no object is at {address:#x}: {before:#x}");
                if before & MARK != 0 {
                    continue;
                }
                store_byte(byte, before | MARK);
            }
            self.live += self.scan(address);
        }
    }
}

/// So many words of the list of what has yet to be looked at are kept for the next collection: one that looks at everything needs more.
const KEPT_WORK: usize = 128 << 10;
/// Set in a work item that is the address of a slot.
const SLOT: usize = 1;
/// Work is shared from so many items on, and not looked at more often than that.
pub(super) const SHARING: usize = 32;
/// How many objects are being fetched while another is looked at.
pub(super) const QUEUE: usize = 16;

/// Has the processor fetch what lies at an address that will be needed soon.
#[inline(always)]
pub(crate) fn prefetch(address: usize) {
    // SAFETY: a hint, for any address.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address as *const i8);
    }
    let _ = address;
}
