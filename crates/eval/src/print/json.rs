//! Values as JSON: `toJSON`, `nix eval --json`, structured attributes.

use super::float;
use crate::ahead::Ahead;
use crate::bounds::PIECE;
use crate::error::{ErrorKind, EvalError, FrameKind, Pos, Result};
use crate::value::{Attrs, Context, ContextSum, Value, View};
use crate::{CoerceOptions, Ctx};

/// `value`, evaluated throughout, with the context of all its strings. Paths are copied to the store.
pub fn to_json(ctx: &mut Ctx<'_>, value: Value) -> Result<(Vec<u8>, Context)> {
    to_json_with(ctx, value, true)
}

/// As [`to_json`]; without `copy_to_store` paths give their own text.
pub fn to_json_with(ctx: &mut Ctx<'_>, value: Value, copy_to_store: bool) -> Result<(Vec<u8>, Context)> {
    let mut printer = Printer { ctx, out: Vec::new(), context: ContextSum::default(), lazy: false };
    printer.value(value, copy_to_store, 0)?;
    let Printer { ctx, out, context, .. } = printer;
    Ok((out, context.finish(&mut ctx.region)))
}

/// As [`to_json`] for a value that is evaluated no further than it is: what Nix has not evaluated yet is an error.
pub fn to_json_lazy(ctx: &mut Ctx<'_>, value: Value) -> Result<(Vec<u8>, Context)> {
    let mut printer = Printer { ctx, out: Vec::new(), context: ContextSum::default(), lazy: true };
    printer.value(value, true, 0)?;
    let Printer { ctx, out, context, .. } = printer;
    Ok((out, context.finish(&mut ctx.region)))
}

struct Printer<'a, 'e> {
    ctx: &'a mut Ctx<'e>,
    out: Vec<u8>,
    context: ContextSum,
    /// Nothing is evaluated that is not yet.
    lazy: bool,
}

impl Printer<'_, '_> {
    fn value(&mut self, value: Value, copy: bool, depth: u32) -> Result<()> {
        if depth > self.ctx.max_call_depth() {
            return Err(EvalError::new(ErrorKind::StackOverflow, "stack overflow; max-call-depth exceeded"));
        }
        self.ctx.check_output(self.out.len())?;
        stacker::maybe_grow(64 << 10, 1 << 20, || self.value_inner(value, copy, depth))
    }

    fn value_inner(&mut self, value: Value, copy: bool, depth: u32) -> Result<()> {
        let value = if self.lazy {
            let known = super::resolve(value);
            if matches!(known.view(), View::Thunk(_)) || depth > 0 && super::ambiguous::never_a_thunk(value) {
                return Err(EvalError::type_error("cannot convert a thunk to JSON"));
            }
            known
        } else {
            self.ctx.force(value)?
        };
        match value.view() {
            View::Int(int) => self.out.extend_from_slice(int.to_string().as_bytes()),
            View::Bool(bool) => self.out.extend_from_slice(if bool { b"true" } else { b"false" }),
            View::Null => self.out.extend_from_slice(b"null"),
            View::Float(float) => self.out.extend_from_slice(float::json(float).as_bytes()),
            View::String(string) => {
                self.context.add(string.context());
                self.string(string.bytes())?;
            }
            View::Path(path) if copy => {
                let stored = self.ctx.copy_path_to_store(path.bytes())?;
                self.context.add(stored.context());
                json_string(&mut self.out, stored.bytes())?;
            }
            View::Path(path) => json_string(&mut self.out, path.bytes())?,
            View::Attrs(attrs) => self.attrs(value, attrs, copy, depth)?,
            View::List(list) => {
                self.out.push(b'[');
                let offer = self.ctx.offer(list.elements().iter().copied(), Ahead::Json);
                for (index, &element) in list.elements().iter().enumerate() {
                    offer.reached(index);
                    if index > 0 {
                        self.out.push(b',');
                    }
                    let result = self.value(element, copy, depth + 1);
                    result.map_err(|e| e.frame(FrameKind::Part, Pos::NONE, format!("while evaluating list element at index {index}")))?;
                }
                self.out.push(b']');
            }
            View::Closure(_) | View::Builtin(_) | View::Partial(_) | View::Thunk(_) | View::External(_) => {
                return Err(EvalError::type_error(format!("cannot convert {} to JSON", self.phrase(value))));
            }
        }
        Ok(())
    }

    /// As [`json_string`], in pieces.
    fn string(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() <= PIECE {
            return json_string(&mut self.out, bytes);
        }
        self.out.push(b'"');
        let mut at = 0;
        while at < bytes.len() {
            // A piece ends where a character does: before a byte that begins one, at most three bytes from here.
            let end = bytes.len().min(at + PIECE);
            let whole = (0..4).map(|back| end - back).find(|&end| bytes.get(end).is_none_or(|byte| byte & 0xc0 != 0x80)).unwrap_or(end);
            check_utf8(&bytes[at..whole], at)?;
            escape(&mut self.out, &bytes[at..whole]);
            at = whole;
            self.ctx.worked(4 * PIECE)?;
            self.ctx.check_output(self.out.len())?;
        }
        self.out.push(b'"');
        Ok(())
    }

    fn phrase(&self, value: Value) -> String {
        super::phrase(self.ctx, value)
    }

    fn attrs(&mut self, value: Value, attrs: Attrs, copy: bool, depth: u32) -> Result<()> {
        let known = crate::builtins::known();
        if attrs.contains(known.to_string) {
            let options = CoerceOptions { more: false, copy_to_store: false, canonicalize_path: false };
            let string = self.ctx.coerce_to_string(value, options, String::new)?;
            self.context.add(string.context());
            return self.string(string.bytes());
        }
        if let Some(path) = attrs.get(known.out_path) {
            return self.value(path, copy, depth + 1);
        }
        self.out.push(b'{');
        let sorted = self.ctx.attrs_sorted(attrs)?;
        let offer = self.ctx.offer(sorted.iter().map(|attr| attr.value), Ahead::Json);
        for (index, attr) in sorted.into_iter().enumerate() {
            offer.reached(index);
            if index > 0 {
                self.out.push(b',');
            }
            json_string(&mut self.out, attr.name.as_bytes())?;
            self.out.push(b':');
            let result = self.value(attr.value, copy, depth + 1);
            result
                .map_err(|e| e.frame(FrameKind::Part, attrs.position(attr.name), format!("while evaluating attribute '{}'", attr.name)))?;
        }
        self.out.push(b'}');
        Ok(())
    }
}

/// Appends a JSON string.
///
/// # Errors
/// Where `bytes` are not UTF-8, in Nix's words.
pub fn json_string(out: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    check_utf8(bytes, 0)?;
    out.push(b'"');
    escape(out, bytes);
    out.push(b'"');
    Ok(())
}

/// `bytes` begin at `start` of a string.
fn check_utf8(bytes: &[u8], start: usize) -> Result<()> {
    let Err(error) = std::str::from_utf8(bytes) else { return Ok(()) };
    let message = match error.error_len() {
        Some(length) => {
            // The byte that made it impossible to go on.
            let at = error.valid_up_to() + if length > 1 { length } else { usize::from(starts_sequence(bytes, error.valid_up_to())) };
            let byte = bytes.get(at).copied().unwrap_or_default();
            format!("invalid UTF-8 byte at index {}: 0x{byte:02X}", start + at)
        }
        None => {
            let byte = bytes.last().copied().unwrap_or_default();
            format!("incomplete UTF-8 string; last byte: 0x{byte:02X}")
        }
    };
    Err(EvalError::other(format!("JSON serialization error: [json.exception.type_error.316] {message}")))
}

fn escape(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let escaped: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            8 => b"\\b",
            12 => b"\\f",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..=0x1f => {
                out.extend_from_slice(&bytes[from..at]);
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                from = at + 1;
                continue;
            }
            _ => continue,
        };
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(escaped);
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
}

/// Whether the byte at `at` can begin a longer sequence, so that the fault is the byte after it.
fn starts_sequence(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(|b| (0xc2..=0xf4).contains(b))
}
