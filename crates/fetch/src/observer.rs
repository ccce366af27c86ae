//! [`Observer`]: who waits for a fetch.

use crate::error::{FetchError, Result};

/// Is told what goes on, and may stop it.
pub trait Observer: Send + Sync {
    /// Asked often; once it is true, the fetch ends with [`FetchError::Cancelled`].
    fn is_cancelled(&self) -> bool {
        false
    }

    /// Something that takes time begins: "unpacking 'https://…'".
    fn begins(&self, what: &str) {
        let _ = what;
    }

    /// Bytes of a download so far, and in all where the server has said so.
    fn progress(&self, url: &str, bytes: u64, total: Option<u64>) {
        let _ = (url, bytes, total);
    }

    fn warn(&self, message: &str) {
        let _ = message;
    }
}

/// Nobody waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {}

pub(crate) fn check(observer: &dyn Observer) -> Result<()> {
    if observer.is_cancelled() { Err(FetchError::Cancelled) } else { Ok(()) }
}
