//! From the context of a derivation's strings to its inputs.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use nival_store::derivation::{DraftInput, InputHash};
use nival_store::{Derivation, InputNode, StoreDir, StorePath};

use super::{HASHES, load, other, reader};
use crate::Ctx;
use crate::builtins::derived::DerivedPath;
use crate::error::Result;
use crate::value::{ContextElement, Interned};

/// The inputs of most derivations: sources, and outputs of derivations that are no outputs themselves.
pub(super) struct Plain<'e> {
    pub sources: Vec<&'e [u8]>,
    pub inputs: Vec<DraftInput<'e>>,
    /// Where the inputs' hashes are kept, in the order of the inputs.
    hashes: Vec<&'e OnceLock<InputHash>>,
}

impl<'e> Plain<'e> {
    /// `None` where some are of another kind, or wrong: [`add`] takes them all.
    pub fn new(ctx: &Ctx<'e>, dir: &StoreDir, ids: &[u64]) -> Option<Plain<'e>> {
        let mut sources = Vec::new();
        let mut built = Vec::with_capacity(ids.len());
        for &id in ids {
            let Interned { element, sound, hash } = ctx.evaluator().contexts.interned(id as u32)?;
            let (path, output) = match element {
                ContextElement::Opaque(path) => (path, None),
                ContextElement::Built { drv, output } => (drv, Some(&**output)),
                ContextElement::DrvDeep(_) => return None,
            };
            if !sound.load(Ordering::Relaxed) {
                parse(dir, path).ok()?;
                str::from_utf8(output.unwrap_or_default()).ok()?;
                sound.store(true, Ordering::Relaxed);
            }
            let base = path.get(dir.as_str().len() + 1..)?;
            match output {
                Some(output) => built.push((base, output, hash)),
                None => sources.push(base),
            }
        }
        sources.sort_unstable();
        built.sort_unstable_by_key(|&(base, output, _)| (base, output));
        let inputs = built.iter().map(|&(drv, output, hash)| DraftInput { drv, output, hash: hash.get() }).collect();
        Some(Plain { sources, inputs, hashes: built.into_iter().map(|(.., hash)| hash).collect() })
    }

    /// Looks the hashes of all inputs up; false where one has none: outputs are not known yet, or something is wrong.
    pub fn find_hashes(&mut self, ctx: &Ctx<'e>, dir: &StoreDir) -> bool {
        self.inputs.iter_mut().zip(&self.hashes).all(|(input, place)| {
            if input.hash.is_none() {
                let hash = || {
                    let path = StorePath::from_base_name_bytes(input.drv).ok()?;
                    let of_derivation = HASHES.of_path(dir, &path, &mut reader(ctx)).ok()?;
                    InputHash::new(&of_derivation, str::from_utf8(input.output).ok()?)
                };
                input.hash = hash().map(|hash| place.get_or_init(|| hash));
            }
            input.hash.is_some()
        })
    }
}

/// Puts what is known of inputs' hashes into the table.
pub(super) fn share_hashes(ctx: &Ctx<'_>, dir: &StoreDir, drv: &Derivation) {
    for (path, node) in drv.input_drvs.iter().filter(|(path, _)| !HASHES.contains(path)) {
        let known = |output: &String| ctx.evaluator().contexts.hash_of(&dir.print(path), output)?.hash_modulo(output);
        if let Some(hash) = node.outputs.iter().find_map(known) {
            HASHES.insert_new(path.clone(), hash);
        }
    }
}

/// Inputs of every kind.
pub(super) fn add(ctx: &Ctx<'_>, dir: &StoreDir, drv: &mut Derivation, ids: &[u64]) -> Result<()> {
    for element in ids.iter().filter_map(|&id| ctx.evaluator().contexts.get(id as u32)) {
        match element {
            ContextElement::Opaque(path) => {
                drv.input_srcs.insert(parse(dir, path)?);
            }
            ContextElement::Built { drv: input, output } => {
                let input = DerivedPath::decode(&String::from_utf8_lossy(input));
                let output = String::from_utf8_lossy(output).into_owned();
                node(dir, drv, &input)?.outputs.insert(output);
            }
            ContextElement::DrvDeep(path) => deep(ctx, dir, drv, parse(dir, path)?)?,
        }
    }
    Ok(())
}

fn parse(dir: &StoreDir, path: &[u8]) -> Result<StorePath> {
    dir.parse_canonical(&String::from_utf8_lossy(path)).map_err(other)
}

/// The entry of the derivation `path` among the inputs.
fn node<'d>(dir: &StoreDir, drv: &'d mut Derivation, path: &DerivedPath) -> Result<&'d mut InputNode> {
    match path {
        DerivedPath::Opaque(path) => Ok(drv.input_drvs.entry(parse(dir, path.as_bytes())?).or_default()),
        DerivedPath::Built { drv: inner, output } => Ok(node(dir, drv, inner)?.dynamic.entry(output.clone()).or_default()),
    }
}

/// The builder may look at everything that `path` is built from: all of it becomes an input, derivations with all
/// their outputs.
fn deep(ctx: &Ctx<'_>, dir: &StoreDir, drv: &mut Derivation, path: StorePath) -> Result<()> {
    let mut seen = BTreeSet::from([path.clone()]);
    let mut todo = vec![path];
    while let Some(path) = todo.pop() {
        drv.input_srcs.insert(path.clone());
        let references: Vec<StorePath> = if path.is_derivation() {
            let input = load(ctx, &path)?;
            drv.input_drvs.entry(path).or_default().outputs.extend(input.outputs.keys().cloned());
            input.references().into_iter().collect()
        } else {
            let references = ctx.host().references(&dir.print(&path))?;
            references.iter().map(|path| parse(dir, path.as_bytes())).collect::<Result<_>>()?
        };
        todo.extend(references.into_iter().filter(|path| seen.insert(path.clone())));
    }
    Ok(())
}
