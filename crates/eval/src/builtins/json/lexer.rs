//! Tokens of JSON. Messages are those of the library that Nix uses, which scripts have come to know.

/// A token; the text of strings and numbers is in [`Lexer`].
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    BeginObject,
    BeginArray,
    EndObject,
    EndArray,
    NameSeparator,
    ValueSeparator,
    True,
    False,
    Null,
    String(Vec<u8>),
    Unsigned(u64),
    Integer(i64),
    Float(f64),
    End,
    /// Not a token, and why.
    Error(String),
    /// Nothing yet: so much was read that somebody may want to give up.
    Pause,
}

impl Token {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Token::BeginObject => "'{'",
            Token::BeginArray => "'['",
            Token::EndObject => "'}'",
            Token::EndArray => "']'",
            Token::NameSeparator => "':'",
            Token::ValueSeparator => "','",
            Token::True => "true literal",
            Token::False => "false literal",
            Token::Null => "null literal",
            Token::String(_) => "string literal",
            Token::Unsigned(_) | Token::Integer(_) | Token::Float(_) => "number literal",
            Token::End => "end of input",
            Token::Error(_) | Token::Pause => "<parse error>",
        }
    }
}

/// Bytes that are read without a pause.
const PIECE: usize = 64 << 10;

pub(super) struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    /// Where the text that errors quote begins: at the last string or number.
    start: usize,
    /// Bytes read so far, the end of the text counting as one; where a byte was read and given back, without it.
    read: usize,
    line: usize,
    column: usize,
    column_before: usize,
    /// A string whose beginning was read before a pause.
    partial: Option<Vec<u8>>,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Lexer { text, at: 0, start: 0, read: 0, line: 0, column: 0, column_before: 0, partial: None }
    }

    /// Bytes of what is being read.
    pub(super) fn held(&self) -> usize {
        self.partial.as_ref().map_or(0, Vec::capacity)
    }

    pub(super) fn read(&self) -> usize {
        self.read
    }

    /// "line 1, column 2".
    pub(super) fn position(&self) -> String {
        format!("line {}, column {}", self.line + 1, self.column)
    }

    /// What errors quote, control characters spelled out.
    pub(super) fn token_text(&self) -> String {
        let bytes = &self.text[self.start.min(self.text.len())..self.at.min(self.text.len())];
        let mut out = Vec::new();
        for &byte in bytes {
            if byte <= 0x1f {
                out.extend_from_slice(format!("<U+{byte:04X}>").as_bytes());
            } else {
                out.push(byte);
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    fn get(&mut self) -> Option<u8> {
        let byte = self.text.get(self.at).copied();
        self.at += 1;
        self.read += 1;
        self.column_before = self.column;
        self.column += 1;
        if byte == Some(b'\n') {
            self.line += 1;
            self.column = 0;
        }
        byte
    }

    fn unget(&mut self) {
        self.at -= 1;
        self.read -= 1;
        if self.text.get(self.at) == Some(&b'\n') {
            self.line -= 1;
            self.column = self.column_before;
        } else {
            self.column -= 1;
        }
    }

    pub(super) fn next(&mut self) -> Token {
        if self.read == 0 && self.text.first() == Some(&0xef) {
            self.start = 0;
            self.get();
            if self.get() != Some(0xbb) || self.get() != Some(0xbf) {
                return Token::Error("invalid BOM; must be 0xEF 0xBB 0xBF if given".into());
            }
        }
        if let Some(partial) = self.partial.take() {
            return self.string(partial);
        }
        let pause = self.at + PIECE;
        loop {
            return match self.get() {
                Some(_) if self.at > pause => {
                    self.unget();
                    Token::Pause
                }
                Some(b' ' | b'\t' | b'\n' | b'\r') => continue,
                Some(b'{') => Token::BeginObject,
                Some(b'[') => Token::BeginArray,
                Some(b'}') => Token::EndObject,
                Some(b']') => Token::EndArray,
                Some(b':') => Token::NameSeparator,
                Some(b',') => Token::ValueSeparator,
                Some(b't') => self.literal(b"rue", Token::True),
                Some(b'f') => self.literal(b"alse", Token::False),
                Some(b'n') => self.literal(b"ull", Token::Null),
                Some(b'"') => {
                    self.start = self.at - 1;
                    self.string(Vec::new())
                }
                Some(b'-' | b'0'..=b'9') => {
                    self.start = self.at - 1;
                    self.number()
                }
                None | Some(0) => Token::End,
                Some(_) => Token::Error("invalid literal".into()),
            };
        }
    }

    fn literal(&mut self, rest: &[u8], token: Token) -> Token {
        for &want in rest {
            if self.get() != Some(want) {
                return Token::Error("invalid literal".into());
            }
        }
        token
    }

    fn digits(&mut self) -> bool {
        let mut some = false;
        loop {
            match self.get() {
                Some(b'0'..=b'9') => some = true,
                _ => {
                    if some {
                        self.unget();
                    }
                    return some;
                }
            }
        }
    }

    fn number(&mut self) -> Token {
        let error = |what: &str| Token::Error(format!("invalid number; {what}"));
        let negative = self.text.get(self.at - 1) == Some(&b'-');
        let first = if negative { self.get() } else { self.text.get(self.at - 1).copied() };
        match first {
            Some(b'0') => {}
            Some(b'1'..=b'9') => {
                self.digits_any();
            }
            _ => return error("expected digit after '-'"),
        }
        let mut float = false;
        let mut next = self.get();
        if next == Some(b'.') {
            float = true;
            if !self.digits() {
                return error("expected digit after '.'");
            }
            next = self.get();
        }
        if matches!(next, Some(b'e' | b'E')) {
            float = true;
            match self.get() {
                Some(b'+' | b'-') => {
                    if !self.digits() {
                        return error("expected digit after exponent sign");
                    }
                }
                Some(b'0'..=b'9') => self.digits_any(),
                _ => return error("expected '+', '-', or digit after exponent"),
            }
        } else {
            self.unget();
        }
        let text = std::str::from_utf8(&self.text[self.start..self.at.min(self.text.len())]).unwrap_or_default();
        if !float {
            if negative && let Ok(int) = text.parse() {
                return Token::Integer(int);
            }
            if !negative && let Ok(int) = text.parse() {
                return Token::Unsigned(int);
            }
        }
        Token::Float(text.parse().unwrap_or(f64::NAN))
    }

    /// Further digits, of which there may be none.
    fn digits_any(&mut self) {
        while let Some(b'0'..=b'9') = self.get() {}
        self.unget();
    }

    fn hex(&mut self) -> Option<u32> {
        let mut code = 0;
        for _ in 0..4 {
            code = code << 4 | char::from(self.get()?).to_digit(16)?;
        }
        Some(code)
    }

    /// The rest of a string that begins with `out`.
    fn string(&mut self, mut out: Vec<u8>) -> Token {
        const NO_HEX: &str = "invalid string: '\\u' must be followed by 4 hex digits";
        let pause = self.at + PIECE;
        loop {
            if self.at >= pause {
                self.partial = Some(out);
                return Token::Pause;
            }
            let Some(byte) = self.get() else { return Token::Error("invalid string: missing closing quote".into()) };
            match byte {
                b'"' => return Token::String(out),
                b'\\' => match self.get() {
                    Some(b'"') => out.push(b'"'),
                    Some(b'\\') => out.push(b'\\'),
                    Some(b'/') => out.push(b'/'),
                    Some(b'b') => out.push(8),
                    Some(b'f') => out.push(12),
                    Some(b'n') => out.push(b'\n'),
                    Some(b'r') => out.push(b'\r'),
                    Some(b't') => out.push(b'\t'),
                    Some(b'u') => {
                        let Some(mut code) = self.hex() else { return Token::Error(NO_HEX.into()) };
                        if (0xd800..0xdc00).contains(&code) {
                            const LONE: &str = "invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF";
                            if self.get() != Some(b'\\') || self.get() != Some(b'u') {
                                return Token::Error(LONE.into());
                            }
                            let Some(low) = self.hex() else { return Token::Error(NO_HEX.into()) };
                            if !(0xdc00..0xe000).contains(&low) {
                                return Token::Error(LONE.into());
                            }
                            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                        } else if (0xdc00..0xe000).contains(&code) {
                            return Token::Error("invalid string: surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF".into());
                        }
                        let char = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                        out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                    _ => return Token::Error("invalid string: forbidden character after backslash".into()),
                },
                0..=0x1f => return Token::Error(control_character(byte)),
                0x20..=0x7f => out.push(byte),
                _ => {
                    let rest = match byte {
                        0xc2..=0xdf => &[(0x80, 0xbf)][..],
                        0xe0 => &[(0xa0, 0xbf), (0x80, 0xbf)],
                        0xe1..=0xec | 0xee | 0xef => &[(0x80, 0xbf), (0x80, 0xbf)],
                        0xed => &[(0x80, 0x9f), (0x80, 0xbf)],
                        0xf0 => &[(0x90, 0xbf), (0x80, 0xbf), (0x80, 0xbf)],
                        0xf1..=0xf3 => &[(0x80, 0xbf), (0x80, 0xbf), (0x80, 0xbf)],
                        0xf4 => &[(0x80, 0x8f), (0x80, 0xbf), (0x80, 0xbf)],
                        _ => return Token::Error("invalid string: ill-formed UTF-8 byte".into()),
                    };
                    out.push(byte);
                    for &(low, high) in rest {
                        match self.get() {
                            Some(next) if (low..=high).contains(&next) => out.push(next),
                            _ => return Token::Error("invalid string: ill-formed UTF-8 byte".into()),
                        }
                    }
                }
            }
        }
    }
}

fn control_character(byte: u8) -> String {
    const NAMES: [&str; 32] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI", "DLE", "DC1", "DC2", "DC3",
        "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
    ];
    let short = match byte {
        8 => " or \\b",
        9 => " or \\t",
        10 => " or \\n",
        12 => " or \\f",
        13 => " or \\r",
        _ => "",
    };
    let name = NAMES.get(usize::from(byte)).copied().unwrap_or_default();
    format!("invalid string: control character U+{byte:04X} ({name}) must be escaped to \\u{byte:04X}{short}")
}
