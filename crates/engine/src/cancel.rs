//! Cancellation and limits that every long call takes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use crate::config::Budget;

/// The work was given up because its inputs changed or nobody wants its result any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

pub type Cancellable<T> = Result<T, Cancelled>;

/// A flag that asks running work to stop. Clones share the flag; a [child](CancelToken::child) is also stopped with its parent.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    flag: Arc<AtomicBool>,
    children: Mutex<Vec<Weak<Inner>>>,
}

impl CancelToken {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn cancel(&self) {
        self.0.cancel();
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.flag.load(Ordering::Relaxed)
    }

    /// The shared flag, for code that polls it directly.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.flag)
    }

    /// A token of its own that is cancelled when this one is.
    pub fn child(&self) -> CancelToken {
        let child = CancelToken::new();
        self.adopt(&child);
        child
    }

    /// Makes `child` stop with this token, too.
    pub fn adopt(&self, child: &CancelToken) {
        let mut children = lock(&self.0.children);
        children.retain(|c| c.strong_count() > 0);
        children.push(Arc::downgrade(&child.0));
        drop(children);
        // Looked at after the child can be seen, so that a `cancel` in between is not lost.
        if self.is_cancelled() {
            child.cancel();
        }
    }

    pub fn check(&self) -> Cancellable<()> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

impl Inner {
    fn cancel(&self) {
        self.flag.store(true, Ordering::Relaxed);
        let children = std::mem::take(&mut *lock(&self.children));
        for child in children.iter().filter_map(Weak::upgrade) {
            child.cancel();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// How long a call may run and what may stop it.
#[derive(Debug, Clone, Default)]
pub struct Control {
    pub cancel: CancelToken,
    /// Of each call.
    pub budget: Budget,
    /// Of all calls together.
    pub deadline: Option<Instant>,
}

impl Control {
    pub fn new(budget: Budget) -> Self {
        Control { cancel: CancelToken::new(), budget, deadline: None }
    }

    /// For a request of an editor, which begins now: all of its calls share the time.
    pub fn request(cancel: CancelToken, budget: Budget) -> Self {
        let deadline = budget.time.and_then(|time| Instant::now().checked_add(time));
        Control { cancel, budget, deadline }
    }

    /// No limit but the machine's; for a person at a command line, who has Ctrl-C.
    pub fn unlimited() -> Self {
        Self::new(Budget::UNLIMITED)
    }

    /// The same limits under a token that stops with this one.
    pub fn child(&self) -> Self {
        Control { cancel: self.cancel.child(), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_stop_with_their_parent_but_not_the_other_way() {
        let parent = CancelToken::new();
        let (a, b) = (parent.child(), parent.child());
        a.cancel();
        assert!(a.is_cancelled() && !b.is_cancelled() && !parent.is_cancelled());
        parent.cancel();
        assert!(b.is_cancelled() && parent.child().is_cancelled());
    }
}
