//! Vectors and maps of values that builtins fill: their memory is known to the collector.
//!
//! [`Scratch`] is the allocator. Each of its blocks is in a list of the thread that made it, and a collection takes every
//! word in them for an address that may count. Such a container stays on the thread that made it.

use std::alloc::Layout;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};

/// A vector that may hold values across steps of evaluation.
#[derive(Debug)]
pub struct ScratchVec<T>(Inner<T>);

type Inner<T> = allocator_api2::vec::Vec<T, Scratch>;

impl<T> ScratchVec<T> {
    pub fn new() -> Self {
        ScratchVec(Inner::new_in(Scratch::default()))
    }

    pub fn with_capacity(items: usize) -> Self {
        ScratchVec(Inner::with_capacity_in(items, Scratch::default()))
    }
}

impl<T> Default for ScratchVec<T> {
    fn default() -> Self {
        ScratchVec::new()
    }
}

impl<T> std::ops::Deref for ScratchVec<T> {
    type Target = Inner<T>;
    fn deref(&self) -> &Inner<T> {
        &self.0
    }
}

impl<T> std::ops::DerefMut for ScratchVec<T> {
    fn deref_mut(&mut self) -> &mut Inner<T> {
        &mut self.0
    }
}

impl<T> FromIterator<T> for ScratchVec<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let items = items.into_iter();
        let mut all = ScratchVec::with_capacity(items.size_hint().0);
        all.extend(items);
        all
    }
}

impl<'a, T> IntoIterator for &'a ScratchVec<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T> IntoIterator for ScratchVec<T> {
    type Item = T;
    type IntoIter = allocator_api2::vec::IntoIter<T, Scratch>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A map that may hold values across steps of evaluation.
pub type ScratchMap<K, V> = hashbrown::HashMap<K, V, rustc_hash::FxBuildHasher, Scratch>;

/// A set of the words of values: they stay what they are as long as they are in it.
pub type ScratchSet<T> = hashbrown::HashSet<T, rustc_hash::FxBuildHasher, Scratch>;

/// Up to `N` items in place, more in a [`ScratchVec`].
#[derive(Debug)]
pub struct Few<T, const N: usize> {
    inline: [T; N],
    len: usize,
    /// All of them, once they do not fit.
    spilled: ScratchVec<T>,
}

impl<T: Copy, const N: usize> Few<T, N> {
    /// None yet; `filler` is any value of the type.
    #[inline(always)]
    pub fn new(filler: T) -> Self {
        Few { inline: [filler; N], len: 0, spilled: ScratchVec::new() }
    }

    #[inline(always)]
    pub fn push(&mut self, item: T) {
        match self.inline.get_mut(self.len) {
            Some(place) => *place = item,
            None => self.spill(item),
        }
        self.len += 1;
    }

    #[cold]
    fn spill(&mut self, item: T) {
        if self.spilled.is_empty() {
            self.spilled.extend_from_slice(&self.inline);
        }
        self.spilled.push(item);
    }

    #[inline(always)]
    pub fn as_slice(&self) -> &[T] {
        if self.len <= N { &self.inline[..self.len] } else { &self.spilled }
    }
}

/// See the module documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scratch(PhantomData<*const ()>);

/// In front of each block.
#[repr(C, align(16))]
struct Header {
    previous: *mut Header,
    next: *mut Header,
    /// Of the block without the header.
    bytes: usize,
}

/// The first block of a thread.
#[derive(Debug)]
pub(crate) struct Blocks(Cell<*mut Header>);

thread_local! {
    static BLOCKS: Blocks = const { Blocks(Cell::new(std::ptr::null_mut())) };
    /// Of all blocks, with their headers.
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

/// Bytes in the containers of the calling thread.
pub(crate) fn scratch_bytes() -> usize {
    BYTES.get()
}

/// Blocks of the smallest class, with their headers, have so many bytes; those of each further one twice as many.
const LEAST: usize = 64;
/// Larger blocks are the system's allocator's.
const CLASSES: usize = 10;
/// So many bytes of freed blocks are kept at most.
const SPARE: usize = 256 << 10;

const HEADER: Layout = Layout::new::<Header>();

/// Freed blocks of a thread for the next containers, which come and go by the million, by their class.
#[derive(Debug)]
struct Spare {
    first: [Cell<*mut Header>; CLASSES],
    bytes: Cell<usize>,
}

thread_local! {
    static SPARE_BLOCKS: Spare = const { Spare { first: [const { Cell::new(std::ptr::null_mut()) }; CLASSES], bytes: Cell::new(0) } };
}

/// The class of blocks of so many bytes, and what those have.
fn class(bytes: usize) -> Option<(usize, Layout)> {
    let size = bytes.next_power_of_two().max(LEAST);
    let class = (size / LEAST).trailing_zeros() as usize;
    Layout::from_size_align(size, HEADER.align()).ok().filter(|_| class < CLASSES).map(|layout| (class, layout))
}

impl Spare {
    fn take(&self, class: usize, bytes: usize) -> Option<*mut Header> {
        let first = self.first[class].get();
        if first.is_null() {
            return None;
        }
        // SAFETY: blocks that are kept are whole, and this thread's alone.
        self.first[class].set(unsafe { (*first).next });
        self.bytes.set(self.bytes.get() - bytes);
        Some(first)
    }

    /// Whether there is room for it.
    ///
    /// # Safety
    /// A block of this class that nobody uses, and that is in no list.
    unsafe fn keep(&self, class: usize, bytes: usize, block: *mut Header) -> bool {
        let kept = self.bytes.get() + bytes;
        if kept > SPARE {
            return false;
        }
        self.bytes.set(kept);
        // SAFETY: by the caller.
        unsafe { (*block).next = self.first[class].replace(block) };
        true
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        for number in 0..CLASSES {
            let Some((number, layout)) = class(LEAST << number) else { continue };
            while let Some(block) = self.take(number, layout.size()) {
                // SAFETY: blocks of a class were made with its layout.
                unsafe { std::alloc::dealloc(block.cast(), layout) };
            }
        }
    }
}

/// A block, with its header, whose memory is zero: a collection reads all of it. Or null.
fn block_of(all: Layout) -> *mut Header {
    let Some((number, layout)) = class(all.size()) else {
        // SAFETY: the size is not zero.
        return unsafe { std::alloc::alloc_zeroed(all) }.cast();
    };
    let spare = SPARE_BLOCKS.try_with(|spare| spare.take(number, layout.size())).ok().flatten();
    // SAFETY: the size is not zero; a block of the class is not shorter than what is asked for.
    unsafe {
        let block = spare.unwrap_or_else(|| std::alloc::alloc(layout).cast());
        if !block.is_null() {
            block.cast::<u8>().write_bytes(0, all.size());
        }
        block
    }
}

/// # Safety
/// `block` was made by [`block_of`] with this layout, is in no list, and nobody uses it any more.
unsafe fn free_block(block: *mut Header, all: Layout) {
    // SAFETY: by the caller.
    unsafe {
        match class(all.size()) {
            None => std::alloc::dealloc(block.cast(), all),
            Some((number, layout)) => {
                if !SPARE_BLOCKS.try_with(|spare| spare.keep(number, layout.size(), block)).unwrap_or(false) {
                    std::alloc::dealloc(block.cast(), layout);
                }
            }
        }
    }
}

fn whole(layout: Layout) -> Result<Layout, AllocError> {
    if layout.align() > HEADER.align() {
        return Err(AllocError);
    }
    let size = layout.size().checked_next_multiple_of(8).and_then(|s| s.checked_add(HEADER.size())).ok_or(AllocError)?;
    Layout::from_size_align(size, HEADER.align()).map_err(|_| AllocError)
}

// SAFETY: blocks are blocks of the global allocator behind a header, and live until they are deallocated; clones are
// the same. `Scratch` is not `Send`, so that a block leaves the list it is in.
unsafe impl Allocator for Scratch {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let all = whole(layout)?;
        let header = block_of(all);
        if header.is_null() {
            return Err(AllocError);
        }
        // SAFETY: the header is inside the block, and so is what follows it.
        unsafe {
            BYTES.set(BYTES.get() + all.size());
            BLOCKS.with(|blocks| {
                let first = blocks.0.get();
                header.write(Header { previous: std::ptr::null_mut(), next: first, bytes: all.size() - HEADER.size() });
                if !first.is_null() {
                    (*first).previous = header;
                }
                blocks.0.set(header);
            });
            let start = NonNull::new(header.add(1).cast::<u8>()).ok_or(AllocError)?;
            Ok(NonNull::slice_from_raw_parts(start, layout.size()))
        }
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        let Ok(all) = whole(layout) else { return };
        BYTES.set(BYTES.get().saturating_sub(all.size()));
        // SAFETY: `block` was made by `allocate` on this thread, with this layout, so that its header is in front of it and
        // its neighbours are in this thread's list.
        unsafe {
            let header = block.as_ptr().cast::<Header>().sub(1);
            let Header { previous, next, .. } = header.read();
            if previous.is_null() {
                BLOCKS.with(|blocks| blocks.0.set(next));
            } else {
                (*previous).next = next;
            }
            if !next.is_null() {
                (*next).previous = previous;
            }
            free_block(header, all);
        }
    }
}

/// Shows everything in this thread's containers.
pub(super) fn scan(visit: &mut impl FnMut(u64)) {
    BLOCKS.with(|blocks| {
        let mut at = blocks.0.get();
        while !at.is_null() {
            // SAFETY: the list holds live blocks, whose memory was zeroed when they were made.
            unsafe {
                let start = at.add(1).cast::<u64>();
                for index in 0..(*at).bytes / 8 {
                    visit(start.add(index).read_volatile());
                }
                at = (*at).next;
            }
        }
    });
}
