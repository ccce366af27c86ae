//! Why two values are not equal: what a failed `assert a == b` tells.

use crate::ctx::Ctx;
use crate::error::{ErrorKind, EvalError, Pos, Result};
use crate::print;
use crate::value::{Attrs, Value, View};

impl Ctx<'_> {
    /// Goes where `==` went and fails at the first difference, in Nix's words. Both values are forced.
    pub(crate) fn explain_inequality(&mut self, a: Value, b: Value, pos: Pos) -> Result<()> {
        self.enter_call()?;
        let result = self.explain(a, b, pos);
        self.depth -= 1;
        result
    }

    fn explain(&mut self, a: Value, b: Value, pos: Pos) -> Result<()> {
        let number = |v: Value| matches!(v.view(), View::Int(_) | View::Float(_));
        if (number(a) && number(b)) || a.type_name() != b.type_name() {
            if self.equal_operands(a, b)? {
                return Ok(());
            }
            let verb = if number(a) && number(b) { "with" } else { "of" };
            let (x, y) = (self.show_for_error(a), self.show_for_error(b));
            let (p, q) = (print::phrase(self, a), print::phrase(self, b));
            return Err(failed(format!("{p} {verb} value '{x}' is not equal to {q} {verb} value '{y}'")));
        }
        match (a.view(), b.view()) {
            (View::Bool(_), View::Bool(_)) => self.explain_leaf("boolean", a, b),
            (View::String(_), View::String(_)) => self.explain_leaf("string", a, b),
            (View::Path(_), View::Path(_)) => self.explain_leaf("path", a, b),
            (View::External(_), View::External(_)) => self.explain_leaf("external value", a, b),
            (View::List(x), View::List(y)) => {
                if x.len() != y.len() {
                    let (left, right) = (self.show_for_error(a), self.show_for_error(b));
                    return Err(failed(format!(
                        "list of size '{}' is not equal to list of size '{}', left hand side is '{left}', right hand side is '{right}'",
                        x.len(),
                        y.len()
                    )));
                }
                for (i, (&x, &y)) in x.elements().iter().zip(y.elements()).enumerate() {
                    self.explain_slot(x, y, pos).map_err(|e| e.context(pos, format!("while comparing list element {i}")))?;
                }
                Ok(())
            }
            (View::Attrs(x), View::Attrs(y)) => self.explain_attrs(x, y, pos),
            (View::Null, View::Null) => Ok(()),
            _ => Err(failed("distinct functions and immediate comparisons of identical functions compare as unequal".into())),
        }
    }

    fn explain_leaf(&mut self, kind: &str, a: Value, b: Value) -> Result<()> {
        if self.equal_operands(a, b)? {
            return Ok(());
        }
        let (x, y) = (self.show_for_error(a), self.show_for_error(b));
        Err(failed(format!("{kind} '{x}' is not equal to {kind} '{y}'")))
    }

    fn explain_slot(&mut self, a: Value, b: Value, pos: Pos) -> Result<()> {
        if self.equal(a, b)? {
            return Ok(());
        }
        let (a, b) = (self.force(a)?, self.force(b)?);
        self.explain_inequality(a, b, pos)
    }

    fn explain_attrs(&mut self, a: Attrs, b: Attrs, pos: Pos) -> Result<()> {
        if self.is_derivation(a)? && self.is_derivation(b)? {
            let out_path = self.evaluator.names.out_path;
            if let (Some(x), Some(y)) = (self.get(a, out_path), self.get(b, out_path)) {
                return self.explain_slot(x, y, pos).map_err(|e| e.context(pos, "while comparing a derivation by its 'outPath' attribute"));
            }
        }
        let (x, y) = (self.show_for_error(a.value()), self.show_for_error(b.value()));
        if a.len() != b.len() {
            return Err(failed(format!("attribute names of attribute set '{x}' differs from attribute set '{y}'")));
        }
        for attr in self.attrs_unsorted(a) {
            let name = attr.name;
            let Some(other) = self.get(b, name) else {
                return Err(failed(format!("attribute name '{name}' is contained in '{x}', but not in '{y}'")));
            };
            self.explain_slot(attr.value, other, pos).map_err(|mut e| {
                for (place, side) in [(b.position(name), "right"), (a.position(name), "left")] {
                    if !place.is_none() {
                        e = e.context(place, format!("where {side} hand side is"));
                    }
                }
                e.context(pos, format!("while comparing attribute '{name}'"))
            })?;
        }
        Ok(())
    }
}

fn failed(message: String) -> Box<EvalError> {
    EvalError::new(ErrorKind::Assert, message)
}
