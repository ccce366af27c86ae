//! Reports as text: the one renderer of every face.

mod excerpt;
pub use excerpt::displayable;
mod select;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use codespan_reporting::diagnostic::{Diagnostic, Label, Severity};
use codespan_reporting::term::{self, termcolor};

use self::excerpt::{Excerpt, Seen, Texts};
use self::select::Shown;
use crate::place::Location;
use crate::report::{Frame, Report};

/// How to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RenderOptions {
    pub color: bool,
    /// Show every frame, those in library files too (`--show-trace`).
    pub show_trace: bool,
}

/// Renders an error: the cause with its place, what it is about, the user's own frames, how many were folded, hints, and as
/// the last line `error: …` as Nix says it. `text_of` gives the text of a file that the report does not bring along.
pub fn render(report: &Report, text_of: &dyn Fn(&Path) -> Option<Arc<str>>, options: RenderOptions) -> String {
    let mut out = Output { text: String::new(), options, seen: Seen::new(Texts::new(&report.sources, text_of)) };
    let head = select::head(report);
    let notes = notes(report);
    let alone = head.location.is_none() && report.frames.is_empty() && report.cycle.is_empty() && report.log.is_empty();
    if alone {
        for note in &notes {
            out.line(&indented(&readable(note), 6));
        }
    } else {
        out.diagnostic(Severity::Error, &report.message, head.location, notes);
        if let Some(library) = head.library {
            out.library(library, report.option.is_some());
        }
        out.option(report);
        out.cycle(&report.cycle);
        let (shown, hidden) = if options.show_trace { (select::whole(report), 0) } else { select::folded(report, &mut out.seen) };
        for line in shown {
            match line {
                Shown::Frame { message, location } => out.diagnostic(Severity::Note, message, location, Vec::new()),
                Shown::Omitted(frames) => out.line(&format!("({} omitted)", counted(frames))),
                Shown::Repeated(1, times) => out.line(&format!("(the frame above {times} times more)")),
                Shown::Repeated(frames, times) => out.line(&format!("(the {frames} frames above {times} times more)")),
            }
        }
        if hidden > 0 {
            out.line(&format!("({} hidden; --show-trace shows all)", counted(hidden)));
        }
        if !report.log.is_empty() {
            out.line("last lines of the build log:");
            for line in &report.log {
                out.line(&format!("  > {line}"));
            }
        }
        out.line("");
    }
    out.last_line(&report.message);
    out.text
}

fn counted(frames: usize) -> String {
    if frames == 1 { "1 frame of the trace".to_owned() } else { format!("{frames} frames of the trace") }
}

/// What stands below the place of the error: what it is about and what to do.
fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(path) = report.attribute_path() {
        notes.push(format!("in attribute '{path}'"));
    }
    let (attribute, derivations) = report.derivations();
    if let [first, needed_by @ ..] = derivations.as_slice() {
        let attribute = attribute.map_or_else(String::new, |name| format!("attribute '{name}' of "));
        notes.push(format!("while evaluating {attribute}derivation '{first}'"));
        if let [nearest @ .., last] = needed_by {
            let shown = nearest.iter().take(MAX_NEEDED_BY).chain([last]).map(|name| format!("'{name}'"));
            notes.push(format!("which is needed by {}", shown.collect::<Vec<_>>().join(", then ")));
        }
    }
    if let Some(option) = &report.option {
        notes.push(format!("while evaluating the option `{}`", option.name));
        if let [nearest @ .., last] = option.needed_by.as_slice() {
            let shown = nearest.iter().take(MAX_NEEDED_BY).chain([last]).map(|name| format!("`{name}`"));
            notes.push(format!("which is needed by {}", shown.collect::<Vec<_>>().join(", then ")));
        }
    }
    notes.extend(report.hints.iter().map(|hint| format!("help: {hint}")));
    notes
}

/// Options that need the failing one and are named, besides the outermost one.
const MAX_NEEDED_BY: usize = 3;

/// Steps of a cycle that are drawn, half from each end.
const MAX_CYCLE: usize = 12;

struct Output<'a> {
    text: String,
    options: RenderOptions,
    seen: Seen<'a>,
}

impl Output<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Where in a library an error was found whose place in the user's files is shown; of the module system, which checks
    /// what others wrote, nobody has to read the code.
    fn library(&mut self, location: &Location, module_system: bool) {
        if !module_system {
            return self.diagnostic(Severity::Note, "found here", Some(location), Vec::new());
        }
        let place = match self.seen.texts.excerpt(location) {
            Ok(excerpt) => format!("{}:{}:{}", excerpt.name, excerpt.number, excerpt.column()),
            Err(name) => name,
        };
        self.line(&format!("  (found by {place})"));
    }

    fn option(&mut self, report: &Report) {
        let Some(option) = &report.option else { return };
        let places = [("defined", &option.defined), ("declared", &option.declared)];
        for (verb, place) in places.iter().flat_map(|(verb, places)| places.iter().map(move |place| (verb, place))) {
            if !self.seen.has(Some(place)) {
                self.diagnostic(Severity::Note, &format!("`{}` is {verb} here", option.name), Some(place), Vec::new());
            }
        }
    }

    /// Each step of an infinite recursion; those in libraries only where all is to be shown, or nothing else is there.
    fn cycle(&mut self, cycle: &[Frame]) {
        let folds = !self.options.show_trace && cycle.iter().any(|step| !step.library);
        let start = if folds { cycle.iter().position(|step| !step.library).unwrap_or(0) } else { 0 };
        let mut steps: Vec<&Frame> = cycle.iter().cycle().skip(start).take(cycle.len()).collect();
        let library_steps = steps.iter().filter(|step| step.library).count();
        if folds {
            steps.retain(|step| !step.library);
        }
        let Some(first) = steps.first().copied() else { return };
        let count = steps.len();
        for (index, step) in steps.iter().enumerate() {
            if count > MAX_CYCLE && (MAX_CYCLE / 2..count - MAX_CYCLE / 2).contains(&index) {
                if index == MAX_CYCLE / 2 {
                    self.line(&format!("({} more steps)", count - MAX_CYCLE));
                }
                continue;
            }
            let message = match (index, index + 1 == count) {
                (_, true) if count == 1 => format!("the cycle: {} needs itself", step.message),
                (_, true) => format!("{}, which needs {} again", step.message, first.message),
                (0, false) => format!("the cycle: {} needs", step.message),
                (_, false) => format!("{}, which needs", step.message),
            };
            self.diagnostic(Severity::Note, &message, step.location.as_ref(), Vec::new());
        }
        if folds && library_steps > 0 {
            let steps = if library_steps == 1 { "1 step".to_owned() } else { format!("{library_steps} steps") };
            self.line(&format!("({steps} of the cycle in library code hidden; --show-trace shows all)"));
        }
    }

    /// What Nix says last: the message after `error: `, further lines under the first one.
    fn last_line(&mut self, message: &str) {
        let error = if self.options.color { "\u{1b}[31;1merror:\u{1b}[0m" } else { "error:" };
        let indented = indented(&readable(message), 7);
        let space = if indented.is_empty() || indented.starts_with('\n') { "" } else { " " };
        self.line(&format!("{error}{space}{indented}"));
    }

    fn diagnostic(&mut self, severity: Severity, message: &str, location: Option<&Location>, mut notes: Vec<String>) {
        let message = shortened(&readable(message));
        let indent = if severity == Severity::Error { 7 } else { 6 };
        let mut diagnostic = Diagnostic::new(severity).with_message(indented(&message, indent));
        let mut excerpt = Excerpt::default();
        self.seen.add(location);
        match location.map(|location| self.seen.texts.excerpt(location)) {
            None => {}
            Some(Ok(found)) => {
                diagnostic = diagnostic.with_label(Label::primary((), found.label.clone()));
                excerpt = found;
            }
            Some(Err(name)) => {
                let byte = location.map_or(0, |location| u32::from(location.range.start()));
                notes.insert(0, format!("at {name}, byte {byte}"));
            }
        }
        diagnostic = diagnostic.with_notes(notes.iter().map(|note| indented(&readable(note), 2)).collect());
        let config = term::Config { tab_width: 2, ..term::Config::default() };
        let emitted = if self.options.color {
            let mut buffer = termcolor::Ansi::new(Vec::new());
            term::emit_to_write_style(&mut buffer, &config, &excerpt, &diagnostic)
                .map(|()| self.text.push_str(&String::from_utf8_lossy(&buffer.into_inner())))
        } else {
            term::emit_to_string(&mut self.text, &config, &excerpt, &diagnostic)
        };
        // The excerpt answers for every index it gave out, so this is out of reach; the words must not be lost even so.
        if emitted.is_err() {
            self.line(&format!("error: {message}"));
        }
        // codespan ends a diagnostic that has labels with an empty line.
        while self.text.ends_with("\n\n") {
            self.text.pop();
        }
    }
}

/// Without what would move a terminal's cursor or change its colours.
fn readable(message: &str) -> String {
    message.split('\n').map(excerpt::one_line).collect::<Vec<_>>().join("\n")
}

/// Bytes of a message that are shown above its place; the last line has all of it.
const MAX_MESSAGE: usize = 4000;

fn shortened(message: &str) -> String {
    if message.len() <= MAX_MESSAGE {
        return message.to_owned();
    }
    format!("{} …", &message[..message.floor_char_boundary(MAX_MESSAGE)])
}

/// The lines after the first one moved to the right, without spaces at the end.
fn indented(message: &str, by: usize) -> String {
    let mut out = String::with_capacity(message.len());
    for (number, line) in message.trim_end().split('\n').enumerate() {
        let line = line.trim_end();
        if number > 0 {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', if line.is_empty() { 0 } else { by }));
        }
        out.push_str(line);
    }
    out
}
