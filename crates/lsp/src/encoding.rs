//! Texts with an index of their lines: between byte offsets and the positions of the protocol, in logarithmic time.

use std::sync::Arc;

use nival_ide::{TextRange, TextSize};
use tower_lsp_server::ls_types::{Position, PositionEncodingKind, Range};

/// The unit of columns, agreed upon with the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

impl Encoding {
    /// The best encoding that the client knows: bytes need no conversion; UTF-16 is what everyone knows.
    pub fn negotiate(offered: Option<&[PositionEncodingKind]>) -> Self {
        let offered = offered.unwrap_or_default();
        if offered.contains(&PositionEncodingKind::UTF8) {
            Encoding::Utf8
        } else if offered.contains(&PositionEncodingKind::UTF16) || !offered.contains(&PositionEncodingKind::UTF32) {
            Encoding::Utf16
        } else {
            Encoding::Utf32
        }
    }

    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }
}

/// A character of more than one byte.
#[derive(Debug, Clone, Copy)]
struct Wide {
    start: u32,
    /// In bytes.
    len: u8,
    /// How many units fewer than bytes all wide characters before this one take, in UTF-16 and in UTF-32.
    saved: [u32; 2],
}

/// How many lines from where something was the next thing is looked for first.
const NEAR: usize = 16;

/// A text and the index of its lines. Lines end at `\n`, `\r\n` and a lone `\r`, as the protocol says.
#[derive(Debug, Clone)]
pub struct Text {
    text: Arc<str>,
    line_starts: Vec<u32>,
    wide: Vec<Wide>,
}

impl Text {
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let mut made = Text { text: text.into(), line_starts: vec![0], wide: Vec::new() };
        made.index(1..made.text.len() + 1);
        made
    }

    /// The text with `range`, which lies at characters, replaced. Only what is new is looked at; the rest is copied.
    pub fn edited(&self, range: TextRange, insert: &str) -> Self {
        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        let mut text = String::with_capacity(self.text.len() - (end - start) + insert.len());
        text.push_str(&self.text[..start]);
        text.push_str(insert);
        text.push_str(&self.text[end..]);
        // Whether a line starts at a place depends on the bytes before and after it.
        let kept = self.line_starts.partition_point(|&at| at == 0 || (at as usize) < start);
        let shifted = self.line_starts.partition_point(|&at| at as usize <= end).max(kept);
        let (wide_kept, wide_shifted) = (
            self.wide.partition_point(|wide| (wide.start as usize) < start),
            self.wide.partition_point(|wide| (wide.start as usize) < end),
        );
        let mut made = Text { text: text.into(), line_starts: Vec::with_capacity(self.line_starts.len() + 8), wide: Vec::new() };
        made.line_starts.extend_from_slice(&self.line_starts[..kept]);
        made.wide.extend_from_slice(&self.wide[..wide_kept]);
        made.index(start.max(1)..start + insert.len() + 1);
        let moved = |at: u32| (at as usize + insert.len() - (end - start)) as u32;
        made.line_starts.extend(self.line_starts[shifted..].iter().map(|&at| moved(at)));
        if let Some(first) = self.wide.get(wide_shifted) {
            let saved = made.saved_at_end();
            let last = &self.wide[wide_shifted..];
            let more = |wide: &Wide, unit: usize| saved[unit] + (wide.saved[unit] - first.saved[unit]);
            made.wide.extend(last.iter().map(|wide| Wide {
                start: moved(wide.start),
                len: wide.len,
                saved: [more(wide, 0), more(wide, 1)],
            }));
        }
        made
    }

    /// Adds the line starts at the places of `range`, and the wide characters that begin one byte before them.
    fn index(&mut self, range: std::ops::Range<usize>) {
        let text = Arc::clone(&self.text);
        let bytes = text.as_bytes();
        let first = range.start - 1;
        let before = bytes.get(first..(range.end - 1).min(bytes.len())).unwrap_or_default();
        for at in memchr::memchr2_iter(b'\n', b'\r', before).map(|at| first + at) {
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                self.line_starts.push(at as u32 + 1);
            }
        }
        if before.is_ascii() {
            return;
        }
        let mut saved = self.saved_at_end();
        // The first byte is the end of a character that is known, or the first of the text.
        let skip = (first..range.end).find(|&at| text.is_char_boundary(at)).unwrap_or(first);
        let known = self.wide.last().map_or(0, |wide| wide.start as usize + usize::from(wide.len));
        for (start, c) in text[skip..].char_indices().map(|(at, c)| (skip + at, c)).take_while(|(at, _)| *at + 1 < range.end) {
            if c.is_ascii() || start < known {
                continue;
            }
            let len = c.len_utf8();
            self.wide.push(Wide { start: start as u32, len: len as u8, saved });
            saved[0] += (len - c.len_utf16()) as u32;
            saved[1] += (len - 1) as u32;
        }
    }

    /// What all wide characters so far have saved.
    fn saved_at_end(&self) -> [u32; 2] {
        self.wide.last().map_or([0, 0], |wide| {
            let utf16 = if wide.len == 4 { 2 } else { u32::from(wide.len) - 1 };
            [wide.saved[0] + utf16, wide.saved[1] + u32::from(wide.len) - 1]
        })
    }

    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The byte offset of a position. A line past the end is the end, a column past its line is the end of that line, one
    /// within a character is the start of it.
    pub fn offset(&self, position: Position, encoding: Encoding) -> TextSize {
        let line = position.line as usize;
        let Some(&start) = self.line_starts.get(line) else {
            return TextSize::of(&*self.text);
        };
        let end = self.content_end(line);
        let target = start.saturating_add(position.character).min(end);
        let offset = match encoding {
            Encoding::Utf8 => {
                let mut offset = target as usize;
                while !self.text.is_char_boundary(offset) {
                    offset -= 1;
                }
                offset as u32
            }
            Encoding::Utf16 => self.offset_of_column(start, end, position.character, 0),
            Encoding::Utf32 => self.offset_of_column(start, end, position.character, 1),
        };
        TextSize::from(offset)
    }

    /// The end of a line without its line break.
    fn content_end(&self, line: usize) -> u32 {
        let Some(&next) = self.line_starts.get(line + 1) else {
            return self.text.len() as u32;
        };
        let bytes = self.text.as_bytes();
        let end = next - 1;
        if bytes[end as usize] == b'\n' && end > self.line_starts[line] && bytes[end as usize - 1] == b'\r' { end - 1 } else { end }
    }

    fn offset_of_column(&self, start: u32, end: u32, column: u32, unit: usize) -> u32 {
        let first = self.wide.partition_point(|wide| wide.start < start);
        let last = self.wide.partition_point(|wide| wide.start < end);
        let line = &self.wide[first..last];
        let base = line.first().map_or(0, |wide| wide.saved[unit]);
        let column_of = |wide: &Wide| wide.start - start - (wide.saved[unit] - base);
        // The last wide character that begins at or before the column.
        let before = line.partition_point(|wide| column_of(wide) <= column);
        let Some(wide) = before.checked_sub(1).map(|index| &line[index]) else {
            return start.saturating_add(column).min(end);
        };
        let width = match (unit, wide.len) {
            (0, 4) => 2,
            _ => 1,
        };
        let past = column - column_of(wide);
        if past < width {
            return wide.start;
        }
        (wide.start + u32::from(wide.len)).saturating_add(past - width).min(end)
    }

    /// The position of a byte offset.
    pub fn position(&self, offset: TextSize, encoding: Encoding) -> Position {
        self.position_near(offset, encoding, 0)
    }

    /// The positions of many ranges: quicker where one is near the one before.
    pub fn ranges(&self, encoding: Encoding) -> impl FnMut(TextRange) -> Range + '_ {
        let mut line = 0;
        let mut position = move |offset| {
            let position = self.position_near(offset, encoding, line);
            line = position.line as usize;
            position
        };
        move |range| Range::new(position(range.start()), position(range.end()))
    }

    /// The positions of byte offsets that do not decrease, and how long each line is.
    pub fn forward(&self, encoding: Encoding) -> Forward<'_> {
        let unit = match encoding {
            Encoding::Utf8 => None,
            Encoding::Utf16 => Some(0),
            Encoding::Utf32 => Some(1),
        };
        Forward { text: self, unit: unit.filter(|_| !self.wide.is_empty()), line: 0, wide: 0 }
    }

    /// The position of a byte offset, which is perhaps in line `near` or close to it.
    fn position_near(&self, offset: TextSize, encoding: Encoding, near: usize) -> Position {
        let offset = u32::from(offset).min(self.text.len() as u32);
        let starts = &self.line_starts;
        let (from, to) = (near.saturating_sub(NEAR), (near + NEAR).min(starts.len()));
        let is_near = starts.get(from).is_some_and(|&start| start <= offset) && starts.get(to).is_none_or(|&start| offset < start);
        let (from, run) = if is_near { (from, &starts[from..to]) } else { (0, &starts[..]) };
        let line = from + run.partition_point(|start| *start <= offset) - 1;
        let start = self.line_starts[line];
        let unit = match encoding {
            Encoding::Utf8 => return Position::new(line as u32, offset - start),
            Encoding::Utf16 => 0,
            Encoding::Utf32 => 1,
        };
        Position::new(line as u32, offset - start - (self.saved_before(offset, unit) - self.saved_before(start, unit)))
    }

    fn saved_before(&self, offset: u32, unit: usize) -> u32 {
        if self.wide.is_empty() {
            return 0;
        }
        let count = self.wide.partition_point(|wide| wide.start < offset);
        let Some(wide) = count.checked_sub(1).map(|index| &self.wide[index]) else {
            return 0;
        };
        let own = match (unit, wide.len) {
            (0, 4) => 2,
            (0, len) | (_, len) => u32::from(len) - 1,
        };
        wide.saved[unit] + own
    }

    pub fn range(&self, range: TextRange, encoding: Encoding) -> Range {
        Range::new(self.position(range.start(), encoding), self.position(range.end(), encoding))
    }

    /// The bytes of a range; a reversed one is put in order.
    pub fn text_range(&self, range: Range, encoding: Encoding) -> TextRange {
        let (start, end) = (self.offset(range.start, encoding), self.offset(range.end, encoding));
        TextRange::new(start.min(end), start.max(end))
    }
}

/// Goes through a text from its start to its end; see [`Text::forward`].
pub struct Forward<'t> {
    text: &'t Text,
    /// None where columns are bytes.
    unit: Option<usize>,
    line: usize,
    /// How many wide characters begin before the place.
    wide: usize,
}

impl Forward<'_> {
    /// The line of an offset and its place in units from the start of the text. No offset is smaller than the one before.
    pub fn go(&mut self, offset: TextSize) -> (u32, u32) {
        let offset = u32::from(offset);
        while self.text.line_starts.get(self.line + 1).is_some_and(|&start| start <= offset) {
            self.line += 1;
        }
        (self.line as u32, self.units(offset))
    }

    /// The place of the start of the line, in units from the start of the text.
    pub fn line_start(&self) -> u32 {
        let start = self.text.line_starts.get(self.line).copied().unwrap_or(0);
        match self.unit {
            None => start,
            Some(unit) => start - self.text.saved_before(start, unit),
        }
    }

    /// The end of the line of the last offset, without its line break.
    pub fn line_end(&self) -> TextSize {
        TextSize::from(self.text.content_end(self.line))
    }

    /// The start of the line behind that of the last offset.
    pub fn next_line(&self) -> Option<TextSize> {
        self.text.line_starts.get(self.line + 1).map(|&start| TextSize::from(start))
    }

    fn units(&mut self, offset: u32) -> u32 {
        let Some(unit) = self.unit else { return offset };
        while self.text.wide.get(self.wide).is_some_and(|wide| wide.start < offset) {
            self.wide += 1;
        }
        let Some(wide) = self.wide.checked_sub(1).and_then(|index| self.text.wide.get(index)) else { return offset };
        let own = match (unit, wide.len) {
            (0, 4) => 2,
            (_, len) => u32::from(len) - 1,
        };
        offset - (wide.saved[unit] + own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: &[&str] = &["", "a", "a\nb", "a\r\nb\r\n", "a\rb", "é\n日本語 = \"🦀x\";\n🦀🦀", "\n\n", "x🦀\u{10ffff}é", "\r\n\r"];

    #[test]
    fn an_edited_index_is_a_new_one() {
        for text in TEXTS {
            let index = Text::new(*text);
            let places: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
            for (i, &start) in places.iter().enumerate() {
                for &end in &places[i..] {
                    for insert in ["", "x", "\n", "\r", "\r\n", "é\n🦀", "\n\r"] {
                        let edited = index.edited(TextRange::new(TextSize::from(start as u32), TextSize::from(end as u32)), insert);
                        let new = Text::new(format!("{}{insert}{}", &text[..start], &text[end..]));
                        assert_eq!(format!("{edited:?}"), format!("{new:?}"), "{text:?} {start}..{end} {insert:?}");
                    }
                }
            }
        }
    }

    /// Columns by counting characters one by one.
    fn slow_position(text: &str, offset: usize, encoding: Encoding) -> Position {
        let before = &text[..offset];
        let breaks = |i: usize, b: u8| b == b'\n' || (b == b'\r' && text.as_bytes().get(i + 1) != Some(&b'\n'));
        let line = before.bytes().enumerate().filter(|(i, b)| breaks(*i, *b)).count();
        let start = before.bytes().enumerate().rfind(|(i, b)| breaks(*i, *b)).map_or(0, |(i, _)| i + 1);
        let column = before[start..].chars().map(|c| match encoding {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        });
        Position::new(line as u32, column.sum::<usize>() as u32)
    }

    #[test]
    fn positions_are_what_counting_says() {
        for text in TEXTS {
            let index = Text::new(*text);
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                for offset in (0..=text.len()).filter(|offset| text.is_char_boundary(*offset)) {
                    let position = index.position(TextSize::from(offset as u32), encoding);
                    assert_eq!(position, slow_position(text, offset, encoding), "{text:?} {offset} {encoding:?}");
                    let within_break = offset > 0 && text.as_bytes()[offset - 1] == b'\r' && text.as_bytes().get(offset) == Some(&b'\n');
                    if !within_break {
                        assert_eq!(usize::from(index.offset(position, encoding)), offset, "{text:?} {position:?} {encoding:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn ranges_are_found_from_anywhere() {
        let text = "é\nab🦀\n\n".repeat(40);
        let index = Text::new(text.as_str());
        let mut ranges = index.ranges(Encoding::Utf16);
        let places: Vec<TextSize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).map(|at| TextSize::from(at as u32)).collect();
        for i in 0..places.len() {
            let range = TextRange::new(places[i * 7 % places.len()].min(places[i]), places[i]);
            assert_eq!(ranges(range), index.range(range, Encoding::Utf16));
        }
    }

    #[test]
    fn going_forward_gives_the_same_positions() {
        for text in TEXTS {
            let index = Text::new(*text);
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                let mut forward = index.forward(encoding);
                for offset in (0..=text.len()).filter(|offset| text.is_char_boundary(*offset)) {
                    let offset = TextSize::from(offset as u32);
                    let (line, at) = forward.go(offset);
                    assert_eq!(Position::new(line, at - forward.line_start()), index.position(offset, encoding), "{text:?} {offset:?}");
                }
            }
        }
    }

    #[test]
    fn wild_positions_are_clamped() {
        let index = Text::new("ab\r\né🦀\n");
        let at = |line, character, encoding| u32::from(index.offset(Position::new(line, character), encoding));
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            assert_eq!(at(0, u32::MAX, encoding), 2);
            assert_eq!(at(1, u32::MAX, encoding), 10);
            assert_eq!(at(u32::MAX, 3, encoding), 11);
        }
        // Within the crab.
        assert_eq!(at(1, 2, Encoding::Utf16), 6);
        assert_eq!(at(1, 4, Encoding::Utf8), 6);
    }

    #[test]
    fn the_best_common_encoding_is_chosen() {
        let kinds = [PositionEncodingKind::UTF16, PositionEncodingKind::UTF8];
        assert_eq!(Encoding::negotiate(Some(&kinds)), Encoding::Utf8);
        assert_eq!(Encoding::negotiate(Some(&kinds[..1])), Encoding::Utf16);
        assert_eq!(Encoding::negotiate(Some(&[PositionEncodingKind::UTF32])), Encoding::Utf32);
        assert_eq!(Encoding::negotiate(None), Encoding::Utf16);
    }
}
