//! The order of evaluation, errors and messages.

use super::strings::COPYING;
use super::support::{builtin, frame, known};
use crate::builtin::Builtin;
use crate::error::{ErrorKind, EvalError, FrameKind, Result};
use crate::print::{PrintOptions, pretty};
use crate::value::{AttrsBuilder, Value};
use crate::{Ctx, Pos};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("seq", &["first", "second"], seq, "Evaluates `first`, then gives `second`."),
    builtin("deepSeq", &["first", "second"], deep_seq, "Evaluates `first` with everything inside it, then gives `second`."),
    builtin("tryEval", &["value"], try_eval, "Evaluates `value`, but nothing inside it: `{ success = true; value = …; }`, or `{ success = false; value = false; }` where a `throw` or a failed `assert` ended it. Other errors are not caught."),
    builtin("throw", &["message"], throw, "Ends the evaluation with `message`, unless `tryEval` catches it."),
    builtin("abort", &["message"], abort, "Ends the evaluation with `message`. Nothing catches it."),
    builtin("addErrorContext", &["message", "value"], add_error_context, "Gives `value`; if evaluating it fails, the error's trace tells `message`."),
    builtin("trace", &["message", "value"], trace, "Prints `message`, a string or any other value as far as it is evaluated, and gives `value`."),
    builtin("traceVerbose", &["message", "value"], trace_verbose, "As `trace` where verbose traces were asked for, else just gives `value`."),
    builtin("warn", &["message", "value"], warn, "Prints the string `message` as a warning and gives `value`."),
    builtin("break", &["value"], |ctx, args| ctx.force(args[0]), "Gives `value`; a debugger, where one runs, stops here."),
];

fn seq(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    ctx.force(args[0])?;
    ctx.force(args[1])
}

fn deep_seq(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    ctx.force_deep(args[0])?;
    ctx.force(args[1])
}

fn trace_verbose(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    if ctx.evaluator().options.trace_verbose { trace(ctx, args) } else { ctx.force(args[1]) }
}

fn try_eval(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let (value, success) = match ctx.force(args[0]) {
        Ok(value) => (value, Value::TRUE),
        Err(error) if error.is_catchable() => (Value::FALSE, Value::FALSE),
        Err(error) => return Err(error),
    };
    let mut set = AttrsBuilder::with_capacity(2);
    set.push(known().success, success);
    set.push(known().value, value);
    Ok(ctx.attrs(set))
}

fn throw(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let what = frame("while evaluating the error message passed to builtin.throw");
    let message = ctx.coerce_to_string(args[0], COPYING, what)?;
    Err(EvalError::new(ErrorKind::Throw, message.to_str()))
}

fn abort(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let what = frame("while evaluating the error message passed to builtins.abort");
    let message = ctx.coerce_to_string(args[0], COPYING, what)?;
    Err(EvalError::new(ErrorKind::Abort, format!("evaluation aborted with the following error message: '{}'", message.to_str())))
}

fn add_error_context(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    ctx.force(args[1]).map_err(|error| {
        let what = frame("while evaluating the error message passed to builtins.addErrorContext");
        match ctx.coerce_to_string(args[0], COPYING, what) {
            Ok(message) => error.frame(FrameKind::Told, Pos::NONE, message.to_str()),
            Err(error) => error,
        }
    })
}

fn trace(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let message = ctx.force(args[0])?;
    match message.as_string() {
        Some(string) => ctx.trace(&string.to_str())?,
        None => {
            let text = pretty(ctx, message, PrintOptions::default())?;
            ctx.trace(&String::from_utf8_lossy(&text))?;
        }
    }
    ctx.force(args[1])
}

fn warn(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let what = frame("while evaluating the first argument; the message passed to builtins.warn");
    let message = ctx.expect_string(args[0], what)?;
    ctx.warn(&message.to_str())?;
    if ctx.evaluator().options.abort_on_warn {
        let message = "aborting to reveal stack trace of warning, as abort-on-warn is set";
        return Err(EvalError::new(ErrorKind::Abort, message));
    }
    ctx.force(args[1])
}
