//! What bounds an evaluation while it works on much data at once: such work is done in pieces, and between two of them
//! somebody may have given up, or memory may have run out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::ctx::Ctx;
use crate::error::{ErrorKind, EvalError, Result};
use crate::evaluator::STACK;
use crate::heap::scratch_bytes;
use crate::host::{HostError, HostResult};

/// Bytes that are copied or hashed between two looks at whether to go on: well under a millisecond each.
pub(crate) const PIECE: usize = 256 << 10;

/// About as many bytes are copied, with their memory mapped, while an evaluation makes one step.
const BYTES_PER_STEP: usize = 512;

/// How often it is looked whether to go on waiting.
const LOOK: Duration = Duration::from_millis(5);

/// For a host: how long it may go on, and how much it may hold.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    cancel: Arc<AtomicBool>,
    /// Bytes that fit the budget beside what is there already; `None` is any number.
    room: Option<usize>,
    /// The whole budget, for the message.
    limit: usize,
}

impl Bounds {
    /// To be asked between pieces of work, with the bytes that are held for the answer.
    ///
    /// # Errors
    /// The evaluation was cancelled, or so much does not fit its budget.
    pub fn check(&self, held: u64) -> HostResult<()> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(HostError::Cancelled);
        }
        match self.room {
            Some(room) if held > room as u64 => Err(HostError::Eval(out_of_memory(self.limit))),
            _ => Ok(()),
        }
    }
}

pub(crate) fn out_of_memory(limit: usize) -> Box<EvalError> {
    EvalError::new(ErrorKind::Budget, format!("evaluation needed more than {} MiB of memory", limit >> 20))
}

/// What a thread holds in containers of values, as far as it is in its evaluator's count.
pub(crate) struct Held<'e> {
    count: &'e AtomicUsize,
    /// What the thread held when it entered.
    base: usize,
    counted: usize,
}

impl<'e> Held<'e> {
    pub(crate) fn new(count: &'e AtomicUsize) -> Self {
        Held { count, base: scratch_bytes(), counted: 0 }
    }

    /// Brings the count up to date.
    fn update(&mut self) {
        self.set(scratch_bytes().saturating_sub(self.base));
    }

    fn set(&mut self, now: usize) {
        // Wraps where it has become less.
        self.count.fetch_add(now.wrapping_sub(self.counted), Ordering::Relaxed);
        self.counted = now;
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.set(0);
    }
}

impl Ctx<'_> {
    /// For what a host does for this evaluation now.
    pub fn bounds(&self) -> Bounds {
        let limit = self.limit;
        let room = limit.map(|limit| limit.saturating_sub(self.evaluator.used_bytes()));
        Bounds { cancel: Arc::clone(&self.cancel), room, limit: limit.unwrap_or_default() }
    }

    /// To be called between pieces of work on `bytes` bytes each that is no evaluation: an error once the evaluation is
    /// cancelled or over budget.
    #[inline]
    pub fn worked(&mut self, bytes: usize) -> Result<()> {
        let steps = u32::try_from(bytes / BYTES_PER_STEP).unwrap_or(u32::MAX);
        self.fuel = self.fuel.saturating_sub(steps).max(1);
        self.check_interrupt()
    }

    /// Hands `bytes` to `work` in pieces that end soon.
    pub(crate) fn in_pieces(&mut self, bytes: &[u8], mut work: impl FnMut(&[u8])) -> Result<()> {
        for piece in bytes.chunks(PIECE) {
            work(piece);
            self.worked(piece.len())?;
        }
        Ok(())
    }

    /// Runs work that cannot be stopped, only left alone, on a thread of its own; `memory` is what it takes at most, in bytes.
    ///
    /// # Errors
    /// The evaluation was given up, or has no memory or no thread for it. What has begun ends by itself.
    pub(crate) fn apart<T: Send + 'static>(&mut self, memory: usize, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.check_memory(memory)?;
        let (sender, result) = channel();
        let thread = std::thread::Builder::new().name("nival-apart".to_owned()).stack_size(STACK);
        let spawned = thread.spawn(move || {
            // Who has given up does not listen any more.
            let _ = sender.send(work());
        });
        spawned.map_err(|error| EvalError::other(format!("cannot start a thread: {error}")))?;
        loop {
            match result.recv_timeout(LOOK) {
                Ok(done) => return Ok(done),
                Err(RecvTimeoutError::Timeout) => self.interrupted_with(memory)?,
                Err(RecvTimeoutError::Disconnected) => return Err(EvalError::other("internal error: a thread has failed")),
            }
        }
    }

    pub(crate) fn count_held(&mut self) {
        self.held.update();
    }
}

#[cfg(test)]
pub(crate) mod tests;
