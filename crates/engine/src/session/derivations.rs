//! Derivations among values.

use nival_eval::{Ahead, Attrs, CoerceOptions, Ctx, ErrorKind, Result, Value, View};
use nival_syntax::Name;
use rustc_hash::FxHashSet;

use super::select::{AutoArgs, auto_call};
use super::{Answer, EvalSession, EvalValue, other_error};
use crate::build::BuildRequest;
use crate::cancel::Control;

/// What a derivation-valued attribute set says of itself. Store paths are logical.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivationInfo {
    pub name: String,
    /// Empty if it says none.
    pub system: String,
    pub drv_path: String,
    /// The output that this value stands for.
    pub output_name: String,
    pub out_path: Option<String>,
    /// Output names with their paths; a path that is known only after the build is `None`.
    pub outputs: Vec<(String, Option<String>)>,
}

impl DerivationInfo {
    /// The request that builds the output this value stands for.
    pub fn build_request(&self) -> BuildRequest {
        BuildRequest { drv_path: self.drv_path.clone(), outputs: vec![self.output_name.clone()] }
    }
}

/// How deep sets marked `recurseForDerivations` are searched.
const MAX_SEARCH_DEPTH: usize = 100;

impl EvalSession {
    /// What the derivation says of itself; `None` if the value is none. Writes nothing to the store.
    ///
    /// # Errors
    /// Evaluation fails.
    pub fn derivation(&self, value: &EvalValue, control: &Control) -> Answer<Option<DerivationInfo>> {
        self.run_on(value, control, |ctx, value| match ctx.force(value)?.as_attrs() {
            Some(set) if is_derivation(ctx, set)? => info(ctx, set).map(Some),
            _ => Ok(None),
        })
    }

    /// Whether the value is a derivation, without evaluating what it is made of.
    ///
    /// # Errors
    /// Evaluation to the outermost constructor fails.
    pub fn is_derivation(&self, value: &EvalValue, control: &Control) -> Answer<bool> {
        self.run_on(value, control, |ctx, value| match ctx.force(value)?.as_attrs() {
            Some(set) => is_derivation(ctx, set),
            None => Ok(false),
        })
    }

    /// All derivations in a value as `nix-build` finds them: itself, or those in its sets and lists, with attribute paths.
    ///
    /// # Errors
    /// Evaluation fails, or the value is no derivation, set or list.
    pub fn derivations(&self, value: &EvalValue, args: &AutoArgs, control: &Control) -> Answer<Vec<(String, DerivationInfo)>> {
        let args = self.raw_args(args)?;
        self.run_on(value, control, |ctx, value| {
            let mut search = Search { args: &args, found: Vec::new(), seen: FxHashSet::default() };
            search.visit(ctx, value, String::new(), 0)?;
            Ok(search.found)
        })
    }

    /// Writes the derivation and everything it needs to the store.
    ///
    /// # Errors
    /// The value is no derivation, its evaluation fails, or the store cannot be written.
    pub fn instantiate(&self, value: &EvalValue, control: &Control) -> Answer<DerivationInfo> {
        match self.derivation(value, control)? {
            Some(info) => {
                self.write_derivations(std::slice::from_ref(&info.drv_path))?;
                Ok(info)
            }
            None => {
                let kind = self.force(value, control)?;
                let message = format!("expected a derivation but found a {}", kind.name());
                Err(crate::Report::new(crate::ReportKind::Evaluation, message))
            }
        }
    }

    /// Writes what was evaluated in this session and is named in `text`, derivations and copied files, with everything
    /// it needs to the store: a store path that a command prints exists. Nothing where the store is only read.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn write_named(&self, text: &[u8]) -> Answer<()> {
        let generation = &*self.generation;
        if generation.config.store.read_only {
            return Ok(());
        }
        let roots = generation.host.pending.named_in(text, generation.store.store_dir().as_str());
        self.write_derivations(&roots)
    }

    /// Writes derivations that were evaluated in this session, with everything they need, to the store.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn write_derivations(&self, drv_paths: &[String]) -> Answer<()> {
        let generation = &*self.generation;
        generation.store.write_pending(&generation.host.pending, &generation.host.view(), drv_paths)
    }
}

/// Whether a set says `type = "derivation"`.
pub(super) fn is_derivation(ctx: &mut Ctx<'_>, set: Attrs) -> Result<bool> {
    let Some(kind) = set.get(Name::new("type")) else { return Ok(false) };
    let kind = ctx.force(kind)?;
    Ok(kind.as_string().is_some_and(|kind| kind.bytes() == b"derivation"))
}

fn text(ctx: &mut Ctx<'_>, set: Attrs, name: &str) -> Result<Option<String>> {
    let Some(value) = set.get(Name::new(name)) else { return Ok(None) };
    let what = || format!("while evaluating the '{name}' attribute of a derivation");
    let string = ctx.coerce_to_string(value, CoerceOptions::default(), what)?;
    Ok(Some(string.to_str().into_owned()))
}

fn info(ctx: &mut Ctx<'_>, set: Attrs) -> Result<DerivationInfo> {
    let name = text(ctx, set, "name")?.ok_or_else(|| other_error(ErrorKind::Type, "derivation name missing"))?;
    let drv_path = text(ctx, set, "drvPath")?;
    let drv_path = drv_path.ok_or_else(|| other_error(ErrorKind::Type, "derivation does not contain a 'drvPath' attribute"))?;
    let system = text(ctx, set, "system")?.unwrap_or_default();
    let out_path = text(ctx, set, "outPath")?;
    let output_name = text(ctx, set, "outputName")?.unwrap_or_else(|| "out".to_owned());
    let mut outputs = Vec::new();
    match set.get(Name::new("outputs")) {
        Some(names) => {
            let names = ctx.expect_list(names, || "while evaluating the 'outputs' attribute of a derivation".to_owned())?;
            for name in names.elements().iter().copied() {
                let name = ctx.expect_string(name, || "while evaluating the name of one output of a derivation".to_owned())?;
                let name = name.to_str().into_owned();
                let path = match set.get(Name::new(&name)).map(|output| ctx.force(output)).transpose()?.and_then(Value::as_attrs) {
                    Some(output) => text(ctx, output, "outPath")?,
                    None => None,
                };
                outputs.push((name, path));
            }
        }
        None => outputs.push((output_name.clone(), out_path.clone())),
    }
    // A path that is not known yet is a placeholder, `/1rz4g4znpz…`.
    let store_dir = ctx.host().store_dir();
    let known = |path: Option<String>| path.filter(|path| path.starts_with(store_dir));
    let outputs = outputs.into_iter().map(|(name, path)| (name, known(path))).collect();
    Ok(DerivationInfo { name, system, drv_path, output_name, out_path: known(out_path), outputs })
}

struct Search<'a> {
    args: &'a [(Name, Value)],
    found: Vec<(String, DerivationInfo)>,
    /// Derivations met under another name before.
    seen: FxHashSet<String>,
}

impl Search<'_> {
    fn add(&mut self, ctx: &mut Ctx<'_>, value: Value, path: &str) -> Result<bool> {
        let Some(set) = value.as_attrs() else { return Ok(false) };
        if !is_derivation(ctx, set)? {
            return Ok(false);
        }
        let info = info(ctx, set)?;
        if self.seen.insert(format!("{}!{}", info.drv_path, info.output_name)) {
            self.found.push((path.to_owned(), info));
        }
        Ok(true)
    }

    fn visit(&mut self, ctx: &mut Ctx<'_>, value: Value, path: String, depth: usize) -> Result<()> {
        let value = auto_call(ctx, value, self.args)?;
        if depth > MAX_SEARCH_DEPTH || self.add(ctx, value, &path)? {
            return Ok(());
        }
        let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value.view() {
            View::Attrs(set) => {
                let sorted = ctx.attrs_sorted(set)?;
                let offer =
                    ctx.offer(sorted.iter().filter(|attr| is_attr_name(&attr.name.to_str())).map(|attr| attr.value), Ahead::Derivation);
                let mut reached = 0;
                for attr in sorted {
                    let name = attr.name.to_string();
                    if !is_attr_name(&name) {
                        continue;
                    }
                    offer.reached(reached);
                    reached += 1;
                    let child = ctx.force(attr.value)?;
                    if !self.add(ctx, child, &join(&name))? && wants_recursion(ctx, child)? {
                        self.visit(ctx, child, join(&name), depth + 1)?;
                    }
                }
                Ok(())
            }
            View::List(list) => {
                let offer = ctx.offer(list.elements().iter().copied(), Ahead::Derivation);
                for (index, item) in list.elements().iter().copied().enumerate() {
                    offer.reached(index);
                    let item = ctx.force(item)?;
                    let path = join(&index.to_string());
                    if !self.add(ctx, item, &path)? {
                        self.visit(ctx, item, path, depth + 1)?;
                    }
                }
                Ok(())
            }
            _ => Err(other_error(ErrorKind::Type, "expression does not evaluate to a derivation (or a set or list of those)")),
        }
    }
}

fn wants_recursion(ctx: &mut Ctx<'_>, value: Value) -> Result<bool> {
    let Some(flag) = value.as_attrs().and_then(|set| set.get(Name::new("recurseForDerivations"))) else { return Ok(false) };
    ctx.expect_bool(flag, || "while evaluating the attribute `recurseForDerivations`".to_owned())
}

/// Names that `nix-env` and `nix-build` look at.
fn is_attr_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') && bytes.all(|b| b.is_ascii_alphanumeric() || b"-_+".contains(&b))
}
