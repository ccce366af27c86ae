//! What is certainly wrong with the use of values: attributes that are not there, arguments that a function does not take or lacks.
//!
//! Only what holds whatever the parameters of the functions around are, and only where the text does not say that it may be so:
//! behind `?`, `or`, a condition that does not hold, `tryEval`.

use std::sync::Arc;

use nival_hir::module::{AttrName, BinaryOp, Expr, ExprId, Module};
use nival_hir::queries;
use nival_source::{Db, SourceFile};
use nival_syntax::{Name, TextRange};

use crate::apply::pattern;
use crate::eval::{ambient, called_name, truth, whnf};
use crate::frames::{SlotDef, frames};
use crate::set::{self, Lookup};
use crate::value::*;
use crate::{builtins, fuel};

/// Something that is certainly wrong. It has no positions: see [`crate::problem_range`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// The attribute or argument.
    pub name: Name,
    /// What is like it and is there.
    pub suggestion: Option<Name>,
    pub(crate) at: At,
    /// Where what it does not fit is written: the set, the parameters of the function.
    pub declared: Option<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    MissingAttribute,
    UnexpectedArgument,
    MissingArgument,
}

/// What of a text a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// The name of a plain selection.
    Selection(ExprId),
    /// A name of an attribute path.
    Part {
        path: u32,
        index: u32,
    },
    Expr(ExprId),
    Place(Place),
}

/// Where a problem is in the present text.
pub fn problem_range(db: &dyn Db, file: SourceFile, problem: &Problem) -> TextRange {
    let map = queries::source_map(db, file);
    match problem.at {
        At::Selection(expr) => map.detail_range(expr).unwrap_or_else(|| map.expr_range(expr)),
        At::Part { path, index } => map.path_part_range(path, index),
        At::Expr(expr) => map.expr_range(expr),
        At::Place(place) => crate::place_range(db, place),
    }
}

/// The name that somebody may have meant who wrote another.
pub(crate) fn similar(name: Name, others: &[Name]) -> Option<Name> {
    let most = ((name.as_bytes().len() + 1) / 3).min(3);
    let near =
        others.iter().take(4096).filter_map(|other| Some((distance(name.as_bytes(), other.as_bytes(), most)?, other.as_bytes(), *other)));
    near.min().map(|(_, _, other)| other)
}

/// How many letters are to be changed, if they are few.
fn distance(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most || b.len() > 64 {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let changed = diagonal + usize::from(x != y);
            diagonal = *above;
            left = changed.min(left + 1).min(*above + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().filter(|&distance| distance <= most)
}

/// Steps for one expression.
const STEPS: u32 = 2_000;

/// What is certainly wrong in a file, in no order. For the background: it looks at every selection and call.
#[salsa::tracked(returns(ref))]
pub fn problems(db: &dyn Db, file: SourceFile) -> Arc<[Problem]> {
    let module = queries::module(db, file);
    let mut check = Check { db, file, module, found: Vec::new(), packages: MAX_PACKAGES };
    let mut open = vec![module.root];
    while let Some(expr) = open.pop() {
        db.unwind_if_revision_cancelled();
        check.expr(expr, &mut open);
    }
    check.found.into()
}

struct Check<'db> {
    db: &'db dyn Db,
    file: SourceFile,
    module: &'db Module,
    found: Vec<Problem>,
    /// Files of packages that may still be looked at.
    packages: u32,
}

/// Files of packages that are looked at for one file: a list of all packages would bring in nearly all of a tree, and keep it.
const MAX_PACKAGES: u32 = 100;

impl<'db> Check<'db> {
    fn closure(&self, expr: ExprId) -> Closure<'db> {
        Closure { file: self.file, expr, env: ambient(self.db, self.file, expr) }
    }

    fn truth(&self, condition: ExprId) -> Option<bool> {
        if self.is_open(condition) {
            return None;
        }
        fuel::within(STEPS, || truth(self.db, Thunk::Expr(self.closure(condition))))
    }

    /// Whether a value certainly depends on a parameter: nothing is known of it for certain, and it is not asked about.
    fn is_open(&self, expr: ExprId) -> bool {
        let mut at = expr;
        for _ in 0..16 {
            at = match self.module.exprs.get(at.0 as usize) {
                Some(&(Expr::Get { base, .. } | Expr::Select { base, .. } | Expr::HasAttr { base, .. })) => base,
                Some(&Expr::Call { function, .. }) => function,
                Some(&Expr::WithVar(_)) => return true,
                Some(&(Expr::Local(_) | Expr::Outer { .. })) => match self.slot(at) {
                    Some(SlotDef::Expr(value)) => value,
                    _ => return true,
                },
                _ => return false,
            };
        }
        false
    }

    fn slot(&self, expr: ExprId) -> Option<SlotDef> {
        let frames = frames(self.db, self.file);
        let mut lambda = frames.owner(expr);
        let (depth, slot) = match *self.module.exprs.get(expr.0 as usize)? {
            Expr::Local(slot) => (0, slot),
            Expr::Outer { depth, slot } => (depth, slot),
            _ => return None,
        };
        for _ in 0..depth {
            lambda = frames.parent(lambda?);
        }
        frames.slot(lambda, slot)
    }

    /// Looks at an expression, and says which of its parts are to be looked at.
    fn expr(&mut self, id: ExprId, open: &mut Vec<ExprId>) {
        let Some(&expr) = self.module.exprs.get(id.0 as usize) else { return };
        match expr {
            Expr::If { condition, then_branch, else_branch } => {
                open.push(condition);
                match self.truth(condition) {
                    Some(true) => open.push(then_branch),
                    Some(false) => open.push(else_branch),
                    None => open.extend([then_branch, else_branch]),
                }
                return;
            }
            Expr::Assert { condition, body } => {
                open.push(condition);
                if self.truth(condition) != Some(false) {
                    open.push(body);
                }
                return;
            }
            Expr::Binary { op, lhs, rhs } => {
                open.push(lhs);
                let skipped = match op {
                    BinaryOp::And | BinaryOp::Implies => self.truth(lhs) == Some(false),
                    BinaryOp::Or => self.truth(lhs) == Some(true),
                    _ => false,
                };
                if !skipped {
                    open.push(rhs);
                }
                return;
            }
            Expr::Get { base, name, .. } => self.get(id, base, name),
            Expr::Select { base, path, default: None } => self.select(base, path),
            Expr::Call { function, args } => {
                let args = self.module.list(args);
                if let Some(name) = called_name(self.db, self.closure(function), function)
                    && matches!(name.as_bytes(), b"tryEval" | b"addErrorContext")
                {
                    return;
                }
                if let Some(Expr::Global(index)) = self.module.exprs.get(function.0 as usize)
                    && nival_hir::globals::GLOBALS.get(usize::from(*index)) == Some(&"__tryEval")
                {
                    return;
                }
                self.call(id, function, args);
                open.push(function);
                for &arg in args {
                    open.push(arg);
                    // `optional (x ? a) x.a`
                    let is_condition = !matches!(
                        self.module.exprs.get(arg.0 as usize),
                        Some(Expr::Const(_) | Expr::Attrs(_) | Expr::List(_) | Expr::Lambda(_))
                    );
                    if is_condition && self.truth(arg) == Some(false) {
                        break;
                    }
                }
                return;
            }
            _ => {}
        }
        self.module.children(id, |child| open.push(child));
    }

    /// The set that a value certainly is, all of its attributes known.
    fn closed(&self, value: &Value<'db>) -> Option<Vec<Name>> {
        let Value { shape: Shape::Set(set), sure: true } = value else { return None };
        if set.derivation {
            return None;
        }
        let (names, closed) = set::names(self.db, value);
        closed.then(|| names.into_iter().map(|(name, _)| name).collect())
    }

    fn get(&mut self, id: ExprId, base: ExprId, name: Name) {
        if self.is_open(base) {
            return;
        }
        let missing = fuel::within(STEPS, || {
            let value = whnf(self.db, Thunk::Expr(self.closure(base)));
            if !matches!(set::lookup(self.db, &value, name), Lookup::Missing { sure: true }) {
                return None;
            }
            Some((self.closed(&value)?, set::written(self.db, &value)))
        });
        if let Some((names, declared)) = missing {
            self.add(ProblemKind::MissingAttribute, name, &names, At::Selection(id), declared);
        }
    }

    fn select(&mut self, base: ExprId, path: u32) {
        if self.is_open(base) {
            return;
        }
        let mut at = Thunk::Expr(self.closure(base));
        for (part, index) in self.module.paths.get(path as usize).into_iter().flat_map(|path| &path.parts).zip(0..) {
            let AttrName::Static(name) = *part else { return };
            let value = fuel::within(STEPS, || whnf(self.db, at));
            match set::lookup(self.db, &value, name) {
                Lookup::Found(found) if found.sure => at = found.value,
                Lookup::Missing { sure: true } => {
                    if let Some(names) = self.closed(&value) {
                        let declared = set::written(self.db, &value);
                        self.add(ProblemKind::MissingAttribute, name, &names, At::Part { path, index }, declared);
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    fn call(&mut self, id: ExprId, function: ExprId, args: &[ExprId]) {
        let named = called_name(self.db, self.closure(function), function);
        if named.is_some_and(|name| matches!(name.as_bytes(), b"callPackage")) {
            if let &[path, given] = args {
                self.call_package(path, given);
            }
            return;
        }
        if self.is_open(function) {
            return;
        }
        let callee = fuel::within(STEPS, || whnf(self.db, Thunk::Expr(self.closure(function))));
        let mut callee = callee;
        for &arg in args {
            let Value { shape: Shape::Function(target), sure: true } = &callee else { return };
            if let FunctionKind::Lambda { file, lambda, .. } = target.kind
                && let Some(lit) = queries::module(self.db, file).lambdas.get(lambda as usize)
                && target.args.len() + 1 == lit.params.len()
            {
                self.arguments(file, lambda, arg, true);
            }
            let thunk = Thunk::Expr(self.closure(arg));
            callee = fuel::within(STEPS, || crate::apply::apply(self.db, &callee, thunk));
        }
        let _ = id;
    }

    /// `callPackage ./x.nix { … }`: what is given must be taken; what is not given comes from elsewhere.
    fn call_package(&mut self, path: ExprId, given: ExprId) {
        if !matches!(self.module.exprs.get(path.0 as usize), Some(Expr::Const(_))) {
            return;
        }
        // What gives nothing gives nothing wrong.
        if let Some(&Expr::Attrs(set)) = self.module.exprs.get(given.0 as usize)
            && self.module.attrsets.get(set as usize).is_some_and(|set| set.is_empty())
        {
            return;
        }
        let Some(left) = self.packages.checked_sub(1) else { return };
        self.packages = left;
        let callee = fuel::within(STEPS, || builtins::import(self.db, &[Thunk::Expr(self.closure(path))]));
        if let Value { shape: Shape::Function(target), sure: true } = &callee
            && let FunctionKind::Lambda { file, lambda, .. } = target.kind
            && target.args.is_empty()
            && queries::module(self.db, file).lambdas.get(lambda as usize).is_some_and(|lit| lit.params.len() == 1)
        {
            self.arguments(file, lambda, given, false);
        }
    }

    /// What an argument has that the pattern of a function does not take, and what it lacks.
    fn arguments(&mut self, file: SourceFile, lambda: u32, arg: ExprId, all: bool) {
        let module = queries::module(self.db, file);
        let Some(pattern) = pattern(module, lambda) else { return };
        let value = fuel::within(STEPS, || whnf(self.db, Thunk::Expr(self.closure(arg))));
        let Value { shape: Shape::Set(set), sure: true } = &value else { return };
        if set.derivation {
            return;
        }
        let formals: Vec<Name> = pattern.formals.iter().map(|formal| formal.name).collect();
        let (names, closed) = set::names(self.db, &value);
        if !pattern.ellipsis {
            for (name, place) in &names {
                if formals.contains(name) || !matches!(set::lookup(self.db, &value, *name), Lookup::Found(found) if found.sure) {
                    continue;
                }
                let at = place.filter(|place| place.file == self.file).map_or(At::Expr(arg), At::Place);
                let declared = Place { file, kind: PlaceKind::Param { lambda, index: 0 } };
                let others: Vec<Name> = formals.iter().copied().filter(|formal| !names.iter().any(|(name, _)| name == formal)).collect();
                self.add(ProblemKind::UnexpectedArgument, *name, &others, at, Some(declared));
            }
        }
        if all && closed {
            for (formal, index) in pattern.formals.iter().zip(0..).filter(|(formal, _)| formal.default.is_none()) {
                if matches!(set::lookup(self.db, &value, formal.name), Lookup::Missing { sure: true }) {
                    let declared = Place { file, kind: PlaceKind::Formal { lambda, formal: index } };
                    self.add(ProblemKind::MissingArgument, formal.name, &[], At::Expr(arg), Some(declared));
                }
            }
        }
    }

    fn add(&mut self, kind: ProblemKind, name: Name, others: &[Name], at: At, declared: Option<Place>) {
        let suggestion = similar(name, others);
        self.found.push(Problem { kind, name, suggestion, at, declared });
    }
}
