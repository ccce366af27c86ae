//! What is under a cursor: the first question of hover, definition and completion.

use nival_engine::{Cancellable, FilePosition, Snapshot};
use nival_hir::Lowered;
use nival_hir::module::{AttrName, Expr, ExprId};
use nival_hir::scopes::{BindingId, BindingKind, ScopeKind, Target};
use nival_syntax::ast::{AstNode, Binding};
use nival_syntax::flat::{FlatTree, Node, Token};
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};
use std::sync::Arc;

use crate::tree::{text_of, touching_token};

/// A file with its tree and names, all of one text.
pub(crate) struct FileView {
    pub text: Arc<str>,
    pub tree: Arc<FlatTree>,
    pub lowered: Lowered,
}

impl FileView {
    pub fn new(snapshot: &Snapshot, path: &std::path::Path) -> Cancellable<Option<Self>> {
        let Some((tree, lowered)) = snapshot.analysis(path)? else { return Ok(None) };
        let Some(text) = snapshot.text(path) else { return Ok(None) };
        snapshot.check()?;
        Ok(Some(FileView { text, tree, lowered }))
    }

    /// Of a file that is looked at once: see [`Snapshot::glance`].
    pub fn glance(snapshot: &Snapshot, path: &std::path::Path) -> Cancellable<Option<Self>> {
        Ok(snapshot.glance(path)?.map(|found| FileView { text: found.text, tree: found.tree, lowered: found.lowered }))
    }

    /// Of a text that is not the file's own.
    #[cfg(test)]
    pub fn of_text(text: Arc<str>) -> Self {
        let tree = Arc::new(nival_syntax::flat::parse(text.as_bytes()));
        Self::of_tree(text, tree)
    }

    /// As it is made of a text and its tree.
    pub fn of_tree(text: Arc<str>, tree: Arc<FlatTree>) -> Self {
        let lowered = nival_hir::lower(&tree, &nival_hir::LowerOptions::default());
        FileView { text, tree, lowered }
    }

    pub fn at(snapshot: &Snapshot, position: &FilePosition) -> Cancellable<Option<Self>> {
        Self::new(snapshot, &position.path)
    }
}

/// Something that a cursor can be on.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    /// A use of a name.
    Use { name: Name, target: Target, expr: ExprId, range: TextRange },
    /// The name of a binding where it is bound.
    Definition { binding: BindingId, range: TextRange },
    /// An attribute's name where a set literal defines it.
    AttrDefinition { name: Name, value: ExprId, range: TextRange },
    /// A name of an attribute path behind a dot or a `?`: `base`, the names before it, itself.
    Selection { base: ExprId, before: Vec<AttrName>, name: Name, range: TextRange },
    /// A path literal, as it is written.
    Path { text: String, range: TextRange },
    /// `<nixpkgs/lib>`, without the brackets.
    SearchPath { text: String, range: TextRange },
}

impl Subject {
    /// The text that it is.
    pub fn range(&self) -> TextRange {
        match self {
            Subject::Use { range, .. }
            | Subject::Definition { range, .. }
            | Subject::AttrDefinition { range, .. }
            | Subject::Selection { range, .. }
            | Subject::Path { range, .. }
            | Subject::SearchPath { range, .. } => *range,
        }
    }
}

impl FileView {
    /// What is at a place, if it is something that has a meaning of its own.
    pub fn subject(&self, offset: TextSize) -> Option<Subject> {
        let token = touching_token(&self.tree, offset)?;
        match token.kind() {
            SyntaxKind::PATH_TEXT => return path_subject(token),
            SyntaxKind::SEARCH_PATH => {
                let text = String::from_utf8_lossy(token.text());
                let text = text.trim_start_matches('<').trim_end_matches('>').to_owned();
                return Some(Subject::SearchPath { text, range: token.range() });
            }
            SyntaxKind::IDENT | SyntaxKind::OR_KW | SyntaxKind::STRING_TEXT | SyntaxKind::QUOTE => {}
            _ => return None,
        }
        let scopes = &self.lowered.scopes;
        let at = token.range().start();
        let around = token.ancestors();
        let within = |kinds: &[SyntaxKind]| around.iter().any(|node| kinds.contains(&node.kind()));
        // In `inherit x` the name is both; what it refers to says more.
        if let Some(use_) = scopes.reference_at(at).filter(|r| r.range.contains_range(token.range())) {
            return Some(Subject::Use { name: use_.name, target: use_.target, expr: use_.expr, range: use_.range });
        }
        if within(&[SyntaxKind::INHERIT])
            && let Some(selection) = self.inherited_from(token.range())
        {
            return Some(selection);
        }
        if within(&[SyntaxKind::SELECT, SyntaxKind::HAS_ATTR])
            && let Some(selection) = self.selection(token.range())
        {
            return Some(selection);
        }
        if let Some(binding) = scopes.binding_at(at) {
            return Some(Subject::Definition { binding, range: token.range() });
        }
        self.attr_definition(token.range())
    }

    /// `inherit (e) name`: a selection of `name` from `e`.
    fn inherited_from(&self, range: TextRange) -> Option<Subject> {
        let module = &self.lowered.module;
        let sets = module.attrsets.iter().flat_map(|set| set.attrs.iter().map(|attr| attr.value));
        let lets = module.lets.iter().flat_map(|lit| lit.defs.iter().map(|def| def.1));
        let found = sets.chain(lets).find(|&value| {
            let place = self.lowered.source_map.expr_range(value);
            place == range && matches!(module.exprs.get(value.0 as usize), Some(Expr::Get { .. }))
        })?;
        match module.exprs.get(found.0 as usize)? {
            Expr::Get { base, name, .. } => Some(Subject::Selection { base: *base, before: Vec::new(), name: *name, range }),
            _ => None,
        }
    }

    fn selection(&self, token: TextRange) -> Option<Subject> {
        let (module, map) = (&self.lowered.module, &self.lowered.source_map);
        let plain = map.details().filter(|(_, range)| range.contains_range(token)).find_map(|(id, range)| {
            match module.exprs.get(id.0 as usize)? {
                Expr::Get { base, name, .. } => Some(Subject::Selection { base: *base, before: Vec::new(), name: *name, range }),
                _ => None,
            }
        });
        let paths = || {
            module.exprs.iter().find_map(|expr| {
                let (Expr::Select { base, path, .. } | Expr::HasAttr { base, path }) = expr else { return None };
                let parts = &module.paths.get(*path as usize)?.parts;
                parts.iter().enumerate().find_map(|(i, part)| {
                    let range = map.path_part_range(*path, i as u32);
                    match part {
                        AttrName::Static(name) if range.contains_range(token) => {
                            Some(Subject::Selection { base: *base, before: parts[..i].to_vec(), name: *name, range })
                        }
                        _ => None,
                    }
                })
            })
        };
        plain.or_else(paths)
    }

    fn attr_definition(&self, token: TextRange) -> Option<Subject> {
        let (module, map) = (&self.lowered.module, &self.lowered.source_map);
        for (set, lit) in module.attrsets.iter().enumerate() {
            for (i, attr) in lit.attrs.iter().enumerate() {
                let range = map.attr(set as u32, i as u32).name;
                if range.contains_range(token) {
                    return Some(Subject::AttrDefinition { name: attr.name, value: attr.value, range });
                }
            }
        }
        None
    }

    /// The expression that a `let` or `rec` name is bound to.
    pub fn bound_value(&self, id: BindingId) -> Option<ExprId> {
        let binding = self.lowered.scopes.binding(id)?;
        let scope = self.lowered.scopes.scope(binding.scope)?;
        let (module, map) = (&self.lowered.module, &self.lowered.source_map);
        module.exprs.iter().enumerate().find_map(|(index, expr)| {
            let here = || map.expr_range(ExprId(index as u32)) == scope.range;
            match (expr, binding.kind) {
                (Expr::Let(lit), BindingKind::Let) if here() => {
                    let lit = module.lets.get(*lit as usize)?;
                    lit.defs.iter().find(|(slot, _)| *slot == binding.slot).map(|(_, value)| *value)
                }
                (Expr::Attrs(lit), BindingKind::Rec) if here() => {
                    let lit = module.attrsets.get(*lit as usize)?;
                    lit.attrs.iter().find(|attr| attr.slot == Some(binding.slot)).map(|attr| attr.value)
                }
                _ => None,
            }
        })
    }

    /// The sets of the `with`s that may provide a name, innermost first.
    pub fn namespaces(&self, target: Target, offset: TextSize) -> Vec<ExprId> {
        let Target::With(_) = target else { return Vec::new() };
        self.lowered
            .scopes
            .scopes_at(offset)
            .filter_map(|(_, scope)| match scope.kind {
                ScopeKind::With { namespace } => Some(namespace),
                _ => None,
            })
            .collect()
    }

    /// The expression that a node of the tree is, parentheses around it left out.
    pub fn expr_of(&self, node: Node<'_>) -> Option<ExprId> {
        let mut node = node;
        while node.kind() == SyntaxKind::PAREN {
            node = node.children().next()?;
        }
        let expr = self.lowered.source_map.expr_covering(node.range())?;
        (self.lowered.source_map.expr_range(expr) == node.range()).then_some(expr)
    }

    /// The smallest binding (`name = value;`) around a place.
    pub fn binding_node(&self, range: TextRange) -> Option<Binding<Node<'_>>> {
        let end = TextSize::of(&*self.text);
        let range = range.intersect(TextRange::up_to(end))?;
        self.tree.nodes_covering(range).into_iter().find_map(Binding::cast)
    }
}

fn path_subject(token: Token<'_>) -> Option<Subject> {
    let node = *token.ancestors().first()?;
    // A path with interpolations leads nowhere that the text knows.
    if node.kind() != SyntaxKind::PATH || node.children().next().is_some() {
        return None;
    }
    Some(Subject::Path { text: text_of(node), range: node.range() })
}
