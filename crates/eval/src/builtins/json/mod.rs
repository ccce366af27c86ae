//! `toJSON` and `fromJSON`.

mod lexer;
mod parse;

pub(crate) use parse::{JsonError, Members, Sink, parse};

use nival_syntax::Name;

use super::support::{arg, builtin};
use crate::builtin::Builtin;
use crate::error::{EvalError, Pos, Result};
use crate::heap::ScratchVec;
use crate::print::json;
use crate::value::{AttrsBuilder, Context, Value};
use crate::{Ctx, print};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("toJSON", &["value"], to_json, "`value` as JSON text, everything inside it evaluated. Paths are copied to the store, sets with `outPath` (derivations) give that, sets with `__toString` what it gives. Functions are an error."),
    builtin("fromJSON", &["text"], from_json, "The value of a JSON text. Numbers without a point or exponent become integers.\n\n```nix\nfromJSON \"{ \\\"a\\\": [1, null] }\"  # { a = [ 1 null ]; }\n```"),
];

fn to_json(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let (text, context) = json::to_json(ctx, args[0])?;
    ctx.string_from(&text, context)
}

/// Makes values of what the parser meets.
struct Values<'a, 'e> {
    ctx: &'a mut Ctx<'e>,
    /// Why the evaluation is to end.
    ended: Option<Box<EvalError>>,
}

impl Sink for Values<'_, '_> {
    type Value = Value;
    type Name = Name;

    fn stop(&mut self, held: usize, read: usize) -> bool {
        // To read takes longer than to copy.
        self.unless_over(|ctx| ctx.worked(16 * read).and_then(|()| ctx.check_output(held))).is_none()
    }
    fn name(&mut self, bytes: &[u8]) -> Name {
        self.ctx.name(bytes)
    }
    fn null(&mut self) -> Value {
        Value::NULL
    }
    fn bool(&mut self, bool: bool) -> Value {
        Value::bool(bool)
    }
    fn int(&mut self, int: i64) -> Value {
        self.ctx.int(int)
    }
    fn float(&mut self, float: f64) -> Value {
        self.ctx.float(float)
    }
    fn string(&mut self, bytes: &[u8]) -> Option<Value> {
        self.unless_over(|ctx| ctx.string_from(bytes, Context::EMPTY))
    }
    fn list(&mut self, elements: ScratchVec<Value>) -> Option<Value> {
        self.unless_over(|ctx| ctx.list_from(&elements))
    }
    fn object(&mut self, members: Members<Name, Value>) -> Option<Value> {
        self.unless_over(|ctx| {
            let mut set = AttrsBuilder::with_capacity(members.len());
            // Of equal names the last counts, and the builder keeps the first.
            for &(name, value) in members.iter().rev() {
                ctx.check_interrupt()?;
                set.push(name, value);
            }
            ctx.attrs_from(set)
        })
    }
}

impl<'e> Values<'_, 'e> {
    fn unless_over<T>(&mut self, work: impl FnOnce(&mut Ctx<'e>) -> Result<T>) -> Option<T> {
        work(self.ctx).map_err(|error| self.ended = Some(error)).ok()
    }
}

fn from_json(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let text = ctx.expect_string_no_context(args[0], arg("first", "fromJSON"))?;
    let mut values = Values { ctx, ended: None };
    parse(text.bytes(), &mut values).map_err(|error| match error {
        JsonError::Stopped => values.ended.take().unwrap_or_else(|| EvalError::other("interrupted")),
        JsonError::Syntax(message) => EvalError::other(message).context(Pos::NONE, "while decoding a JSON string"),
        JsonError::TooBig(number) => EvalError::other(format!("unsigned json number {number} outside of Nix integer range")),
        JsonError::NullByte(text) => print::null_byte(&text),
    })
}

/// Prints what is parsed, in the one form that `toJSON` has: no spaces, names sorted.
struct Text;

impl Sink for Text {
    const ZERO_BYTES: bool = true;
    type Value = Vec<u8>;
    type Name = Vec<u8>;

    fn name(&mut self, bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }
    fn null(&mut self) -> Vec<u8> {
        b"null".to_vec()
    }
    fn bool(&mut self, bool: bool) -> Vec<u8> {
        bool.to_string().into_bytes()
    }
    fn int(&mut self, int: i64) -> Vec<u8> {
        int.to_string().into_bytes()
    }
    fn big(&mut self, int: u64) -> Result<Vec<u8>, JsonError> {
        Ok(int.to_string().into_bytes())
    }
    fn float(&mut self, float: f64) -> Vec<u8> {
        print::float::json(float).into_bytes()
    }
    fn string(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        Some(quoted(bytes))
    }
    fn list(&mut self, elements: ScratchVec<Vec<u8>>) -> Option<Vec<u8>> {
        Some([b"[", elements.join(&b","[..]).as_slice(), b"]"].concat())
    }
    fn object(&mut self, members: Members<Vec<u8>, Vec<u8>>) -> Option<Vec<u8>> {
        let members: std::collections::BTreeMap<_, _> = members.into_iter().collect();
        let members: Vec<Vec<u8>> = members.iter().map(|(name, value)| [quoted(name).as_slice(), b":", value].concat()).collect();
        Some([b"{", members.join(&b","[..]).as_slice(), b"}"].concat())
    }
}

fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    // The parser lets UTF-8 through only.
    let _ = json::json_string(&mut out, text);
    out
}

/// A JSON text in canonical form.
pub(crate) fn normalise(text: &[u8]) -> Result<Vec<u8>, JsonError> {
    parse(text, &mut Text)
}

#[cfg(test)]
mod tests;
