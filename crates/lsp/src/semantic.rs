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
    let mut forward = text.forward(encoding);
    let (mut last_line, mut last_column) = (0, 0);
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
                encoded.push(lsp::SemanticToken {
                    delta_line: line - last_line,
                    delta_start: if line == last_line { column - last_column } else { column },
                    length,
                    token_type: token.kind as u32,
                    token_modifiers_bitset: token.modifiers.bits().into(),
                });
                (last_line, last_column) = (line, column);
            }
            match next_line.filter(|&next| !multiline && next < token.range.end()) {
                Some(next) => start = next,
                None => break,
            }
        }
    }
    encoded
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

type Kept = (String, Arc<[lsp::SemanticToken]>);

#[derive(Debug, Default)]
struct Results {
    next_id: u64,
    of: FxHashMap<PathBuf, Vec<Kept>>,
    /// The one that was asked for last is last.
    order: Vec<PathBuf>,
}

impl Former {
    fn with<T>(&self, act: impl FnOnce(&mut Results) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The result with this id.
    pub fn get(&self, path: &Path, id: &str) -> Option<Arc<[lsp::SemanticToken]>> {
        self.with(|results| results.of.get(path)?.iter().find(|(known, _)| known == id).map(|(_, tokens)| tokens.clone()))
    }

    /// Keeps a result; its id.
    pub fn keep(&self, path: &Path, tokens: Arc<[lsp::SemanticToken]>) -> String {
        self.with(|results| {
            results.next_id += 1;
            let id = results.next_id.to_string();
            results.order.retain(|known| known != path);
            results.order.push(path.to_path_buf());
            let of_file = results.of.entry(path.to_path_buf()).or_default();
            of_file.push((id.clone(), tokens));
            if of_file.len() > KEPT {
                of_file.remove(0);
            }
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
        let ids: Vec<String> = (0..3).map(|_| former.keep(&path(0), Arc::default())).collect();
        assert!(
            former.get(&path(0), &ids[0]).is_none() && former.get(&path(0), &ids[1]).is_some() && former.get(&path(0), &ids[2]).is_some()
        );
        assert!(former.get(&path(1), &ids[2]).is_none());
        for number in 1..=DOCUMENTS {
            former.keep(&path(number), Arc::default());
        }
        assert!(former.get(&path(0), &ids[2]).is_none());
        let id = former.keep(&path(1), Arc::default());
        former.forget(&path(1));
        assert!(former.get(&path(1), &id).is_none());
    }
}
