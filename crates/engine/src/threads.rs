//! Deadlines of evaluations, and what is said of a panic.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use rustc_hash::FxHashMap;

use crate::cancel::CancelToken;
use crate::report::{Report, ReportKind};

/// Cancels its token at a deadline, unless it is dropped before.
pub(crate) struct Timer {
    number: u64,
    fired: Arc<AtomicBool>,
}

impl Timer {
    /// Whether the deadline came.
    pub fn has_fired(&self) -> bool {
        self.fired.load(Ordering::Relaxed)
    }
}

/// Cancels `token` at `deadline`. All deadlines share one thread, which lives as long as the process.
pub(crate) fn cancel_at(deadline: Instant, token: &CancelToken) -> Timer {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let timer = Timer { number: NUMBER.fetch_add(1, Ordering::Relaxed), fired: Arc::default() };
    let clock = clock();
    let mut queue = clock.queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.deadlines.push(Reverse((deadline, timer.number)));
    queue.armed.insert(timer.number, (token.clone(), Arc::clone(&timer.fired)));
    drop(queue);
    clock.changed.notify_one();
    timer
}

impl Drop for Timer {
    fn drop(&mut self) {
        clock().queue.lock().unwrap_or_else(PoisonError::into_inner).armed.remove(&self.number);
    }
}

#[derive(Default)]
struct Clock {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    /// May hold numbers that are not armed any more.
    deadlines: BinaryHeap<Reverse<(Instant, u64)>>,
    armed: FxHashMap<u64, (CancelToken, Arc<AtomicBool>)>,
}

fn clock() -> &'static Clock {
    static CLOCK: OnceLock<&'static Clock> = OnceLock::new();
    CLOCK.get_or_init(|| {
        let clock: &'static Clock = Box::leak(Box::default());
        // Without the thread evaluations have no deadline, but can still be cancelled.
        let _ = std::thread::Builder::new().name("nival-deadlines".into()).spawn(|| run(clock));
        clock
    })
}

fn run(clock: &Clock) {
    let mut queue = clock.queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let now = Instant::now();
        let Some(&Reverse((deadline, number))) = queue.deadlines.peek() else {
            queue = clock.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        if !queue.armed.contains_key(&number) {
            queue.deadlines.pop();
        } else if deadline <= now {
            queue.deadlines.pop();
            if let Some((token, fired)) = queue.armed.remove(&number) {
                fired.store(true, Ordering::Relaxed);
                token.cancel();
            }
        } else {
            queue = clock.changed.wait_timeout(queue, deadline - now).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// What a face says of a panic.
pub(crate) fn panic_report(payload: &(dyn std::any::Any + Send)) -> Report {
    if let Some(lost) = payload.downcast_ref::<nival_eval::CodeLost>() {
        return Report::new(ReportKind::Evaluation, lost.to_string()).hint("evaluate it again");
    }
    let text = payload
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown panic".to_owned());
    Report::new(ReportKind::Internal, format!("nival has a defect: {text}")).hint("please report it together with the input that caused it")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn deadlines_fire_in_their_order_and_dropped_ones_do_not() {
        let (early, late, dropped) = (CancelToken::new(), CancelToken::new(), CancelToken::new());
        let now = Instant::now();
        let late_timer = cancel_at(now + Duration::from_secs(3600), &late);
        let early_timer = cancel_at(now + Duration::from_millis(20), &early);
        drop(cancel_at(now + Duration::from_millis(20), &dropped));
        while !early.is_cancelled() {
            assert!(now.elapsed() < Duration::from_secs(20), "the deadline never came");
            std::thread::yield_now();
        }
        assert!(early_timer.has_fired() && !late_timer.has_fired() && !late.is_cancelled() && !dropped.is_cancelled());
    }
}
