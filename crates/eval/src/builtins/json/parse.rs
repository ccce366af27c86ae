//! The grammar of JSON, without recursion: text of any depth is read in one loop.

use super::lexer::{Lexer, Token};
use crate::heap::ScratchVec;

/// Makes something of what is parsed. What it has made is kept where the collector sees it: it may be values.
pub(crate) trait Sink {
    type Value;
    /// Asked at each value: whether to give up.
    fn stop(&mut self) -> bool {
        false
    }
    fn null(&mut self) -> Self::Value;
    fn bool(&mut self, bool: bool) -> Self::Value;
    fn int(&mut self, int: i64) -> Self::Value;
    fn float(&mut self, float: f64) -> Self::Value;
    fn string(&mut self, bytes: &[u8]) -> Self::Value;
    fn list(&mut self, elements: ScratchVec<Self::Value>) -> Self::Value;
    /// Members in the order of the text; names may repeat.
    fn object(&mut self, members: ScratchVec<(Vec<u8>, Self::Value)>) -> Self::Value;
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

/// An array or object under way.
enum Open<V> {
    List(ScratchVec<V>),
    Object(ScratchVec<(Vec<u8>, V)>, Vec<u8>),
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    token: Token,
}

impl Parser<'_> {
    fn next(&mut self) {
        self.token = self.lexer.next();
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
    fn key(&mut self) -> Result<Vec<u8>, JsonError> {
        let Token::String(key) = &mut self.token else { return Err(self.error("object key", Some("string literal"))) };
        let key = without_null(std::mem::take(key))?;
        self.next();
        if self.token != Token::NameSeparator {
            return Err(self.error("object separator", Some("':'")));
        }
        self.next();
        Ok(key)
    }

    fn scalar<S: Sink>(&mut self, sink: &mut S) -> Result<S::Value, JsonError> {
        Ok(match &mut self.token {
            Token::Null => sink.null(),
            Token::True => sink.bool(true),
            Token::False => sink.bool(false),
            Token::Integer(int) => sink.int(*int),
            Token::Unsigned(int) => sink.int(i64::try_from(*int).map_err(|_| JsonError::TooBig(*int))?),
            Token::Float(float) if float.is_finite() => sink.float(*float),
            Token::Float(_) => {
                let text = self.lexer.token_text();
                return Err(JsonError::Syntax(format!("[json.exception.out_of_range.406] number overflow parsing '{text}'")));
            }
            Token::String(string) => sink.string(&without_null(std::mem::take(string))?),
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

fn without_null(bytes: Vec<u8>) -> Result<Vec<u8>, JsonError> {
    if bytes.contains(&0) { Err(JsonError::NullByte(bytes)) } else { Ok(bytes) }
}

/// Parses one JSON text.
///
/// # Errors
/// [`JsonError`], in the words that Nix gives.
pub(crate) fn parse<S: Sink>(text: &[u8], sink: &mut S) -> Result<S::Value, JsonError> {
    let mut parser = Parser { lexer: Lexer::new(text), token: Token::End };
    parser.next();
    let mut open: Vec<Open<S::Value>> = Vec::new();
    loop {
        if sink.stop() {
            return Err(JsonError::Stopped);
        }
        let mut value = match parser.token {
            Token::BeginObject => {
                parser.next();
                if parser.token == Token::EndObject {
                    sink.object(ScratchVec::new())
                } else {
                    let key = parser.key()?;
                    open.push(Open::Object(ScratchVec::new(), key));
                    continue;
                }
            }
            Token::BeginArray => {
                parser.next();
                if parser.token == Token::EndArray {
                    sink.list(ScratchVec::new())
                } else {
                    open.push(Open::List(ScratchVec::new()));
                    continue;
                }
            }
            _ => parser.scalar(sink)?,
        };
        // A value is complete: so may be what surrounds it.
        loop {
            parser.next();
            match open.pop() {
                None if parser.token == Token::End => return Ok(value),
                None => return Err(parser.error("value", Some("end of input"))),
                Some(Open::List(mut elements)) => {
                    elements.push(value);
                    match parser.token {
                        Token::ValueSeparator => {
                            parser.next();
                            open.push(Open::List(elements));
                            break;
                        }
                        Token::EndArray => value = sink.list(elements),
                        _ => return Err(parser.error("array", Some("']'"))),
                    }
                }
                Some(Open::Object(mut members, key)) => {
                    members.push((key, value));
                    match parser.token {
                        Token::ValueSeparator => {
                            parser.next();
                            let key = parser.key()?;
                            open.push(Open::Object(members, key));
                            break;
                        }
                        Token::EndObject => value = sink.object(members),
                        _ => return Err(parser.error("object", Some("'}'"))),
                    }
                }
            }
        }
    }
}
