//! The grammar of JSON, without recursion: text of any depth is read in one loop.

use super::lexer::{Lexer, Token};
use crate::heap::ScratchVec;

/// Makes something of what is parsed. What it has made is kept where the collector sees it: it may be values.
pub(crate) trait Sink {
    /// Whether texts may hold zero bytes, as no string of Nix does.
    const ZERO_BYTES: bool = false;
    type Value;
    type Name;
    /// Asked at each value and within long ones: whether to give up. `held` is how many bytes are kept for what is not complete,
    /// `read` how many were read since it was asked last.
    fn stop(&mut self, _held: usize, _read: usize) -> bool {
        false
    }
    fn name(&mut self, bytes: &[u8]) -> Self::Name;
    fn null(&mut self) -> Self::Value;
    fn bool(&mut self, bool: bool) -> Self::Value;
    fn int(&mut self, int: i64) -> Self::Value;
    /// Above the largest integer of Nix, which has no place for it.
    ///
    /// # Errors
    /// [`JsonError::TooBig`].
    fn big(&mut self, int: u64) -> Result<Self::Value, JsonError> {
        Err(JsonError::TooBig(int))
    }
    fn float(&mut self, float: f64) -> Self::Value;
    /// `None` gives up.
    fn string(&mut self, bytes: &[u8]) -> Option<Self::Value>;
    /// `None` gives up.
    fn list(&mut self, elements: ScratchVec<Self::Value>) -> Option<Self::Value>;
    /// Members in the order of the text; names may repeat. `None` gives up.
    fn object(&mut self, members: Members<Self::Name, Self::Value>) -> Option<Self::Value>;
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    #[error("{0}")]
    Syntax(String),
    #[error("unsigned json number {0} outside of Nix integer range")]
    TooBig(u64),
    /// [`Sink::stop`] said so.
    #[error("interrupted")]
    Stopped,
    /// A string or name with a zero byte, which no Nix string holds.
    #[error("null byte")]
    NullByte(Vec<u8>),
}

/// Names with values.
pub(crate) type Members<N, V> = ScratchVec<(N, V)>;

/// An array or object under way.
enum Open<N, V> {
    List(ScratchVec<V>),
    Object(Members<N, V>, N),
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    token: Token,
    /// Bytes read when the sink was asked last.
    asked: usize,
}

impl Parser<'_> {
    fn next<S: Sink>(&mut self, sink: &mut S) -> Result<(), JsonError> {
        loop {
            self.token = self.lexer.next();
            if self.token != Token::Pause {
                return Ok(());
            }
            self.pause(sink)?;
        }
    }

    fn pause<S: Sink>(&mut self, sink: &mut S) -> Result<(), JsonError> {
        let before = std::mem::replace(&mut self.asked, self.lexer.read());
        if sink.stop(self.lexer.held(), self.asked.saturating_sub(before)) { Err(JsonError::Stopped) } else { Ok(()) }
    }

    fn error(&self, context: &str, expected: Option<&str>) -> JsonError {
        let mut message = format!("[json.exception.parse_error.101] parse error at {}: ", self.lexer.position());
        message += &format!("syntax error while parsing {context} - ");
        match &self.token {
            Token::Error(why) => message += &format!("{why}; last read: '{}'", self.lexer.token_text()),
            token => message += &format!("unexpected {}", token.name()),
        }
        if let Some(expected) = expected {
            message += &format!("; expected {expected}");
        }
        JsonError::Syntax(message)
    }

    /// A member's name and the colon after it; ends on the token after that.
    fn key<S: Sink>(&mut self, sink: &mut S) -> Result<S::Name, JsonError> {
        let Token::String(key) = &mut self.token else { return Err(self.error("object key", Some("string literal"))) };
        let key = sink.name(&checked::<S>(std::mem::take(key))?);
        self.next(sink)?;
        if self.token != Token::NameSeparator {
            return Err(self.error("object separator", Some("':'")));
        }
        self.next(sink)?;
        Ok(key)
    }

    fn scalar<S: Sink>(&mut self, sink: &mut S) -> Result<S::Value, JsonError> {
        Ok(match &mut self.token {
            Token::Null => sink.null(),
            Token::True => sink.bool(true),
            Token::False => sink.bool(false),
            Token::Integer(int) => sink.int(*int),
            Token::Unsigned(int) => match i64::try_from(*int) {
                Ok(int) => sink.int(int),
                Err(_) => sink.big(*int)?,
            },
            Token::Float(float) if float.is_finite() => sink.float(*float),
            Token::Float(_) => {
                let text = self.lexer.token_text();
                return Err(JsonError::Syntax(format!("[json.exception.out_of_range.406] number overflow parsing '{text}'")));
            }
            Token::String(string) => sink.string(&checked::<S>(std::mem::take(string))?).ok_or(JsonError::Stopped)?,
            Token::End if self.lexer.read() == 1 => {
                let position = self.lexer.position();
                return Err(JsonError::Syntax(format!(
                    "[json.exception.parse_error.101] parse error at {position}: attempting to parse an empty input; check that your input string or stream contains the expected JSON"
                )));
            }
            Token::Error(_) => return Err(self.error("value", None)),
            _ => return Err(self.error("value", Some("'[', '{', or a literal"))),
        })
    }
}

fn checked<S: Sink>(bytes: Vec<u8>) -> Result<Vec<u8>, JsonError> {
    if !S::ZERO_BYTES && memchr::memchr(0, &bytes).is_some() { Err(JsonError::NullByte(bytes)) } else { Ok(bytes) }
}

/// Parses one JSON text.
///
/// # Errors
/// [`JsonError`], in the words that Nix gives.
pub(crate) fn parse<S: Sink>(text: &[u8], sink: &mut S) -> Result<S::Value, JsonError> {
    let mut parser = Parser { lexer: Lexer::new(text), token: Token::End, asked: 0 };
    parser.next(sink)?;
    let mut open: ScratchVec<Open<S::Name, S::Value>> = ScratchVec::new();
    loop {
        parser.pause(sink)?;
        let mut value = match parser.token {
            Token::BeginObject => {
                parser.next(sink)?;
                if parser.token == Token::EndObject {
                    sink.object(ScratchVec::new()).ok_or(JsonError::Stopped)?
                } else {
                    let key = parser.key(sink)?;
                    open.push(Open::Object(ScratchVec::new(), key));
                    continue;
                }
            }
            Token::BeginArray => {
                parser.next(sink)?;
                if parser.token == Token::EndArray {
                    sink.list(ScratchVec::new()).ok_or(JsonError::Stopped)?
                } else {
                    open.push(Open::List(ScratchVec::new()));
                    continue;
                }
            }
            _ => parser.scalar(sink)?,
        };
        // A value is complete: so may be what surrounds it.
        loop {
            parser.next(sink)?;
            match open.pop() {
                None if parser.token == Token::End => return Ok(value),
                None => return Err(parser.error("value", Some("end of input"))),
                Some(Open::List(mut elements)) => {
                    elements.push(value);
                    match parser.token {
                        Token::ValueSeparator => {
                            parser.next(sink)?;
                            open.push(Open::List(elements));
                            break;
                        }
                        Token::EndArray => value = sink.list(elements).ok_or(JsonError::Stopped)?,
                        _ => return Err(parser.error("array", Some("']'"))),
                    }
                }
                Some(Open::Object(mut members, key)) => {
                    members.push((key, value));
                    match parser.token {
                        Token::ValueSeparator => {
                            parser.next(sink)?;
                            let key = parser.key(sink)?;
                            open.push(Open::Object(members, key));
                            break;
                        }
                        Token::EndObject => value = sink.object(members).ok_or(JsonError::Stopped)?,
                        _ => return Err(parser.error("object", Some("'}'"))),
                    }
                }
            }
        }
    }
}
