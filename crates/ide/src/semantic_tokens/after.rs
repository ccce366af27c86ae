//! The tokens after an edit, from those before it.
//!
//! What a word is depends on the nodes around it and on the names in scope there. A binding of `let` and `rec` shows two things of itself:
//! its name, and whether its value is written as a function. Where both are as they were, and the tree is the same around the binding,
//! tokens outside of it are what they were.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use nival_engine::{Cancellable, Snapshot};
use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{Difference, Neighbours, SyntaxKind, TextRange};
use rustc_hash::FxHashSet;

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
    let joined = |token: u32| token.checked_sub(1).and_then(|before| new.token(before)).is_some_and(joins);
    let (old, new_range, tokens) = match Difference::between(old, new, shows_the_same) {
        Difference::None => return Some(Tokens::Same),
        Difference::Within { old, new } => (old.range(), new.range(), new.token_range()),
        Difference::Between { old, new } if shows_nothing(&old, &new) => {
            (covered(old.set.tree(), old.tokens()), covered(new.set.tree(), new.tokens()), new.tokens())
        }
        Difference::Trivia { old: gone, new: come } => (covered(old, gone), covered(new, come.clone()), come),
        Difference::Between { .. } | Difference::Unknown => return None,
    };
    // What is beside it must not become one with it, nor with what is on its other side.
    if joined(tokens.start) || joined(tokens.end + 1) {
        return None;
    }
    let mut walk = Walk::new(new, tokens, None);
    walk.run().then_some(Tokens::Part { old, new: new_range, tokens: walk.found })
}

/// The range of a run of tokens, perhaps of none.
fn covered(tree: &FlatTree, tokens: Range<u32>) -> TextRange {
    let start = tree.token(tokens.start).map_or(tree.root().range().end(), |token| token.range().start());
    let last = tokens.end.checked_sub(1).filter(|last| tokens.contains(last)).and_then(|last| tree.token(last));
    TextRange::new(start, last.map_or(start, |token| token.range().end()))
}

/// Whether others see the same of a binding.
fn shows_the_same(old: Node<'_>, new: Node<'_>) -> bool {
    // Nobody sees the names of a plain set, unless the binding is put together with another one.
    if let Some(set) = new.parent().filter(|set| set.kind() == SyntaxKind::ATTR_SET && !names::is_rec(*set)) {
        let name = names::first_name(new);
        let is_other = |entry: &Node<'_>| *entry != new && entry.kind() == SyntaxKind::BINDING;
        return name.is_none()
            || name == names::first_name(old)
            || set.children().filter(is_other).all(|entry| names::first_name(entry) != name);
    }
    let shown = |binding: Node<'_>| {
        let path = binding.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH)?;
        let parts: Vec<SyntaxKind> = path.children().map(|part| part.kind()).collect();
        Some((path.text().to_owned(), parts, names::is_function(binding)))
    };
    shown(old).is_some_and(|old| Some(old) == shown(new))
}

/// Whether nobody sees entries that come and go: they are those of a plain set, and not put together with others.
fn shows_nothing(old: &Neighbours<'_>, new: &Neighbours<'_>) -> bool {
    let is_plain = |set: Node<'_>| set.kind() == SyntaxKind::ATTR_SET && !names::is_rec(set);
    if !is_plain(old.set) || !is_plain(new.set) {
        return false;
    }
    let bindings = |entry: &Node<'_>| entry.kind() == SyntaxKind::BINDING;
    let mut changed: FxHashSet<&[u8]> = FxHashSet::default();
    // Those that come must differ from each other, too.
    let come = new.between().filter(bindings).filter_map(names::first_name).all(|name| changed.insert(name));
    changed.extend(old.between().filter(bindings).filter_map(names::first_name));
    come && new.others().filter(bindings).filter_map(names::first_name).all(|name| !changed.contains(name))
}

/// Whether a token becomes one with others of its kind beside it.
fn joins(token: Token<'_>) -> bool {
    use SyntaxKind as K;
    let kinds = [K::PATH_TEXT, K::SEARCH_PATH, K::STRING_TEXT, K::QUOTE, K::INDENTED_OPEN, K::INDENTED_CLOSE, K::URI];
    kinds.contains(&token.kind())
}
