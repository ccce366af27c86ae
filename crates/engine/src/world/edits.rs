//! Edits that a generation survives: they are noted at once, and made before the next evaluation begins.
//!
//! Each such edit begins an *epoch*. Evaluations of an older one are cancelled, and sessions and values of it cannot be used
//! any more; the first session of the new epoch waits until they have ended and brings the evaluator up to date.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nival_eval::Edit;

use super::Generation;
use super::host::Verdict;
use super::overlay::Buffers;
use crate::cancel::CancelToken;

/// How long an evaluation may take to notice that it was cancelled.
const PATIENCE: Duration = Duration::from_millis(500);

/// What edits may leave behind in memory (former values, modules) before it is time for a new generation: as much as there was
/// at the first edits, and this many bytes.
const GARBAGE: usize = 256 << 20;

/// How many bytes of texts may be lowered for edits and for questions about a place, before it is time for a new generation: the code of
/// each stays, and takes some ten times as much as its text.
const MAX_TEXTS: usize = 8 << 20;

/// See the module documentation.
#[derive(Default)]
pub struct Edits {
    state: Mutex<State>,
    /// An evaluation has ended.
    ended: Condvar,
    /// Held by who brings the evaluator up to date.
    settling: Mutex<()>,
}

#[derive(Default)]
struct State {
    epoch: u64,
    pending: Option<Pending>,
    /// Evaluations that are running.
    running: usize,
    /// Cancelled when the epoch ends.
    token: CancelToken,
    /// Bytes of values at the first edit.
    base: Option<usize>,
    /// See [`MAX_TEXTS`].
    texts: usize,
    /// How many epochs' texts could not be taken over since the last time that some could, and the last such epoch.
    refused: u32,
    refused_epoch: Option<u64>,
}

/// What the evaluator does not know yet.
#[derive(Clone)]
struct Pending {
    files: BTreeSet<Vec<u8>>,
    buffers: Arc<Buffers>,
}

/// Keeps a generation as it is: edits that concern it start a new one.
pub type Pin = Arc<()>;

/// An evaluation that is running; ends when it is dropped.
pub struct Running<'g>(&'g Edits);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state().running -= 1;
        self.0.ended.notify_all();
    }
}

impl Edits {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is in memory is worth keeping; much of what will be added to it is not, such as the code of a text of `text` bytes.
    pub fn begin_garbage(&self, bytes: usize, text: usize) {
        let mut state = self.state();
        state.base.get_or_insert(bytes);
        state.texts += text;
    }

    pub fn epoch(&self) -> u64 {
        self.state().epoch
    }
}

impl Generation {
    /// Takes note of changed paths; false where that takes a new generation.
    pub fn absorb(&self, changed: &[(std::path::PathBuf, bool)], buffers: Arc<Buffers>) -> bool {
        let mut state = self.edits.state();
        if state.texts > MAX_TEXTS
            || state.base.is_some_and(|base| self.evaluator.heap_bytes() > base.saturating_mul(2).saturating_add(GARBAGE))
        {
            return false;
        }
        match self.host.judge(changed, &buffers) {
            Verdict::Stale => false,
            Verdict::Untouched => {
                match &mut state.pending {
                    Some(pending) => pending.buffers = buffers,
                    None => self.host.set_buffers(buffers),
                }
                true
            }
            Verdict::Edited(files) => {
                if Arc::strong_count(&self.pins) > 1 {
                    return false;
                }
                state.epoch += 1;
                // The first edits may come before anything big was evaluated.
                if state.epoch <= 4 {
                    state.base = Some(self.evaluator.heap_bytes());
                }
                std::mem::take(&mut state.token).cancel();
                match &mut state.pending {
                    Some(pending) => {
                        pending.files.extend(files);
                        pending.buffers = buffers;
                    }
                    None => state.pending = Some(Pending { files: files.into_iter().collect(), buffers }),
                }
                true
            }
        }
    }

    /// Makes ready for evaluations of an epoch, if it is the present one. False where the generation cannot have it.
    pub fn ready(&self, epoch: u64) -> bool {
        let _settling = self.edits.settling.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.edits.state();
        if state.epoch != epoch || state.refused_epoch == Some(epoch) || self.superseded.is_cancelled() {
            return false;
        }
        let Some(pending) = state.pending.clone() else { return true };
        while state.running > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.edits.ended.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.epoch != epoch {
            return false;
        }
        // Nobody begins now: sessions of this epoch come from here only.
        drop(state);
        let done = self.take_over(&pending);
        let mut state = self.edits.state();
        (state.refused, state.refused_epoch) = if done { (0, None) } else { (state.refused + 1, Some(epoch)) };
        // What came meanwhile is of a later epoch, whose session will ask again.
        if !done || state.epoch != epoch {
            return false;
        }
        state.pending = None;
        true
    }

    fn take_over(&self, pending: &Pending) -> bool {
        let Some(texts) = self.host.edited_texts(&pending.files, &pending.buffers) else { return false };
        match self.evaluator.edit(&texts) {
            Edit::Impossible => false,
            Edit::Done { reset } => {
                self.reset.fetch_add(reset, Ordering::Relaxed);
                self.edits.state().texts += texts.iter().map(|(_, text)| text.len()).sum::<usize>();
                self.host.take_over(&pending.files, Arc::clone(&pending.buffers));
                self.probes.lock().unwrap_or_else(PoisonError::into_inner).clear();
                true
            }
        }
    }

    /// Whether it is of use once the files are again as they were: nothing went wrong but a text that could not be taken over.
    pub fn may_return(&self) -> bool {
        let state = self.edits.state();
        !self.superseded.is_cancelled() && state.pending.is_some() && state.refused > 0 && state.refused < 20
    }

    /// Begins an evaluation; `None` where its epoch is over.
    pub fn begin(&self, epoch: u64) -> Option<(Running<'_>, CancelToken)> {
        let mut state = self.edits.state();
        if state.epoch != epoch {
            return None;
        }
        state.running += 1;
        Some((Running(&self.edits), state.token.clone()))
    }
}
