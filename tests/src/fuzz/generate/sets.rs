//! Lists, set literals in all their spellings, and selecting from them.

use std::rc::Rc;

use super::Generator;
use crate::fuzz::tree::{Node, Part, prec, quoted};
use crate::fuzz::types::Ty;

impl Generator<'_> {
    pub(super) fn list(&mut self, of: &Ty, depth: usize) -> Node {
        let count = if depth == 0 { self.rng.below(3) } else { self.rng.below(5) };
        let pieces =
            (0..count).map(|_| vec![Part::Child(self.expr(of, depth.saturating_sub(1)), prec::SELECT), Part::Text(" ".into())]).collect();
        Node {
            ty: Ty::List(Rc::new(of.clone())),
            prec: prec::ATOM,
            parts: vec![Part::Text("[ ".into()), Part::Many(pieces), Part::Text("]".into())],
        }
    }

    /// How a name can be written before `=` or after a dot.
    pub(super) fn spelled(&mut self, name: &str) -> String {
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_'-".contains(c))
            && !["if", "or"].contains(&name);
        match self.rng.below(12) {
            0 => format!("${{{}}}", quoted(name)),
            1 => format!("\"${{{}}}\"", quoted(name)),
            2 => quoted(name),
            3 => format!("${{\"\" + {}}}", quoted(name)),
            _ if plain => name.to_owned(),
            _ => quoted(name),
        }
    }

    fn binding_of(&mut self, name: &str, value: Node) -> Vec<Part> {
        vec![Part::Text(format!("{} = ", self.spelled(name))), Part::Child(value, prec::LOOSE), Part::Text("; ".into())]
    }

    pub(super) fn set(&mut self, ty: &Ty, depth: usize) -> Node {
        let below = depth.saturating_sub(1);
        let mut pieces = Vec::new();
        let recursive = depth > 0 && self.rng.one_in(6);
        let mark = self.scope.len();
        match ty {
            Ty::Record(fields) => {
                if recursive {
                    self.bind_all(fields);
                }
                for (name, field) in fields.iter() {
                    // What a name of a recursive set is of is evaluated once; using itself would not end.
                    let hidden = self.hide(name, recursive);
                    let value = self.expr(field, below);
                    self.unhide(hidden);
                    let piece =
                        if self.rng.one_in(12) && self.visible().iter().any(|var| var.name == *name && var.ty == *field) && !recursive {
                            vec![Part::Text(format!("inherit {name}; "))]
                        } else if self.rng.one_in(15) {
                            let record = Node {
                                ty: Ty::Any,
                                prec: prec::ATOM,
                                parts: vec![Part::Text(format!("{{ {name} = ")), Part::Child(value, prec::LOOSE), Part::Text("; }".into())],
                            };
                            vec![Part::Text("inherit (".into()), Part::Child(record, prec::LOOSE), Part::Text(format!(") {name}; "))]
                        } else if recursive && !self.rng.one_in(30) {
                            // A name that is computed is none of the scope.
                            vec![Part::Text(format!("{name} = ")), Part::Child(value, prec::LOOSE), Part::Text("; ".into())]
                        } else {
                            self.binding_of(name, value)
                        };
                    pieces.push(piece);
                }
            }
            Ty::Set(of) => {
                let mut names: Vec<String> = Vec::new();
                for _ in 0..self.rng.below(if depth == 0 { 3 } else { 5 }) {
                    let name = self.name();
                    if names.contains(&name) && !self.rng.one_in(40) {
                        continue;
                    }
                    let value = self.expr(of, below);
                    pieces.push(self.set_member(of, &name, value, below));
                    names.push(name);
                }
                if self.rng.one_in(20) {
                    // An attribute whose name is null is none.
                    let value = self.special('E', below);
                    pieces.push(vec![Part::Text("${null} = ".into()), Part::Child(value, prec::LOOSE), Part::Text("; ".into())]);
                }
            }
            _ => {}
        }
        self.scope.truncate(mark);
        let open = if recursive { "rec { " } else { "{ " };
        Node { ty: ty.clone(), prec: prec::ATOM, parts: vec![Part::Text(open.into()), Part::Many(pieces), Part::Text("}".into())] }
    }

    fn set_member(&mut self, of: &Ty, name: &str, value: Node, depth: usize) -> Vec<Part> {
        if let Ty::Set(inner) = of
            && self.rng.one_in(2)
        {
            // `a.b = …; a.c = …;` and `a = { … }; a.d = …;`.
            let mut parts = Vec::new();
            let mut seen: Vec<String> = Vec::new();
            for _ in 0..self.rng.between(1, 3) {
                let second = self.name();
                if seen.contains(&second) {
                    continue;
                }
                let value = self.expr(inner, depth);
                let (first, rest) = (self.plain_or_quoted(name), self.spelled(&second));
                if self.rng.one_in(4) {
                    parts.push(Part::Text(format!("{first} = {{ {rest} = ")));
                    parts.push(Part::Child(value, prec::LOOSE));
                    parts.push(Part::Text("; }; ".into()));
                } else {
                    parts.push(Part::Text(format!("{first}.{rest} = ")));
                    parts.push(Part::Child(value, prec::LOOSE));
                    parts.push(Part::Text("; ".into()));
                }
                seen.push(second);
            }
            return parts;
        }
        self.binding_of(name, value)
    }

    /// Names of which several bindings can be joined.
    fn plain_or_quoted(&mut self, name: &str) -> String {
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric())
            && name != "if"
            && name != "or";
        if plain && !self.rng.one_in(5) { name.to_owned() } else { quoted(name) }
    }

    /// Something taken out of a set made for it.
    pub(super) fn select(&mut self, ty: &Ty, depth: usize) -> Node {
        let name = self.name();
        let spelled = self.spelled(&name);
        let value = self.expr(ty, depth - 1);
        let mut pieces = vec![self.binding_of(&name, value)];
        for _ in 0..self.rng.below(3) {
            let other = self.name();
            if other != name {
                let value = self.special('E', depth - 1);
                pieces.push(self.binding_of(&other, value));
            }
        }
        let mut parts = vec![Part::Text("{ ".into()), Part::Many(pieces), Part::Text(format!("}}.{spelled}"))];
        match self.rng.below(6) {
            0 => {
                let other = self.special('E', depth - 1);
                parts.push(Part::Text(" or ".into()));
                parts.push(Part::Child(other, prec::SELECT));
            }
            1 => {
                let default = self.expr(ty, depth - 1);
                parts.push(Part::Text(".zzz or ".into()));
                parts.push(Part::Child(default, prec::SELECT));
            }
            _ => {}
        }
        Node { ty: ty.clone(), prec: prec::SELECT, parts }
    }
}
