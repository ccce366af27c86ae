//! `derivationStrict`, `derivation`, `placeholder`: from attributes to `.drv` files.

mod attributes;
mod inputs;

use std::cell::Cell;
use std::sync::{Arc, LazyLock};

use nival_store::derivation::{DownstreamPlaceholder, Draft, DraftBuffers, HashModulo, ModuloError, ModuloHashes};
use nival_store::store_path::{make_text_path, output_placeholder};
use nival_store::{ContentAddress, ContentAddressMethod, Derivation, DerivationOutput, Hash, HashAlgo, StoreDir, StorePath};
use nival_syntax::Name;

use self::attributes::Attributes;
use self::inputs::Plain;
use super::support::{arg, builtin, frame, known, required};
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::{ErrorKind, EvalError, Pos, Result};
use crate::host::HostError;
use crate::value::{AttrsBuilder, ContextElement, Value};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("derivationStrict", &["attributes"], derivation_strict, "Writes the derivation that a set describes: `name`, `builder`, `system`, optional `args`, `outputs` and so on; every other attribute becomes an environment variable of the build. Gives `drvPath` and a path for each output. `derivation` wraps it lazily; use that."),
    builtin("placeholder", &["output"], placeholder, "A text that stands for the path of the derivation's own output inside its attributes; the build sees the real path."),
];

/// `derivation`, in the language: nothing is written before one of its paths is needed.
pub(super) const DERIVATION: &str = include_str!("derivation/derivation.nix");

/// Hashes of derivations that were not just made: those have theirs beside the context of their outputs. A path fixes what it holds, so
/// that evaluators share them.
static HASHES: LazyLock<ModuloHashes> = LazyLock::new(ModuloHashes::new);

/// The logical store directory.
pub(super) fn store_dir(ctx: &Ctx<'_>) -> Result<StoreDir> {
    let known = &ctx.evaluator().store_dir;
    if let Some(dir) = known.get() {
        return Ok(dir.clone());
    }
    let dir = ctx.host().store_dir();
    let dir = StoreDir::new(dir).ok_or_else(|| EvalError::other(format!("'{dir}' is not a store directory")))?;
    Ok(known.get_or_init(|| dir).clone())
}

/// Reads a derivation from the store.
pub(super) fn load(ctx: &Ctx<'_>, path: &StorePath) -> Result<Arc<Derivation>> {
    let dir = store_dir(ctx)?;
    let text = ctx.host().read_derivation(&dir.print(path)).map_err(|error| match error {
        HostError::NotFound(path) => EvalError::new(ErrorKind::InvalidPath, format!("path '{path}' is not valid")),
        other => other.into(),
    })?;
    let name = path.derivation_name().unwrap_or(path.name());
    let drv = Derivation::parse(&dir, name, &text);
    drv.map(Arc::new).map_err(|error| EvalError::other(format!("error parsing derivation '{}': {error}", dir.print(path))))
}

fn placeholder(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let output = ctx.expect_string_no_context(args[0], arg("first", "placeholder"))?;
    Ok(ctx.string(output_placeholder(output.bytes())))
}

fn derivation_strict(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let set = ctx.expect_attrs(args[0], frame("while evaluating the argument passed to builtins.derivationStrict"))?;
    let name = required(set, known().name, || "in the attrset passed as argument to builtins.derivationStrict".into())?;
    let name_pos = set.position(known().name);
    let what = frame("while evaluating the `name` attribute passed to builtins.derivationStrict");
    let name = ctx.expect_string_no_context(name, what);
    let name = name.map_err(|error| error.context(name_pos, "while evaluating the derivation attribute 'name'"))?.to_str();
    write(ctx, &name, set).map_err(|error| {
        ctx.depend_on_position(name_pos);
        let at = ctx.evaluator().locate(name_pos).map_or_else(String::new, |place| place.to_string());
        error.context(Pos::NONE, format!("while evaluating derivation '{name}'\n  whose name attribute is located at {at}"))
    })
}

fn other(error: impl ToString) -> Box<EvalError> {
    EvalError::other(error.to_string())
}

/// What `nix` says of a feature that is not enabled by default.
fn disabled(feature: &str) -> Box<EvalError> {
    other(format!("experimental Nix feature '{feature}' is disabled; add '--extra-experimental-features {feature}' to enable it"))
}

/// How the outputs get their paths.
enum Outputs {
    Fixed(ContentAddress),
    Floating(ContentAddressMethod, HashAlgo),
    Impure(ContentAddressMethod, HashAlgo),
    InputAddressed,
}

fn write(ctx: &mut Ctx<'_>, name: &str, set: crate::Attrs) -> Result<Value> {
    nival_store::store_path::check_name(name)
        .map_err(|error| other(format!("invalid derivation name: {error}. Please pass a different 'name'.")))?;
    let dir = store_dir(ctx)?;
    let mut found = attributes::read(ctx, name, set)?;
    let ids = std::mem::take(&mut found.context).into_ids();
    let plain = Plain::new(ctx, &dir, &ids);
    let mut drv = Derivation { name: name.to_owned(), ..Derivation::default() };
    if plain.is_none() {
        inputs::add(ctx, &dir, &mut drv, &ids)?;
    }

    let outputs = outputs(ctx, name, &found)?;
    if let Some(plain) = plain {
        if let Some(value) = draft(ctx, &dir, name, &found, plain, &outputs)? {
            return Ok(value);
        }
        inputs::add(ctx, &dir, &mut drv, &ids)?;
    }

    found.copy_to(&mut drv);
    let mut modulo = None;
    match outputs {
        Outputs::Fixed(address) => {
            let output = DerivationOutput::CaFixed(address);
            if let Some(path) = output.path(&dir, &drv.name, "out").map_err(other)? {
                drv.env.insert(b"out".to_vec(), dir.print(&path).into_bytes());
            }
            drv.outputs.insert("out".into(), output);
        }
        Outputs::Floating(method, algo) | Outputs::Impure(method, algo) => {
            let impure = matches!(outputs, Outputs::Impure(..));
            for output in &found.outputs {
                drv.env.insert(output.as_bytes().to_vec(), output_placeholder(output.as_ref()).into_bytes());
                let value = if impure { DerivationOutput::Impure { method, algo } } else { DerivationOutput::CaFloating { method, algo } };
                drv.outputs.insert(output.to_string(), value);
            }
        }
        Outputs::InputAddressed => {
            drv.outputs = found.outputs.iter().map(|output| (output.to_string(), DerivationOutput::Deferred)).collect();
            load_inputs(ctx, &dir, &drv)?;
            modulo = Some(HASHES.fill_in_outputs(&dir, &mut drv).map_err(other)?);
        }
    }
    finish(ctx, &dir, &drv, modulo)
}

/// What the attributes say of the outputs, once they are checked.
fn outputs(ctx: &mut Ctx<'_>, name: &str, found: &Attributes) -> Result<Outputs> {
    let &Attributes { content_addressed, impure, algo, mode, .. } = found;
    if found.builder.is_empty() {
        return Err(other("required attribute 'builder' missing"));
    }
    if found.platform.is_empty() {
        return Err(other("required attribute 'system' missing"));
    }
    if name.ends_with(".drv") && !(mode == Some(ContentAddressMethod::Text) && found.only_out()) {
        return Err(other("derivation names are allowed to end in '.drv' only if they produce a single derivation file"));
    }
    if let Some(text) = &found.hash {
        if !found.only_out() {
            return Err(other("multiple outputs are not supported in fixed-output derivations"));
        }
        let hash = Hash::parse_allow_empty(text, algo).map_err(other)?;
        if text.is_empty() {
            ctx.notice(&format!("found empty hash, assuming '{}'", hash.sri()))?;
        }
        return Ok(Outputs::Fixed(ContentAddress { method: mode.unwrap_or(ContentAddressMethod::Flat), hash }));
    }
    let (method, algo) = (mode.unwrap_or(ContentAddressMethod::Nar), algo.unwrap_or(HashAlgo::Sha256));
    match (content_addressed, impure) {
        (true, true) => Err(other("derivation cannot be both content-addressed and impure")),
        (true, false) => Ok(Outputs::Floating(method, algo)),
        (false, true) => Ok(Outputs::Impure(method, algo)),
        (false, false) => Ok(Outputs::InputAddressed),
    }
}

/// Most derivations, without a [`Derivation`]. `None` where this is none of them.
fn draft<'e>(
    ctx: &mut Ctx<'e>,
    dir: &StoreDir,
    name: &str,
    found: &Attributes,
    mut plain: Plain<'e>,
    outputs: &Outputs,
) -> Result<Option<Value>> {
    if needs_escapes(found.platform) || found.outputs.iter().any(|output| needs_escapes(output.as_bytes())) {
        return Ok(None);
    }
    if matches!(outputs, Outputs::InputAddressed) && !plain.find_hashes(ctx, dir) {
        return Ok(None);
    }
    let draft = Draft {
        name,
        platform: found.platform,
        builder: found.builder,
        args: &found.args,
        env: &found.env,
        sources: &plain.sources,
        inputs: &plain.inputs,
    };
    let names: Vec<&str> = found.outputs.iter().map(|name| &**name).collect();
    let mut buffers = BUFFERS.take();
    let finished = match outputs {
        Outputs::Fixed(address) => draft.fixed(dir, address, &mut buffers),
        Outputs::InputAddressed => draft.input_addressed(dir, &names, &mut buffers),
        Outputs::Floating(..) | Outputs::Impure(..) => Ok(None),
    };
    let Some(finished) = finished.map_err(other)? else { return Ok(None) };
    let drv_path: Arc<str> = finished.path.into();
    ctx.host().write_derivation(&drv_path, &buffers.text, None)?;
    if buffers.text.capacity() <= MAX_KEPT_BUFFER {
        BUFFERS.set(buffers);
    }

    let mut set = AttrsBuilder::with_capacity(1 + names.len());
    set.push(known().drv_path, drv_path_value(ctx, &drv_path));
    for (output, path) in names.iter().zip(&finished.outputs) {
        let element = ContextElement::Built { drv: Arc::clone(&drv_path).into(), output: output.as_bytes().into() };
        let context = ctx.context_of_output(element, finished.hash.clone());
        let value = ctx.string_with_context(path, context);
        let name = ctx.name(output.as_bytes());
        set.push(name, value);
    }
    Ok(Some(ctx.attrs(set)))
}

/// Whether the text of a derivation is another one where this is printed without escapes.
fn needs_escapes(text: &[u8]) -> bool {
    memchr::memchr2(b'"', b'\\', text).is_some()
}

/// Larger buffers than this are not kept for the next derivation, in bytes.
const MAX_KEPT_BUFFER: usize = 1 << 20;

thread_local! {
    static BUFFERS: Cell<DraftBuffers> = Cell::default();
}

fn drv_path_value(ctx: &mut Ctx<'_>, drv_path: &Arc<str>) -> Value {
    let context = ctx.context([ContextElement::DrvDeep(Arc::clone(drv_path).into())]);
    ctx.string_with_context(&**drv_path, context)
}

type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// Reads input derivations from the store.
fn reader<'a>(ctx: &'a Ctx<'_>) -> impl FnMut(&StorePath) -> std::result::Result<Arc<Derivation>, ReadError> + 'a {
    |path| load(ctx, path).map_err(|error| -> ReadError { error })
}

fn load_inputs(ctx: &Ctx<'_>, dir: &StoreDir, drv: &Derivation) -> Result<()> {
    inputs::share_hashes(ctx, dir, drv);
    HASHES.load_inputs(dir, drv, &mut reader(ctx)).map_err(|error| match error {
        ModuloError::Read { path, error } => other(format!("cannot read input derivation '{path}': {error}")),
        error => other(error),
    })
}

/// Writes the `.drv` file and gives the set of paths. `modulo` is the derivation's hash, where it is known already.
fn finish(ctx: &mut Ctx<'_>, dir: &StoreDir, drv: &Derivation, modulo: Option<HashModulo>) -> Result<Value> {
    let text = drv.to_aterm(dir).map_err(other)?;
    let references = drv.references();
    let path = make_text_path(dir, &format!("{}.drv", drv.name), &HashAlgo::Sha256.hash(&text), &references).map_err(other)?;
    let drv_path: Arc<str> = dir.print(&path).into();
    let references: Vec<String> = references.iter().map(|path| dir.print(path)).collect();
    ctx.host().write_derivation(&drv_path, &text, Some(&references))?;
    // Neither is printed with escapes, so that the store may not be able to read them back.
    if drv.outputs.keys().map(String::as_bytes).chain([drv.platform.as_slice()]).any(needs_escapes) {
        ctx.host().write_now(&drv_path)?;
    }
    if !HASHES.contains(&path) {
        let hash = match modulo {
            Some(hash) => hash,
            None => {
                // The hash of a fixed one does not look at its inputs.
                if !drv.derivation_type().map_err(other)?.is_fixed() {
                    load_inputs(ctx, dir, drv)?;
                }
                HASHES.hash(dir, drv).map_err(other)?
            }
        };
        HASHES.insert(path.clone(), hash);
    }

    let mut set = AttrsBuilder::with_capacity(1 + drv.outputs.len());
    set.push(known().drv_path, drv_path_value(ctx, &drv_path));
    for (output, value) in &drv.outputs {
        let known_path = value.path(dir, &drv.name, output).map_err(other)?;
        let text = match known_path {
            Some(path) => dir.print(&path),
            None => DownstreamPlaceholder::unknown_ca_output(&path, output).render(),
        };
        let context = ctx.context([ContextElement::Built { drv: Arc::clone(&drv_path).into(), output: output.as_bytes().into() }]);
        set.push(Name::new(output), ctx.string_with_context(text, context));
    }
    Ok(ctx.attrs(set))
}
