//! Comments: what one says and how it is printed.

use crate::doc::Texts;
use crate::lexeme::Place;

/// Something between two tokens, as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Line ends with nothing but spaces between them.
    Newlines(u32),
    /// `# …`, without white space at its end.
    Line { text: Place, column: u32 },
    /// `/* … */`: its lines without what is outside of the comment's own indentation.
    Block { doc: bool, lines: u32, text: Place },
    /// `/* sh */` in front of a string.
    Language(Place),
    /// `/*nixfmt:disable*/` or `/*nixfmt:enable*/` with nothing behind it on its line.
    Directive { disable: bool, start: u32, end: u32 },
}

/// Something between two tokens, as it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trivium {
    EmptyLine,
    /// `# …`
    Line(Place),
    /// The lines, with line ends between them.
    Block {
        doc: bool,
        text: Place,
    },
    /// `/* sh */`
    Language(Place),
    Directive(Directive),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    Disable,
    /// With the text of the region that it ends, both directives included.
    Enable(Option<Place>),
    /// The text of a region that nothing ends.
    DisabledToEnd(Place),
}

/// Whether a text is white space without line ends.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() && c != '\n' && c != '\r')
}

/// The column of a position, from 0. Tabs go to the next multiple of 8.
pub fn column(input: &str, at: usize) -> u32 {
    let before = input.get(..at).unwrap_or_default();
    let line = memchr::memrchr(b'\n', before.as_bytes()).map_or(before, |newline| &before[newline + 1..]);
    line.chars().fold(0, |column: u32, c| if c == '\t' { (column / 8 + 1) * 8 } else { column + 1 })
}

const LANGUAGE_CHARS: u32 = 30;

impl Piece {
    /// The directive that a comment is, if it is one.
    pub fn directive(input: &str, start: usize, comment: &str) -> Option<Piece> {
        let disable = match comment {
            "/*nixfmt:disable*/" => true,
            "/*nixfmt:enable*/" => false,
            _ => return None,
        };
        let rest = input.get(start + comment.len()..)?;
        let line = memchr::memchr2(b'\n', b'\r', rest.as_bytes()).map_or(rest, |end| &rest[..end]);
        is_blank(line).then(|| Piece::Directive { disable, start: start as u32, end: (start + comment.len() + line.len()) as u32 })
    }

    pub fn read(texts: &mut Texts<'_>, start: usize, comment: &str) -> Piece {
        let input = texts.input;
        if comment.starts_with('#') {
            let text = (start as u32, comment.trim_end().len() as u32);
            return Piece::Line { text, column: column(input, start) };
        }
        let body = comment.get(2..comment.len().saturating_sub(2)).unwrap_or_default();
        let (doc, body) = match body.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, body),
        };
        let lines = block_lines(body, column(input, start) as usize);
        if let ([line], false) = (&lines[..], doc)
            && is_language(line)
            && before_string(&input[start + comment.len()..])
        {
            let text = format!("/* {} */", line.trim());
            return Piece::Language(if text == comment { (start as u32, comment.len() as u32) } else { texts.make(&text) });
        }
        Piece::Block { doc, lines: lines.len() as u32, text: texts.make(&lines.join("\n")) }
    }

    /// Whether it belongs to the token in front of it, if nothing but such pieces stands between.
    pub fn may_trail(&self) -> bool {
        match self {
            Piece::Line { .. } | Piece::Directive { .. } => true,
            Piece::Block { doc, lines, .. } => !doc && *lines < 2,
            Piece::Newlines(_) | Piece::Language(_) => false,
        }
    }

    /// What a comment of one line says.
    pub fn inner<'a>(&self, texts: &'a Texts<'_>) -> &'a str {
        match *self {
            Piece::Line { text, .. } => texts.get(text.0, text.1).get(1..).unwrap_or_default(),
            Piece::Block { text, .. } | Piece::Language(text) => texts.get(text.0, text.1),
            Piece::Directive { disable, .. } => {
                if disable {
                    "nixfmt:disable"
                } else {
                    "nixfmt:enable"
                }
            }
            Piece::Newlines(_) => "",
        }
    }
}

/// Whether the content of a comment can name a language.
fn is_language(content: &str) -> bool {
    let name = content.trim();
    !name.is_empty()
        && name.chars().count() <= LANGUAGE_CHARS as usize
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '+' | '.' | '_'))
}

/// Whether a string is the next thing, at most one line end away.
fn before_string(rest: &str) -> bool {
    let blank = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
    let mut rest = &rest[blank(rest)..];
    rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
    let rest = &rest[blank(rest)..];
    rest.starts_with('"') || rest.starts_with("''")
}

/// The lines of a block comment whose `/*` stands in the given column, without its stars and its indentation, and without
/// empty lines at its start and its end.
fn block_lines(body: &str, column: usize) -> Vec<String> {
    let body = body.replace("\r\n", "\n");
    let mut lines: Vec<String> = body.split('\n').map(|line| line.trim_end().to_owned()).collect();
    trim_empty(&mut lines);
    let Some((first, rest)) = lines.split_first_mut() else { return lines };
    // A row of stars below the one of `/*`.
    let star = format!("{:column$} *", "");
    if rest.iter().all(|line| line.starts_with(&star)) {
        for line in rest.iter_mut() {
            let text = line[star.len()..].trim_end();
            *line = if text.is_empty() { String::new() } else { format!("{:column$}{text}", "") };
        }
    }
    let least = if first.starts_with(' ') { column + 3 } else { column + 2 };
    *first = first.trim().to_owned();
    trim_empty(&mut lines);
    let Some((_, rest)) = lines.split_first_mut() else { return lines };
    let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let common = rest.iter().filter(|line| spaces(line) < line.len()).map(|line| spaces(line)).fold(least, usize::min);
    for line in rest {
        *line = if spaces(line) >= common { line[common..].to_owned() } else { line.trim_start().to_owned() };
    }
    let empty = lines.iter().take_while(|line| line.is_empty()).count();
    lines.drain(..empty);
    lines
}

fn trim_empty(lines: &mut Vec<String>) {
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
}
