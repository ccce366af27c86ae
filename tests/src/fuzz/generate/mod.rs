//! Makes programs: from a wanted type down to literals, so that most of them have a value.
//!
//! Most of the language is in `rows.rs`, as text with typed holes; what binds variables is code.

mod bindings;
mod calls;
mod documents;
mod functions;
mod leaves;
mod more;
mod patterns;
mod rows;
mod sets;
mod strings;

use std::rc::Rc;

use super::rng::Rng;
use super::tree::{Node, Part, prec};
use super::types::Ty;
use rows::{Piece, Row, Rows};

/// Names of variables and attributes.
const IDENTIFIERS: &[&str] = &["a", "b", "c", "d", "x", "y", "z", "f", "foo", "x'", "a-b", "_"];
/// Names of attributes that are no identifiers, or mean something.
const ODD_NAMES: &[&str] = &["", "a b", "if", "1a", "${", "é", "a.b", "\"", "type", "outPath", "or", "__x", "a\nb"];

/// One variable in scope.
#[derive(Clone)]
struct Var {
    name: String,
    ty: Ty,
    /// Bound by `with`: any other binding wins.
    with: bool,
}

/// Makes one program.
struct Generator<'r> {
    rng: Rng,
    rows: &'r Rows,
    scope: Vec<Var>,
    /// Nodes that may still be made before only leaves are.
    fuel: usize,
}

/// Makes programs by number.
pub struct Programs {
    rows: Rows,
    seed: u64,
}

impl Programs {
    pub fn new(seed: u64) -> Programs {
        Programs { rows: Rows::parse(), seed }
    }

    /// Program `number` of the seed.
    pub fn program(&self, number: u64) -> Node {
        let mut rng = Rng::new(self.seed.wrapping_mul(0x1000_0000_01b3) ^ number.wrapping_mul(0x9e37_79b9));
        rng.number();
        let fuel = match rng.below(10) {
            0..4 => 12,
            4..8 => 35,
            8 => 80,
            _ => 160,
        };
        let mut generator = Generator { rng, rows: &self.rows, scope: Vec::new(), fuel };
        if generator.rng.one_in(25) {
            return generator.soup();
        }
        if generator.rng.one_in(25) {
            return generator.builtin_call();
        }
        let ty = if generator.rng.one_in(16) { Ty::Any } else { generator.result_type(2) };
        let depth = generator.rng.between(3, 7);
        generator.expr(&ty, depth)
    }
}

impl Generator<'_> {
    /// The type of a whole program: anything that prints well.
    fn result_type(&mut self, depth: usize) -> Ty {
        match self.rng.below(if depth == 0 { 12 } else { 22 }) {
            0..3 => Ty::Int,
            3 => Ty::Float,
            4..6 => Ty::Bool,
            6..10 => Ty::Str,
            10 => Ty::Null,
            11 => Ty::Path,
            12..17 => Ty::List(Rc::new(self.part_type(depth - 1))),
            17..20 => Ty::Set(Rc::new(self.part_type(depth - 1))),
            _ => self.record(depth - 1),
        }
    }

    /// The type of what is in a list or a set.
    fn part_type(&mut self, depth: usize) -> Ty {
        if self.rng.one_in(5) { Ty::Any } else { self.result_type(depth) }
    }

    /// Any type, functions too.
    fn any_type(&mut self, depth: usize) -> Ty {
        if depth > 0 && self.rng.one_in(9) {
            let from = self.result_type(0);
            return Ty::Fun(Rc::new(from), Rc::new(self.result_type(depth - 1)));
        }
        self.result_type(depth)
    }

    fn record(&mut self, depth: usize) -> Ty {
        let mut fields: Vec<(String, Ty)> = Vec::new();
        for _ in 0..self.rng.between(1, 4) {
            let name = self.identifier();
            if fields.iter().all(|(other, _)| *other != name) {
                let ty = self.any_type(depth);
                fields.push((name, ty));
            }
        }
        Ty::Record(Rc::new(fields))
    }

    /// Few names, so that they shadow each other.
    fn identifier(&mut self) -> String {
        self.rng.pick(IDENTIFIERS).to_owned()
    }

    /// An expression that mostly has a value of type `ty`.
    fn expr(&mut self, ty: &Ty, depth: usize) -> Node {
        if let Ty::Special(kind) = ty {
            return self.special(*kind, depth);
        }
        if *ty == Ty::Any {
            if depth > 0 && self.fuel > 0 && self.rng.one_in(8) {
                self.fuel -= 1;
                return self.row(ty, depth);
            }
            let concrete = self.any_type(1);
            return Node { ty: Ty::Any, ..self.expr(&concrete, depth) };
        }
        self.fuel = self.fuel.saturating_sub(1);
        if self.rng.one_in(400) {
            return self.failing(ty, depth);
        }
        if depth == 0 || self.fuel == 0 {
            return self.leaf(ty);
        }
        let chance = self.rng.below(100);
        let node = match chance {
            0..10 => self.variable(ty, depth),
            10..18 => Some(self.binding(ty, depth)),
            18..21 => Some(self.call(ty, depth)),
            21..24 => Some(self.select(ty, depth)),
            _ => None,
        };
        if let Some(node) = node {
            return node;
        }
        match ty {
            Ty::Str if chance < 45 => self.string(depth),
            Ty::Set(_) | Ty::Record(_) if chance < 60 => self.set(ty, depth),
            Ty::List(of) if chance < 50 => self.list(of, depth),
            Ty::Fun(from, to) if chance < 85 => self.function(from, to, depth),
            _ if chance < 32 => self.leaf(ty),
            _ => self.row(ty, depth),
        }
    }

    /// One of the rows that give `ty`.
    fn row(&mut self, ty: &Ty, depth: usize) -> Node {
        // Those of any type are many: they are tried first only now and then.
        let general = self.rng.one_in(4);
        for attempt in 0..2 {
            let (rows, found) = (self.rows, &self.rows.all);
            let mut matching: Vec<(&Row, Option<Ty>)> = Vec::new();
            for row in found {
                let mut t = None;
                if (row.gives == Ty::Var('T')) == (general ^ (attempt == 1)) && row.gives.matches(ty, &mut t) {
                    matching.push((row, t));
                }
            }
            let _ = rows;
            if !matching.is_empty() {
                let (row, t) = matching.swap_remove(self.rng.below(matching.len()));
                return self.fill(row, ty, t.as_ref(), depth - 1);
            }
        }
        self.leaf(ty)
    }

    fn fill(&mut self, row: &Row, ty: &Ty, t: Option<&Ty>, depth: usize) -> Node {
        let u = self.result_type(0);
        let parts = row
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Part::Text(text.clone()),
                Piece::Hole(hole, loosest) => Part::Child(self.expr(&hole.bind(t, &u), depth), *loosest),
            })
            .collect();
        Node { ty: ty.clone(), prec: row.prec, parts }
    }

    /// A variable of the type, or something reached through one.
    fn variable(&mut self, ty: &Ty, depth: usize) -> Option<Node> {
        let mut found: Vec<Node> = Vec::new();
        let visible = self.visible();
        for var in &visible {
            let node = |prec: u8, text: String| Node::text(ty.clone(), prec, text);
            match &var.ty {
                own if own == ty => found.push(node(prec::ATOM, var.name.clone())),
                Ty::Record(fields) => {
                    for (name, _) in fields.iter().filter(|(_, field)| field == ty) {
                        found.push(node(prec::SELECT, format!("{}.{name}", var.name)));
                    }
                }
                Ty::Fun(from, to) if **to == *ty && depth > 0 && self.rng.one_in(2) => {
                    let arg = self.expr(from, depth - 1);
                    let parts = vec![Part::Text(format!("{} ", var.name)), Part::Child(arg, prec::SELECT)];
                    found.push(Node { ty: ty.clone(), prec: prec::APPLY, parts });
                }
                _ => {}
            }
        }
        if found.is_empty() { None } else { Some(found.swap_remove(self.rng.below(found.len()))) }
    }

    /// The variables that their names mean.
    fn visible(&self) -> Vec<Var> {
        let mut visible: Vec<Var> = Vec::new();
        for with in [false, true] {
            for var in self.scope.iter().rev().filter(|var| var.with == with) {
                if visible.iter().all(|other| other.name != var.name) {
                    visible.push(var.clone());
                }
            }
        }
        visible
    }

    /// Something that fails when it is evaluated, one way or another.
    fn failing(&mut self, ty: &Ty, depth: usize) -> Node {
        let text = match self.rng.below(12) {
            0..4 => "throw \"thrown\"",
            4 => "abort \"aborted\"",
            5 => "assert false; 1",
            6 => "1 / 0",
            7 => "{ a = 1; }.b",
            8 => "let loop = loop; in loop",
            9 => "builtins.head [ ]",
            10 => "null.x",
            _ => {
                let other = self.result_type(1);
                return Node { ty: ty.clone(), ..self.expr(&other, depth.saturating_sub(1)) };
            }
        };
        Node::text(ty.clone(), prec::LOOSE, text)
    }

    /// Operators and small operands in a row, parentheses here and there: what binds to what.
    fn soup(&mut self) -> Node {
        let mut pieces = Vec::new();
        let terms = self.rng.between(2, 7);
        for i in 0..terms {
            let mut text = String::new();
            if i > 0 {
                let mathematical = ["+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "+", "-", "*"];
                let others = ["&&", "||", "->", "//", "++", "? a ||", "|>", "<|", "==", "!=", "&&", "||"];
                text += if self.rng.one_in(2) { self.rng.pick(&mathematical) } else { self.rng.pick(&others) };
                text.push(' ');
            }
            if self.rng.one_in(5) {
                text += self.rng.pick(&["!", "-", "- -", "!!", "!-"]);
            }
            let operands = [
                "1",
                "2",
                "0",
                "3.5",
                "true",
                "false",
                "{ a = 1; }",
                "{ }",
                "[ ]",
                "[ 1 ]",
                "(1 + 2)",
                "(x: x)",
                "\"a\"",
                "{ a = true; }.a",
                "1 < 2",
            ];
            text += self.rng.pick(&operands);
            text.push(' ');
            pieces.push(vec![Part::Text(text)]);
        }
        Node { ty: Ty::Any, prec: prec::LOOSE, parts: vec![Part::Many(pieces)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_everything() {
        let texts = |seed| -> Vec<String> {
            let programs = Programs::new(seed);
            (0..50).map(|number| programs.program(number).render()).collect()
        };
        assert_eq!(texts(7), texts(7));
        assert_ne!(texts(7), texts(8));
    }
}
