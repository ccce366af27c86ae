//! JSON and TOML texts.

use super::Generator;

impl Generator<'_> {
    pub(super) fn json(&mut self) -> String {
        let text = self.json_value(3);
        if self.rng.one_in(8) { self.damaged(&text) } else { text }
    }

    fn json_value(&mut self, depth: usize) -> String {
        let space = self.rng.pick(&["", "", "", " ", "\n", "\t"]).to_owned();
        let value = match self.rng.below(if depth == 0 { 9 } else { 14 }) {
            0 => self.rng.pick(&["null", "true", "false"]).to_owned(),
            1 | 2 => self.rng.below(1000).to_string(),
            3 => self
                .rng
                .pick(&[
                    "-0",
                    "-1",
                    "1.5",
                    "1e3",
                    "1E+2",
                    "0.1",
                    "-1.5e-3",
                    "9223372036854775807",
                    "9223372036854775808",
                    "-9223372036854775808",
                    "18446744073709551616",
                    "1e400",
                    "01",
                    "1.",
                    ".5",
                    "+1",
                    "-",
                    "0x10",
                    "1e",
                    "123456789.123456789",
                    "4.9e-324",
                    "1e-400",
                    "-9223372036854775809",
                ])
                .to_owned(),
            _ if depth == 0 => self.json_string(),
            4..9 => self.json_string(),
            9..12 => {
                let elements: Vec<String> = (0..self.rng.below(4)).map(|_| self.json_value(depth - 1)).collect();
                format!("[{}]", elements.join(","))
            }
            _ => {
                let members: Vec<String> =
                    (0..self.rng.below(4)).map(|_| format!("{}:{}", self.json_string(), self.json_value(depth - 1))).collect();
                format!("{{{}}}", members.join(","))
            }
        };
        format!("{space}{value}{space}")
    }

    fn json_string(&mut self) -> String {
        let pieces = [
            "a",
            "b",
            "c",
            "key",
            "x y",
            "1",
            "é",
            "日本",
            "\\n",
            "\\\"",
            "\\\\",
            "\\/",
            "\\u00e9",
            "\\ud83d\\ude00",
            "\\t",
            "",
            "\\b",
            "\\u0041",
            "\\ud800",
            "\\u12",
            "\\x",
            "\u{7f}",
            "\t",
        ];
        let count = self.rng.below(3);
        let text: String = (0..count)
            .map(|_| {
                let number = self.rng.below(pieces.len());
                pieces[if self.rng.one_in(3) { number } else { number.min(16) }]
            })
            .collect();
        format!("\"{text}\"")
    }

    pub(super) fn toml(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.rng.between(0, 5) {
            match self.rng.below(8) {
                0 => text += &format!("[{}]\n", self.toml_key()),
                1 => text += &format!("[[{}]]\n", self.toml_key()),
                2 => text += self.rng.pick(&["# comment\n", "\n", "  \n", "\t# é\n"]),
                _ => text += &format!("{} = {}\n", self.toml_key(), self.toml_value(2)),
            }
        }
        if self.rng.one_in(10) { self.damaged(&text) } else { text }
    }

    fn toml_key(&mut self) -> String {
        let key = |this: &mut Self| {
            this.rng.pick(&["a", "b", "c", "d", "x-y", "1", "\"q k\"", "'l'", "k_2", "\"\"", "e", "g", "h", "i"]).to_owned()
        };
        let mut text = key(self);
        if self.rng.one_in(4) {
            text = format!("{text}.{}", key(self));
        }
        text
    }

    fn toml_value(&mut self, depth: usize) -> String {
        match self.rng.below(if depth == 0 { 8 } else { 12 }) {
            0 => self.rng.below(1000).to_string(),
            1 => self
                .rng
                .pick(&[
                    "+1",
                    "-17",
                    "1_000",
                    "0xdead_BEEF",
                    "0o755",
                    "0b1101",
                    "9223372036854775807",
                    "9223372036854775808",
                    "-9223372036854775808",
                    "01",
                    "1__0",
                    "0x",
                    "-0",
                    "0xFFFFFFFFFFFFFFFF",
                    "+0",
                ])
                .to_owned(),
            2 => self
                .rng
                .pick(&["1.5", "-0.0", "1e6", "6.626e-34", "inf", "-inf", "nan", "+nan", "1_0.5_0", "1.", ".5", "1e+2", "3.14E2", "1e400"])
                .to_owned(),
            3 => self.rng.pick(&["true", "false", "True", "1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "1979-13-01"]).to_owned(),
            4 | 5 => self
                .rng
                .pick(&[
                    "\"a\"",
                    "\"\"",
                    "\"a\\tb\\n\"",
                    "\"\\u00e9\"",
                    "\"\\U0001F600\"",
                    "\"\\\"q\\\"\"",
                    "\"é\"",
                    "\"\\x41\"",
                    "\"\\ud800\"",
                    "\"a\\b\\f\\r\\\\\"",
                    "\"\\q\"",
                ])
                .to_owned(),
            6 => self.rng.pick(&["'lit\\n'", "''", "'''a\n'b'\n'''", "'''\na'''", "'é'"]).to_owned(),
            7 => self
                .rng
                .pick(&["\"\"\"a\nb\"\"\"", "\"\"\"\na \\\n   b\"\"\"", "\"\"\"\"q\"\"\"\"", "\"\"\"\\\n\"\"\"", "\"\"\"\r\nx\"\"\""])
                .to_owned(),
            8..10 => {
                let elements: Vec<String> = (0..self.rng.below(4)).map(|_| self.toml_value(depth - 1)).collect();
                let comma = if self.rng.one_in(4) && !elements.is_empty() { "," } else { "" };
                format!("[{}{comma}{}]", elements.join(", "), self.rng.pick(&["", "", "\n", " # c\n"]))
            }
            _ => {
                let members: Vec<String> =
                    (0..self.rng.below(3)).map(|_| format!("{} = {}", self.toml_key(), self.toml_value(depth - 1))).collect();
                format!("{{ {} }}", members.join(", "))
            }
        }
    }
}
