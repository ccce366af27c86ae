//! Flake references as text and as sets. They are only read and written here; resolving them is the host's.

mod reading;
pub mod reference;
pub mod url;

use self::reference::{Attr, FlakeRef};
use super::support::{arg, builtin};
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::{EvalError, Result};
use crate::value::{AttrsBuilder, Value, View};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("parseFlakeRef", &["reference"], parse, "A URL-like flake reference as a set.\n\n```nix\nparseFlakeRef \"github:NixOS/nixpkgs/23.05?dir=lib\"\n# { dir = \"lib\"; owner = \"NixOS\"; ref = \"23.05\"; repo = \"nixpkgs\"; type = \"github\"; }\n```"),
    builtin("flakeRefToString", &["attributes"], to_string, "The reverse of `parseFlakeRef`: a flake reference that is given as a set, as text."),
];

fn parse(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let text = ctx.expect_string_no_context(args[0], arg("first", "parseFlakeRef"))?;
    let reference = FlakeRef::parse(&text.to_str()).map_err(|error| EvalError::other(error.to_string()))?;
    let mut set = AttrsBuilder::with_capacity(reference.attrs.len());
    for (name, value) in &reference.attrs {
        let value = match value {
            Attr::Text(text) => ctx.string(text),
            Attr::Int(int) => ctx.int(*int),
            Attr::Bool(bool) => Value::bool(*bool),
        };
        set.push(nival_syntax::Name::new(name), value);
    }
    Ok(ctx.attrs(set))
}

fn to_string(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let set = ctx.expect_attrs(args[0], arg("first", "flakeRefToString"))?;
    let mut reference = FlakeRef::default();
    for attr in ctx.attrs_sorted(set)? {
        let value = ctx.force(attr.value)?;
        let name = attr.name.to_str().into_owned();
        let value = match value.view() {
            View::Int(int) if int < 0 => {
                return Err(EvalError::other(format!("negative value given for flake ref attr {name}: {int}")));
            }
            View::Int(int) => Attr::Int(int),
            View::Bool(bool) => Attr::Bool(bool),
            View::String(string) => Attr::Text(string.to_str().into_owned()),
            _ => {
                return Err(EvalError::other(format!(
                    "flake reference attribute sets may only contain integers, Booleans, and strings, but attribute '{name}' is {}",
                    crate::print::phrase(ctx, value)
                )));
            }
        };
        reference.attrs.insert(name, value);
    }
    let text = reference.checked().and_then(|reference| reference.to_url()).map_err(|error| EvalError::other(error.to_string()))?;
    Ok(ctx.string(text))
}

/// An error where `reference` is none.
pub(super) fn check(reference: &str) -> Result<()> {
    FlakeRef::parse(reference).map(drop).map_err(|error| EvalError::other(error.to_string()))
}
