//! [`Heap`]: all chunks of one evaluator; [`Region`]: the chunk that one thread is filling.

use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Allocations, Kind};

/// First chunk of a region in bytes; each further one is at least a huge page and doubles up to [`MAX_CHUNK`].
const MIN_CHUNK: usize = 256 << 10;
const MAX_CHUNK: usize = 16 << 20;

/// From this size on chunks are aligned to it and backed by huge pages where the system has them: a page fault then costs
/// one in 512 of what it would.
const HUGE_PAGE: usize = 2 << 20;

/// The chunks of all regions of an evaluator, freed together when it is dropped.
#[derive(Debug, Default)]
pub struct Heap {
    chunks: Mutex<Chunks>,
    /// Bytes handed out to regions.
    reserved: AtomicUsize,
}

#[derive(Debug, Default)]
struct Chunks {
    all: Vec<(NonNull<u8>, usize)>,
    /// Unfilled rests of regions that ended: start and end.
    rests: Vec<(usize, usize)>,
}

// SAFETY: the pointers are only used to unmap the chunks on drop.
unsafe impl Send for Chunks {}

impl Heap {
    /// Bytes mapped so far for all threads.
    pub fn reserved_bytes(&self) -> usize {
        self.reserved.load(Ordering::Relaxed)
    }

    fn map(&self, bytes: usize) -> NonNull<u8> {
        let start = if bytes < HUGE_PAGE { map_zeroed(bytes) } else { map_aligned(bytes) };
        let Some(start) = start else { std::alloc::handle_alloc_error(std::alloc::Layout::new::<[u64; 512]>()) };
        self.reserved.fetch_add(bytes, Ordering::Relaxed);
        self.chunks.lock().unwrap_or_else(|e| e.into_inner()).all.push((start, bytes));
        start
    }
}

/// Fresh zeroed memory.
fn map_zeroed(bytes: usize) -> Option<NonNull<u8>> {
    // SAFETY: an anonymous private mapping touches no existing memory; the result is checked.
    let address = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    NonNull::new(address.cast::<u8>()).filter(|_| address != libc::MAP_FAILED)
}

/// As [`map_zeroed`], aligned to [`HUGE_PAGE`]. `bytes` is a multiple of the page size.
fn map_aligned(bytes: usize) -> Option<NonNull<u8>> {
    let whole = map_zeroed(bytes + HUGE_PAGE)?;
    let before = whole.as_ptr().align_offset(HUGE_PAGE);
    // SAFETY: `before + bytes` lies within the mapping just made, of which only the two ends are given back. Advice changes
    // no contents; that it may be refused does no harm.
    unsafe {
        let start = whole.as_ptr().add(before);
        if before > 0 {
            libc::munmap(whole.as_ptr().cast(), before);
        }
        libc::munmap(start.add(bytes).cast(), HUGE_PAGE - before);
        #[cfg(target_os = "linux")]
        libc::madvise(start.cast(), bytes, libc::MADV_HUGEPAGE);
        NonNull::new(start)
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        for &(start, bytes) in &self.chunks.get_mut().unwrap_or_else(|e| e.into_inner()).all {
            // SAFETY: the chunk was mapped with this length and, by invariant 1, nothing refers to it any more.
            unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
        }
    }
}

/// Where one thread allocates. Not shared; its objects are.
#[derive(Debug)]
pub struct Region<'h> {
    heap: &'h Heap,
    next: usize,
    /// Where the chunk ends; `next` where objects are counted, so that every one takes the slow way.
    end: usize,
    /// Where the chunk really ends.
    chunk_end: usize,
    chunk: usize,
    counts: Option<Box<Allocations>>,
    /// Set when a new chunk was mapped, so that the budget is looked at soon.
    pub(crate) grew: bool,
}

impl<'h> Region<'h> {
    pub fn new(heap: &'h Heap) -> Self {
        let rest = heap.chunks.lock().unwrap_or_else(|e| e.into_inner()).rests.pop();
        let (next, end) = rest.unwrap_or((0, 0));
        Region { heap, next, end, chunk_end: end, chunk: MIN_CHUNK, counts: None, grew: false }
    }

    /// Counts objects from now on, by sending each through [`Region::alloc_slow`]: who does not count pays nothing.
    pub(crate) fn count(&mut self) {
        self.counts = Some(Box::default());
        self.end = self.next;
    }

    pub(crate) fn counted(&self) -> Option<&Allocations> {
        self.counts.as_deref()
    }

    /// `words` zeroed words of 8 bytes.
    #[inline(always)]
    pub fn alloc(&mut self, kind: Kind, words: usize) -> *mut u64 {
        let bytes = words * 8;
        let start = self.next;
        if bytes <= self.end - start {
            self.next = start + bytes;
            return start as *mut u64;
        }
        self.alloc_slow(kind, bytes)
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&mut self, kind: Kind, bytes: usize) -> *mut u64 {
        if let Some(counts) = &mut self.counts {
            counts.add(kind, bytes);
            if bytes <= self.chunk_end - self.next {
                let start = self.next;
                self.next += bytes;
                self.end = self.next;
                return start as *mut u64;
            }
        }
        self.grew = true;
        if bytes > self.chunk / 4 {
            // A large object gets a mapping of its own, and the current chunk stays in use.
            return self.heap.map(bytes.next_multiple_of(4096)).as_ptr().cast();
        }
        let start = self.heap.map(self.chunk).as_ptr() as usize;
        self.chunk_end = start + self.chunk;
        self.next = start + bytes;
        self.end = if self.counts.is_some() { self.next } else { self.chunk_end };
        self.chunk = (self.chunk * 2).clamp(HUGE_PAGE, MAX_CHUNK);
        start as *mut u64
    }
}

impl Drop for Region<'_> {
    fn drop(&mut self) {
        if self.chunk_end - self.next > 4096 {
            self.heap.chunks.lock().unwrap_or_else(|e| e.into_inner()).rests.push((self.next, self.chunk_end));
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
            assert_eq!(start as usize % 8, 0);
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
    fn the_rest_of_a_chunk_is_used_again() {
        let heap = Heap::default();
        Region::new(&heap).alloc(Kind::String, 1);
        let before = heap.reserved_bytes();
        Region::new(&heap).alloc(Kind::String, 1);
        assert_eq!(heap.reserved_bytes(), before);
    }

    #[test]
    fn objects_are_counted_by_kind_and_memory_is_used_as_before() {
        let (plain, counted) = (Heap::default(), Heap::default());
        let (mut a, mut b) = (Region::new(&plain), Region::new(&counted));
        b.count();
        for words in [1, 2, 100_000, 3, 40_000, 4] {
            a.alloc(Kind::Set, words);
            b.alloc(Kind::Set, words);
        }
        b.alloc(Kind::List, 2);
        let counts = b.counted().copied().unwrap_or_default();
        assert_eq!((counts.of(Kind::Set).number, counts.of(Kind::Set).bytes), (6, 8 * 140_010));
        assert_eq!((counts.of(Kind::List).number, counts.of(Kind::Thunk).number), (1, 0));
        assert_eq!(plain.reserved_bytes(), counted.reserved_bytes());
    }
}
