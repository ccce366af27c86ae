//! Names, `with`s and `rec`s that nothing uses.

use nival_hir::diagnostic::{Diagnostic, Edit};
use nival_hir::scopes::{Binding, BindingId, BindingKind, Scope, ScopeId, ScopeKind, Scopes, Target};
use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{SyntaxKind, TextRange};

use super::edits::{remove, remove_item, replace};
use super::{Context, rec_keyword, token_range};
use crate::rules::unused as rules;

mod formals;
mod live;

/// What is used, by index.
#[derive(Default)]
pub(crate) struct Uses {
    bindings: Vec<bool>,
    withs: Vec<bool>,
}

impl Uses {
    pub fn new(scopes: &Scopes) -> Uses {
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

    pub fn binding(&self, id: BindingId) -> bool {
        self.bindings.get(id.0 as usize).copied().unwrap_or(true)
    }

    fn with(&self, id: ScopeId) -> bool {
        self.withs.get(id.0 as usize).copied().unwrap_or(true)
    }
}

pub(super) fn check(context: &mut Context<'_>) {
    let scopes = context.scopes();
    let live = live::Live::new(context);
    let mut patterns = formals::Patterns::new(context.tree);
    for (id, scope) in scopes.scopes() {
        match scope.kind {
            ScopeKind::With { .. } if !context.uses.with(id) => with(context, scope),
            ScopeKind::Rec => {
                let used = scopes.bindings_of(scope).any(|(id, _)| context.uses.binding(id));
                let special = scopes.bindings_of(scope).any(|(_, binding)| binding.name.as_bytes() == b"__overrides");
                if !used && !special {
                    rec(context, scope);
                }
            }
            ScopeKind::Let | ScopeKind::Lambda => {
                for (id, binding) in scopes.bindings_of(scope) {
                    if live.is_live(id) || binding.name.as_bytes().starts_with(b"_") {
                        continue;
                    }
                    match binding.kind {
                        BindingKind::Let => {
                            let place = place(context.tree, binding.range);
                            let_binding(context, binding, place, context.uses.binding(id) && !live.only_itself(id));
                        }
                        BindingKind::Param => {
                            let name = nival_hir::quoted(binding.name.as_bytes());
                            context.report(&rules::UNUSED_PARAM, binding.range, format!("the argument '{name}' is never used"));
                        }
                        _ => {
                            let place = place(context.tree, binding.range);
                            formals::unused(context, &mut patterns, scope, binding, place);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

/// Notes the entries of a `let`, for [`live`].
pub(super) fn note_entries<'t>(context: &mut Context<'t>, node: Node<'t>) {
    for entry in node.children().filter(|entry| entry.kind() == BINDING) {
        let mut children = entry.children();
        let (Some(path), Some(value)) = (children.next(), children.next()) else { continue };
        let mut attrs = path.children();
        if let (Some(name), None) = (attrs.next(), attrs.next()) {
            context.let_entries.push((name.range(), value.range()));
        }
    }
}

/// The entry or pattern that defines the name at this place.
fn place<'t>(tree: &'t FlatTree, name: TextRange) -> Option<Node<'t>> {
    let token = tree.tokens_at(name.start()).find(|token| token.range().start() == name.start())?;
    let innermost = token.parent();
    std::iter::once(innermost).chain(innermost.ancestors()).find(|node| matches!(node.kind(), BINDING | INHERIT | PATTERN_PARAM))
}

fn let_binding(context: &mut Context<'_>, binding: &Binding, place: Option<Node<'_>>, used_by_unused: bool) {
    let name = nival_hir::quoted(binding.name.as_bytes());
    let removal = place.filter(|_| !used_by_unused).and_then(|node| removal(context, node, binding.range));
    let message =
        if used_by_unused { format!("'{name}' is only used by what is never used") } else { format!("'{name}' is defined and never used") };
    let diagnostic = context.report(&rules::UNUSED_LET, binding.range, message);
    if let Some(edit) = removal {
        *diagnostic = Diagnostic::clone(diagnostic).fix(format!("Remove '{name}'"), vec![edit]);
    }
}

/// Removes the definition of a name, where it is all of its entry or a name of an `inherit`. Unused values are never evaluated.
fn removal(context: &Context<'_>, node: Node<'_>, name: TextRange) -> Option<Edit> {
    match node.kind() {
        BINDING => {
            let plain = node.children().next().is_some_and(|path| path.range() == name);
            (plain && !context.comment_in(node.range())).then(|| remove(context.tree, node.range()))
        }
        INHERIT => {
            let item = node.children().find(|child| child.range() == name)?;
            let others = node.children().filter(|child| child.kind() != INHERIT_FROM && child.range() != name).count();
            if others > 0 {
                Some(remove_item(context.tree, item))
            } else {
                (!context.comment_in(node.range())).then(|| remove(context.tree, node.range()))
            }
        }
        _ => None,
    }
}

fn with(context: &mut Context<'_>, scope: &Scope) {
    let Some(node) = node_of(context.tree, scope.range, WITH) else { return };
    let (Some(start), Some(end)) = (token_range(node, WITH_KW), token_range(node, SEMICOLON)) else { return };
    let range = start.cover(end);
    let commented = context.comment_in(range);
    let edit = remove(context.tree, range);
    let diagnostic = context.report(&rules::EXTRA_WITH, range, "no name comes from this `with`");
    if !commented {
        *diagnostic = Diagnostic::clone(diagnostic).fix("Remove the `with`", vec![edit]);
    }
}

fn rec(context: &mut Context<'_>, scope: &Scope) {
    let Some(node) = node_of(context.tree, scope.range, ATTR_SET) else { return };
    let Some(range) = rec_keyword(node) else { return };
    let text = context.tree.text();
    let blanks = text.get(usize::from(range.end())..).unwrap_or_default().iter().take_while(|c| matches!(c, b' ' | b'\t')).count();
    let removed = TextRange::new(range.start(), range.end() + nival_syntax::TextSize::new(blanks as u32));
    let message = "no attribute of this set uses another: `rec` is not needed";
    let diagnostic = context.report(&rules::EXTRA_REC, range, message);
    *diagnostic = Diagnostic::clone(diagnostic).fix("Remove `rec`", vec![replace(removed, "")]);
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
