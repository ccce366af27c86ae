//! Lines and columns.

use nival_lint::{TextRange, TextSize};

/// Counted from 1; columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// Where the lines of a text begin.
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
        Lines { text, starts: starts.collect() }
    }

    pub fn place(&self, at: TextSize) -> Place {
        let at = usize::from(at);
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        Place { line, column: self.text.get(start..at).map_or(at - start, |before| before.chars().count()) + 1 }
    }

    pub fn range(&self, range: TextRange) -> (Place, Place) {
        (self.place(range.start()), self.place(range.end()))
    }
}
