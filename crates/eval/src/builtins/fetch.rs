//! Fetching, which the host does.

use super::support::builtin;
use crate::builtin::Builtin;
use crate::error::{EvalError, Result};
use crate::host::{FetchArg, FetchRequest, Fetched};
use crate::value::{AttrsBuilder, ContextElement, Value, View};
use crate::{CoerceOptions, Ctx};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("fetchurl", &["source"], |ctx, args| path_of(ctx, args, "fetchurl"), "Downloads a file into the store and gives its path. `source` is a URL or `{ url, sha256 ? …, name ? … }`; pure evaluation needs the hash."),
    builtin("fetchTarball", &["source"], |ctx, args| path_of(ctx, args, "fetchTarball"), "Downloads and unpacks an archive and gives the path of the folder. `source` is a URL or `{ url, sha256 ? …, name ? … }`; pure evaluation needs the hash."),
    builtin("fetchGit", &["source"], |ctx, args| tree_of(ctx, args, "fetchGit"), "Fetches a revision of a Git repository: a set with `outPath`, `rev`, `lastModified` and so on. `source` is a URL, a path, or `{ url, rev ? …, ref ? …, … }`."),
    builtin("fetchMercurial", &["source"], |ctx, args| tree_of(ctx, args, "fetchMercurial"), "Fetches a revision of a Mercurial repository. `source` is a URL or `{ url, rev ? …, name ? … }`."),
    builtin("fetchTree", &["source"], |ctx, args| tree_of(ctx, args, "fetchTree"), "Fetches a source tree of any kind that flakes know: `{ type = \"github\"; owner = …; repo = …; }`, or a URL-like reference. The result is a set with `outPath`, `narHash` and what the kind tells."),
    builtin("getFlake", &["reference"], |ctx, args| tree_of(ctx, args, "getFlake"), "The flake that a reference such as `\"github:NixOS/nixpkgs\"` names: its outputs and metadata. In pure evaluation the reference must be locked."),
];

const PLAIN: CoerceOptions = CoerceOptions { more: false, copy_to_store: false, canonicalize_path: false };

fn text(ctx: &mut Ctx<'_>, value: Value, builtin: &'static str) -> Result<FetchArg> {
    let string = ctx.coerce_to_string(value, PLAIN, || format!("while evaluating the URL we should fetch for builtins.{builtin}"))?;
    Ok(FetchArg::String(string.bytes().to_vec()))
}

fn request(ctx: &mut Ctx<'_>, value: Value, builtin: &'static str) -> Result<FetchRequest> {
    let value = ctx.force(value)?;
    let mut args = Vec::new();
    let set = value.as_attrs().filter(|set| !set.contains(super::known().out_path) && !set.contains(super::known().to_string));
    match set {
        None => args.push(("url".to_owned(), text(ctx, value, builtin)?)),
        Some(set) => {
            for attr in ctx.attrs_sorted(set) {
                let arg = match ctx.view(attr.value)? {
                    View::Null => FetchArg::Null,
                    View::Bool(bool) => FetchArg::Bool(bool),
                    View::Int(int) => FetchArg::Int(int),
                    View::String(string) => FetchArg::String(string.bytes().to_vec()),
                    View::Path(_) | View::Attrs(_) => text(ctx, attr.value, builtin)?,
                    other => {
                        let kind = match other {
                            View::Float(_) => "a float",
                            View::List(_) => "a list",
                            _ => "a function",
                        };
                        let message =
                            format!("argument '{}' to '{builtin}' is {kind} while a string, Boolean or integer is expected", attr.name);
                        return Err(EvalError::type_error(message).at(set.position(attr.name)));
                    }
                };
                args.push((attr.name.to_str().into_owned(), arg));
            }
        }
    }
    Ok(FetchRequest { builtin, args })
}

fn fetch(ctx: &mut Ctx<'_>, args: &[Value], builtin: &'static str) -> Result<(Value, Fetched)> {
    let request = request(ctx, args[0], builtin)?;
    let fetched = ctx.host().fetch(request)?;
    let context = ctx.context([ContextElement::Opaque(fetched.store_path.as_bytes().into())]);
    let path = ctx.string_with_context(&fetched.store_path, context);
    Ok((path, fetched))
}

fn path_of(ctx: &mut Ctx<'_>, args: &[Value], builtin: &'static str) -> Result<Value> {
    Ok(fetch(ctx, args, builtin)?.0)
}

fn tree_of(ctx: &mut Ctx<'_>, args: &[Value], builtin: &'static str) -> Result<Value> {
    let (path, fetched) = fetch(ctx, args, builtin)?;
    let mut set = AttrsBuilder::with_capacity(1 + fetched.attrs.len());
    set.push(super::known().out_path, path);
    for (name, arg) in fetched.attrs {
        let value = match arg {
            FetchArg::String(bytes) => ctx.string(bytes),
            FetchArg::Int(int) => ctx.int(int),
            FetchArg::Bool(bool) => Value::bool(bool),
            FetchArg::Null => Value::NULL,
        };
        set.push(nival_syntax::Name::new(name), value);
    }
    Ok(ctx.attrs(set))
}
