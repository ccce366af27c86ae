//! Regular expressions, and what they are matched with.

use super::Generator;

impl Generator<'_> {
    pub(super) fn pattern(&mut self) -> String {
        let pattern = self.alternatives(3);
        match self.rng.below(12) {
            0 => self.damaged(&pattern),
            1 => format!(".*({pattern}).*"),
            2 => format!("({pattern})(.*)"),
            _ => pattern,
        }
    }

    fn alternatives(&mut self, depth: usize) -> String {
        let count = if self.rng.one_in(4) { self.rng.between(2, 3) } else { 1 };
        (0..count).map(|_| self.sequence(depth)).collect::<Vec<_>>().join("|")
    }

    fn sequence(&mut self, depth: usize) -> String {
        (0..self.rng.between(1, 3)).map(|_| self.repeated(depth)).collect()
    }

    fn repeated(&mut self, depth: usize) -> String {
        let mut text = self.atom(depth);
        if self.rng.one_in(3) {
            text += self.rng.pick(&["*", "+", "?", "*", "{2}", "{0,2}", "{1,}", "{,2}", "**", "{0}", "{3,1}", "+?"]);
        }
        text
    }

    fn atom(&mut self, depth: usize) -> String {
        let simple = [
            "a",
            "b",
            "c",
            ".",
            "x",
            "1",
            "ab",
            "[ab]",
            "[^a]",
            "[a-c]",
            "[[:alpha:]]",
            "[[:digit:]]+",
            "[^[:space:]]",
            "\\.",
            "-",
            "_",
            " ",
            "[]a]",
            "[a-]",
            "[[:alnum:]_]",
            "^",
            "$",
            "\\(",
            "[.]",
            "[[.a.]]",
            "[[=a=]]",
            "\\\\",
            "()",
            "/",
            "[0-9]",
            "é",
            "\\a",
            "{",
            "a{",
            "\\$",
            "[\\n]",
            "foo",
        ];
        if depth > 0 && self.rng.one_in(4) {
            return format!("({})", self.alternatives(depth - 1));
        }
        let number = self.rng.below(simple.len() * 2);
        simple.get(number).copied().unwrap_or(simple[number % 14]).to_owned()
    }

    pub(super) fn subject(&mut self) -> String {
        let pieces = ["a", "b", "c", "ab", "aa", "x", "1", "12", "-", ".", " ", "foo", "_", "é", "/", "\n", "(", "\\", "bc", "aba"];
        (0..self.rng.below(8)).map(|_| *self.rng.pick(&pieces.each_ref())).collect()
    }

    /// With one character left out, doubled or replaced.
    pub(super) fn damaged(&mut self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        if chars.is_empty() {
            return text.to_owned();
        }
        let at = self.rng.below(chars.len());
        match self.rng.below(4) {
            0 => drop(chars.remove(at)),
            1 => chars.insert(at, chars[at]),
            2 => chars.truncate(at),
            _ => chars[at] = *self.rng.pick(&[&'[', &'(', &')', &'{', &'}', &'"', &'\\', &',', &' ', &'0', &'\n', &'=', &'.', &'-', &'*']),
        }
        chars.into_iter().collect()
    }
}
