//! Worker threads for read requests, one queue for each intent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam::channel::{Receiver, Sender, unbounded};

/// Who waits for the work, and what it may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Someone is typing and the text alone answers: never behind an evaluation.
    Latency,
    /// Someone waits and it may evaluate.
    Interactive,
    /// Nobody waits: lenses, diagnostics.
    Background,
}

type Job = Box<dyn FnOnce() + Send>;

/// Threads that run jobs. They end when the pool is dropped and their current jobs are done.
#[derive(Debug)]
pub struct Pool {
    queues: [Sender<Job>; 3],
    /// Jobs that somebody waits for.
    asked: Arc<AtomicUsize>,
}

/// A job that somebody waits for, until it is done or dropped.
struct Asked(Arc<AtomicUsize>);

impl Asked {
    fn new(count: &Arc<AtomicUsize>) -> Asked {
        count.fetch_add(1, Ordering::Relaxed);
        Asked(count.clone())
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    /// # Errors
    /// If the machine gives no threads.
    pub fn new() -> std::io::Result<Self> {
        let queues = [workers("latency", 2)?, workers("interactive", 3)?, workers("background", 2)?];
        Ok(Pool { queues, asked: Arc::default() })
    }

    /// Whether somebody waits for something.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) > 0
    }

    /// Queues a job that somebody waits for. It must not panic: handlers are guarded by their callers.
    pub fn answer(&self, intent: Intent, job: impl FnOnce() + Send + 'static) {
        let asked = Asked::new(&self.asked);
        self.spawn(intent, move || {
            job();
            drop(asked);
        });
    }

    /// Queues a job. It must not panic.
    pub fn spawn(&self, intent: Intent, job: impl FnOnce() + Send + 'static) {
        // Fails only when all threads of the queue are gone; the job is dropped and its answer answers.
        let _ = self.queues[intent as usize].send(Box::new(job));
    }
}

fn workers(name: &str, count: usize) -> std::io::Result<Sender<Job>> {
    let (sender, receiver) = unbounded();
    for _ in 0..count {
        let receiver: Receiver<Job> = receiver.clone();
        let work = move || receiver.iter().for_each(|job| job());
        // Trees and their visitors are bounded in depth; debug builds need the room.
        std::thread::Builder::new().name(format!("nival-{name}")).stack_size(64 << 20).spawn(work)?;
    }
    Ok(sender)
}

/// Runs `work`; a panic in it becomes its message.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|payload| {
        let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        text.unwrap_or("unknown panic").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_waits_until_the_answer_is_there() {
        let pool = Pool::new().unwrap();
        let (go, wait) = crossbeam::channel::bounded::<()>(0);
        let (done, is_done) = crossbeam::channel::bounded::<()>(1);
        assert!(!pool.is_asked());
        pool.answer(Intent::Latency, move || wait.recv().unwrap());
        assert!(pool.is_asked());
        go.send(()).unwrap();
        while pool.is_asked() {
            std::thread::yield_now();
        }
        pool.spawn(Intent::Latency, move || done.send(()).unwrap());
        is_done.recv().unwrap();
        assert!(!pool.is_asked());
    }
}
