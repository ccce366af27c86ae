//! [`Pool`]: work of a collection that two threads share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};

/// Who does such work.
pub(super) trait Worker: Send {
    /// What it has yet to do; the last first.
    fn work(&mut self) -> &mut Vec<usize>;

    /// Does it, and what comes of it, until nothing is left. [`Pool::share`] is to be called now and then.
    fn drain(&mut self, pool: Option<&Pool>);
}

/// See the module documentation.
#[derive(Debug, Default)]
pub(super) struct Pool {
    state: Mutex<State>,
    changed: Condvar,
    /// Somebody has nothing to do.
    hungry: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    parts: Vec<Vec<usize>>,
    /// How many have work of their own.
    busy: u32,
}

/// Who has nothing to do looks so often whether there is something before it sleeps: to be woken takes longer than most waits.
const SPINS: u32 = 4000;

/// A thread that is waited for must not end otherwise.
struct NoUnwinding;

impl Drop for NoUnwinding {
    fn drop(&mut self) {
        std::process::abort();
    }
}

/// The part of `work` that would be done last, which is taken from it.
fn bottom_half(work: &mut Vec<usize>) -> Vec<usize> {
    work.drain(..work.len() / 2).collect()
}

impl Pool {
    /// Has `own` do its work, and `other`, on a thread that ends with this, part of it. Where there can be no more threads `own` does all.
    pub(super) fn together<W: Worker>(own: &mut W, other: &mut W) {
        let pool = Pool::default();
        *pool.state() = State { parts: vec![bottom_half(own.work())], busy: 1 };
        std::thread::scope(|scope| {
            let helps = || {
                let guard = NoUnwinding;
                pool.take(other);
                std::mem::forget(guard);
            };
            let _ = std::thread::Builder::new().name("collector".into()).stack_size(256 << 10).spawn_scoped(scope, helps);
            let guard = NoUnwinding;
            own.drain(Some(&pool));
            pool.state().busy -= 1;
            pool.take(own);
            std::mem::forget(guard);
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Gives half of `work` to who has none.
    #[inline]
    pub(super) fn share(&self, work: &mut Vec<usize>) {
        if self.hungry.load(Ordering::Relaxed) {
            self.give(work);
        }
    }

    #[cold]
    fn give(&self, work: &mut Vec<usize>) {
        let part = bottom_half(work);
        let mut state = self.state();
        state.parts.push(part);
        self.hungry.store(false, Ordering::Relaxed);
        drop(state);
        self.changed.notify_all();
    }

    /// Does what others give until nobody has anything.
    fn take(&self, worker: &mut impl Worker) {
        let mut state = self.state();
        loop {
            if let Some(part) = state.parts.pop() {
                state.busy += 1;
                drop(state);
                worker.work().extend(part);
                worker.drain(Some(self));
                state = self.state();
                state.busy -= 1;
            } else if state.busy == 0 {
                self.hungry.store(false, Ordering::Relaxed);
                drop(state);
                self.changed.notify_all();
                return;
            } else {
                state = self.wait(state);
            }
        }
    }

    /// Until something was given, or all is done.
    fn wait<'p>(&'p self, state: MutexGuard<'p, State>) -> MutexGuard<'p, State> {
        self.hungry.store(true, Ordering::Relaxed);
        drop(state);
        for _ in 0..SPINS {
            if !self.hungry.load(Ordering::Relaxed) {
                return self.state();
            }
            std::hint::spin_loop();
        }
        let state = self.state();
        if state.parts.is_empty() && state.busy > 0 {
            return self.changed.wait(state).unwrap_or_else(|e| e.into_inner());
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use crate::evaluator::Assistance;
    use crate::heap::{Checks, Heap, Marker, Region, Scope};
    use crate::value::{List, Value};

    /// Makes lists that refer to earlier ones, some of them to none that lives, and collects again and again; what lives after
    /// each.
    fn live_bytes(assisted: bool) -> Vec<usize> {
        let heap = Heap::default();
        if assisted {
            heap.assist(Assistance::Collecting);
        }
        let mut region = Region::new(&heap);
        let mut seed = 7u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % below
        };
        let mut nodes: Vec<u64> = Vec::new();
        let mut live = Vec::new();
        for _ in 0..4 {
            for _ in 0..20_000 {
                let len = random(6);
                let (list, slots) = List::alloc(&mut region, len);
                for index in 0..len {
                    slots.set(index, if nodes.is_empty() { Value::NULL } else { Value(nodes[random(nodes.len())]) });
                }
                nodes.push(list.0);
            }
            region.flush();
            // SAFETY: nobody else evaluates.
            let mut marker = unsafe { Marker::new(&heap, Scope::All, Checks::Verify) };
            // The others may be gone now.
            nodes = nodes.split_off(nodes.len() - 7_000);
            nodes.iter().for_each(|&node| marker.root(Value(node)));
            marker.finish();
            live.push(heap.live());
        }
        live
    }

    /// That nothing is missing the second look of [`Checks::Verify`] tells.
    #[test]
    fn two_markers_reach_what_one_reaches() {
        let (alone, together) = (live_bytes(false), live_bytes(true));
        for (alone, together) in alone.into_iter().zip(together) {
            // What both came to at once counts twice.
            assert!((alone..alone + alone / 20).contains(&together), "{alone} and {together}");
        }
    }
}
