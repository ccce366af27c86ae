//! What names mean, from the tree alone: [`Occurrences`] has every place of one name, in far less time than lowering the text takes.
//!
//! The text is searched for the name; what binds it is known from the places found, and what a use means from the nodes around it. A
//! scope that is not around a place of the name is never looked at.
//!
//! The answers are those of [`Scopes`](crate::Scopes), of which this is a second way to know a part. Where that takes more than lexical
//! scope there is no answer: in texts with errors, for names that are not written as they are (`"a\b"`), and where a set is written in
//! several parts (`a = rec { … }; a.b = …;`), for Nix merges them.

use memchr::memmem;
use nival_syntax::ast::{AstNode, Attr, Binding};
use nival_syntax::flat::{Finder, FlatTree, Node, Token};
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};
use rustc_hash::FxHashMap;

use crate::globals;
use crate::scopes::BindingKind;

/// A name where it is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition<'t> {
    /// The set, `let` or function that binds it.
    pub scope: Node<'t>,
    pub kind: BindingKind,
    /// The name, where it is bound first.
    pub range: TextRange,
    /// Whether it comes from an `inherit`.
    pub inherited: bool,
}

/// What a use of a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning<'t> {
    Bound(Definition<'t>),
    /// Index into [`globals::GLOBALS`].
    Global(u16),
    /// Whatever this `with`, or one around it, provides.
    With(Node<'t>),
    Undefined,
}

/// A use of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use<'t> {
    pub range: TextRange,
    pub meaning: Meaning<'t>,
    /// Written in an `inherit`, where it is also the name of what is defined.
    pub inherit: bool,
}

/// Every place where a text says one name as a variable.
#[derive(Debug, Clone)]
pub struct Occurrences<'t> {
    pub name: Name,
    /// In the order of the text.
    definitions: Vec<Definition<'t>>,
    /// In the order of the text.
    uses: Vec<Use<'t>>,
}

/// What a name under a cursor is: a use, the place where it is bound, or both.
#[derive(Debug, Clone)]
pub struct AtCursor<'t> {
    pub occurrences: Occurrences<'t>,
    pub used: Option<Use<'t>>,
    pub defined: Option<Definition<'t>>,
}

/// The names of functions that operators and `<…>` mean where the text binds them.
const IMPLIED: [&[u8]; 6] = [b"__sub", b"__mul", b"__div", b"__lessThan", b"__findFile", b"__nixPath"];

impl<'t> Occurrences<'t> {
    /// `None` where the tree does not tell.
    pub fn of(tree: &'t FlatTree, name: &[u8]) -> Option<Self> {
        let (definitions, uses) = Search::default().run(tree, name)?;
        Some(Occurrences { name: Name::new(name), definitions, uses })
    }

    pub fn definitions(&self) -> &[Definition<'t>] {
        &self.definitions
    }

    pub fn uses(&self) -> &[Use<'t>] {
        &self.uses
    }

    /// The uses that mean the same.
    pub fn uses_of(&self, meaning: Meaning<'t>) -> impl Iterator<Item = &Use<'t>> {
        self.uses.iter().filter(move |used| used.meaning == meaning)
    }
}

impl<'t> AtCursor<'t> {
    /// What it means: two things for a name in `inherit`, which uses one binding and makes another.
    pub fn targets(&self) -> Vec<Meaning<'t>> {
        let used = self.used.map(|used| used.meaning).filter(|&meaning| meaning != Meaning::Undefined);
        let defined = self.defined.map(Meaning::Bound).filter(|&defined| Some(defined) != used);
        used.into_iter().chain(defined).collect()
    }
}

impl Definition<'_> {
    /// Whether nothing but its text can see it: a name of `let`, a plain parameter, the name at `@`.
    pub fn is_local(&self) -> bool {
        is_local(self.kind, self.inherited)
    }
}

/// Whether nothing but its text can see a name that is bound so.
pub fn is_local(kind: BindingKind, inherited: bool) -> bool {
    matches!(kind, BindingKind::Let | BindingKind::Param | BindingKind::PatternBind) && !inherited
}

/// The name that a cursor touches, if it is one that the text binds or uses as a variable: what
/// [`Scopes::reference_at`](crate::Scopes::reference_at) and [`Scopes::binding_at`](crate::Scopes::binding_at) find there.
/// `None` where the tree does not tell, `Some(None)` where there is nothing.
pub fn at_cursor(tree: &FlatTree, offset: TextSize) -> Option<Option<AtCursor<'_>>> {
    if !tree.errors().is_empty() {
        return None;
    }
    let mut found: Option<Node<'_>> = None;
    for token in tree.tokens_at(offset) {
        match token.kind() {
            SyntaxKind::SEARCH_PATH => return None,
            // What an operator means may stand where it does.
            kind if (SyntaxKind::CONCAT..=SyntaxKind::NOT).contains(&kind) && memmem::find(tree.text(), b"__").is_some() => return None,
            _ => {}
        }
        let Some(named) = name_node(token.parent()) else { continue };
        if found.is_some_and(|other| other != named) {
            return None;
        }
        found = Some(named);
    }
    let Some(node) = found else { return Some(None) };
    named(tree, node)
}

/// What the name that a token is of means, where it is used as a variable: as [`at_cursor`], with nothing known of the other places where
/// the text says the name. A common name has thousands of them.
pub fn use_at(token: Token<'_>) -> Option<Option<Use<'_>>> {
    let tree = token.tree();
    match name_node(token.parent()) {
        Some(node) if tree.errors().is_empty() => {
            let Some(name) = name_of(node) else { return Some(None) };
            let (_, uses) = Search { only: Some(node), ..Search::default() }.run(tree, name.as_bytes())?;
            Some(uses.first().copied())
        }
        Some(_) => None,
        None => Some(None),
    }
}

fn name_of(node: Node<'_>) -> Option<Name> {
    match node.kind() {
        SyntaxKind::NAME_REF | SyntaxKind::NAME => Some(Name::new(node.text())),
        _ => attr_name(node),
    }
}

fn named<'t>(tree: &'t FlatTree, node: Node<'t>) -> Option<Option<AtCursor<'t>>> {
    let Some(name) = name_of(node) else { return Some(None) };
    let occurrences = Occurrences::of(tree, name.as_bytes())?;
    let range = node.range();
    let used = occurrences.uses.iter().find(|used| used.range == range).copied();
    let defined = occurrences.definitions.iter().find(|defined| defined.range == range).copied();
    Some((used.is_some() || defined.is_some()).then_some(AtCursor { occurrences, used, defined }))
}

/// Whether a name is always written as it is, save with escapes.
pub fn is_plain(name: &[u8]) -> bool {
    let ident = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\'');
    let first = name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    first && name.iter().all(ident) && memmem::find(name, b"''").is_none() && !IMPLIED.contains(&name)
}

/// Whether a construct binds names for what is in it.
pub fn binds(node: Node<'_>) -> Option<BindingKind> {
    match node.kind() {
        SyntaxKind::LET_IN => Some(BindingKind::Let),
        SyntaxKind::LEGACY_LET => Some(BindingKind::Rec),
        SyntaxKind::ATTR_SET if is_recursive(node) => Some(BindingKind::Rec),
        SyntaxKind::LAMBDA => Some(BindingKind::Param),
        _ => None,
    }
}

/// Whether a set is written with `rec`.
pub fn is_recursive(set: Node<'_>) -> bool {
    set.tree().token(set.token_range().start).is_some_and(|token| token.kind() == SyntaxKind::REC_KW)
}

/// Whether an `INHERIT` names a source: `inherit (e) a;`.
pub fn inherits_from(inherit: Node<'_>) -> bool {
    inherit.children().next().is_some_and(|first| first.kind() == SyntaxKind::INHERIT_FROM)
}

/// Whether what is in this child of a construct sees its names: those of `inherit a;` are looked up outside.
pub fn sees_names(child: Node<'_>) -> bool {
    child.kind() != SyntaxKind::INHERIT || inherits_from(child)
}

/// Whether this child of a `with` sees the names of its set.
pub fn is_body(with: Node<'_>, child: Node<'_>) -> bool {
    child.index() != with.index() + 1
}

/// A name that a construct binds.
#[derive(Debug, Clone)]
pub struct Bound<'t> {
    pub name: Name,
    pub kind: BindingKind,
    /// What `name = value` gives it.
    pub value: Option<Node<'t>>,
    /// A formal with a default.
    pub has_default: bool,
}

/// The names that a node binds; none if it binds none.
pub fn bound_by<'t>(node: Node<'t>) -> Vec<Bound<'t>> {
    let entries = |kind| {
        let mut names = Vec::new();
        for entry in node.children() {
            match entry.kind() {
                SyntaxKind::BINDING => {
                    let Some(binding) = Binding::cast(entry) else { continue };
                    let Some(path) = binding.attrpath() else { continue };
                    let mut attrs = path.attrs();
                    let Some(name) = attrs.next().and_then(|attr| attr.static_name()) else { continue };
                    let value = if attrs.next().is_none() { binding.value().map(|value| *value.syntax()) } else { None };
                    names.push(Bound { name, kind, value, has_default: false });
                }
                SyntaxKind::INHERIT => {
                    let inherited = entry.children().filter_map(Attr::cast).filter_map(|attr| attr.static_name());
                    names.extend(inherited.map(|name| Bound { name, kind, value: None, has_default: false }));
                }
                _ => {}
            }
        }
        names
    };
    match node.kind() {
        SyntaxKind::LAMBDA => parameters(node),
        _ => binds(node).map(entries).unwrap_or_default(),
    }
}

fn parameters(lambda: Node<'_>) -> Vec<Bound<'_>> {
    let Some(param) = lambda.children().next() else { return Vec::new() };
    let bound = |name: Node<'_>, kind, has_default| Bound { name: Name::new(name.text()), kind, value: None, has_default };
    fn name_in(node: Node<'_>) -> Option<Node<'_>> {
        node.children().find(|child| child.kind() == SyntaxKind::NAME)
    }
    match param.kind() {
        SyntaxKind::NAME_PARAM => vec![bound(param, BindingKind::Param, false)],
        SyntaxKind::PATTERN_PARAM => param
            .children()
            .filter_map(|part| match part.kind() {
                SyntaxKind::FORMAL => Some(bound(name_in(part)?, BindingKind::Formal, part.children().count() > 1)),
                SyntaxKind::AT_BINDING => Some(bound(name_in(part)?, BindingKind::PatternBind, false)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// What is around a place and says what names mean there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around<'t> {
    /// Binds names that the place sees: [`bound_by`].
    Binder(Node<'t>),
    /// A `with` whose body the place is in.
    With(Node<'t>),
}

/// Innermost first: the place is in the child `from` of the first of the nodes `around` it. Names that something binds win over global
/// ones, and those over what a `with` provides.
pub fn scopes<'t>(from: Option<Node<'t>>, around: impl IntoIterator<Item = Node<'t>>) -> impl Iterator<Item = Around<'t>> {
    let mut inside = from;
    around.into_iter().filter_map(move |node| {
        let child = inside.replace(node);
        match node.kind() {
            SyntaxKind::WITH => child.filter(|&child| is_body(node, child)).map(|_| Around::With(node)),
            _ => (binds(node).is_some() && child.is_none_or(sees_names)).then_some(Around::Binder(node)),
        }
    })
}

/// The name that a node belongs to: a `NAME_REF`, a `NAME`, or a string or `${…}` in the place of one.
fn name_node(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        SyntaxKind::NAME | SyntaxKind::NAME_REF => return Some(node),
        SyntaxKind::STR | SyntaxKind::INDENTED_STR | SyntaxKind::DYNAMIC_ATTR | SyntaxKind::PAREN | SyntaxKind::INTERPOLATION => {}
        _ => return None,
    }
    let mut node = node;
    loop {
        let parent = node.parent()?;
        match parent.kind() {
            SyntaxKind::ATTRPATH | SyntaxKind::INHERIT => return Some(node),
            SyntaxKind::STR | SyntaxKind::INDENTED_STR | SyntaxKind::DYNAMIC_ATTR | SyntaxKind::PAREN | SyntaxKind::INTERPOLATION => {
                node = parent;
            }
            _ => return None,
        }
    }
}

/// What a name is written as.
enum Role<'t> {
    Use,
    /// The name of a parameter, in its function.
    Parameter(Node<'t>, BindingKind),
    /// The first name of a binding's path, in its set or `let`.
    Attribute(Node<'t>),
    /// A name of a binding's path behind the first.
    Nested(Node<'t>),
    /// In an `inherit`, in its set or `let`.
    Inherited {
        set: Node<'t>,
        inherit: Node<'t>,
    },
    Other,
}

fn role(node: Node<'_>) -> Option<Role<'_>> {
    if node.kind() == SyntaxKind::NAME_REF {
        return Some(Role::Use);
    }
    let parent = node.parent()?;
    Some(match parent.kind() {
        SyntaxKind::NAME_PARAM => Role::Parameter(parent.parent()?, BindingKind::Param),
        SyntaxKind::FORMAL => Role::Parameter(parent.parent()?.parent()?, BindingKind::Formal),
        SyntaxKind::AT_BINDING => Role::Parameter(parent.parent()?.parent()?, BindingKind::PatternBind),
        SyntaxKind::INHERIT => Role::Inherited { set: parent.parent()?, inherit: parent },
        SyntaxKind::ATTRPATH => match parent.parent()? {
            binding if binding.kind() != SyntaxKind::BINDING => Role::Other,
            binding if node.index() == parent.index() + 1 => Role::Attribute(binding.parent()?),
            _ => Role::Nested(parent),
        },
        _ => Role::Other,
    })
}

/// The places of a name.
#[derive(Default)]
struct Search<'t> {
    /// Nodes that use it, and whether they stand in an `inherit` without a source.
    uses: Vec<(Node<'t>, bool)>,
    /// The one use that is asked about; all, if there is none.
    only: Option<Node<'t>>,
    /// What it is defined in: functions, sets, whether they bind it or not, and paths with it behind the first name.
    defined_in: Vec<Node<'t>>,
    /// By the number of the construct.
    scopes: FxHashMap<u32, Definition<'t>>,
    /// Where sets, also those that bind nothing, have it first.
    first: FxHashMap<u32, TextSize>,
    twins: Twins<'t>,
}

impl<'t> Search<'t> {
    /// The definitions and the uses, in the order of the text. `None` where the tree does not tell.
    fn run(mut self, tree: &'t FlatTree, name: &[u8]) -> Option<(Vec<Definition<'t>>, Vec<Use<'t>>)> {
        if !tree.errors().is_empty() || !is_plain(name) {
            return None;
        }
        self.find(tree, name)?;
        self.resolve(name)
    }

    fn add_use(&mut self, node: Node<'t>, inherit: bool) {
        if self.only.is_none_or(|only| only == node) {
            self.uses.push((node, inherit));
        }
    }

    /// Goes through the text. `None` where the name may be written in another way.
    fn find(&mut self, tree: &'t FlatTree, name: &[u8]) -> Option<()> {
        let text = tree.text();
        // An attribute with an escape in it may be any name.
        let mut finder = Finder::new(tree);
        for at in memchr::memchr_iter(b'\\', text) {
            if finder.token(at as u32).is_some_and(|token| token.kind() == SyntaxKind::STRING_ESCAPE)
                && name_node(finder.node()).and_then(attr_name).is_some_and(|own| own.as_bytes() == name)
            {
                return None;
            }
        }
        let mut finder = Finder::new(tree);
        let mut last = None;
        for at in memmem::find_iter(text, name) {
            let before = at.checked_sub(1).and_then(|at| text.get(at));
            let after = text.get(at + name.len());
            if before.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
                || after.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            {
                continue;
            }
            let Some(token) = finder.token(at as u32) else { continue };
            let node = match token.kind() {
                SyntaxKind::IDENT | SyntaxKind::OR_KW if token.text() == name => Some(finder.node()),
                SyntaxKind::STRING_TEXT | SyntaxKind::URI => {
                    name_node(finder.node()).filter(|&node| last != Some(node) && attr_name(node).is_some_and(|own| own.as_bytes() == name))
                }
                _ => None,
            };
            if let Some(node) = node {
                last = Some(node);
                self.add(node)?;
            }
        }
        Some(())
    }

    fn add(&mut self, node: Node<'t>) -> Option<()> {
        match role(node)? {
            Role::Use => self.add_use(node, false),
            Role::Parameter(function, kind) => {
                self.defined_in.push(function);
                let new = Definition { scope: function, kind, range: node.range(), inherited: false };
                let known = self.scopes.entry(function.index()).or_insert(new);
                // Of a formal and the whole argument of one name the formal counts.
                if known.kind == BindingKind::PatternBind {
                    *known = new;
                }
            }
            Role::Attribute(set) => self.attribute(set, node, false),
            Role::Nested(path) => self.defined_in.push(path),
            Role::Inherited { set, inherit } => {
                // Only the first definition of a name counts; what another one would use is not used.
                let is_first = !self.first.contains_key(&set.index());
                self.attribute(set, node, true);
                if is_first && !inherits_from(inherit) {
                    self.add_use(node, true);
                }
            }
            Role::Other => {}
        }
        Some(())
    }

    fn attribute(&mut self, set: Node<'t>, node: Node<'t>, inherited: bool) {
        self.defined_in.push(set);
        self.first.entry(set.index()).or_insert(node.range().start());
        if let Some(kind) = binds(set) {
            let new = Definition { scope: set, kind, range: node.range(), inherited };
            self.scopes.entry(set.index()).or_insert(new);
        }
    }

    fn resolve(mut self, name: &[u8]) -> Option<(Vec<Definition<'t>>, Vec<Use<'t>>)> {
        let global = globals::global(name);
        let mut uses = Vec::with_capacity(self.uses.len());
        for (node, inherit) in std::mem::take(&mut self.uses) {
            let (mut child, mut bound, mut with) = (node, None, None);
            for around in node.ancestors() {
                if bound.is_none() {
                    bound = self.scopes.get(&around.index()).filter(|_| sees_names(child)).copied();
                }
                if around.kind() == SyntaxKind::WITH && is_body(around, child) {
                    with = with.or(Some(around));
                }
                if self.is_moved(around, child) {
                    return None;
                }
                child = around;
            }
            let meaning = match (bound, global, with) {
                (Some(bound), ..) => Meaning::Bound(bound),
                (None, Some(global), _) => Meaning::Global(global),
                (None, None, Some(with)) => Meaning::With(with),
                (None, None, None) => Meaning::Undefined,
            };
            uses.push(Use { range: node.range(), meaning, inherit });
        }
        for construct in std::mem::take(&mut self.defined_in) {
            let mut child = construct;
            for around in construct.ancestors() {
                if self.is_moved(around, child) {
                    return None;
                }
                child = around;
            }
        }
        let mut definitions: Vec<Definition<'t>> = self.scopes.into_values().collect();
        definitions.sort_unstable_by_key(|definition| definition.range.start());
        Some((definitions, uses))
    }
}

impl<'t> Search<'t> {
    /// Whether what stands in this child of a node may count in another place, or nowhere.
    fn is_moved(&mut self, node: Node<'t>, child: Node<'t>) -> bool {
        match node.kind() {
            SyntaxKind::BINDING => self.twins.matter(node, child),
            SyntaxKind::FORMAL => has_equal_before(node),
            _ => false,
        }
    }
}

/// Whether a formal has the name of one before it: its default is nothing then.
fn has_equal_before(formal: Node<'_>) -> bool {
    let Some(pattern) = formal.parent() else { return false };
    let own = formal.children().next().map(Node::text);
    pattern
        .children()
        .take_while(|&other| other != formal)
        .any(|other| other.kind() == SyntaxKind::FORMAL && other.children().next().map(Node::text) == own)
}

/// Which bindings of a set are for one attribute, or for parts of it: `a.b = …; a = …;`.
#[derive(Default)]
struct Twins<'t> {
    /// The bindings of a set or `let` by their first names, for each that was asked about.
    sets: FxHashMap<u32, FxHashMap<Name, Vec<Node<'t>>>>,
    known: FxHashMap<u32, bool>,
}

impl<'t> Twins<'t> {
    /// Whether what stands in this child of a binding may have another place than the text says.
    fn matter(&mut self, binding: Node<'t>, child: Node<'t>) -> bool {
        let path = binding.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH);
        let is_path = path.is_some_and(|path| path.children().nth(1).is_some());
        if path != Some(child) && !is_path && !is_set(child) {
            return false;
        }
        if let Some(&known) = self.known.get(&binding.index()) {
            return known;
        }
        let found = path.is_some_and(|path| self.has_twin(binding, path));
        self.known.insert(binding.index(), found);
        found
    }

    fn has_twin(&mut self, binding: Node<'t>, path: Node<'t>) -> bool {
        let Some(set) = binding.parent() else { return false };
        let Some(first) = path.children().next().and_then(attr_name) else { return false };
        let alike = self.sets.entry(set.index()).or_insert_with(|| {
            let mut names: FxHashMap<Name, Vec<Node<'t>>> = FxHashMap::default();
            for entry in set.children() {
                match entry.kind() {
                    SyntaxKind::BINDING => {
                        if let Some(name) = entry.children().next().and_then(|path| path.children().next()).and_then(attr_name) {
                            names.entry(name).or_default().push(entry);
                        }
                    }
                    SyntaxKind::INHERIT => {
                        entry.children().filter_map(attr_name).for_each(|name| names.entry(name).or_default().push(entry))
                    }
                    _ => {}
                }
            }
            names
        });
        let Some(alike) = alike.get(&first) else { return false };
        alike.iter().any(|&other| {
            let Some(other) = Some(other).filter(|&other| other != binding) else { return false };
            // `inherit a; a.b = …;` is an error.
            let Some(theirs) = other.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH) else { return true };
            path.children().zip(theirs.children()).all(|(own, theirs)| {
                let own = attr_name(own);
                own.is_some() && own == attr_name(theirs)
            })
        })
    }
}

fn attr_name(node: Node<'_>) -> Option<Name> {
    Attr::cast(node)?.static_name()
}

fn is_set(mut value: Node<'_>) -> bool {
    while value.kind() == SyntaxKind::PAREN
        && let Some(inner) = value.children().next()
    {
        value = inner;
    }
    value.kind() == SyntaxKind::ATTR_SET
}
