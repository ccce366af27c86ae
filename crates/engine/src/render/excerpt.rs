//! [`Excerpt`]: the line of a text that a message points at, made fit to be shown.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use codespan_reporting::files::{Error, Files};

use crate::place::{Location, Origin};
use crate::report::Sources;

/// One line of a text, cut to a sensible width: what codespan is shown instead of a file that may be one line of 10 MB.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub name: String,
    pub line: String,
    pub label: Range<usize>,
    /// Counted from 1.
    pub number: usize,
    /// Characters of the line before the excerpt.
    skipped: usize,
}

/// Characters of a long line that are shown before and after the start of a label.
const BEFORE: usize = 60;
const AFTER: usize = 100;

/// The texts of one report, each with the starts of its lines: a trace points into the same files again and again.
pub(super) struct Texts<'a> {
    sources: &'a Sources,
    text_of: &'a dyn Fn(&Path) -> Option<Arc<str>>,
    known: HashMap<Arc<Path>, Option<Text>>,
}

struct Text {
    text: Arc<str>,
    /// Of all lines after the first one.
    starts: Vec<usize>,
}

impl Text {
    fn new(text: Arc<str>) -> Text {
        let starts = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1).collect();
        Text { text, starts }
    }
}

impl<'a> Texts<'a> {
    pub fn new(sources: &'a Sources, text_of: &'a dyn Fn(&Path) -> Option<Arc<str>>) -> Self {
        Texts { sources, text_of, known: HashMap::new() }
    }

    /// Which line of which text a place begins on.
    pub fn line(&mut self, location: &Location) -> Option<(String, usize)> {
        self.excerpt(location).ok().map(|excerpt| (excerpt.name, excerpt.number))
    }

    /// The line that `location` begins on; `Err` with what to call the text where nobody has it.
    pub fn excerpt(&mut self, location: &Location) -> Result<Excerpt, String> {
        let (start, end) = (location.range.start().into(), location.range.end().into());
        match &location.origin {
            Origin::Text { name, text } => Ok(Excerpt::new(name.to_string(), &Text::new(Arc::clone(text)), start, end)),
            Origin::File(path) => {
                let (sources, text_of) = (self.sources, self.text_of);
                let text = self.known.entry(Arc::clone(path)).or_insert_with(|| {
                    let evaluated = sources.get(path).map(|bytes| displayable(bytes).into());
                    evaluated.or_else(|| text_of(path)).map(Text::new)
                });
                let name = one_line(&path.display().to_string());
                match text {
                    Some(text) => Ok(Excerpt::new(name, text, start, end)),
                    None => Err(name),
                }
            }
        }
    }
}

/// A text of the same length to quote from: a byte that is not UTF-8 becomes a question mark, so that places stay right.
pub fn displayable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

/// Without characters that would move a terminal's cursor or change its colours, except tabs.
pub(super) fn one_line(text: &str) -> String {
    let shown = |c: char| match c {
        '\t' => c,
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('?'),
        '\x7f' => '␡',
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ => c,
    };
    text.chars().map(shown).collect()
}

/// Which lines are on the screen already.
pub(super) struct Seen<'a> {
    pub texts: Texts<'a>,
    lines: HashSet<(String, usize)>,
}

impl<'a> Seen<'a> {
    pub fn new(texts: Texts<'a>) -> Self {
        Seen { texts, lines: HashSet::new() }
    }

    pub fn add(&mut self, location: Option<&Location>) {
        self.lines.extend(location.and_then(|location| self.texts.line(location)));
    }

    pub fn has(&mut self, location: Option<&Location>) -> bool {
        location.and_then(|location| self.texts.line(location)).is_some_and(|line| self.lines.contains(&line))
    }
}

impl Excerpt {
    /// Of the label, in characters counted from 1.
    pub fn column(&self) -> usize {
        self.skipped + self.line.get(..self.label.start).map_or(0, |s| s.chars().count()) + 1
    }

    fn new(name: String, source: &Text, start: usize, end: usize) -> Self {
        let text = &*source.text;
        let start = text.floor_char_boundary(start.min(text.len()));
        let end = text.floor_char_boundary(end.clamp(start, text.len()));
        let number = source.starts.partition_point(|&s| s <= start);
        let line_start = number.checked_sub(1).and_then(|n| source.starts.get(n)).copied().unwrap_or(0);
        let line_end = source.starts.get(number).map_or(text.len(), |next| next - 1);
        let from = text[line_start..start].char_indices().rev().nth(BEFORE - 1).map_or(line_start, |(at, _)| line_start + at);
        let to = text[start..line_end].char_indices().nth(AFTER).map_or(line_end, |(at, _)| start + at);
        let middle = end.min(to);
        let (before, labelled) = (one_line(&text[from..start]), one_line(text[start..middle].trim_end_matches('\r')));
        let after = one_line(text[middle..to].trim_end_matches('\r'));
        let label = before.len()..before.len() + labelled.trim_end().len();
        let skipped = text[line_start..from].chars().count();
        Excerpt { name, line: format!("{before}{labelled}{after}"), label, number: number + 1, skipped }
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
