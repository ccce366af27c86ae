//! What a person typed at a prompt: an expression, bindings, or the beginning of something longer.

/// How a text reads as REPL input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Only blanks and comments.
    Empty,
    Expression,
    /// `a = 1; b.c = 2` — what could stand between the braces of a set. The names it defines, in order.
    Bindings(Vec<String>),
    /// Correct so far but not finished: ask for another line.
    Incomplete,
    /// Neither; the message of the parser, and the byte offset it points to.
    Error {
        message: String,
        offset: u32,
    },
}
