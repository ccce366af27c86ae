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
    ///
    /// Half of all are variables and constants, which are found here. The others have a function for each family, where this goes on
    /// without coming back: so it keeps nothing on the stack, and neither saves nor restores a register.
    #[inline(never)]
    pub(crate) fn eval(&mut self, m: &'e Linked, frame: Frame, id: ExprId) -> Result<Value> {
        let Some(expr) = m.expr_here(id) else { return self.eval_unpacked(m, frame, id) };
        match *expr {
            Expr::Local(slot) => self.read(frame, slot.0),
            Expr::Outer { depth, slot } => self.read(frame.up(depth), slot.0),
            Expr::Const(index) => {
                let value = m.known_constant(index);
                if value.is_unset() { self.eval_const(m, index) } else { Ok(value) }
            }
            Expr::Get { .. } => self.eval_get(m, frame, id, expr),
            Expr::Call { .. } => self.eval_call(m, frame, id, expr),
            Expr::If { .. } => self.eval_if(m, frame, expr),
            Expr::Binary { .. } => self.eval_binary(m, frame, id, expr),
            Expr::Select { .. } => self.eval_select(m, frame, id, expr),
            Expr::Attrs(index) => self.eval_attrs(m, frame, index),
            Expr::Let(index) => self.eval_let(m, frame, index),
            Expr::Global(index) => self.global(index),
            _ => self.eval_rarer(m, frame, id, expr),
        }
    }

    /// Of code that was put aside.
    #[cold]
    #[inline(never)]
    fn eval_unpacked(&mut self, m: &'e Linked, frame: Frame, id: ExprId) -> Result<Value> {
        m.unpack();
        self.eval(m, frame, id)
    }

    #[inline(never)]
    fn eval_if(&mut self, m: &'e Linked, frame: Frame, expr: &Expr) -> Result<Value> {
        let Expr::If { condition, then_branch, else_branch } = *expr else { unreachable!("an `if`") };
        let chosen = self.eval_bool(m, frame, condition, "while evaluating a branch condition")?;
        self.eval(m, frame, if chosen { then_branch } else { else_branch })
    }

    #[inline(never)]
    fn eval_let(&mut self, m: &'e Linked, frame: Frame, index: u32) -> Result<Value> {
        let lit = &m.module().lets[index as usize];
        self.bind_let(m, frame, lit);
        self.eval(m, frame, lit.body)
    }

    #[inline(never)]
    fn eval_rarer(&mut self, m: &'e Linked, frame: Frame, id: ExprId, expr: &Expr) -> Result<Value> {
        match *expr {
            Expr::With { slot, namespace, body } => {
                let namespace = self.delay(m, frame, namespace);
                self.region.wrote(frame.0);
                frame.set(slot.0, namespace);
                self.eval(m, frame, body)
            }
            Expr::Assert { condition, body } => {
                self.eval_assert(m, frame, id, condition)?;
                self.eval(m, frame, body)
            }
            Expr::Lambda(index) => Ok(Closure::alloc(&mut self.region, &m.lambdas[index as usize], frame)),
            Expr::List(items) => Ok(self.eval_list(m, frame, m.list(items))),
            Expr::WithVar(index) => self.eval_with_var(m, frame, id, index),
            Expr::Interpolate(parts) => self.eval_interpolate(m, frame, id, m.list(parts)),
            Expr::PathInterpolate(parts) => self.eval_path_interpolate(m, frame, id, m.list(parts)),
            Expr::HasAttr { base, path } => self.eval_has_attr(m, frame, base, path),
            Expr::Not(operand) => Ok(Value::bool(!self.eval_bool(m, frame, operand, "in the argument of '!'")?)),
            Expr::Negate(operand) => self.eval_negate(m, frame, id, operand),
            Expr::CurPos => self.position_value(m.pos(id)),
            Expr::Patch(index) => self.eval_patch(m, frame, index),
            Expr::Undefined(name) => {
                Err(EvalError::new(ErrorKind::UndefinedVariable, format!("undefined variable '{name}'")).at(m.pos(id)))
            }
            _ => Err(EvalError::new(ErrorKind::Parse, "syntax error").at(m.pos(id))),
        }
    }

    /// What goes into a slot for an expression that is not needed yet: the value of an atom, else a thunk. Written as [`Ctx::eval`].
    #[inline(never)]
    pub(crate) fn delay(&mut self, m: &'e Linked, frame: Frame, id: ExprId) -> Value {
        let Some(expr) = m.expr_here(id) else { return self.delay_unpacked(m, frame, id) };
        let atom = match *expr {
            Expr::Const(index) => {
                let value = m.known_constant(index);
                if value.is_unset() {
                    return self.delay_constant(m, frame, id, index);
                }
                value
            }
            Expr::Local(slot) => frame.get(slot.0),
            Expr::Outer { depth, slot } => frame.up(depth).get(slot.0),
            Expr::Global(index) => self.evaluator.global(index),
            Expr::Lambda(index) => return self.delay_lambda(m, frame, index),
            Expr::List(items) if items.len == 0 => self.evaluator.empty_list(),
            Expr::Attrs(Module::EMPTY_SET) => self.evaluator.empty_attrs(),
            Expr::Attrs(index) => return self.delay_set(m, frame, id, index),
            _ => Value::UNSET,
        };
        if atom.is_unset() {
            return self.suspend(m, frame, id);
        }
        self.counters.avoided += 1;
        atom
    }

    #[cold]
    #[inline(never)]
    fn delay_unpacked(&mut self, m: &'e Linked, frame: Frame, id: ExprId) -> Value {
        m.unpack();
        self.delay(m, frame, id)
    }

    #[inline(never)]
    fn delay_lambda(&mut self, m: &'e Linked, frame: Frame, index: u32) -> Value {
        self.counters.avoided += 1;
        Closure::alloc(&mut self.region, &m.lambdas[index as usize], frame)
    }

    #[inline(never)]
    fn delay_set(&mut self, m: &'e Linked, frame: Frame, id: ExprId, index: u32) -> Value {
        if !m.module().attrsets[index as usize].is_empty() {
            return self.suspend(m, frame, id);
        }
        self.counters.avoided += 1;
        self.evaluator.empty_attrs()
    }

    #[cold]
    #[inline(never)]
    fn delay_constant(&mut self, m: &'e Linked, frame: Frame, id: ExprId, index: u32) -> Value {
        let value = self.constant(m, index);
        if value.is_unset() {
            return self.suspend(m, frame, id);
        }
        self.counters.avoided += 1;
        value
    }

    #[inline(always)]
    fn suspend(&mut self, m: &'e Linked, frame: Frame, id: ExprId) -> Value {
        Thunk::suspend(&mut self.region, m.id, id.0, frame)
    }

    /// The value of a variable. What was forced stays in the slot, so that the next reader finds it at once; except what
    /// `==` or printing tells apart by its place.
    #[inline(always)]
    pub(crate) fn read(&mut self, frame: Frame, slot: u32) -> Result<Value> {
        let value = frame.get(slot);
        if value.is_thunk() { self.read_thunk(frame, slot, value) } else { Ok(value) }
    }

    #[inline(never)]
    fn read_thunk(&mut self, frame: Frame, slot: u32, thunk: Value) -> Result<Value> {
        match Thunk::from_word(thunk.0).known_at_once() {
            Some(value) => {
                if !value.known_by_place() {
                    self.region.wrote(frame.0);
                    frame.set(slot, value);
                }
                Ok(value)
            }
            None => self.read_unforced(frame, slot, thunk),
        }
    }

    #[inline(never)]
    fn read_unforced(&mut self, frame: Frame, slot: u32, thunk: Value) -> Result<Value> {
        let value = self.force(thunk)?;
        if !value.known_by_place() && !self.may_be_reset(thunk) {
            self.region.wrote(frame.0);
            frame.set(slot, value);
        }
        Ok(value)
    }

    #[inline(never)]
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

    #[inline(never)]
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
