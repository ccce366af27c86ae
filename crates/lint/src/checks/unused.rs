//! Names, `with`s and `rec`s that nothing uses.

use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{SyntaxKind, TextRange};
use rustc_hash::FxHashMap;

use super::doubtful::comment_in;
use super::{nodes, token_range, with_blanks_after, with_blanks_before};
use nival_hir::Lowered;
use nival_hir::diagnostic::{Diagnostic, Edit, Severity, Tag, codes};
use nival_hir::scopes::{Binding, BindingKind, Scope, ScopeKind, Scopes, Target};

pub(super) fn check(tree: &FlatTree, lowered: &Lowered, found: &mut Vec<Diagnostic>) {
    let uses = Uses::new(&lowered.scopes);
    let mut places = Places { tree, asked: 0, all: None };
    for (id, scope) in lowered.scopes.scopes() {
        match scope.kind {
            ScopeKind::With { .. } if !uses.withs[id.0 as usize] => unused_with(tree, scope, found),
            ScopeKind::Rec => {
                let used = lowered.scopes.bindings_of(scope).any(|(id, _)| uses.bindings[id.0 as usize]);
                let special = lowered.scopes.bindings_of(scope).any(|(_, binding)| binding.name.as_bytes() == b"__overrides");
                if !used && !special {
                    unused_rec(tree, scope, found);
                }
            }
            ScopeKind::Let | ScopeKind::Lambda => {
                for (id, binding) in lowered.scopes.bindings_of(scope) {
                    let told = matches!(binding.kind, BindingKind::Let | BindingKind::Formal);
                    if told && !uses.bindings[id.0 as usize] && !binding.name.as_bytes().starts_with(b"_") {
                        unused_binding(tree, binding, places.of(binding.range), found);
                    }
                }
            }
            _ => {}
        }
    }
}

/// What is used, by index.
struct Uses {
    bindings: Vec<bool>,
    withs: Vec<bool>,
}

impl Uses {
    fn new(scopes: &Scopes) -> Uses {
        let mut uses = Uses { bindings: vec![false; scopes.bindings().count()], withs: vec![false; scopes.scopes().count()] };
        for reference in scopes.references() {
            match reference.target {
                Target::Binding(id) => uses.bindings[id.0 as usize] = true,
                // Any `with` around may be the one that has the name.
                Target::With(innermost) => {
                    let mut scope = Some(innermost);
                    while let Some(id) = scope {
                        if std::mem::replace(&mut uses.withs[id.0 as usize], true) {
                            break;
                        }
                        scope = scopes.scope(id).and_then(|scope| scope.parent);
                    }
                }
                _ => {}
            }
        }
        uses
    }
}

/// Where entries and patterns stand, for those that have something unused.
struct Places<'t> {
    tree: &'t FlatTree,
    asked: usize,
    /// Made when so many are asked for that it pays.
    all: Option<FxHashMap<TextRange, Node<'t>>>,
}

impl<'t> Places<'t> {
    const FEW: usize = 8;

    /// The entry or pattern that defines the name at this place.
    fn of(&mut self, name: TextRange) -> Option<Node<'t>> {
        self.asked += 1;
        if self.asked <= Self::FEW {
            let kinds = [SyntaxKind::BINDING, SyntaxKind::INHERIT, SyntaxKind::PATTERN_PARAM];
            return self.tree.nodes_covering(name).into_iter().find(|node| kinds.contains(&node.kind()));
        }
        self.all.get_or_insert_with(|| name_places(self.tree)).get(&name).copied()
    }
}

/// The parent of each name that an entry or a formal defines, by the range of the name.
fn name_places(tree: &FlatTree) -> FxHashMap<TextRange, Node<'_>> {
    let mut places = FxHashMap::default();
    for node in nodes(tree) {
        match node.kind() {
            SyntaxKind::BINDING => {
                let path = node.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH);
                if let Some(name) = path.and_then(|path| path.children().next()) {
                    places.insert(name.range(), node);
                }
            }
            SyntaxKind::INHERIT => places.extend(node.children().map(|name| (name.range(), node))),
            SyntaxKind::PATTERN_PARAM => {
                let formals = node.children().filter(|child| child.kind() == SyntaxKind::FORMAL);
                places.extend(formals.filter_map(|formal| Some((formal.children().next()?.range(), node))));
            }
            _ => {}
        }
    }
    places
}

fn unused_binding(tree: &FlatTree, binding: &Binding, place: Option<Node<'_>>, found: &mut Vec<Diagnostic>) {
    let name = nival_hir::quoted(binding.name.as_bytes());
    match binding.kind {
        BindingKind::Let => {
            let message = format!("'{name}' is defined and never used");
            let diagnostic = Diagnostic::new(codes::UNUSED_LET, Severity::Warning, binding.range, message).tag(Tag::Unnecessary);
            let removal = place.and_then(|node| removal(tree, node, binding.range));
            found.push(match removal {
                Some(edit) => diagnostic.fix(format!("Remove '{name}'"), vec![edit]),
                None => diagnostic,
            });
        }
        // Without `...`, callers must know the formals: an unused one may be there for them. With `@`, it may be used through that.
        BindingKind::Formal => {
            let Some(pattern) = place.filter(|node| node.kind() == SyntaxKind::PATTERN_PARAM) else { return };
            let bound = pattern.children().any(|child| child.kind() == SyntaxKind::AT_BINDING);
            if !bound && token_range(pattern, SyntaxKind::ELLIPSIS).is_some() {
                let message = format!("the argument '{name}' is never used");
                found.push(Diagnostic::new(codes::UNUSED_FORMAL, Severity::Hint, binding.range, message).tag(Tag::Unnecessary));
            }
        }
        _ => {}
    }
}

/// Removes the definition of a name, where it is all of its entry or a name of an `inherit`. Unused values are never evaluated.
fn removal(tree: &FlatTree, node: Node<'_>, name: TextRange) -> Option<Edit> {
    let remove = |range| Some(Edit { range: with_blanks_before(tree.text(), range), text: String::new() });
    match node.kind() {
        SyntaxKind::BINDING => {
            let plain = node.children().next().is_some_and(|path| path.range() == name);
            (plain && !comment_in(tree, node, node.range())).then(|| remove(node.range())).flatten()
        }
        SyntaxKind::INHERIT => {
            let others = node.children().filter(|child| child.kind() != SyntaxKind::INHERIT_FROM && child.range() != name).count();
            if others > 0 { remove(name) } else { (!comment_in(tree, node, node.range())).then(|| remove(node.range())).flatten() }
        }
        _ => None,
    }
}

fn unused_with(tree: &FlatTree, scope: &Scope, found: &mut Vec<Diagnostic>) {
    let Some(node) = node_of(tree, scope.range, SyntaxKind::WITH) else { return };
    let (Some(start), Some(end)) = (token_range(node, SyntaxKind::WITH_KW), token_range(node, SyntaxKind::SEMICOLON)) else { return };
    let range = start.cover(end);
    let diagnostic = Diagnostic::new(codes::EXTRA_WITH, Severity::Warning, range, "no name comes from this `with`").tag(Tag::Unnecessary);
    let edit = Edit { range: with_blanks_after(tree.text(), range), text: String::new() };
    found.push(if comment_in(tree, node, range) { diagnostic } else { diagnostic.fix("Remove the `with`", vec![edit]) });
}

fn unused_rec(tree: &FlatTree, scope: &Scope, found: &mut Vec<Diagnostic>) {
    let Some(node) = node_of(tree, scope.range, SyntaxKind::ATTR_SET) else { return };
    let Some(range) = token_range(node, SyntaxKind::REC_KW) else { return };
    let edit = Edit { range: with_blanks_after(tree.text(), range), text: String::new() };
    found.push(
        Diagnostic::new(codes::EXTRA_REC, Severity::Warning, range, "no attribute of this set uses another: `rec` is not needed")
            .tag(Tag::Unnecessary)
            .fix("Remove `rec`", vec![edit]),
    );
}

/// The node of this kind that covers `range`.
fn node_of(tree: &FlatTree, range: TextRange, kind: SyntaxKind) -> Option<Node<'_>> {
    // Nodes are in preorder, so their starts are sorted.
    let mut low = 0;
    let mut high = tree.len() as u32;
    while low < high {
        let middle = low + (high - low) / 2;
        match tree.node(middle) {
            Some(node) if node.range().start() < range.start() => low = middle + 1,
            _ => high = middle,
        }
    }
    let starting_here = (low..tree.len() as u32).map_while(|index| tree.node(index).filter(|node| node.range().start() == range.start()));
    starting_here.into_iter().find(|node| node.kind() == kind && node.range() == range)
}
