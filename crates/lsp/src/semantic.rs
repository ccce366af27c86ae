//! Semantic tokens as the protocol writes them, and the former ones that a difference refers to.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use nival_ide as ide;
use rustc_hash::FxHashMap;
use tower_lsp_server::ls_types as lsp;

use crate::encoding::{Encoding, Text};

/// How many results of one document a difference may refer to: a client has one, and may have asked for the next.
const KEPT: usize = 2;
/// How many documents have results that are kept.
const DOCUMENTS: usize = 16;

pub fn legend() -> lsp::SemanticTokensLegend {
    lsp::SemanticTokensLegend {
        token_types: ide::TokenKind::NAMES.iter().map(|name| lsp::SemanticTokenType::new(name)).collect(),
        token_modifiers: ide::Modifiers::NAMES.iter().map(|name| lsp::SemanticTokenModifier::new(name)).collect(),
    }
}

/// Each token by its distance from the one before. Where the client does not take tokens of several lines they are cut.
pub fn encode(text: &Text, encoding: Encoding, tokens: &[ide::SemanticToken], multiline: bool) -> Vec<lsp::SemanticToken> {
    let mut encoded = Vec::with_capacity(tokens.len());
    encode_behind(&mut encoded, (0, 0), text, encoding, tokens, multiline);
    encoded
}

/// Line and column of a token.
type Place = (u32, u32);

/// Adds tokens behind one that begins at `last`; where the last of them begins.
fn encode_behind(
    encoded: &mut Vec<lsp::SemanticToken>,
    mut last: Place,
    text: &Text,
    encoding: Encoding,
    tokens: &[ide::SemanticToken],
    multiline: bool,
) -> Place {
    let mut forward = text.forward(encoding);
    for token in tokens {
        let mut start = token.range.start();
        loop {
            let (line, from) = forward.go(start);
            let column = from - forward.line_start();
            let line_end = forward.line_end();
            let next_line = forward.next_line();
            let end = if multiline { token.range.end() } else { token.range.end().min(line_end) };
            let length = forward.go(end.max(start)).1 - from;
            // Empty lines of a token are nothing to show.
            if length > 0 {
                let (kind, modifiers) = (token.kind as u32, token.modifiers.bits().into());
                let written =
                    lsp::SemanticToken { delta_line: 0, delta_start: 0, length, token_type: kind, token_modifiers_bitset: modifiers };
                encoded.push(behind(last, (line, column), written));
                last = (line, column);
            }
            match next_line.filter(|&next| !multiline && next < token.range.end()) {
                Some(next) => start = next,
                None => break,
            }
        }
    }
    last
}

/// A token at a place, behind one at `last`.
fn behind(last: Place, (line, column): Place, token: lsp::SemanticToken) -> lsp::SemanticToken {
    let delta_start = if line == last.0 { column.wrapping_sub(last.1) } else { column };
    lsp::SemanticToken { delta_line: line.wrapping_sub(last.0), delta_start, ..token }
}

/// Where a token behind one at `last` is.
fn ahead(last: Place, token: &lsp::SemanticToken) -> Place {
    match token.delta_line {
        0 => (last.0, last.1.wrapping_add(token.delta_start)),
        lines => (last.0.wrapping_add(lines), token.delta_start),
    }
}

/// A result, and what it was worked out from.
#[derive(Debug, Clone)]
pub struct Basis {
    pub tokens: ide::TokensBasis,
    pub text: Arc<Text>,
    pub encoded: Arc<Vec<lsp::SemanticToken>>,
}

/// A part of a text, before an edit and after, and the tokens that are in it now.
pub struct Part<'t> {
    pub old: ide::TextRange,
    pub new: ide::TextRange,
    pub tokens: &'t [ide::SemanticToken],
}

impl Part<'_> {
    /// What [`encode`] gives for the text after an edit, with the text before and what it gave for that.
    pub fn encode(
        &self,
        before: &Text,
        known: &[lsp::SemanticToken],
        text: &Text,
        encoding: Encoding,
        multiline: bool,
    ) -> Vec<lsp::SemanticToken> {
        let place = |text: &Text, offset| {
            let position = text.position(offset, encoding);
            (position.line, position.character)
        };
        let start = place(text, self.new.start());
        let (old_end, new_end) = (place(before, self.old.end()), place(text, self.new.end()));
        let (mut first, mut last) = (0, (0, 0));
        while let Some(at) = known.get(first).map(|token| ahead(last, token)).filter(|&at| at < start) {
            (first, last) = (first + 1, at);
        }
        let (mut after, mut at) = (first, last);
        let next = loop {
            let Some(token) = known.get(after) else { break None };
            at = ahead(at, token);
            after += 1;
            if at >= old_end {
                break Some(*token);
            }
        };
        let mut encoded = Vec::with_capacity(known.len() + self.tokens.len());
        encoded.extend_from_slice(&known[..first]);
        let last = encode_behind(&mut encoded, last, text, encoding, self.tokens, multiline);
        if let Some(token) = next {
            // Only what is in the same line moves to the side.
            let column = if at.0 == old_end.0 { at.1.wrapping_sub(old_end.1).wrapping_add(new_end.1) } else { at.1 };
            encoded.push(behind(last, (at.0.wrapping_sub(old_end.0).wrapping_add(new_end.0), column), token));
            encoded.extend_from_slice(&known[after..]);
        }
        encoded
    }
}

/// What makes `old` to `new`: nothing, or one replacement.
pub fn difference(old: &[lsp::SemanticToken], new: &[lsp::SemanticToken]) -> Vec<lsp::SemanticTokensEdit> {
    let before = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[before..], &new[before..]);
    let behind = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - behind], &new[..new.len() - behind]);
    if old.is_empty() && new.is_empty() {
        return Vec::new();
    }
    vec![lsp::SemanticTokensEdit { start: 5 * before as u32, delete_count: 5 * old.len() as u32, data: Some(new.to_vec()) }]
}

/// Results that clients may refer to. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Former(Arc<Mutex<Results>>);

type Kept = (String, Arc<Vec<lsp::SemanticToken>>);

#[derive(Debug, Default)]
struct OfFile {
    kept: Vec<Kept>,
    basis: Option<Arc<Basis>>,
}

#[derive(Debug, Default)]
struct Results {
    next_id: u64,
    of: FxHashMap<PathBuf, OfFile>,
    /// The one that was asked for last is last.
    order: Vec<PathBuf>,
}

impl Former {
    fn with<T>(&self, act: impl FnOnce(&mut Results) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The result with this id.
    pub fn get(&self, path: &Path, id: &str) -> Option<Arc<Vec<lsp::SemanticToken>>> {
        self.with(|results| results.of.get(path)?.kept.iter().find(|(known, _)| known == id).map(|(_, tokens)| tokens.clone()))
    }

    /// What the last result was worked out from.
    pub fn basis(&self, path: &Path) -> Option<Arc<Basis>> {
        self.with(|results| results.of.get(path)?.basis.clone())
    }

    /// Keeps a result, and what helps with the next; its id.
    pub fn keep(&self, path: &Path, tokens: Arc<Vec<lsp::SemanticToken>>, basis: Option<Basis>) -> String {
        // What it takes the place of is freed when nobody waits for the others any more.
        let mut basis = basis.map(Arc::new);
        self.with(|results| {
            results.next_id += 1;
            let id = results.next_id.to_string();
            results.order.retain(|known| known != path);
            results.order.push(path.to_path_buf());
            let of_file = results.of.entry(path.to_path_buf()).or_default();
            of_file.kept.push((id.clone(), tokens));
            if of_file.kept.len() > KEPT {
                of_file.kept.remove(0);
            }
            std::mem::swap(&mut of_file.basis, &mut basis);
            if results.order.len() > DOCUMENTS {
                let oldest = results.order.remove(0);
                results.of.remove(&oldest);
            }
            id
        })
    }

    /// Forgets the results of a document that is closed.
    pub fn forget(&self, path: &Path) {
        self.with(|results| {
            results.of.remove(path);
            results.order.retain(|known| known != path);
        });
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use nival_ide::{TextRange, TextSize};

    use super::*;

    fn token(start: u32, end: u32) -> ide::SemanticToken {
        let range = TextRange::new(TextSize::new(start), TextSize::new(end));
        ide::SemanticToken { range, kind: ide::TokenKind::String, modifiers: ide::Modifiers::NONE }
    }

    fn check(encoding: Encoding, multiline: bool, expected: Expect) {
        // Bytes: é at 3, the crab at 7, lines at 13, 14 and 16.
        let text = Text::new("a \"é, 🦀\r\n\n  x\" b");
        let len = text.text().len() as u32;
        let tokens = [token(0, 1), token(2, len - 2), token(len - 1, len)];
        let shown: Vec<String> = encode(&text, encoding, &tokens, multiline)
            .iter()
            .map(|token| format!("{} {} {}", token.delta_line, token.delta_start, token.length))
            .collect();
        expected.assert_eq(&shown.join(", "));
    }

    #[test]
    fn lines_and_units() {
        check(Encoding::Utf8, true, expect!["0 0 1, 0 2 16, 2 5 1"]);
        check(Encoding::Utf16, true, expect!["0 0 1, 0 2 13, 2 5 1"]);
        check(Encoding::Utf32, true, expect!["0 0 1, 0 2 12, 2 5 1"]);
        check(Encoding::Utf8, false, expect!["0 0 1, 0 2 9, 2 0 4, 0 5 1"]);
        check(Encoding::Utf16, false, expect!["0 0 1, 0 2 6, 2 0 4, 0 5 1"]);
        check(Encoding::Utf32, false, expect!["0 0 1, 0 2 5, 2 0 4, 0 5 1"]);
    }

    #[test]
    fn a_part_is_encoded_as_the_whole() {
        let before = "{ a = ''é\r\n 🦀''; b = c; é = ''\n🦀''; d = \"🦀\"; }";
        let tokens_of = |text: &str| {
            let is_word = |c: char| !c.is_whitespace() && !"=;{}".contains(c);
            let mut tokens = Vec::new();
            let mut start = None;
            for (at, c) in text.char_indices() {
                match (is_word(c), start) {
                    (true, None) => start = Some(at),
                    (false, Some(from)) => {
                        tokens.push(token(from as u32, at as u32));
                        start = None;
                    }
                    _ => {}
                }
            }
            // Some that go over several lines.
            for pair in (1..tokens.len()).rev() {
                let between = &text[usize::from(tokens[pair - 1].range.end())..usize::from(tokens[pair].range.start())];
                if between.contains('\n') && !between.contains(';') {
                    tokens[pair - 1].range = tokens[pair - 1].range.cover(tokens[pair].range);
                    tokens.remove(pair);
                }
            }
            tokens
        };
        // What begins and ends like a binding.
        let places: Vec<usize> = before.match_indices([';', '{']).map(|(at, _)| at + 1).collect();
        for (i, &start) in places.iter().enumerate() {
            for &end in &places[i..] {
                for insert in ["", " x;", " é\n = y;", " a\r\n = ''b\n\n c''; d;\n", " \n", "🦀;"] {
                    let after = format!("{}{insert}{}", &before[..start], &before[end..]);
                    let range = |end: usize| TextRange::new((start as u32).into(), (end as u32).into());
                    let (old, new) = (range(end), range(start + insert.len()));
                    for (encoding, multiline) in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32]
                        .into_iter()
                        .flat_map(|encoding| [(encoding, true), (encoding, false)])
                    {
                        let text = Text::new(before);
                        let encoded = Arc::new(encode(&text, encoding, &tokens_of(before), multiline));
                        let whole = tokens_of(&after);
                        let tokens: Vec<_> = whole.iter().filter(|token| new.contains_range(token.range)).copied().collect();
                        let after = Text::new(after.as_str());
                        let part = Part { old, new, tokens: &tokens };
                        let found = part.encode(&text, &encoded, &after, encoding, multiline);
                        assert_eq!(found, encode(&after, encoding, &whole, multiline), "{:?} {insert:?} {encoding:?}", &before[start..end]);
                    }
                }
            }
        }
    }

    #[test]
    fn differences_lead_from_one_to_the_other() {
        let of = |lengths: &[u32]| -> Vec<lsp::SemanticToken> {
            lengths.iter().map(|&length| lsp::SemanticToken { length, ..lsp::SemanticToken::default() }).collect()
        };
        let cases: [&[u32]; 7] = [&[], &[1], &[1, 1], &[1, 1, 1], &[1, 2, 1], &[2, 1], &[1, 1, 2, 1, 1]];
        for old in cases.map(of) {
            for new in cases.map(of) {
                let mut made = old.clone();
                for edit in difference(&old, &new) {
                    let (start, end) = (edit.start as usize / 5, (edit.start + edit.delete_count) as usize / 5);
                    made.splice(start..end, edit.data.unwrap_or_default());
                }
                assert_eq!(made, new);
            }
        }
    }

    #[test]
    fn few_results_are_kept() {
        let former = Former::default();
        let path = |number: usize| PathBuf::from(format!("/{number}"));
        let ids: Vec<String> = (0..3).map(|_| former.keep(&path(0), Arc::default(), None)).collect();
        assert!(
            former.get(&path(0), &ids[0]).is_none() && former.get(&path(0), &ids[1]).is_some() && former.get(&path(0), &ids[2]).is_some()
        );
        assert!(former.get(&path(1), &ids[2]).is_none());
        for number in 1..=DOCUMENTS {
            former.keep(&path(number), Arc::default(), None);
        }
        assert!(former.get(&path(0), &ids[2]).is_none());
        let id = former.keep(&path(1), Arc::default(), None);
        former.forget(&path(1));
        assert!(former.get(&path(1), &id).is_none());
    }
}
