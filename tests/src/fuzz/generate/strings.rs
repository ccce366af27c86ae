//! String literals of both kinds, with holes.

use super::Generator;
use crate::fuzz::tree::{Node, Part, prec};
use crate::fuzz::types::Ty;

impl Generator<'_> {
    pub(super) fn string(&mut self, depth: usize) -> Node {
        match self.rng.below(10) {
            0..5 => self.double_quoted(depth),
            5..8 => self.indented(depth),
            8 => {
                let uris = ["http://a/b", "x:y", "git+ssh://a@b/c?d=e&f", "a-b.c+d:%20'~", "mailto:x@y.z"];
                Node::text(Ty::Str, prec::ATOM, *self.rng.pick(&uris.each_ref()))
            }
            _ => self.leaf(&Ty::Str),
        }
    }

    /// What stands in a hole: mostly a string, sometimes what coerces, sometimes what does not.
    fn hole(&mut self, depth: usize) -> Vec<Part> {
        let inner = match self.rng.below(24) {
            0 => Node::text(Ty::Str, prec::ATOM, "{ outPath = \"o\"; }"),
            1 => Node::text(Ty::Str, prec::ATOM, "{ __toString = self: self.x; x = \"t\"; }"),
            2 => Node::text(Ty::Str, prec::ATOM, "./tree/file.txt"),
            3 => self.expr(&Ty::Any, depth - 1),
            4 => self.special('C', depth),
            _ => self.expr(&Ty::Str, depth - 1),
        };
        vec![Part::Text("${".into()), Part::Child(inner, prec::LOOSE), Part::Text("}".into())]
    }

    fn double_quoted(&mut self, depth: usize) -> Node {
        let texts = [
            "a", "b", " ", "foo", "\\n", "\\t", "\\r", "\\\"", "\\\\", "\\$", "\\${", "$", "$$", "$${", "$$$", "é", "\\q", "\n", "\t",
            "\\'", "''", "{", "}", "\\\n", "日", "/", "#", "\\${x}", "$a", "\r\n", "\r",
        ];
        let mut pieces = Vec::new();
        for _ in 0..self.rng.between(0, 4) {
            if self.rng.one_in(2) {
                pieces.push(self.hole(depth));
            } else {
                let number = self.rng.below(texts.len());
                pieces.push(vec![Part::Text(texts[if self.rng.one_in(2) { number % 4 } else { number }].into())]);
            }
        }
        // A dollar sign before a hole would quote it.
        self.around(pieces, "\"", "\"")
    }

    fn indented(&mut self, depth: usize) -> Node {
        let texts = [
            "a", "b c", "  ", "    ", "\n", "\n  ", "\n    ", "\n\t", "''${", "'''", "''\\n", "''\\t", "$", "$$", "\\n", "\"", "'", "x",
            "''\\x", "''\\\\", "é", "\n\n", " \n", "''\\${", "\n   x", "$${", "''$", "\r\n", "''\\\"",
        ];
        let mut pieces = Vec::new();
        for _ in 0..self.rng.between(0, 7) {
            if self.rng.one_in(5) {
                pieces.push(self.hole(depth));
            } else {
                let number = self.rng.below(texts.len());
                pieces.push(vec![Part::Text(texts[if self.rng.one_in(2) { number % 8 } else { number }].into())]);
            }
        }
        self.around(pieces, "''", "''")
    }

    fn around(&mut self, pieces: Vec<Vec<Part>>, open: &str, close: &str) -> Node {
        Node { ty: Ty::Str, prec: prec::ATOM, parts: vec![Part::Text(open.into()), Part::Many(pieces), Part::Text(close.into())] }
    }
}
