//! The client's side of a document: its text, its edits, and positions in every encoding, by counting.

use std::path::Path;

use serde_json::{Value, json};

use crate::fuzz::rng::Rng;

pub struct Document {
    pub uri: String,
    pub version: i64,
    pub text: String,
    /// The text before edits, and what they were, so that some are taken back.
    undo: Vec<String>,
}

/// What people and their editors type.
const TYPED: &[&str] = &[
    ";",
    "{",
    "}",
    "\"",
    "''",
    "${",
    "}",
    "a",
    " = ",
    "in ",
    "\n",
    "é",
    "🦀",
    ".",
    "with x; ",
    "# c\n",
    "/*",
    "*/",
    "(",
    ")",
    "[",
    "]",
    "let ",
    "inherit ",
    "x: ",
    "{ y, ... }: ",
    "rec ",
    "or ",
    "./a",
    "<n>",
    "\r\n",
    "if ",
    "then 1 else 2",
    "a.b = 1;",
    "//",
    " ? ",
    "@",
    "\t",
];

impl Document {
    pub fn new(file: &Path, text: &str) -> Self {
        Document { uri: format!("file://{}", file.display()), version: 1, text: text.to_owned(), undo: Vec::new() }
    }

    /// The address of the folder that it is in.
    pub fn folder(&self) -> &str {
        self.uri.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// As it is now, version and all, for a server that has not seen it before.
    pub fn reopened(&self) -> Self {
        Document { uri: self.uri.clone(), version: self.version, text: self.text.clone(), undo: Vec::new() }
    }

    /// A place to ask about, in bytes: mostly at a word.
    pub fn place(&self, rng: &mut Rng) -> usize {
        let mut at = self.text.floor_char_boundary(rng.below(self.text.len() + 1));
        if !rng.one_in(4) {
            let word = self.text[at..].find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
            at += word;
        }
        at
    }

    /// The text at a place.
    pub fn around(&self, place: usize) -> &str {
        let from = self.text.floor_char_boundary(place.saturating_sub(10));
        &self.text[from..self.text.floor_char_boundary((place + 20).min(self.text.len()))]
    }

    /// Lines end at `\n`, `\r\n` and `\r`.
    pub fn position(&self, place: usize, encoding: &str) -> Value {
        let bytes = self.text.as_bytes();
        let (mut line, mut start) = (0, 0);
        for at in 0..place {
            if bytes[at] == b'\n' && at < place || bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
                line += 1;
                start = at + 1;
            }
        }
        let before = &self.text[start..place];
        let character = match encoding {
            "utf-8" => before.len(),
            "utf-32" => before.chars().count(),
            _ => before.encode_utf16().count(),
        };
        json!({ "line": line, "character": character })
    }

    /// The byte that a position means, as [`Document::position`] counts; `None` for a position that is none.
    pub fn offset(&self, line: u64, character: u64, encoding: &str) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let ends = |at: usize| bytes[at] == b'\n' || bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        let start = if line == 0 { 0 } else { (0..bytes.len()).filter(|at| ends(*at)).nth(usize::try_from(line).ok()? - 1)? + 1 };
        let mut units = 0;
        for (at, c) in self.text[start..].char_indices().chain([(self.text.len() - start, ' ')]) {
            if units >= character {
                return (units == character).then_some(start + at);
            }
            units += match encoding {
                "utf-8" => c.len_utf8() as u64,
                "utf-32" => 1,
                _ => c.len_utf16() as u64,
            };
        }
        None
    }

    /// An answer with bytes in place of the positions in this document, so that those of several encodings can be compared.
    pub fn in_bytes(&self, answer: &Value, encoding: &str) -> Value {
        match answer {
            Value::Array(items) => items.iter().map(|item| self.in_bytes(item, encoding)).collect(),
            Value::Object(fields) => {
                if let (2, Some(line), Some(character)) =
                    (fields.len(), fields.get("line").and_then(Value::as_u64), fields.get("character").and_then(Value::as_u64))
                {
                    return self.offset(line, character, encoding).map_or(Value::from("no position"), Value::from);
                }
                // Folding ranges have their positions beside each other.
                if let [Some(start), Some(from), Some(end), Some(to)] =
                    ["startLine", "startCharacter", "endLine", "endCharacter"].map(|name| fields.get(name).and_then(Value::as_u64))
                {
                    return json!([self.offset(start, from, encoding), self.offset(end, to, encoding), fields.get("kind")]);
                }
                // Positions of other files are left as they are.
                let of_document = fields.get("textDocument").and_then(|document| document.get("uri"));
                let named = ["uri", "targetUri"].iter().filter_map(|name| fields.get(*name)).chain(of_document);
                let elsewhere = named.into_iter().any(|uri| *uri != self.uri);
                fields
                    .iter()
                    .map(|(name, field)| {
                        let other = elsewhere && name != "originSelectionRange" && name != "fromRanges";
                        (name.clone(), if other { field.clone() } else { self.in_bytes(field, encoding) })
                    })
                    .collect()
            }
            other => other.clone(),
        }
    }

    /// The ranges, in bytes, of the tokens of an answer, with their kinds.
    pub fn tokens_in_bytes(&self, answer: &Value, encoding: &str) -> Value {
        let data: Vec<u64> = answer["data"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        let (mut line, mut character) = (0, 0);
        let token = |token: &[u64]| {
            character = if token[0] == 0 { character + token[1] } else { token[1] };
            line += token[0];
            let at = |character| self.offset(line, character, encoding);
            json!([at(character), at(character + token[2]), token[3], token[4]])
        };
        data.as_chunks::<5>().0.iter().map(|chunk| &chunk[..]).map(token).collect()
    }

    pub fn range(&self, from: usize, to: usize, encoding: &str) -> Value {
        json!({ "start": self.position(from, encoding), "end": self.position(to, encoding) })
    }

    /// Changes the text; the parameters of the notification.
    pub fn edit(&mut self, rng: &mut Rng, encoding: &str) -> Value {
        self.version += 1;
        if rng.one_in(3)
            && let Some(before) = self.undo.pop()
        {
            self.text = before;
            return self.changes(json!([{ "text": self.text }]));
        }
        let from = self.place(rng);
        let length = if rng.one_in(3) { rng.below(20) } else { 0 };
        let to = self.text.floor_char_boundary((from + length).min(self.text.len())).max(from);
        // Between `\r` and `\n` there is no position.
        let within = |at: usize| at > 0 && self.text.as_bytes()[at - 1] == b'\r' && self.text.as_bytes().get(at) == Some(&b'\n');
        if within(from) || within(to) {
            return self.changes(json!([]));
        }
        let typed = if length > 0 && rng.one_in(2) { "" } else { rng.pick(TYPED) };
        let range = self.range(from, to, encoding);
        self.undo.push(self.text.clone());
        if self.undo.len() > 4 {
            self.undo.remove(0);
        }
        self.text.replace_range(from..to, typed);
        self.changes(json!([{ "range": range, "text": typed }]))
    }

    pub fn replace(&mut self, text: &str) -> Value {
        self.version += 1;
        self.text = text.to_owned();
        self.changes(json!([{ "text": text }]))
    }

    fn changes(&self, changes: Value) -> Value {
        json!({ "textDocument": { "uri": self.uri, "version": self.version }, "contentChanges": changes })
    }
}

/// A text with characters of two, three and four bytes before everything else of a line. Names and values are what they were, but for
/// what is in strings of several lines.
pub fn full_of_characters(text: &str) -> String {
    const CHARACTERS: [&str; 4] = ["é", "🦀", "日本", "e\u{301}𝄞"];
    let mut written = String::with_capacity(text.len() * 2);
    let mut in_comment = false;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let code = line.trim_start();
        let indentation = line.len() - code.len();
        let characters = CHARACTERS[number % CHARACTERS.len()];
        written.push_str(&line[..indentation]);
        // A line inside of a comment gets the characters alone: a comment in it would end it.
        let comment = if in_comment || code.starts_with("*/") { characters.to_owned() } else { format!("/* {characters} */ ") };
        if !code.is_empty() {
            written.push_str(&comment);
        }
        written.push_str(code);
        in_comment = match (code.rfind("/*"), code.rfind("*/")) {
            (Some(begin), Some(end)) => begin > end,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => in_comment,
        };
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters() {
        let text = full_of_characters("{\n  a = 1; /* b\n  c */\n\n  d = 2;\n}");
        assert_eq!(text, "/* é */ {\n  /* 🦀 */ a = 1; /* b\n  日本c */\n\n  /* é */ d = 2;\n/* 🦀 */ }");
    }

    #[test]
    fn positions() {
        let document = Document::new(Path::new("/a"), "é🦀x\r\ny\rz");
        let check = |place, encoding, line, character| {
            assert_eq!(document.position(place, encoding), json!({ "line": line, "character": character }));
        };
        check(6, "utf-8", 0, 6);
        check(6, "utf-16", 0, 3);
        check(6, "utf-32", 0, 2);
        check(10, "utf-16", 1, 1);
        check(11, "utf-16", 2, 0);
        for encoding in ["utf-8", "utf-16", "utf-32"] {
            for (place, _) in document.text.char_indices().filter(|(_, c)| *c != '\n') {
                let position = document.position(place, encoding);
                assert_eq!(document.in_bytes(&position, encoding), json!(place), "{position}");
            }
        }
        let fold = json!({ "startLine": 0, "startCharacter": 3, "endLine": 1, "endCharacter": 1, "kind": "comment" });
        assert_eq!(document.in_bytes(&fold, "utf-16"), json!([6, 10, "comment"]));
        let edit = |uri: &str| json!({ "textDocument": { "uri": uri }, "edits": [{ "line": 0, "character": 3 }] });
        assert_eq!(document.in_bytes(&edit("file:///a"), "utf-16")["edits"], json!([6]));
        assert_eq!(document.in_bytes(&edit("file:///b"), "utf-16"), edit("file:///b"));
        assert_eq!((document.offset(0, 1, "utf-8"), document.offset(9, 0, "utf-8")), (None, None));
    }
}
