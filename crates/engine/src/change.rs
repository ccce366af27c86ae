//! What happened in the world since the last revision.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::EngineConfig;

/// A batch of events, applied at once by [`crate::Engine::apply`].
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub(crate) buffers: Vec<(PathBuf, Option<Arc<str>>)>,
    pub(crate) disk: Vec<PathBuf>,
    pub(crate) config: Option<EngineConfig>,
    pub(crate) forget: bool,
}

impl Change {
    pub fn new() -> Self {
        Self::default()
    }

    /// An editor opened the file or edited it: its text is `text` from now on, whatever the disk says.
    pub fn set_buffer(&mut self, path: impl AsRef<Path>, text: impl Into<Arc<str>>) -> &mut Self {
        self.buffers.push((path.as_ref().to_owned(), Some(text.into())));
        self
    }

    /// The editor closed the file: the disk counts again.
    pub fn close_buffer(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.buffers.push((path.as_ref().to_owned(), None));
        self
    }

    /// Something was created, changed or deleted at this path on disk.
    pub fn disk_changed(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.disk.push(path.as_ref().to_owned());
        self
    }

    pub fn set_config(&mut self, config: EngineConfig) -> &mut Self {
        self.config = Some(config);
        self
    }

    /// Forget every evaluated value, as the REPL's `:r` does.
    pub fn forget_values(&mut self) -> &mut Self {
        self.forget = true;
        self
    }

    pub fn is_empty(&self) -> bool {
        self.buffers.is_empty() && self.disk.is_empty() && self.config.is_none() && !self.forget
    }
}
