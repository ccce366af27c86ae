//! Completion of a text in the scope of a session, for prompts.

use nival_hir::globals::GLOBALS;
use nival_syntax::ast::{AstNode, Attr, Select};
use nival_syntax::{SyntaxKind, SyntaxNode};

use super::{Answer, EvalSession};
use crate::cancel::Control;

/// Words of the grammar that can begin or continue an expression.
const KEYWORDS: [&str; 9] = ["assert", "else", "if", "in", "inherit", "let", "rec", "then", "with"];

/// Candidates for the word before a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completions {
    /// Byte offset at which the word begins.
    pub start: usize,
    /// Whole words, sorted; quoted where Nix needs it.
    pub candidates: Vec<String>,
}

impl EvalSession {
    /// Completes the word that ends at a byte offset of a text: names in scope and keywords, or the attributes of the
    /// expression before the dot, which is evaluated. Where that fails there are no candidates.
    ///
    /// # Errors
    /// Cancelled.
    pub fn complete(&self, text: &str, offset: usize, control: &Control) -> Answer<Completions> {
        let before = &text[..text.floor_char_boundary(offset)];
        let word_start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || "_'-".contains(c))).map_or(0, |at| at + 1);
        // `rfind` gives the start of a character that may be longer than a byte.
        let word_start = before.ceil_char_boundary(word_start);
        let word = &before[word_start..];
        if !before[..word_start].ends_with('.') {
            let mut names = self.names();
            names.extend(GLOBALS.iter().filter(|g| !g.starts_with("__") || word.starts_with("__")).map(|g| (*g).to_owned()));
            names.extend(KEYWORDS.map(str::to_owned));
            return Ok(finish(word_start, word, names));
        }
        let Some(base) = selection_base(&before[..word_start]) else {
            return Ok(Completions { start: word_start, candidates: Vec::new() });
        };
        let attrs = self.eval_text("«completion»", &base, control).and_then(|set| self.attrs(&set, control));
        match attrs {
            Ok(attrs) => Ok(finish(word_start, word, attrs.into_iter().map(|attr| quote(&attr.name)).collect())),
            Err(report) if report.is_cancelled() => Err(report),
            Err(_) => Ok(Completions { start: word_start, candidates: Vec::new() }),
        }
    }
}

fn finish(start: usize, word: &str, mut names: Vec<String>) -> Completions {
    names.retain(|name| name.starts_with(word));
    names.sort_unstable();
    names.dedup();
    Completions { start, candidates: names }
}

/// The text of what stands before the dot at the end of `text`: `f (a.b.` gives `a.b`.
fn selection_base(text: &str) -> Option<String> {
    // A name after the dot makes it a selection even where brackets are open.
    let probe = format!("{text}x");
    let root = nival_syntax::parse(&probe).syntax();
    let token = root.last_token().filter(|t| t.kind() == SyntaxKind::IDENT).or_else(|| last_ident(&root))?;
    let select = token.parent_ancestors().find_map(Select::cast)?;
    let mut base = format!("({})", select.base()?.syntax().text());
    let attrs: Vec<Attr<SyntaxNode>> = select.attrpath()?.attrs().collect();
    for attr in attrs.iter().take(attrs.len().saturating_sub(1)) {
        base.push('.');
        base.push_str(&attr.syntax().text().to_string());
    }
    Some(base)
}

fn last_ident(root: &SyntaxNode) -> Option<nival_syntax::SyntaxToken> {
    let mut token = root.last_token()?;
    while token.kind() != SyntaxKind::IDENT {
        token = token.prev_token()?;
    }
    Some(token)
}

/// An attribute name as it is written.
fn quote(name: &str) -> String {
    nival_eval::print::identifier(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases() {
        assert_eq!(selection_base("f (a.b.").as_deref(), Some("(a).b"));
        assert_eq!(selection_base("pkgs.").as_deref(), Some("(pkgs)"));
        assert_eq!(selection_base("{ x = (import ./y.nix {}).a.\"b c\".").as_deref(), Some("((import ./y.nix {})).a.\"b c\""));
    }
}
