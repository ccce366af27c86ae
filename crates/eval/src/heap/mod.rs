//! Memory of values: bump regions, one per thread, over blocks that a collector reclaims: it copies what is young and lives, except for
//! what is referred to from outside of the heap, and marks and sweeps what is old.
//!
//! An evaluator reserves a range of addresses once and uses it block by block (`space.rs`, `block.rs`). Each block begins
//! with a map, one byte for every 16 bytes of it: the kind of the object that begins there, or 0. So objects need no header,
//! any address inside one leads to its beginning, and an object ends where the next byte that is not 0 says so. Threads fill
//! holes (runs of free bytes) by bumping a pointer (`region.rs`). A collection (`mark.rs`, `sweep.rs`, driven by
//! `collect.rs` one level up) marks in the same map what the roots reach and makes holes of the rest. It looks at the
//! objects' words precisely, and at the native stacks conservatively (`stack.rs`): every word that points into an object
//! keeps it. Most collections look at young objects only and move them to the old ones (`evacuate.rs`; `collect.rs` says when all of them are taken for old
//! where they lie), so that what is old lies close together and what is new is written into empty blocks. Where a processor is
//! free a second thread clears memory before it is needed (`assistant.rs`), and another one takes part in collections (`pool.rs`).
//! A long text may be made outside of blocks; its pages are put where its object is in the end (`pages.rs`).
//!
//! Invariants that every `unsafe` block of `heap/` and `value/` relies on:
//! 1. An object is at least 16-aligned. It lives as long as something the collector looks at refers to it:
//!    a live object, a root of the evaluator ([`Root`], imports, constants), a word on the stack of a thread inside
//!    `Evaluator::enter`, or a [`ScratchVec`] and its kin. It moves only at a collection, and only if nothing but objects refers to
//!    it. So nothing else may hold a [`crate::Value`], its address, or what is borrowed from one
//!    (bytes of a string, elements of a list), across a step of evaluation: not a `Vec`, not a `Box`, not a map; even if something
//!    else keeps it alive. No value outlives the [`crate::Evaluator`] that owns the heap.
//! 2. Fresh memory is zero; a zero word is `Value::UNSET`. The kind that an object was allocated with tells what its
//!    words are (`layout.rs` has the table), at every moment at which a collection can happen.
//! 3. Collections happen between two steps of evaluation only (`Ctx::collect_if_due`), never inside an allocation: that is where each
//!    thread stands still, too. To wait for a thunk of another thread is such a step. What is being made, and not yet referred to by a
//!    whole object, needs no root until the next step.
//! 4. An object is fully written before its address is published (with Release) to another thread. After that only
//!    words of type `AtomicU64` change: thunk states, frame slots, caches, what a string is as a name; and, while every thread stands still, the
//!    collector puts the value of a finished thunk in place of the reference to it, and where an object is in place of where it was.

mod assistant;
mod block;
mod evacuate;
mod kind;
mod layout;
mod mark;
mod pages;
mod pool;
mod region;
mod roots;
mod scratch;
mod space;
mod stack;
mod sweep;
mod table;
mod verify;

pub use kind::{Allocations, Kind, Tally};
pub(crate) use mark::{Checks, Marker, Scope, prefetch};
pub(crate) use pages::Pages;
pub use region::{Heap, Region};
pub use roots::Root;
pub(crate) use roots::Roots;
pub(crate) use scratch::scratch_bytes;
pub use scratch::{Few, Scratch, ScratchMap, ScratchSet, ScratchVec};
pub(crate) use stack::{Stack, all_stack_words, scan_registers_and_stack, stack_words};
pub(crate) use table::Table;

/// Has the system's allocator keep freed memory for later, up to some tens of megabytes: for a program that makes large tables again and
/// again, such as those of a big file after each keystroke. The kernel clears every page that it gives anew.
pub fn keep_freed_memory() {
    // SAFETY: changes parameters of the allocator.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 64 << 20);
        libc::mallopt(libc::M_TOP_PAD, 1 << 20);
    }
    // What one thread frees another can use.
    limit_arenas(2);
}

/// Gives memory that was freed back to the system now: to be called where nothing is about to be done.
pub fn give_back_freed_memory() {
    // SAFETY: asks the allocator to give back what nobody uses.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Has the system's allocator give large pieces of memory, such as the parser's buffers of a big file, back as soon as they are
/// freed, in place of keeping them for later: to be called where a program begins.
pub fn give_back_large_memory() {
    // SAFETY: changes a parameter of the allocator.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 256 << 10);
    }
}

/// Has all threads take memory of the system's allocator from where the first one does, so that what one frees another can use: for
/// programs of which one thread does nearly everything, to be called before others start.
pub fn share_memory_between_threads() {
    limit_arenas(1);
}

/// Has threads that start from now on share memory of their own, not that of the first one; after [`share_memory_between_threads`], and
/// while there is no other.
pub(crate) fn separate_memory_of_threads() {
    limit_arenas(2);
}

/// From so many places at most the system's allocator gives memory, each thread keeping to one of them.
#[cfg_attr(not(all(target_os = "linux", target_env = "gnu")), expect(unused_variables))]
fn limit_arenas(most: i32) {
    // SAFETY: changes a parameter of the allocator.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, most);
    }
}
