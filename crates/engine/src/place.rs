//! Places in texts, as plain data.

use std::path::Path;
use std::sync::Arc;

use nival_syntax::{TextRange, TextSize};

/// A place in a file: byte offsets from its start.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileRange {
    pub path: Arc<Path>,
    pub range: TextRange,
}

/// A cursor in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FilePosition {
    pub path: Arc<Path>,
    pub offset: TextSize,
}

/// Where a text came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    File(Arc<Path>),
    /// Text that is in no file: a REPL line, `--expr`. `name` is what Nix shows, such as `«string»`.
    Text {
        name: Arc<str>,
        text: Arc<str>,
    },
}

/// A place in any text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    pub origin: Origin,
    pub range: TextRange,
}

impl Location {
    pub fn file(path: impl Into<Arc<Path>>, range: TextRange) -> Self {
        Location { origin: Origin::File(path.into()), range }
    }

    /// The place as a place in a file, if it is in one.
    pub fn as_file(&self) -> Option<FileRange> {
        match &self.origin {
            Origin::File(path) => Some(FileRange { path: Arc::clone(path), range: self.range }),
            Origin::Text { .. } => None,
        }
    }
}
