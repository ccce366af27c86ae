//! Semantic tokens: what each word of a file is, by what it stands for.
//!
//! One walk over tokens and nodes in the order of the text, with the names in scope at hand ([`names`]). The analysis of the
//! whole text is not asked, because it takes longer than everything else here together; where lexical scope does not tell,
//! which takes a `rec { }` that is merged with other definitions, it is. A test holds both against each other.

mod after;
mod names;
#[cfg(test)]
mod tests;

use std::path::Path;

use nival_engine::{Cancellable, Snapshot};
use nival_hir::Scopes;
use nival_hir::scopes::{BindingKind, Target};
use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{SyntaxKind, TextRange};
use rustc_hash::FxHashSet;

pub use after::{Tokens, TokensBasis, semantic_tokens_after};
use names::{Meaning, Names};

/// What a token is. The numbers are those of [`TokenKind::NAMES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum TokenKind {
    Comment,
    EscapeSequence,
    Function,
    Keyword,
    Namespace,
    Number,
    Operator,
    Parameter,
    Path,
    Property,
    String,
    /// A name that nothing provides.
    Unresolved,
    Variable,
}

impl TokenKind {
    /// Names that editors know, by the number of the kind.
    pub const NAMES: &[&str] = &[
        "comment",
        "escapeSequence",
        "function",
        "keyword",
        "namespace",
        "number",
        "operator",
        "parameter",
        "path",
        "property",
        "string",
        "unresolvedReference",
        "variable",
    ];
}

/// A set of properties of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Modifiers(u8);

impl Modifiers {
    pub const NONE: Modifiers = Modifiers(0);
    /// The place where a name is defined.
    pub const DEFINITION: Modifiers = Modifiers(1);
    pub const READONLY: Modifiers = Modifiers(2);
    pub const DEPRECATED: Modifiers = Modifiers(4);
    /// A comment that documents what follows (`/** … */`).
    pub const DOCUMENTATION: Modifiers = Modifiers(8);
    /// Of the language itself: `map`, `builtins`, `true`.
    pub const DEFAULT_LIBRARY: Modifiers = Modifiers(16);
    /// A name that a `with` provides.
    pub const FROM_WITH: Modifiers = Modifiers(32);

    /// Names that editors know, by the number of the bit.
    pub const NAMES: &[&str] = &["definition", "readonly", "deprecated", "documentation", "defaultLibrary", "fromWith"];

    pub fn bits(self) -> u8 {
        self.0
    }
}

impl std::ops::BitOr for Modifiers {
    type Output = Modifiers;

    fn bitor(self, other: Modifiers) -> Modifiers {
        Modifiers(self.0 | other.0)
    }
}

/// A word, or a string, comment or path as a whole, which may go over several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SemanticToken {
    pub range: TextRange,
    pub kind: TokenKind,
    pub modifiers: Modifiers,
}

/// The tokens of a file in the order of the text, none of which overlap; with `range`, those that touch it.
///
/// # Errors
/// Cancelled.
pub fn semantic_tokens(snapshot: &Snapshot, path: &Path, range: Option<TextRange>) -> Cancellable<Vec<SemanticToken>> {
    let Some(tree) = snapshot.flat_tree(path)? else { return Ok(Vec::new()) };
    if let Some(found) = by_lexical_scope(&tree, range) {
        return Ok(found);
    }
    let Some((tree, lowered)) = snapshot.analysis(path)? else { return Ok(Vec::new()) };
    Ok(by_analysis(&tree, &lowered.scopes, range))
}

/// `None` where names cannot be told without the analysis.
fn by_lexical_scope(tree: &FlatTree, range: Option<TextRange>) -> Option<Vec<SemanticToken>> {
    let mut walk = Walk::new(tree, touched(tree, range), None);
    walk.run().then_some(walk.found)
}

fn by_analysis(tree: &FlatTree, scopes: &Scopes, range: Option<TextRange>) -> Vec<SemanticToken> {
    let mut walk = Walk::new(tree, touched(tree, range), Some(scopes));
    walk.run();
    walk.found
}

/// The tokens that touch a range.
fn touched(tree: &FlatTree, range: Option<TextRange>) -> std::ops::Range<u32> {
    let count = tree.token_count() as u32;
    let Some(range) = range else { return 0..count };
    let first = tree.tokens_at(range.start()).next().map_or(count, |token| token.index());
    first..tree.tokens_at(range.end()).last().map_or(count, |token| token.index() + 1)
}

/// A node that the walk is in.
struct Open<'t> {
    node: Node<'t>,
    end_token: u32,
    /// Whether it opened a scope.
    binds: bool,
    /// How many bodies of `with` are around what comes behind it.
    withs: u32,
}

struct Walk<'t> {
    tree: &'t FlatTree,
    /// The tokens that are wanted.
    first: u32,
    last: u32,
    names: Names<'t>,
    analysis: Option<&'t Scopes>,
    open: Vec<Open<'t>>,
    withs: u32,
    found: Vec<SemanticToken>,
}

impl<'t> Walk<'t> {
    fn new(tree: &'t FlatTree, tokens: std::ops::Range<u32>, analysis: Option<&'t Scopes>) -> Self {
        let (first, last) = (tokens.start, tokens.end);
        let found = Vec::with_capacity((last.saturating_sub(first) / 2) as usize);
        Walk { tree, first, last, names: Names::new(), analysis, open: Vec::new(), withs: 0, found }
    }

    /// Whether lexical scope told everything.
    fn run(&mut self) -> bool {
        let (mut token, mut next) = (0, 0);
        'tokens: while token < self.last {
            while self.open.last().is_some_and(|open| open.end_token <= token) {
                self.leave();
            }
            while let Some(node) = self.tree.node(next).filter(|node| node.token_range().start <= token) {
                if node.token_range().end <= self.first && next > 0 {
                    next = node.subtree_end();
                    token = node.token_range().end;
                    continue 'tokens;
                }
                if self.analysis.is_none() && node.kind() == SyntaxKind::ATTR_SET && self.is_merged(node) {
                    return false;
                }
                self.enter(node);
                next += 1;
            }
            if token >= self.first
                && let Some(token) = self.tree.token(token)
            {
                self.token(token);
            }
            token += 1;
        }
        true
    }

    fn enter(&mut self, node: Node<'t>) {
        let withs = self.withs;
        // The second part of a `with` is what it is for.
        if let Some(around) = self.open.last().filter(|around| around.node.kind() == SyntaxKind::WITH)
            && node.index() != around.node.index() + 1
        {
            self.withs += 1;
        }
        let binds = self.analysis.is_none() && self.names.open(node);
        self.open.push(Open { node, end_token: node.token_range().end, binds, withs });
    }

    fn leave(&mut self) {
        if let Some(open) = self.open.pop() {
            self.withs = open.withs;
            if open.binds {
                self.names.close();
            }
        }
    }

    /// Whether definitions from elsewhere may see the names of this `rec { }`, or it is a part of a set that is none: `a.b = 1; a = rec { };`.
    fn is_merged(&self, node: Node<'t>) -> bool {
        if !names::is_rec(node) {
            return false;
        }
        let mut inside = node;
        for pair in self.open.windows(2).rev() {
            let (set, binding) = (pair[0].node, pair[1].node);
            if binding.kind() != SyntaxKind::BINDING {
                // Only a set that is the value itself is merged.
                if binding.kind() == SyntaxKind::ATTR_SET && binding == inside {
                    continue;
                }
                return false;
            }
            if has_duplicates(set) {
                return true;
            }
            inside = set;
        }
        false
    }

    /// The innermost node, the one around it, and so on.
    fn around(&self, up: usize) -> Option<Node<'t>> {
        self.open.len().checked_sub(up + 1).and_then(|index| self.open.get(index)).map(|open| open.node)
    }

    fn around_kind(&self, up: usize) -> SyntaxKind {
        self.around(up).map_or(SyntaxKind::ERROR, |node| node.kind())
    }

    fn push(&mut self, token: Token<'t>, kind: TokenKind, modifiers: Modifiers) {
        let range = token.range();
        // A string is one token with its quotes.
        if matches!(kind, TokenKind::String | TokenKind::Path)
            && let Some(last) = self.found.last_mut()
            && last.range.end() == range.start()
            && (last.kind, last.modifiers) == (kind, modifiers)
        {
            last.range = last.range.cover(range);
            return;
        }
        self.found.push(SemanticToken { range, kind, modifiers });
    }

    fn token(&mut self, token: Token<'t>) {
        use SyntaxKind as K;
        let plain = |kind| Some(Meaning::of(kind));
        let kind = token.kind();
        let meaning = match kind {
            K::IDENT => self.name(token),
            K::OR_KW if matches!(self.around_kind(0), K::NAME | K::NAME_REF) => self.name(token),
            K::LET_KW if self.around_kind(0) == K::LEGACY_LET => {
                Some(Meaning { kind: TokenKind::Keyword, modifiers: Modifiers::DEPRECATED })
            }
            K::COMMENT => plain(TokenKind::Comment),
            K::BLOCK_COMMENT => {
                let documents = token.text().starts_with(b"/**") && !token.text().starts_with(b"/**/");
                let modifiers = if documents { Modifiers::DOCUMENTATION } else { Modifiers::NONE };
                Some(Meaning { kind: TokenKind::Comment, modifiers })
            }
            K::INTEGER | K::FLOAT => plain(TokenKind::Number),
            K::URI => Some(Meaning { kind: TokenKind::String, modifiers: Modifiers::DEPRECATED }),
            K::PATH_TEXT | K::SEARCH_PATH => plain(TokenKind::Path),
            K::STRING_TEXT | K::QUOTE | K::INDENTED_OPEN | K::INDENTED_CLOSE => plain(TokenKind::String),
            K::STRING_ESCAPE => plain(TokenKind::EscapeSequence),
            K::QUESTION | K::AT => plain(TokenKind::Operator),
            kind if kind.is_keyword() => plain(TokenKind::Keyword),
            kind if (K::CONCAT..=K::NOT).contains(&kind) => plain(TokenKind::Operator),
            _ => None,
        };
        if let Some(Meaning { kind, modifiers }) = meaning {
            self.push(token, kind, modifiers);
        }
    }

    /// What an identifier is: the innermost nodes are its own and what holds it.
    fn name(&self, token: Token<'t>) -> Option<Meaning> {
        use SyntaxKind as K;
        let definition = |kind| Some(Meaning { kind, modifiers: Modifiers::DEFINITION });
        match self.around_kind(0) {
            K::NAME_REF => Some(self.called(self.used(token, false), 0)),
            // `__curPos`
            K::CUR_POS => Some(Meaning { kind: TokenKind::Variable, modifiers: Modifiers::DEFAULT_LIBRARY }),
            K::NAME => match self.around_kind(1) {
                K::NAME_PARAM | K::FORMAL | K::AT_BINDING => definition(TokenKind::Parameter),
                K::ATTRPATH => self.attr(token),
                K::INHERIT => {
                    let from = self.around(1)?.children().next().is_some_and(|child| child.kind() == K::INHERIT_FROM);
                    let set = self.around(2)?;
                    match (from, set.kind()) {
                        (true, K::LET_IN) => definition(TokenKind::Variable),
                        (true, _) => definition(TokenKind::Property),
                        (false, _) => Some(self.used(token, self.open.get(self.open.len().checked_sub(3)?)?.binds)),
                    }
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn attr(&self, token: Token<'t>) -> Option<Meaning> {
        let path = self.around(1)?;
        let is_first = path.token_range().start == token.index();
        let is_last = path.token_range().end == token.index() + 1;
        let holder = self.around(2)?;
        if holder.kind() == SyntaxKind::BINDING {
            let local = is_first && self.around_kind(3) == SyntaxKind::LET_IN;
            let kind = if is_last && names::is_function(holder) {
                TokenKind::Function
            } else if local {
                TokenKind::Variable
            } else {
                TokenKind::Property
            };
            return Some(Meaning { kind, modifiers: Modifiers::DEFINITION });
        }
        let base = holder.children().next()?;
        if is_first && base.kind() == SyntaxKind::NAME_REF && base.text() == b"builtins" && self.builtins_is_global(base) {
            return Some(names::builtin_meaning(token.text()));
        }
        let property = Meaning::of(TokenKind::Property);
        Some(if is_last && holder.kind() == SyntaxKind::SELECT { self.called(property, 2) } else { property })
    }

    fn builtins_is_global(&self, base: Node<'t>) -> bool {
        match self.analysis {
            None => self.names.builtins_is_global(),
            Some(scopes) => scopes.reference_at(base.range().start()).is_some_and(|used| matches!(used.target, Target::Global(_))),
        }
    }

    /// What is only known to be a value is a function where it is called: the node `up` steps around is what is.
    fn called(&self, meaning: Meaning, up: usize) -> Meaning {
        let unknown = meaning.kind == TokenKind::Property || meaning.modifiers == Modifiers::FROM_WITH;
        let is_called = || {
            let (Some(node), Some(around)) = (self.around(up), self.around(up + 1)) else { return false };
            around.kind() == SyntaxKind::APPLY && node.index() == around.index() + 1
        };
        if unknown && is_called() { Meaning { kind: TokenKind::Function, ..meaning } } else { meaning }
    }

    /// What a use of a name stands for; `outside` where the innermost scope is not asked.
    fn used(&self, token: Token<'t>, outside: bool) -> Meaning {
        let with = Meaning { kind: TokenKind::Variable, modifiers: Modifiers::FROM_WITH };
        let unresolved = Meaning::of(TokenKind::Unresolved);
        let Some(scopes) = self.analysis else {
            return self.names.lookup(token.text(), outside).unwrap_or(if self.withs > 0 { with } else { unresolved });
        };
        let start = token.range().start();
        let first = scopes.references().partition_point(|used| used.range.start() < start);
        let used = scopes.references()[first..].iter().take_while(|used| used.range.start() == start).find(|used| !used.range.is_empty());
        match used.map(|used| used.target) {
            Some(Target::Binding(id)) => Meaning::of(match scopes.binding(id).map(|binding| binding.kind) {
                Some(BindingKind::Param | BindingKind::Formal | BindingKind::PatternBind) => TokenKind::Parameter,
                Some(BindingKind::Rec) => TokenKind::Property,
                _ => TokenKind::Variable,
            }),
            Some(Target::Global(_)) => Names::new().lookup(token.text(), false).unwrap_or(unresolved),
            Some(Target::With(_)) => with,
            Some(Target::Undefined) | None => unresolved,
        }
    }
}

/// Whether two bindings of a set or `let` begin with the same name.
fn has_duplicates(set: Node<'_>) -> bool {
    let mut seen = FxHashSet::default();
    let mut names = set.children().filter(|entry| entry.kind() == SyntaxKind::BINDING).filter_map(names::first_name);
    names.any(|name| !seen.insert(name))
}
