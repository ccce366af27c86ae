//! Members of `builtins` that are no functions.

use super::support::known;
use crate::Ctx;
use crate::error::Result;
use crate::value::{AttrsBuilder, Value};

/// The version of Nix whose behaviour this evaluator has.
pub const NIX_VERSION: &str = "2.34.8";

/// Makes a constant when an evaluator starts; one that the evaluation may not know does not exist.
pub(super) type Constant = (&'static str, crate::builtin::ConstantFn);

pub(super) const TABLE: &[Constant] = &[
    ("true", |_| Ok(Some(Value::TRUE))),
    ("false", |_| Ok(Some(Value::FALSE))),
    ("null", |_| Ok(Some(Value::NULL))),
    ("langVersion", |ctx| Ok(Some(ctx.int(6)))),
    ("nixVersion", |ctx| Ok(Some(ctx.string(NIX_VERSION)))),
    ("storeDir", |ctx| {
        let dir = ctx.host().store_dir();
        Ok(Some(ctx.string(dir)))
    }),
    ("currentTime", |ctx| {
        let time = ctx.host().current_time();
        Ok(time.map(|time| ctx.int(time)))
    }),
    ("currentSystem", |ctx| {
        let system = ctx.host().current_system();
        Ok(system.map(|system| ctx.string(system)))
    }),
    ("nixPath", nix_path),
];

fn nix_path(ctx: &mut Ctx<'_>) -> Result<Option<Value>> {
    let entries = ctx.host().search_path();
    let list = ctx.list_with(entries.len(), |ctx, i| {
        let mut set = AttrsBuilder::with_capacity(2);
        set.push(known().path, ctx.string(&entries[i].path));
        set.push(known().prefix, ctx.string(&entries[i].prefix));
        Ok(ctx.attrs(set))
    })?;
    Ok(Some(list))
}
