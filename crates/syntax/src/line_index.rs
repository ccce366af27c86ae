//! [`LineIndex`]: byte offsets to lines and columns and back.

use rowan::TextSize;

/// A place as line and column, both counted from 0. The column counts bytes, or units of the encoding asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineCol {
    pub line: u32,
    pub col: u32,
}

/// What columns count in an editor's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnEncoding {
    Utf8,
    Utf16,
    Utf32,
}

/// Where the lines of a text start. `\n`, `\r\n` and `\r` end lines, as in the language server protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    /// Starts with 0.
    starts: Box<[u32]>,
    len: u32,
}

impl LineIndex {
    pub fn new(text: &[u8]) -> LineIndex {
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', text) {
            if text[at] == b'\n' || text.get(at + 1) != Some(&b'\n') {
                starts.push(at as u32 + 1);
            }
        }
        LineIndex { starts: starts.into(), len: text.len() as u32 }
    }

    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Where a line starts; the end of the text for lines behind the last.
    pub fn line_start(&self, line: u32) -> TextSize {
        TextSize::new(self.starts.get(line as usize).copied().unwrap_or(self.len))
    }

    /// The line of an offset, and the bytes before it in that line. Offsets behind the end are at the end.
    pub fn line_col(&self, offset: TextSize) -> LineCol {
        let offset = u32::from(offset).min(self.len);
        let line = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        LineCol { line: line as u32, col: offset - self.starts.get(line).copied().unwrap_or(0) }
    }

    /// As [`LineIndex::line_col`], with columns in `encoding`. `text` is the text that the index was made of.
    pub fn encoded_line_col(&self, text: &[u8], offset: TextSize, encoding: ColumnEncoding) -> LineCol {
        let at = self.line_col(offset);
        let start = u32::from(self.line_start(at.line)) as usize;
        let line = text.get(start..start + at.col as usize).unwrap_or_default();
        LineCol { line: at.line, col: units(line, encoding) }
    }

    /// The offset of a place whose column is in `encoding`. A column behind the end of its line (not counting what ends the
    /// line) is its end, a line behind the last the end of the text; a column inside a character is its start.
    pub fn offset(&self, text: &[u8], at: LineCol, encoding: ColumnEncoding) -> TextSize {
        let start = u32::from(self.line_start(at.line)) as usize;
        let end = u32::from(self.line_start(at.line.saturating_add(1))) as usize;
        let mut line = text.get(start..end).unwrap_or_default();
        while let [rest @ .., b'\n' | b'\r'] = line {
            line = rest;
        }
        let (mut bytes, mut col) = (0, 0);
        while bytes < line.len() {
            let next = character_end(line, bytes);
            col += units(&line[bytes..next], encoding);
            if col > at.col {
                break;
            }
            bytes = next;
        }
        TextSize::new((start + bytes) as u32)
    }
}

/// The end of the character that starts at `at`; a byte that begins none counts as one.
fn character_end(line: &[u8], at: usize) -> usize {
    let width = match line[at] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let valid = line.get(at..at + width).is_some_and(|c| std::str::from_utf8(c).is_ok());
    at + if valid { width } else { 1 }
}

/// How many units of `encoding` the bytes take.
fn units(bytes: &[u8], encoding: ColumnEncoding) -> u32 {
    if encoding == ColumnEncoding::Utf8 || bytes.is_ascii() {
        return bytes.len() as u32;
    }
    let (mut at, mut count) = (0, 0);
    while at < bytes.len() {
        let next = character_end(bytes, at);
        count += if encoding == ColumnEncoding::Utf16 && next - at == 4 { 2 } else { 1 };
        at = next;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_the_protocol_says() {
        let index = LineIndex::new(b"a\nb\r\nc\rd\n\re");
        let starts: Vec<u32> = (0..index.line_count()).map(|line| index.line_start(line).into()).collect();
        assert_eq!(starts, [0, 2, 5, 7, 9, 10]);
        assert_eq!(index.line_col(TextSize::new(4)), LineCol { line: 1, col: 2 });
        assert_eq!(index.line_col(TextSize::new(99)), LineCol { line: 5, col: 1 });
        assert_eq!(LineIndex::new(b"").line_col(TextSize::new(0)), LineCol { line: 0, col: 0 });
    }

    #[test]
    fn columns_go_and_come_back_in_every_encoding() {
        let text = "x\naé€😀b\n\u{7f}".as_bytes();
        let broken = b"a\xffb\n\xf0\x9f\nc";
        for text in [text, broken] {
            let index = LineIndex::new(text);
            for encoding in [ColumnEncoding::Utf8, ColumnEncoding::Utf16, ColumnEncoding::Utf32] {
                let valid = std::str::from_utf8(text).ok();
                for offset in (0..=text.len()).filter(|&o| valid.is_none_or(|text| text.is_char_boundary(o))) {
                    let at = index.encoded_line_col(text, TextSize::new(offset as u32), encoding);
                    assert_eq!(usize::from(index.offset(text, at, encoding)), offset, "{at:?} {encoding:?}");
                }
            }
        }
        let index = LineIndex::new(text);
        let end_of_line = TextSize::new(13);
        let col = |encoding| index.encoded_line_col(text, end_of_line, encoding).col;
        assert_eq!((col(ColumnEncoding::Utf8), col(ColumnEncoding::Utf16), col(ColumnEncoding::Utf32)), (11, 6, 5));
    }

    #[test]
    fn places_outside_are_brought_inside() {
        let text = "ab\r\n😀c".as_bytes();
        let index = LineIndex::new(text);
        let offset = |line, col| u32::from(index.offset(text, LineCol { line, col }, ColumnEncoding::Utf16));
        assert_eq!((offset(0, 9), offset(1, 1), offset(1, 2), offset(7, 0)), (2, 4, 8, 9));
    }
}
