//! Strings and paths with `${…}`.

use nival_hir::module::{Expr, ExprId};

use crate::ctx::Ctx;
use crate::error::{ErrorContext, EvalError, Result};
use crate::heap::Few;
use crate::linked::Linked;
use crate::ops::coerce::CoerceOptions;
use crate::value::{ContextSum, Frame, Value};

/// How `"${x}"` takes x.
const INTERPOLATE: CoerceOptions = CoerceOptions { more: false, copy_to_store: true, canonicalize_path: false };
const SEGMENT: CoerceOptions = CoerceOptions { more: false, copy_to_store: false, canonicalize_path: true };

impl<'e> Ctx<'e> {
    pub(super) fn eval_interpolate(&mut self, m: &'e Linked, frame: Frame, id: ExprId, parts: &'e [ExprId]) -> Result<Value> {
        let mut strings: Few<&'static [u8], 8> = Few::new(&[]);
        let mut context = ContextSum::default();
        for &part in parts {
            let value = match self.eval(m, frame, part) {
                Ok(value) => value,
                Err(error) => return Err(error.context(m.pos(part), "in an operand of '+'")),
            };
            let string = match value.as_string() {
                Some(string) => string,
                None => match self.coerce_to_string(value, INTERPOLATE, || "while evaluating a path segment".into()) {
                    Ok(string) => string,
                    Err(error) => return Err(error.at(m.pos(part))),
                },
            };
            context.add(string.context());
            strings.push(string.bytes());
        }
        let _ = id;
        let context = context.finish(&mut self.region);
        self.string_from_parts(strings.as_slice(), context)
    }

    pub(super) fn eval_path_interpolate(&mut self, m: &'e Linked, frame: Frame, id: ExprId, parts: &'e [ExprId]) -> Result<Value> {
        let mut bytes = Vec::new();
        let mut with_context = false;
        for (i, &part) in parts.iter().enumerate() {
            if let (0, Expr::Const(index)) = (i, *m.expr(part)) {
                // As it was written: a slash at the end counts here.
                bytes = self.path_text(m, index)?;
                continue;
            }
            let value = self.eval(m, frame, part).context(m.pos(part), || "in an operand of '+'".into())?;
            let string =
                self.coerce_to_string(value, SEGMENT, || "while evaluating a path segment".into()).map_err(|e| e.at(m.pos(part)))?;
            with_context |= !string.context().is_empty();
            bytes.extend_from_slice(string.bytes());
        }
        if with_context {
            return Err(EvalError::other("a string that refers to a store path cannot be appended to a path").at(m.pos(id)));
        }
        Ok(self.path(&bytes))
    }
}
