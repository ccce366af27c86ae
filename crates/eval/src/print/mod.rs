//! Values as text: the language's own notation, JSON and XML.

mod ambiguous;
pub mod float;
mod grisu;
pub mod json;
mod long;
mod pretty;
mod xml;

pub use ambiguous::{ambiguous, ambiguous_lazy};
pub use json::{to_json, to_json_lazy, to_json_with};
use nival_syntax::literal;
pub use nival_syntax::literal::{identifier, name as attr_name, string};
pub use pretty::{ErrorStyle, PrintOptions, for_message, pretty};
pub(crate) use xml::xml_string;
pub use xml::{XmlOptions, to_xml};

use nival_syntax::Name;

use crate::Ctx;
use crate::bounds::PIECE;
use crate::error::{EvalError, FrameKind, Pos, Result};
use crate::value::{Attrs, Value, View};

/// The value of a thunk that has one.
fn resolve(value: Value) -> Value {
    match value.view() {
        View::Thunk(thunk) => thunk.known().unwrap_or(value),
        _ => value,
    }
}

/// Appends the inside of a string literal; `next` is the byte that follows `bytes` in the whole string.
fn escape(ctx: &mut Ctx<'_>, out: &mut Vec<u8>, bytes: &[u8], next: Option<u8>) -> Result<()> {
    let mut at = 0;
    for piece in bytes.chunks(PIECE) {
        at += piece.len();
        literal::escape(out, piece, bytes.get(at).copied().or(next));
        pause(ctx, out, piece)?;
    }
    Ok(())
}

/// To be called once a piece of a long string is in a text.
fn pause(ctx: &mut Ctx<'_>, out: &[u8], piece: &[u8]) -> Result<()> {
    if piece.len() == PIECE {
        ctx.worked(4 * piece.len())?;
        ctx.check_output(out.len())?;
    }
    Ok(())
}

/// What is known of a value without evaluating anything.
fn known(value: Value) -> View {
    resolve(value).view()
}

/// What a value is, for messages: "a set", "the built-in function 'map'".
pub fn phrase(ctx: &Ctx<'_>, value: Value) -> String {
    match value.view() {
        View::Builtin(id) => format!("the built-in function '{}'", ctx.builtin_name(id)),
        View::Partial(partial) => match partial.function().view() {
            View::Builtin(id) => format!("the partially applied built-in function '{}'", ctx.builtin_name(id)),
            _ => "a function".into(),
        },
        _ => value.type_phrase().into(),
    }
}

/// The error for bytes that no string of the language can hold.
pub(crate) fn null_byte(bytes: &[u8]) -> Box<EvalError> {
    let shown = String::from_utf8_lossy(bytes).replace('\0', "␀");
    EvalError::other(format!("input string '{shown}' cannot be represented as Nix string because it contains null bytes"))
}

/// The frame of an error inside an attribute of a printed set.
pub(crate) fn attr_part(set: Attrs, name: Name, error: Box<EvalError>) -> Box<EvalError> {
    error.frame(FrameKind::Part, set.position(name), format!("while evaluating the attribute '{name}'"))
}

/// The frame of an error inside an element of a printed list.
pub(crate) fn item_part(index: usize, error: Box<EvalError>) -> Box<EvalError> {
    error.frame(FrameKind::Part, Pos::NONE, format!("while evaluating list element at index {index}"))
}
