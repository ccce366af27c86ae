//! [`SyntaxError`]: what is wrong with a text, in Nix's own words where it has any.

use std::fmt;

use rowan::TextRange;

use crate::SyntaxKind;

/// An error of the lexer or the parser. Errors of a tree are in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SyntaxError {
    /// The unexpected token, or an empty range at the end of the text.
    pub range: TextRange,
    pub kind: SyntaxErrorKind,
    /// How to repair it, where that is likely to be known.
    pub hint: Option<&'static str>,
}

/// See [`SyntaxError`]. `Display` gives the message that Nix gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SyntaxErrorKind {
    /// A token that cannot stand here, and the tokens that could, if they are few.
    Unexpected { found: SyntaxKind, expected: &'static [SyntaxKind] },
    /// An integer beyond 64 bits. The text is as written.
    InvalidInteger(Box<str>),
    /// A float beyond the range of a double.
    InvalidFloat(Box<str>),
    /// `./a/`.
    TrailingSlash,
    /// `/a//b`: after two slashes an interpolation must follow, `/a//b${c}`. Whether more text follows instead.
    DoubleSlash { text: bool },
    /// A NUL byte in a string. The text is as written, with the NUL shown as `␀`.
    NulInString(Box<str>),
    /// `let ${a} = …; in …`.
    DynamicInLet,
    /// `inherit ${a};`.
    DynamicInInherit,
    /// More brackets inside each other, or longer chains of operators, than [`crate::MAX_DEPTH`].
    TooDeep,
    /// More bytes than positions can count.
    TooLarge,
}

impl fmt::Display for SyntaxErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SyntaxErrorKind::Unexpected { found, expected } => {
                write!(f, "syntax error, unexpected {}", found.describe())?;
                for (i, kind) in expected.iter().enumerate() {
                    write!(f, "{}{}", if i == 0 { ", expecting " } else { " or " }, kind.describe())?;
                }
                Ok(())
            }
            SyntaxErrorKind::InvalidInteger(text) => write!(f, "invalid integer '{text}'"),
            SyntaxErrorKind::InvalidFloat(text) => write!(f, "invalid float '{text}'"),
            SyntaxErrorKind::TrailingSlash => f.write_str("path has a trailing slash"),
            SyntaxErrorKind::DoubleSlash { text } => {
                write!(f, "syntax error, unexpected {}, expecting '${{'", if *text { "string" } else { "end of path" })
            }
            SyntaxErrorKind::NulInString(text) => {
                write!(f, "input string '{text}' cannot be represented as Nix string because it contains null bytes")
            }
            SyntaxErrorKind::DynamicInLet => f.write_str("dynamic attributes not allowed in let"),
            SyntaxErrorKind::DynamicInInherit => f.write_str("dynamic attributes not allowed in inherit"),
            SyntaxErrorKind::TooDeep => f.write_str("the expression is nested too deeply"),
            SyntaxErrorKind::TooLarge => f.write_str("the file is too large"),
        }
    }
}

impl SyntaxError {
    /// The message, in Nix's words where it has any.
    pub fn message(&self) -> String {
        self.kind.to_string()
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for SyntaxError {}
