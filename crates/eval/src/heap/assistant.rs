//! [`Assistant`]: a thread beside those that evaluate, which has the system clear memory before a region comes to it. Nothing depends on it
//! but time: memory that it has not come to is cleared when it is touched.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// Memory is cleared by this many bytes at a time.
pub(super) const STEP: usize = 256 << 10;

/// Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Assistant {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Up to this address memory is wanted.
    wanted: AtomicUsize,
    stop: AtomicBool,
}

impl Assistant {
    /// Begins with the memory from `from` on; `None` where there can be no more threads.
    pub(super) fn start(from: usize) -> Option<Assistant> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("memory".into()).stack_size(256 << 10).spawn(move || theirs.run(from)).ok()?;
        Some(Assistant { shared, thread: Some(thread) })
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    /// Has memory up to `end` cleared.
    pub(super) fn clear(&self, end: usize) {
        if self.shared.wanted.fetch_max(end, Ordering::Relaxed) < end {
            self.wake();
        }
    }
}

impl Drop for Assistant {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn run(&self, from: usize) {
        let mut cleared = from;
        while !self.stop.load(Ordering::Acquire) {
            if cleared < self.wanted.load(Ordering::Relaxed) {
                cleared = clear(cleared).unwrap_or(usize::MAX);
            } else {
                std::thread::park();
            }
        }
    }
}

/// Has the system clear memory of the reservation from `start` on; where that ends, unless it can not be done. An old system does not
/// know how, and a limit on memory is for who needs the memory to run into.
#[cfg(target_os = "linux")]
fn clear(start: usize) -> Option<usize> {
    // SAFETY: the range lies in the reservation of the heap, which outlives the assistant; what is in it does not change.
    let done = unsafe { libc::madvise(start as *mut libc::c_void, STEP, libc::MADV_POPULATE_WRITE) == 0 };
    done.then_some(start + STEP)
}

#[cfg(not(target_os = "linux"))]
fn clear(_: usize) -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use crate::evaluator::Assistance;
    use crate::heap::{Heap, Region};

    #[test]
    fn memory_that_was_cleared_ahead_is_zero() {
        let heap = Heap::default();
        heap.assist(Assistance::All);
        let mut region = Region::new(&heap);
        for _ in 0..40 << 8 {
            let start = region.alloc(crate::heap::Kind::String, 512);
            // SAFETY: so many words were just made.
            let words = unsafe { std::slice::from_raw_parts_mut(start, 512) };
            assert!(words.iter().all(|&word| word == 0));
            words.fill(u64::MAX);
        }
    }
}
