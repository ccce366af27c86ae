//! Arguments of functions that nothing uses. Only where that can be said: callers may have to know an argument that is not used.

use nival_hir::diagnostic::{Diagnostic, Edit};
use nival_hir::scopes::{Binding, BindingKind, Scope};
use nival_syntax::SyntaxKind::*;
use nival_syntax::TextRange;
use nival_syntax::flat::{FlatTree, Node};

use super::rules;
use crate::checks::edits::replace;
use crate::checks::{Context, token_range};

/// The patterns that are more than those of any function.
pub(super) struct Patterns {
    /// Of the function that the file is: `callPackage` or the module system looks at it.
    file: Option<u32>,
    /// Of the `outputs` of a flake, whose arguments are its inputs.
    outputs: Option<u32>,
}

impl Patterns {
    pub fn new(tree: &FlatTree) -> Self {
        let mut expr = tree.root().children().next();
        while let Some(paren) = expr.filter(|expr| expr.kind() == PAREN) {
            expr = paren.children().next();
        }
        let pattern = |lambda: Node<'_>| lambda.children().next().filter(|param| param.kind() == PATTERN_PARAM).map(|param| param.index());
        let file = expr.filter(|expr| expr.kind() == LAMBDA).and_then(pattern);
        let set = expr.filter(|expr| expr.kind() == ATTR_SET);
        let outputs = set
            .into_iter()
            .flat_map(|set| set.children())
            .find(|entry| entry.kind() == BINDING && entry.children().next().is_some_and(|path| path.text() == b"outputs"));
        let outputs = outputs.and_then(|entry| entry.children().nth(1)).filter(|value| value.kind() == LAMBDA).and_then(pattern);
        Patterns { file, outputs }
    }
}

pub(super) fn unused(context: &mut Context<'_>, patterns: &mut Patterns, scope: &Scope, binding: &Binding, place: Option<Node<'_>>) {
    let Some(pattern) = place.filter(|node| node.kind() == PATTERN_PARAM) else { return };
    let name = nival_hir::quoted(binding.name.as_bytes());
    let whole = pattern.children().find(|child| child.kind() == AT_BINDING);
    if binding.kind == BindingKind::PatternBind {
        let edit = whole.and_then(|whole| remove_whole(context, pattern, whole));
        let diagnostic = context.report(&rules::UNUSED_ARG, binding.range, format!("'{name}', the whole argument, is never used"));
        if let Some(edit) = edit {
            *diagnostic = Diagnostic::clone(diagnostic).fix(format!("Remove '{name}'"), vec![edit]);
        }
        return;
    }
    if binding.kind != BindingKind::Formal {
        return;
    }
    let open = token_range(pattern, ELLIPSIS).is_some();
    // The evaluator passes a flake's inputs by these names, `self` always.
    let is_input = patterns.outputs == Some(pattern.index());
    if !open && (patterns.file != Some(pattern.index()) || is_input) {
        return;
    }
    let whole_used = || {
        let mut bindings = context.scopes().bindings_of(scope);
        bindings.any(|(id, binding)| binding.kind == BindingKind::PatternBind && context.uses.binding(id))
    };
    let rule = match whole {
        None => &rules::UNUSED_FORMAL,
        // It may be used through that.
        Some(_) if whole_used() => return,
        Some(_) => &rules::UNUSED_FORMAL_WITH_ARG,
    };
    let edit = if is_input { None } else { remove_formal(context, pattern, binding.range) };
    let diagnostic = context.report(rule, binding.range, format!("the argument '{name}' is never used"));
    if let Some(edit) = edit {
        let title = format!("Remove the argument '{name}'");
        // Without `...`, a caller that gives it must change, too.
        *diagnostic = if open {
            Diagnostic::clone(diagnostic).repair(title, vec![edit])
        } else {
            Diagnostic::clone(diagnostic).suggestion(title, vec![edit])
        };
    }
}

/// `args@` or `@args`.
fn remove_whole(context: &Context<'_>, pattern: Node<'_>, whole: Node<'_>) -> Option<Edit> {
    let (open, close) = (token_range(pattern, L_BRACE)?, token_range(pattern, R_BRACE)?);
    let range = if whole.range().start() < open.start() {
        TextRange::new(whole.range().start(), open.start())
    } else {
        TextRange::new(close.end(), whole.range().end())
    };
    (!context.comment_in(range)).then(|| replace(range, ""))
}

fn remove_formal(context: &Context<'_>, pattern: Node<'_>, name: TextRange) -> Option<Edit> {
    let formals: Vec<Node<'_>> = pattern.children().filter(|child| child.kind() == FORMAL).collect();
    let at = formals.iter().position(|formal| formal.range().contains_range(name))?;
    let formal = formals.get(at)?;
    let next = formals.get(at + 1).map(|next| next.range()).or_else(|| token_range(pattern, ELLIPSIS));
    let range = match (at.checked_sub(1).and_then(|at| formals.get(at)), next) {
        (Some(before), _) => TextRange::new(before.range().end(), formal.range().end()),
        (None, Some(next)) => TextRange::new(formal.range().start(), next.start()),
        (None, None) => {
            let comma = token_range(pattern, COMMA);
            comma.map_or(formal.range(), |comma| formal.range().cover(comma))
        }
    };
    (!context.comment_in(range)).then(|| replace(range, ""))
}
