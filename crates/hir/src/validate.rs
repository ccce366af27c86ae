//! [`validate`]: what the evaluator relies on in a module without looking.

use crate::globals::GLOBALS;
use crate::module::*;

/// What is wrong with a module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expression {}: {problem}", expr.0)]
pub struct Invalid {
    pub expr: ExprId,
    pub problem: &'static str,
}

/// Checks that every index is in bounds, every expression stands in one place, every variable resolves to a slot that something around
/// it fills, no slot is filled twice, and names are sorted. Lowering gives no module for which this fails. Takes time in proportion to
/// the module, whatever it holds.
pub fn validate(module: &Module) -> Result<(), Invalid> {
    check(module, false)
}

/// As [`validate()`], for the module of a text without errors, lowered without names in `LowerOptions::scope`.
pub fn validate_whole(module: &Module) -> Result<(), Invalid> {
    check(module, true)
}

fn check(module: &Module, whole: bool) -> Result<(), Invalid> {
    let mut check = Check {
        module,
        whole,
        frames: Vec::new(),
        slots: Vec::new(),
        withs: Vec::new(),
        seen: vec![false; module.exprs.len()],
        steps: Vec::new(),
    };
    check.walk()
}

/// What is known of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Empty,
    /// By something around.
    Filled,
    /// By something that is over.
    Past,
}

/// An enclosing `with`.
struct OpenWith {
    level: u32,
    slot: Slot,
    /// Its index in [`Module::with_links`], once it was asked for.
    link: Option<u32>,
}

struct Check<'m> {
    module: &'m Module,
    /// See [`validate_whole`].
    whole: bool,
    /// Where the slots of each frame begin in `slots`.
    frames: Vec<usize>,
    slots: Vec<State>,
    withs: Vec<OpenWith>,
    /// Which expressions were met.
    seen: Vec<bool>,
    steps: Vec<Step>,
}

enum Step {
    Expr(ExprId),
    OpenWith(Slot),
    CloseWith,
    LeaveFrame,
    /// The slots of a `let` or set are filled no longer.
    LeaveLet(u32),
    LeaveAttrs(u32),
}

type Checked = Result<(), &'static str>;

impl Check<'_> {
    fn walk(&mut self) -> Result<(), Invalid> {
        // The names of `LowerOptions::scope` fill a prefix of the file's frame that the module does not tell apart.
        self.enter_frame(self.module.frame_size);
        self.steps.push(Step::Expr(self.module.root));
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Expr(id) => self.one(id).map_err(|problem| Invalid { expr: id, problem })?,
                Step::OpenWith(slot) => {
                    self.fill(slot).map_err(|problem| Invalid { expr: self.module.root, problem })?;
                    self.withs.push(OpenWith { level: self.frames.len() as u32 - 1, slot, link: None });
                }
                Step::CloseWith => {
                    if let Some(with) = self.withs.pop() {
                        self.leave(with.slot);
                    }
                }
                Step::LeaveFrame => {
                    let start = self.frames.pop().unwrap_or_default();
                    self.slots.truncate(start);
                }
                Step::LeaveLet(index) => {
                    let lets = self.module.lets.get(index as usize);
                    lets.iter().flat_map(|lets| lets.sources.iter().chain(&lets.defs)).for_each(|def| self.leave(def.0));
                }
                Step::LeaveAttrs(index) => {
                    if let Some(set) = self.module.attrsets.get(index as usize) {
                        set.sources.iter().for_each(|source| self.leave(source.0));
                        set.attrs.iter().filter_map(|attr| attr.slot).for_each(|slot| self.leave(slot));
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes an expression for the child of `parent`.
    #[inline]
    fn child(&mut self, parent: ExprId, child: ExprId) -> Checked {
        if child >= parent {
            return Err("a child does not come before its parent");
        }
        self.steps.push(Step::Expr(child));
        Ok(())
    }

    fn one(&mut self, id: ExprId) -> Checked {
        let module = self.module;
        let expr = module.exprs.get(id.0 as usize).ok_or("out of bounds")?;
        match self.seen.get_mut(id.0 as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err("an expression in two places"),
        }
        match *expr {
            Expr::Missing | Expr::Undefined(_) if self.whole => Err("an error"),
            Expr::Missing | Expr::Undefined(_) | Expr::CurPos => Ok(()),
            Expr::Const(index) if (index as usize) < module.consts.len() => Ok(()),
            Expr::Const(_) => Err("constant out of bounds"),
            Expr::Local(slot) => self.used(0, slot),
            Expr::Outer { depth: 0, .. } => Err("an outer variable of the current frame"),
            Expr::Outer { depth, slot } => self.used(depth, slot),
            Expr::Global(index) => GLOBALS.get(index as usize).map(|_| ()).ok_or("global out of bounds"),
            Expr::WithVar(index) => self.with_var(module.withs.get(index as usize).ok_or("with variable out of bounds")?),
            Expr::Interpolate(range) | Expr::List(range) => self.list(id, range),
            Expr::PathInterpolate(range) => {
                let first = module.list(range).first().and_then(|first| module.exprs.get(first.0 as usize));
                match first {
                    Some(Expr::Const(index)) if matches!(module.consts.get(*index as usize), Some(Const::Path(..))) => self.list(id, range),
                    _ if self.whole => Err("a path that does not begin with a path"),
                    _ => self.list(id, range),
                }
            }
            Expr::Call { args, .. } if args.len == 0 => Err("a call without arguments"),
            Expr::Call { function, args } => {
                self.child(id, function)?;
                self.list(id, args)
            }
            Expr::Attrs(index) => self.attrs(id, index, module.attrsets.get(index as usize).ok_or("set out of bounds")?),
            Expr::Let(index) => {
                let lets = module.lets.get(index as usize).ok_or("let out of bounds")?;
                self.steps.push(Step::LeaveLet(index));
                for def in lets.sources.iter().chain(&lets.defs) {
                    self.fill(def.0)?;
                    self.child(id, def.1)?;
                }
                self.child(id, lets.body)
            }
            Expr::With { slot, namespace, body } => {
                self.steps.push(Step::CloseWith);
                self.child(id, body)?;
                self.steps.push(Step::OpenWith(slot));
                self.child(id, namespace)
            }
            Expr::Lambda(index) => self.lambda(id, module.lambdas.get(index as usize).ok_or("lambda out of bounds")?),
            Expr::Patch(index) => {
                let patch = module.patches.get(index as usize).ok_or("patch out of bounds")?;
                self.steps.push(Step::LeaveFrame);
                self.enter_frame(patch.frame_size);
                self.child(id, patch.body)
            }
            Expr::Get { base, site, .. } => {
                self.sites(site, 1)?;
                self.child(id, base)
            }
            Expr::Select { base, path, default } => {
                default.map_or(Ok(()), |default| self.child(id, default.get()))?;
                self.path(id, path)?;
                self.child(id, base)
            }
            Expr::HasAttr { base, path } => {
                self.path(id, path)?;
                self.child(id, base)
            }
            Expr::If { condition, then_branch, else_branch } => {
                [condition, then_branch, else_branch].into_iter().try_for_each(|child| self.child(id, child))
            }
            Expr::Assert { condition, body } => [condition, body].into_iter().try_for_each(|child| self.child(id, child)),
            Expr::Not(operand) | Expr::Negate(operand) => self.child(id, operand),
            Expr::Binary { lhs, rhs, .. } => [lhs, rhs].into_iter().try_for_each(|child| self.child(id, child)),
        }
    }

    fn list(&mut self, id: ExprId, range: ExprRange) -> Checked {
        let end = (range.start as usize).checked_add(range.len as usize).ok_or("list out of bounds")?;
        let items = self.module.lists.get(range.start as usize..end).ok_or("list out of bounds")?;
        items.iter().try_for_each(|&item| self.child(id, item))
    }

    fn path(&mut self, id: ExprId, path: u32) -> Checked {
        let path = self.module.paths.get(path as usize).ok_or("path out of bounds")?;
        if path.parts.is_empty() && self.whole {
            return Err("an empty path");
        }
        self.sites(path.site, path.parts.len())?;
        path.parts.iter().try_for_each(|part| match part {
            AttrName::Dynamic(name) => self.child(id, *name),
            AttrName::Static(_) => Ok(()),
        })
    }

    /// The `with`s of a variable are those around it, all of them.
    fn with_var(&mut self, var: &WithVar) -> Checked {
        self.sites(var.site, self.withs.len().min(WithVar::SITES as usize))?;
        if var.level as usize + 1 != self.frames.len() {
            return Err("a with variable of another function");
        }
        let mut link = Some(var.innermost);
        // What was looked at once holds as long as these are around.
        for with in self.withs.iter_mut().rev() {
            if with.link.is_some() {
                return if with.link == link { Ok(()) } else { Err("another with than the one around") };
            }
            let found = link.and_then(|link| self.module.with_links.get(link as usize)).ok_or("a with variable without its withs")?;
            if (found.level, found.slot) != (with.level, with.slot) {
                return Err("another with than the one around");
            }
            with.link = link;
            link = found.next;
        }
        if link.is_some() || self.withs.is_empty() { Err("a with that is not around") } else { Ok(()) }
    }

    fn attrs(&mut self, id: ExprId, index: u32, set: &AttrsLit) -> Checked {
        if !set.attrs.is_sorted_by(|a, b| a.name < b.name) {
            return Err("attributes are not sorted");
        }
        if set.recursive || !set.sources.is_empty() {
            self.steps.push(Step::LeaveAttrs(index));
        }
        for source in &set.sources {
            self.fill(source.0)?;
            self.child(id, source.1)?;
        }
        for attr in &set.attrs {
            match attr.slot {
                Some(slot) if set.recursive => self.fill(slot)?,
                None if !set.recursive => {}
                _ => return Err("slots are for recursive sets"),
            }
            self.child(id, attr.value)?;
        }
        for dynamic in &set.dynamic {
            self.child(id, dynamic.name)?;
            self.child(id, dynamic.value)?;
        }
        Ok(())
    }

    fn lambda(&mut self, id: ExprId, lambda: &Lambda) -> Checked {
        self.steps.push(Step::LeaveFrame);
        self.enter_frame(lambda.frame_size);
        let (last, init) = lambda.params.split_last().ok_or("a function without parameters")?;
        for (i, param) in init.iter().enumerate() {
            match param {
                Param::Name(_, slot) if slot.0 as usize == i => self.fill(*slot)?,
                Param::Name(..) => return Err("a parameter's slot is not its number"),
                Param::Pattern(_) => return Err("a pattern is not the last parameter"),
            }
        }
        match last {
            Param::Name(_, slot) if slot.0 as usize + 1 != lambda.params.len() => return Err("a parameter's slot is not its number"),
            Param::Name(_, slot) => self.fill(*slot)?,
            Param::Pattern(pattern) => {
                if !pattern.formals.is_sorted_by(|a, b| a.name < b.name) {
                    return Err("formals are not sorted");
                }
                pattern.bind.map_or(Ok(()), |(_, slot)| self.fill(slot))?;
                for formal in &pattern.formals {
                    self.fill(formal.slot)?;
                    formal.default.map_or(Ok(()), |default| self.child(id, default))?;
                }
            }
        }
        self.child(id, lambda.body)
    }

    fn sites(&self, first: u32, count: usize) -> Checked {
        if first as usize + count <= self.module.sites as usize { Ok(()) } else { Err("inline cache out of bounds") }
    }

    fn enter_frame(&mut self, size: u32) {
        self.frames.push(self.slots.len());
        self.slots.resize(self.slots.len() + size as usize, State::Empty);
    }

    fn fill(&mut self, slot: Slot) -> Checked {
        let start = self.frames.last().copied().unwrap_or_default();
        let state = self.slots.get_mut(start + slot.0 as usize).ok_or("slot out of bounds")?;
        match std::mem::replace(state, State::Filled) {
            State::Empty => Ok(()),
            _ => Err("a slot is filled twice"),
        }
    }

    fn leave(&mut self, slot: Slot) {
        let start = self.frames.last().copied().unwrap_or_default();
        if let Some(state) = self.slots.get_mut(start + slot.0 as usize) {
            *state = State::Past;
        }
    }

    fn used(&self, depth: u32, slot: Slot) -> Checked {
        let frame = self.frames.len().checked_sub(1 + depth as usize).ok_or("no such frame")?;
        let start = self.frames.get(frame).copied().unwrap_or_default();
        let end = self.frames.get(frame + 1).copied().unwrap_or(self.slots.len());
        match self.slots.get(start..end).and_then(|slots| slots.get(slot.0 as usize)) {
            None => Err("variable out of bounds"),
            Some(State::Filled) => Ok(()),
            // The file's frame begins with extra names.
            Some(State::Empty) if frame == 0 && !self.whole => Ok(()),
            Some(_) => Err("a variable that nothing around it fills"),
        }
    }
}
