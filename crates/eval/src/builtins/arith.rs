//! Numbers.

use std::cmp::Ordering;

use super::support::{arg, builtin, frame};
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::{EvalError, Result};
use crate::print::float;
use crate::value::{Value, View};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("add", &["a", "b"], add, "The sum of two numbers: an integer if both are, else a float. Unlike `+` it takes numbers only. An integer sum that does not fit 64 bits is an error."),
    builtin("sub", &["a", "b"], sub, "The difference of two numbers, what `a - b` stands for. An integer result that does not fit 64 bits is an error."),
    builtin("mul", &["a", "b"], mul, "The product of two numbers, what `a * b` stands for. An integer result that does not fit 64 bits is an error."),
    builtin("div", &["a", "b"], div, "The quotient of two numbers, what `a / b` stands for. Between integers it is rounded towards zero; dividing by zero is an error."),
    builtin("bitAnd", &["a", "b"], |ctx, args| bits(ctx, args, "bitAnd", |a, b| a & b), "The bitwise *and* of two integers."),
    builtin("bitOr", &["a", "b"], |ctx, args| bits(ctx, args, "bitOr", |a, b| a | b), "The bitwise *or* of two integers."),
    builtin("bitXor", &["a", "b"], |ctx, args| bits(ctx, args, "bitXor", |a, b| a ^ b), "The bitwise *exclusive or* of two integers."),
    builtin("ceil", &["number"], |ctx, args| round(ctx, args[0], "ceil", f64::ceil), "The smallest integer that is not below `number`. A result that no integer can hold is an error."),
    builtin("floor", &["number"], |ctx, args| round(ctx, args[0], "floor", f64::floor), "The largest integer that is not above `number`. A result that no integer can hold is an error."),
    builtin("lessThan", &["a", "b"], less_than, "Whether `a` comes before `b`, what `a < b` stands for. Numbers, strings, paths, and lists of them have an order; anything else is an error."),
];

/// Words for the two operands' frames.
struct Operands {
    first: &'static str,
    second: &'static str,
    /// "adding", with the operator.
    overflow: (&'static str, char),
}

fn both(
    ctx: &mut Ctx<'_>,
    args: &[Value],
    words: &Operands,
    integers: fn(i64, i64) -> Option<i64>,
    floats: fn(f64, f64) -> f64,
) -> Result<Value> {
    let (a, b) = (ctx.force(args[0])?, ctx.force(args[1])?);
    if matches!(a.view(), View::Float(_)) || matches!(b.view(), View::Float(_)) {
        let a = ctx.expect_float(a, frame(words.first))?;
        let b = ctx.expect_float(b, frame(words.second))?;
        return Ok(ctx.float(floats(a, b)));
    }
    let a = ctx.expect_int(a, frame(words.first))?;
    let b = ctx.expect_int(b, frame(words.second))?;
    match integers(a, b) {
        Some(result) => Ok(ctx.int(result)),
        None => Err(EvalError::other(format!("integer overflow in {} {a} {} {b}", words.overflow.0, words.overflow.1))),
    }
}

fn add(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    const WORDS: Operands = Operands {
        first: "while evaluating the first argument of the addition",
        second: "while evaluating the second argument of the addition",
        overflow: ("adding", '+'),
    };
    both(ctx, args, &WORDS, i64::checked_add, |a, b| a + b)
}

fn sub(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    const WORDS: Operands = Operands {
        first: "while evaluating the first argument of the subtraction",
        second: "while evaluating the second argument of the subtraction",
        overflow: ("subtracting", '-'),
    };
    both(ctx, args, &WORDS, i64::checked_sub, |a, b| a - b)
}

fn mul(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    const WORDS: Operands = Operands {
        first: "while evaluating the first argument of the multiplication",
        second: "while evaluating the second argument of the multiplication",
        overflow: ("multiplying", '*'),
    };
    both(ctx, args, &WORDS, i64::checked_mul, |a, b| a * b)
}

fn div(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    const FIRST: &str = "while evaluating the first operand of the division";
    const SECOND: &str = "while evaluating the second operand of the division";
    let (a, b) = (ctx.force(args[0])?, ctx.force(args[1])?);
    // The divisor is looked at first, as a float.
    let divisor = ctx.expect_float(b, frame(SECOND))?;
    if divisor == 0.0 {
        return Err(EvalError::other("division by zero"));
    }
    if matches!(a.view(), View::Float(_)) || matches!(b.view(), View::Float(_)) {
        let dividend = ctx.expect_float(a, frame(FIRST))?;
        return Ok(ctx.float(dividend / divisor));
    }
    let a = ctx.expect_int(a, frame(FIRST))?;
    let b = ctx.expect_int(b, frame(SECOND))?;
    match a.checked_div(b) {
        Some(result) => Ok(ctx.int(result)),
        None => Err(EvalError::other(format!("integer overflow in dividing {a} / {b}"))),
    }
}

fn bits(ctx: &mut Ctx<'_>, args: &[Value], name: &'static str, op: fn(i64, i64) -> i64) -> Result<Value> {
    let a = ctx.expect_int(args[0], arg("first", name))?;
    let b = ctx.expect_int(args[1], arg("second", name))?;
    Ok(ctx.int(op(a, b)))
}

/// Integers go through a float, and are an error where that changes them: what older versions gave then was wrong.
fn round(ctx: &mut Ctx<'_>, value: Value, name: &'static str, op: fn(f64) -> f64) -> Result<Value> {
    const BUG: &str = "Due to a bug (see https://github.com/NixOS/nix/issues/12899)";
    const FUTURE: &str = "\n\tFuture Nix versions might implement the correct behavior.";
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let value = ctx.force(value).map_err(|e| e.context(crate::Pos::NONE, arg("first", name)()))?;
    let rounded = op(ctx.expect_float(value, arg("first", name))?);
    let fits = (-LIMIT..LIMIT).contains(&rounded);
    match value.as_int() {
        Some(int) if !fits => {
            Err(EvalError::other(format!("{BUG} the NixInt argument {int} caused undefined behavior in previous Nix versions.{FUTURE}")))
        }
        Some(int) if rounded as i64 != int => Err(EvalError::other(format!(
            "{BUG} a loss of precision occurred in previous Nix versions because the NixInt argument {int} was rounded to {}.{FUTURE}",
            rounded as i64
        ))),
        None if !fits => {
            let shown = ctx.expect_float(value, arg("first", name))?;
            Err(EvalError::other(format!("NixFloat argument {} is not in the range of NixInt", float::display(shown))))
        }
        _ => Ok(ctx.int(rounded as i64)),
    }
}

fn less_than(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let (a, b) = (ctx.force(args[0])?, ctx.force(args[1])?);
    Ok(Value::bool(ctx.compare(a, b)? == Ordering::Less))
}
