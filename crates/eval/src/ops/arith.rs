//! `+` and `++`.

use crate::ctx::Ctx;
use crate::error::{EvalError, Pos, Result};
use crate::ops::coerce::CoerceOptions;
use crate::value::{List, Str, Value, View};

impl<'e> Ctx<'e> {
    /// `a + b` on forced operands: numbers, strings (with coercion), paths. The left one decides.
    pub fn add(&mut self, a: Value, b: Value) -> Result<Value> {
        let (x, y) = match (a.view(), b.view()) {
            (View::Int(x), View::Int(y)) => {
                return match x.checked_add(y) {
                    Some(sum) => Ok(self.int(sum)),
                    None => Err(EvalError::other(format!("integer overflow in adding {x} + {y}"))),
                };
            }
            (View::Int(x), View::Float(y)) => (x as f64, y),
            (View::Float(x), View::Int(y)) => (x, y as f64),
            (View::Float(x), View::Float(y)) => (x, y),
            (View::Int(_), _) => return Err(EvalError::other(format!("cannot add {} to an integer", crate::print::phrase(self, b)))),
            (View::Float(_), _) => return Err(EvalError::other(format!("cannot add {} to a float", crate::print::phrase(self, b)))),
            (View::Path(path), _) => {
                let options = CoerceOptions { more: false, copy_to_store: false, canonicalize_path: true };
                let tail = self.coerce_to_string(b, options, || "while evaluating a path segment".into())?;
                if !tail.context().is_empty() {
                    return Err(EvalError::other("a string that refers to a store path cannot be appended to a path"));
                }
                return Ok(self.path(&[path.bytes(), tail.bytes()].concat()));
            }
            _ => {
                let copy_to_store = a.as_string().is_some();
                let (x, y) = (self.add_operand(a, copy_to_store)?, self.add_operand(b, copy_to_store)?);
                let context = x.context().union(y.context(), &mut self.region);
                return self.string_from_parts(&[x.bytes(), y.bytes()], context);
            }
        };
        Ok(self.float(x + y))
    }

    /// What an operand of `+` is as a string, where it becomes one.
    pub(crate) fn add_operand(&mut self, value: Value, copy_to_store: bool) -> Result<Str> {
        let options = CoerceOptions { more: false, copy_to_store, canonicalize_path: true };
        self.coerce_to_string(value, options, || "while evaluating a path segment".into())
    }

    /// `a ++ b` on forced operands.
    pub fn concat(&mut self, a: Value, b: Value) -> Result<Value> {
        self.counters.concats += 1;
        let what = "while evaluating one of the elements to concatenate";
        let Some(x) = a.as_list() else { return Err(self.type_error(a, "a list").context(Pos::NONE, what)) };
        let Some(y) = b.as_list() else { return Err(self.type_error(b, "a list").context(Pos::NONE, what)) };
        if x.is_empty() {
            return Ok(b);
        }
        if y.is_empty() {
            return Ok(a);
        }
        if x.len() + y.len() > crate::bounds::PIECE {
            let mut elements = x.elements().iter().chain(y.elements());
            return self.list_with(x.len() + y.len(), |_, _| Ok(elements.next().copied().unwrap_or(Value::NULL)));
        }
        Ok(List::alloc_with(&mut self.region, x.len() + y.len(), |slots| {
            slots[..x.len()].copy_from_slice(x.elements());
            slots[x.len()..].copy_from_slice(y.elements());
        }))
    }

    /// To be asked before a big object is made: an error where it does not fit the budget.
    #[inline]
    pub(crate) fn check_large(&self, words: usize) -> Result<()> {
        if words > 1 << 16 { self.check_memory(words.saturating_mul(8)) } else { Ok(()) }
    }
}
