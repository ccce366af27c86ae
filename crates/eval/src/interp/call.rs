//! Applications: lambdas with all their arguments at once, builtins, partial and over-application, `__functor`.

use nival_hir::module::{Expr, ExprId, Formal, Pattern};
use nival_syntax::Name;

use crate::builtin::LinkedBuiltin;
use crate::ctx::Ctx;
use crate::error::{EvalError, Pos, Result};
use crate::heap::Few;
use crate::linked::{Linked, LinkedLambda};
use crate::value::{Attrs, BuiltinId, Closure, Frame, NOT_FOUND, Partial, Thunk, Value, View};
use crate::watch::Step;

/// Builtins take at most this many arguments.
pub(crate) const MAX_ARITY: usize = 4;

impl<'e> Ctx<'e> {
    #[inline(never)]
    pub(super) fn eval_call(&mut self, m: &'e Linked, frame: Frame, id: ExprId, expr: &Expr) -> Result<Value> {
        let Expr::Call { function, args } = *expr else { unreachable!("a call") };
        let function = self.eval(m, frame, function)?;
        let args = m.list(args);
        match function.view() {
            View::Closure(closure) if closure.lambda().arity as usize == args.len() => self.eval_body(m, frame, id, closure, &[], args),
            View::Builtin(builtin) if self.evaluator.arity(builtin) == args.len() => self.eval_builtin(m, frame, id, builtin, args),
            View::Partial(partial) if let Some(closure) = partial.is_completed_by(args.len()) => {
                self.eval_body(m, frame, id, closure, partial.args(), args)
            }
            _ if args.len() <= MAX_ARITY => {
                let mut values = [Value::UNSET; MAX_ARITY];
                let values = &mut values[..args.len()];
                for (value, &arg) in values.iter_mut().zip(args) {
                    *value = self.delay(m, frame, arg);
                }
                self.apply(function, values, m.pos(id))
            }
            _ => self.eval_long_call(m, frame, id, function, args),
        }
    }

    /// The application of a lambda to all its arguments, of which `given` are values already.
    #[inline(always)]
    fn eval_body(&mut self, m: &'e Linked, frame: Frame, id: ExprId, closure: Closure, given: &[Value], args: &[ExprId]) -> Result<Value> {
        let lambda = closure.lambda();
        let (plain, last) = if lambda.pattern { args.split_at(args.len() - 1) } else { (args, &[][..]) };
        let mut set = Value::UNSET;
        if let [last] = last {
            // A pattern forces its argument: no thunk for it.
            set = match self.eval(m, frame, *last) {
                Ok(value) => value,
                Err(error) => return Err(argument_failed(lambda, m.pos(id), error)),
            };
        }
        let epoch = self.region.epoch();
        let new = Frame::alloc(&mut self.region, closure.frame(), lambda.frame_size as usize);
        for (slot, &value) in (0..).zip(given) {
            new.set(slot, value);
        }
        for (slot, &arg) in (given.len() as u32..).zip(plain) {
            let value = self.delay(m, frame, arg);
            new.set(slot, value);
        }
        if lambda.pattern {
            self.bind_pattern(lambda, new, set, m.pos(id))?;
        }
        self.run_body(lambda, new, epoch, m.pos(id))
    }

    /// The application of a builtin to as many arguments as it takes.
    #[inline(always)]
    fn eval_builtin(&mut self, m: &'e Linked, frame: Frame, id: ExprId, builtin: BuiltinId, args: &[ExprId]) -> Result<Value> {
        let linked = &self.evaluator.builtins[builtin.0 as usize];
        let mut values = [Value::UNSET; MAX_ARITY];
        let values = &mut values[..args.len()];
        let mut strict = linked.strict;
        for (i, (value, &arg)) in values.iter_mut().zip(args).enumerate() {
            *value = if strict & 1 == 0 {
                self.delay(m, frame, arg)
            } else {
                match self.eval(m, frame, arg) {
                    Ok(value) => value,
                    Err(error) => {
                        // Nothing more is forced before the builtin runs.
                        strict = 0;
                        self.failed_argument(builtin, i, m.pos(id), error)?
                    }
                }
            };
            strict >>= 1;
        }
        self.run_linked(linked, builtin, values, m.pos(id))
    }

    /// An argument that could not be evaluated, for a builtin that may find fault with another one first.
    #[cold]
    #[inline(never)]
    fn failed_argument(&mut self, builtin: BuiltinId, argument: usize, pos: Pos, error: Box<EvalError>) -> Result<Value> {
        if !self.looks_elsewhere_first(builtin, argument, &error) {
            return Err(self.builtin_failed(builtin, pos, error));
        }
        let (number, _) = self.evaluator.failures.push_with(|_| error);
        Ok(Thunk::failed(&mut self.region, number))
    }

    #[inline(never)]
    fn eval_long_call(&mut self, m: &'e Linked, frame: Frame, id: ExprId, function: Value, args: &[ExprId]) -> Result<Value> {
        let mut values: Few<Value, 8> = Few::new(Value::UNSET);
        for &arg in args {
            values.push(self.delay(m, frame, arg));
        }
        self.apply(function, values.as_slice(), m.pos(id))
    }

    /// Applies `function` to one or more arguments; the result is in weak head normal form.
    pub fn call(&mut self, function: Value, args: &[Value]) -> Result<Value> {
        let function = self.force(function)?;
        self.apply(function, args, Pos::NONE)
    }

    /// `function` is forced.
    pub(crate) fn apply(&mut self, function: Value, args: &[Value], pos: Pos) -> Result<Value> {
        match function.view() {
            View::Closure(closure) if closure.lambda().arity as usize == args.len() => self.call_closure(closure, &[], args, pos),
            View::Partial(partial) if let Some(closure) = partial.is_completed_by(args.len()) => {
                self.call_closure(closure, partial.args(), args, pos)
            }
            _ => self.apply_in_steps(function, args, pos),
        }
    }

    /// As [`Ctx::apply`]: too few arguments, or too many, a builtin or a functor.
    #[inline(never)]
    fn apply_in_steps(&mut self, mut function: Value, mut args: &[Value], pos: Pos) -> Result<Value> {
        while let Some(&first) = args.first() {
            let (callee, given) = match function.view() {
                View::Partial(partial) => (partial.function(), partial.args()),
                View::Attrs(set) => {
                    function = self.apply_functor(set, first, pos)?;
                    args = &args[1..];
                    continue;
                }
                _ => (function, &[][..]),
            };
            let arity = match callee.view() {
                View::Closure(closure) => closure.lambda().arity as usize,
                View::Builtin(builtin) => self.evaluator.arity(builtin),
                _ => return Err(self.not_a_function(function, pos)),
            };
            let missing = arity.saturating_sub(given.len());
            if args.len() < missing {
                return Ok(Partial::alloc(&mut self.region, callee, given, args));
            }
            let (now, later) = args.split_at(missing);
            function = match callee.view() {
                View::Closure(closure) => self.call_closure(closure, given, now, pos)?,
                View::Builtin(builtin) if given.is_empty() => self.run_builtin(builtin, now, pos)?,
                View::Builtin(builtin) => {
                    let all: smallvec::SmallVec<[Value; MAX_ARITY]> = given.iter().chain(now).copied().collect();
                    self.run_builtin(builtin, &all, pos)?
                }
                _ => return Err(self.not_a_function(function, pos)),
            };
            args = later;
        }
        Ok(function)
    }

    /// All arguments of a lambda, in two runs.
    fn call_closure(&mut self, closure: Closure, first: &[Value], more: &[Value], pos: Pos) -> Result<Value> {
        let lambda = closure.lambda();
        let mut set = Value::UNSET;
        if lambda.pattern
            && let Some(&last) = more.last().or(first.last())
        {
            set = match self.force(last) {
                Ok(set) => set,
                Err(error) => return Err(argument_failed(lambda, pos, error)),
            };
        }
        let epoch = self.region.epoch();
        let frame = Frame::alloc(&mut self.region, closure.frame(), lambda.frame_size as usize);
        let mut slot = 0;
        for &arg in first {
            frame.set(slot, arg);
            slot += 1;
        }
        for &arg in &more[..more.len().saturating_sub(usize::from(lambda.pattern))] {
            frame.set(slot, arg);
            slot += 1;
        }
        if lambda.pattern {
            self.bind_pattern(lambda, frame, set, pos)?;
        }
        self.run_body(lambda, frame, epoch, pos)
    }

    /// `epoch` is from before `frame` was made.
    #[inline(always)]
    fn run_body(&mut self, lambda: &'e LinkedLambda, frame: Frame, epoch: u32, pos: Pos) -> Result<Value> {
        if self.looks() {
            return self.run_body_slow(lambda, frame, pos);
        }
        if let Err(error) = self.deeper() {
            return Err(error.at(pos));
        }
        let result = self.eval(lambda.linked(), frame, lambda.body);
        self.depth -= 1;
        match result {
            Ok(value) => {
                // SAFETY: thunks and closures that were made after it, which are small, refer to a frame, and frames of such closures; and
                // frames of patches, which only evaluators that collect nothing have. The result is no frame, and the body is done.
                unsafe { self.region.undo(frame.0, 1 + lambda.frame_size as usize, epoch) };
                Ok(value)
            }
            Err(error) => Err(body_failed(lambda, pos, error)),
        }
    }

    #[cold]
    #[inline(never)]
    fn run_body_slow(&mut self, lambda: &'e LinkedLambda, frame: Frame, pos: Pos) -> Result<Value> {
        if let Err(error) = self.step_slow().and_then(|()| self.deeper()) {
            return Err(error.at(pos));
        }
        let linked = lambda.linked();
        self.enter_watched(Step::Lambda { module: linked.id, index: lambda.index });
        let result = self.eval(linked, frame, lambda.body);
        self.leave_watched();
        self.depth -= 1;
        result.map_err(|error| body_failed(lambda, pos, error))
    }

    #[inline(never)]
    pub(crate) fn run_builtin(&mut self, builtin: BuiltinId, args: &[Value], pos: Pos) -> Result<Value> {
        self.run_linked(&self.evaluator.builtins[builtin.0 as usize], builtin, args, pos)
    }

    #[inline(always)]
    fn run_linked(&mut self, linked: &LinkedBuiltin, builtin: BuiltinId, args: &[Value], pos: Pos) -> Result<Value> {
        self.call_pos = pos;
        if self.looks() {
            return self.run_builtin_slow(builtin, args, pos);
        }
        match (linked.builtin.run)(self, args) {
            Ok(value) => self.force(value),
            Err(error) => Err(self.builtin_failed(builtin, pos, error)),
        }
    }

    #[cold]
    #[inline(never)]
    fn run_builtin_slow(&mut self, builtin: BuiltinId, args: &[Value], pos: Pos) -> Result<Value> {
        let run = self.evaluator.builtins[builtin.0 as usize].builtin.run;
        if let Err(error) = self.step_slow() {
            return Err(error.at(pos));
        }
        self.enter_watched(Step::Builtin(builtin.0));
        let result = match run(self, args) {
            Ok(value) => self.force(value),
            Err(error) => Err(self.builtin_failed(builtin, pos, error)),
        };
        self.leave_watched();
        result
    }

    #[cold]
    #[inline(never)]
    fn builtin_failed(&self, builtin: BuiltinId, pos: Pos, error: Box<EvalError>) -> Box<EvalError> {
        let name = self.evaluator.builtins[builtin.0 as usize].builtin.name;
        error.at(pos).context(pos, format!("while calling the '{name}' builtin"))
    }

    /// Whether a builtin may find fault with another argument before it comes to the one that has failed.
    #[cold]
    #[inline(never)]
    fn looks_elsewhere_first(&self, builtin: BuiltinId, argument: usize, error: &EvalError) -> bool {
        let backwards = || self.evaluator.builtins[builtin.0 as usize].builtin.name == "elemAt";
        (argument > 0 || backwards()) && !error.is_transient() && !self.gave_up
    }

    fn apply_functor(&mut self, set: Attrs, arg: Value, pos: Pos) -> Result<Value> {
        let Some(functor) = self.get(set, self.evaluator.names.functor) else { return Err(self.not_a_function(set.value(), pos)) };
        self.enter_call()?;
        let result = self.call(functor, &[set.value(), arg]);
        self.depth -= 1;
        result.map_err(|e| e.context(pos, "while calling a functor (an attribute set with a '__functor' attribute)"))
    }

    #[cold]
    fn not_a_function(&mut self, value: Value, pos: Pos) -> Box<EvalError> {
        let shown = self.show_for_error(value);
        EvalError::type_error(format!(
            "attempt to call something which is not a function but {}: {shown}",
            crate::print::phrase(self, value)
        ))
        .at(pos)
    }

    /// Puts the attributes of the argument into the slots of the formals.
    fn bind_pattern(&mut self, lambda: &'e LinkedLambda, frame: Frame, value: Value, pos: Pos) -> Result<()> {
        let Some(pattern) = lambda.parameter_pattern() else { return Ok(()) };
        let Some(set) = value.as_attrs() else {
            let error = self.type_error(value, "a set");
            return Err(argument_failed(lambda, pos, error));
        };
        if let Some((_, slot)) = pattern.bind {
            frame.set(slot.0, value);
        }
        let mut used = 0;
        let mut defaults = false;
        match set.shape() {
            Some(shape) if shape.len() <= 4 * pattern.formals.len() => {
                // Both are sorted: one walk.
                let names = shape.names();
                let mut at = 0;
                for formal in &pattern.formals {
                    while at < names.len() && names[at] < formal.name {
                        at += 1;
                    }
                    if at < names.len() && names[at] == formal.name {
                        frame.set(formal.slot.0, set.slot(at as u32));
                        used += 1;
                        at += 1;
                    } else {
                        defaults |= self.formal_default(lambda, frame, formal, pos)?;
                    }
                }
            }
            Some(shape) => {
                for formal in &pattern.formals {
                    match shape.find(formal.name) {
                        NOT_FOUND => defaults |= self.formal_default(lambda, frame, formal, pos)?,
                        index => {
                            frame.set(formal.slot.0, set.slot(index));
                            used += 1;
                        }
                    }
                }
            }
            None => {
                for formal in &pattern.formals {
                    match self.get(set, formal.name) {
                        Some(value) => {
                            frame.set(formal.slot.0, value);
                            used += 1;
                        }
                        None => defaults |= self.formal_default(lambda, frame, formal, pos)?,
                    }
                }
            }
        }
        if !pattern.ellipsis && used != set.len() {
            return Err(self.unexpected_argument(lambda, pattern, set, pos));
        }
        if defaults {
            let m = lambda.linked();
            for formal in &pattern.formals {
                if let (Some(default), true) = (formal.default, frame.get(formal.slot.0).is_unset()) {
                    let value = self.delay(m, frame, default);
                    frame.set(formal.slot.0, value);
                }
            }
        }
        Ok(())
    }

    /// Whether the absent `formal` has a default; otherwise an error.
    #[inline]
    fn formal_default(&mut self, lambda: &LinkedLambda, _frame: Frame, formal: &Formal, pos: Pos) -> Result<bool> {
        if formal.default.is_some() { Ok(true) } else { Err(missing_argument(lambda, formal.name, pos)) }
    }

    #[cold]
    fn unexpected_argument(&mut self, lambda: &LinkedLambda, pattern: &Pattern, set: Attrs, pos: Pos) -> Box<EvalError> {
        let formals: Vec<Name> = pattern.formals.iter().map(|f| f.name).collect();
        let unexpected = self.attrs_unsorted(set).map(|a| a.name).find(|name| !formals.contains(name));
        let Some(name) = unexpected else { return EvalError::other("unexpected argument") };
        let message = format!("function '{}' called with unexpected argument '{name}'", lambda.display_name());
        let mut error = EvalError::type_error(message).at(lambda.pos());
        if !set.position(name).is_none() {
            error = error.context(set.position(name), format!("from the argument '{name}'"));
        }
        let error = error.context(pos, "from call site");
        crate::error::did_you_mean(error, name, &formals)
    }

    /// The formals of a function that takes a set pattern next, and whether each has a default; `None` for other functions.
    /// In the order of [`Name`].
    pub fn function_args(&self, function: Value) -> Option<Vec<(Name, bool, Pos)>> {
        let (closure, given) = match function.view() {
            View::Closure(closure) => (closure, 0),
            View::Partial(partial) => match partial.function().view() {
                View::Closure(closure) => (closure, partial.args().len()),
                _ => return None,
            },
            _ => return None,
        };
        let lambda = closure.lambda();
        if given + 1 != lambda.arity as usize {
            return None;
        }
        let m = lambda.linked();
        let first = m.formal_starts.get(lambda.index as usize).copied().unwrap_or(0);
        let formals = &lambda.parameter_pattern()?.formals;
        Some(formals.iter().zip(first..).map(|(f, i)| (f.name, f.default.is_some(), Pos::formal(m.id, i))).collect())
    }
}

#[cold]
#[inline(never)]
fn body_failed(lambda: &LinkedLambda, pos: Pos, error: Box<EvalError>) -> Box<EvalError> {
    let what = match lambda.name() {
        Some(name) => format!("while calling '{name}'"),
        None => "while calling anonymous lambda".into(),
    };
    let error = error.context(lambda.pos(), what);
    if pos.is_none() { error } else { error.context(pos, "from call site") }
}

#[cold]
#[inline(never)]
fn argument_failed(lambda: &LinkedLambda, pos: Pos, error: Box<EvalError>) -> Box<EvalError> {
    let error = error.context(lambda.pos(), "while evaluating the value passed for the lambda argument");
    if pos.is_none() { error } else { error.context(pos, "from call site") }
}

#[cold]
#[inline(never)]
fn missing_argument(lambda: &LinkedLambda, name: Name, pos: Pos) -> Box<EvalError> {
    let message = format!("function '{}' called without required argument '{name}'", lambda.display_name());
    EvalError::new(crate::ErrorKind::MissingArgument, message).at(lambda.pos()).context(pos, "from call site")
}
