//! What a derivation demands of its outputs: sizes, and which paths they may refer to.

use std::collections::BTreeMap;

use nival_store::{PathInfo, StorePath, StorePathSet};

use super::{Made, Register};
use crate::derivation::{OutputChecks, RefSpec};
use crate::error::BuildFailure;

/// Applies the checks to every new output.
pub(super) fn check_outputs(build: &Register<'_>, made: &[Made]) -> Result<(), BuildFailure> {
    let new: BTreeMap<&StorePath, &PathInfo> = made.iter().map(|made| (&made.info.path, &made.info)).collect();
    for output in made {
        if let Some(checks) = build.options.checks_for(&output.name) {
            Checks { build, new: &new, output, checks }.apply()?;
        }
    }
    Ok(())
}

struct Checks<'a> {
    build: &'a Register<'a>,
    /// Not valid yet.
    new: &'a BTreeMap<&'a StorePath, &'a PathInfo>,
    output: &'a Made,
    checks: &'a OutputChecks,
}

impl Checks<'_> {
    fn apply(&self) -> Result<(), BuildFailure> {
        let info = &self.output.info;
        let path = self.build.dir().display(&info.path);
        if let Some(limit) = self.checks.max_size.filter(|limit| info.nar_size > *limit) {
            return Err(self.build.reject(format!("path '{path}' is too large at {} bytes; limit is {limit} bytes", info.nar_size)));
        }
        if let Some(limit) = self.checks.max_closure_size {
            let (_, size) = self.closure()?;
            if size > limit {
                return Err(self.build.reject(format!("closure of path '{path}' is too large at {size} bytes; limit is {limit} bytes")));
            }
        }
        let OutputChecks { allowed_references, disallowed_references, allowed_requisites, disallowed_requisites, .. } = self.checks;
        if let Some(specs) = allowed_references {
            self.references(specs, true, false)?;
        }
        if let Some(specs) = allowed_requisites {
            self.references(specs, true, true)?;
        }
        if !disallowed_references.is_empty() {
            self.references(disallowed_references, false, false)?;
        }
        if !disallowed_requisites.is_empty() {
            self.references(disallowed_requisites, false, true)?;
        }
        Ok(())
    }

    fn references(&self, specs: &[RefSpec], allowed: bool, recursive: bool) -> Result<(), BuildFailure> {
        let mut listed = StorePathSet::new();
        for spec in specs {
            match spec {
                RefSpec::Path(path) => listed.insert(path.clone()),
                RefSpec::Output(name) => listed.insert(self.output_path(name)?),
            };
        }
        let mut used = if recursive { self.closure()?.0 } else { self.output.info.references.clone() };
        if recursive && self.checks.ignore_self_refs {
            used.remove(&self.output.info.path);
        }
        let bad: Vec<_> = used.iter().filter(|path| listed.contains(*path) != allowed).collect();
        if bad.is_empty() {
            return Ok(());
        }
        let list: String = bad.into_iter().map(|path| format!("\n  {}", self.build.dir().display(path))).collect();
        let path = self.build.dir().display(&self.output.info.path);
        Err(self.build.reject(format!("output '{path}' is not allowed to refer to the following paths:{list}")))
    }

    fn output_path(&self, name: &str) -> Result<StorePath, BuildFailure> {
        self.build.all_outputs.get(name).cloned().ok_or_else(|| {
            self.build.reject(format!(
                "derivation '{}' output check for '{}' contains output name '{name}', but this is not a valid output of this derivation. (Valid outputs are [{}].)",
                self.build.dir().display(self.build.drv_path),
                self.output.name,
                self.build.all_outputs.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
            ))
        })
    }

    /// Everything the output refers to, and the bytes of it all.
    fn closure(&self) -> Result<(StorePathSet, u64), BuildFailure> {
        let (mut seen, mut size) = (StorePathSet::new(), 0u64);
        let mut todo = vec![self.output.info.path.clone()];
        while let Some(path) = todo.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let mut visit = |info: &PathInfo| {
                size = size.saturating_add(info.nar_size);
                todo.extend(info.references.iter().cloned());
            };
            match self.new.get(&path) {
                Some(info) => visit(info),
                None => visit(&*self.build.store.require_path_info(&path).map_err(|error| self.build.failed(error))?),
            }
        }
        Ok((seen, size))
    }
}
