//! The form in which `nix-instantiate --eval` prints values. It does not say which function or thunk a value is, and it
//! cannot be read back.

use super::{float, known, literal};
use crate::Ctx;
use crate::error::{ErrorKind, EvalError, Result};
use crate::heap::ScratchSet;
use crate::value::{ThunkKind, Value, View};

/// `value` after everything in it was evaluated.
///
/// # Errors
/// Where the value is nested deeper than calls may be.
pub fn ambiguous(ctx: &mut Ctx<'_>, value: Value) -> Result<Vec<u8>> {
    let mut printer = Printer { ctx, out: Vec::new(), seen: ScratchSet::default(), lazy: false };
    printer.value(value, 0)?;
    Ok(printer.out)
}

/// `value` as far as it is evaluated. Functions and empty sets that were written where they stand never were thunks here; in
/// Nix they are until somebody needs them, so inside of other values they show as such.
///
/// # Errors
/// As [`ambiguous`].
pub fn ambiguous_lazy(ctx: &mut Ctx<'_>, value: Value) -> Result<Vec<u8>> {
    let mut printer = Printer { ctx, out: Vec::new(), seen: ScratchSet::default(), lazy: true };
    printer.value(value, 0)?;
    Ok(printer.out)
}

/// Whether Nix would show a value inside of others as not evaluated.
pub(super) fn never_a_thunk(value: Value) -> bool {
    match value.view() {
        View::Closure(_) => true,
        View::Attrs(attrs) => attrs.is_empty(),
        _ => false,
    }
}

struct Printer<'a, 'e> {
    ctx: &'a mut Ctx<'e>,
    out: Vec<u8>,
    /// Addresses of the sets and lists printed so far.
    seen: ScratchSet<u64>,
    /// What is not evaluated stays so.
    lazy: bool,
}

impl Printer<'_, '_> {
    fn write(&mut self, text: impl AsRef<[u8]>) {
        self.out.extend_from_slice(text.as_ref());
    }

    fn value(&mut self, value: Value, depth: u32) -> Result<()> {
        if depth > self.ctx.max_call_depth() {
            return Err(EvalError::new(ErrorKind::StackOverflow, "stack overflow; max-call-depth exceeded"));
        }
        self.ctx.check_output(self.out.len())?;
        if self.lazy && depth > 0 && never_a_thunk(value) {
            self.write("<CODE>");
            return Ok(());
        }
        match known(value) {
            View::Int(int) => self.write(int.to_string()),
            View::Float(float) => self.write(float::display(float)),
            View::Bool(bool) => self.write(if bool { "true" } else { "false" }),
            View::Null => self.write("null"),
            View::String(string) => {
                self.write("\"");
                super::escape(self.ctx, &mut self.out, string.bytes(), None)?;
                self.write("\"");
            }
            View::Path(path) => self.write(path.bytes()),
            View::Closure(_) => self.write("<LAMBDA>"),
            View::Builtin(_) => self.write("<PRIMOP>"),
            View::Partial(partial) => self.write(if partial.as_closure().is_some() { "<LAMBDA>" } else { "<PRIMOP-APP>" }),
            View::External(_) => self.write("<EXTERNAL>"),
            View::Thunk(thunk) => match thunk.load().err().map(|state| state.kind()) {
                Some(ThunkKind::Pending | ThunkKind::Awaited) => self.write("«potential infinite recursion»"),
                _ => self.write("<CODE>"),
            },
            View::Attrs(attrs) => {
                if !attrs.is_empty() && !self.seen.insert(attrs.value().0) {
                    self.write("«repeated»");
                    return Ok(());
                }
                self.write("{ ");
                for attr in self.ctx.attrs_sorted(attrs)? {
                    literal::name(&mut self.out, attr.name.as_bytes());
                    self.write(" = ");
                    stacker::maybe_grow(64 << 10, 1 << 20, || self.value(attr.value, depth + 1))?;
                    self.write("; ");
                }
                self.write("}");
            }
            View::List(list) => {
                // A list is known by where it hangs: the same one in two places is printed twice.
                if !list.is_empty() && !self.seen.insert(value.0) {
                    self.write("«repeated»");
                    return Ok(());
                }
                self.write("[ ");
                for &element in list.elements() {
                    stacker::maybe_grow(64 << 10, 1 << 20, || self.value(element, depth + 1))?;
                    self.write(" ");
                }
                self.write("]");
            }
        }
        Ok(())
    }
}
