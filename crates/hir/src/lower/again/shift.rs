//! [`Shift`]: the numbers of former tables, as they are once a run of each has been replaced.

use super::behind;
use super::moved::Moved;
use crate::lower::pieces::Mark;
use crate::module::*;
use crate::scopes::{Scope, ScopeKind, Target};

/// Numbers of the former tables, as they are now.
pub struct Shift {
    pub before: Mark,
    /// Behind the piece, then…
    pub after: Mark,
    /// …and now.
    pub now: Mark,
    /// See [`Splice::lookups`](super::splice::Splice::lookups).
    pub lookups: Vec<Option<u32>>,
    /// Whether nothing was asked about that is gone.
    pub sound: std::cell::Cell<bool>,
}

impl Shift {
    #[inline]
    pub fn id(&self, id: ExprId) -> ExprId {
        if id.0 < self.before.exprs {
            return id;
        }
        if id.0 < self.after.exprs {
            // The value itself is the last of the piece.
            if id.0 + 1 != self.after.exprs {
                self.sound.set(false);
            }
            return ExprId(self.now.exprs - 1);
        }
        ExprId(behind(id.0, self.after.exprs, self.now.exprs))
    }

    pub fn list(&self, list: ExprRange) -> ExprRange {
        ExprRange { start: behind(list.start, self.after.lists, self.now.lists), len: list.len }
    }

    pub fn site(&self, site: u32) -> u32 {
        behind(site, self.after.sites, self.now.sites)
    }

    pub fn lookup(&self, index: u32) -> u32 {
        if index < self.before.withs || index >= self.after.withs {
            return behind(index, self.after.withs, self.now.withs);
        }
        let now = self.lookups.get((index - self.before.withs) as usize).copied().flatten();
        now.unwrap_or_else(|| {
            self.sound.set(false);
            0
        })
    }

    /// One that comes behind the piece.
    #[inline]
    pub fn expr(&self, expr: Expr) -> Expr {
        let (id, after, now) = (|id| self.id(id), &self.after, &self.now);
        match expr {
            Expr::Missing | Expr::Local(_) | Expr::Outer { .. } | Expr::Global(_) | Expr::Undefined(_) | Expr::CurPos | Expr::Patch(_) => {
                expr
            }
            Expr::Const(index) => Expr::Const(behind(index, after.consts, now.consts)),
            Expr::WithVar(index) => Expr::WithVar(self.lookup(index)),
            Expr::Interpolate(parts) => Expr::Interpolate(self.list(parts)),
            Expr::PathInterpolate(parts) => Expr::PathInterpolate(self.list(parts)),
            Expr::List(items) => Expr::List(self.list(items)),
            Expr::Attrs(index) => Expr::Attrs(behind(index, after.attrsets, now.attrsets)),
            Expr::Let(index) => Expr::Let(behind(index, after.lets, now.lets)),
            Expr::With { slot, namespace, body } => Expr::With { slot, namespace: id(namespace), body: id(body) },
            Expr::Lambda(index) => Expr::Lambda(behind(index, after.lambdas, now.lambdas)),
            Expr::Call { function, args } => Expr::Call { function: id(function), args: self.list(args) },
            Expr::Get { base, name, site } => Expr::Get { base: id(base), name, site: self.site(site) },
            Expr::Select { base, path, default } => Expr::Select {
                base: id(base),
                path: behind(path, after.paths, now.paths),
                default: default.map(|default| ExprRef::new(id(default.get()))),
            },
            Expr::HasAttr { base, path } => Expr::HasAttr { base: id(base), path: behind(path, after.paths, now.paths) },
            Expr::If { condition, then_branch, else_branch } => {
                Expr::If { condition: id(condition), then_branch: id(then_branch), else_branch: id(else_branch) }
            }
            Expr::Assert { condition, body } => Expr::Assert { condition: id(condition), body: id(body) },
            Expr::Not(operand) => Expr::Not(id(operand)),
            Expr::Negate(operand) => Expr::Negate(id(operand)),
            Expr::Binary { op, lhs, rhs } => Expr::Binary { op, lhs: id(lhs), rhs: id(rhs) },
        }
    }

    pub fn lambda(&self, lambda: &mut Lambda) {
        lambda.body = self.id(lambda.body);
        if let Some(Param::Pattern(pattern)) = lambda.params.last_mut() {
            for formal in &mut pattern.formals {
                formal.default = formal.default.map(|default| self.id(default));
            }
        }
    }

    pub fn attr(&self, def: &AttrDef) -> AttrDef {
        AttrDef { value: self.id(def.value), ..*def }
    }

    pub fn set(&self, set: &AttrsLit) -> AttrsLit {
        self.set_of(set, set.attrs.iter().map(|def| self.attr(def)).collect())
    }

    /// The set with these attributes.
    pub fn set_of(&self, set: &AttrsLit, attrs: Box<[AttrDef]>) -> AttrsLit {
        AttrsLit {
            attrs,
            dynamic: set.dynamic.iter().map(|def| DynamicDef { name: self.id(def.name), value: self.id(def.value) }).collect(),
            sources: set.sources.iter().map(|&(slot, id)| (slot, self.id(id))).collect(),
            ..*set
        }
    }

    pub fn lets(&self, lets: &LetLit) -> LetLit {
        let defs = |defs: &[(Slot, ExprId)]| defs.iter().map(|&(slot, id)| (slot, self.id(id))).collect();
        LetLit { sources: defs(&lets.sources), defs: defs(&lets.defs), body: self.id(lets.body) }
    }

    pub fn path(&self, path: &AttrPath) -> AttrPath {
        let part = |part: &AttrName| match *part {
            AttrName::Dynamic(id) => AttrName::Dynamic(self.id(id)),
            name => name,
        };
        AttrPath { parts: path.parts.iter().map(part).collect(), site: self.site(path.site) }
    }

    pub fn var(&self, var: &WithVar) -> WithVar {
        let innermost = behind(var.innermost, self.after.with_links, self.now.with_links);
        WithVar { innermost, site: self.site(var.site), ..*var }
    }

    pub fn link(&self, link: &WithLink) -> WithLink {
        WithLink { next: link.next.map(|next| behind(next, self.after.with_links, self.now.with_links)), ..*link }
    }

    pub fn used(&self, used: &crate::scopes::Reference, moved: Moved) -> crate::scopes::Reference {
        use crate::scopes::{BindingId, ScopeId};
        let target = match used.target {
            Target::Binding(id) => Target::Binding(BindingId(behind(id.0, self.after.bindings, self.now.bindings))),
            Target::With(scope) => Target::With(ScopeId(behind(scope.0, self.after.scopes, self.now.scopes))),
            target => target,
        };
        crate::scopes::Reference { range: moved.range(used.range), expr: self.id(used.expr), target, ..*used }
    }

    /// A scope that was opened before the piece.
    pub fn outer_scope(&self, scope: &mut Scope) {
        if let ScopeKind::With { namespace } = &mut scope.kind {
            *namespace = self.id(*namespace);
        }
    }

    /// A scope that was opened behind the piece.
    pub fn scope(&self, scope: &Scope, moved: Moved) -> Scope {
        use crate::scopes::ScopeId;
        let mut shifted = Scope {
            kind: scope.kind,
            parent: scope.parent.map(|parent| ScopeId(behind(parent.0, self.after.scopes, self.now.scopes))),
            range: moved.range(scope.range),
            lambda: scope.lambda.map(|lambda| behind(lambda, self.after.lambdas, self.now.lambdas)),
            first_binding: behind(scope.first_binding, self.after.bindings, self.now.bindings),
            bindings: scope.bindings,
        };
        self.outer_scope(&mut shifted);
        shifted
    }

    /// A mark behind the piece.
    pub fn mark(&self, mark: &Mark) -> Mark {
        let (after, now) = (&self.after, &self.now);
        Mark {
            exprs: behind(mark.exprs, after.exprs, now.exprs),
            lists: behind(mark.lists, after.lists, now.lists),
            consts: behind(mark.consts, after.consts, now.consts),
            lambdas: behind(mark.lambdas, after.lambdas, now.lambdas),
            attrsets: behind(mark.attrsets, after.attrsets, now.attrsets),
            lets: behind(mark.lets, after.lets, now.lets),
            paths: behind(mark.paths, after.paths, now.paths),
            withs: behind(mark.withs, after.withs, now.withs),
            with_links: behind(mark.with_links, after.with_links, now.with_links),
            sites: behind(mark.sites, after.sites, now.sites),
            scopes: behind(mark.scopes, after.scopes, now.scopes),
            bindings: behind(mark.bindings, after.bindings, now.bindings),
            slot: mark.slot,
            scope: behind(mark.scope, after.scopes, now.scopes),
        }
    }
}
