//! Store paths and outputs of derivations, where the derivation may itself be an output.

use nival_store::StorePath;
use nival_store::derivation::DownstreamPlaceholder;

use super::derivation::{load, store_dir};
use crate::Ctx;
use crate::error::{EvalError, Result};

/// What a context element of a string stands for. As text: `/nix/store/…-x.drv`, then `^output` for each step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DerivedPath {
    Opaque(String),
    Built { drv: Box<DerivedPath>, output: String },
}

impl DerivedPath {
    pub(super) fn decode(text: &str) -> DerivedPath {
        match text.rsplit_once('^') {
            Some((drv, output)) => DerivedPath::Built { drv: Box::new(DerivedPath::decode(drv)), output: output.to_owned() },
            None => DerivedPath::Opaque(text.to_owned()),
        }
    }

    pub(super) fn encode(&self) -> String {
        match self {
            DerivedPath::Opaque(path) => path.clone(),
            DerivedPath::Built { drv, output } => format!("{}^{output}", drv.encode()),
        }
    }

    /// The text that a string with this context has: the path where it is known, else a placeholder.
    pub(super) fn text(&self, ctx: &mut Ctx<'_>) -> Result<String> {
        match self {
            DerivedPath::Opaque(path) => Ok(path.clone()),
            DerivedPath::Built { drv, output } => match &**drv {
                DerivedPath::Opaque(path) => {
                    let dir = store_dir(ctx)?;
                    let drv_path = parse(ctx, path)?;
                    let drv = load(ctx, &drv_path)?;
                    let no_output = || EvalError::other(format!("derivation '{path}' does not have output '{output}'"));
                    let value = drv.outputs.get(output).ok_or_else(no_output)?;
                    let known = value.path(&dir, &drv.name, output).map_err(|error| EvalError::other(error.to_string()))?;
                    Ok(match known {
                        Some(known) => dir.print(&known),
                        None => DownstreamPlaceholder::unknown_ca_output(&drv_path, output).render(),
                    })
                }
                DerivedPath::Built { .. } => Ok(self.placeholder(ctx)?.render()),
            },
        }
    }

    /// The store path itself, which for an output is known once it was built, at the latest.
    pub(super) fn resolve(&self, ctx: &Ctx<'_>) -> Result<String> {
        let DerivedPath::Built { drv, output } = self else { return Ok(self.encode()) };
        let path = drv.resolve(ctx)?;
        let dir = store_dir(ctx)?;
        let parsed = load(ctx, &parse(ctx, &path)?)?;
        let no_output = || EvalError::other(format!("derivation '{path}' does not have output '{output}'"));
        let value = parsed.outputs.get(output).ok_or_else(no_output)?;
        if let Some(known) = value.path(&dir, &parsed.name, output).map_err(|error| EvalError::other(error.to_string()))? {
            return Ok(dir.print(&known));
        }
        let unbuilt = || EvalError::other(format!("cannot operate on output '{output}' of the unbuilt derivation '{path}'"));
        ctx.host().built_output(&path, output)?.ok_or_else(unbuilt)
    }

    fn placeholder(&self, ctx: &Ctx<'_>) -> Result<DownstreamPlaceholder> {
        match self {
            DerivedPath::Opaque(path) => Err(EvalError::other(format!("'{path}' is not an output"))),
            DerivedPath::Built { drv, output } => match &**drv {
                DerivedPath::Opaque(path) => Ok(DownstreamPlaceholder::unknown_ca_output(&parse(ctx, path)?, output)),
                inner => Ok(inner.placeholder(ctx)?.unknown_derivation(output)),
            },
        }
    }
}

/// What stands for an output in strings until it is built, if its path is not known before.
pub(crate) fn placeholder(ctx: &Ctx<'_>, drv: &str, output: &str) -> Result<String> {
    let drv = Box::new(DerivedPath::decode(drv));
    Ok(DerivedPath::Built { drv, output: output.to_owned() }.placeholder(ctx)?.render())
}

fn parse(ctx: &Ctx<'_>, path: &str) -> Result<StorePath> {
    store_dir(ctx)?.parse_canonical(path).map_err(|error| EvalError::other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::DerivedPath;

    #[test]
    fn text_form_reads_back() {
        for text in ["/nix/store/x.drv", "/nix/store/x.drv^out", "/nix/store/x.drv^out^dev"] {
            assert_eq!(DerivedPath::decode(text).encode(), text);
        }
    }
}
