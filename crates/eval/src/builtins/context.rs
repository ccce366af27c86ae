//! String contexts: what strings depend on.

use std::collections::BTreeMap;

use super::derived::DerivedPath;
use super::strings::COPYING;
use super::support::{arg, builtin, frame, known};
use crate::builtin::Builtin;
use crate::error::{EvalError, Pos, Result};
use crate::value::{AttrsBuilder, Context, ContextElement, Value};
use crate::{Ctx, ErrorContext};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("hasContext", &["string"], has_context, "Whether a string depends on something in the store."),
    builtin("getContext", &["string"], get_context, "What a string depends on, by store path: `path = true` for a plain path, `outputs = [ … ]` for outputs of a derivation, `allOutputs = true` for a derivation file with all it needs."),
    builtin("appendContext", &["string", "context"], append_context, "The string with further dependencies, given as `getContext` gives them."),
    builtin("unsafeDiscardStringContext", &["string"], discard, "The string without its dependencies: what uses it will not be built with them present."),
    builtin("unsafeDiscardOutputDependency", &["string"], discard_output, "The string where each dependency on a derivation file with all it needs (as `drvPath` has) becomes one on the file alone."),
    builtin("addDrvOutputDependencies", &["string"], add_outputs, "The reverse of `unsafeDiscardOutputDependency`, for a string that depends on exactly one derivation file."),
    builtin("outputOf", &["derivation", "output"], output_of, "The output `output` of the derivation that a string refers to; the string may itself be the output of a derivation that is only known once built.").behind("dynamic-derivations"),
];

fn has_context(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let string = ctx.expect_string(args[0], frame("while evaluating the argument passed to builtins.hasContext"))?;
    Ok(Value::bool(!string.context().is_empty()))
}

#[derive(Default)]
struct Info {
    path: bool,
    all_outputs: bool,
    outputs: Vec<Vec<u8>>,
}

fn get_context(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let string = ctx.expect_string(args[0], frame("while evaluating the argument passed to builtins.getContext"))?;
    let mut infos: BTreeMap<Vec<u8>, Info> = BTreeMap::new();
    for element in ctx.context_elements(string.context()) {
        match element {
            ContextElement::Opaque(path) => infos.entry(path.to_vec()).or_default().path = true,
            ContextElement::DrvDeep(path) => infos.entry(path.to_vec()).or_default().all_outputs = true,
            ContextElement::Built { drv, output } => {
                let drv = DerivedPath::decode(&String::from_utf8_lossy(drv)).resolve(ctx)?.into_bytes();
                infos.entry(drv).or_default().outputs.push(output.to_vec());
            }
        }
    }
    let known = known();
    let mut set = AttrsBuilder::with_capacity(infos.len());
    for (path, mut info) in infos {
        let mut inner = AttrsBuilder::with_capacity(3);
        if info.path {
            inner.push(known.path, Value::TRUE);
        }
        if info.all_outputs {
            inner.push(known.all_outputs, Value::TRUE);
        }
        if !info.outputs.is_empty() {
            info.outputs.sort();
            let outputs = ctx.list_with(info.outputs.len(), |ctx, i| Ok(ctx.string(&info.outputs[i])))?;
            inner.push(known.outputs, outputs);
        }
        set.push(nival_syntax::Name::new(path), ctx.attrs(inner));
    }
    Ok(ctx.attrs(set))
}

fn append_context(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let string = ctx.expect_string(args[0], arg("first", "appendContext"))?;
    let set = ctx.expect_attrs(args[1], arg("second", "appendContext"))?;
    let known = known();
    let mut added = Vec::new();
    for attr in ctx.attrs_unsorted(set) {
        let pos = set.position(attr.name);
        let path = attr.name.as_bytes();
        let error = |message: String| EvalError::other(message).at(pos);
        let shown = attr.name.to_str();
        let named = crate::print::identifier(path);
        if super::derivation::store_dir(ctx)?.parse_canonical(&shown).is_err() {
            return Err(error(format!("context key '{named}' is not a store path")));
        }
        if !ctx.host().read_only() {
            super::paths::ensure(ctx, &shown)?;
        }
        let info = ctx.expect_attrs(attr.value, frame("while evaluating the value of a string context")).at_attr(pos)?;
        let not_derivation = |what: &str| error(format!("tried to add {what} context of {named}, which is not a derivation, to a string"));
        if let Some(value) = info.get(known.path)
            && ctx.expect_bool(value, frame("while evaluating the `path` attribute of a string context"))?
        {
            added.push(ContextElement::Opaque(path.into()));
        }
        if let Some(value) = info.get(known.all_outputs)
            && ctx.expect_bool(value, frame("while evaluating the `allOutputs` attribute of a string context"))?
        {
            if !path.ends_with(b".drv") {
                return Err(not_derivation("all-outputs"));
            }
            added.push(ContextElement::DrvDeep(path.into()));
        }
        if let Some(value) = info.get(known.outputs) {
            let outputs = ctx.expect_list(value, frame("while evaluating the `outputs` attribute of a string context"))?;
            if !outputs.is_empty() && !path.ends_with(b".drv") {
                return Err(not_derivation("derivation output"));
            }
            for &output in outputs.elements() {
                let what = frame("while evaluating an output name within a string context");
                let output = ctx.expect_string_no_context(output, what)?;
                added.push(ContextElement::Built { drv: path.into(), output: output.bytes().into() });
            }
        }
    }
    let added = ctx.context(added);
    let context = ctx.context_union(string.context(), added);
    Ok(ctx.string_with_context(string.bytes(), context))
}

fn discard(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let what = frame("while evaluating the argument passed to builtins.unsafeDiscardStringContext");
    let string = ctx.coerce_to_string(args[0], COPYING, what)?;
    if string.context().is_empty() { Ok(string.value()) } else { Ok(ctx.string(string.bytes())) }
}

fn discard_output(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let what = frame("while evaluating the argument passed to builtins.unsafeDiscardOutputDependency");
    let string = ctx.coerce_to_string(args[0], COPYING, what)?;
    let elements: Vec<ContextElement> = ctx
        .context_elements(string.context())
        .map(|element| match element {
            ContextElement::DrvDeep(path) => ContextElement::Opaque(path.clone()),
            other => other.clone(),
        })
        .collect();
    let context = ctx.context(elements);
    Ok(ctx.string_with_context(string.bytes(), context))
}

/// The only element of a context.
fn single(ctx: &Ctx<'_>, context: Context) -> Result<ContextElement, usize> {
    let mut elements = ctx.context_elements(context);
    match (elements.next(), elements.count()) {
        (Some(element), 0) => Ok(element.clone()),
        (Some(_), more) => Err(more + 1),
        (None, _) => Err(0),
    }
}

fn add_outputs(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let what = frame("while evaluating the argument passed to builtins.addDrvOutputDependencies");
    let string = ctx.coerce_to_string(args[0], COPYING, what)?;
    let element = single(ctx, string.context()).map_err(|count| {
        EvalError::other(format!("context of string '{}' must have exactly one element, but has {count}", string.to_str()))
    })?;
    let path = match element {
        ContextElement::DrvDeep(path) => path,
        ContextElement::Opaque(path) if path.ends_with(b".drv") => path,
        ContextElement::Opaque(path) => {
            return Err(EvalError::other(format!("path '{}' is not a derivation", String::from_utf8_lossy(&path))));
        }
        ContextElement::Built { output, .. } => {
            return Err(EvalError::other(format!(
                "`addDrvOutputDependencies` can only act on derivations, not on a derivation output such as '{}'",
                String::from_utf8_lossy(&output)
            )));
        }
    };
    let context = ctx.context([ContextElement::DrvDeep(path)]);
    Ok(ctx.string_with_context(string.bytes(), context))
}

fn output_of(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    const FIRST: &str = "while evaluating the first argument to builtins.outputOf";
    let string = ctx.expect_string(args[0], frame(FIRST))?;
    let of = derived_path(ctx, string).context(Pos::NONE, frame(FIRST))?;
    let output = ctx.expect_string_no_context(args[1], frame("while evaluating the second argument to builtins.outputOf"))?;
    let drv = of.encode().into_bytes();
    let path = DerivedPath::Built { drv: Box::new(of), output: output.to_str().into_owned() };
    let text = path.text(ctx)?;
    let context = ctx.context([ContextElement::Built { drv: drv.into(), output: output.bytes().into() }]);
    Ok(ctx.string_with_context(text, context))
}

/// The single store path or output that `string` stands for.
fn derived_path(ctx: &mut Ctx<'_>, string: crate::Str) -> Result<DerivedPath> {
    let text = string.to_str();
    let element = single(ctx, string.context()).map_err(|count| {
        EvalError::other(format!("string '{text}' has {count} entries in its context. It should only have exactly one entry"))
    })?;
    let path = match element {
        ContextElement::Opaque(path) => DerivedPath::Opaque(String::from_utf8_lossy(&path).into_owned()),
        ContextElement::Built { drv, output } => {
            let drv = Box::new(DerivedPath::decode(&String::from_utf8_lossy(&drv)));
            DerivedPath::Built { drv, output: String::from_utf8_lossy(&output).into_owned() }
        }
        ContextElement::DrvDeep(_) => {
            return Err(EvalError::other(format!(
                "string '{text}' has a context which refers to a complete source and binary closure. This is not supported at this time"
            )));
        }
    };
    let expected = path.text(ctx)?;
    if text == expected {
        return Ok(path);
    }
    Err(EvalError::other(match &path {
        DerivedPath::Opaque(_) => format!("path string '{text}' has context with the different path '{expected}'"),
        DerivedPath::Built { drv, output } => format!(
            "string '{text}' has context with the output '{output}' from derivation '{}', but the string is not the right placeholder for this derivation output. It should be '{expected}'",
            drv.encode()
        ),
    }))
}

/// Puts a position on errors that have none.
trait AtAttr<T> {
    fn at_attr(self, pos: Pos) -> Result<T>;
}

impl<T> AtAttr<T> for Result<T> {
    fn at_attr(self, pos: Pos) -> Result<T> {
        self.map_err(|error| error.at(pos))
    }
}
