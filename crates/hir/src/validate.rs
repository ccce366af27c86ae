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

/// Checks that every index is in bounds, every variable resolves to a slot of a frame that is there, every slot is filled once by
/// something around its uses, and names are sorted. Lowering gives no module for which this fails.
pub fn validate(module: &Module) -> Result<(), Invalid> {
    let mut check = Check { module, frames: vec![Frame::new(module.frame_size)] };
    // The names of `LowerOptions::scope` fill a prefix of the file's frame that the module does not tell apart.
    check.walk()
}

struct Frame {
    filled: Vec<bool>,
}

impl Frame {
    fn new(size: u32) -> Self {
        Frame { filled: vec![false; size as usize] }
    }
}

struct Check<'m> {
    module: &'m Module,
    frames: Vec<Frame>,
}

enum Step {
    Expr(ExprId),
    LeaveFrame,
}

impl Check<'_> {
    fn walk(&mut self) -> Result<(), Invalid> {
        let mut stack = vec![Step::Expr(self.module.root)];
        while let Some(step) = stack.pop() {
            let Step::Expr(id) = step else {
                self.frames.pop();
                continue;
            };
            self.one(id).map_err(|problem| Invalid { expr: id, problem })?;
            if let Some(Expr::Lambda(_) | Expr::Patch(_)) = self.module.exprs.get(id.0 as usize) {
                stack.push(Step::LeaveFrame);
            }
            let mut backward = false;
            self.module.children(id, |child| {
                backward |= child >= id;
                stack.push(Step::Expr(child));
            });
            if backward {
                return Err(Invalid { expr: id, problem: "a child does not come before its parent" });
            }
        }
        Ok(())
    }

    fn one(&mut self, id: ExprId) -> Result<(), &'static str> {
        let module = self.module;
        let expr = module.exprs.get(id.0 as usize).ok_or("out of bounds")?;
        let list = |range: ExprRange| {
            let end = (range.start as usize).checked_add(range.len as usize).ok_or("list out of bounds")?;
            module.lists.get(range.start as usize..end).map(|_| ()).ok_or("list out of bounds")
        };
        match *expr {
            Expr::Const(index) => module.consts.get(index as usize).map(|_| ()).ok_or("constant out of bounds"),
            Expr::Local(slot) => self.used(0, slot),
            Expr::Outer { depth: 0, .. } => Err("an outer variable of the current frame"),
            Expr::Outer { depth, slot } => self.used(depth, slot),
            Expr::Global(index) => GLOBALS.get(index as usize).map(|_| ()).ok_or("global out of bounds"),
            Expr::WithVar(index) => {
                let var = module.withs.get(index as usize).ok_or("with variable out of bounds")?;
                self.sites(var.site, module.with_chain(var).take(WithVar::SITES as usize).count())?;
                if var.level as usize + 1 != self.frames.len() {
                    return Err("a with variable of another function");
                }
                self.with_link(var)
            }
            Expr::Interpolate(range) | Expr::PathInterpolate(range) | Expr::List(range) => list(range),
            Expr::Call { args, .. } if args.len == 0 => Err("a call without arguments"),
            Expr::Call { args, .. } => list(args),
            Expr::Attrs(index) => self.attrs(module.attrsets.get(index as usize).ok_or("set out of bounds")?),
            Expr::Let(index) => {
                let lets = module.lets.get(index as usize).ok_or("let out of bounds")?;
                lets.sources.iter().chain(&lets.defs).try_for_each(|def| self.fill(def.0))
            }
            Expr::With { slot, .. } => self.fill(slot),
            Expr::Lambda(index) => self.lambda(module.lambdas.get(index as usize).ok_or("lambda out of bounds")?),
            Expr::Patch(index) => {
                let patch = module.patches.get(index as usize).ok_or("patch out of bounds")?;
                self.frames.push(Frame::new(patch.frame_size));
                Ok(())
            }
            Expr::Get { site, .. } => self.sites(site, 1),
            Expr::Select { path, .. } | Expr::HasAttr { path, .. } => {
                let path = module.paths.get(path as usize).ok_or("path out of bounds")?;
                self.sites(path.site, path.parts.len())
            }
            _ => Ok(()),
        }
    }

    /// Only the innermost link: those behind it are those of the `with`s around, which are looked at where they begin.
    fn with_link(&self, var: &WithVar) -> Result<(), &'static str> {
        let link = self.module.with_links.get(var.innermost as usize).ok_or("a with variable without a with")?;
        let depth = var.level.checked_sub(link.level).ok_or("a with inside of its variable")?;
        if link.next.is_some_and(|next| next >= var.innermost) {
            return Err("a with is not inside of the next");
        }
        self.used(depth, link.slot)
    }

    fn attrs(&mut self, set: &AttrsLit) -> Result<(), &'static str> {
        if !set.attrs.is_sorted_by(|a, b| a.name < b.name) {
            return Err("attributes are not sorted");
        }
        if set.attrs.iter().any(|attr| attr.slot.is_some() != set.recursive) {
            return Err("slots are for recursive sets");
        }
        set.sources.iter().try_for_each(|source| self.fill(source.0))?;
        set.attrs.iter().filter_map(|attr| attr.slot).try_for_each(|slot| self.fill(slot))
    }

    fn lambda(&mut self, lambda: &Lambda) -> Result<(), &'static str> {
        self.frames.push(Frame::new(lambda.frame_size));
        let (last, init) = lambda.params.split_last().ok_or("a function without parameters")?;
        for (i, param) in init.iter().enumerate() {
            match param {
                Param::Name(_, slot) if slot.0 as usize == i => self.fill(*slot)?,
                Param::Name(..) => return Err("a parameter's slot is not its number"),
                Param::Pattern(_) => return Err("a pattern is not the last parameter"),
            }
        }
        match last {
            Param::Name(_, slot) if slot.0 as usize + 1 != lambda.params.len() => Err("a parameter's slot is not its number"),
            Param::Name(_, slot) => self.fill(*slot),
            Param::Pattern(pattern) => {
                if !pattern.formals.is_sorted_by(|a, b| a.name < b.name) {
                    return Err("formals are not sorted");
                }
                pattern.bind.map_or(Ok(()), |(_, slot)| self.fill(slot))?;
                pattern.formals.iter().try_for_each(|formal| self.fill(formal.slot))
            }
        }
    }

    fn sites(&self, first: u32, count: usize) -> Result<(), &'static str> {
        if first as usize + count <= self.module.sites as usize { Ok(()) } else { Err("inline cache out of bounds") }
    }

    fn fill(&mut self, slot: Slot) -> Result<(), &'static str> {
        let frame = self.frames.last_mut().ok_or("no frame")?;
        let filled = frame.filled.get_mut(slot.0 as usize).ok_or("slot out of bounds")?;
        if std::mem::replace(filled, true) { Err("a slot is filled twice") } else { Ok(()) }
    }

    fn used(&self, depth: u32, slot: Slot) -> Result<(), &'static str> {
        let frame = self.frames.len().checked_sub(1 + depth as usize).and_then(|i| self.frames.get(i)).ok_or("no such frame")?;
        match frame.filled.get(slot.0 as usize) {
            None => Err("variable out of bounds"),
            // The file's frame begins with extra names, filled from outside.
            Some(false) if depth as usize + 1 < self.frames.len() => Err("a variable that nothing around it fills"),
            Some(_) => Ok(()),
        }
    }
}
