//! The interpreter: expressions of a linked module in a frame. One file per family of expressions.

mod bind;
mod call;
mod operator;
mod select;
mod show;
mod text;

use nival_hir::module::{BinaryOp, Const, Expr, ExprId, Module, PathKind};

use crate::ctx::Ctx;
use crate::error::{ErrorKind, EvalError, Place, Result};
use crate::host::HostError;
use crate::linked::Linked;
use crate::ops::path::join;
use crate::value::{Closure, Frame, List, Thunk, Value};

impl<'e> Ctx<'e> {
    /// The value of an expression, in weak head normal form.
    pub(crate) fn eval(&mut self, m: &'e Linked, frame: Frame, mut id: ExprId) -> Result<Value> {
        loop {
            match *m.expr(id) {
                Expr::Local(slot) => return self.read(frame, slot.0),
                Expr::Outer { depth, slot } => return self.read(frame.up(depth), slot.0),
                Expr::Const(index) => return self.eval_const(m, index),
                Expr::Get { base, name, site } => return self.eval_get(m, frame, id, base, name, site),
                Expr::Call { function, args } => return self.eval_call(m, frame, id, function, args),
                Expr::Global(index) => return self.global(index),
                Expr::If { condition, then_branch, else_branch } => {
                    let chosen = self.eval_bool(m, frame, condition, "while evaluating a branch condition")?;
                    id = if chosen { then_branch } else { else_branch };
                }
                Expr::Let(index) => {
                    let lit = &m.module().lets[index as usize];
                    self.bind_let(m, frame, lit);
                    id = lit.body;
                }
                Expr::With { slot, namespace, body } => {
                    let namespace = self.delay(m, frame, namespace);
                    self.region.wrote(frame.0);
                    frame.set(slot.0, namespace);
                    id = body;
                }
                Expr::Assert { condition, body } => {
                    self.eval_assert(m, frame, id, condition)?;
                    id = body;
                }
                Expr::Lambda(index) => return Ok(Closure::alloc(&mut self.region, &m.lambdas[index as usize], frame)),
                Expr::Attrs(index) => return self.eval_attrs(m, frame, index),
                Expr::List(items) => return Ok(self.eval_list(m, frame, m.list(items))),
                Expr::WithVar(index) => return self.eval_with_var(m, frame, id, index),
                Expr::Interpolate(parts) => return self.eval_interpolate(m, frame, id, m.list(parts)),
                Expr::PathInterpolate(parts) => return self.eval_path_interpolate(m, frame, id, m.list(parts)),
                Expr::Select { base, path, default } => match self.eval_select(m, frame, id, base, path, default)? {
                    select::Selected::Value(value) => return Ok(value),
                    select::Selected::Default(default) => id = default,
                },
                Expr::HasAttr { base, path } => return self.eval_has_attr(m, frame, base, path),
                Expr::Not(operand) => return Ok(Value::bool(!self.eval_bool(m, frame, operand, "in the argument of '!'")?)),
                Expr::Binary { op, lhs, rhs } => return self.eval_binary(m, frame, id, op, lhs, rhs),
                Expr::Negate(operand) => return self.eval_negate(m, frame, id, operand),
                Expr::CurPos => return self.position_value(m.pos(id)),
                Expr::Patch(index) => return self.eval_patch(m, frame, index),
                Expr::Undefined(name) => {
                    return Err(EvalError::new(ErrorKind::UndefinedVariable, format!("undefined variable '{name}'")).at(m.pos(id)));
                }
                Expr::Missing => return Err(EvalError::new(ErrorKind::Parse, "syntax error").at(m.pos(id))),
            }
        }
    }

    /// What goes into a slot for an expression that is not needed yet: the value of an atom, else a thunk.
    #[inline]
    pub(crate) fn delay(&mut self, m: &'e Linked, frame: Frame, id: ExprId) -> Value {
        let atom = match *m.expr(id) {
            Expr::Const(index) => self.constant(m, index),
            Expr::Local(slot) => frame.get(slot.0),
            Expr::Outer { depth, slot } => frame.up(depth).get(slot.0),
            Expr::Global(index) => self.evaluator.global(index),
            Expr::Lambda(index) => Closure::alloc(&mut self.region, &m.lambdas[index as usize], frame),
            Expr::List(items) if items.len == 0 => self.evaluator.empty_list(),
            Expr::Attrs(index) if index == Module::EMPTY_SET || m.module().attrsets[index as usize].is_empty() => {
                self.evaluator.empty_attrs()
            }
            _ => Value::UNSET,
        };
        if atom.is_unset() {
            return Thunk::suspend(&mut self.region, m.id, id.0, frame);
        }
        self.counters.avoided += 1;
        atom
    }

    /// The value of a variable. What was forced stays in the slot, so that the next reader finds it at once; except what
    /// `==` or printing tells apart by its place.
    #[inline(always)]
    pub(crate) fn read(&mut self, frame: Frame, slot: u32) -> Result<Value> {
        let value = frame.get(slot);
        if !value.is_thunk() {
            return Ok(value);
        }
        let thunk = value;
        let value = self.force(thunk)?;
        if !value.known_by_place() && !self.may_be_reset(thunk) {
            self.region.wrote(frame.0);
            frame.set(slot, value);
        }
        Ok(value)
    }

    #[inline(always)]
    fn eval_const(&mut self, m: &'e Linked, index: u32) -> Result<Value> {
        let value = self.constant(m, index);
        if value.is_unset() { self.home_path(m, index) } else { Ok(value) }
    }

    #[cold]
    fn home_path(&mut self, m: &'e Linked, index: u32) -> Result<Value> {
        let bytes = self.path_text(m, index)?;
        Ok(self.path(&bytes))
    }

    /// A path constant as absolute text, not normalised.
    /// The user's home, for the path `~/rest`.
    pub(crate) fn home_dir(&mut self, rest: &[u8]) -> Result<Vec<u8>> {
        self.host().home_dir().map_err(|error| match error {
            HostError::Forbidden(_) => {
                let rest = String::from_utf8_lossy(rest);
                EvalError::new(ErrorKind::Forbidden, format!("the path '~/{rest}' can not be resolved in pure mode"))
            }
            other => other.into(),
        })
    }

    fn path_text(&mut self, m: &'e Linked, constant: u32) -> Result<Vec<u8>> {
        Ok(match m.module().consts.get(constant as usize) {
            Some(Const::Path(PathKind::Absolute, bytes)) => bytes.to_vec(),
            Some(Const::Path(PathKind::Relative, bytes)) => join(&m.origin.base, bytes),
            Some(Const::Path(PathKind::Home, bytes)) => join(&self.home_dir(bytes)?, bytes),
            Some(Const::Str(bytes)) => bytes.to_vec(),
            Some(Const::Int(_) | Const::Float(_)) | None => Vec::new(),
        })
    }

    #[inline]
    fn global(&mut self, index: u16) -> Result<Value> {
        let value = self.evaluator.global(index);
        if value.is_unset() {
            let name = nival_hir::globals::GLOBALS.get(index as usize).copied().unwrap_or_default();
            return Err(EvalError::new(ErrorKind::UndefinedVariable, format!("undefined variable '{name}'")));
        }
        self.force(value)
    }

    fn eval_list(&mut self, m: &'e Linked, frame: Frame, items: &[ExprId]) -> Value {
        if items.is_empty() {
            return self.evaluator.empty_list();
        }
        let (list, slots) = List::alloc(&mut self.region, items.len());
        for (i, &item) in items.iter().enumerate() {
            let value = self.delay(m, frame, item);
            slots.set(i, value);
        }
        list
    }

    /// A condition or operand that must be a Boolean.
    #[inline(always)]
    pub(crate) fn eval_bool(&mut self, m: &'e Linked, frame: Frame, id: ExprId, what: &'static str) -> Result<bool> {
        match self.eval(m, frame, id) {
            Ok(Value::TRUE) => Ok(true),
            Ok(Value::FALSE) => Ok(false),
            other => Err(self.not_a_bool(m, id, other, what)),
        }
    }

    #[cold]
    #[inline(never)]
    fn not_a_bool(&mut self, m: &'e Linked, id: ExprId, result: Result<Value>, what: &'static str) -> Box<EvalError> {
        let error = match result {
            Ok(value) => self.type_error(value, "a Boolean").at(m.pos(id)),
            Err(error) => error,
        };
        error.context(m.pos(id), what)
    }

    #[inline(never)]
    fn eval_assert(&mut self, m: &'e Linked, frame: Frame, id: ExprId, condition: ExprId) -> Result<()> {
        if self.eval_bool(m, frame, condition, "in the condition of the assert statement")? {
            return Ok(());
        }
        // The message shows the text, as it is now.
        self.depend_on_position(m.pos(condition));
        let shown = match self.evaluator.present(m.pos(condition)) {
            Some((now, Place::Expr(id))) => now.show(id, self.host()),
            _ => m.show(condition, self.host()),
        };
        if let Expr::Binary { op: BinaryOp::Equal, lhs, rhs } = *m.expr(condition) {
            // Once more, to tell what differs. That the operands write the same slots again does no harm.
            let (a, b) = (self.eval(m, frame, lhs)?, self.eval(m, frame, rhs)?);
            if let Err(error) = self.explain_inequality(a, b, m.pos(condition)) {
                return Err(if error.kind == ErrorKind::Assert {
                    error.context(m.pos(id), format!("while evaluating the condition of the assertion '{shown}'"))
                } else {
                    error
                });
            }
        }
        let message = format!("assertion '{shown}' failed");
        Err(EvalError::new(ErrorKind::Assert, message).at(m.pos(id)))
    }
}
