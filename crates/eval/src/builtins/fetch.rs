//! Fetching. What is asked for is checked here; the host does it.

use nival_store::{Hash, HashAlgo};

use super::support::{builtin, frame, known, mismatch};
use crate::builtin::{Builtin, INTERNAL_ONLY};
use crate::error::{EvalError, Result};
use crate::host::{FetchArg, FetchRequest, Fetched};
use crate::print::phrase;
use crate::value::{AttrsBuilder, ContextElement, Value, View};
use crate::{CoerceOptions, Ctx};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("fetchurl", &["source"], |ctx, args| download(ctx, args[0], "fetchurl"), "Downloads a file into the store and gives its path. `source` is a URL or `{ url, sha256 ? …, name ? … }`; pure evaluation needs the hash."),
    builtin("fetchTarball", &["source"], |ctx, args| download(ctx, args[0], "fetchTarball"), "Downloads and unpacks an archive and gives the path of the folder. `source` is a URL or `{ url, sha256 ? …, name ? … }`; pure evaluation needs the hash."),
    builtin("fetchGit", &["source"], |ctx, args| tree(ctx, args[0], "fetchGit"), "Fetches a revision of a Git repository: a set with `outPath`, `rev`, `lastModified` and so on. `source` is a URL, a path, or `{ url, rev ? …, ref ? …, … }`."),
    builtin("fetchMercurial", &["source"], mercurial, "Fetches a revision of a Mercurial repository. `source` is a URL or `{ url, rev ? …, name ? … }`."),
    builtin("fetchClosure", &["source"], closure, "Copies a store path with all it needs from a binary cache: `{ fromStore, fromPath, toPath ? …, inputAddressed ? false }`. With `toPath` it is rewritten to be content-addressed; that path is the result.").behind("fetch-closure"),
    builtin("fetchTree", &["source"], |ctx, args| tree(ctx, args[0], "fetchTree"), "Fetches a source tree of any kind that flakes know: `{ type = \"github\"; owner = …; repo = …; }`, or a URL-like reference. The result is a set with `outPath`, `narHash` and what the kind tells.").behind("fetch-tree"),
    builtin("fetchFlakeTree", &["source"], |ctx, args| tree(ctx, args[0], "fetchFlakeTree"), "As `fetchTree`, for a flake that the user has named: it need not be locked.").behind(INTERNAL_ONLY),
    builtin("fetchFinalTree", &["source"], |ctx, args| tree(ctx, args[0], "fetchFinalTree"), "As `fetchTree`, for an input that a lock file has: what it says is the result.").behind(INTERNAL_ONLY),
    builtin("getFlake", &["reference"], get_flake, "The flake that a reference such as `\"github:NixOS/nixpkgs\"` names: its outputs and metadata. In pure evaluation the reference must be locked."),
];

const PLAIN: CoerceOptions = CoerceOptions { more: false, copy_to_store: false, canonicalize_path: false };

fn unsupported(name: nival_syntax::Name, builtin: &str) -> Box<EvalError> {
    EvalError::other(format!("unsupported argument '{name}' to '{builtin}'"))
}

fn no_url() -> Box<EvalError> {
    EvalError::other("'url' argument required")
}

/// `fetchurl` and `fetchTarball`.
fn download(ctx: &mut Ctx<'_>, source: Value, builtin: &'static str) -> Result<Value> {
    let (mut url, mut sha256, mut name) = (None, None, None);
    let source = ctx.force(source)?;
    let url_frame = frame("while evaluating the url we should fetch");
    let is_set = source.as_attrs().is_some();
    match source.as_attrs() {
        None => url = Some(ctx.expect_string_no_context(source, url_frame)?),
        Some(set) => {
            for attr in ctx.attrs_sorted(set)? {
                match attr.name.as_bytes() {
                    b"url" => url = Some(ctx.expect_string_no_context(attr.value, url_frame)?),
                    b"sha256" => {
                        let what = frame("while evaluating the sha256 of the content we should fetch");
                        let hash = ctx.expect_string_no_context(attr.value, what)?.to_str();
                        let hash = Hash::parse_allow_empty(&hash, Some(HashAlgo::Sha256));
                        sha256 = Some(hash.map_err(|error| EvalError::other(error.to_string()))?);
                    }
                    b"name" => {
                        name = Some(
                            ctx.expect_string_no_context(attr.value, frame("while evaluating the name of the content we should fetch"))?,
                        );
                    }
                    _ => return Err(unsupported(attr.name, builtin).at(set.position(attr.name))),
                }
            }
        }
    }
    let url = url.ok_or_else(no_url)?.to_str();
    let given = name.map(|name| name.to_str()).filter(|name| !name.is_empty());
    let named = given.is_some();
    let default = if builtin == "fetchurl" { url.trim_end_matches('/').rsplit('/').next().unwrap_or_default() } else { "source" };
    let name = given.map_or_else(|| default.to_owned(), |name| name.into_owned());
    if let Err(error) = nival_store::store_path::check_name(&name) {
        let advice = match (named, is_set) {
            (true, _) => format!("Please change the value for the 'name' attribute passed to '{builtin}', so"),
            (false, true) => format!("Please add a valid 'name' attribute to the argument for '{builtin}', so"),
            (false, false) => format!("Please pass an attribute set with 'url' and 'name' attributes to '{builtin}',  so"),
        };
        let message =
            format!("invalid store path name when fetching URL '{url}': {error}. {advice} that it can create a valid store path.");
        return Err(EvalError::other(message));
    }
    let mut args =
        vec![("url".to_owned(), FetchArg::String(url.as_bytes().to_vec())), ("name".to_owned(), FetchArg::String(name.into_bytes()))];
    if let Some(hash) = sha256 {
        args.push(("sha256".to_owned(), FetchArg::String(hash.sri().into_bytes())));
    }
    Ok(fetch(ctx, FetchRequest { builtin, args })?.0)
}

/// The path as a string that depends on it, and everything else that was found.
fn fetch(ctx: &mut Ctx<'_>, request: FetchRequest) -> Result<(Value, Fetched)> {
    ctx.in_order()?;
    let fetched = ctx.host().fetch(request)?;
    let context = ctx.context([ContextElement::Opaque(fetched.store_path.as_bytes().into())]);
    let path = ctx.string_with_context(&fetched.store_path, context);
    Ok((path, fetched))
}

fn fetch_tree(ctx: &mut Ctx<'_>, request: FetchRequest) -> Result<Value> {
    let (path, fetched) = fetch(ctx, request)?;
    let mut set = AttrsBuilder::with_capacity(1 + fetched.attrs.len());
    set.push(known().out_path, path);
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

/// `fetchTree` and `fetchGit`.
fn tree(ctx: &mut Ctx<'_>, source: Value, builtin: &'static str) -> Result<Value> {
    let source = ctx.force(source)?;
    let Some(set) = source.as_attrs() else {
        let url = ctx.coerce_to_string(source, PLAIN, || format!("while evaluating the first argument passed to '{builtin}'"))?;
        let args = vec![("url".to_owned(), FetchArg::String(url.bytes().to_vec()))];
        return fetch_tree(ctx, FetchRequest { builtin, args });
    };
    if builtin == "fetchTree" {
        let kind = set.get(known().kind).ok_or_else(|| EvalError::other("argument 'type' is missing in call to 'fetchTree'"))?;
        ctx.expect_string_no_context(kind, frame("while evaluating the `type` argument passed to 'fetchTree'"))?;
    }
    let mut args = Vec::new();
    for attr in ctx.attrs_sorted(set)? {
        let value = ctx.force(attr.value)?;
        let arg = match value.view() {
            View::Bool(bool) => FetchArg::Bool(bool),
            View::Int(int) if int < 0 => {
                return Err(EvalError::other(format!("negative value given for '{builtin}' argument '{}': {int}", attr.name)));
            }
            View::Int(int) => FetchArg::Int(int),
            View::String(string) => FetchArg::String(string.bytes().to_vec()),
            View::Path(path) => FetchArg::String(path.bytes().to_vec()),
            _ => {
                let kind = phrase(ctx, value);
                let message = format!("argument '{}' to '{builtin}' is {kind} while a string, Boolean or integer is expected", attr.name);
                return Err(EvalError::type_error(message).at(set.position(attr.name)));
            }
        };
        args.push((attr.name.to_str().into_owned(), arg));
    }
    fetch_tree(ctx, FetchRequest { builtin, args })
}

fn closure(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let set = ctx.expect_attrs(args[0], frame("while evaluating the argument passed to builtins.fetchClosure"))?;
    let mut found: Vec<(String, FetchArg)> = Vec::new();
    for attr in ctx.attrs_sorted(set)? {
        let name = attr.name.to_str().into_owned();
        let what = || format!("while evaluating the attribute '{}' passed to builtins.fetchClosure", attr.name);
        let pos = set.position(attr.name);
        let arg = match name.as_str() {
            "toPath" if ctx.force(attr.value)?.as_string().is_some_and(|text| text.bytes().is_empty()) => FetchArg::String(Vec::new()),
            "fromPath" | "toPath" => {
                let path = ctx.coerce_to_string(attr.value, CoerceOptions { canonicalize_path: true, ..PLAIN }, what)?;
                let text = path.to_str();
                if super::derivation::store_dir(ctx)?.parse_canonical(&text).is_err() {
                    return Err(EvalError::other(format!("path '{text}' is not in the Nix store")).context(pos, what()));
                }
                FetchArg::String(path.bytes().to_vec())
            }
            "fromStore" => FetchArg::String(ctx.expect_string_no_context(attr.value, what)?.bytes().to_vec()),
            "inputAddressed" => FetchArg::Bool(ctx.expect_bool(attr.value, what)?),
            _ => return Err(EvalError::other(format!("attribute '{name}' isn't supported in call to 'fetchClosure'")).at(pos)),
        };
        found.push((name, arg));
    }
    let has = |name: &str| found.iter().find(|(found, _)| found == name).map(|(_, value)| value);
    let missing = |name: &str| EvalError::other(format!("attribute '{name}' is missing in call to 'fetchClosure'"));
    has("fromPath").ok_or_else(|| missing("fromPath"))?;
    if has("inputAddressed") == Some(&FetchArg::Bool(true)) && has("toPath").is_some() {
        let message = "attribute 'inputAddressed' is set to true, but 'toPath' is also set. Please remove one of them";
        return Err(EvalError::other(message));
    }
    let Some(FetchArg::String(url)) = has("fromStore") else { return Err(missing("fromStore")) };
    let url = String::from_utf8_lossy(url).into_owned();
    let Some(parsed) = super::flake::url::Url::parse(&url) else {
        return Err(EvalError::other(format!("'{url}' is not a valid URL")));
    };
    // Files are for tests of Nix itself.
    let for_tests = || matches!(ctx.host().env_var(b"_NIX_IN_TEST"), Ok(Some(_)));
    let supported = match parsed.scheme.as_str() {
        "http" | "https" => true,
        scheme => scheme == "file" && for_tests(),
    };
    if !supported {
        return Err(EvalError::other("'fetchClosure' only supports http:// and https:// stores"));
    }
    if url.contains('?') {
        return Err(EvalError::other(format!("'fetchClosure' does not support URL query parameters (in '{url}')")));
    }
    Ok(fetch(ctx, FetchRequest { builtin: "fetchClosure", args: found })?.0)
}

fn mercurial(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let source = ctx.force(args[0])?;
    let url_frame = frame("while evaluating the `url` attribute passed to builtins.fetchMercurial");
    let mut found = Vec::new();
    match source.as_attrs() {
        None => {
            let what = frame("while evaluating the first argument passed to builtins.fetchMercurial");
            let url = ctx.coerce_to_string(source, PLAIN, what)?;
            found.push(("url".to_owned(), FetchArg::String(url.bytes().to_vec())));
        }
        Some(set) => {
            for attr in ctx.attrs_sorted(set)? {
                let text = match attr.name.as_bytes() {
                    b"url" => ctx.coerce_to_string(attr.value, PLAIN, url_frame)?,
                    b"rev" => ctx.expect_string_no_context(
                        attr.value,
                        frame("while evaluating the `rev` attribute passed to builtins.fetchMercurial"),
                    )?,
                    b"name" => ctx.expect_string_no_context(
                        attr.value,
                        frame("while evaluating the `name` attribute passed to builtins.fetchMercurial"),
                    )?,
                    _ => return Err(unsupported(attr.name, "fetchMercurial").at(set.position(attr.name))),
                };
                found.push((attr.name.to_str().into_owned(), FetchArg::String(text.bytes().to_vec())));
            }
            if !set.contains(nival_syntax::Name::new("url")) {
                return Err(no_url());
            }
        }
    }
    fetch_tree(ctx, FetchRequest { builtin: "fetchMercurial", args: found })
}

fn get_flake(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let value = ctx.force(args[0])?;
    if value.as_string().is_none() {
        return Err(mismatch(ctx, value, "a string"));
    }
    let what = frame("while evaluating the argument passed to builtins.getFlake");
    let reference = ctx.expect_string_no_context(value, what)?.to_str();
    super::flake::check(&reference)?;
    Err(EvalError::other(format!("'builtins.getFlake' is not available in this build of the evaluator (for '{reference}')")))
}
