//! Members of `builtins` that are no functions.

use super::support::known;
use crate::Ctx;
use crate::error::{ErrorKind, EvalError, Result};
use crate::value::{AttrsBuilder, Value};

/// The version of Nix whose behaviour this evaluator has.
pub const NIX_VERSION: &str = "2.34.8";

/// Makes a constant when an evaluator starts.
pub(super) type Constant = (&'static str, fn(&mut Ctx<'_>) -> Result<Value>);

pub(super) const TABLE: &[Constant] = &[
    ("true", |_| Ok(Value::TRUE)),
    ("false", |_| Ok(Value::FALSE)),
    ("null", |_| Ok(Value::NULL)),
    ("langVersion", |ctx| Ok(ctx.int(6))),
    ("nixVersion", |ctx| Ok(ctx.string(NIX_VERSION))),
    ("storeDir", |ctx| {
        let dir = ctx.host().store_dir();
        Ok(ctx.string(dir))
    }),
    ("currentTime", |ctx| {
        let time = ctx.host().current_time().ok_or_else(|| pure("currentTime"))?;
        Ok(ctx.int(time))
    }),
    ("currentSystem", |ctx| {
        let system = ctx.host().current_system().ok_or_else(|| pure("currentSystem"))?;
        Ok(ctx.string(system))
    }),
    ("nixPath", nix_path),
];

fn pure(name: &str) -> Box<EvalError> {
    EvalError::new(ErrorKind::MissingAttribute, format!("attribute '{name}' missing"))
}

fn nix_path(ctx: &mut Ctx<'_>) -> Result<Value> {
    let entries = ctx.host().search_path();
    ctx.list_with(entries.len(), |ctx, i| {
        let mut set = AttrsBuilder::with_capacity(2);
        set.push(known().path, ctx.string(&entries[i].path));
        set.push(known().prefix, ctx.string(&entries[i].prefix));
        Ok(ctx.attrs(set))
    })
}
