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

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
