//! Evaluation errors as reports.

use std::path::Path;
use std::sync::Arc;

use nival_eval::{ErrorKind, EvalError, Pos, SourceLocation};
use nival_syntax::{TextRange, TextSize};

use crate::config::EngineConfig;
use crate::place::{Location, Origin};
use crate::report::{Frame, Report, ReportKind};
use crate::world::Generation;

/// The error with every place resolved.
pub(crate) fn report(generation: &Generation, error: &EvalError) -> Report {
    let mut report = Report::new(kind(error.kind), error.message.clone());
    report.primary = location(generation, error.pos);
    report.hints = error.hints.clone();
    if error.kind == ErrorKind::Forbidden && generation.config.trust == crate::config::Trust::Untrusted {
        report.kind = ReportKind::Trust;
        report.hints.push("trust this workspace to allow it".to_owned());
    }
    // The trace has the outermost step first; a report the innermost.
    let mut frames: Vec<Frame> = error
        .trace
        .iter()
        .map(|frame| {
            let location = location(generation, frame.pos);
            let library = !frame.user && !location.as_ref().is_some_and(|l| is_user_place(&generation.config, l));
            Frame { message: frame.message.clone(), location, library }
        })
        .collect();
    frames.reverse();
    report.frames = frames;
    report
}

fn kind(kind: ErrorKind) -> ReportKind {
    match kind {
        ErrorKind::Parse | ErrorKind::UndefinedVariable => ReportKind::Syntax,
        ErrorKind::Io => ReportKind::Io,
        ErrorKind::Budget | ErrorKind::StackOverflow => ReportKind::Budget,
        ErrorKind::Cancelled => ReportKind::Cancelled,
        ErrorKind::UnknownHere => ReportKind::Unknown,
        _ => ReportKind::Evaluation,
    }
}

/// The place of a position of this generation's evaluator.
pub(crate) fn location(generation: &Generation, pos: Pos) -> Option<Location> {
    (!pos.is_none()).then(|| generation.evaluator.locate_range(pos)).flatten().map(|source| from_source(generation, source))
}

fn from_source(generation: &Generation, source: SourceLocation) -> Location {
    let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
    let range = TextRange::new(size(source.range.start), size(source.range.end.max(source.range.start)));
    let origin = match source.file {
        Some(file) => {
            let file = crate::world::overlay::to_path(&file);
            Origin::File(generation.host.own_file(&file).unwrap_or(file).into())
        }
        None => Origin::Text { name: source.label.into(), text: String::from_utf8_lossy(&source.text).into() },
    };
    Location { origin, range }
}

/// Whether a place is the user's own: typed in, or in a file of the workspace.
fn is_user_place(config: &EngineConfig, location: &Location) -> bool {
    match &location.origin {
        Origin::Text { .. } => true,
        Origin::File(path) if config.roots.is_empty() => !is_library(config, path),
        Origin::File(path) => config.roots.iter().any(|root| path.starts_with(root)) && !is_library(config, path),
    }
}

/// Without roots, or inside them: what the search path names is nobody's own file.
fn is_library(config: &EngineConfig, path: &Arc<Path>) -> bool {
    path.starts_with("/nix/store") || config.search_path.iter().any(|entry| !entry.path.is_empty() && path.starts_with(&entry.path))
}
