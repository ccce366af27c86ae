//! Flakes: their value, and attributes of it as the `nix` command looks for them.

use std::path::{Path, PathBuf};

use nival_eval::{Ctx, ErrorKind, Result, Value};
use nival_flake::{FlakeAttr, FlakeRef, Installable};
use nival_syntax::Name;

use super::select::select;
use super::{Answer, EvalSession, EvalValue, other_error};
use crate::cancel::Control;
use crate::discover::{ProjectKind, kind_of};
use crate::report::{Report, ReportKind};

/// What a person looks for in a flake; decides where an attribute is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlakeLookup {
    /// `packages.<system>.x`, then `legacyPackages.<system>.x`, then `x`; without a name `packages.<system>.default`.
    Package,
    /// The same behind `apps.<system>`.
    App,
    /// `devShells.<system>.x`, then as a package.
    Shell,
    /// The path as it is.
    Exact,
}

impl FlakeLookup {
    /// Attribute paths to try, first the likeliest.
    pub fn candidates(self, system: &str, name: &str) -> Vec<String> {
        let named =
            |prefixes: &[&str]| prefixes.iter().map(|prefix| format!("{prefix}.{system}.{name}")).chain([name.to_owned()]).collect();
        let unnamed = |paths: &[(&str, &str)]| {
            let path = |(prefix, suffix): &(&str, &str)| format!("{prefix}.{system}{}{suffix}", if suffix.is_empty() { "" } else { "." });
            paths.iter().map(path).collect()
        };
        // A leading dot means the path from the outputs on.
        if let Some(exact) = name.strip_prefix('.') {
            return vec![exact.to_owned()];
        }
        match (self, name.is_empty()) {
            (FlakeLookup::Exact, _) => vec![name.to_owned()],
            (FlakeLookup::Package, true) => unnamed(&[("packages", "default"), ("defaultPackage", "")]),
            (FlakeLookup::Package, false) => named(&["packages", "legacyPackages"]),
            (FlakeLookup::App, true) => {
                unnamed(&[("apps", "default"), ("defaultApp", ""), ("packages", "default"), ("defaultPackage", "")])
            }
            (FlakeLookup::App, false) => named(&["apps", "packages", "legacyPackages"]),
            (FlakeLookup::Shell, true) => {
                unnamed(&[("devShells", "default"), ("devShell", ""), ("packages", "default"), ("defaultPackage", "")])
            }
            (FlakeLookup::Shell, false) => named(&["devShells", "packages", "legacyPackages"]),
        }
    }
}

impl EvalSession {
    /// The value of the flake that a reference (`.`, `./dir`, `path:…`, `git+file:…`) names: its outputs, `inputs`,
    /// `sourceInfo` and so on.
    ///
    /// # Errors
    /// There is no such flake on this machine, or its evaluation fails.
    pub fn eval_flake(&self, reference: &str, control: &Control) -> Answer<EvalValue> {
        let system = self.generation.host.view().system;
        let reference = nival_flake::parse_reference(reference, &self.base, &*system).map_err(flake_error)?;
        self.run_value(control, |ctx| self.flake(ctx, &reference))
    }

    /// A flake of which the user said the name: its folder may be read whatever the policy says of paths in files.
    fn flake(&self, ctx: &mut Ctx<'_>, reference: &FlakeRef) -> Result<Value> {
        if let Some(folder) = local_folder(reference) {
            self.generation.host.permit(&folder);
        }
        let host = &*self.generation.host;
        Ok(nival_flake::call_flake(ctx, reference, &self.generation.config.locking, Some(host))?)
    }

    /// Makes the names of a flake's inputs stand for what they are locked to: `--inputs-from`.
    ///
    /// # Errors
    /// There is no such flake, or its inputs cannot be locked.
    pub fn inputs_from(&self, reference: &str, control: &Control) -> Answer<()> {
        let system = self.generation.host.view().system;
        let reference = nival_flake::parse_reference(reference, &self.base, &*system).map_err(flake_error)?;
        let flags = nival_flake::LockFlags { write: false, ..self.generation.config.locking.clone() };
        let host = &self.generation.host;
        self.run(control, |ctx| {
            let locked = nival_flake::lock_flake(ctx, &reference, &flags)?;
            let names = nival_flake::locked_inputs(&locked.new);
            nival_flake::settle(ctx, locked, &flags, None)?;
            let indirect = |name: String| FlakeRef {
                attrs: [("type", "indirect".to_owned()), ("id", name)].map(|(attr, text)| (attr.to_owned(), FlakeAttr::Text(text))).into(),
            };
            host.override_flakes(names.into_iter().map(|(name, reference)| (indirect(name), reference)));
            Ok(())
        })
    }

    /// What `<flake>#<attribute>` names, and the attribute path at which it was found. Outputs after a `^` are left to
    /// the caller.
    ///
    /// # Errors
    /// The flake has no such attribute, or evaluation fails.
    pub fn eval_installable(&self, installable: &str, lookup: FlakeLookup, control: &Control) -> Answer<(EvalValue, String)> {
        let system = self.generation.host.view().system;
        let parsed = Installable::parse(installable, &self.base, &*system).map_err(flake_error)?;
        let candidates = lookup.candidates(&self.generation.config.system, &parsed.attr_path);
        let (value, path) = self.run(control, |ctx| {
            let flake = self.flake(ctx, &parsed.flake)?;
            let outputs = match ctx.force(flake)?.as_attrs().and_then(|flake| flake.get(Name::new("outputs"))) {
                Some(outputs) => outputs,
                None => flake,
            };
            find(ctx, outputs, &candidates, &parsed).map(|(value, path)| (ctx.root(value), path))
        })?;
        Ok((self.wrap(value), path))
    }

    /// The value that a file of a project stands for: the outputs of the flake for its `flake.nix`, else the file's value.
    ///
    /// # Errors
    /// Evaluation fails.
    pub fn eval_project_file(&self, file: &Path, control: &Control) -> Answer<EvalValue> {
        let file = self.base.join(file);
        if kind_of(&file) != Some(ProjectKind::Flake) {
            return self.eval_file(&file, control);
        }
        let folder = file.parent().unwrap_or(Path::new("/"));
        let flake = self.eval_flake(&folder.display().to_string(), control)?;
        let outputs = self.attr(&flake, "outputs", control)?;
        Ok(outputs.unwrap_or(flake))
    }
}

fn find(ctx: &mut Ctx<'_>, outputs: Value, candidates: &[String], parsed: &Installable) -> Result<(Value, String)> {
    let mut hint = None;
    for candidate in candidates {
        match select(ctx, outputs, candidate, &[], &mut Vec::new()) {
            Ok(value) => return Ok((ctx.force(value)?, candidate.clone())),
            // Only that the attribute is not there makes the next place worth a try.
            Err(error) if is_absent(&error, candidate) => hint = hint.or_else(|| error.hints.first().cloned()),
            Err(error) => return Err(error),
        }
    }
    let shown = parsed.flake.to_url().unwrap_or_default();
    let quoted: Vec<String> = candidates.iter().map(|candidate| format!("'{candidate}'")).collect();
    let places = match quoted.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} or {last}", most.join(", ")),
        all => all.concat(),
    };
    let error = other_error(ErrorKind::MissingAttribute, format!("flake '{shown}' does not provide attribute {places}"));
    Err(match hint {
        Some(hint) => error.hint(hint),
        None => error,
    })
}

/// Whether the selection itself found nothing, as opposed to an evaluation on the way that failed.
fn is_absent(error: &nival_eval::EvalError, path: &str) -> bool {
    error.kind == ErrorKind::MissingAttribute && error.message.contains(&format!("in selection path '{path}'"))
}

/// The folder of a flake that is on this machine.
fn local_folder(reference: &FlakeRef) -> Option<PathBuf> {
    let text = |name: &str| match reference.attrs.get(name) {
        Some(FlakeAttr::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    match text("type")? {
        "path" => text("path").map(PathBuf::from),
        "git" => text("url").and_then(|url| url.strip_prefix("file://")).map(PathBuf::from),
        _ => None,
    }
}

fn flake_error(error: nival_flake::FlakeError) -> Report {
    Report::new(ReportKind::Evaluation, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_to_look() {
        let shown = |lookup: FlakeLookup, name: &str| lookup.candidates("s", name).join(" ");
        assert_eq!(shown(FlakeLookup::Package, "a.b"), "packages.s.a.b legacyPackages.s.a.b a.b");
        assert_eq!(shown(FlakeLookup::Package, ""), "packages.s.default defaultPackage.s");
        assert_eq!(shown(FlakeLookup::Shell, ""), "devShells.s.default devShell.s packages.s.default defaultPackage.s");
        assert_eq!(shown(FlakeLookup::Package, ".x"), "x");
    }
}
