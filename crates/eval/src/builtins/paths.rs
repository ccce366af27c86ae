//! Paths, and what goes from them into the store.

use super::derivation::store_dir;
use super::strings::PLAIN;
use super::support::{arg, builtin, frame, quoted_arg};
use crate::builtin::Builtin;
use crate::error::{ErrorKind, EvalError, Pos, Result};
use crate::host::{AddPath, FileType, HostError};
use crate::ops::coerce::apply_rewrites;
use crate::value::{Context, ContextElement, Value};
use crate::{Ctx, ErrorContext};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("baseNameOf", &["path"], base_name_of, "The last part of a path or string: what follows the last slash. One slash at the end is ignored."),
    builtin("dirOf", &["path"], dir_of, "What comes before the last slash: a path of a path, a string of a string; `\".\"` where there is no slash."),
    builtin("toPath", &["path"], to_path, "An absolute path, given as string or path, as a normalised string. Old; `/. + string` makes a path."),
    builtin("storePath", &["path"], store_path, "A path that is in the store already, as a string that depends on it, without copying it once more."),
    builtin("path", &["set"], path, "Copies a file tree into the store: `{ path, name ? …, filter ? …, recursive ? true, sha256 ? … }`. `filter path type` says what to leave out; `recursive = false` hashes a single file's bytes instead of its archive; `sha256` is checked, and spares copying what is there."),
    builtin("filterSource", &["filter", "path"], filter_source, "Copies a file tree into the store without the entries for which `filter path type` gives `false`. `type` is `\"regular\"`, `\"directory\"`, `\"symlink\"` or `\"unknown\"`. The result is named after the folder: prefer `path`, which takes a name."),
];

/// What follows the last slash. One slash at the end is ignored, further ones are not: changing that would change hashes.
fn base_name(path: &[u8]) -> &[u8] {
    let path = match path {
        [rest @ .., b'/'] if !rest.is_empty() => rest,
        path => path,
    };
    match memchr::memrchr(b'/', path) {
        Some(slash) => &path[slash + 1..],
        None => path,
    }
}

/// What comes before the last slash.
fn dir_name(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        None => b".",
        Some(0) => b"/",
        Some(slash) => &path[..slash],
    }
}

fn base_name_of(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let path = ctx.coerce_to_string(args[0], PLAIN, arg("first", "baseNameOf"))?;
    Ok(ctx.string_with_context(base_name(path.bytes()), path.context()))
}

fn dir_of(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let value = ctx.force(args[0])?;
    if let Some(path) = value.as_path() {
        return Ok(ctx.path(dir_name(path.bytes())));
    }
    let path = ctx.coerce_to_string(value, PLAIN, quoted_arg("first", "dirOf"))?;
    Ok(ctx.string_with_context(dir_name(path.bytes()), path.context()))
}

fn to_path(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let (path, context) = ctx.coerce_to_path(args[0], arg("first", "toPath"))?;
    Ok(ctx.string_with_context(path, context))
}

/// `path` with all symbolic links followed.
///
/// # Errors
/// Those of the host, and a chain of links without an end.
pub(super) fn resolve_links(ctx: &Ctx<'_>, path: &[u8]) -> Result<Vec<u8>> {
    const LINKS: usize = 1024;
    let mut done: Vec<u8> = Vec::new();
    let mut todo: Vec<Vec<u8>> = path.split(|&b| b == b'/').rev().map(<[u8]>::to_vec).collect();
    let mut links = 0;
    while let Some(part) = todo.pop() {
        match part.as_slice() {
            b"" | b"." => continue,
            b".." => {
                done.truncate(memchr::memrchr(b'/', &done).unwrap_or(0));
                continue;
            }
            _ => {}
        }
        let parent = done.len();
        done.push(b'/');
        done.extend_from_slice(&part);
        if ctx.host().file_type(&done)? == Some(FileType::Symlink) {
            links += 1;
            if links > LINKS {
                return Err(EvalError::other(format!("infinite symlink recursion in path '{}'", String::from_utf8_lossy(path))));
            }
            let target = ctx.host().read_link(&done)?;
            done.truncate(if target.starts_with(b"/") { 0 } else { parent });
            todo.extend(target.split(|&b| b == b'/').rev().map(<[u8]>::to_vec));
        }
    }
    if done.is_empty() {
        done.push(b'/');
    }
    Ok(done)
}

/// Makes sure that a store path is there.
pub(super) fn ensure(ctx: &Ctx<'_>, path: &str) -> Result<()> {
    ctx.host().ensure_store_path(path).map_err(|error| match error {
        HostError::NotFound(path) => {
            EvalError::new(ErrorKind::Io, format!("path '{path}' is required, but there is no substituter that can build it"))
        }
        other => other.into(),
    })
}

fn store_path(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    if ctx.host().is_pure() {
        return Err(EvalError::new(ErrorKind::Forbidden, "'builtins.storePath' is not allowed in pure evaluation mode"));
    }
    let (mut path, context) = ctx.coerce_to_path(args[0], quoted_arg("first", "storePath"))?;
    let dir = store_dir(ctx)?;
    let as_text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    // A link right in the store is taken as it is.
    if dir.parse_canonical(&as_text(&path)).is_err() {
        path = resolve_links(ctx, &path)?;
    }
    let text = as_text(&path);
    let not_in_store = || EvalError::other(format!("path '{text}' is not in the Nix store"));
    if !dir.contains(&text) {
        return Err(not_in_store());
    }
    let (object, _) = dir.split(&text).map_err(|error| EvalError::other(error.to_string()))?;
    let object = dir.print(&object);
    if !ctx.host().read_only() {
        ensure(ctx, &object)?;
    }
    let own = ctx.context([ContextElement::Opaque(object.into_bytes().into())]);
    let context = ctx.context_union(context, own);
    Ok(ctx.string_with_context(path, context))
}

/// What to copy into the store, and how.
struct Copy<'a> {
    path: Vec<u8>,
    /// Of `path`. What it names is built only if the path is in the store.
    context: Context,
    name: String,
    filter: Option<Value>,
    recursive: bool,
    expected_sha256: Option<&'a [u8]>,
}

fn copy(ctx: &mut Ctx<'_>, copy: Copy<'_>) -> Result<Value> {
    let shown = String::from_utf8_lossy(&copy.path).into_owned();
    let added = copy_inner(ctx, &copy).context(Pos::NONE, || format!("while adding path '{shown}'"))?;
    let context = ctx.context([ContextElement::Opaque(added.as_bytes().into())]);
    Ok(ctx.string_with_context(added, context))
}

fn copy_inner(ctx: &mut Ctx<'_>, copy: &Copy<'_>) -> Result<String> {
    let host = ctx.host();
    let mut path = std::borrow::Cow::Borrowed(&copy.path);
    if !copy.context.is_empty() && store_dir(ctx)?.contains(&String::from_utf8_lossy(&path)) {
        let rewrites = ctx.realise_context(copy.context)?;
        path = std::borrow::Cow::Owned(apply_rewrites(copy.path.clone(), &rewrites));
    }
    let path = match resolve_links(ctx, &path) {
        Ok(path) => path,
        // It is the whole path that may not be read, and not the first folder on the way.
        Err(error) => {
            host.file_type(&path)?;
            return Err(error);
        }
    };
    if host.file_type(&path)?.is_none() {
        return Err(HostError::NotFound(String::from_utf8_lossy(&copy.path).into_owned()).into());
    }
    let bounds = ctx.bounds();
    let mut filter = copy.filter.map(|function| {
        move |path: &[u8], kind: FileType| {
            let args = [ctx.string(path), ctx.string(kind.name())];
            let result = ctx.call(function, &args);
            let result =
                result.and_then(|keep| ctx.expect_bool(keep, frame("while evaluating the return value of the path filter function")));
            result.map_err(HostError::Eval)
        }
    });
    let filter = filter.as_mut().map(|filter| filter as &mut crate::host::PathFilter<'_>);
    Ok(host.add_path(AddPath {
        path: &path,
        name: &copy.name,
        recursive: copy.recursive,
        expected_sha256: copy.expected_sha256,
        filter,
        keep_references: true,
        bounds: &bounds,
    })?)
}

fn own_name(path: &[u8]) -> String {
    String::from_utf8_lossy(base_name(path)).into_owned()
}

fn filter_source(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let what = frame("while evaluating the second argument (the path to filter) passed to 'builtins.filterSource'");
    let (path, context) = ctx.coerce_to_path(args[1], what)?;
    let filter = ctx.expect_function(args[0], arg("first", "filterSource"))?;
    copy(ctx, Copy { name: own_name(&path), path, context, filter: Some(filter), recursive: true, expected_sha256: None })
}

fn path(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let set = ctx.expect_attrs(args[0], frame("while evaluating the argument passed to 'builtins.path'"))?;
    let (mut path, mut name, mut filter, mut recursive, mut sha256) = (None, None, None, true, None);
    for attr in ctx.attrs_sorted(set)? {
        let pos = set.position(attr.name);
        match attr.name.as_bytes() {
            b"path" => {
                let what = frame("while evaluating the 'path' attribute passed to 'builtins.path'");
                path = Some(ctx.coerce_to_path(attr.value, what)?);
            }
            b"name" => {
                let what = frame("while evaluating the `name` attribute passed to builtins.path");
                name = Some(ctx.expect_string_no_context(attr.value, what)?.to_str().into_owned());
            }
            b"filter" => {
                filter = Some(ctx.expect_function(attr.value, frame("while evaluating the `filter` parameter passed to builtins.path"))?);
            }
            b"recursive" => {
                recursive = ctx.expect_bool(attr.value, frame("while evaluating the `recursive` attribute passed to builtins.path"))?;
            }
            b"sha256" => {
                let what = frame("while evaluating the `sha256` attribute passed to builtins.path");
                sha256 = Some(ctx.expect_string_no_context(attr.value, what)?);
            }
            _ => {
                let message = format!("unsupported argument '{}' to 'builtins.path'", attr.name);
                return Err(EvalError::other(message).at(pos));
            }
        }
    }
    let (path, context) =
        path.ok_or_else(|| EvalError::other("missing required 'path' attribute in the first argument to 'builtins.path'"))?;
    let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| own_name(&path));
    copy(ctx, Copy { path, context, name, filter, recursive, expected_sha256: sha256.map(|hash| hash.bytes()) })
}

#[cfg(test)]
mod tests {
    use super::{base_name, dir_name};

    #[test]
    fn parts_of_paths() {
        let cases = ["/a/b/", "a", "/", "", "a//", "//", "b/a", "//a", "a//b"];
        let bases = cases.map(|path| base_name(path.as_bytes()).escape_ascii().to_string()).join("|");
        let dirs = cases.map(|path| dir_name(path.as_bytes()).escape_ascii().to_string()).join("|");
        expect_test::expect!["b|a|||||a|a|b"].assert_eq(&bases);
        expect_test::expect!["/a/b|.|/|.|a/|/|b|/|a/"].assert_eq(&dirs);
    }
}
