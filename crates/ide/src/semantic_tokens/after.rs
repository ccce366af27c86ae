//! The tokens after an edit, from those before it.
//!
//! What a word is depends on the nodes around it and on the names in scope there. A binding shows two things of itself: its name,
//! and whether its value is written as a function. Where both are as they were, and the tree is the same around the binding, tokens outside
//! of it are what they were.

use std::path::Path;
use std::sync::Arc;

use nival_engine::{Cancellable, Snapshot};
use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{Difference, SyntaxKind, TextRange};

use super::{SemanticToken, Walk, by_analysis, by_lexical_scope, names};

/// What tokens were worked out from, for the next time.
#[derive(Debug, Clone)]
pub struct TokensBasis(Arc<FlatTree>);

impl TokensBasis {
    /// Whether it was this text.
    pub fn is_of(&self, text: &str) -> bool {
        self.0.text() == text.as_bytes()
    }
}

/// The tokens of a text, perhaps compared with those of the text before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tokens {
    All(Vec<SemanticToken>),
    /// Those before, with those in `old`, a range of the text before, replaced by these, which are in `new`. No token is partly in it.
    Part {
        old: TextRange,
        new: TextRange,
        tokens: Vec<SemanticToken>,
    },
    Same,
}

/// As [`super::semantic_tokens`] of a whole file; with what the former tokens of this file were worked out from, if that is known, what is
/// different.
///
/// # Errors
/// Cancelled.
pub fn semantic_tokens_after(snapshot: &Snapshot, path: &Path, former: Option<&TokensBasis>) -> Cancellable<(Option<TokensBasis>, Tokens)> {
    let Some(tree) = snapshot.flat_tree(path)? else { return Ok((None, Tokens::All(Vec::new()))) };
    let found = former.and_then(|former| compared(&former.0, &tree)).or_else(|| by_lexical_scope(&tree, None).map(Tokens::All));
    if let Some(found) = found {
        return Ok((Some(TokensBasis(tree)), found));
    }
    let Some((tree, lowered)) = snapshot.analysis(path)? else { return Ok((None, Tokens::All(Vec::new()))) };
    Ok((None, Tokens::All(by_analysis(&tree, &lowered.scopes, None))))
}

/// The tokens of `new` by those of `old`, which lexical scope told.
pub(super) fn compared(old: &FlatTree, new: &FlatTree) -> Option<Tokens> {
    let (old, new) = match Difference::between(old, new, shows_the_same) {
        Difference::None => return Some(Tokens::Same),
        Difference::Within { old, new } => (old, new),
        Difference::Unknown => return None,
    };
    let tokens = new.token_range();
    if [new.token_before(), new.tree().token(tokens.end)].into_iter().flatten().any(joins) {
        return None;
    }
    let mut walk = Walk::new(new.tree(), tokens, None);
    walk.run().then(|| Tokens::Part { old: old.range(), new: new.range(), tokens: walk.found })
}

/// Whether others see the same of a binding.
fn shows_the_same(old: Node<'_>, new: Node<'_>) -> bool {
    let path = |binding: Node<'_>| {
        let path = binding.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH)?;
        let parts: Vec<SyntaxKind> = path.children().map(|part| part.kind()).collect();
        Some((path.text().to_owned(), parts, names::is_function(binding)))
    };
    path(old).is_some_and(|old| Some(old) == path(new))
}

/// Whether a token becomes one with others of its kind beside it.
fn joins(token: Token<'_>) -> bool {
    use SyntaxKind as K;
    let kinds = [K::PATH_TEXT, K::SEARCH_PATH, K::STRING_TEXT, K::QUOTE, K::INDENTED_OPEN, K::INDENTED_CLOSE, K::URI];
    kinds.contains(&token.kind())
}
