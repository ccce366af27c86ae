//! Evaluation errors as reports.

use std::path::Path;
use std::sync::Arc;

use nival_eval::{ErrorKind, EvalError, FrameKind, Pos, SourceLocation};
use nival_syntax::{TextRange, TextSize};

use super::module_system;
use crate::config::SearchPathEntry;
use crate::place::{Location, Origin};
use crate::report::{Frame, Report, ReportKind};
use crate::world::Generation;

/// The error with every place resolved.
pub(crate) fn report(generation: &Generation, error: &EvalError) -> Report {
    let mut report = Report::new(kind(error.kind), error.message.clone());
    if let Some(source) = locate(generation, error.pos) {
        let location = from_source(generation, source, &mut report);
        report.primary_library = !is_user_place(generation, &location);
        report.primary = Some(location);
    }
    report.hints = error.hints.clone();
    if let ErrorKind::Build(code) = error.kind {
        report.exit_code = code;
    }
    if error.kind == ErrorKind::Forbidden && generation.config.trust == crate::config::Trust::Untrusted {
        report.kind = ReportKind::Trust;
        report.hints.push("trust this workspace to allow it".to_owned());
    }
    report.elided_frames = error.trace.elided();
    let mut path = Vec::new();
    // The trace has the outermost step first; a report the innermost.
    let mut frames: Vec<Frame> = Vec::new();
    for frame in error.trace.iter() {
        if frame.kind == FrameKind::Part && path.len() == frames.len() {
            path.push(part_name(&frame.message));
        }
        frames.push(resolved(generation, &mut report, frame.pos, frame.message.clone(), frame.kind));
    }
    frames.reverse();
    report.attribute = path;
    let part = frames.iter().find(|frame| frame.kind == FrameKind::Part && !frame.library && frame.location.is_some());
    report.attribute_place = part.and_then(|frame| frame.location.clone()).map(Box::new);
    report.option = module_system::context(generation, error, &frames);
    report.hints.extend(report.option.as_ref().and_then(|option| option.suggestion.clone()));
    for frame in &mut frames {
        frame.module_system = frame.kind == FrameKind::Told && module_system::is_module_frame(&frame.message);
    }
    report.frames = frames;
    report.cycle = cycle(generation, error, &mut report);
    if report.cycle.iter().any(|step| !step.library && step.message == "'imports'") {
        report.hints.push(IMPORTS_HINT.to_owned());
    }
    report
}

/// The error is one of what `path` selects.
pub(super) fn within(generation: &Generation, report: &mut Report, path: &[(String, Pos)]) {
    report.attribute.splice(0..0, path.iter().map(|(name, _)| name.clone()));
    for &(_, pos) in path.iter().rev() {
        if report.attribute_place.is_none()
            && let Some(source) = locate(generation, pos)
        {
            let place = from_source(generation, source, report);
            report.attribute_place = Some(place).filter(|place| is_user_place(generation, place)).map(Box::new);
        }
    }
}

fn resolved(generation: &Generation, report: &mut Report, pos: Pos, message: String, kind: FrameKind) -> Frame {
    let location = locate(generation, pos).map(|source| from_source(generation, source, report));
    let library = kind != FrameKind::Told && !location.as_ref().is_some_and(|l| is_user_place(generation, l));
    Frame { message, location, library, kind, module_system: false }
}

const IMPORTS_HINT: &str = "what a module imports must not depend on `config`: import it always, and let `lib.mkIf` in it decide";

/// The steps of an infinite recursion, each with the name it is bound to.
fn cycle(generation: &Generation, error: &EvalError, report: &mut Report) -> Box<[Frame]> {
    let steps: Vec<Pos> = error.cycle.iter().collect();
    let mut found: Vec<Frame> = Vec::with_capacity(steps.len());
    for pos in steps {
        let frame = match generation.evaluator.binding(pos) {
            Some((name, source)) => {
                let location = from_source(generation, source, report);
                let library = !is_user_place(generation, &location);
                let message = format!("'{name}'");
                Frame { message, location: Some(location), library, kind: FrameKind::Step, module_system: false }
            }
            None => resolved(generation, report, pos, "this expression".to_owned(), FrameKind::Step),
        };
        if found.last().is_none_or(|last| last.location != frame.location) {
            found.push(frame);
        }
    }
    found.into()
}

/// `'x'` or an index at the end of the words of a part.
fn part_name(message: &str) -> String {
    match message.strip_suffix('\'').and_then(|m| m.split_once('\'')) {
        Some((_, name)) => name.to_owned(),
        None => message.rsplit(' ').next().unwrap_or_default().to_owned(),
    }
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

fn locate(generation: &Generation, pos: Pos) -> Option<SourceLocation> {
    (!pos.is_none()).then(|| generation.evaluator.locate_range(pos)).flatten()
}

/// The place of a position of this generation's evaluator.
pub(crate) fn location(generation: &Generation, pos: Pos) -> Option<Location> {
    locate(generation, pos).map(|source| plain(generation, &source))
}

/// The place, with the text that was evaluated kept for whoever draws it: the file may have changed since.
fn from_source(generation: &Generation, source: SourceLocation, report: &mut Report) -> Location {
    let location = plain(generation, &source);
    if let Origin::File(path) = &location.origin {
        report.sources.add(path, &source.text);
    }
    location
}

fn plain(generation: &Generation, source: &SourceLocation) -> Location {
    let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
    let range = TextRange::new(size(source.range.start), size(source.range.end.max(source.range.start)));
    let origin = match &source.file {
        Some(file) => {
            let file = crate::world::overlay::to_path(file);
            Origin::File(generation.host.own_file(&file).unwrap_or(file).into())
        }
        None => Origin::Text { name: source.label.as_str().into(), text: String::from_utf8_lossy(&source.text).into() },
    };
    Location { origin, range }
}

/// Whether a place is the user's own: typed in, or in a file that belongs to no library.
pub(super) fn is_user_place(generation: &Generation, location: &Location) -> bool {
    match &location.origin {
        Origin::Text { name, .. } => !name.starts_with("«nix"),
        Origin::File(path) => !is_library(generation, path),
    }
}

/// The parts of nixpkgs that are somebody else's even for those who work in it.
const NIXPKGS_CORE: &[&str] = &["lib", "pkgs/stdenv", "pkgs/build-support", "pkgs/top-level", "nixos/lib"];

/// In the store, on the search path, or in a tree of nixpkgs or of its `lib`, unless the workspace is inside that tree.
fn is_library(generation: &Generation, path: &Arc<Path>) -> bool {
    let roots = &generation.config.roots;
    let worked_in = |tree: &Path| roots.iter().any(|root| root.starts_with(tree));
    if path.starts_with("/nix/store") {
        return true;
    }
    let on_search_path = |entry: &SearchPathEntry| {
        let tree = Path::new(&entry.path);
        tree.is_absolute() && entry.prefix != "nixos-config" && path.starts_with(tree) && !worked_in(tree)
    };
    if generation.config.search_path.iter().any(on_search_path) {
        return true;
    }
    for tree in path.ancestors().skip(1) {
        let has = |file: &str| generation.evaluator.has_loaded(tree.join(file).as_os_str().as_encoded_bytes());
        if has("lib/trivial.nix") || has("lib/modules.nix") {
            return !worked_in(tree) || NIXPKGS_CORE.iter().any(|part| path.starts_with(tree.join(part)));
        }
    }
    false
}
