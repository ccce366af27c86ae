//! Reports as text: the one renderer of every face.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use codespan_reporting::diagnostic::{Diagnostic, Label, Severity};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::{self, termcolor};

use crate::place::{Location, Origin};
use crate::report::{Frame, Report};

/// How to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RenderOptions {
    pub color: bool,
    /// Show every frame, those in library files too (`--show-trace`).
    pub show_trace: bool,
}

/// Frames of the user's own that are shown without `--show-trace`.
const MAX_USER_FRAMES: usize = 12;

/// Renders an error: the cause with its place, the user's own frames, how many were folded, hints, and as the last line
/// `error: …` as Nix says it. `text_of` gives the text of a file as it was evaluated.
pub fn render(report: &Report, text_of: &dyn Fn(&Path) -> Option<Arc<str>>, options: RenderOptions) -> String {
    let mut out = Output { text: String::new(), options, text_of };
    let (shown, folded) = select_frames(&report.frames, &report.primary, options.show_trace);
    let alone = report.primary.is_none() && shown.is_empty() && folded == 0 && report.hints.is_empty() && report.log.is_empty();
    if !alone {
        if let Some(primary) = &report.primary {
            out.diagnostic(Severity::Error, &report.message, Some(primary));
        }
        for frame in shown {
            out.diagnostic(Severity::Note, &frame.message, frame.location.as_ref());
        }
        if folded > 0 {
            let frames = if folded == 1 { "frame" } else { "frames" };
            out.line(&format!("({folded} {frames} of the trace hidden; --show-trace shows all)"));
        }
        if !report.log.is_empty() {
            out.line("last lines of the build log:");
            for line in &report.log {
                out.line(&format!("  > {line}"));
            }
        }
        for hint in &report.hints {
            out.diagnostic(Severity::Help, hint, None);
        }
    }
    out.diagnostic(Severity::Error, &report.message, None);
    out.text
}

/// The user's frames with a place first; how many others there are. All of them, in their own order, for a full trace.
fn select_frames<'r>(frames: &'r [Frame], primary: &Option<Location>, all: bool) -> (Vec<&'r Frame>, usize) {
    if all {
        return (frames.iter().collect(), 0);
    }
    let mut shown: Vec<&Frame> = Vec::new();
    let mut folded = 0;
    for frame in frames {
        // The innermost words for a place are the most precise ones; the place is shown, so nothing is missing.
        if frame.location.is_some() && (frame.location == *primary || shown.iter().any(|s| s.location == frame.location)) {
            continue;
        }
        if !frame.library && frame.location.is_some() && shown.len() < MAX_USER_FRAMES {
            shown.push(frame);
        } else {
            folded += 1;
        }
    }
    (shown, folded)
}

struct Output<'a> {
    text: String,
    options: RenderOptions,
    text_of: &'a dyn Fn(&Path) -> Option<Arc<str>>,
}

impl Output<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn diagnostic(&mut self, severity: Severity, message: &str, location: Option<&Location>) {
        let mut diagnostic = Diagnostic::new(severity).with_message(message);
        let mut excerpt = Excerpt::default();
        if let Some(location) = location {
            let (name, text) = match &location.origin {
                Origin::File(path) => (path.display().to_string(), (self.text_of)(path)),
                Origin::Text { name, text } => (name.to_string(), Some(Arc::clone(text))),
            };
            match text {
                Some(text) => {
                    excerpt = Excerpt::new(name, &text, location.range.start().into(), location.range.end().into());
                    diagnostic = diagnostic.with_label(Label::primary((), excerpt.label.clone()));
                }
                None => diagnostic = diagnostic.with_note(format!("at {name}, byte {}", u32::from(location.range.start()))),
            }
        }
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

/// One line of a text, cut to a sensible width: what codespan is shown instead of a file that may be one line of 10 MB.
#[derive(Debug, Default)]
struct Excerpt {
    name: String,
    line: String,
    label: Range<usize>,
    /// Counted from 1.
    number: usize,
    /// Characters of the line before the excerpt.
    skipped: usize,
}

/// Characters of a long line that are shown before and after the start of a label.
const BEFORE: usize = 60;
const AFTER: usize = 100;

impl Excerpt {
    fn new(name: String, text: &str, start: usize, end: usize) -> Self {
        let start = text.floor_char_boundary(start.min(text.len()));
        let end = text.floor_char_boundary(end.clamp(start, text.len()));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let from = text[line_start..start].char_indices().rev().nth(BEFORE - 1).map_or(line_start, |(at, _)| line_start + at);
        let to = text[start..line_end].char_indices().nth(AFTER).map_or(line_end, |(at, _)| start + at);
        let line = text[from..to].trim_end_matches('\r').to_owned();
        let label_end = (end.min(to) - from).min(line.len());
        let label = (start - from).min(line.len())..label_end.max((start - from).min(line.len()));
        let number = text[..line_start].bytes().filter(|&b| b == b'\n').count() + 1;
        Excerpt { name, line, label, number, skipped: text[line_start..from].chars().count() }
    }
}

impl<'a> Files<'a> for Excerpt {
    type FileId = ();
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, (): ()) -> Result<&'a str, Error> {
        Ok(&self.name)
    }
    fn source(&'a self, (): ()) -> Result<&'a str, Error> {
        Ok(&self.line)
    }
    fn line_index(&'a self, (): (), _byte: usize) -> Result<usize, Error> {
        Ok(0)
    }
    fn line_number(&'a self, (): (), _line: usize) -> Result<usize, Error> {
        Ok(self.number)
    }
    fn column_number(&'a self, (): (), _line: usize, byte: usize) -> Result<usize, Error> {
        Ok(self.skipped + self.line.get(..byte).map_or(0, |s| s.chars().count()) + 1)
    }
    fn line_range(&'a self, (): (), _line: usize) -> Result<Range<usize>, Error> {
        Ok(0..self.line.len())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use nival_syntax::TextRange;

    use super::*;
    use crate::report::ReportKind;

    const TEXT: &str = "let\n  lib = import ./lib.nix;\nin lib.map (x: x.nme) [ { name = 1; } ]\n";

    fn at(path: &str, needle: &str) -> Location {
        let start = TEXT.find(needle).unwrap() as u32;
        Location::file(Path::new(path), TextRange::at(start.into(), (needle.len() as u32).into()))
    }

    fn report() -> Report {
        let frame = |message: &str, path: &str, needle: &str| Frame {
            message: message.into(),
            location: Some(at(path, needle)),
            library: path.starts_with("/nix"),
        };
        let mut report =
            Report::new(ReportKind::Evaluation, "attribute 'nme' missing").at(at("/w/a.nix", "x.nme")).hint("Did you mean name?");
        report.frames = vec![
            frame("while calling anonymous lambda", "/w/a.nix", "x: x.nme"),
            frame("while calling the 'map' builtin", "/nix/store/x/lib.nix", "lib"),
            frame("from call site", "/w/a.nix", "lib.map"),
        ];
        report
    }

    fn check(report: &Report, options: RenderOptions, expected: Expect) {
        expected.assert_eq(&render(report, &|_| Some(TEXT.into()), options));
    }

    #[test]
    fn the_users_frames_come_first() {
        check(
            &report(),
            RenderOptions::default(),
            expect![[r#"
            error: attribute 'nme' missing
              ┌─ /w/a.nix:3:16
              │
            3 │ in lib.map (x: x.nme) [ { name = 1; } ]
              │                ^^^^^
            note: while calling anonymous lambda
              ┌─ /w/a.nix:3:13
              │
            3 │ in lib.map (x: x.nme) [ { name = 1; } ]
              │             ^^^^^^^^
            note: from call site
              ┌─ /w/a.nix:3:4
              │
            3 │ in lib.map (x: x.nme) [ { name = 1; } ]
              │    ^^^^^^^
            (1 frame of the trace hidden; --show-trace shows all)
            help: Did you mean name?
            error: attribute 'nme' missing
        "#]],
        );
    }

    #[test]
    fn a_full_trace_hides_nothing() {
        check(
            &report(),
            RenderOptions { show_trace: true, color: false },
            expect![[r#"
            error: attribute 'nme' missing
              ┌─ /w/a.nix:3:16
              │
            3 │ in lib.map (x: x.nme) [ { name = 1; } ]
              │                ^^^^^
            note: while calling anonymous lambda
              ┌─ /w/a.nix:3:13
              │
            3 │ in lib.map (x: x.nme) [ { name = 1; } ]
              │             ^^^^^^^^
            note: while calling the 'map' builtin
              ┌─ /nix/store/x/lib.nix:2:3
              │
            2 │   lib = import ./lib.nix;
              │   ^^^
            note: from call site
              ┌─ /w/a.nix:3:4
              │
            3 │ in lib.map (x: x.nme) [ { name = 1; } ]
              │    ^^^^^^^
            help: Did you mean name?
            error: attribute 'nme' missing
        "#]],
        );
    }

    #[test]
    fn a_lone_message_is_one_line() {
        check(
            &Report::new(ReportKind::Io, "no such file"),
            RenderOptions::default(),
            expect![[r#"
            error: no such file
        "#]],
        );
    }

    #[test]
    fn a_long_line_is_cut_and_keeps_its_column() {
        let text: Arc<str> = format!("{}é boom {}", "a".repeat(100_000), "b".repeat(100_000)).into();
        let start = text.find("boom").unwrap() as u32;
        let origin = Origin::Text { name: "«string»".into(), text };
        let report = Report::new(ReportKind::Evaluation, "boom").at(Location { origin, range: TextRange::at(start.into(), 4.into()) });
        check(
            &report,
            RenderOptions::default(),
            expect![[r#"
            error: boom
              ┌─ «string»:1:100003
              │
            1 │ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaé boom bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
              │                                                             ^^^^
            error: boom
        "#]],
        );
    }

    #[test]
    fn color_says_the_same() {
        let colored = render(&report(), &|_| Some(TEXT.into()), RenderOptions { color: true, show_trace: false });
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            rest = after.split_once('m').map_or("", |(_, tail)| tail);
        }
        plain.push_str(rest);
        assert!(colored.contains('\u{1b}'));
        assert_eq!(plain, render(&report(), &|_| Some(TEXT.into()), RenderOptions::default()));
    }
}
