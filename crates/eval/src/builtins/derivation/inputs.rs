//! From the context of a derivation's strings to its inputs.

use std::collections::BTreeSet;

use nival_store::{Derivation, InputNode, StoreDir, StorePath};

use super::{load, other};
use crate::Ctx;
use crate::builtins::derived::DerivedPath;
use crate::error::Result;
use crate::value::{ContextElement, ContextSum};

pub(super) fn add(ctx: &Ctx<'_>, dir: &StoreDir, drv: &mut Derivation, context: ContextSum) -> Result<()> {
    for element in context.into_ids().into_iter().filter_map(|id| ctx.evaluator().contexts.get(id as u32)) {
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
