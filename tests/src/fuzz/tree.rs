//! Programs as trees of text, so that they can be made smaller.

use super::types::Ty;

/// How tightly an expression binds, from the tightest.
pub mod prec {
    pub const ATOM: u8 = 0;
    pub const SELECT: u8 = 1;
    pub const APPLY: u8 = 2;
    /// Everything.
    pub const LOOSE: u8 = 16;
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Node {
    pub ty: Ty,
    pub prec: u8,
    pub parts: Vec<Part>,
}

/// A piece of an expression.
#[derive(Debug, Clone)]
pub enum Part {
    Text(String),
    /// In parentheses where it binds looser than this.
    Child(Node, u8),
    /// Elements, bindings, pieces of a string: each may be left out.
    Many(Vec<Vec<Part>>),
    /// Written as a string literal.
    Literal(String),
}

impl Node {
    pub fn text(ty: Ty, prec: u8, text: impl Into<String>) -> Node {
        Node { ty, prec, parts: vec![Part::Text(text.into())] }
    }

    pub fn render(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, prec::LOOSE);
        out
    }

    fn write(&self, out: &mut String, loosest: u8) {
        if self.prec > loosest {
            out.push('(');
        }
        write_parts(&self.parts, out);
        if self.prec > loosest {
            out.push(')');
        }
    }

    /// This program within a text, in which a zero character holds its place.
    pub fn wrapped(self, around: String) -> Node {
        let (before, after) = around.split_once('\0').unwrap_or((&around, ""));
        let parts = vec![Part::Text(before.into()), Part::Child(self, prec::LOOSE), Part::Text(after.into())];
        Node { ty: Ty::Bool, prec: prec::SELECT, parts }
    }

    /// How many nodes and removable pieces there are: what making a program smaller reduces.
    pub fn size(&self) -> usize {
        1 + size(&self.parts)
    }

    /// Smaller versions of this program, the smallest first.
    pub fn smaller(&self) -> Vec<Node> {
        let mut found = Vec::new();
        for at in 0..self.size() {
            for way in Way::ALL {
                let mut copy = self.clone();
                let mut left = at;
                if change_node(&mut copy, &mut left, *way) {
                    found.push(copy);
                }
            }
        }
        found.sort_by_cached_key(|node| node.render().len());
        let own = self.render().len();
        found.retain(|node| node.render().len() < own);
        found.dedup_by_key(|node| node.render());
        found
    }
}

/// How to make one node smaller.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// The simplest value of its type.
    Simplest,
    /// Its n-th child in its place.
    Hoist(usize),
    /// A removable piece (or, of a literal, a quarter of the text) less.
    Remove(usize),
}

impl Way {
    const ALL: &[Way] = &[
        Way::Simplest,
        Way::Hoist(0),
        Way::Hoist(1),
        Way::Hoist(2),
        Way::Hoist(3),
        Way::Remove(0),
        Way::Remove(1),
        Way::Remove(2),
        Way::Remove(3),
        Way::Remove(4),
        Way::Remove(5),
    ];
}

fn size(parts: &[Part]) -> usize {
    parts
        .iter()
        .map(|part| match part {
            Part::Text(_) | Part::Literal(_) => 0,
            Part::Child(node, _) => node.size(),
            Part::Many(pieces) => pieces.iter().map(|piece| size(piece)).sum(),
        })
        .sum()
}

fn write_parts(parts: &[Part], out: &mut String) {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Child(node, loosest) => node.write(out, *loosest),
            Part::Many(pieces) => pieces.iter().for_each(|piece| write_parts(piece, out)),
            Part::Literal(text) => out.push_str(&quoted(text)),
        }
    }
}

/// A string literal with this value.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' => out.push_str("\\$"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Applies `way` to the node number `at`, counted from the outside; whether that was possible.
fn change_node(node: &mut Node, at: &mut usize, way: Way) -> bool {
    if *at > 0 {
        *at -= 1;
        return change_parts(&mut node.parts, at, way);
    }
    match way {
        Way::Simplest => {
            let text = simplest(&node.ty);
            *node = Node::text(node.ty.clone(), prec::ATOM, text);
            true
        }
        Way::Hoist(n) => {
            let mut children = Vec::new();
            collect(&node.parts, &mut children);
            let Some(child) = children.get(n) else { return false };
            let child = (*child).clone();
            *node = child;
            true
        }
        Way::Remove(n) => {
            let mut left = n;
            remove(&mut node.parts, &mut left)
        }
    }
}

fn change_parts(parts: &mut [Part], at: &mut usize, way: Way) -> bool {
    for part in parts {
        match part {
            Part::Text(_) | Part::Literal(_) => {}
            Part::Child(node, _) => {
                let size = node.size();
                if *at < size {
                    return change_node(node, at, way);
                }
                *at -= size;
            }
            Part::Many(pieces) => {
                for piece in pieces {
                    let size = size(piece);
                    if *at < size {
                        return change_parts(piece, at, way);
                    }
                    *at -= size;
                }
            }
        }
    }
    false
}

fn collect<'a>(parts: &'a [Part], into: &mut Vec<&'a Node>) {
    for part in parts {
        match part {
            Part::Text(_) | Part::Literal(_) => {}
            Part::Child(node, _) => into.push(node),
            Part::Many(pieces) => pieces.iter().for_each(|piece| collect(piece, into)),
        }
    }
}

fn remove(parts: &mut [Part], left: &mut usize) -> bool {
    for part in parts {
        match part {
            Part::Text(_) | Part::Child(..) => {}
            Part::Many(pieces) => {
                if *left < pieces.len() {
                    pieces.remove(*left);
                    return true;
                }
                *left -= pieces.len();
            }
            Part::Literal(text) => {
                if *left < 6 {
                    let chars: Vec<char> = text.chars().collect();
                    if chars.is_empty() {
                        return false;
                    }
                    let width = chars.len().div_ceil(6);
                    let start = (*left * width).min(chars.len() - 1);
                    *text = chars.iter().enumerate().filter(|(i, _)| *i < start || *i >= start + width).map(|(_, c)| *c).collect();
                    return true;
                }
                *left -= 6;
            }
        }
    }
    false
}

/// A literal of a type.
pub fn simplest(ty: &Ty) -> String {
    match ty {
        Ty::Int | Ty::Any | Ty::Var(_) | Ty::Special(_) => "0".into(),
        Ty::Float => "0.5".into(),
        Ty::Bool => "true".into(),
        Ty::Str => "\"\"".into(),
        Ty::Null => "null".into(),
        Ty::Path => "/a".into(),
        Ty::List(_) => "[ ]".into(),
        Ty::Set(_) => "{ }".into(),
        Ty::Record(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, ty)| format!("{name} = {};", simplest(ty))).collect();
            format!("{{ {} }}", fields.join(" "))
        }
        Ty::Fun(_, to) => format!("(_: {})", simplest(to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses_only_where_they_are_needed() {
        let sum = |a: &str, b: Node| Node { ty: Ty::Int, prec: 7, parts: vec![Part::Text(format!("{a} + ")), Part::Child(b, 6)] };
        let one = || Node::text(Ty::Int, prec::ATOM, "1");
        assert_eq!(sum("2", one()).render(), "2 + 1");
        assert_eq!(sum("2", sum("3", one())).render(), "2 + (3 + 1)");
    }

    #[test]
    fn smaller_programs_are_smaller() {
        let list = Node {
            ty: Ty::List(Ty::Int.into()),
            prec: prec::ATOM,
            parts: vec![
                Part::Text("[ ".into()),
                Part::Many(vec![vec![Part::Text("1 ".into())], vec![Part::Text("22 ".into())]]),
                Part::Text("]".into()),
            ],
        };
        let texts: Vec<String> = list.smaller().iter().map(Node::render).collect();
        assert_eq!(texts, ["[ ]", "[ 1 ]", "[ 22 ]"]);
        assert_eq!(quoted("a\"${x}\n"), "\"a\\\"\\${x}\\n\"");
    }
}
