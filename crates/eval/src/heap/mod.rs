//! Memory of values: bump regions, one per thread, without reference counts and without a collector.
//!
//! Invariants that every `unsafe` block of `heap/` and `value/` relies on:
//! 1. An object is at least 8-aligned, never moves, and lives until its [`Heap`] is dropped. No [`crate::Value`]
//!    outlives the [`crate::Evaluator`] that owns the heap.
//! 2. Fresh memory is zero; a zero word is `Value::UNSET`.
//! 3. An object is fully written before its address is published (with Release) to another thread. After that only
//!    words of type `AtomicU64` change: thunk states, frame slots, caches.

mod kind;
mod region;
mod table;

pub use kind::{Allocations, Kind, Tally};
pub use region::{Heap, Region};
pub(crate) use table::Table;
