//! `let`, `with`, `assert`, and what a scope holds meanwhile.

use std::rc::Rc;

use super::{Generator, Var};
use crate::fuzz::tree::{Node, Part, prec};
use crate::fuzz::types::Ty;

impl Generator<'_> {
    pub(super) fn bind_all(&mut self, fields: &[(String, Ty)]) {
        self.scope.extend(fields.iter().map(|(name, ty)| Var { name: name.clone(), ty: ty.clone(), with: false }));
    }

    /// Takes the innermost variable `name` out of use, so that its own definition does not need it.
    pub(super) fn hide(&mut self, name: &str, really: bool) -> Option<(usize, Ty)> {
        let at = self.scope.iter().rposition(|var| really && var.name == name)?;
        // Once in a while a program may be an endless one.
        if self.rng.one_in(60) {
            return None;
        }
        Some((at, std::mem::replace(&mut self.scope[at].ty, Ty::Special('?'))))
    }

    pub(super) fn unhide(&mut self, hidden: Option<(usize, Ty)>) {
        if let Some((at, ty)) = hidden {
            self.scope[at].ty = ty;
        }
    }

    pub(super) fn binding(&mut self, ty: &Ty, depth: usize) -> Node {
        match self.rng.below(10) {
            0..6 => self.let_(ty, depth),
            6 | 7 => self.with(ty, depth),
            8 => {
                let condition = if self.rng.one_in(4) { self.expr(&Ty::Bool, depth - 1) } else { Node::text(Ty::Bool, prec::ATOM, "true") };
                self.prefixed("assert ", condition, "; ", ty, depth)
            }
            _ => {
                // A fixpoint, or a recursion with an end.
                let text = self.rng.pick(&[
                    "let fix = f: let x = f x; in x; in ",
                    "let fact = n: if n <= 0 then 1 else n * fact (n - 1); in ",
                    "let fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2); count = n: if n == 0 then [ ] else [ n ] ++ count (n - 1); in ",
                    "let even = n: n == 0 || odd (n - 1); odd = n: n != 0 && even (n - 1); in ",
                ]);
                let mark = self.scope.len();
                let ints = Ty::Fun(Rc::new(Ty::Special('j')), Rc::new(Ty::Int));
                for name in ["fact", "fib"] {
                    if text.contains(&format!("{name} =")) {
                        self.scope.push(Var { name: name.into(), ty: ints.clone(), with: false });
                    }
                }
                for name in ["even", "odd"] {
                    if text.contains(&format!("{name} =")) {
                        let ty = Ty::Fun(Rc::new(Ty::Special('j')), Rc::new(Ty::Bool));
                        self.scope.push(Var { name: name.into(), ty, with: false });
                    }
                }
                let body = self.expr(ty, depth - 1);
                self.scope.truncate(mark);
                Node { ty: ty.clone(), prec: prec::LOOSE, parts: vec![Part::Text(text.into()), Part::Child(body, prec::LOOSE)] }
            }
        }
    }

    fn prefixed(&mut self, before: &str, head: Node, after: &str, ty: &Ty, depth: usize) -> Node {
        let body = self.expr(ty, depth - 1);
        let parts =
            vec![Part::Text(before.into()), Part::Child(head, prec::LOOSE), Part::Text(after.into()), Part::Child(body, prec::LOOSE)];
        Node { ty: ty.clone(), prec: prec::LOOSE, parts }
    }

    fn let_(&mut self, ty: &Ty, depth: usize) -> Node {
        let Ty::Record(fields) = self.record(2) else { return self.leaf(ty) };
        let mark = self.scope.len();
        self.bind_all(&fields);
        let mut pieces = Vec::new();
        for (name, field) in fields.iter() {
            let hidden = self.hide(name, true);
            let value = self.expr(field, depth - 1);
            self.unhide(hidden);
            let mut piece = vec![Part::Text(format!("{name} = ")), Part::Child(value, prec::LOOSE), Part::Text("; ".into())];
            if self.rng.one_in(20) {
                piece.insert(0, Part::Text(self.rng.pick(&["/* c */ ", "# c\n", "/** d */ "]).into()));
            }
            pieces.push(piece);
        }
        if self.rng.one_in(5) {
            let unused = self.special('E', depth - 1);
            pieces.push(vec![Part::Text("unused = ".into()), Part::Child(unused, prec::LOOSE), Part::Text("; ".into())]);
        }
        let body = self.expr(ty, depth - 1);
        self.scope.truncate(mark);
        let ancient = self.rng.one_in(40);
        let (open, middle, close) = if ancient { ("let { ", "body = ", "; }") } else { ("let ", "in ", "") };
        let parts = vec![
            Part::Text(open.into()),
            Part::Many(pieces),
            Part::Text(middle.into()),
            Part::Child(body, prec::LOOSE),
            Part::Text(close.into()),
        ];
        Node { ty: ty.clone(), prec: if ancient { prec::ATOM } else { prec::LOOSE }, parts }
    }

    fn with(&mut self, ty: &Ty, depth: usize) -> Node {
        let record = self.record(1);
        let set = self.expr(&record, depth - 1);
        let mark = self.scope.len();
        if let Ty::Record(fields) = &record {
            // What is bound otherwise keeps its meaning; `visible` takes care of that.
            self.scope.extend(fields.iter().map(|(name, ty)| Var { name: name.clone(), ty: ty.clone(), with: true }));
        }
        let body = self.expr(ty, depth - 1);
        self.scope.truncate(mark);
        let parts =
            vec![Part::Text("with ".into()), Part::Child(set, prec::LOOSE), Part::Text("; ".into()), Part::Child(body, prec::LOOSE)];
        Node { ty: ty.clone(), prec: prec::LOOSE, parts }
    }
}
