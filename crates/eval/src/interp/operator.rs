//! Binary operators and `-x`.

use std::cmp::Ordering;

use nival_hir::module::{BinaryOp, Expr, ExprId};

use crate::ctx::Ctx;
use crate::error::{EvalError, Result};
use crate::linked::Linked;
use crate::value::{Attrs, Frame, Value, View};

impl<'e> Ctx<'e> {
    #[inline(always)]
    fn operand(&mut self, m: &'e Linked, frame: Frame, id: ExprId, what: &'static str) -> Result<Value> {
        match self.eval(m, frame, id) {
            Ok(value) => Ok(value),
            Err(error) => Err(error.context(m.pos(id), what)),
        }
    }

    #[inline(never)]
    pub(super) fn eval_binary(&mut self, m: &'e Linked, frame: Frame, id: ExprId, expr: &Expr) -> Result<Value> {
        let Expr::Binary { op, lhs, rhs } = *expr else { unreachable!("an operator") };
        match op {
            BinaryOp::And => {
                let value = self.eval_bool(m, frame, lhs, "in the left operand of '&&'")?
                    && self.eval_bool(m, frame, rhs, "in the right operand of '&&'")?;
                Ok(Value::bool(value))
            }
            BinaryOp::Or => {
                let value = self.eval_bool(m, frame, lhs, "in the left operand of '||'")?
                    || self.eval_bool(m, frame, rhs, "in the right operand of '||'")?;
                Ok(Value::bool(value))
            }
            BinaryOp::Implies => {
                let value = !self.eval_bool(m, frame, lhs, "in the left operand of '->'")?
                    || self.eval_bool(m, frame, rhs, "in the right operand of '->'")?;
                Ok(Value::bool(value))
            }
            BinaryOp::Equal => {
                let a = self.operand(m, frame, lhs, "in the left operand of '=='")?;
                let b = self.operand(m, frame, rhs, "in the right operand of '=='")?;
                self.equal_operands(a, b).map(Value::bool).map_err(|e| e.at(m.pos(id)))
            }
            BinaryOp::NotEqual => {
                let a = self.operand(m, frame, lhs, "in the left operand of '!='")?;
                let b = self.operand(m, frame, rhs, "in the right operand of '!='")?;
                self.equal_operands(a, b).map(|equal| Value::bool(!equal)).map_err(|e| e.at(m.pos(id)))
            }
            BinaryOp::Update => {
                // The right operand first, as Nix does: it decides which of two errors is seen.
                let b = self.update_operand(m, frame, rhs, "in the right operand of '//'")?;
                let a = self.update_operand(m, frame, lhs, "in the left operand of '//'")?;
                Ok(self.update(a, b))
            }
            BinaryOp::Concat => {
                let a = self.operand(m, frame, lhs, "in the left operand of '++'")?;
                let b = self.operand(m, frame, rhs, "in the right operand of '++'")?;
                self.concat(a, b).map_err(|e| e.at(m.pos(id)))
            }
            BinaryOp::Add => {
                let a = self.operand(m, frame, lhs, "in an operand of '+'")?;
                if !matches!(a.view(), View::Int(_) | View::Float(_) | View::String(_) | View::Path(_)) {
                    return self.add_to_other(m, frame, id, a, rhs);
                }
                let b = self.operand(m, frame, rhs, "in an operand of '+'")?;
                self.add(a, b).map_err(|e| e.at(m.pos(id)))
            }
            BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => {
                let a = self.eval(m, frame, lhs)?;
                let b = self.eval(m, frame, rhs)?;
                self.arithmetic(op, a, b).map_err(|e| e.at(m.pos(id)))
            }
            BinaryOp::Less | BinaryOp::GreaterEqual => {
                let a = self.eval(m, frame, lhs)?;
                let b = self.eval(m, frame, rhs)?;
                let less = self.less(a, b).map_err(|e| e.at(m.pos(id)))?;
                Ok(Value::bool(less == (op == BinaryOp::Less)))
            }
            BinaryOp::Greater | BinaryOp::LessEqual => {
                let b = self.eval(m, frame, rhs)?;
                let a = self.eval(m, frame, lhs)?;
                let less = self.less(b, a).map_err(|e| e.at(m.pos(id)))?;
                Ok(Value::bool(less == (op == BinaryOp::Greater)))
            }
        }
    }

    /// `a + b` where `a` becomes a string, or does not, before `b` is evaluated.
    #[cold]
    #[inline(never)]
    fn add_to_other(&mut self, m: &'e Linked, frame: Frame, id: ExprId, a: Value, rhs: ExprId) -> Result<Value> {
        let a = self.add_operand(a, false).map_err(|e| e.at(m.pos(id)))?;
        let b = self.operand(m, frame, rhs, "in an operand of '+'")?;
        let b = self.add_operand(b, false).map_err(|e| e.at(m.pos(id)))?;
        let context = a.context().union(b.context(), &mut self.region);
        self.string_from_parts(&[a.bytes(), b.bytes()], context)
    }

    /// `a < b`; NaN is less than nothing.
    pub(crate) fn less(&mut self, a: Value, b: Value) -> Result<bool> {
        match (a.view(), b.view()) {
            (View::Int(a), View::Int(b)) => Ok(a < b),
            (View::Float(a), View::Float(b)) => Ok(a < b),
            (View::Int(a), View::Float(b)) => Ok((a as f64) < b),
            (View::Float(a), View::Int(b)) => Ok(a < b as f64),
            _ => Ok(self.compare(a, b)? == Ordering::Less),
        }
    }

    fn update_operand(&mut self, m: &'e Linked, frame: Frame, id: ExprId, what: &'static str) -> Result<Attrs> {
        let value = self.operand(m, frame, id, what)?;
        value.as_attrs().ok_or_else(|| self.type_error(value, "a set").context(m.pos(id), what))
    }

    pub(super) fn eval_negate(&mut self, m: &'e Linked, frame: Frame, id: ExprId, operand: ExprId) -> Result<Value> {
        let value = self.eval(m, frame, operand)?;
        match value.view() {
            View::Float(f) => Ok(self.float(0.0 - f)),
            _ => self.arithmetic(BinaryOp::Sub, Value::small_int(0).unwrap_or(Value::NULL), value).map_err(|e| e.at(m.pos(id))),
        }
    }

    /// `-`, `*`, `/` on forced operands.
    pub(crate) fn arithmetic(&mut self, op: BinaryOp, a: Value, b: Value) -> Result<Value> {
        let (word, noun) = match op {
            BinaryOp::Sub => ("subtracting", "subtraction"),
            BinaryOp::Mul => ("multiplying", "multiplication"),
            _ => ("dividing", "division"),
        };
        let (a, b) = match (a.view(), b.view()) {
            (View::Int(a), View::Int(b)) => {
                let result = match op {
                    BinaryOp::Sub => a.checked_sub(b),
                    BinaryOp::Mul => a.checked_mul(b),
                    _ if b == 0 => return Err(EvalError::other("division by zero")),
                    _ => a.checked_div(b),
                };
                let sign = match op {
                    BinaryOp::Sub => "-",
                    BinaryOp::Mul => "*",
                    _ => "/",
                };
                return match result {
                    Some(i) => Ok(self.int(i)),
                    None => Err(EvalError::other(format!("integer overflow in {word} {a} {sign} {b}"))),
                };
            }
            (View::Float(a), View::Float(b)) => (a, b),
            (View::Int(a), View::Float(b)) => (a as f64, b),
            (View::Float(a), View::Int(b)) => (a, b as f64),
            (View::Int(_) | View::Float(_), _) => {
                return Err(self
                    .type_error(b, number_phrase(a))
                    .context(crate::Pos::NONE, format!("while evaluating the second argument of the {noun}")));
            }
            _ => {
                return Err(self
                    .type_error(a, "an integer")
                    .context(crate::Pos::NONE, format!("while evaluating the first argument of the {noun}")));
            }
        };
        Ok(match op {
            BinaryOp::Sub => self.float(a - b),
            BinaryOp::Mul => self.float(a * b),
            _ if b == 0.0 => return Err(EvalError::other("division by zero")),
            _ => self.float(a / b),
        })
    }
}

/// What the other operand has to be.
fn number_phrase(first: Value) -> &'static str {
    if matches!(first.view(), View::Float(_)) { "a float" } else { "an integer" }
}
