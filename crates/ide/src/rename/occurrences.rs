//! Where a name stands, and in which role.

use nival_hir::module::Expr;
use nival_hir::scopes::{Binding, BindingId, BindingKind, Target};
use nival_syntax::ast::{AstNode, Attr};
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{Name, SyntaxKind, TextRange};

use super::RenameError;
use crate::cursor::FileView;
use crate::references::{Use, UseKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The name alone: a parameter, a variable that is used, a part of an attribute path.
    Name,
    /// `inherit x;` where the variable `x` is what is renamed. The number of the `INHERIT`.
    InheritUse(u32),
    /// `inherit x;` or `inherit (e) x;` which defines what is renamed.
    InheritDefinition(u32),
    /// `inherit (e) x;` where the attribute of `e` is what is renamed.
    InheritFrom(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Occurrence {
    pub range: TextRange,
    pub role: Role,
}

/// Every place of a binding in its file, in the order of the text.
pub(super) fn of_binding(view: &FileView, id: BindingId) -> Result<Vec<Occurrence>, RenameError> {
    let scopes = &view.lowered.scopes;
    let binding = scopes.binding(id).ok_or(RenameError::Nothing)?;
    let mut found = definitions(view, binding)?;
    for reference in scopes.references_to(Target::Binding(id)) {
        if reference.range.is_empty() {
            return Err(RenameError::Unclear(format!("`{}` is what an operator of this text means", binding.name)));
        }
        let role = match (reference.inherit, inherit_around(&view.tree, reference.range)) {
            (true, Some(node)) => Role::InheritUse(node.index()),
            _ => Role::Name,
        };
        found.push(Occurrence { range: reference.range, role });
    }
    if binding.kind == BindingKind::Formal {
        all_arguments(view, binding)?;
    }
    found.sort_by_key(|occurrence| (occurrence.range.start(), occurrence.role));
    found.dedup();
    Ok(found)
}

/// Every place of an attribute in a file where it is used as `uses` say, and whether one of them is a variable.
pub(super) fn of_attribute(view: &FileView, uses: &[Use], name: Name) -> Result<(Vec<Occurrence>, bool), RenameError> {
    let mut found = Vec::new();
    let mut variable = false;
    let mut bindings: Vec<BindingId> = Vec::new();
    for use_ in uses {
        let inherit = inherit_around(&view.tree, use_.range).map(Node::index);
        match (use_.kind, inherit) {
            (UseKind::Argument(id), _) => {
                variable = true;
                if !bindings.contains(&id) {
                    bindings.push(id);
                    found.extend(of_binding(view, id)?);
                }
            }
            (UseKind::Definition | UseKind::Setting, Some(inherit)) => {
                found.push(Occurrence { range: use_.range, role: Role::InheritDefinition(inherit) })
            }
            (UseKind::Definition | UseKind::Setting, None) => found.extend(written_parts(view, use_.range, name)),
            (UseKind::With, Some(inherit)) => {
                variable = true;
                found.push(Occurrence { range: use_.range, role: Role::InheritUse(inherit) });
            }
            (UseKind::InheritFrom, Some(inherit)) if hands_on(view, inherit) => {
                found.push(Occurrence { range: use_.range, role: Role::Name })
            }
            (UseKind::InheritFrom, Some(inherit)) => found.push(Occurrence { range: use_.range, role: Role::InheritFrom(inherit) }),
            (kind, _) => {
                variable |= kind == UseKind::With;
                found.push(Occurrence { range: use_.range, role: Role::Name });
            }
        }
    }
    found.sort_by_key(|occurrence| (occurrence.range.start(), occurrence.role));
    // A name may be both an attribute and a variable of its set.
    found.dedup_by_key(|occurrence| occurrence.range);
    Ok((found, variable))
}

/// Whether an `inherit (e) x;` only hands `x` on in a set of its own, whose attribute then follows. A name that `let` binds, and an
/// argument of a function, stay what they are.
fn hands_on(view: &FileView, inherit: u32) -> bool {
    let Some(node) = view.tree.node(inherit) else { return false };
    let mut around = view.tree.nodes_covering(node.range()).into_iter().skip_while(|found| found.index() != inherit).skip(1);
    let set = around.next();
    let user = around.find(|node| node.kind() != SyntaxKind::PAREN);
    let argument = user.is_some_and(|user| user.kind() == SyntaxKind::APPLY);
    set.is_some_and(|set| set.kind() == SyntaxKind::ATTR_SET && !nival_hir::lexical::is_recursive(set)) && !argument
}

/// The places of an attribute that is defined at a place: all of `a.b.c = 1; a.b.d = 2;`.
fn written_parts(view: &FileView, place: TextRange, name: Name) -> Vec<Occurrence> {
    let around = view.tree.nodes_covering(place);
    let here = || vec![Occurrence { range: place, role: Role::Name }];
    let Some(path) = around.iter().find(|node| node.kind() == SyntaxKind::ATTRPATH) else { return here() };
    let Some(set) = around.iter().find(|node| matches!(node.kind(), SyntaxKind::ATTR_SET | SyntaxKind::LET_IN | SyntaxKind::LEGACY_LET))
    else {
        return here();
    };
    let names = |path: Node<'_>| path.children().map(|attr| Attr::cast(attr).and_then(|attr| attr.static_name())).collect::<Vec<_>>();
    let Some(depth) = path.children().position(|attr| attr.range() == place) else { return here() };
    let own = names(*path);
    let mut found = here();
    for entry in set.children().filter(|entry| entry.kind() == SyntaxKind::BINDING) {
        let Some(other) = entry.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH) else { continue };
        let same = names(other).get(..=depth).is_some_and(|other| other.iter().all(Option::is_some) && Some(other) == own.get(..=depth));
        if let Some(attr) = other.children().nth(depth).filter(|&attr| same && is_named(attr, name) && attr.range() != place) {
            found.push(Occurrence { range: attr.range(), role: Role::Name });
        }
    }
    found
}

/// The `inherit` that a name stands in.
pub(super) fn inherit_around(tree: &FlatTree, range: TextRange) -> Option<Node<'_>> {
    tree.nodes_covering(range).into_iter().find(|node| node.kind() == SyntaxKind::INHERIT)
}

/// Where the text defines it: several places for `a.b = 1; a.c = 2;`.
fn definitions(view: &FileView, binding: &Binding) -> Result<Vec<Occurrence>, RenameError> {
    if !matches!(binding.kind, BindingKind::Let | BindingKind::Rec) {
        return Ok(vec![Occurrence { range: binding.range, role: Role::Name }]);
    }
    let scope = view.lowered.scopes.scope(binding.scope).ok_or(RenameError::Nothing)?;
    let kinds = [SyntaxKind::LET_IN, SyntaxKind::ATTR_SET, SyntaxKind::LEGACY_LET];
    let construct = view.tree.nodes_covering(scope.range).into_iter().find(|node| kinds.contains(&node.kind()));
    let Some(construct) = construct.filter(|node| node.range() == scope.range) else {
        return Err(RenameError::Unclear(format!("`{}` belongs to a set that is written in several places", binding.name)));
    };
    if construct.kind() == SyntaxKind::LEGACY_LET && binding.name.as_bytes() == b"body" {
        return Err(RenameError::Unclear("`let { body = …; }` needs this name".to_owned()));
    }
    Ok(named_in(construct, binding.name))
}

/// Where a set or `let` defines a name.
pub(super) fn named_in(construct: Node<'_>, name: Name) -> Vec<Occurrence> {
    let mut found = Vec::new();
    for entry in construct.children() {
        match entry.kind() {
            SyntaxKind::BINDING => {
                let path = entry.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH);
                let first = path.and_then(|path| path.children().next()).filter(|&attr| is_named(attr, name));
                found.extend(first.map(|attr| Occurrence { range: attr.range(), role: Role::Name }));
            }
            SyntaxKind::INHERIT => {
                let names = entry.children().filter(|&attr| is_named(attr, name));
                found.extend(names.map(|attr| Occurrence { range: attr.range(), role: Role::InheritDefinition(entry.index()) }));
            }
            _ => {}
        }
    }
    found
}

/// Whether a node is an attribute of this name.
pub(super) fn is_named(node: Node<'_>, name: Name) -> bool {
    Attr::cast(node).and_then(|attr| attr.static_name()) == Some(name)
}

/// `args@{ x }: args.x`: not followed.
fn all_arguments(view: &FileView, formal: &Binding) -> Result<(), RenameError> {
    let scopes = &view.lowered.scopes;
    let bind = scopes
        .scope(formal.scope)
        .into_iter()
        .flat_map(|scope| scopes.bindings_of(scope))
        .find(|(_, b)| b.kind == BindingKind::PatternBind);
    let Some((_, bind)) = bind else { return Ok(()) };
    let selected = view.lowered.module.exprs.iter().any(|expr| matches!(expr, Expr::Get { name, .. } if *name == formal.name));
    if selected {
        return Err(RenameError::Unclear(format!("`{}` may also be reached through `{}`", formal.name, bind.name)));
    }
    Ok(())
}
