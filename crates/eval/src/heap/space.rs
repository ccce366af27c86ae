//! [`Space`]: a reserved range of addresses, used block by block.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Kind;
use super::assistant::Assistant;
use super::block::{BLOCK, DATA, HOLE, KIND, LARGE, map_byte};
use super::pages::Pages;
use super::region::{ROOMY, WORTHWHILE};
use crate::evaluator::Assistance;

/// Addresses reserved per evaluator, where the system gives that many; halved until it does. Costs nothing until used. Three
/// quarters of a limit on addresses stay for stacks and for what is not a value.
const RESERVE: usize = 1 << 38;
const LEAST: usize = 64 << 20;

/// With so many blocks a whole one is cleared before it is needed, besides the one that was taken.
const MANY: usize = 16;
/// So many are given back at once.
const PART: usize = 8;
/// With fewer, of which what is never needed would be a part that shows, so many bytes.
const AHEAD: usize = 512 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing lives in it.
    Free,
    /// May have holes.
    Open,
    /// A region fills its holes, or nothing more fits.
    Taken,
    /// First block of a large object, with the number of its blocks.
    Large(u32),
    /// Further block of a large object: how far the first one is.
    Rest(u32),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct BlockInfo {
    pub state: State,
    /// Bytes in holes that can be filled, after the last sweep.
    pub free: u32,
    /// The longest hole.
    pub longest: u32,
    /// Offset from which on the memory was never written.
    pub fresh: u32,
    /// Objects were made in it since the last collection.
    pub young: bool,
}

/// The blocks of an evaluator.
#[derive(Debug)]
pub(super) struct Space {
    base: usize,
    mapped: (usize, usize),
    capacity: usize,
    pub blocks: Vec<BlockInfo>,
    /// Where the search for open blocks goes on.
    pub cursor: usize,
    /// Old objects that may refer to young ones.
    pub noted: Vec<usize>,
    /// What the marker has yet to look at, empty between collections: kept because it grows to megabytes each time.
    pub work: Vec<usize>,
    /// What an assistant may do.
    pub assistance: Assistance,
    assistant: Option<Assistant>,
}

impl Default for Space {
    fn default() -> Self {
        let mut bytes = RESERVE.min(address_limit() / 4);
        loop {
            if let Some(start) = map(bytes) {
                let base = start.next_multiple_of(BLOCK);
                return Space {
                    base,
                    mapped: (start, bytes),
                    capacity: (start + bytes - base) / BLOCK,
                    blocks: Vec::new(),
                    cursor: 0,
                    noted: Vec::new(),
                    work: Vec::new(),
                    assistance: Assistance::None,
                    assistant: None,
                };
            }
            bytes /= 2;
            if bytes < LEAST {
                out_of_memory();
            }
        }
    }
}

pub(super) fn out_of_memory() -> ! {
    std::alloc::handle_alloc_error(std::alloc::Layout::new::<[u64; 512]>())
}

/// How many addresses the process may have.
fn address_limit() -> usize {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the call writes one `rlimit`, which is ours.
    let done = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) } == 0;
    if done { usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX) } else { usize::MAX }
}

/// How memory of values is mapped.
const PROTECTION: libc::c_int = libc::PROT_READ | libc::PROT_WRITE;
const FLAGS: libc::c_int = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;

pub(super) fn map(bytes: usize) -> Option<usize> {
    // SAFETY: an anonymous private mapping touches no existing memory; the result is checked.
    let address = unsafe { libc::mmap(std::ptr::null_mut(), bytes, PROTECTION, FLAGS, -1, 0) };
    (address != libc::MAP_FAILED).then_some(address as usize)
}

/// Puts fresh memory at an address of the reservation.
///
/// # Safety
/// Nobody uses what is there.
#[cfg(target_os = "linux")]
pub(super) unsafe fn map_at(start: usize, bytes: usize) {
    // SAFETY: by the caller; the result is checked.
    let address = unsafe { libc::mmap(start as *mut libc::c_void, bytes, PROTECTION, FLAGS | libc::MAP_FIXED, -1, 0) };
    if address == libc::MAP_FAILED {
        out_of_memory();
    }
}

impl Space {
    pub(super) fn address(&self, index: usize) -> usize {
        self.base + index * BLOCK
    }

    pub(super) fn index(&self, address: usize) -> usize {
        (address - self.base) / BLOCK
    }

    /// `count` blocks in a row that nothing lives in.
    pub(super) fn take(&mut self, count: usize, state: State) -> usize {
        let before = self.blocks.len();
        let first = self.find(count, state);
        if self.blocks.len() > before {
            self.clear_ahead(self.address(first));
        }
        first
    }

    /// As [`Space::take`], without memory being cleared ahead.
    fn find(&mut self, count: usize, state: State) -> usize {
        if count == 1
            && let Some(index) = self.blocks.iter().position(|b| b.state == State::Free)
        {
            self.blocks[index].state = state;
            return index;
        }
        let first = match self.free_run(count) {
            Some(first) => first,
            None => {
                let first = self.blocks.len();
                if first + count > self.capacity {
                    out_of_memory();
                }
                let free = (BLOCK - DATA) as u32;
                self.blocks.resize(first + count, BlockInfo { state: State::Free, free, longest: free, fresh: DATA as u32, young: false });
                first
            }
        };
        self.blocks[first].state = state;
        for (rest, block) in self.blocks[first..first + count].iter_mut().enumerate().skip(1) {
            block.state = State::Rest(rest as u32);
        }
        first
    }

    /// A block with a hole of at least `least` bytes for what becomes old: the young ones are still full of what is looked at.
    pub(super) fn for_copies(&mut self, least: usize) -> usize {
        let holes = |b: &BlockInfo, roomy: bool| {
            let (free, longest) = (b.free, b.longest as usize);
            b.state == State::Open && !b.young && free >= WORTHWHILE && longest >= least && (free < ROOMY) != roomy
        };
        let is_free = |b: &BlockInfo| b.state == State::Free;
        let found = self.blocks.iter().position(|b| holes(b, false));
        let found = found.or_else(|| self.blocks.iter().position(is_free)).or_else(|| self.blocks.iter().position(|b| holes(b, true)));
        found.unwrap_or_else(|| self.take(1, State::Taken))
    }

    /// Has memory cleared that was never used and will be needed next: behind an address that the last block has come to. Programs that
    /// need no second block have no assistant.
    pub(super) fn clear_ahead(&mut self, from: usize) {
        let count = self.blocks.len();
        if self.assistance != Assistance::All || count < 2 {
            return;
        }
        let end = if count < MANY { from + AHEAD } else { self.address(count + 1) };
        if end <= self.address(self.capacity)
            && let Some(assistant) = self.assistant()
        {
            assistant.clear(end);
        }
    }

    /// Whether a block more or less does not show.
    pub(super) fn is_big(&self) -> bool {
        self.blocks.len() >= MANY
    }

    /// Whether collections may have a thread more.
    pub(super) fn has_help(&self) -> bool {
        self.assistance != Assistance::None
    }

    /// The assistant, which starts when it is first wanted.
    fn assistant(&mut self) -> Option<&Assistant> {
        if self.assistant.is_none() {
            self.assistant = Assistant::start(self.address(self.blocks.len().saturating_sub(1)));
            if self.assistant.is_none() {
                self.assistance = Assistance::None;
            }
        }
        self.assistant.as_ref()
    }

    fn free_run(&self, count: usize) -> Option<usize> {
        self.blocks.windows(count).position(|run| run.iter().all(|b| b.state == State::Free))
    }

    /// Gives the memory of free blocks back to the system; they are fresh again.
    pub(super) fn release(&mut self, index: usize) {
        // SAFETY: nothing lives in the block, and it lies in the reservation.
        unsafe { libc::madvise(self.address(index) as *mut libc::c_void, BLOCK, libc::MADV_DONTNEED) };
        let free = (BLOCK - DATA) as u32;
        self.blocks[index] = BlockInfo { state: State::Free, free, longest: free, fresh: DATA as u32, young: false };
    }

    /// Gives the memory of all blocks back to the system, which takes a while where there are many: a second thread does half of it. All
    /// of them are free.
    pub(super) fn give_back(&mut self) {
        self.assistant = None;
        let (base, count) = (self.base, self.blocks.len());
        self.blocks.clear();
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let from = next.fetch_add(PART, Ordering::Relaxed);
                if from >= count {
                    return;
                }
                let bytes = PART.min(count - from) * BLOCK;
                // SAFETY: nothing lives in these blocks any more, and they lie in the reservation.
                unsafe { libc::madvise((base + from * BLOCK) as *mut libc::c_void, bytes, libc::MADV_DONTNEED) };
            }
        };
        std::thread::scope(|scope| {
            if self.has_help() && count >= MANY {
                // Where there can be no more threads this one does all.
                let _ = std::thread::Builder::new().name("memory".into()).stack_size(256 << 10).spawn_scoped(scope, work);
            }
            work();
        });
    }

    /// Whether `word` lies in a block.
    #[inline]
    pub(super) fn contains(&self, word: usize) -> bool {
        word.wrapping_sub(self.base) / BLOCK < self.blocks.len()
    }

    /// The beginning of the object that `word` points into, if it does.
    #[inline]
    pub(super) fn object_at(&self, word: usize) -> Option<usize> {
        let offset = word.wrapping_sub(self.base);
        let index = offset / BLOCK;
        let block = self.blocks.get(index)?;
        match block.state {
            State::Free => None,
            State::Large(_) => self.large_at(index, word),
            State::Rest(back) => self.large_at(index - back as usize, word),
            State::Open | State::Taken => {
                let start = self.address(index);
                let mut at = map_byte(word);
                if offset % BLOCK < DATA {
                    return None;
                }
                let first = map_byte(start + DATA);
                // SAFETY: `first..=at` lies in the map of a block in use.
                unsafe {
                    while *at == 0 && at > first {
                        at = at.sub(1);
                    }
                    let kind = *at & KIND;
                    let found = start + (at as usize - start) * super::block::GRANULE;
                    (kind > HOLE).then_some(found)
                }
            }
        }
    }

    fn large_at(&self, first: usize, word: usize) -> Option<usize> {
        let start = self.address(first);
        // SAFETY: the first word of a large object's first block is its length.
        let bytes = unsafe { *(start as *const u64) } as usize;
        (start + DATA..start + DATA + bytes).contains(&word).then_some(start + DATA)
    }

    /// Makes a large object of `bytes` bytes in blocks of its own; its address. The memory is zero.
    pub(super) fn large(&mut self, kind: Kind, bytes: usize) -> usize {
        let count = (DATA + bytes).div_ceil(BLOCK);
        let first = self.take(count, State::Large(count as u32));
        self.make_large(kind, bytes, first, count)
    }

    /// The same for an object that consists of its head and a text that there is already.
    pub(super) fn large_of(&mut self, kind: Kind, bytes: usize, pages: Pages) -> usize {
        let count = (DATA + bytes).div_ceil(BLOCK);
        let before = self.blocks.len();
        let first = self.find(count, State::Large(count as u32));
        let object = self.make_large(kind, bytes, first, count);
        // SAFETY: the object was just made, and has room for as much.
        unsafe { pages.put_at(object) };
        // Only now: what is cleared where the pages are put is cleared in vain.
        if self.blocks.len() > before {
            self.clear_ahead(self.address(first));
        }
        object
    }

    fn make_large(&mut self, kind: Kind, bytes: usize, first: usize, count: usize) -> usize {
        let start = self.address(first);
        let touched = |b: &BlockInfo| b.fresh as usize > DATA;
        for index in first..first + count {
            if touched(&self.blocks[index]) {
                let state = self.blocks[index].state;
                self.release(index);
                self.blocks[index].state = state;
            }
            self.blocks[index].fresh = BLOCK as u32;
            self.blocks[index].young = true;
        }
        // SAFETY: the block is this object's own, from the map at its beginning on.
        unsafe {
            *(start as *mut u64) = bytes as u64;
            *map_byte(start + DATA) = kind as u8 | LARGE;
        }
        start + DATA
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        self.assistant = None;
        // SAFETY: mapped with this length; by invariant 1 nothing refers to it any more.
        unsafe { libc::munmap(self.mapped.0 as *mut libc::c_void, self.mapped.1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{Heap, Region};

    #[test]
    fn what_was_given_back_is_zero_and_free() {
        for assistance in [Assistance::None, Assistance::Collecting] {
            let mut heap = Heap::default();
            heap.assist(assistance);
            let mut region = Region::new(&heap);
            let first = region.alloc(Kind::String, 4);
            // SAFETY: four words were just allocated.
            unsafe { first.write(u64::MAX) };
            for _ in 0..3 * MANY {
                region.alloc(Kind::String, BLOCK / 16);
            }
            drop(region);
            heap.give_back();
            assert!(heap.space().blocks.is_empty());
            // SAFETY: still a word of the reservation.
            assert_eq!(unsafe { first.read() }, 0);
        }
    }
}
