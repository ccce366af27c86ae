//! What names mean, from the tree alone: at the place where they stand, and at another one.
//!
//! Whoever moves an expression asks for its free names ([`Context::free_names`]) and whether they mean the same where it is to be
//! ([`Context::means_the_same`]). Names of sets that the text writes in several parts are resolved by rules of their own: there the answer
//! is that it is not known.

use std::cell::RefCell;
use std::rc::Rc;

use nival_hir::globals;
use nival_hir::lexical::{self, Around, bound_by};
pub(super) use nival_hir::lexical::{inherits_from, is_recursive as is_rec};
use nival_hir::scopes::Target;
use nival_syntax::ast::{AstNode, Attr, BinaryOp, BinaryOpKind, Binding};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange, TreeNode};
use rustc_hash::{FxHashMap, FxHashSet};

use super::context::Context;
use super::layout::nodes_in;

/// What a name means at a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning<'a> {
    /// A name that this construct binds.
    Bound(Node<'a>),
    Global,
    /// Of one of these `with`s, innermost first.
    With(Vec<Node<'a>>),
    Undefined,
}

/// A use of a name that an expression does not bind itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Use<'a> {
    pub name: Name,
    /// Empty where the name is not written, as in `a - b`.
    pub range: TextRange,
    /// A `NAME_REF`, or the name in an `inherit`, or what implies the name.
    pub node: Node<'a>,
    /// The name is written in an `inherit`.
    pub inherited: bool,
    /// Whether a `with` of the expression itself may have it.
    pub in_with: bool,
}

/// Nodes deeper than this are not looked into.
const MAX_NESTING: usize = 600;

/// What a name means where the innermost of these nodes is the first one, and `from` is the child of that which the place is in.
pub(super) fn meaning<'a>(name: Name, from: Option<Node<'a>>, around: &[Node<'a>]) -> Meaning<'a> {
    meaning_by(name, from, around, |node| bound_by(node).iter().any(|bound| bound.name == name))
}

fn meaning_by<'a>(name: Name, from: Option<Node<'a>>, around: &[Node<'a>], bound: impl Fn(Node<'a>) -> bool) -> Meaning<'a> {
    let mut withs = Vec::new();
    for scope in lexical::scopes(from, around.iter().copied()) {
        match scope {
            Around::Binder(node) if bound(node) => return Meaning::Bound(node),
            Around::Binder(_) => {}
            Around::With(node) => withs.push(node),
        }
    }
    if globals::global(name.as_bytes()).is_some() {
        Meaning::Global
    } else if withs.is_empty() {
        Meaning::Undefined
    } else {
        Meaning::With(withs)
    }
}

/// The names of constructs, each asked for once.
#[derive(Debug, Default)]
pub(super) struct Binders(RefCell<FxHashMap<u32, Rc<FxHashSet<Name>>>>);

impl Binders {
    fn names(&self, node: Node<'_>) -> Rc<FxHashSet<Name>> {
        let mut known = self.0.borrow_mut();
        known.entry(node.index()).or_insert_with(|| Rc::new(bound_by(node).iter().map(|bound| bound.name).collect())).clone()
    }
}

/// The names that a construct binds.
pub(super) fn bound_names(node: Node<'_>) -> Vec<Name> {
    bound_by(node).iter().map(|bound| bound.name).collect()
}

impl<'a> Context<'a> {
    /// What a name means where the innermost of these nodes is the first one, as [`meaning`].
    pub fn meaning(&self, name: Name, from: Option<Node<'a>>, around: &[Node<'a>]) -> Meaning<'a> {
        meaning_by(name, from, around, |node| self.binders.names(node).contains(&name))
    }

    /// What a name means in place of a node.
    pub fn meaning_at(&self, node: Node<'a>, name: Name) -> Meaning<'a> {
        self.meaning(name, Some(node), &self.ancestors(node))
    }

    /// The uses of names in a node that it does not bind itself, in the order of the text. `None` where that is not certain: the text
    /// has an error there, `__curPos` stands in it, or a set is written in parts.
    pub fn free_names(&self, node: Node<'a>) -> Option<Vec<Use<'a>>> {
        self.free_names_of(&[node])
    }

    /// The same of several nodes that have one parent.
    pub fn free_names_of(&self, nodes: &[Node<'a>]) -> Option<Vec<Use<'a>>> {
        let mut search = Search { binders: &self.binders, path: Vec::new(), found: Vec::new() };
        for &node in nodes {
            if self.has_error(node.range()) {
                return None;
            }
            search.visit(node)?;
        }
        let around = self.ancestors(*nodes.first()?);
        if is_in_parts(&around) {
            return None;
        }
        // Lowering resolves names, too: where it says something else, a rule is at work that is not known here.
        let mut known: FxHashMap<Name, Meaning<'a>> = FxHashMap::default();
        for use_ in &search.found {
            let own = nodes.iter().find(|node| node.range().contains_range(use_.range)).copied();
            let means = known.entry(use_.name).or_insert_with(|| self.meaning(use_.name, own, &around));
            if !self.agrees(use_, means) {
                return None;
            }
        }
        Some(search.found)
    }

    fn agrees(&self, use_: &Use<'a>, means: &Meaning<'a>) -> bool {
        let scopes = &self.view.lowered.scopes;
        let references = scopes.references();
        if use_.range.is_empty() {
            return *means == Meaning::Global;
        }
        let from = references.partition_point(|reference| reference.range.start() < use_.range.start());
        let mut here = references.get(from..).unwrap_or_default().iter().take_while(|r| r.range.start() == use_.range.start());
        let Some(reference) = here.find(|reference| reference.range == use_.range) else { return false };
        match (reference.target, means) {
            (Target::Binding(id), Meaning::Bound(node)) => {
                scopes.binding(id).is_some_and(|binding| node.range().contains_range(binding.range))
            }
            (Target::Global(_), Meaning::Global) => true,
            (Target::With(_), Meaning::With(_)) => true,
            (Target::With(_), Meaning::Undefined) => use_.in_with,
            (Target::Undefined, Meaning::Undefined) => true,
            _ => false,
        }
    }

    /// Whether these names, free in `node`, mean the same in place of another node.
    pub fn means_the_same(&self, uses: &[Use<'a>], node: Node<'a>, there: Node<'a>) -> bool {
        let (here, target) = (self.ancestors(node), self.ancestors(there));
        if is_in_parts(&target) {
            return false;
        }
        let mut seen = FxHashSet::default();
        uses.iter()
            .filter(|use_| seen.insert(use_.name))
            .all(|use_| self.meaning(use_.name, Some(node), &here) == self.meaning(use_.name, Some(there), &target))
    }

    /// Whether a set is one of several parts that Nix puts together (`a = { … }; a.b = 1;`): nothing else can be in its place.
    pub fn is_part(&self, node: Node<'a>) -> bool {
        let around = self.ancestors(node);
        let set = node.kind() == SyntaxKind::ATTR_SET;
        let mut pairs = around.chunks_exact(2).take_while(|pair| {
            pair[0].kind() == SyntaxKind::BINDING
                && matches!(pair[1].kind(), SyntaxKind::ATTR_SET | SyntaxKind::LET_IN | SyntaxKind::LEGACY_LET)
        });
        let several = |pair: &[Node<'a>]| {
            let own = first_name(pair[0]);
            let same = pair[1].children().filter(|entry| entry.kind() == SyntaxKind::BINDING && first_name(*entry) == own);
            own.is_some() && same.count() > 1
        };
        set && pairs.any(several)
    }

    /// Whether a part of the text has a syntax error, or touches one.
    pub fn has_error(&self, range: TextRange) -> bool {
        self.tree.errors().iter().any(|error| error.range.intersect(range).is_some())
    }

    /// A name that nothing in this part of the text uses or binds: the wanted one, or that with a number.
    pub fn fresh_name(&self, wanted: &str, within: TextRange) -> String {
        let mut taken: FxHashSet<Name> = FxHashSet::default();
        // Only those that begin so are of interest.
        let like = |name: &[u8]| name.starts_with(wanted.as_bytes());
        for node in nodes_in(self.tree, within) {
            match node.kind() {
                SyntaxKind::NAME_REF if like(node.text()) => drop(taken.insert(Name::new(node.text()))),
                SyntaxKind::INHERIT => taken.extend(node.children().filter_map(Attr::cast).filter_map(|attr| attr.static_name())),
                _ if lexical::binds(node).is_some() => taken.extend(self.binders.names(node).iter().filter(|name| like(name.as_bytes()))),
                _ => {}
            }
        }
        let is_free = |name: &str| !taken.contains(&Name::new(name)) && globals::global(name.as_bytes()).is_none();
        let numbered = (2..10_000).map(|number| format!("{wanted}{number}"));
        std::iter::once(wanted.to_owned()).chain(numbered).find(|name| is_free(name)).unwrap_or_else(|| format!("{wanted}_"))
    }
}

/// Whether one of these nodes, innermost first, is a binding whose attribute has other parts beside it.
fn is_in_parts(around: &[Node<'_>]) -> bool {
    let bindings = around.windows(2).filter(|pair| pair[0].kind() == SyntaxKind::BINDING);
    bindings.into_iter().any(|pair| first_name(pair[0]).is_some_and(|name| has_parts(pair[1], Some(name))))
}

/// As it is spelled, for a name: there are thousands in a set, and none has to be known to others.
fn first_name(binding: Node<'_>) -> Option<&[u8]> {
    match Binding::cast(binding)?.attrpath()?.attrs().next()? {
        Attr::Name(name) => Some(name.syntax().text()),
        other => Some(other.static_name()?.as_bytes()),
    }
}

/// Whether several bindings of a set, or of a `let`, are for one attribute (the given one, or any), and one of them has a recursive set:
/// Nix puts the parts together, and what is in one part sees the names of another.
pub(super) fn has_parts(set: Node<'_>, of: Option<&[u8]>) -> bool {
    let mut seen: FxHashMap<&[u8], bool> = FxHashMap::default();
    let mut some = false;
    for binding in set.children().filter(|entry| entry.kind() == SyntaxKind::BINDING) {
        let Some(name) = first_name(binding).filter(|name| of.is_none_or(|of| of == *name)) else { continue };
        let several = seen.contains_key(&name);
        seen.insert(name, several);
        some |= several;
    }
    if !some {
        return false;
    }
    let parts = set.children().filter(|entry| entry.kind() == SyntaxKind::BINDING);
    let mut several = parts.filter(|binding| first_name(*binding).and_then(|name| seen.get(name)) == Some(&true));
    several.any(holds_rec)
}

/// Whether there is a recursive set in a node.
fn holds_rec(node: Node<'_>) -> bool {
    let inside = (node.index()..node.subtree_end()).filter_map(|index| node.tree().node(index));
    inside.into_iter().any(|node| node.kind() == SyntaxKind::ATTR_SET && is_rec(node))
}

struct Search<'a, 'c> {
    binders: &'c Binders,
    /// The nodes from the outermost one that is searched, outermost first.
    path: Vec<Node<'a>>,
    found: Vec<Use<'a>>,
}

impl<'a> Search<'a, '_> {
    fn visit(&mut self, node: Node<'a>) -> Option<()> {
        if self.path.len() > MAX_NESTING || node.kind() == SyntaxKind::ERROR || node.kind() == SyntaxKind::CUR_POS {
            return None;
        }
        if matches!(node.kind(), SyntaxKind::ATTR_SET | SyntaxKind::LET_IN | SyntaxKind::LEGACY_LET) && has_parts(node, None) {
            return None;
        }
        match node.kind() {
            SyntaxKind::NAME_REF => self.add(Name::new(node.text()), node, node.range(), false),
            SyntaxKind::SEARCH_PATH_EXPR => {
                for name in ["__findFile", "__nixPath"] {
                    self.imply(name, node);
                }
            }
            SyntaxKind::UNARY_OP if node.token(SyntaxKind::MINUS).is_some() => self.imply("__sub", node),
            SyntaxKind::BINARY_OP => {
                let name = match BinaryOp::cast(node).and_then(|op| op.op_kind()) {
                    Some(BinaryOpKind::Sub) => Some("__sub"),
                    Some(BinaryOpKind::Mul) => Some("__mul"),
                    Some(BinaryOpKind::Div) => Some("__div"),
                    Some(BinaryOpKind::Less | BinaryOpKind::LessEqual | BinaryOpKind::Greater | BinaryOpKind::GreaterEqual) => {
                        Some("__lessThan")
                    }
                    _ => None,
                };
                name.into_iter().for_each(|name| self.imply(name, node));
            }
            SyntaxKind::INHERIT if !inherits_from(node) => {
                self.path.push(node);
                for attr in node.children() {
                    let name = Attr::cast(attr).and_then(|attr| attr.static_name())?;
                    self.add(name, attr, attr.range(), true);
                }
                self.path.pop();
                return Some(());
            }
            _ => {}
        }
        self.path.push(node);
        for child in node.children() {
            self.visit(child)?;
        }
        self.path.pop();
        Some(())
    }

    fn imply(&mut self, name: &str, node: Node<'a>) {
        self.add(Name::new(name), node, TextRange::empty(node.range().start()), false);
    }

    fn add(&mut self, name: Name, node: Node<'a>, range: TextRange, inherited: bool) {
        let mut in_with = false;
        for scope in lexical::scopes(Some(node), self.path.iter().rev().copied()) {
            match scope {
                Around::Binder(around) if self.binders.names(around).contains(&name) => return,
                Around::Binder(_) => {}
                Around::With(_) => in_with = true,
            }
        }
        self.found.push(Use { name, range, node, inherited, in_with });
    }
}
