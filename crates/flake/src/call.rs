//! A flake's value: its outputs, applied to its inputs and itself.

use nival_eval::builtins::flake::reference::{Attr, FlakeRef};
use nival_eval::host::FetchArg;
use nival_eval::{AttrsBuilder, BuiltinTable, Ctx, EvalError, Pos, Value};
use nival_syntax::Name;

use crate::error::FlakeError;
use crate::fetching::{FETCH_FLAKE, FETCH_LOCKED};
use crate::graph::{Graph, Node, Source};
use crate::locking::{LockFlags, lock_flake};
use crate::write::{LockWriter, settle};

/// Ties the knot between flakes. `nodes` has for each: `tree` (what was fetched, for the input
/// named `input`) or `parent` and `path`; `subdir`; `isFlake`;
/// `inputs` by name of node.
const KNOT: &[u8] = br#"
nodes: root:
let
  known = builtins.mapAttrs (_: node:
    let
      parent = known.${node.parent};
      within = node ? parent;
      sourceInfo =
        if within then parent.sourceInfo
        else if node ? input then builtins.addErrorContext "while getting the source tree of the flake input '${node.input}'" node.tree
        else node.tree;
      base = if !within then sourceInfo.outPath else if node.path == "" then parent.outPath else parent.outPath + "/" + node.path;
      outPath = if node.subdir == "" then base else base + "/" + node.subdir;
      file = import (outPath + "/flake.nix");
      inputs = builtins.mapAttrs (_: name: known.${name}.value) node.inputs;
      outputs = file.outputs (inputs // { self = flake; });
      flake = outputs // sourceInfo // { inherit outPath inputs outputs sourceInfo; _type = "flake"; };
    in {
      inherit outPath sourceInfo;
      value = if node.isFlake then flake else sourceInfo // { inherit sourceInfo outPath; };
    }) nodes;
in known.${root}.value
"#;

/// The value of the flake that `reference` names, as `builtins.getFlake` gives it: outputs, `inputs`, `outputs`,
/// `sourceInfo`, `outPath` and what is known of its tree. Trees of locked inputs are fetched when they are needed. `flags` say
/// how it is locked, and what becomes of a lock file that has changed.
pub fn call_flake(
    ctx: &mut Ctx<'_>,
    reference: &FlakeRef,
    flags: &LockFlags,
    writer: Option<&dyn LockWriter>,
) -> Result<Value, FlakeError> {
    let graph = inputs(ctx, reference, flags, writer).map_err(|error| {
        let shown = reference.to_url().unwrap_or_default();
        let error: Box<EvalError> = error.into();
        FlakeError::Eval(error.context(Pos::NONE, format!("while updating the lock file of flake '{shown}'")))
    })?;
    call_graph(ctx, &graph)
}

fn inputs(ctx: &mut Ctx<'_>, reference: &FlakeRef, flags: &LockFlags, writer: Option<&dyn LockWriter>) -> Result<Graph, FlakeError> {
    let locked = lock_flake(ctx, reference, flags)?;
    settle(ctx, locked, flags, writer)
}

/// The value of a flake whose inputs are known.
pub fn call_graph(ctx: &mut Ctx<'_>, graph: &Graph) -> Result<Value, FlakeError> {
    let mut nodes = AttrsBuilder::with_capacity(graph.nodes.len());
    for (index, node) in graph.nodes.iter().enumerate() {
        let value = node_value(ctx, node)?;
        nodes.push(key(index), value);
    }
    let nodes = ctx.attrs(nodes);
    let root = ctx.string(key_text(0));
    let knot = ctx.eval_text(KNOT, b"/", "«nix-internal»/call-flake.nix", &[])?;
    Ok(ctx.call(knot, &[nodes, root])?)
}

fn key_text(index: usize) -> String {
    format!("n{index}")
}

fn key(index: usize) -> Name {
    Name::new(key_text(index))
}

fn node_value(ctx: &mut Ctx<'_>, node: &Node) -> Result<Value, FlakeError> {
    let mut set = AttrsBuilder::new();
    match &node.source {
        Source::Tree(tree) => set.push(Name::new("tree"), tree.get()),
        Source::Locked { input, reference } => {
            let attrs = reference_value(ctx, reference);
            let fetch = fetcher(ctx, FETCH_LOCKED)?;
            let (tree, input) = (ctx.lazy_call(fetch, &[attrs]), ctx.string(input));
            set.push(Name::new("tree"), tree);
            set.push(Name::new("input"), input);
        }
        Source::Within { parent, path } => {
            let (parent, path) = (ctx.string(key_text(*parent)), ctx.string(path));
            set.push(Name::new("parent"), parent);
            set.push(Name::new("path"), path);
        }
        Source::Missing { input, reference, reason } => {
            let error = FlakeError::NotLocked { input: input.clone(), reference: reference.clone(), reason: reason.clone() };
            let tree = ctx.failed(error.into());
            set.push(Name::new("tree"), tree);
        }
    }
    let mut inputs = AttrsBuilder::with_capacity(node.inputs.len());
    for (name, target) in &node.inputs {
        let target = ctx.string(key_text(*target));
        inputs.push(Name::new(name), target);
    }
    let (inputs, subdir) = (ctx.attrs(inputs), ctx.string(&node.subdir));
    set.push(Name::new("inputs"), inputs);
    set.push(Name::new("subdir"), subdir);
    set.push(Name::new("isFlake"), Value::bool(node.is_flake));
    Ok(ctx.attrs(set))
}

fn fetcher(ctx: &Ctx<'_>, name: &'static str) -> Result<Value, FlakeError> {
    ctx.builtin(name).ok_or_else(|| FlakeError::Eval(EvalError::other(format!("the evaluator has no '{name}'"))))
}

pub(crate) fn reference_args(reference: &FlakeRef) -> Vec<(String, FetchArg)> {
    let arg = |attr: &Attr| match attr {
        Attr::Text(text) => FetchArg::String(text.as_bytes().to_vec()),
        Attr::Int(int) => FetchArg::Int(*int),
        Attr::Bool(bool) => FetchArg::Bool(*bool),
    };
    reference.attrs.iter().map(|(name, attr)| (name.clone(), arg(attr))).collect()
}

fn reference_value(ctx: &mut Ctx<'_>, reference: &FlakeRef) -> Value {
    let mut set = AttrsBuilder::with_capacity(reference.attrs.len());
    for (name, attr) in &reference.attrs {
        let value = match attr {
            Attr::Text(text) => ctx.string(text),
            Attr::Int(int) => ctx.int(*int),
            Attr::Bool(bool) => Value::bool(*bool),
        };
        set.push(Name::new(name), value);
    }
    ctx.attrs(set)
}

/// What `builtins.fetchTree` gives for a reference, which need not be locked.
pub fn tree_value(ctx: &mut Ctx<'_>, reference: &FlakeRef) -> Result<Value, FlakeError> {
    let attrs = reference_value(ctx, reference);
    let fetch = fetcher(ctx, FETCH_FLAKE)?;
    Ok(ctx.call(fetch, &[attrs])?)
}

/// Makes `builtins.getFlake` give flakes, not only their trees. See [`LockFlags::lenient`].
pub fn install(table: &mut BuiltinTable, lenient: bool) {
    for builtin in table.functions.iter_mut().filter(|builtin| builtin.name == "getFlake") {
        builtin.run = if lenient { |ctx, args| get_flake(ctx, args, true) } else { |ctx, args| get_flake(ctx, args, false) };
    }
}

fn get_flake(ctx: &mut Ctx<'_>, args: &[Value], lenient: bool) -> nival_eval::Result<Value> {
    let what = || "while evaluating the argument passed to builtins.getFlake".to_owned();
    let Some(&argument) = args.first() else { return Err(EvalError::other("'builtins.getFlake' needs an argument")) };
    let reference = FlakeRef::parse(&ctx.expect_string_no_context(argument, what)?.to_str()).map_err(FlakeError::from)?;
    if ctx.host().is_pure() && !crate::fetching::is_locked(&reference) {
        return Err(FlakeError::UnlockedFlake(reference.to_url().map_err(FlakeError::from)?).into());
    }
    let flags = LockFlags { allow_unlocked: !ctx.host().is_pure(), lenient, ..LockFlags::default() };
    Ok(call_flake(ctx, &reference, &flags, None)?)
}
