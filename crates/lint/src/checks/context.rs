//! What checks are given.

use nival_hir::diagnostic::{Diagnostic, Rule};
use nival_hir::scopes::{ScopeId, ScopeKind};
use nival_hir::{Lowered, Scopes};
use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{SyntaxKind, TextRange};
use rustc_hash::{FxHashMap, FxHashSet};

use super::edits::is_loose;
use super::unused::Uses;

/// A text, and what was found in it so far.
pub(crate) struct Context<'t> {
    pub tree: &'t FlatTree,
    pub lowered: &'t Lowered,
    pub found: Vec<Diagnostic>,
    /// The nodes around the one at hand, outermost first.
    pub around: Vec<Node<'t>>,
    /// Globals that some binding of the text hides somewhere.
    pub hidden: FxHashSet<&'static str>,
    pub uses: Uses,
    /// A `let` that was told to become one with that around it: not with the next in its body as well, whose names were not compared.
    pub collapsed: Option<u32>,
    /// Names for which similar ones were looked for: that takes time.
    pub guesses: usize,
    /// Names that the text asks `builtins` for with `?`, once somebody wants to know.
    pub asked: Option<FxHashSet<&'t [u8]>>,
    /// Scopes of recursive sets by their range, once somebody wants to know.
    pub sets: Option<FxHashMap<TextRange, ScopeId>>,
    /// Plain entries of `let`s: the name and its value.
    pub let_entries: Vec<(TextRange, TextRange)>,
    /// The entries of a set that begin with a name, for sets in which one was asked for.
    pub first_names: FxHashMap<u32, FxHashMap<&'t [u8], Vec<u32>>>,
}

impl<'t> Context<'t> {
    pub fn new(tree: &'t FlatTree, lowered: &'t Lowered) -> Self {
        let mut hidden = FxHashSet::default();
        // Of a text with errors only these are told.
        let sound = tree.errors().is_empty();
        for (_, binding) in lowered.scopes.bindings().take(if sound { usize::MAX } else { 0 }) {
            if let Some(index) = nival_hir::globals::global(binding.name.as_bytes()) {
                hidden.insert(nival_hir::globals::GLOBALS[usize::from(index)]);
            }
        }
        Context {
            tree,
            lowered,
            found: Vec::new(),
            around: Vec::new(),
            hidden,
            uses: if sound { Uses::new(&lowered.scopes) } else { Uses::default() },
            collapsed: None,
            guesses: 0,
            asked: None,
            sets: None,
            let_entries: Vec::new(),
            first_names: FxHashMap::default(),
        }
    }

    pub fn scopes(&self) -> &'t Scopes {
        &self.lowered.scopes
    }

    /// The scope of a recursive set.
    pub fn set_scope(&mut self, range: TextRange) -> Option<ScopeId> {
        let scopes = self.scopes();
        let sets = self.sets.get_or_insert_with(|| {
            scopes.scopes().filter(|(_, scope)| scope.kind == ScopeKind::Rec).map(|(id, scope)| (scope.range, id)).collect()
        });
        sets.get(&range).copied()
    }

    /// Whether a piece of code is too long to be copied into a fix: with many pieces inside each other, that would add up.
    pub fn is_long(&self, range: TextRange) -> bool {
        u32::from(range.len()) > 4096
    }

    pub fn parent(&self) -> Option<Node<'t>> {
        self.around.last().copied()
    }

    /// Whether any expression can stand in the place of the node at hand, without parentheses.
    pub fn is_loose(&self) -> bool {
        self.parent().is_none_or(is_loose)
    }

    pub fn report(&mut self, rule: &Rule, range: TextRange, message: impl Into<String>) -> &mut Diagnostic {
        let at = self.found.len();
        self.found.push(Diagnostic::of(rule, range, message));
        &mut self.found[at]
    }

    /// Whether a comment lies in `range`.
    pub fn comment_in(&self, range: TextRange) -> bool {
        self.tokens_in(range).any(|token| token.kind().is_comment())
    }

    /// The tokens that lie in `range`.
    pub fn tokens_in(&self, range: TextRange) -> impl Iterator<Item = Token<'t>> + use<'t> {
        let tree = self.tree;
        let (mut low, mut high) = (0, tree.token_count() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            match tree.token(middle) {
                Some(token) if token.range().start() < range.start() => low = middle + 1,
                _ => high = middle,
            }
        }
        (low..).map_while(move |index| tree.token(index)).take_while(move |token| token.range().end() <= range.end())
    }

    /// The text of a range; empty where that is not UTF-8.
    pub fn text(&self, range: TextRange) -> &'t str {
        let bytes = self.tree.text().get(usize::from(range.start())..usize::from(range.end())).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// The operator of a binary operation.
pub(crate) fn operator<'t>(node: Node<'t>) -> Option<Token<'t>> {
    let mut children = node.children();
    let (left, right) = (children.next()?, children.next()?);
    let tree = node.tree();
    (left.token_range().end..right.token_range().start).filter_map(|index| tree.token(index)).find(|token| !token.kind().is_trivia())
}

/// Whether a node is a use of the name `name`.
pub(crate) fn is_name(node: Node<'_>, name: &[u8]) -> bool {
    node.kind() == SyntaxKind::NAME_REF && node.text() == name
}

/// The tokens of a node that are not trivia.
pub(crate) fn code<'t>(node: Node<'t>) -> impl Iterator<Item = Token<'t>> {
    let tree = node.tree();
    node.token_range().filter_map(move |index| tree.token(index)).filter(|token| !token.kind().is_trivia())
}

/// Whether two nodes are the same code, but for whitespace and comments.
pub(crate) fn same_code(a: Node<'_>, b: Node<'_>) -> bool {
    code(a).map(|token| (token.kind(), token.text())).eq(code(b).map(|token| (token.kind(), token.text())))
}
