//! From the context of a derivation's strings to its inputs.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use nival_store::derivation::{DraftInput, InputHash};
use nival_store::{Derivation, InputNode, StoreDir, StorePath};

use super::{HASHES, load, other, reader};
use crate::Ctx;
use crate::builtins::derived::DerivedPath;
use crate::error::Result;
use crate::value::{ContextElement, Input, Interned};

/// The inputs of most derivations: sources, and outputs of derivations that are no outputs themselves.
pub(super) struct Plain<'e> {
    pub sources: Vec<&'e StorePath>,
    pub inputs: Vec<DraftInput<'e>>,
    /// Where the inputs' hashes are kept, in no order.
    hashes: Vec<(&'e StorePath, &'e str, &'e OnceLock<InputHash>)>,
}

impl<'e> Plain<'e> {
    /// `None` where some are of another kind, or wrong: [`add`] takes them all.
    pub fn new(ctx: &Ctx<'e>, dir: &StoreDir, ids: &[u64]) -> Option<Plain<'e>> {
        let mut plain = Plain { sources: Vec::new(), inputs: Vec::new(), hashes: Vec::with_capacity(ids.len()) };
        for &id in ids {
            let Interned { element, input } = ctx.evaluator().contexts.interned(id as u32)?;
            let find = |path: &[u8]| match input.get() {
                Some(known) => Some(known),
                None => {
                    let path = parse(dir, path).ok()?;
                    Some(input.get_or_init(|| Input { path, hash: OnceLock::new() }))
                }
            };
            match element {
                ContextElement::Opaque(path) => plain.sources.push(&find(path)?.path),
                ContextElement::Built { drv, output } => {
                    let input = find(drv)?;
                    plain.hashes.push((&input.path, str::from_utf8(output).ok()?, &input.hash));
                }
                ContextElement::DrvDeep(_) => return None,
            }
        }
        plain.sources.sort_unstable();
        plain.hashes.sort_unstable_by_key(|&(path, output, _)| (path, output));
        plain.inputs.extend(plain.hashes.iter().map(|&(drv, output, _)| DraftInput { drv, output, hash: None }));
        Some(plain)
    }

    /// Looks the hashes of all inputs up; false where one has none: outputs are not known yet, or something is wrong.
    pub fn find_hashes(&mut self, ctx: &Ctx<'e>, dir: &StoreDir) -> bool {
        let hashes = self.hashes.iter().map(|&(path, output, place)| {
            if let Some(hash) = place.get() {
                return Some(hash);
            }
            let of_derivation = HASHES.of_path(dir, path, &mut reader(ctx)).ok()?;
            let hash = InputHash::new(&of_derivation, output)?;
            Some(place.get_or_init(|| hash))
        });
        self.inputs.iter_mut().zip(hashes).all(|(input, hash)| {
            input.hash = hash;
            hash.is_some()
        })
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
