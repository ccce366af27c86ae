//! Literals, and texts that mean something to one builtin.

use super::{Generator, ODD_NAMES};
use crate::fuzz::tree::{Node, Part, prec, quoted};
use crate::fuzz::types::Ty;

impl Generator<'_> {
    pub(super) fn leaf(&mut self, ty: &Ty) -> Node {
        if self.rng.one_in(3)
            && let Some(node) = self.variable(ty, 0)
        {
            return node;
        }
        let text = match ty {
            Ty::Int => return self.int(),
            Ty::Float => self.float(),
            Ty::Bool => self.rng.pick(&["true", "false"]).into(),
            Ty::Str => {
                let text = self.text();
                return Node { ty: Ty::Str, prec: prec::ATOM, parts: vec![Part::Literal(text)] };
            }
            Ty::Null => "null".into(),
            // What is there is asked for more often: a path becomes a string where it can be copied.
            Ty::Path if !self.rng.one_in(3) => {
                self.rng.pick(&["./tree/.", "./tree", "./tree/file.txt", "./tree/../tree/a", "./tree/a/b.txt", "./tree/link"]).into()
            }
            // Never the root, nor what is beside the programs' folder: printing a path as JSON, and interpolating it, copies what
            // is there, and a machine's whole disk takes as long as it takes.
            Ty::Path => self
                .rng
                .pick(&[
                    "./tree/.",
                    "/a/b",
                    "/a/./b//c${\"x\"}",
                    "/.a",
                    "./tree",
                    "./tree/file.txt",
                    "./tree/../tree/a",
                    "/a/../b",
                    "../x",
                    "./tree/missing",
                    "~/x",
                ])
                .into(),
            Ty::List(of) => return self.list(of, 0),
            Ty::Set(_) | Ty::Record(_) => return self.set(ty, 0),
            Ty::Fun(from, to) => return self.function(from, to, 0),
            Ty::Any | Ty::Var(_) | Ty::Special(_) => return self.int(),
        };
        Node::text(ty.clone(), prec::ATOM, text)
    }

    fn int(&mut self) -> Node {
        if self.rng.one_in(25) {
            let edges = [
                "9223372036854775807",
                "(-9223372036854775807 - 1)",
                "(-9223372036854775807)",
                "4611686018427387904",
                "2147483648",
                "4294967296",
                "9007199254740993",
                "(-2147483649)",
            ];
            return Node::text(Ty::Int, prec::ATOM, *self.rng.pick(&edges.each_ref()));
        }
        if self.rng.one_in(6) {
            return Node::text(Ty::Int, 3, format!("-{}", self.rng.below(20)));
        }
        Node::text(Ty::Int, prec::ATOM, self.rng.below(13).to_string())
    }

    fn float(&mut self) -> String {
        let known = [
            "0.5",
            "1.0",
            "2.5",
            ".5",
            "3.",
            "1.5e-7",
            "0.1",
            "123456.789",
            "9007199254740993.0",
            "1.7976931348623157e308",
            "0.0",
            "1.0e15",
            "1.0e16",
            "1.0e6",
            "100000.0",
            "0.30000000000000004",
            "1.0E10",
        ];
        if self.rng.one_in(2) {
            return self.rng.pick(&known).to_owned().to_owned();
        }
        let digits = self.rng.below(1_000_000);
        format!("{}.{digits}e{}", self.rng.below(10), self.rng.below(40) as i32 - 20).replace("e-0", "e0")
    }

    /// The value of a string: words, numbers, spaces, what needs escapes, what is not ASCII.
    pub(super) fn text(&mut self) -> String {
        let pieces = [
            "a",
            "b",
            "c",
            "ab",
            "foo",
            "bar",
            "x",
            "1",
            "12",
            "007",
            " ",
            "-",
            ".",
            "_",
            "/",
            "\n",
            "\t",
            "\"",
            "\\",
            "$",
            "${",
            "''",
            "é",
            "日",
            "{",
            "}",
            "<",
            "&",
            "'",
            ">",
            "=",
            "\r",
            ":",
            "A",
            "Z",
            "+",
            "*",
            "(",
            "[",
            "^",
            "~",
            "\u{1}",
            "\u{7f}",
            "1.0",
            "null",
            "true",
            "/nix/store",
            "π",
        ];
        let mut text = String::new();
        for _ in 0..self.rng.below(5) {
            let number = self.rng.below(pieces.len());
            // Mostly words.
            let piece = pieces[if self.rng.one_in(2) { number.min(10) } else { number }];
            text.push_str(piece);
        }
        text
    }

    /// See the rows for the letters.
    pub(super) fn special(&mut self, kind: char, depth: usize) -> Node {
        let literal = |text: String| Node { ty: Ty::Str, prec: prec::ATOM, parts: vec![Part::Literal(text)] };
        match kind {
            // A small number.
            'j' => {
                let text = if self.rng.one_in(30) { "(-1)".into() } else { self.rng.below(7).to_string() };
                Node::text(Ty::Int, prec::ATOM, text)
            }
            // The name of an attribute, as a string.
            'K' => {
                let name = self.name();
                literal(name)
            }
            // The same as an identifier.
            'I' => {
                let name = self.identifier();
                Node::text(Ty::Any, prec::ATOM, name)
            }
            // Something that is perhaps never evaluated.
            'E' => {
                if self.rng.one_in(2) {
                    return self.failing(&Ty::Any, depth);
                }
                self.expr(&Ty::Any, depth)
            }
            'R' => {
                let pattern = self.pattern();
                literal(pattern)
            }
            'S' => {
                let subject = self.subject();
                literal(subject)
            }
            'J' => {
                let text = self.json();
                literal(text)
            }
            'M' => {
                let text = self.toml();
                literal(text)
            }
            'V' => {
                let text = self.version();
                literal(text)
            }
            'H' => {
                let text = self.rng.pick(&[
                    "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                    "sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73",
                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                    "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
                    "d41d8cd98f00b204e9800998ecf8427e",
                    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                    "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73",
                    "not a hash",
                    "md5:d41d8cd98f00b204e9800998ecf8427e",
                ]);
                literal(text.to_owned())
            }
            'A' => {
                let algorithm = self.rng.pick(&["md5", "sha1", "sha256", "sha512", "sha256", "sha256", "blake3", "SHA256", ""]);
                literal(algorithm.to_owned())
            }
            'F' => {
                let format = self.rng.pick(&["base16", "nix32", "base32", "base64", "sri", "sri", "base", ""]);
                literal(format.to_owned())
            }
            // A string with context.
            'C' => {
                let text = self.rng.pick(&[
                    "(builtins.toFile \"f\" \"x\")",
                    "\"${./tree/file.txt}\"",
                    "\"${builtins.toFile \"g\" \"y\"}/sub\"",
                    "(derivation { name = \"d\"; system = \"s\"; builder = \"b\"; }).outPath",
                    "(derivation { name = \"d\"; system = \"s\"; builder = \"b\"; }).drvPath",
                    "\"${derivation { name = \"e\"; system = \"s\"; builder = \"b\"; outputs = [ \"out\" \"dev\" ]; }} and ${builtins.toFile \"f\" \"x\"}\"",
                    "(derivation { name = \"e\"; system = \"s\"; builder = \"b\"; outputs = [ \"out\" \"dev\" ]; }).dev",
                    "(builtins.unsafeDiscardOutputDependency (derivation { name = \"d\"; system = \"s\"; builder = \"b\"; }).drvPath)",
                    "(builtins.placeholder \"out\")",
                ]);
                Node::text(Ty::Str, if text.starts_with('(') && !text.ends_with(')') { prec::SELECT } else { prec::ATOM }, text)
            }
            other => Node::text(Ty::Any, prec::ATOM, quoted(&other.to_string())),
        }
    }

    /// A name of an attribute.
    pub(super) fn name(&mut self) -> String {
        match self.rng.below(14) {
            0 => self.rng.pick(ODD_NAMES).to_owned(),
            _ => self.identifier(),
        }
    }

    fn version(&mut self) -> String {
        let pieces = [
            "1",
            "2",
            "10",
            "0",
            "01",
            ".",
            "-",
            "pre",
            "a",
            "rc",
            ".",
            ".",
            "",
            "alpha",
            "99999999999999999999",
            "+",
            "_",
            "gcc",
            "3.4",
            "-2",
            "é",
        ];
        (0..self.rng.below(7)).map(|_| *self.rng.pick(&pieces.each_ref())).collect()
    }
}
