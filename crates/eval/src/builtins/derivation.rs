//! `derivationStrict`, `derivation`, `placeholder`: from attributes to `.drv` files.

mod attributes;
mod inputs;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use nival_store::derivation::{DownstreamPlaceholder, HashModulo, ModuloError, ModuloHashes};
use nival_store::store_path::{make_text_path, output_placeholder};
use nival_store::{ContentAddress, ContentAddressMethod, Derivation, DerivationOutput, Hash, HashAlgo, StoreDir, StorePath};
use nival_syntax::Name;

use self::attributes::Attributes;
use super::support::{arg, builtin, frame, known, required};
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::{EvalError, Pos, Result};
use crate::value::{AttrsBuilder, ContextElement, Value};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("derivationStrict", &["attributes"], derivation_strict, "Writes the derivation that a set describes: `name`, `builder`, `system`, optional `args`, `outputs` and so on; every other attribute becomes an environment variable of the build. Gives `drvPath` and a path for each output. `derivation` wraps it lazily; use that."),
    builtin("placeholder", &["output"], placeholder, "A text that stands for the path of the derivation's own output inside its attributes; the build sees the real path."),
];

/// `derivation`, in the language: nothing is written before one of its paths is needed.
pub(super) const DERIVATION: &str = include_str!("derivation/derivation.nix");

/// Hashes of the derivations seen by this process. A path fixes what it holds, so that evaluators share them.
static HASHES: LazyLock<ModuloHashes> = LazyLock::new(ModuloHashes::new);

/// The logical store directory.
pub(super) fn store_dir(ctx: &Ctx<'_>) -> Result<StoreDir> {
    let dir = ctx.host().store_dir();
    StoreDir::new(dir).ok_or_else(|| EvalError::other(format!("'{dir}' is not a store directory")))
}

/// Reads a derivation from the store.
pub(super) fn load(ctx: &Ctx<'_>, path: &StorePath) -> Result<Arc<Derivation>> {
    let dir = store_dir(ctx)?;
    let text = ctx.host().read_derivation(&dir.print(path))?;
    let name = path.derivation_name().unwrap_or(path.name());
    let drv = Derivation::parse(&dir, name, &text);
    drv.map(Arc::new).map_err(|error| EvalError::other(format!("error parsing derivation '{}': {error}", dir.print(path))))
}

fn placeholder(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let output = ctx.expect_string_no_context(args[0], arg("first", "placeholder"))?;
    Ok(ctx.string(output_placeholder(&output.to_str())))
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

fn write(ctx: &mut Ctx<'_>, name: &str, set: crate::Attrs) -> Result<Value> {
    nival_store::store_path::check_name(name)
        .map_err(|error| other(format!("invalid derivation name: {error}. Please pass a different 'name'.")))?;
    let dir = store_dir(ctx)?;
    let Attributes { mut drv, context, content_addressed, impure, hash, algo, mode, outputs } = attributes::read(ctx, name, set)?;
    inputs::add(ctx, &dir, &mut drv, context)?;

    if drv.builder.is_empty() {
        return Err(other("required attribute 'builder' missing"));
    }
    if drv.platform.is_empty() {
        return Err(other("required attribute 'system' missing"));
    }
    let only_out = outputs.len() == 1 && outputs.contains("out");
    if name.ends_with(".drv") && !(mode == Some(ContentAddressMethod::Text) && only_out) {
        return Err(other("derivation names are allowed to end in '.drv' only if they produce a single derivation file"));
    }

    let mut modulo = None;
    if let Some(hash) = hash {
        if !only_out {
            return Err(other("multiple outputs are not supported in fixed-output derivations"));
        }
        fixed(ctx, &dir, &mut drv, &hash, algo, mode.unwrap_or(ContentAddressMethod::Flat))?;
    } else if content_addressed || impure {
        if content_addressed && impure {
            return Err(other("derivation cannot be both content-addressed and impure"));
        }
        let (method, algo) = (mode.unwrap_or(ContentAddressMethod::Nar), algo.unwrap_or(HashAlgo::Sha256));
        for output in &outputs {
            drv.env.insert(output.clone().into_bytes(), output_placeholder(output).into_bytes());
            let value = if impure { DerivationOutput::Impure { method, algo } } else { DerivationOutput::CaFloating { method, algo } };
            drv.outputs.insert(output.clone(), value);
        }
    } else {
        drv.outputs = outputs.into_iter().map(|output| (output, DerivationOutput::Deferred)).collect();
        load_inputs(ctx, &dir, &drv)?;
        modulo = Some(HASHES.fill_in_outputs(&dir, &mut drv).map_err(other)?);
    }
    finish(ctx, &dir, &drv, modulo)
}

fn load_inputs(ctx: &Ctx<'_>, dir: &StoreDir, drv: &Derivation) -> Result<()> {
    HASHES
        .load_inputs(dir, drv, &mut |path| load(ctx, path).map_err(|error| -> Box<dyn std::error::Error + Send + Sync> { error }))
        .map_err(|error| match error {
            ModuloError::Read { path, error } => other(format!("cannot read input derivation '{path}': {error}")),
            error => other(error),
        })
}

fn fixed(
    ctx: &mut Ctx<'_>,
    dir: &StoreDir,
    drv: &mut Derivation,
    text: &str,
    algo: Option<HashAlgo>,
    method: ContentAddressMethod,
) -> Result<()> {
    let hash = Hash::parse_allow_empty(text, algo).map_err(other)?;
    if text.is_empty() {
        ctx.notice(&format!("found empty hash, assuming '{}'", hash.sri()))?;
    }
    let output = DerivationOutput::CaFixed(ContentAddress { method, hash });
    if let Some(path) = output.path(dir, &drv.name, "out").map_err(other)? {
        drv.env.insert(b"out".to_vec(), dir.print(&path).into_bytes());
    }
    drv.outputs.insert("out".into(), output);
    Ok(())
}

/// Writes the `.drv` file and gives the set of paths. `modulo` is the derivation's hash, where it is known already.
fn finish(ctx: &mut Ctx<'_>, dir: &StoreDir, drv: &Derivation, modulo: Option<HashModulo>) -> Result<Value> {
    let text = drv.to_aterm(dir).map_err(other)?;
    let references = drv.references();
    let path = make_text_path(dir, &format!("{}.drv", drv.name), &HashAlgo::Sha256.hash(&text), &references).map_err(other)?;
    let drv_path = dir.print(&path);
    let references: Vec<String> = references.iter().map(|path| dir.print(path)).collect();
    ctx.host().write_derivation(&drv_path, &text, &references)?;
    // Neither is printed with escapes, so that the store may not be able to read them back.
    let mut plain = drv.outputs.keys().map(String::as_bytes).chain([drv.platform.as_slice()]);
    if plain.any(|text| memchr::memchr2(b'"', b'\\', text).is_some()) {
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
    let context = ctx.context([ContextElement::DrvDeep(drv_path.as_bytes().into())]);
    set.push(known().drv_path, ctx.string_with_context(&drv_path, context));
    for (output, value) in &drv.outputs {
        let known_path = value.path(dir, &drv.name, output).map_err(other)?;
        let text = match known_path {
            Some(path) => dir.print(&path),
            None => DownstreamPlaceholder::unknown_ca_output(&path, output).render(),
        };
        let context = ctx.context([ContextElement::Built { drv: drv_path.as_bytes().into(), output: output.as_bytes().into() }]);
        set.push(Name::new(output), ctx.string_with_context(text, context));
    }
    Ok(ctx.attrs(set))
}

/// Names of outputs, sorted.
type Outputs = BTreeSet<String>;
