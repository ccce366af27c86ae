//! `==` and the order of `<`.

use std::cmp::Ordering;

use crate::bounds::PIECE;
use crate::ctx::Ctx;
use crate::error::{EvalError, Pos, Result};
use crate::value::{Attrs, Value, View};

impl<'e> Ctx<'e> {
    /// `a == b` for two elements of something. Nix compares functions by their place: two slots that share one thunk or one
    /// lambda are equal, while functions that came by different ways are not, even if they are the same in the end.
    pub fn equal(&mut self, a: Value, b: Value) -> Result<bool> {
        let (x, y) = (self.force(a)?, self.force(b)?);
        if a.same(b) || (x.same(y) && !x.equal_only_in_place()) { Ok(true) } else { self.equal_operands(x, y) }
    }

    /// `a == b` for the operands of an operator, both forced.
    pub(crate) fn equal_operands(&mut self, a: Value, b: Value) -> Result<bool> {
        Ok(match (a.view(), b.view()) {
            (View::Int(a), View::Int(b)) => a == b,
            (View::Float(a), View::Float(b)) => a == b,
            (View::Int(a), View::Float(b)) => a as f64 == b,
            (View::Float(a), View::Int(b)) => a == b as f64,
            (View::Bool(a), View::Bool(b)) => a == b,
            (View::Null, View::Null) => true,
            (View::String(a), View::String(b)) => return self.equal_bytes(a.bytes(), b.bytes()),
            (View::Path(a), View::Path(b)) => a.bytes() == b.bytes(),
            (View::External(a), View::External(b)) => a == b,
            (View::List(a), View::List(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                self.enter_call()?;
                let result = self.equal_lists(a.elements(), b.elements());
                self.depth -= 1;
                return result;
            }
            (View::Attrs(a), View::Attrs(b)) => {
                self.enter_call()?;
                let result = self.equal_attrs(a, b);
                self.depth -= 1;
                return result;
            }
            _ => false,
        })
    }

    fn equal_bytes(&mut self, a: &[u8], b: &[u8]) -> Result<bool> {
        if a.len() != b.len() || a.len() <= PIECE {
            return Ok(a == b);
        }
        for (a, b) in a.chunks(PIECE).zip(b.chunks(PIECE)) {
            self.worked(a.len())?;
            if a != b {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equal_lists(&mut self, a: &[Value], b: &[Value]) -> Result<bool> {
        for (&a, &b) in a.iter().zip(b) {
            self.enter_step()?;
            if !self.equal(a, b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equal_attrs(&mut self, a: Attrs, b: Attrs) -> Result<bool> {
        // Derivations are equal where their outputs are.
        if self.is_derivation(a)? && self.is_derivation(b)? {
            let out_path = self.evaluator.names.out_path;
            if let (Some(a), Some(b)) = (self.get(a, out_path), self.get(b, out_path)) {
                return self.equal(a, b);
            }
        }
        let (a, b) = (self.flatten(a), self.flatten(b));
        let (Some(x), Some(y)) = (a.shape(), b.shape()) else { return Ok(false) };
        if x.names_id() == y.names_id() {
            return self.equal_lists(a.slots(x), b.slots(y));
        }
        if x.len() != y.len() {
            return Ok(false);
        }
        // What comes before the first name that only one of them has is compared first, as in Nix, and may fail.
        let common = x.names().iter().zip(y.names()).take_while(|(x, y)| x == y).count();
        let (Some(a), Some(b)) = (a.slots(x).get(..common), b.slots(y).get(..common)) else { return Ok(false) };
        self.equal_lists(a, b).map(|_| false)
    }

    /// Whether one of the elements is equal to `a`: they are compared with it one after the other, until one is.
    pub(crate) fn equal_to_any(&mut self, a: Value, elements: &[Value]) -> Result<bool> {
        // Lists of derivations are searched for a derivation, whose own output is looked up once.
        let mut output = None;
        for &b in elements {
            self.check_interrupt()?;
            let equal = match output {
                Some(output) => self.equal_to_derivation(a, output, b)?,
                None => self.equal(a, b)?,
            };
            if equal {
                return Ok(true);
            }
            if output.is_none() {
                output = self.compared_outputs(a, b)?;
            }
        }
        Ok(false)
    }

    /// The output of `a` if it was just compared with that of `b`. Everything that this looks at was evaluated by that.
    fn compared_outputs(&mut self, a: Value, b: Value) -> Result<Option<Value>> {
        let (a, b) = (self.force(a)?, self.force(b)?);
        let (Some(a), Some(b)) = (a.as_attrs(), b.as_attrs()) else { return Ok(None) };
        let out_path = self.evaluator.names.out_path;
        let both = self.is_derivation(a)? && self.is_derivation(b)? && self.get(b, out_path).is_some();
        Ok(if both { self.get(a, out_path) } else { None })
    }

    /// `a == b` for a derivation with this output.
    fn equal_to_derivation(&mut self, a: Value, output: Value, b: Value) -> Result<bool> {
        let forced = self.force(b)?;
        let Some(set) = forced.as_attrs().filter(|_| !a.same(b)) else { return self.equal(a, b) };
        self.enter_call()?;
        let other = match self.is_derivation(set) {
            Ok(true) => Ok(self.get(set, self.evaluator.names.out_path)),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        };
        let result = match other {
            Ok(Some(other)) => self.equal(output, other),
            Ok(None) => self.equal(a, b),
            Err(error) => Err(error),
        };
        self.depth -= 1;
        result
    }

    /// `type = "derivation"`.
    pub fn is_derivation(&mut self, set: Attrs) -> Result<bool> {
        match self.get(set, self.evaluator.names.type_) {
            Some(value) => Ok(self.force(value)?.as_string().is_some_and(|s| s.bytes() == b"derivation")),
            None => Ok(false),
        }
    }

    /// The order of `<`, of numbers, strings, paths and lists. NaN compares as greater.
    pub fn compare(&mut self, a: Value, b: Value) -> Result<Ordering> {
        let (a, b) = (self.force(a)?, self.force(b)?);
        let floats = |a: f64, b: f64| {
            if a < b {
                Ordering::Less
            } else if a == b {
                Ordering::Equal
            } else {
                Ordering::Greater
            }
        };
        Ok(match (a.view(), b.view()) {
            (View::Int(a), View::Int(b)) => a.cmp(&b),
            (View::Float(a), View::Float(b)) => floats(a, b),
            (View::Int(a), View::Float(b)) => floats(a as f64, b),
            (View::Float(a), View::Int(b)) => floats(a, b as f64),
            (View::String(a), View::String(b)) => {
                self.worked(a.bytes().len().min(b.bytes().len()))?;
                a.bytes().cmp(b.bytes())
            }
            (View::Path(a), View::Path(b)) => a.bytes().cmp(b.bytes()),
            (View::List(a), View::List(b)) => {
                for (&x, &y) in a.elements().iter().zip(b.elements()) {
                    self.enter_step()?;
                    if !self.equal(x, y)? {
                        return self.compare(x, y).map_err(|e| e.context(Pos::NONE, "while comparing two list elements"));
                    }
                }
                a.len().cmp(&b.len())
            }
            _ => return Err(self.incomparable(a, b)),
        })
    }

    #[cold]
    fn incomparable(&mut self, a: Value, b: Value) -> Box<EvalError> {
        let (x, y) = (self.show_for_error(a), self.show_for_error(b));
        let same_type = a.type_name() == b.type_name();
        let reason = if same_type {
            format!("values of that type are incomparable (values are {x} and {y})")
        } else {
            format!("values are {x} and {y}")
        };
        EvalError::other(format!("cannot compare {} with {}; {reason}", crate::print::phrase(self, a), crate::print::phrase(self, b)))
    }
}
