//! What kind of value something is.

use super::support::builtin;
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::Result;
use crate::value::{Value, View};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("typeOf", &["value"], type_of, "The type of `value` as a word: `\"int\"`, `\"float\"`, `\"bool\"`, `\"string\"`, `\"path\"`, `\"null\"`, `\"list\"`, `\"set\"` or `\"lambda\"`. Evaluates `value`, but nothing inside it."),
    builtin("isNull", &["value"], |ctx, args| is(ctx, args, |v| matches!(v, View::Null)), "Whether `value` is `null`; the same as `value == null`."),
    builtin("isFunction", &["value"], |ctx, args| is(ctx, args, |v| matches!(v, View::Closure(_) | View::Builtin(_) | View::Partial(_))), "Whether `value` is a function. A set with `__functor` can be called, but is none."),
    builtin("isInt", &["value"], |ctx, args| is(ctx, args, |v| matches!(v, View::Int(_))), "Whether `value` is an integer."),
    builtin("isFloat", &["value"], |ctx, args| is(ctx, args, |v| matches!(v, View::Float(_))), "Whether `value` is a floating point number."),
    builtin("isString", &["value"], |ctx, args| is(ctx, args, |v| matches!(v, View::String(_))), "Whether `value` is a string. Paths are not."),
    builtin("isBool", &["value"], |ctx, args| is(ctx, args, |v| matches!(v, View::Bool(_))), "Whether `value` is `true` or `false`."),
    builtin("isPath", &["value"], |ctx, args| is(ctx, args, |v| matches!(v, View::Path(_))), "Whether `value` is a path, such as `./default.nix`; a string that looks like one is not."),
    builtin("isAttrs", &["value"], |ctx, args| is(ctx, args, |v| matches!(v, View::Attrs(_))), "Whether `value` is an attribute set."),
    builtin("isList", &["value"], |ctx, args| is(ctx, args, |v| matches!(v, View::List(_))), "Whether `value` is a list."),
];

fn type_of(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let name = ctx.force(args[0])?.type_name();
    Ok(ctx.string(name))
}

#[inline]
fn is(ctx: &mut Ctx<'_>, args: &[Value], test: fn(View) -> bool) -> Result<Value> {
    Ok(Value::bool(test(ctx.view(args[0])?)))
}
