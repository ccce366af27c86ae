//! `fromTOML`.

use super::support::{builtin, frame};
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::{EvalError, Result};
use crate::print::null_byte;
use crate::value::{AttrsBuilder, Value};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("fromTOML", &["text"], from_toml, "The value of a TOML text, a set. Dates and times are an error.\n\n```nix\nfromTOML \"a = 1\"  # { a = 1; }\n```"),
];

fn from_toml(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let text = ctx.expect_string_no_context(args[0], frame("while evaluating the argument passed to builtins.fromTOML"))?;
    let failed = |message: String| EvalError::other(format!("while parsing TOML: {message}"));
    let utf8 = std::str::from_utf8(text.bytes()).map_err(|error| failed(error.to_string()))?;
    let table: toml::Table = utf8.parse().map_err(|error: toml::de::Error| failed(error.to_string()))?;
    value(ctx, &toml::Value::Table(table))
}

/// The parser bounds how deep its values are nested.
fn value(ctx: &mut Ctx<'_>, toml: &toml::Value) -> Result<Value> {
    Ok(match toml {
        toml::Value::String(string) if string.contains('\0') => return Err(without_null(string)),
        toml::Value::String(string) => ctx.string(string),
        toml::Value::Integer(int) => ctx.int(*int),
        toml::Value::Float(float) => ctx.float(*float),
        toml::Value::Boolean(bool) => Value::bool(*bool),
        toml::Value::Datetime(_) => return Err(EvalError::other("while parsing TOML: Dates and times are not supported")),
        toml::Value::Array(array) => ctx.list_with(array.len(), |ctx, i| value(ctx, &array[i]))?,
        toml::Value::Table(table) => {
            let mut set = AttrsBuilder::with_capacity(table.len());
            for (name, inner) in table {
                if name.contains('\0') {
                    return Err(without_null(name));
                }
                set.push(nival_syntax::Name::new(name), value(ctx, inner)?);
            }
            ctx.attrs(set)
        }
    })
}

fn without_null(text: &str) -> Box<EvalError> {
    EvalError::other(format!("while parsing TOML: error: {}", null_byte(text.as_bytes())))
}
