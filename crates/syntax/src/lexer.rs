//! Bytes to tokens.
//!
//! Tokens cover the whole text: none is empty, none overlap, and where the text is UTF-8 none ends inside a character.
//! Which token starts where depends only on the text before it (strings, interpolations and braces are counted here),
//! never on the parser. As Nix's own scanner does, it takes the longest match.

use memchr::{memchr2, memchr3, memmem};

use crate::SyntaxKind::{self, *};

/// A token: what it is and where, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenData {
    pub start: u32,
    pub end: u32,
    pub kind: SyntaxKind,
}

/// Splits any bytes, at most 4 GiB of them, into tokens.
pub fn lex(text: &[u8]) -> Vec<TokenData> {
    run::<true>(text, Vec::new())
}

/// The tokens that are not whitespace or comments, put into `buffer` in place of what it holds.
pub fn lex_code(text: &[u8], buffer: Vec<TokenData>) -> Vec<TokenData> {
    run::<false>(text, buffer)
}

fn run<const TRIVIA: bool>(text: &[u8], mut tokens: Vec<TokenData>) -> Vec<TokenData> {
    tokens.clear();
    // Nix code has a token per 3.5 bytes or so, whitespace included, and more whitespace where the rest is more.
    let capacity = text.len() / if TRIVIA { 3 } else { 6 } + 8;
    let mut lexer: Lexer<'_, TRIVIA> =
        Lexer { text, at: 0, modes: Vec::new(), mode: Mode::Normal, run_end: 0, run_underscore: 0, tokens: Vec::with_capacity(capacity) };
    lexer.run();
    lexer.tokens
}

const IDENT_START: u8 = 1;
const IDENT_CONT: u8 = 2;
const PATH_CHAR: u8 = 4;
const DIGIT: u8 = 8;
const SPACE: u8 = 16;
const URI_CHAR: u8 = 32;
const SLASH_CHAR: u8 = 64;

static CLASS: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut byte = 0;
    while byte < 256 {
        let c = byte as u8;
        let mut class = 0;
        if c.is_ascii_alphabetic() || c == b'_' {
            class |= IDENT_START;
        }
        if c.is_ascii_alphanumeric() || matches!(c, b'_' | b'\'' | b'-') {
            class |= IDENT_CONT;
        }
        if c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-' | b'+') {
            class |= PATH_CHAR;
        }
        if c.is_ascii_digit() {
            class |= DIGIT;
        }
        if matches!(c, b' ' | b'\t' | b'\r' | b'\n') {
            class |= SPACE;
        }
        if c.is_ascii_alphanumeric()
            || matches!(
                c,
                b'%' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',' | b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\''
            )
        {
            class |= URI_CHAR;
        }
        if c == b'/' {
            class |= SLASH_CHAR;
        }
        table[byte] = class;
        byte += 1;
    }
    table
};

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Normal,
    Str,
    Indented,
    /// Behind an interpolation in a path.
    Path,
}

/// Without `TRIVIA`, whitespace and comments are passed over.
struct Lexer<'t, const TRIVIA: bool> {
    text: &'t [u8],
    at: usize,
    /// Modes to come back to.
    modes: Vec<Mode>,
    mode: Mode,
    /// End of the run of path characters looked at last, and one past the last underscore in it: `a.b.c` asks at each name
    /// whether a `/` or `:` ends the run.
    run_end: usize,
    run_underscore: usize,
    tokens: Vec<TokenData>,
}

#[inline]
fn class(byte: u8) -> u8 {
    CLASS[byte as usize]
}

impl<const TRIVIA: bool> Lexer<'_, TRIVIA> {
    /// The byte at `index`; NUL behind the end (NUL starts no token and continues none).
    #[inline]
    fn byte(&self, index: usize) -> u8 {
        self.text.get(index).copied().unwrap_or(0)
    }

    #[inline]
    fn is(&self, index: usize, mask: u8) -> bool {
        class(self.byte(index)) & mask != 0
    }

    /// A token from `self.at` to `end`.
    #[inline]
    fn push(&mut self, kind: SyntaxKind, end: usize) {
        self.tokens.push(TokenData { start: self.at as u32, end: end as u32, kind });
        self.at = end;
    }

    /// Whitespace or a comment.
    #[inline]
    fn trivia(&mut self, kind: SyntaxKind, end: usize) {
        if TRIVIA {
            self.push(kind, end);
        } else {
            self.at = end;
        }
    }

    /// The end of the run of characters of a class that starts at `from`.
    #[inline]
    fn skip(&self, from: usize, mask: u8) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        from + rest.iter().position(|&byte| class(byte) & mask == 0).unwrap_or(rest.len())
    }

    fn enter(&mut self, mode: Mode) {
        self.modes.push(self.mode);
        self.mode = mode;
    }

    fn leave(&mut self) {
        self.mode = self.modes.pop().unwrap_or(Mode::Normal);
    }

    fn run(&mut self) {
        while self.at < self.text.len() {
            match self.mode {
                Mode::Normal if TRIVIA => self.normal(),
                Mode::Normal => {
                    self.at = self.skip(self.at, SPACE);
                    if self.at < self.text.len() {
                        self.normal();
                    }
                }
                Mode::Str => self.string(),
                Mode::Indented => self.indented(),
                Mode::Path => {
                    self.leave();
                    self.path_rest(self.at);
                }
            }
        }
    }

    fn normal(&mut self) {
        let at = self.at;
        let first = self.text[at];
        let next = self.byte(at + 1);
        let one = |lexer: &mut Self, kind| lexer.push(kind, at + 1);
        let two = |lexer: &mut Self, kind| lexer.push(kind, at + 2);
        match first {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b' ' | b'\n' | b'\t' | b'\r' => {
                let end = self.skip(at + 1, SPACE);
                self.trivia(WHITESPACE, end);
            }
            b'0'..=b'9' => self.number(),
            b'"' => {
                one(self, QUOTE);
                self.enter(Mode::Str);
            }
            b'\'' if next == b'\'' => {
                two(self, INDENTED_OPEN);
                self.enter(Mode::Indented);
            }
            b';' => one(self, SEMICOLON),
            b'=' if next == b'=' => two(self, EQUAL),
            b'=' => one(self, ASSIGN),
            b'{' => {
                one(self, L_BRACE);
                self.enter(Mode::Normal);
            }
            b'}' => {
                one(self, R_BRACE);
                self.leave();
            }
            b'$' if next == b'{' => {
                two(self, DOLLAR_BRACE);
                self.enter(Mode::Normal);
            }
            b'(' => one(self, L_PAREN),
            b')' => one(self, R_PAREN),
            b'[' => one(self, L_BRACKET),
            b']' => one(self, R_BRACKET),
            b',' => one(self, COMMA),
            b':' => one(self, COLON),
            b'@' => one(self, AT),
            b'?' => one(self, QUESTION),
            b'*' => one(self, STAR),
            b'#' => {
                let end = memchr2(b'\n', b'\r', &self.text[at..]).map_or(self.text.len(), |n| at + n);
                self.trivia(COMMENT, end);
            }
            b'.' | b'+' | b'-' => self.dot_plus_minus(first, next),
            b'/' => match next {
                b'/' => two(self, UPDATE),
                b'*' => match memmem::find(&self.text[at + 2..], b"*/") {
                    Some(n) => self.trivia(BLOCK_COMMENT, at + 2 + n + 2),
                    None => self.push(INVALID, self.text.len()),
                },
                _ if self.starts_path(at) => self.path_rest(at),
                _ => one(self, SLASH),
            },
            b'~' if next == b'/' && self.starts_path(at + 1) => self.path_rest(at + 1),
            b'<' => match next {
                b'=' => two(self, LESS_EQUAL),
                b'|' => two(self, PIPE_FROM),
                _ => match self.search_path_end(at) {
                    Some(end) => self.push(SEARCH_PATH, end),
                    None => one(self, LESS),
                },
            },
            b'>' if next == b'=' => two(self, GREATER_EQUAL),
            b'>' => one(self, GREATER),
            b'!' if next == b'=' => two(self, NOT_EQUAL),
            b'!' => one(self, NOT),
            b'&' if next == b'&' => two(self, AND),
            b'|' if next == b'|' => two(self, OR),
            b'|' if next == b'>' => two(self, PIPE_INTO),
            0x80.. => {
                let end = self.text[at..].iter().position(u8::is_ascii).map_or(self.text.len(), |n| at + n);
                self.push(INVALID, end);
            }
            _ => one(self, INVALID),
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let end = self.skip(start + 1, IDENT_CONT);
        if matches!(self.byte(end), b'/' | b':' | b'.' | b'+') && self.path_or_uri(start) {
            return;
        }
        let kind = if end - start <= 7 { keyword(&self.text[start..end]) } else { IDENT };
        self.push(kind, end);
    }

    /// Looks at the run of path characters from `start` on and takes the path or URI that it begins, if it does.
    fn path_or_uri(&mut self, start: usize) -> bool {
        if start >= self.run_end {
            let end = self.skip(start, PATH_CHAR);
            self.run_end = end;
            self.run_underscore =
                if self.byte(end) == b':' { memchr::memrchr(b'_', &self.text[start..end]).map_or(0, |n| start + n + 1) } else { 0 };
        }
        let end = self.run_end;
        match self.byte(end) {
            b'/' if self.starts_path(end) => {
                self.path_rest(end);
                true
            }
            b':' if self.is(end + 1, URI_CHAR) && self.run_underscore <= start && self.text[start].is_ascii_alphabetic() => {
                let mut uri_end = end + 2;
                while self.is(uri_end, URI_CHAR) {
                    uri_end += 1;
                }
                self.push(URI, uri_end);
                true
            }
            _ => false,
        }
    }

    /// Whether the `/` at `slash` makes what stands before it a path.
    fn starts_path(&self, slash: usize) -> bool {
        self.is(slash + 1, PATH_CHAR) || self.text[slash + 1..].starts_with(b"${")
    }

    /// Takes the text of a path, whose characters from `self.at` to `from` are known to belong to it.
    fn path_rest(&mut self, from: usize) {
        let end = self.skip(from, PATH_CHAR | SLASH_CHAR);
        if end > self.at {
            self.push(PATH_TEXT, end);
        }
        if self.text[end..].starts_with(b"${") {
            self.push(DOLLAR_BRACE, end + 2);
            self.enter(Mode::Path);
            self.enter(Mode::Normal);
        }
    }

    fn number(&mut self) {
        let start = self.at;
        let mut end = start + 1;
        while self.is(end, DIGIT) {
            end += 1;
        }
        let next = self.byte(end);
        if (next == b'/' || class(next) & PATH_CHAR != 0) && self.path_or_uri(start) {
            return;
        }
        // A leading zero is only for `0.5`, so that `00.5` is two numbers.
        let is_float = next == b'.' && if self.text[start] == b'0' { end == start + 1 && self.is(end + 1, DIGIT) } else { true };
        if is_float { self.float(end + 1) } else { self.push(INTEGER, end) }
    }

    /// Takes a float whose fraction starts at `end`.
    fn float(&mut self, mut end: usize) {
        while self.is(end, DIGIT) {
            end += 1;
        }
        if matches!(self.byte(end), b'e' | b'E') {
            let sign = matches!(self.byte(end + 1), b'+' | b'-') as usize;
            if self.is(end + 1 + sign, DIGIT) {
                end += 2 + sign;
                while self.is(end, DIGIT) {
                    end += 1;
                }
            }
        }
        self.push(FLOAT, end);
    }

    fn dot_plus_minus(&mut self, first: u8, next: u8) {
        let at = self.at;
        if (next == b'/' || class(next) & PATH_CHAR != 0) && self.path_or_uri(at) {
            return;
        }
        match (first, next) {
            (b'.', b'.') if self.byte(at + 2) == b'.' => self.push(ELLIPSIS, at + 3),
            (b'.', b'0'..=b'9') => self.float(at + 1),
            (b'.', _) => self.push(DOT, at + 1),
            (b'+', b'+') => self.push(CONCAT, at + 2),
            (b'+', _) => self.push(PLUS, at + 1),
            (_, b'>') => self.push(IMPLIES, at + 2),
            _ => self.push(MINUS, at + 1),
        }
    }

    /// The end of `<a/b>`, where that starts at `at`.
    fn search_path_end(&self, at: usize) -> Option<usize> {
        let mut end = at + 1;
        loop {
            let part = end;
            while self.is(end, PATH_CHAR) {
                end += 1;
            }
            match self.byte(end) {
                _ if end == part => return None,
                b'/' => end += 1,
                b'>' => return Some(end + 1),
                _ => return None,
            }
        }
    }

    /// The end of a character whose first byte stands before `end`.
    fn char_end(&self, mut end: usize) -> usize {
        while matches!(self.byte(end), 0x80..=0xbf) {
            end += 1;
        }
        end.min(self.text.len())
    }

    fn string_text(&mut self, end: usize) {
        if end > self.at {
            self.push(STRING_TEXT, end);
        }
    }

    /// `${`, with text up to `end` before it.
    fn interpolation(&mut self, end: usize) {
        self.string_text(end);
        self.push(DOLLAR_BRACE, end + 2);
        self.enter(Mode::Normal);
    }

    fn string(&mut self) {
        let mut from = self.at;
        while let Some(found) = self.text.get(from..).and_then(|rest| memchr3(b'"', b'\\', b'$', rest)) {
            let at = from + found;
            match (self.text[at], self.byte(at + 1)) {
                (b'"', _) => {
                    self.string_text(at);
                    self.push(QUOTE, at + 1);
                    return self.leave();
                }
                (b'\\', _) if at + 1 < self.text.len() => {
                    self.string_text(at);
                    self.push(STRING_ESCAPE, self.char_end(at + 2));
                    from = self.at;
                }
                (b'$', b'{') => return self.interpolation(at),
                (b'$', b'"' | b'\\') | (b'\\', _) => from = at + 1,
                // `$$` is two characters of text, even where `{` follows.
                _ => from = at + 2,
            }
        }
        self.string_text(self.text.len());
    }

    fn indented(&mut self) {
        let mut from = self.at;
        while let Some(found) = self.text.get(from..).and_then(|rest| memchr2(b'\'', b'$', rest)) {
            let at = from + found;
            let escape_end = match (self.text[at], self.byte(at + 1), self.byte(at + 2)) {
                (b'$', b'{', _) => return self.interpolation(at),
                (b'\'', b'\'', b'$' | b'\'') => at + 3,
                (b'\'', b'\'', b'\\') if at + 3 < self.text.len() => self.char_end(at + 4),
                (b'\'', b'\'', _) => {
                    self.string_text(at);
                    self.push(INDENTED_CLOSE, at + 2);
                    return self.leave();
                }
                (b'$', b'\'', _) | (b'\'', b'$', _) => at + 1,
                _ if at + 1 == self.text.len() => at + 1,
                // `$x` and `'x` are pairs of text, so that `$$` hides `{`.
                _ => {
                    from = at + 2;
                    continue;
                }
            };
            self.string_text(at);
            self.push(STRING_ESCAPE, escape_end);
            from = self.at;
        }
        self.string_text(self.text.len());
    }
}

fn keyword(word: &[u8]) -> SyntaxKind {
    match word {
        b"if" => IF_KW,
        b"then" => THEN_KW,
        b"else" => ELSE_KW,
        b"assert" => ASSERT_KW,
        b"with" => WITH_KW,
        b"let" => LET_KW,
        b"in" => IN_KW,
        b"rec" => REC_KW,
        b"inherit" => INHERIT_KW,
        b"or" => OR_KW,
        _ => IDENT,
    }
}
