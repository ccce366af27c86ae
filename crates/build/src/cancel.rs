//! Asking running builds to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Something that may ask running builds to stop. Builds look at it at least every 10 ms, so it must be cheap.
pub trait Cancel: Sync {
    fn is_cancelled(&self) -> bool;
}

/// A flag shared by its clones.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    pub fn new() -> CancelToken {
        CancelToken::default()
    }

    /// Asks every build that holds a clone to stop. Cannot be taken back.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Cancel for CancelToken {
    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Any closure will do, which is how a caller brings its own kind of token.
impl<F: Fn() -> bool + Sync> Cancel for F {
    fn is_cancelled(&self) -> bool {
        self()
    }
}
