//! [`Heap`]: all blocks of one evaluator; [`Region`]: the holes that one thread is filling.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::assistant::STEP;
use super::block::{BLOCK, DATA, HOLE, MARK, MIN_HOLE, NOTED, address_of, map_byte, map_of, zeros};
use super::mark::prefetch;
use super::pages::{self, Pages};
use super::space::{Space, State};
use super::{Allocations, Kind};
use crate::evaluator::Assistance;

/// A hole is taken and cleared by this many bytes at a time, so that they are in the cache when they are written.
const CHUNK: usize = 32 << 10;
/// Bigger objects do not make a region leave the hole it is filling.
const MEDIUM: usize = 256;
/// They go to holes of at least this length.
pub(super) const MEDIUM_HOLE: usize = 4 << 10;
/// Bigger objects get blocks of their own.
const LARGE_OBJECT: usize = 256 << 10;
/// A block with less in holes is left to what is old: see `evacuate.rs`.
pub(super) const ROOMY: u32 = 3 << 19;
/// And with less than this it is left alone: each that is filled is swept again.
pub(super) const WORTHWHILE: u32 = 64 << 10;

/// The memory of an evaluator's values, freed when it is dropped.
#[derive(Debug, Default)]
pub struct Heap {
    space: Mutex<Space>,
    /// Where regions that ended had got to.
    rests: Mutex<Vec<Bump>>,
    /// Bytes handed out since the last collection.
    allocated: AtomicUsize,
    /// Bytes that the last collection found in use.
    live: AtomicUsize,
    /// The same of the last one that looked at everything.
    live_full: AtomicUsize,
}

impl Heap {
    /// Gives the memory of all values back at once. There are none any more.
    pub(crate) fn give_back(&mut self) {
        self.space.get_mut().unwrap_or_else(|e| e.into_inner()).give_back();
    }

    /// Bytes in use: what the last collection left, and what was handed out since, over all threads.
    pub fn reserved_bytes(&self) -> usize {
        self.live.load(Ordering::Relaxed) + self.allocated.load(Ordering::Relaxed)
    }

    /// Bytes handed out since the last collection.
    pub(crate) fn allocated(&self) -> usize {
        self.allocated.load(Ordering::Relaxed)
    }

    /// Bytes that the last collection found in use.
    pub(crate) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// Bytes that the last full collection found in use.
    pub(crate) fn live_full(&self) -> usize {
        self.live_full.load(Ordering::Relaxed)
    }

    pub(super) fn space(&self) -> MutexGuard<'_, Space> {
        self.space.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Whether a processor is free for what a thread that evaluates would do else.
    pub(crate) fn has_a_processor(&self) -> bool {
        self.space().assistance == Assistance::All
    }

    /// What a second thread may do.
    pub(crate) fn assist(&self, assistance: Assistance) {
        self.space().assistance = assistance;
    }

    /// All regions begin anew: what they had left is among the holes that the sweep found.
    pub(super) fn swept(&self, live: usize, full: bool) {
        if full {
            self.live_full.store(live, Ordering::Relaxed);
        }
        self.rests.lock().unwrap_or_else(|e| e.into_inner()).clear();
        self.live.store(live, Ordering::Relaxed);
        self.allocated.store(0, Ordering::Relaxed);
    }
}

/// A hole that is being filled.
#[derive(Debug, Default)]
pub(super) struct Bump {
    next: usize,
    /// Up to here memory may be handed out at once: `zeroed`, or `next` where every object is counted.
    end: usize,
    /// Up to here memory is zero.
    zeroed: usize,
    hole_end: usize,
    /// From here on the block was never written.
    fresh: usize,
    /// Beginning of the block, or 0.
    block: usize,
}

impl Bump {
    #[inline(always)]
    fn alloc(&mut self, kind: Kind, bytes: usize) -> *mut u64 {
        let start = self.next;
        self.next = start + bytes;
        // SAFETY: `start` lies in a block that this region fills; nobody else writes this byte.
        unsafe { *map_byte(start) = kind as u8 };
        start as *mut u64
    }

    /// Makes room for `bytes` in the hole; how many bytes were taken from it, 0 if it is too short.
    fn extend(&mut self, bytes: usize) -> usize {
        if self.next + bytes > self.hole_end {
            return 0;
        }
        let end = (self.next + bytes).max(self.zeroed + CHUNK).min(self.hole_end);
        let dirty = end.min(self.fresh);
        if self.zeroed < dirty {
            // SAFETY: the hole is this region's own.
            unsafe { std::ptr::write_bytes(self.zeroed as *mut u8, 0, dirty - self.zeroed) };
        }
        self.fresh = self.fresh.max(end);
        let taken = end - self.zeroed;
        (self.end, self.zeroed) = (end, end);
        taken
    }

    /// A place for a copy of `bytes` bytes, if there is room; its memory is not zero.
    #[inline(always)]
    pub(super) fn place(&mut self, bytes: usize) -> Option<usize> {
        let (start, end) = (self.next, self.next + bytes);
        (end <= self.hole_end).then(|| {
            self.next = end;
            self.fresh = self.fresh.max(end);
            start
        })
    }

    /// Marks where the filled part of the hole ends.
    #[inline(always)]
    pub(super) fn flush(&self) {
        if self.next < self.hole_end {
            // SAFETY: a granule of the hole, which is this region's own.
            unsafe { *map_byte(self.next) = HOLE };
        }
    }

    /// Leaves the block.
    pub(super) fn leave(&mut self, space: &mut Space) {
        if self.block != 0 {
            self.flush();
            let index = space.index(self.block);
            space.blocks[index].fresh = (self.fresh - self.block) as u32;
        }
        *self = Bump::default();
    }

    /// Goes to the next hole of the block with at least `least` bytes.
    pub(super) fn next_hole(&mut self, least: usize) -> bool {
        if self.block == 0 {
            return false;
        }
        self.flush();
        // SAFETY: the block is in use by this region alone.
        let map = unsafe { map_of(self.block) };
        let mut at = (self.hole_end - self.block - DATA) / super::block::GRANULE;
        while let Some(found) = map.get(at..).and_then(|rest| memchr::memchr(HOLE, rest)) {
            let start = at + found;
            at = start + 1 + zeros(&map[start + 1..]);
            if (at - start) * super::block::GRANULE >= least {
                (self.next, self.hole_end) = (address_of(self.block, start), address_of(self.block, at));
                (self.end, self.zeroed) = (self.next, self.next);
                return true;
            }
        }
        let end = self.block + BLOCK;
        (self.next, self.end, self.zeroed, self.hole_end) = (end, end, end, end);
        false
    }

    /// Takes another block, which has a hole of at least `least` bytes.
    fn next_block(&mut self, space: &mut Space, least: usize) {
        if least > MEDIUM && self.block != 0 {
            // Small objects may have the holes that were too short.
            let index = space.index(self.block);
            self.leave(space);
            let info = &mut space.blocks[index];
            (info.state, info.longest) = (State::Open, info.longest.min(MEDIUM as u32));
            space.cursor = space.cursor.min(index);
        }
        self.leave(space);
        let open = |b: &super::space::BlockInfo| b.state == State::Open && b.free >= ROOMY && b.longest as usize >= least;
        let from = space.cursor.min(space.blocks.len());
        let index = match space.blocks[from..].iter().position(open) {
            Some(found) => from + found,
            None => space.take(1, State::Taken),
        };
        if least <= MEDIUM {
            space.cursor = space.cursor.max(index.min(from + 1));
        }
        *self = Bump::of_block(space, index);
    }

    /// For the holes of a block, from now on of this region alone.
    pub(super) fn of_block(space: &mut Space, index: usize) -> Bump {
        let info = &mut space.blocks[index];
        (info.state, info.young) = (State::Taken, true);
        let fresh = info.fresh as usize;
        let block = space.address(index);
        let (start, hole_end) = (block + DATA, if fresh == DATA { block + BLOCK } else { block + DATA });
        Bump { next: start, end: start, zeroed: start, hole_end, fresh: block + fresh, block }
    }
}

/// Where one thread allocates. Not shared; its objects are.
#[derive(Debug)]
pub struct Region<'h> {
    heap: &'h Heap,
    small: Bump,
    /// For objects that did not fit the hole.
    medium: Bump,
    counts: Option<Box<Allocations>>,
    /// Bytes taken that the heap was not told of yet.
    taken: usize,
    /// Old objects that were written to.
    noted: Vec<usize>,
    /// How often it has begun anew, as it does at every collection.
    epoch: u32,
    /// Set when more memory was taken, so that budget and collection are looked at soon.
    pub(crate) grew: bool,
}

impl<'h> Region<'h> {
    pub fn new(heap: &'h Heap) -> Self {
        let small = heap.rests.lock().unwrap_or_else(|e| e.into_inner()).pop().unwrap_or_default();
        Region { heap, small, medium: Bump::default(), counts: None, taken: 0, noted: Vec::new(), epoch: 0, grew: false }
    }

    /// Counts objects from now on, by sending each through [`Region::alloc_slow`]: who does not count pays nothing.
    pub(crate) fn count(&mut self) {
        self.counts = Some(Box::default());
        self.small.end = self.small.next;
    }

    pub(crate) fn counted(&self) -> Option<&Allocations> {
        self.counts.as_deref()
    }

    /// To be called when an object that may be old is given a reference to another: see `mark.rs`.
    #[inline(always)]
    pub(crate) fn wrote(&mut self, address: u64) {
        // SAFETY: an object is at `address`, so that its block has a map.
        if unsafe { *map_byte(address as usize) } & (MARK | NOTED) == MARK {
            self.note(address as usize);
        }
    }

    /// Fetches what [`Region::wrote`] will look at.
    #[inline(always)]
    pub(crate) fn will_write(&self, address: u64) {
        prefetch(map_byte(address as usize) as usize);
    }

    #[cold]
    #[inline(never)]
    fn note(&mut self, address: usize) {
        // SAFETY: as above. Another thread that does the same notes the object twice, which does no harm.
        unsafe { *map_byte(address) |= NOTED };
        self.noted.push(address);
    }

    /// `words` zeroed words of 8 bytes.
    #[inline(always)]
    pub fn alloc(&mut self, kind: Kind, words: usize) -> *mut u64 {
        let bytes = (words * 8 + 15) & !15;
        if bytes <= self.small.end - self.small.next {
            return self.small.alloc(kind, bytes);
        }
        self.alloc_slow(kind, bytes)
    }

    /// Changes at every collection: to be read before an object is made that [`Region::undo`] may take back.
    #[inline(always)]
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Takes back an object of `words` words that was made in `epoch`, if it still is the last one that was made.
    ///
    /// # Safety
    /// Only objects of at most [`MEDIUM`] bytes that were made after it can refer to it, or be the reason that others do; and nobody uses
    /// it any more.
    #[inline(always)]
    pub(crate) unsafe fn undo(&mut self, object: u64, words: usize, epoch: u32) {
        let bytes = (words * 8 + 15) & !15;
        let start = object as usize;
        // Holes are only filled upwards until all of them begin anew, and small objects go nowhere else: none was made since.
        if start + bytes == self.small.next && self.epoch == epoch && self.counts.is_none() {
            self.small.next = start;
            // SAFETY: the object lies in the hole that this region fills, whose free rest is zero and has no objects in the map.
            unsafe {
                *map_byte(start) = 0;
                // Most are a few words, for which a call of memset, which this would become, is too much.
                for word in 0..bytes / 8 {
                    (*(object as *const AtomicU64).add(word)).store(0, Ordering::Relaxed);
                }
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&mut self, kind: Kind, bytes: usize) -> *mut u64 {
        let heap = self.heap;
        if let Some(counts) = &mut self.counts {
            counts.add(kind, bytes);
            // Nothing is left in the hole as far as the quick way can see.
            self.small.end = self.small.zeroed;
        }
        let object = self.find(heap, kind, bytes);
        if self.counts.is_some() {
            self.small.end = self.small.next;
        }
        object
    }

    /// An object whose first two words are zero and are followed by a text, in blocks of its own.
    pub(crate) fn alloc_pages(&mut self, kind: Kind, pages: Pages) -> *mut u64 {
        let bytes = (pages::HEAD + pages.len() + 15) & !15;
        if let Some(counts) = &mut self.counts {
            counts.add(kind, bytes);
        }
        self.grew = true;
        self.heap.allocated.fetch_add(bytes, Ordering::Relaxed);
        self.heap.space().large_of(kind, bytes, pages) as *mut u64
    }

    fn find(&mut self, heap: &Heap, kind: Kind, bytes: usize) -> *mut u64 {
        if bytes > LARGE_OBJECT {
            self.grew = true;
            heap.allocated.fetch_add(bytes, Ordering::Relaxed);
            return heap.space().large(kind, bytes) as *mut u64;
        }
        let (mut bump, mut least) = (&mut self.small, MIN_HOLE);
        if bytes > MEDIUM && bump.next + bytes > bump.hole_end {
            (bump, least) = (&mut self.medium, bytes.max(MEDIUM_HOLE));
        }
        while bytes > bump.end - bump.next {
            let taken = bump.extend(bytes);
            if taken > 0 {
                self.taken += taken;
                // Memory beyond was never used; the assistant keeps ahead of where this comes to.
                if bump.end == bump.fresh && (bump.end - taken) / STEP != bump.end / STEP {
                    heap.space().clear_ahead(bump.end);
                }
                if self.taken >= CHUNK / 2 {
                    heap.allocated.fetch_add(std::mem::take(&mut self.taken), Ordering::Relaxed);
                    self.grew = true;
                }
            } else if !bump.next_hole(least.max(bytes)) {
                bump.next_block(&mut heap.space(), least.max(bytes));
            }
        }
        bump.alloc(kind, bytes)
    }

    /// Marks the ends of what was filled and lets the blocks go: before a collection.
    pub(crate) fn flush(&mut self) {
        let mut space = self.heap.space();
        self.small.leave(&mut space);
        self.medium.leave(&mut space);
        self.taken = 0;
        self.epoch = self.epoch.wrapping_add(1);
        space.noted.append(&mut self.noted);
    }
}

impl Drop for Region<'_> {
    fn drop(&mut self) {
        self.heap.allocated.fetch_add(self.taken, Ordering::Relaxed);
        self.medium.leave(&mut self.heap.space());
        self.heap.space().noted.append(&mut self.noted);
        if self.small.block != 0 {
            self.small.end = self.small.zeroed;
            self.small.flush();
            let mut space = self.heap.space();
            let index = space.index(self.small.block);
            space.blocks[index].fresh = (self.small.fresh - self.small.block) as u32;
            drop(space);
            self.heap.rests.lock().unwrap_or_else(|e| e.into_inner()).push(std::mem::take(&mut self.small));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_zeroed_aligned_and_counted() {
        let heap = Heap::default();
        let mut region = Region::new(&heap);
        let mut last = 0;
        for words in [1, 2, 3, 1000, 100_000, 5] {
            let start = region.alloc(Kind::String, words);
            assert_eq!(start as usize % 16, 0);
            assert_ne!(start as usize, last);
            last = start as usize;
            // SAFETY: `words` words were just allocated.
            let object = unsafe { std::slice::from_raw_parts_mut(start, words) };
            assert!(object.iter().all(|&w| w == 0));
            object.fill(u64::MAX);
        }
        assert!(heap.reserved_bytes() >= 8 * 101_000);
        for words in [300_000, 200_000, 100_000] {
            let start = region.alloc(Kind::String, words);
            // SAFETY: `words` words were just allocated.
            assert!(unsafe { std::slice::from_raw_parts(start, words) }.iter().all(|&w| w == 0));
        }
    }

    #[test]
    fn only_the_last_object_is_taken_back() {
        let heap = Heap::default();
        let mut region = Region::new(&heap);
        let epoch = region.epoch();
        let [first, second] = [3, 5].map(|words| region.alloc(Kind::Frame, words) as u64);
        // SAFETY: nobody uses them.
        unsafe {
            (second as *mut u64).write(7);
            region.undo(first, 3, epoch);
            assert_ne!(region.alloc(Kind::Frame, 1) as u64, first);
            let last = region.alloc(Kind::Frame, 5) as u64;
            (last as *mut u64).write(7);
            region.undo(last, 5, epoch);
            assert_eq!(*map_byte(last as usize), 0);
            assert_eq!(region.alloc(Kind::Frame, 2) as u64, last);
            assert_eq!(*(last as *const u64), 0);
            region.undo(last, 2, epoch.wrapping_add(1));
            assert_ne!(region.alloc(Kind::Frame, 2) as u64, last);
        }
    }

    #[test]
    fn the_rest_of_a_hole_is_used_again() {
        let heap = Heap::default();
        Region::new(&heap).alloc(Kind::String, 1);
        let before = heap.reserved_bytes();
        Region::new(&heap).alloc(Kind::String, 1);
        assert_eq!(heap.reserved_bytes(), before);
    }
}
