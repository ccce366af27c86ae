//! Comments that tell to ignore diagnostics.
//!
//! `# nival: ignore[code, …] reason` speaks of its own line or, alone in a line, of the next line of code;
//! `# nival: ignore-file[code, …] reason` of the whole file. Without `[…]` all codes are meant. `# deadnix: skip`, `# tix-ignore` and
//! `# tix-nocheck` mean those of our rules that those tools have. What the parser refuses cannot be ignored.

use nival_hir::diagnostic::{Diagnostic, Rule, Severity};
use nival_syntax::flat::{FlatTree, Token};
use nival_syntax::{TextRange, TextSize};

use crate::checks::edits::{remove, replace};
use crate::rules::{self, elsewhere, pragmas as own, syntax, unused};

/// All pragmas of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pragmas {
    pragmas: Vec<Pragma>,
    /// Comments for us that cannot be read.
    invalid: Vec<(TextRange, &'static str)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pragma {
    comment: TextRange,
    /// The part of the text whose diagnostics it speaks of.
    scope: TextRange,
    means: Means,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Means {
    Everything,
    /// Codes and where they are written.
    Codes(Vec<(String, TextRange)>),
    Deadnix,
    Tix,
}

impl Means {
    fn covers(&self, code: &str, rule: Option<&Rule>) -> bool {
        let is_called = |name: &str| code == name || rule.is_some_and(|rule| rule.is_called(name));
        match self {
            Means::Everything => true,
            Means::Codes(codes) => codes.iter().any(|(name, _)| is_called(name)),
            Means::Deadnix => {
                [&unused::UNUSED_LET, &unused::UNUSED_FORMAL, &unused::UNUSED_FORMAL_WITH_ARG, &unused::UNUSED_ARG, &unused::UNUSED_PARAM]
                    .iter()
                    .any(|rule| rule.id == code)
            }
            Means::Tix => rule.is_some_and(|rule| {
                rule.aliases
                    .iter()
                    .any(|alias| alias.len() == 4 && alias.starts_with('E') && alias[1..].bytes().all(|c| c.is_ascii_digit()))
            }),
        }
    }
}

impl Pragmas {
    pub fn of(tree: &FlatTree) -> Pragmas {
        let mut pragmas = Pragmas::default();
        for needle in [b"nival:".as_slice(), b"deadnix:", b"tix-"] {
            let mut last = None;
            for at in memchr::memmem::find_iter(tree.text(), needle) {
                let token = tree.tokens_at(TextSize::new(at as u32 + 1)).find(|token| token.kind().is_comment());
                if let Some(token) = token.filter(|token| last.replace(token.index()) != Some(token.index())) {
                    pragmas.read(tree, token);
                }
            }
        }
        pragmas
    }

    fn read(&mut self, tree: &FlatTree, token: Token<'_>) {
        let Ok(text) = std::str::from_utf8(token.text()) else { return };
        let start = token.range().start();
        let inner = text.trim_start_matches(['#', '/', '*']).trim_end_matches(['/', '*']);
        let said = inner.trim();
        let line = || line_of(tree, token);
        let mut add = |scope, means| self.pragmas.push(Pragma { comment: token.range(), scope, means });
        if said.starts_with("deadnix: skip") {
            return add(line(), Means::Deadnix);
        }
        if said.starts_with("tix-ignore") {
            return add(line(), Means::Tix);
        }
        if said.starts_with("tix-nocheck") {
            return add(whole(tree), Means::Tix);
        }
        let Some(said) = said.strip_prefix("nival:") else { return };
        let said = said.trim_start();
        let (scope, rest) = match (said.strip_prefix("ignore-file"), said.strip_prefix("ignore")) {
            (Some(rest), _) => (whole(tree), rest),
            (_, Some(rest)) => (line(), rest),
            _ => {
                return self.invalid.push((token.range(), "a comment for nival says `ignore[…]` or `ignore-file[…]`"));
            }
        };
        if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-') {
            return self.invalid.push((token.range(), "a comment for nival says `ignore[…]` or `ignore-file[…]`"));
        }
        let Some(listed) = rest.trim_start().strip_prefix('[') else { return add(scope, Means::Everything) };
        let Some((listed, _reason)) = listed.split_once(']') else {
            return self.invalid.push((token.range(), "a `]` is missing behind the codes"));
        };
        let codes = listed.split(',').filter_map(|code| {
            let name = code.trim();
            // All of these are parts of `text`.
            let at = (name.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
            let range = TextRange::at(start + TextSize::new(at as u32), TextSize::of(name));
            (!name.is_empty()).then(|| (name.to_owned(), range))
        });
        add(scope, Means::Codes(codes.collect()));
    }

    /// Whether a diagnostic that begins at `at` is to be ignored. `rule` is that of its code, if its aliases are known.
    pub fn ignores(&self, code: &str, rule: Option<&Rule>, at: TextSize) -> bool {
        self.pragmas.iter().any(|pragma| pragma.scope.contains_inclusive(at) && pragma.means.covers(code, rule))
    }

    pub fn is_empty(&self) -> bool {
        self.pragmas.is_empty() && self.invalid.is_empty()
    }

    /// Takes out what is to be ignored, and puts in what is wrong with the pragmas.
    pub(crate) fn apply(&self, tree: &FlatTree, found: &mut Vec<Diagnostic>) {
        if self.is_empty() {
            return;
        }
        let mut used: Vec<(usize, &'static str)> = Vec::new();
        found.retain(|diagnostic| {
            let rule = rules::rule(diagnostic.code);
            let refused = diagnostic.severity == Severity::Error && syntax::ALL.iter().any(|rule| rule.id == diagnostic.code);
            let mut ignored = false;
            for (index, pragma) in self.pragmas.iter().enumerate().filter(|_| !refused) {
                if pragma.scope.contains_inclusive(diagnostic.range.start()) && pragma.means.covers(diagnostic.code, rule) {
                    ignored = true;
                    used.push((index, diagnostic.code));
                }
            }
            !ignored
        });
        for (range, message) in &self.invalid {
            found.push(Diagnostic::of(&own::PRAGMA_INVALID, *range, *message));
        }
        for (index, pragma) in self.pragmas.iter().enumerate() {
            let Means::Codes(codes) = &pragma.means else { continue };
            let is_used =
                |name: &str| used.iter().any(|(by, code)| *by == index && rules::rule(code).is_some_and(|rule| rule.is_called(name)));
            for (name, range) in codes.iter().filter(|(name, _)| !rules::is_known(name)) {
                found.push(Diagnostic::of(&own::PRAGMA_INVALID, *range, format!("there is no rule '{name}'")));
            }
            // Of a text with errors, nobody knows; nor do we of what others find.
            let ours =
                |name: &str| rules::rules().any(|rule| rule.is_called(name)) && !elsewhere::ALL.iter().any(|rule| rule.is_called(name));
            let unused: Vec<_> = codes.iter().filter(|(name, _)| ours(name) && !is_used(name)).collect();
            if unused.is_empty() || !tree.errors().is_empty() {
                continue;
            }
            if unused.len() == codes.len() {
                let fix = vec![remove(tree, pragma.comment)];
                let diagnostic = Diagnostic::of(&own::PRAGMA_UNUSED, pragma.comment, "nothing is left for this comment to ignore");
                found.push(diagnostic.fix("Remove the comment", fix));
                continue;
            }
            let kept: Vec<&str> = codes.iter().filter(|code| !unused.contains(code)).map(|(name, _)| name.as_str()).collect();
            if let (Some((_, first)), Some((_, last))) = (codes.first(), codes.last()) {
                for (name, range) in unused {
                    let edit = replace(first.cover(*last), kept.join(", "));
                    let diagnostic = Diagnostic::of(&own::PRAGMA_UNUSED, *range, format!("there is no '{name}' to ignore"));
                    found.push(diagnostic.fix("Remove what is not needed", vec![edit]));
                }
            }
        }
    }
}

fn whole(tree: &FlatTree) -> TextRange {
    TextRange::up_to(TextSize::new(tree.text().len() as u32))
}

/// The line that a comment speaks of: its own, or the next with code if nothing else is in its own.
fn line_of(tree: &FlatTree, comment: Token<'_>) -> TextRange {
    let text = tree.text();
    let start = usize::from(comment.range().start());
    let before = text.get(..start).unwrap_or_default();
    let alone = before.iter().rev().find(|c| !matches!(c, b' ' | b'\t')).is_none_or(|&c| c == b'\n');
    let next = (comment.index() + 1..).map_while(|index| tree.token(index)).find(|token| !token.kind().is_trivia());
    let at = match next {
        Some(next) if alone => usize::from(next.range().start()),
        _ => start,
    };
    let first = text.get(..at).and_then(|before| memchr::memrchr(b'\n', before)).map_or(0, |at| at + 1);
    let last = text.get(at..).and_then(|after| memchr::memchr(b'\n', after)).map_or(text.len(), |end| at + end);
    TextRange::new(TextSize::new(first as u32), TextSize::new(last as u32))
}
