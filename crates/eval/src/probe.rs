//! [`Probe`]: the value of any expression of a file where it stands, for hovers and completion.
//!
//! A probe has a frame of its own for the file. To evaluate an expression it goes down from the root and does on the way
//! what evaluation would do: binds `let`s, recursive sets and `with`s that enclose it, without evaluating their bodies. In
//! a function that encloses it the parameters get the arguments that are written beside it, else their defaults; one
//! without either is a value that fails with [`ErrorKind::UnknownHere`]. Values are shared between all expressions that
//! are asked for. Works in files with errors, as far as the errors are elsewhere.

use std::sync::{Arc, Mutex};

use nival_hir::Lowered;
use nival_hir::module::{AttrName, Expr, ExprId, Lambda, Module, Param, Pattern};
use rustc_hash::FxHashMap;

use crate::code::Code;
use crate::ctx::Ctx;
use crate::error::{ErrorKind, EvalError, Pos, Result};
use crate::heap::Root;
use crate::linked::{Linked, Origin, Unit};
use crate::ops::path::parent;
use crate::value::{AttrsBuilder, Frame, Value};

/// See the module documentation.
pub struct Probe {
    module: u32,
    root: Frame,
    /// Keeps the root frame.
    _kept: Root,
    /// The expression around each expression.
    parents: Box<[Option<ExprId>]>,
    /// Held while frames are filled.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Keeps the frames and values.
    kept: Vec<Root>,
    /// The frames of functions that were entered, by index.
    frames: FxHashMap<u32, Frame>,
    /// Values that were asked for.
    values: FxHashMap<ExprId, Value>,
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Probe").field("module", &self.module).finish_non_exhaustive()
    }
}

impl<'e> Ctx<'e> {
    /// Makes a probe of a text that stands for the file `path`. `lowered` is what [`nival_hir::lower`] gives for the text: who asks about
    /// an expression has it, and with it the positions of what fails.
    pub fn probe(&mut self, text: Arc<[u8]>, path: &[u8], lowered: &Lowered) -> Probe {
        let origin = Origin { file: Some(path.to_vec()), label: String::new(), base: parent(path).to_vec() };
        let linked = self.link_module(Unit { origin, text, on_disk: false }, &[], &Code::from(lowered));
        let root = Frame::alloc(&mut self.region, Frame::NONE, linked.module().frame_size as usize);
        let kept = self.root(Value(root.0));
        Probe { module: linked.id, root, _kept: kept, parents: parents(linked.module()), known: Mutex::default() }
    }

    /// The value of an expression of the probe's module, not forced.
    pub fn probe_expr(&mut self, probe: &Probe, target: ExprId) -> Result<Value> {
        let m = self.evaluator.linked(probe.module);
        let mut spine = vec![target];
        while let Some(up) = spine.last().and_then(|id| probe.parents.get(id.0 as usize).copied().flatten()) {
            spine.push(up);
        }
        spine.reverse();
        if spine.first() != Some(&m.root) {
            return Err(EvalError::new(ErrorKind::UnknownHere, "it is not part of the file's value"));
        }
        let mut frame = probe.root;
        let mut known = probe.known.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(&value) = known.values.get(&target) {
            return Ok(value);
        }
        // The slot that holds the value, if the expression is what a name is bound to.
        let mut own_slot = None;
        for (i, &id) in spine.iter().enumerate() {
            let Some(&child) = spine.get(i + 1) else { break };
            own_slot = None;
            match *m.expr(id) {
                Expr::Let(index) => {
                    let lit = &m.module().lets[index as usize];
                    let first = lit.defs.first().or(lit.sources.first());
                    if first.is_some_and(|(slot, _)| frame.get(slot.0).is_unset()) {
                        self.bind_let(m, frame, lit);
                    }
                    own_slot = lit.defs.iter().chain(&lit.sources).find(|(_, def)| *def == child).map(|(slot, _)| *slot);
                }
                Expr::With { slot, namespace, body } if child == body && frame.get(slot.0).is_unset() => {
                    let namespace = self.delay(m, frame, namespace);
                    self.region.wrote(frame.0);
                    frame.set(slot.0, namespace);
                }
                Expr::Attrs(index) => {
                    let lit = &m.module().attrsets[index as usize];
                    let first = lit.sources.first().map(|s| s.0).or(lit.attrs.iter().find_map(|a| a.slot));
                    if first.is_some_and(|slot| frame.get(slot.0).is_unset()) {
                        self.eval_attrs(m, frame, index)?;
                    }
                    own_slot = lit.attrs.iter().find(|def| def.value == child).and_then(|def| def.slot);
                }
                Expr::Lambda(index) => {
                    let call = i.checked_sub(1).and_then(|i| spine.get(i)).map(|&id| *m.expr(id));
                    frame = match known.frames.get(&index) {
                        Some(&known) => known,
                        None => {
                            let new = self.enter_lambda(m, frame, id, index, call);
                            known.kept.push(self.root(Value(new.0)));
                            known.frames.insert(index, new);
                            new
                        }
                    };
                }
                _ => {}
            }
        }
        let value = match own_slot.map(|slot| frame.get(slot.0)) {
            Some(value) if !value.is_unset() => value,
            _ => self.delay(m, frame, target),
        };
        known.kept.push(self.root(value));
        known.values.insert(target, value);
        Ok(value)
    }

    /// A frame of a function nobody called. `around` is the expression around it.
    fn enter_lambda(&mut self, m: &'e Linked, outer: Frame, id: ExprId, index: u32, around: Option<Expr>) -> Frame {
        let lambda: &Lambda = &m.module().lambdas[index as usize];
        let frame = Frame::alloc(&mut self.region, outer, lambda.frame_size as usize);
        // `(x: body) argument`
        let args = match around {
            Some(Expr::Call { function, args }) if function == id => m.list(args),
            _ => &[],
        };
        for (i, param) in lambda.params.iter().enumerate() {
            let arg = args.get(i).map(|&arg| self.delay(m, outer, arg));
            match param {
                Param::Name(name, slot) => {
                    let value = arg.unwrap_or_else(|| self.unknown(&format!("the parameter '{name}' of a function")));
                    frame.set(slot.0, value);
                }
                Param::Pattern(pattern) => self.enter_pattern(m, frame, pattern, arg),
            }
        }
        frame
    }

    fn enter_pattern(&mut self, m: &'e Linked, frame: Frame, pattern: &Pattern, arg: Option<Value>) {
        let given = arg.and_then(|arg| self.force(arg).ok()).and_then(|arg| arg.as_attrs());
        let mut all = AttrsBuilder::with_capacity(pattern.formals.len());
        for formal in &pattern.formals {
            let value = match (given.and_then(|set| set.get(formal.name)), formal.default) {
                (Some(value), _) => value,
                (None, Some(_)) => continue,
                (None, None) => self.unknown(&format!("the parameter '{}' of a function", formal.name)),
            };
            all.push(formal.name, value);
            frame.set(formal.slot.0, value);
        }
        if let Some((name, slot)) = pattern.bind {
            let value = match given {
                Some(set) => set.value(),
                None if pattern.ellipsis => self.unknown(&format!("the parameter '{name}' of a function")),
                None => self.attrs(all),
            };
            frame.set(slot.0, value);
        }
        for formal in &pattern.formals {
            if let (Some(default), true) = (formal.default, frame.get(formal.slot.0).is_unset()) {
                let value = self.delay(m, frame, default);
                frame.set(formal.slot.0, value);
            }
        }
    }

    fn unknown(&mut self, what: &str) -> Value {
        self.failed(EvalError::new(ErrorKind::UnknownHere, format!("{what} has no value here")))
    }
}

/// The expression around each expression of a module.
fn parents(module: &Module) -> Box<[Option<ExprId>]> {
    let mut parents: Vec<Option<ExprId>> = vec![None; module.exprs.len()];
    for (index, &expr) in module.exprs.iter().enumerate() {
        let parent = ExprId(index as u32);
        children(module, expr, &mut |child| {
            if let Some(slot) = parents.get_mut(child.0 as usize) {
                *slot = Some(parent);
            }
        });
    }
    parents.into()
}

fn children(module: &Module, expr: Expr, visit: &mut impl FnMut(ExprId)) {
    let path = |index: u32, visit: &mut dyn FnMut(ExprId)| {
        for part in &module.paths[index as usize].parts {
            if let AttrName::Dynamic(name) = part {
                visit(*name);
            }
        }
    };
    match expr {
        Expr::Interpolate(range) | Expr::PathInterpolate(range) | Expr::List(range) => {
            module.lists[range.start as usize..(range.start + range.len) as usize].iter().for_each(|&id| visit(id));
        }
        Expr::Attrs(index) => {
            let lit = &module.attrsets[index as usize];
            lit.sources.iter().for_each(|s| visit(s.1));
            lit.attrs.iter().for_each(|a| visit(a.value));
            lit.dynamic.iter().for_each(|d| [d.name, d.value].into_iter().for_each(&mut *visit));
        }
        Expr::Let(index) => {
            let lit = &module.lets[index as usize];
            lit.sources.iter().chain(&lit.defs).for_each(|d| visit(d.1));
            visit(lit.body);
        }
        Expr::With { namespace, body, .. } => [namespace, body].into_iter().for_each(visit),
        Expr::Lambda(index) => {
            let lambda = &module.lambdas[index as usize];
            if let Some(Param::Pattern(pattern)) = lambda.params.last() {
                pattern.formals.iter().filter_map(|f| f.default).for_each(&mut *visit);
            }
            visit(lambda.body);
        }
        Expr::Call { function, args } => {
            visit(function);
            module.lists[args.start as usize..(args.start + args.len) as usize].iter().for_each(|&id| visit(id));
        }
        Expr::Get { base, .. } => visit(base),
        Expr::Select { base, path: index, default } => {
            visit(base);
            path(index, visit);
            if let Some(default) = default {
                visit(default.get());
            }
        }
        Expr::HasAttr { base, path: index } => {
            visit(base);
            path(index, visit);
        }
        Expr::If { condition, then_branch, else_branch } => [condition, then_branch, else_branch].into_iter().for_each(visit),
        Expr::Assert { condition, body } => [condition, body].into_iter().for_each(visit),
        Expr::Not(operand) | Expr::Negate(operand) => visit(operand),
        Expr::Binary { lhs, rhs, .. } => [lhs, rhs].into_iter().for_each(visit),
        Expr::Patch(index) => visit(module.patches[index as usize].body),
        Expr::Missing
        | Expr::Const(_)
        | Expr::Local(_)
        | Expr::Outer { .. }
        | Expr::Global(_)
        | Expr::WithVar(_)
        | Expr::Undefined(_)
        | Expr::CurPos => {}
    }
}

/// A parameter of a function, as automatic calls look at it.
#[derive(Debug, Clone, Copy)]
pub struct FormalInfo {
    pub name: nival_syntax::Name,
    pub has_default: bool,
    pub pos: Pos,
}

/// The formals of a function that takes one set.
#[derive(Debug, Clone)]
pub struct Formals {
    pub formals: Vec<FormalInfo>,
    pub ellipsis: bool,
}

impl crate::value::Closure {
    /// The formals, if the function's first parameter is a pattern.
    pub fn formals(self) -> Option<Formals> {
        self.formals_after(0)
    }

    /// Those of the function that is left after `given` arguments.
    pub fn formals_after(self, given: usize) -> Option<Formals> {
        let lambda = self.lambda();
        let linked = lambda.linked();
        let [Param::Pattern(pattern)] = lambda.lambda().params.get(given..)? else { return None };
        let first = linked.formal_starts.get(lambda.index as usize).copied().unwrap_or(0);
        let info = |(i, f): (u32, &nival_hir::module::Formal)| FormalInfo {
            name: f.name,
            has_default: f.default.is_some(),
            pos: Pos::formal(linked.id, first + i),
        };
        Some(Formals { formals: (0..).zip(&*pattern.formals).map(info).collect(), ellipsis: pattern.ellipsis })
    }
}

impl Value {
    /// The value behind a thunk that has been evaluated; nothing is evaluated.
    pub fn known(self) -> Value {
        match self.view() {
            crate::View::Thunk(thunk) => thunk.known().unwrap_or(self),
            _ => self,
        }
    }
}
