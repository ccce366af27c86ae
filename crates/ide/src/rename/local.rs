//! Names that only their text can see, renamed from the tree alone. What is not plainly right is left to the analysis of the whole text,
//! which says what is wrong.

use nival_hir::lexical::{self, AtCursor, Definition, Meaning, Occurrences};
use nival_hir::scopes::BindingKind;
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::literal::identifier;
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};

use super::edits::{self, Change, Source};
use super::occurrences::{Occurrence, Role, inherit_around, named_in};
use crate::tree::touching_token;

/// Such a name under a cursor.
pub(super) struct Local<'t> {
    tree: &'t FlatTree,
    at: AtCursor<'t>,
    definition: Definition<'t>,
    /// The name under the cursor.
    pub range: TextRange,
}

impl<'t> Local<'t> {
    /// `None` where it is something else, or not certain.
    pub fn at(tree: &'t FlatTree, offset: TextSize) -> Option<Self> {
        let token = touching_token(tree, offset).filter(|token| token.kind() == SyntaxKind::IDENT)?;
        let at = lexical::at_cursor(tree, offset)??;
        let &Meaning::Bound(definition) = at.targets().first()? else { return None };
        let local = definition.is_local() || definition.kind == BindingKind::Formal && is_filled_by_the_text(definition.scope);
        local.then_some(Local { tree, at, definition, range: token.range() })
    }

    pub fn name(&self) -> Name {
        self.at.occurrences.name
    }

    /// The changes that give it another name, if every name means what it meant then.
    pub fn changes(&self, text: &str, new: &str) -> Option<Vec<Change>> {
        let old = self.name();
        let named = lexical::is_plain(new.as_bytes()) && !new.starts_with("__") && identifier(new.as_bytes()) == new;
        if !named || new.as_bytes() == old.as_bytes() || self.tree.text() != text.as_bytes() {
            return None;
        }
        let others = Occurrences::of(self.tree, new.as_bytes())?;
        if others.definitions().iter().any(|other| other.scope == self.definition.scope) {
            return None;
        }
        let mut found = match self.definition.kind {
            BindingKind::Let => named_in(self.definition.scope, old),
            _ => vec![Occurrence { range: self.definition.range, role: Role::Name }],
        };
        if found.iter().any(|occurrence| occurrence.role != Role::Name) {
            return None;
        }
        for used in self.at.occurrences.uses_of(Meaning::Bound(self.definition)) {
            let inherit = if used.inherit { Some(inherit_around(self.tree, used.range)?) } else { None };
            // What takes the place of an `inherit` must see the same names.
            if inherit.is_some_and(|inherit| inherit.parent().is_none_or(|set| lexical::binds(set).is_some()))
                || self.is_hidden(used.range, &others)
            {
                return None;
            }
            found.push(Occurrence { range: used.range, role: inherit.map_or(Role::Name, |inherit| Role::InheritUse(inherit.index())) });
        }
        if self.captures(&others) {
            return None;
        }
        found.sort_by_key(|occurrence| (occurrence.range.start(), occurrence.role));
        edits::changes(Source { text, tree: self.tree, references: &[] }, &found, old, new).ok()
    }

    /// Whether something between a use and the definition binds the new name.
    fn is_hidden(&self, used: TextRange, others: &Occurrences<'_>) -> bool {
        let (own, inside) = (self.definition.scope.range(), |scope: Node<'_>| scope.range().contains_range(used));
        others.definitions().iter().any(|other| inside(other.scope) && own.contains_range(other.scope.range()))
    }

    /// Whether a name that is there would mean the renamed one.
    fn captures(&self, others: &Occurrences<'_>) -> bool {
        let own = self.definition.scope;
        let deeper = |scope: Node<'_>| own.index() < scope.index() && scope.index() < own.subtree_end();
        others.uses().iter().filter(|used| own.range().contains_range(used.range)).any(|used| match used.meaning {
            Meaning::Bound(definition) => !deeper(definition.scope),
            _ => true,
        })
    }
}

/// Whether a function is certainly called by its own text: it stands in another one. Arguments that are selected from the whole are not
/// followed.
fn is_filled_by_the_text(function: Node<'_>) -> bool {
    let whole = function.children().next().is_none_or(|param| param.children().any(|part| part.kind() == SyntaxKind::AT_BINDING));
    let mut around = function.ancestors().skip_while(|node| matches!(node.kind(), SyntaxKind::LAMBDA | SyntaxKind::PAREN));
    !whole && around.any(|node| node.kind() == SyntaxKind::LAMBDA)
}
