//! Files, the environment, `import`.

use super::derivation::{load, store_dir};
use super::derived::DerivedPath;
use super::paths::resolve_links;
use super::support::{arg, builtin, frame, known};
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::{ErrorKind, EvalError, Result};
use crate::heap::ScratchVec;
use crate::host::{FileType, HostError};
use crate::value::{AttrsBuilder, Context, ContextElement, Value};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("import", &["path"], import, "The value of the Nix file at `path`; of a folder, that of its `default.nix`. A file is evaluated once however often it is imported. A path that is still to be built is built first."),
    builtin("scopedImport", &["scope", "path"], scoped_import, "As `import`, with the attributes of `scope` as variables of the file in place of the builtins of those names. Evaluated anew each time."),
    builtin("pathExists", &["path"], path_exists, "Whether something is at `path`. A string that ends in a slash asks for a folder."),
    builtin("readFile", &["path"], read_file, "The contents of a file as a string."),
    builtin("readFileType", &["path"], read_file_type, "What is at `path`: `\"regular\"`, `\"directory\"`, `\"symlink\"` or `\"unknown\"`."),
    builtin("readDir", &["path"], read_dir, "The entries of a folder: a set from names to types, as `readFileType` gives them."),
    builtin("findFile", &["searchPath", "name"], find_file, "Looks a file up in a list of `{ prefix, path }` sets, such as `nixPath`. `<name>` stands for `findFile nixPath \"name\"`."),
    builtin("getEnv", &["name"], get_env, "The value of an environment variable, `\"\"` where it is not set. In pure evaluation none is."),
    builtin("toFile", &["name", "contents"], to_file, "Writes a string to a file in the store and gives its path. The string may depend on store paths, not on derivations still to be built."),
];

const REALISING: &str = "while realising the context of a path";

fn import(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let path = ctx.realise_path(args[0], frame(REALISING))?;
    if path.ends_with(b".drv")
        && let Some(value) = import_derivation(ctx, &path)?
    {
        return Ok(value);
    }
    ctx.import(&path)
}

fn scoped_import(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let path = ctx.realise_path(args[1], frame(REALISING))?;
    if path.ends_with(b".drv")
        && let Some(value) = import_derivation(ctx, &path)?
    {
        return Ok(value);
    }
    let scope = ctx.expect_attrs(args[0], arg("first", "scopedImport"))?;
    ctx.scoped_import(scope.value(), &path)
}

/// What a `.drv` file of the store stands for: a derivation, as `derivation` would have made it.
const IMPORTED: &str = include_str!("derivation/imported.nix");

/// `None` where `path` is no derivation in the store.
fn import_derivation(ctx: &mut Ctx<'_>, path: &[u8]) -> Result<Option<Value>> {
    let text = String::from_utf8_lossy(path).into_owned();
    let Ok(store_path) = store_dir(ctx)?.parse_canonical(&text) else { return Ok(None) };
    let drv = load(ctx, &store_path)?;
    let known = known();
    let mut set = AttrsBuilder::new();
    let context = ctx.context([ContextElement::DrvDeep(path.into())]);
    let drv_path = ctx.string_with_context(path, context);
    let name = drv.env.get(b"name".as_slice()).cloned().unwrap_or_default();
    let name = ctx.string(name);
    let outputs: ScratchVec<Value> = drv.outputs.keys().map(|output| ctx.string(output)).collect();
    set.push(known.outputs, ctx.list(&outputs));
    for output in drv.outputs.keys() {
        let value = DerivedPath::Built { drv: Box::new(DerivedPath::Opaque(text.clone())), output: output.clone() }.text(ctx)?;
        let context = ctx.context([ContextElement::Built { drv: path.into(), output: output.as_bytes().into() }]);
        set.push(nival_syntax::Name::new(output), ctx.string_with_context(value, context));
    }
    let scope = [(nival_syntax::Name::new("drvAttrs"), ctx.attrs(set)), (known.drv_path, drv_path), (known.name, name)];
    ctx.eval_text(IMPORTED.as_bytes(), b"/", "«imported derivation»", &scope).map(Some)
}

fn path_exists(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let value = ctx.force(args[0])?;
    let folder = value.as_string().is_some_and(|s| s.bytes().ends_with(b"/") || s.bytes().ends_with(b"/."));
    let found = ctx.realise_path(value, frame(REALISING)).and_then(|path| {
        let path = if folder { resolve_links(ctx, &path)? } else { path };
        Ok(ctx.host().file_type(&path)?)
    });
    match found {
        Ok(kind) => Ok(Value::bool(if folder { kind == Some(FileType::Directory) } else { kind.is_some() })),
        // What must not be looked at does not exist.
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(Value::FALSE),
        Err(error) => Err(error),
    }
}

fn read_file(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let path = ctx.realise_path(args[0], frame(REALISING))?;
    let mut contents: Vec<u8> = Vec::new();
    let mut has_null = false;
    let bounds = ctx.bounds();
    ctx.host().read_pieces(&path, &bounds, &mut |piece, left| {
        has_null |= memchr::memchr(0, piece).is_some();
        let room = left.max(piece.len() as u64);
        // And as much again for the string.
        bounds.check((contents.len() as u64).saturating_add(room).saturating_mul(2))?;
        let reserved = contents.try_reserve(usize::try_from(room).unwrap_or(usize::MAX));
        reserved.map_err(|_| HostError::Io(format!("cannot read '{}': out of memory", String::from_utf8_lossy(&path))))?;
        contents.extend_from_slice(piece);
        Ok(())
    })?;
    if has_null {
        let shown = String::from_utf8_lossy(&path);
        return Err(EvalError::other(format!("the contents of the file '{shown}' cannot be represented as a Nix string")));
    }
    let context = mentioned(ctx, &path, &contents)?;
    ctx.string_from(&contents, context)
}

/// The references of the store path that `path` is in which occur in `contents`.
fn mentioned(ctx: &mut Ctx<'_>, path: &[u8], contents: &[u8]) -> Result<Context> {
    let dir = store_dir(ctx)?;
    let Ok((object, _)) = dir.split(&String::from_utf8_lossy(path)) else { return Ok(Context::EMPTY) };
    // A path that the store does not know has no references.
    let Ok(references) = ctx.host().references(&dir.print(&object)) else { return Ok(Context::EMPTY) };
    let found = references.into_iter().filter(|reference| {
        dir.parse_canonical(reference).is_ok_and(|path| memchr::memmem::find(contents, path.hash_part().as_bytes()).is_some())
    });
    Ok(ctx.context(found.map(|reference| ContextElement::Opaque(reference.into_bytes().into()))))
}

fn read_file_type(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let path = ctx.realise_path(args[0], frame(REALISING))?;
    match ctx.host().file_type(&path)? {
        Some(kind) => Ok(ctx.string(kind.name())),
        None => Err(EvalError::new(ErrorKind::Io, format!("path '{}' does not exist", String::from_utf8_lossy(&path)))),
    }
}

fn read_dir(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let path = ctx.realise_path(args[0], frame(REALISING))?;
    let entries = ctx.host().read_dir(&path)?;
    let mut set = AttrsBuilder::with_capacity(entries.len());
    let kinds = [FileType::Regular, FileType::Directory, FileType::Symlink, FileType::Unknown].map(|kind| (kind, ctx.string(kind.name())));
    for (name, found) in entries {
        ctx.check_interrupt()?;
        let value = kinds.iter().find(|(kind, _)| *kind == found).map_or(Value::NULL, |(_, value)| *value);
        set.push(nival_syntax::Name::new(name), value);
    }
    ctx.attrs_from(set)
}

fn find_file(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let entries = ctx.search_path_of(args[0])?;
    let name = ctx.expect_string_no_context(args[1], arg("second", "findFile"))?;
    ctx.find_file_in(&entries, name.bytes())
}

fn get_env(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let name = ctx.expect_string_no_context(args[0], arg("first", "getEnv"))?;
    let value = ctx.host().env_var(name.bytes())?;
    Ok(ctx.string(value.unwrap_or_default()))
}

fn to_file(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let name = ctx.expect_string_no_context(args[0], arg("first", "toFile"))?.to_str();
    let contents = ctx.expect_string(args[1], arg("second", "toFile"))?;
    let mut references = Vec::new();
    for element in ctx.context_elements(contents.context()) {
        if let ContextElement::Opaque(path) = element {
            references.push(String::from_utf8_lossy(path).into_owned());
            continue;
        }
        let on = element.to_string().replacen(&format!("{}/", ctx.host().store_dir()), "", 1);
        return Err(EvalError::other(format!(
            "files created by builtins.toFile may not reference derivations, but {name} references {on}"
        )));
    }
    references.sort();
    let path = ctx.host().add_text(&name, contents.bytes(), &references)?;
    let context = ctx.context([ContextElement::Opaque(path.as_bytes().into())]);
    Ok(ctx.string_with_context(path, context))
}
