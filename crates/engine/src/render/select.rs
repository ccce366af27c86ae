//! Which frames of a trace are shown, and where.

use nival_eval::FrameKind;

use super::excerpt::Seen;
use crate::place::Location;
use crate::report::{Frame, Report};

/// Frames of the user's own that are shown without `--show-trace`.
const MAX_USER_FRAMES: usize = 6;

/// Frames that are shown with it, half from each end.
const MAX_FRAMES: usize = 400;

/// A line of the trace.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown<'r> {
    Frame {
        message: &'r str,
        location: Option<&'r Location>,
    },
    /// So many frames are not shown here.
    Omitted(usize),
    /// The frames before this line, as many as the first number says, come so many times more.
    Repeated(usize, usize),
}

/// Where an error is shown first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head<'r> {
    pub location: Option<&'r Location>,
    /// Where it was found, if that is in a library.
    pub library: Option<&'r Location>,
}

pub(super) fn head(report: &Report) -> Head<'_> {
    let primary = report.primary.as_ref();
    match report.user_location() {
        Some(user) if Some(user) != primary => {
            let internal = matches!(primary, Some(Location { origin: crate::place::Origin::Text { .. }, .. })) && report.primary_library;
            Head { location: Some(user), library: primary.filter(|_| !internal) }
        }
        _ => Head { location: primary, library: None },
    }
}

/// The user's own frames, innermost first, and how many others there are.
/// `seen` says whether a place is on the screen already, and notes that it will be.
pub(super) fn folded<'r>(report: &'r Report, seen: &mut Seen<'_>) -> (Vec<Shown<'r>>, usize) {
    let frames = &report.frames;
    let mut shown = Vec::new();
    let mut hidden = report.elided_frames;
    let mut index = 0;
    while let Some(frame) = frames.get(index) {
        index += 1;
        if frame.module_system || frame.kind == FrameKind::Part || (report.option.is_some() && is_text(frame)) {
            continue;
        }
        // A call has a frame for the function and one for the caller, whose line says more; and so it is with an attribute's
        // definition and use.
        let pair = frames.get(index).filter(|outer| is_pair(frame, outer));
        let own = |frame: &&Frame| !frame.library && frame.location.is_some();
        let (best, message) = match pair.filter(own) {
            Some(outer) if !seen.has(outer.location.as_ref()) => {
                (outer, if outer.message == "from call site" { &frame.message } else { &outer.message })
            }
            _ => (frame, &frame.message),
        };
        index += usize::from(pair.is_some());
        hidden += usize::from(pair.is_some());
        let told = best.kind == FrameKind::Told;
        if told || (own(&best) && !seen.has(best.location.as_ref())) {
            if shown.len() < MAX_USER_FRAMES {
                seen.add(best.location.as_ref());
                shown.push(Shown::Frame { message, location: best.location.as_ref() });
                continue;
            }
        } else if own(&best) {
            // Its line is on the screen.
            continue;
        }
        hidden += 1;
    }
    (shown, hidden)
}

/// A frame in a text that is no file: of a module's error it only says that somebody asked for the configuration.
fn is_text(frame: &Frame) -> bool {
    matches!(frame.location, Some(Location { origin: crate::place::Origin::Text { .. }, .. }))
}

fn is_pair(inner: &Frame, outer: &Frame) -> bool {
    outer.message == "from call site"
        || (inner.message.starts_with("from the definition of '") && outer.message.starts_with("while evaluating the attribute '"))
}

/// Every frame, innermost first, as far as a screen may be filled; runs that repeat are told once.
pub(super) fn whole(report: &Report) -> Vec<Shown<'_>> {
    let mut lines = collapsed(&report.frames);
    if report.elided_frames > 0 {
        // The two ends that are kept are as long as each other, or the outer one longer.
        let at = lines.len() / 2;
        lines.insert(at, Shown::Omitted(report.elided_frames));
    }
    if lines.len() > MAX_FRAMES {
        let cut = MAX_FRAMES / 2..lines.len() - MAX_FRAMES / 2;
        let count = |line: &Shown<'_>| match line {
            Shown::Frame { .. } => 1,
            Shown::Omitted(n) => *n,
            Shown::Repeated(len, times) => len * times,
        };
        let omitted = lines[cut.clone()].iter().map(count).sum();
        lines.splice(cut, [Shown::Omitted(omitted)]);
    }
    lines
}

/// Frames that may repeat together.
const MAX_PERIOD: usize = 12;

fn collapsed(frames: &[Frame]) -> Vec<Shown<'_>> {
    let mut lines = Vec::new();
    let mut at = 0;
    while at < frames.len() {
        let longest = MAX_PERIOD.min((frames.len() - at) / 2);
        let repeated = (1..=longest).find_map(|period| {
            let times = frames[at + period..].chunks_exact(period).take_while(|chunk| *chunk == &frames[at..at + period]).count();
            (times > 0 && period * times >= 3).then_some((period, times))
        });
        let (period, times) = repeated.unwrap_or((1, 0));
        lines.extend(frames[at..at + period].iter().map(|f| Shown::Frame { message: &f.message, location: f.location.as_ref() }));
        if times > 0 {
            lines.push(Shown::Repeated(period, times));
        }
        at += period * (times + 1);
    }
    lines
}
