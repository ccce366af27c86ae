//! What the text says of the thing under the cursor.

use std::path::Path;

use nival_engine::FileRange;
use nival_hir::globals::GLOBALS;
use nival_hir::scopes::{Binding, BindingKind, Target};
use nival_syntax::TextRange;
use nival_syntax::ast::{AstNode, Formal};
use nival_syntax::flat::Node;

use super::Hover;
use crate::cursor::{FileView, Subject};
use crate::docs;
use crate::tree::{first_line, slice, text_of};

/// Title, documentation and place, without evaluation.
pub(super) fn static_hover(view: &FileView, subject: &Subject, path: &std::sync::Arc<Path>) -> Hover {
    let here = |range: TextRange| Some(FileRange { path: path.clone(), range });
    let mut hover =
        Hover { range: TextRange::default(), title: String::new(), shape: None, documentation: None, value: None, defined_at: None };
    let scopes = &view.lowered.scopes;
    match subject {
        Subject::Use { name, target, range, .. } => {
            hover.range = *range;
            match target {
                Target::Binding(id) => {
                    if let Some(binding) = scopes.binding(*id) {
                        hover.title = binding_title(view, binding);
                        hover.defined_at = here(binding.range);
                        hover.documentation = binding_docs(view, binding);
                    }
                }
                Target::Global(index) => {
                    let global = GLOBALS.get(usize::from(*index)).copied().unwrap_or_default();
                    match docs::builtin(global) {
                        Some(builtin) => {
                            hover.title = docs::builtin_title(builtin);
                            hover.documentation = Some(builtin.doc.to_owned());
                        }
                        None => hover.title = format!("{global} (of the initial scope)"),
                    }
                }
                Target::With(_) => hover.title = format!("{name} (from an enclosing with)"),
                Target::Undefined => hover.title = format!("{name} (undefined)"),
            }
        }
        Subject::Definition { binding, range } => {
            hover.range = *range;
            if let Some(binding) = scopes.binding(*binding) {
                hover.title = binding_title(view, binding);
                hover.documentation = binding_docs(view, binding);
            }
        }
        Subject::AttrDefinition { name, range, .. } => {
            hover.range = *range;
            hover.title = format!("attribute {name}");
            hover.documentation = view.binding_node(*range).as_ref().and_then(docs::doc_of_binding);
        }
        Subject::Selection { name, range, base, .. } => {
            hover.range = *range;
            hover.title = format!("attribute {name}");
            let base_text = slice(&view.text, view.lowered.source_map.expr_range(*base));
            if base_text == "builtins"
                && let Some(builtin) = docs::builtin(&name.to_string())
            {
                hover.title = docs::builtin_title(builtin);
                hover.documentation = Some(builtin.doc.to_owned());
            }
        }
        Subject::Path { text, range } => {
            hover.range = *range;
            hover.title = text.clone();
        }
        Subject::SearchPath { text, range } => {
            hover.range = *range;
            hover.title = format!("<{text}>");
        }
    }
    hover
}

fn binding_title(view: &FileView, binding: &Binding) -> String {
    let name = binding.name;
    match binding.kind {
        BindingKind::Let if binding.inherited => format!("let inherit {name}"),
        BindingKind::Let => format!("let {name}"),
        BindingKind::Rec if binding.inherited => format!("inherited attribute {name}"),
        BindingKind::Rec => format!("attribute {name}"),
        BindingKind::Param => format!("parameter {name}"),
        BindingKind::PatternBind => format!("parameter {name} (the whole argument)"),
        BindingKind::Formal => match formal(view, binding).and_then(|f| f.default()) {
            Some(default) => format!("parameter {name} ? {}", first_line(&text_of(*default.syntax()), 60)),
            None => format!("parameter {name}"),
        },
        BindingKind::Extra => name.to_string(),
    }
}

fn formal<'v>(view: &'v FileView, binding: &Binding) -> Option<Formal<Node<'v>>> {
    view.tree.nodes_covering(binding.range).into_iter().find_map(Formal::cast)
}

fn binding_docs(view: &FileView, binding: &Binding) -> Option<String> {
    match binding.kind {
        BindingKind::Let | BindingKind::Rec => view.binding_node(binding.range).as_ref().and_then(docs::doc_of_binding),
        _ => docs::doc_at(&view.tree, binding.range.start()),
    }
}
