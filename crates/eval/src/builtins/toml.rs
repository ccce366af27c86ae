//! `fromTOML`.

mod parser;
mod version;

use toml::value::{Datetime, Offset};

use super::support::{builtin, frame, known};
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::{EvalError, Result};
use crate::print::null_byte;
use crate::value::{AttrsBuilder, Context, Value};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("fromTOML", &["text"], from_toml, "The value of a TOML text, a set. Dates and times are an error, unless the experimental feature `parse-toml-timestamps` is on.\n\n```nix\nfromTOML \"a = 1\"  # { a = 1; }\n```"),
];

fn failed(message: impl std::fmt::Display) -> Box<EvalError> {
    EvalError::other(format!("while parsing TOML: {message}"))
}

fn from_toml(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let text = ctx.expect_string_no_context(args[0], frame("while evaluating the argument passed to builtins.fromTOML"))?;
    let utf8 = std::str::from_utf8(text.bytes()).map_err(failed)?;
    let parsed = parser::parse(ctx, utf8)?;
    let parsed = parsed.map_err(|error| failed(too_large(utf8, &error).unwrap_or_else(|| error.to_string())))?;
    // The parser knows a later version of the format than Nix accepts.
    if let Some(novelty) = version::beyond_1_0(utf8) {
        return Err(failed(novelty));
    }
    table(ctx, &parsed)
}

/// What Nix says of an integer that no 64 bits hold; `None` for other errors.
fn too_large(text: &str, error: &toml::de::Error) -> Option<String> {
    let span = error.span()?;
    let digits = text.get(span.clone())?.trim_start_matches(['-', '+']);
    if digits.is_empty()
        || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        || !error.message().contains("integer") && !error.message().contains("too large")
    {
        return None;
    }
    let before = text.get(..span.end)?;
    let number = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.lines().next()?;
    let margin = " ".repeat(number.to_string().len() - 1);
    let arrow = " ".repeat(before.get(start..)?.chars().count());
    Some(format!(
        "[error] toml::parse_dec_integer: too large integer: current max digits = 2^63\n{margin} --> fromTOML\n{margin}   |\n \
         {number} | {line}\n{margin}   | {arrow}^-- must be < 2^63"
    ))
}

/// The parser bounds how deep its values are nested.
fn value(ctx: &mut Ctx<'_>, toml: &toml::Value) -> Result<Value> {
    Ok(match toml {
        toml::Value::String(string) if string.contains('\0') => return Err(without_null(string)),
        toml::Value::String(string) => ctx.string_from(string.as_bytes(), Context::EMPTY)?,
        toml::Value::Integer(int) => ctx.int(*int),
        toml::Value::Float(float) => ctx.float(*float),
        toml::Value::Boolean(bool) => Value::bool(*bool),
        toml::Value::Datetime(time) if ctx.host().experimental_feature("parse-toml-timestamps") => timestamp(ctx, time),
        toml::Value::Datetime(_) => return Err(failed("Dates and times are not supported")),
        toml::Value::Array(array) => ctx.list_with(array.len(), |ctx, i| value(ctx, &array[i]))?,
        toml::Value::Table(inner) => table(ctx, inner)?,
    })
}

fn table(ctx: &mut Ctx<'_>, table: &toml::Table) -> Result<Value> {
    let mut set = AttrsBuilder::with_capacity(table.len());
    for (name, inner) in table {
        ctx.check_interrupt()?;
        if name.contains('\0') {
            return Err(without_null(name));
        }
        set.push(ctx.name(name.as_bytes()), value(ctx, inner)?);
    }
    ctx.attrs_from(set)
}

fn without_null(text: &str) -> Box<EvalError> {
    failed(format!("error: {}", null_byte(text.as_bytes())))
}

fn timestamp(ctx: &mut Ctx<'_>, time: &Datetime) -> Value {
    let mut set = AttrsBuilder::with_capacity(2);
    set.push(ctx.name(b"_type"), ctx.string("timestamp"));
    set.push(known().value, ctx.string(rfc3339(time)));
    ctx.attrs(set)
}

/// With a `T` between date and time, and none, three, six or nine digits after the seconds.
fn rfc3339(time: &Datetime) -> String {
    let mut out = String::new();
    if let Some(date) = time.date {
        out += &format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
    }
    let Some(clock) = time.time else { return out };
    if time.date.is_some() {
        out.push('T');
    }
    out += &format!("{:02}:{:02}:{:02}", clock.hour, clock.minute, clock.second);
    let digits = format!("{:09}", clock.nanosecond);
    let shown = match clock.nanosecond {
        0 => 0,
        n if n % 1_000_000 == 0 => 3,
        n if n % 1_000 == 0 => 6,
        _ => 9,
    };
    if shown > 0 {
        out += &format!(".{}", &digits[..shown]);
    }
    match time.offset {
        None => {}
        Some(Offset::Z | Offset::Custom { minutes: 0 }) => out.push('Z'),
        Some(Offset::Custom { minutes }) => {
            let sign = if minutes < 0 { '-' } else { '+' };
            out += &format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn timestamps_have_one_form() {
        let shown = |text: &str| rfc3339(&text.parse().unwrap());
        let cases =
            ["1979-05-27t07:32:00.1Z", "1979-05-27 00:32:00.1234-07:00", "00:32:00.123456780", "1979-05-27", "1979-05-27T07:32:00+00:00"];
        let expected = "1979-05-27T07:32:00.100Z 1979-05-27T00:32:00.123400-07:00 00:32:00.123456780 1979-05-27 1979-05-27T07:32:00Z";
        assert_eq!(cases.map(shown).join(" "), expected);
    }
}
