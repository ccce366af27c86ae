//! [`Watching`]: an engine that counts what its evaluations cost.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use nival_eval::heap::{Allocations, Kind, Tally};
pub use nival_eval::watch::{CallSite, Counters, FileCost, FunctionCalls, Watched};

use crate::session::EvalSession;

/// What to watch; a clone watches the same.
#[derive(Debug, Clone)]
pub struct Watching {
    pub(crate) watch: Arc<nival_eval::watch::Watch>,
    ticker: Option<Arc<Ticker>>,
}

/// All clones of one are equal.
impl PartialEq for Watching {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.watch, &other.watch)
    }
}

impl Eq for Watching {}

/// A thread that tells the evaluator how time goes on. It ends with the last clone.
#[derive(Debug)]
struct Ticker {
    period: Duration,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watching {
    /// Counters and calls; with a `frequency` (looks per second) also time by file, and with `stacks` what was being called.
    pub fn new(frequency: Option<u32>, stacks: bool) -> Self {
        let watch = Arc::new(nival_eval::watch::Watch::new(stacks));
        let ticker = frequency.map(|frequency| {
            let period = Duration::from_secs(1) / frequency.clamp(1, 100_000);
            let (stop, stopped) = channel();
            let told = Arc::clone(&watch);
            let thread = std::thread::spawn(move || {
                let (start, mut ticks) = (Instant::now(), 0);
                // A tick that came late brings those that were missed.
                while stopped.recv_timeout(period) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                    let now = (start.elapsed().as_nanos() / period.as_nanos().max(1)) as u64;
                    told.tick(now.saturating_sub(ticks));
                    ticks = now.max(ticks);
                }
            });
            Arc::new(Ticker { period, stop: Some(stop), thread: Some(thread) })
        });
        Watching { watch, ticker }
    }

    /// How long a tick of [`Watched`] is; zero where time is not looked at.
    pub fn period(&self) -> Duration {
        self.ticker.as_ref().map_or(Duration::ZERO, |ticker| ticker.period)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It only counts; there is nothing to be told of it.
            let _ = thread.join();
        }
    }
}

impl EvalSession {
    /// What evaluations have cost so far, where [`crate::EngineConfig::watching`] says to count.
    pub fn watched(&self) -> Watched {
        self.generation.evaluator.watched()
    }

    /// Bytes mapped for values.
    pub fn heap_bytes(&self) -> usize {
        self.generation.evaluator.heap_bytes()
    }
}
