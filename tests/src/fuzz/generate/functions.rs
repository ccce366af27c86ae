//! Functions in all their spellings, and calling them.

use std::rc::Rc;

use super::{Generator, Var};
use crate::fuzz::tree::{Node, Part, prec};
use crate::fuzz::types::Ty;

impl Generator<'_> {
    pub(super) fn function(&mut self, from: &Ty, to: &Ty, depth: usize) -> Node {
        let ty = Ty::Fun(Rc::new(from.clone()), Rc::new(to.clone()));
        let below = depth.saturating_sub(1);
        let mark = self.scope.len();
        let record = match from {
            Ty::Record(fields) if self.rng.one_in(2) => Some(fields.clone()),
            _ => None,
        };
        let head = match record {
            Some(fields) => self.pattern_of(&fields, from, below),
            None => {
                let name = self.identifier();
                self.scope.push(Var { name: name.clone(), ty: from.clone(), with: false });
                vec![Part::Text(format!("{name}: "))]
            }
        };
        let body = self.expr(to, below);
        self.scope.truncate(mark);
        let mut parts = head;
        parts.push(Part::Child(body, prec::LOOSE));
        let lambda = Node { ty: ty.clone(), prec: prec::LOOSE, parts };
        if self.rng.one_in(12) {
            let text = self.rng.pick(&["{ __functor = self: ", "{ a = 1; __functor = _: ", "rec { x = 2; __functor = self: "]).to_owned();
            return Node {
                ty,
                prec: prec::ATOM,
                parts: vec![Part::Text(text), Part::Child(lambda, prec::LOOSE), Part::Text("; }".into())],
            };
        }
        lambda
    }

    /// `{ a, b ? …, ... } @ args: `.
    fn pattern_of(&mut self, fields: &Rc<Vec<(String, Ty)>>, from: &Ty, depth: usize) -> Vec<Part> {
        let whole = self.rng.one_in(3).then(|| self.rng.pick(&["args", "whole", "self"]).to_owned());
        let mut formals = Vec::new();
        let ellipsis = self.rng.one_in(3);
        let mut kept: Vec<(String, Ty)> = fields.iter().filter(|_| !ellipsis || !self.rng.one_in(3)).cloned().collect();
        if self.rng.one_in(3) {
            let extra = self.rng.pick(&["opt", "more", "q"]).to_owned();
            let ty = self.result_type(0);
            kept.push((extra, ty));
        }
        for (name, ty) in &kept {
            self.scope.push(Var { name: name.clone(), ty: ty.clone(), with: false });
        }
        for (name, ty) in &kept {
            let mut parts = vec![Part::Text(name.clone())];
            let required = fields.iter().any(|(known, _)| known == name);
            if !required || self.rng.one_in(4) {
                // A default may use the other parameters, and must not need itself.
                let hidden = self.hide(name, true);
                let default = self.expr(ty, depth.min(1));
                self.unhide(hidden);
                parts.push(Part::Text(" ? ".into()));
                parts.push(Part::Child(default, prec::LOOSE));
            }
            formals.push(parts);
        }
        if ellipsis {
            formals.push(vec![Part::Text("...".into())]);
        }
        let last = formals.len().saturating_sub(1);
        for (i, formal) in formals.iter_mut().enumerate() {
            if i < last {
                formal.push(Part::Text(", ".into()));
            }
        }
        let mut parts = Vec::new();
        let before = self.rng.one_in(2);
        if let Some(name) = &whole {
            self.scope.push(Var { name: name.clone(), ty: from.clone(), with: false });
            if before {
                parts.push(Part::Text(format!("{name}@")));
            }
        }
        parts.push(Part::Text("{ ".into()));
        parts.extend(formals.into_iter().flatten());
        parts.push(Part::Text(" }".into()));
        if let Some(name) = &whole
            && !before
        {
            parts.push(Part::Text(format!(" @ {name}")));
        }
        parts.push(Part::Text(": ".into()));
        parts
    }

    /// A function made for it, called.
    pub(super) fn call(&mut self, ty: &Ty, depth: usize) -> Node {
        let from = if self.rng.one_in(2) { self.record(1) } else { self.any_type(1) };
        let function = self.function(&from, ty, depth);
        let arg = self.expr(&from, depth - 1);
        let parts = match self.rng.below(8) {
            0 => vec![Part::Child(arg, 14), Part::Text(" |> ".into()), Part::Child(function, 14)],
            1 => vec![Part::Child(function, 14), Part::Text(" <| ".into()), Part::Child(arg, 14)],
            _ => {
                let parts = vec![Part::Child(function, prec::APPLY), Part::Text(" ".into()), Part::Child(arg, prec::SELECT)];
                return Node { ty: ty.clone(), prec: prec::APPLY, parts };
            }
        };
        Node { ty: ty.clone(), prec: 15, parts }
    }
}
