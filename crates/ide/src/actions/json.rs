//! A selection that is JSON, as Nix.

use nival_syntax::TextRange;
use nival_syntax::literal;

use super::context::Context;
use super::layout::{STEP, indent_at};
use super::{Action, ActionKind, Found};

pub(super) const ACTION: Action = Action { id: "json-to-nix", kind: ActionKind::Rewrite, run };

fn run(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let text = context.text(context.range);
    // What is Nix as it stands is left alone, and so is what lies in a string.
    if !text.starts_with(['{', '[']) || context.selected().is_some() && !context.has_error(context.range) {
        return None;
    }
    let value = parse(text)?;
    found.add("Write the JSON as Nix", |edits| {
        let indent = indent_at(&context.view.text, context.range.start()).len();
        let range: TextRange = context.range;
        edits.replace(range, context.apart(range, write(&value, indent, false)));
    });
    Some(())
}

#[derive(Debug, Clone, PartialEq)]
enum Json {
    /// `null`, `true`, `false`: the same word.
    Word(&'static str),
    /// As Nix writes it.
    Number(String),
    String(String),
    List(Vec<Json>),
    /// The last value of each name, in the order of the names' first.
    Object(Vec<(String, Json)>),
}

/// Lists and objects within each other at most.
const MAX_DEPTH: usize = 200;

fn parse(text: &str) -> Option<Json> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(0)?;
    parser.blanks();
    (parser.at == text.len()).then_some(value)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.blanks();
        for word in ["null", "true", "false"] {
            if self.eat(word) {
                return Some(Json::Word(word));
            }
        }
        if self.eat("[") {
            let mut items = Vec::new();
            if self.eat("]") {
                return Some(Json::List(items));
            }
            loop {
                items.push(self.value(depth + 1)?);
                if self.eat("]") {
                    return Some(Json::List(items));
                }
                self.eat(",").then_some(())?;
            }
        }
        if self.eat("{") {
            let mut fields: Vec<(String, Json)> = Vec::new();
            if self.eat("}") {
                return Some(Json::Object(fields));
            }
            loop {
                self.blanks();
                let name = self.string()?;
                self.eat(":").then_some(())?;
                let value = self.value(depth + 1)?;
                match fields.iter_mut().find(|(other, _)| *other == name) {
                    Some(field) => field.1 = value,
                    None => fields.push((name, value)),
                }
                if self.eat("}") {
                    return Some(Json::Object(fields));
                }
                self.eat(",").then_some(())?;
            }
        }
        if self.rest().starts_with('"') { self.string().map(Json::String) } else { self.number() }
    }

    fn string(&mut self) -> Option<String> {
        let mut out = String::new();
        let mut chars = self.rest().strip_prefix('"')?.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 2;
                    // Nix has no strings with this character.
                    return (!out.contains('\0')).then_some(out);
                }
                '\\' => match chars.next()?.1 {
                    'n' => out.push('\n'),
                    'r' => out.push('\r'),
                    't' => out.push('\t'),
                    'b' => out.push('\u{8}'),
                    'f' => out.push('\u{c}'),
                    c @ ('"' | '\\' | '/') => out.push(c),
                    'u' => {
                        let mut unit = || chars.by_ref().take(4).try_fold(0, |all, (_, c)| Some(all * 16 + c.to_digit(16)?));
                        let first = unit()?;
                        let code = match first {
                            0xd800..0xdc00 => {
                                (chars.next()?.1 == '\\' && chars.next()?.1 == 'u').then_some(())?;
                                let mut unit = || chars.by_ref().take(4).try_fold(0, |all, (_, c)| Some(all * 16 + c.to_digit(16)?));
                                let second: u32 = unit()?;
                                (0xdc00..0xe000).contains(&second).then(|| 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?
                            }
                            code => code,
                        };
                        out.push(char::from_u32(code)?);
                    }
                    _ => return None,
                },
                c if c < ' ' => return None,
                c => out.push(c),
            }
        }
        None
    }

    fn number(&mut self) -> Option<Json> {
        let rest = self.rest();
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let text = rest.get(..end)?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let whole = digits.split(['.', 'e', 'E']).next()?;
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) || leading_zero {
            return None;
        }
        self.at += end;
        if digits == whole {
            // The smallest integer cannot be written with its sign.
            return (text.parse::<i64>().ok()? != i64::MIN).then(|| Json::Number(text.to_owned()));
        }
        let value: f64 = text.parse().ok()?;
        let written = if digits.contains('.') { text.to_owned() } else { text.replacen(['e', 'E'], ".0e", 1) };
        // Nix refuses numbers that are too large or too small for a float.
        (value.is_normal() || value == 0.0).then_some(Json::Number(written))
    }
}

/// The value as Nix; an item of a list has its sign in parentheses.
fn write(value: &Json, indent: usize, item: bool) -> String {
    let (pad, inner) = (" ".repeat(indent), " ".repeat(indent + STEP));
    match value {
        Json::Word(word) => (*word).to_owned(),
        Json::Number(text) if item && text.starts_with('-') => format!("({text})"),
        Json::Number(text) => text.clone(),
        Json::String(text) => {
            let mut out = Vec::new();
            literal::string(&mut out, text.as_bytes());
            String::from_utf8_lossy(&out).into_owned()
        }
        Json::List(items) if items.is_empty() => "[ ]".to_owned(),
        Json::List(items) => {
            let items: String = items.iter().map(|item| format!("{inner}{}\n", write(item, indent + STEP, true))).collect();
            format!("[\n{items}{pad}]")
        }
        Json::Object(fields) if fields.is_empty() => "{ }".to_owned(),
        Json::Object(fields) => {
            let field = |(name, value): &(String, Json)| {
                format!("{inner}{} = {};\n", literal::identifier(name.as_bytes()), write(value, indent + STEP, false))
            };
            format!("{{\n{}{pad}}}", fields.iter().map(field).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::actions::tests::{check, check_none};

    #[test]
    fn json_becomes_nix() {
        check(
            "json-to-nix",
            r#"{
  a = $0{ "b": [1, -2, 1e3, 0.5, null, true], "c d": "x\n${y} \u00e9\ud83e\udd80", "e": {}, "f": [], "b": [1] }$0;
}"#,
            expect![[r#"
                {
                  a = {
                    b = [
                      1
                    ];
                    "c d" = "x\n\${y} é🦀";
                    e = { };
                    f = [ ];
                  };
                }"#]],
        );
        check("json-to-nix", "$0[1, -2, 1e3]$0", expect!["[\n  1\n  (-2)\n  1.0e3\n]"]);
    }

    #[test]
    fn only_json() {
        for text in
            ["$0[ 1 2 ]$0", "$0{ }$0", "$0[1]$0", "$0{ a: 1 }$0", "$0[1,]$0", "$0[01, 2]$0", "$0[1e999, 2]$0", "$0[\"a]$0", "$0{\"a\":1$0"]
        {
            check_none("json-to-nix", text);
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
        assert_eq!(parse(&format!("{}{}", "[".repeat(300), "]".repeat(300))), None);
    }

    /// No text makes the parser fail badly, and what it reads is Nix.
    #[test]
    fn any_text() {
        let pieces = ["{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u12", "1", "-", ".5", "e3", "null", " ", "é", "\\", "\"", "\"$\""];
        let mut state = 3u64;
        let mut read = 0;
        for _ in 0..100_000 {
            let mut text = "[".to_owned();
            for _ in 0..4 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            if let Some(value) = parse(&text) {
                read += 1;
                let nix = write(&value, 0, false);
                assert!(nival_syntax::parse(&nix).errors().is_empty(), "{text} {nix}");
            }
        }
        assert!(read > 20, "{read}");
    }
}
